//! Who is at the other end of the socket.
//!
//! The kernel tells the uid of the process that connected. Over SSH that is the uid of the user
//! who logged in, so decisions carry real names without passwords.

use nix::unistd::{Uid, User};
use tokio::net::UnixStream;

/// The user behind a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    name: String,
    /// `None` if the kernel does not tell.
    uid: Option<Uid>,
}

impl Peer {
    /// Login name, or `uid 1234` where the system knows none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the user that the daemon runs as, or the superuser.
    pub fn is_owner(&self) -> bool {
        self.uid
            .is_some_and(|uid| uid.is_root() || uid == Uid::effective())
    }

    /// The user at the other end of a connection.
    pub fn of(stream: &UnixStream) -> Self {
        match stream.peer_cred() {
            Ok(credentials) => Peer {
                name: user_name(credentials.uid()),
                uid: Some(Uid::from_raw(credentials.uid())),
            },
            Err(error) => {
                tracing::warn!("cannot tell who connected: {error}");
                Peer {
                    name: "unknown".to_owned(),
                    uid: None,
                }
            }
        }
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
