//! Who is at the other end of the socket.
//!
//! The kernel tells the uid of the process that connected. Over SSH that is the uid of the user
//! who logged in, so decisions carry real names without passwords.

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use nix::unistd::{Uid, User};
use tokio::net::UnixListener;

/// The user behind a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    name: String,
}

impl Peer {
    /// Login name, or `uid 1234` where the system knows none.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let name = match stream.io().peer_cred() {
            Ok(credentials) => user_name(credentials.uid()),
            Err(error) => {
                tracing::warn!("cannot tell who connected: {error}");
                "unknown".to_owned()
            }
        };
        Peer { name }
    }
}

fn user_name(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => format!("uid {uid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_and_strangers_have_numbers() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(3_999_999_999), "uid 3999999999");
    }
}
