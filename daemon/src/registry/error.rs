//! Why the registry did not do what was asked.

use crate::case::Refusal;
use crate::store::StoreFault;

/// A request that was refused, or a store that failed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] StoreFault),
}

impl RegistryError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            RegistryError::Refused(refusal) => refusal.code(),
            RegistryError::Fault(fault) => fault.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RegistryError::Refused(refusal) => refusal.hint(),
            RegistryError::Fault(fault) => fault.hint(),
        }
    }
}
