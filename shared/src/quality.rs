//! How far a result is to be trusted.

use serde::{Deserialize, Serialize};

/// What a result looks like to one who does not know the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// From 0, surely wrong, to 1: that of the object that is worst off.
    pub score: f32,
    /// What is odd, in words, the worst first.
    pub reasons: Vec<String>,
}
