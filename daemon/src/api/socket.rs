//! The socket's file.

use crate::config::LONGEST_SOCKET as LONGEST_PATH;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Owner and group may connect. Who may not enter the folder cannot connect either.
const MODE: u32 = 0o660;

/// Why the socket cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The path is too long for a socket.
    #[error("the socket's path {} is longer than the {LONGEST_PATH} bytes that the system allows", .0.display())]
    TooLong(PathBuf),
    /// Something else lies there.
    #[error("{} exists and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// The system refuses.
    #[error("cannot listen at {}: {source}", .path.display())]
    Refused {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ListenError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            ListenError::TooLong(_) => "socket-path-long",
            ListenError::NotASocket(_) => "socket-path-taken",
            ListenError::Refused { .. } => "socket-refused",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "Name another path: `socket = \"…\"` under [daemon] in the configuration."
    }
}

/// Listens at `path`. A socket that a daemon left behind is replaced; the caller holds the lock of
/// the state folder, so nobody listens there.
pub fn listen(path: &Path) -> Result<UnixListener, ListenError> {
    if path.as_os_str().len() > LONGEST_PATH {
        return Err(ListenError::TooLong(path.to_owned()));
    }
    let refused = |source| ListenError::Refused {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {
            std::fs::remove_file(path).map_err(refused)?;
        }
        Ok(_) => return Err(ListenError::NotASocket(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    let listener = UnixListener::bind(path).map_err(refused)?;
    std::fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(refused)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/api.sock");
        drop(listen(&path).unwrap());
        assert!(path.exists(), "a killed daemon leaves its socket");
        drop(listen(&path).unwrap());

        let file = folder.path().join("file");
        std::fs::write(&file, "precious").unwrap();
        assert_eq!(listen(&file).unwrap_err().code(), "socket-path-taken");
        assert_eq!(std::fs::read(&file).unwrap(), b"precious");

        let long = folder.path().join("x".repeat(120));
        assert_eq!(listen(&long).unwrap_err().code(), "socket-path-long");
    }
}
