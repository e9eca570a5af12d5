//! Asks for the name of a new object.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::Said;
use crate::term::{Key, KeyCode};
use medicosam_shared::prompt::Label;

/// The name of a new object, perhaps with its label in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The label, unless another one is typed before the name.
    pub label: Label,
    /// What has been typed.
    pub text: Line,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Add,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Add, "add"),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl NewObject {
    /// A new object beside those with these labels; `None` if no label is left above them.
    pub fn beside(taken: &[Label]) -> Option<Self> {
        let label = taken
            .iter()
            .max()
            .map_or(Some(Label::MIN), |l| l.checked_add(1))?;
        Some(NewObject {
            label,
            text: Line::default(),
        })
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Add) => self.add(),
            Some(Means::Leave) => Said::Leave,
            None => {
                self.text.press(key);
                Said::Nothing
            }
        }
    }

    fn add(&self) -> Said {
        let (label, name) = self.parsed();
        let name = name.to_owned();
        Said::Object { label, name }
    }

    /// Label and name. A number in front of the name is the label.
    fn parsed(&self) -> (Label, &str) {
        let text = self.text.as_str().trim();
        let numbered = text.split_once(' ').and_then(|(number, name)| {
            let label = number.parse::<Label>().ok()?;
            Some((label, name.trim()))
        });
        numbered.unwrap_or((self.label, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_front_of_the_name_is_the_label() {
        let taken = [1, 2].map(|n| Label::new(n).unwrap());
        for (typed, label, name) in [("cyst", 3, "cyst"), (" 7  left kidney ", 7, "left kidney")] {
            let mut dialog = NewObject::beside(&taken).unwrap();
            dialog.text.insert(typed);
            let (label, name) = (Label::new(label).unwrap(), name.to_owned());
            let said = dialog.press(Key::plain(KeyCode::Enter));
            assert_eq!(said, Said::Object { label, name });
        }
    }

    #[test]
    fn there_is_no_label_after_the_last() {
        assert_eq!(NewObject::beside(&[Label::MAX]), None);
    }
}
