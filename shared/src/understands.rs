//! Which prompts a model understands.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Which prompts a model was trained on. Its network accepts other prompts too, but answers them poorly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understands {
    /// Boxes.
    pub boxes: bool,
    /// Points.
    pub points: bool,
    /// The logits of an earlier mask, so that a prompt can correct it.
    pub masks: bool,
    /// Whether it offers several masks for an ambiguous prompt; otherwise only its first mask is of
    /// use.
    pub several: bool,
}

impl Understands {
    /// Everything.
    pub const ALL: Understands = Understands {
        boxes: true,
        points: true,
        masks: true,
        several: true,
    };

    /// Boxes, answered by one mask.
    pub const BOXES: Understands = Understands {
        boxes: true,
        points: false,
        masks: false,
        several: false,
    };
}

/// `boxes, points and masks`
impl fmt::Display for Understands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.boxes, "boxes"),
            (self.points, "points"),
            (self.masks, "masks"),
        ];
        let names: Vec<&str> = all.iter().filter(|(is, _)| *is).map(|(_, n)| *n).collect();
        match names.split_last() {
            None => write!(f, "no prompts"),
            Some((last, [])) => write!(f, "{last}"),
            Some((last, before)) => write!(f, "{} and {last}", before.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_in_words() {
        assert_eq!(Understands::ALL.to_string(), "boxes, points and masks");
        assert_eq!(Understands::BOXES.to_string(), "boxes");
        let none = Understands {
            boxes: false,
            ..Understands::BOXES
        };
        assert_eq!(none.to_string(), "no prompts");
    }
}
