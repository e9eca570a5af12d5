//! Asks what boxes on several slices say together.

use super::keys::{Bound, key, meaning};
use super::said::{Said, Wish};
use crate::term::{Key, KeyCode};
use medicosam_shared::draft::Together;
use medicosam_shared::prompt::SliceBox;

/// The boxes that are drawn for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxesOf {
    /// Their slices, in order; at least two.
    pub slices: Vec<u32>,
    /// The smallest rectangle around all of them.
    pub rectangle: SliceBox,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Together(Together),
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(
        KeyCode::Char('v'),
        Means::Together(Together::Corners),
        "one 3-D box",
    ),
    key(
        KeyCode::Char('i'),
        Means::Together(Together::Between),
        "boxes in between",
    ),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl BoxesOf {
    /// Takes a key.
    pub fn press(&self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Together(together)) => Said::Do(Wish::SegmentBoxes(together)),
            Some(Means::Leave) => Said::Leave,
            None => Said::Nothing,
        }
    }

    /// What will happen, in a line.
    pub fn in_words(&self) -> String {
        let (Some(first), Some(last)) = (self.slices.first(), self.slices.last()) else {
            return String::new();
        };
        let count = last - first + 1;
        let SliceBox { x0, y0, x1, y1 } = self.rectangle;
        // Short enough for a screen of 80 columns.
        format!(
            "All {count} masks on {first} to {last} again: one 3-D box {x0},{y0} – {x1},{y1} or boxes between?"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_happen_is_said_before_it_does() {
        let dialog = BoxesOf {
            slices: vec![5, 9, 15],
            rectangle: SliceBox::spanning((10, 20), (29, 39)),
        };
        let text = dialog.in_words();
        assert_eq!(
            text,
            "All 11 masks on 5 to 15 again: one 3-D box 10,20 – 30,40 or boxes between?"
        );
        let said = |c| dialog.press(Key::plain(KeyCode::Char(c)));
        assert_eq!(said('v'), Said::Do(Wish::SegmentBoxes(Together::Corners)));
        assert_eq!(said('i'), Said::Do(Wish::SegmentBoxes(Together::Between)));
        assert_eq!(said('y'), Said::Nothing);
    }
}
