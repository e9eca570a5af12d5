//! Why a store cannot be made again.

use crate::registry::RegistryError;
use crate::server::LockError;
use crate::store::StoreFault;
use std::path::PathBuf;

/// Why a store was not made again. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The state folder cannot be had: a daemon runs.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is nothing to recover.
    #[error("the store {} is neither lost nor damaged, and there are cases in it", .0.display())]
    Healthy(PathBuf),
    /// The new store, or the old one, cannot be used.
    #[error(transparent)]
    Store(#[from] RegistryError),
}

impl From<StoreFault> for RecoverError {
    fn from(fault: StoreFault) -> Self {
        RecoverError::Store(fault.into())
    }
}

impl RecoverError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            RecoverError::Lock(error) => error.code(),
            RecoverError::Healthy(_) => "store-healthy",
            RecoverError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RecoverError::Lock(LockError::InUse { .. }) => "Stop the daemon, then try again.",
            RecoverError::Lock(error) => error.hint(),
            RecoverError::Healthy(_) => {
                "Nothing was changed. To make it again all the same, stop the daemon and move the store away first."
            }
            RecoverError::Store(error) => error.hint(),
        }
    }
}
