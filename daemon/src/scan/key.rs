//! The identity of a source among others.

use std::path::{Path, PathBuf};

/// What stands between the stem of a file and the number of one of its volumes.
const FRAME: &str = "_frame-";

/// What tells one [`Source`](super::Source) from another: its place, and which volume of several it
/// is. Files
/// that come to a group later do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey {
    place: PathBuf,
    frame: Option<u64>,
}

impl SourceKey {
    /// The key of what lies at `place`, or of one volume of it.
    pub fn new(place: impl Into<PathBuf>, frame: Option<u64>) -> Self {
        SourceKey {
            place: place.into(),
            frame,
        }
    }

    /// The file or folder that the source goes by.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Which volume of several it is, counted from 0.
    pub fn frame_number(&self) -> Option<u64> {
        self.frame
    }
}

/// Whether a name without ending is that of a volume: the stem of its file, and its number.
pub fn split_frame(stem: &str) -> Option<(&str, u64)> {
    let (stem, number) = stem.rsplit_once(FRAME)?;
    let is_number = number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| number.parse().ok().map(|number| (stem, number)))?
}

/// What the name of a volume has behind the stem of its file.
pub(super) fn frame_suffix(frame: u64) -> String {
    format!("{FRAME}{frame:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stem_of_a_volume_is_split() {
        assert_eq!(split_frame("a_frame-0001"), Some(("a", 1)));
        assert_eq!(
            split_frame("a_frame-0_frame-12345"),
            Some(("a_frame-0", 12345))
        );
        for stem in [
            "a",
            "a_frame-1",
            "a_frame-001x",
            "frame-0001",
            "a_frame-+001",
        ] {
            assert_eq!(split_frame(stem), None, "{stem}");
        }
    }
}
