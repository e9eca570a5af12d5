//! How much an answer changed a slice, and whether that looks like the correction that was meant.

use crate::place::Place;
use crate::provenance::SliceScore;
use serde::{Deserialize, Serialize};

/// Below this predicted IoU the model itself expects a poor mask.
pub const LOW_SCORE: f32 = 0.7;

/// An answer that makes a mask this many times as large, or as small, is no refinement.
pub const MANY_TIMES: f64 = 3.0;

/// What an answer did to the mask of an object on a slice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SliceChange {
    /// Where.
    pub place: Place,
    /// Pixels of the mask before; 0 if there was none.
    pub before: u64,
    /// Pixels of the mask now.
    pub after: u64,
    /// The model's own estimate of the IoU of its mask with the truth.
    pub score: f32,
}

impl SliceChange {
    /// From a mask of `before` pixels to one with this score.
    pub const fn to(place: Place, before: u64, now: &SliceScore) -> Self {
        SliceChange {
            place,
            before,
            after: now.area,
            score: now.predicted_iou,
        }
    }

    /// Whether it looks like the correction that was meant.
    pub fn verdict(&self) -> Verdict {
        judge(self.before, self.after, self.score)
    }
}

/// Whether an answer looks like the correction that was meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Fine,
    /// The mask is empty now.
    Emptied,
    /// The mask is [`MANY_TIMES`] as large as before, or larger: this many times.
    Grown(f64),
    /// The mask was [`MANY_TIMES`] as large before, or larger: this many times.
    Shrunk(f64),
    /// The score is below [`LOW_SCORE`].
    LowScore(f32),
}

impl Verdict {
    /// Whether nothing speaks against the answer. Others are never to be announced as a success.
    pub const fn is_fine(&self) -> bool {
        matches!(self, Verdict::Fine)
    }

    /// The doubt in a few words, for a notice behind the areas; `None` if there is none.
    pub fn doubt(&self) -> Option<String> {
        match self {
            Verdict::Fine => None,
            Verdict::Emptied => Some("nothing is left of it".to_owned()),
            Verdict::Grown(times) => Some(format!("{times:.1} times as large as before")),
            Verdict::Shrunk(times) => Some(format!("{times:.1} times smaller than before")),
            Verdict::LowScore(score) => Some(format!("low score, {score:.2}")),
        }
    }
}

/// Judges an answer by the pixels of the mask `before` and `after` it and its score, the model's own
/// estimate of its IoU with the truth. Where there was no mask before, only the score counts.
pub fn judge(before: u64, after: u64, score: f32) -> Verdict {
    let times = |more: u64, less: u64| more as f64 / less as f64;
    match (before, after) {
        (0, _) if score < LOW_SCORE => Verdict::LowScore(score),
        (0, _) => Verdict::Fine,
        (_, 0) => Verdict::Emptied,
        _ if times(after, before) >= MANY_TIMES => Verdict::Grown(times(after, before)),
        _ if times(before, after) >= MANY_TIMES => Verdict::Shrunk(times(before, after)),
        _ if score < LOW_SCORE => Verdict::LowScore(score),
        _ => Verdict::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_that_becomes_another_one_is_never_fine() {
        assert_eq!(judge(100, 120, 0.9), Verdict::Fine);
        assert_eq!(judge(100, 120, 0.5), Verdict::LowScore(0.5));
        assert_eq!(judge(100, 300, 0.9), Verdict::Grown(3.0));
        assert_eq!(judge(857 * 5, 857, 0.9), Verdict::Shrunk(5.0));
        assert_eq!(judge(100, 0, 0.9), Verdict::Emptied);
        assert_eq!(judge(0, 5000, 0.9), Verdict::Fine);
        assert_eq!(judge(0, 5000, 0.1), Verdict::LowScore(0.1));
        assert_eq!(
            judge(100, 299, f32::NAN),
            Verdict::Fine,
            "no score, no doubt"
        );
    }

    #[test]
    fn every_doubt_has_words() {
        for verdict in [
            judge(9, 90, 1.0),
            judge(90, 9, 1.0),
            judge(9, 0, 1.0),
            judge(9, 9, 0.0),
        ] {
            assert!(
                !verdict.is_fine() && verdict.doubt().is_some(),
                "{verdict:?}"
            );
        }
        assert_eq!(
            judge(9, 90, 1.0).doubt().unwrap(),
            "10.0 times as large as before"
        );
        assert_eq!(judge(9, 9, 0.9).doubt(), None);
    }
}
