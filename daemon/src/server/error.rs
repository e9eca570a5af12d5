//! Why the daemon cannot run.

use super::lock::LockError;
use crate::api::ListenError;
use crate::registry::RegistryError;
use medicosam_shared::case::Fault;
use std::io;

/// Why the daemon cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The state folder cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] RegistryError),
    /// The socket cannot be made.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No device works, and the configuration says that the daemon shall end then.
    #[error("{}; it ends, as fallback = \"fail\" says", .0.message)]
    NoDevice(Fault),
    /// The system refuses something else.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl ServerError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            ServerError::Lock(error) => error.code(),
            ServerError::Store(error) => error.code(),
            ServerError::Listen(error) => error.code(),
            ServerError::NoDevice(_) => "no-device",
            ServerError::System { .. } => "system-refused",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            ServerError::Lock(error) => error.hint(),
            ServerError::Store(error) => error.hint(),
            ServerError::Listen(error) => error.hint(),
            ServerError::NoDevice(fault) => &fault.hint,
            ServerError::System { .. } => "The limits of the daemon's user may be too low.",
        }
    }
}

/// What the system refuses, with what was being done.
pub fn system(doing: &'static str) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::System { doing, source }
}
