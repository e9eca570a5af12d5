//! How far a result is to be trusted.

use crate::prompt::Label;
use serde::{Deserialize, Serialize};

/// The score below which a result is doubtful, unless its profile says otherwise. The score is the Dice to be
/// expected: below this one the mask shows more of something else than of the object.
pub const DOUBTFUL: f32 = 0.35;

/// The trust in a result, judged without knowing the truth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// From 0, surely wrong, to 1; the lowest of all objects.
    pub score: f32,
    /// Reasons for doubt, in words, the worst first.
    pub reasons: Vec<String>,
    /// The objects without a comparison with other cases; none in results of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alone: Vec<Alone>,
}

/// An object, before it was compared with other cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alone {
    /// The object.
    pub label: Label,
    /// Its score then.
    pub score: f32,
    /// The reason for doubt that the comparison gave, which is among those of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<String>,
}

impl Quality {
    /// The same with all scores lower by this factor.
    pub fn times(self, factor: f32) -> Quality {
        let lower = |object: Alone| Alone {
            score: object.score * factor,
            ..object
        };
        Quality {
            score: self.score * factor,
            alone: self.alone.into_iter().map(lower).collect(),
            ..self
        }
    }
}
