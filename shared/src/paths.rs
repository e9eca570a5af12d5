//! Paths of the data folder, the socket and the client's files.
//!
//! All files of the daemon are under one data folder: `--data`, or `MEDICOSAM_DATA`, or
//! the system's place for application data.

use std::path::{Path, PathBuf};

/// Name of the variable that names the data folder.
pub const DATA_VARIABLE: &str = "MEDICOSAM_DATA";

/// Name of the variable that names the API's socket.
pub const SOCKET_VARIABLE: &str = "MEDICOSAM_SOCKET";

/// The data folder unless another one is named: `$XDG_DATA_HOME/medicosam` on Linux.
pub fn default_data_folder() -> PathBuf {
    directories::ProjectDirs::from("", "", "medicosam").map_or_else(
        || PathBuf::from("/var/lib/medicosam"),
        |dirs| dirs.data_dir().to_path_buf(),
    )
}

/// The folder with the store, the lock and, by default, the socket.
pub fn state_folder(data: &Path) -> PathBuf {
    data.join("state")
}

/// The API's socket of a state folder.
pub fn socket(state: &Path) -> PathBuf {
    state.join("api.sock")
}

/// The client's saved filters: `$XDG_CONFIG_HOME/medicosam/filters` on Linux; `None` for a user
/// without a home.
pub fn filters() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "medicosam")?;
    Some(dirs.config_dir().join("filters"))
}

/// Where the client keeps where its user was: `$XDG_STATE_HOME/medicosam/places.json` on Linux; `None`
/// for a user without a home.
pub fn places() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "medicosam")?;
    let folder = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
    Some(folder.join("places.json"))
}

/// The socket a client looks for: `MEDICOSAM_SOCKET`, or the one in the data folder.
pub fn default_socket() -> PathBuf {
    if let Some(socket) = std::env::var_os(SOCKET_VARIABLE) {
        return PathBuf::from(socket);
    }
    let data = std::env::var_os(DATA_VARIABLE).map_or_else(default_data_folder, PathBuf::from);
    socket(&state_folder(&data))
}
