//! Places: an object on a slice.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of an object in a label map; 0 is the background and never an object.
pub type Label = std::num::NonZeroU16;

/// An object on a slice. In JSON it is the pair `[label, index]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(Label, u32)", into = "(Label, u32)")]
pub struct Place {
    /// The object.
    pub label: Label,
    /// Index of the slice along the case's slice axis, from 0.
    pub index: u32,
}

impl Place {
    /// The object `label` on slice `index`.
    pub const fn new(label: Label, index: u32) -> Self {
        Place { label, index }
    }
}

/// `object 2 on slice 14`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object {} on slice {}", self.label, self.index)
    }
}

impl From<(Label, u32)> for Place {
    fn from((label, index): (Label, u32)) -> Self {
        Place { label, index }
    }
}

impl From<Place> for (Label, u32) {
    fn from(place: Place) -> Self {
        (place.label, place.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_a_pair() {
        let place = Place::new(Label::MIN, 14);
        assert_eq!(serde_json::to_string(&place).unwrap(), "[1,14]");
        assert_eq!(serde_json::from_str::<Place>("[1,14]").unwrap(), place);
        assert!(serde_json::from_str::<Place>("[0,14]").is_err());
        assert_eq!(place.to_string(), "object 1 on slice 14");
    }
}
