//! Where prompts are written.

use std::fmt;
use std::path::PathBuf;

/// Where a prompt is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this profile.
    Profile(String),
    /// In this sidecar.
    Sidecar(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Profile(name) => write!(f, "profile {name:?}"),
            Origin::Sidecar(path) => write!(f, "sidecar {}", path.display()),
        }
    }
}
