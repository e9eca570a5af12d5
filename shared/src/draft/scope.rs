//! Some slices, of one object or of all.

use crate::place::{Label, Place};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Slices of a case. In JSON `"all"`, `{"within": [5, 11]}` or `{"outside": [5, 11]}`, first and last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slices {
    /// All of them.
    #[default]
    All,
    /// From the first to the last of these, both included.
    Within(u32, u32),
    /// Those before the first and behind the last of these.
    Outside(u32, u32),
}

impl Slices {
    /// A single slice.
    pub const fn one(index: u32) -> Self {
        Slices::Within(index, index)
    }

    /// Whether they are all.
    pub const fn is_all(&self) -> bool {
        matches!(self, Slices::All)
    }

    /// Whether a slice is among them.
    pub const fn contains(self, index: u32) -> bool {
        match self {
            Slices::All => true,
            Slices::Within(first, last) => first <= index && index <= last,
            Slices::Outside(first, last) => index < first || last < index,
        }
    }
}

/// Places: slices of one object or of all objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The object; `None`: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The slices.
    #[serde(default, skip_serializing_if = "Slices::is_all")]
    pub slices: Slices,
}

impl Scope {
    /// All slices of all objects.
    pub const EVERYTHING: Scope = Scope {
        label: None,
        slices: Slices::All,
    };

    /// An object on some slices.
    pub const fn of(label: Label, slices: Slices) -> Self {
        Scope {
            label: Some(label),
            slices,
        }
    }

    /// A single place.
    pub const fn one(place: Place) -> Self {
        Scope::of(place.label, Slices::one(place.index))
    }

    /// Whether a place is within it.
    pub fn contains(&self, place: Place) -> bool {
        self.label.is_none_or(|label| label == place.label) && self.slices.contains(place.index)
    }

    /// Whether it is a single slice of an object.
    pub fn is_one(&self) -> bool {
        self.label.is_some() && matches!(self.slices, Slices::Within(first, last) if first == last)
    }
}

/// `all slices`, `slice 7`, `slices 5 to 11`, `all slices but 5 to 11`
impl fmt::Display for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slices::All => f.write_str("all slices"),
            Slices::Within(first, last) if first == last => write!(f, "slice {first}"),
            Slices::Within(first, last) => write!(f, "slices {first} to {last}"),
            Slices::Outside(first, last) => write!(f, "all slices but {first} to {last}"),
        }
    }
}

/// `object 2, slices 5 to 11`
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.label {
            Some(label) => write!(f, "object {label}, {}", self.slices),
            None => write!(f, "all objects, {}", self.slices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_written_by_their_first_and_last() {
        let scope = Scope::of(Label::MIN, Slices::Outside(5, 11));
        let text = serde_json::to_string(&scope).unwrap();
        assert_eq!(text, r#"{"label":1,"slices":{"outside":[5,11]}}"#);
        assert_eq!(serde_json::from_str::<Scope>(&text).unwrap(), scope);
        assert_eq!(
            serde_json::from_str::<Scope>("{}").unwrap(),
            Scope::EVERYTHING
        );
        let place = |index| Place::new(Label::MIN, index);
        assert!(scope.contains(place(4)) && scope.contains(place(12)));
        assert!(!scope.contains(place(5)) && !scope.contains(place(11)));
        assert!(Scope::one(place(3)).is_one() && !scope.is_one());
        assert_eq!(scope.to_string(), "object 1, all slices but 5 to 11");
        assert_eq!(Scope::one(place(3)).to_string(), "object 1, slice 3");
    }
}
