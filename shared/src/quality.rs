//! How far a result is to be trusted.

use serde::{Deserialize, Serialize};

/// The score below which a result is doubtful, unless its profile says otherwise.
pub const DOUBTFUL: f32 = 0.5;

/// The trust in a result, judged without knowing the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// From 0, surely wrong, to 1; the lowest of all objects.
    pub score: f32,
    /// Reasons for doubt, in words, the worst first.
    pub reasons: Vec<String>,
}
