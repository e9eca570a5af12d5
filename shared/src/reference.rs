//! Reference masks: an expert's, an atlas' or another tool's, kept beside the masks of a case.

use crate::prompt::Label;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Reference masks of a case, but for the masks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Their name, which no other reference of the case has.
    pub name: String,
    /// The label map that they came from, on the daemon's machine.
    pub path: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// The labels in it.
    pub labels: Vec<Label>,
    /// Who asked for them.
    pub by: String,
    /// When it was read.
    pub at: Timestamp,
}
