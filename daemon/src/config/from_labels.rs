//! `from_labels`: a label map beside each scan, from which prompts are made.

use super::pattern::{NotAPattern, PathPattern};
use medicosam_shared::word_or_table::WordOrTable;
use serde::Deserialize;

/// A label map beside each scan, from which prompts are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WordOrTable<WrittenLabels>")]
pub struct FromLabels {
    /// Its path.
    pub path: PathPattern,
    /// The prompts that are made from it.
    pub used_as: UsedAs,
    /// How much larger the boxes are on each side, in pixels.
    pub margin: u32,
}

/// The prompts that are made from a label map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UsedAs {
    /// The box of each object on each slice.
    #[default]
    Boxes,
    /// The mask of each object, from which the model starts, and its box. A model that was not
    /// trained on masks gets only the box.
    Masks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLabels {
    path: PathPattern,
    #[serde(default, rename = "as")]
    used_as: UsedAs,
    #[serde(default)]
    margin: u32,
}

impl TryFrom<WordOrTable<WrittenLabels>> for FromLabels {
    type Error = NotAPattern;

    /// A pattern, or a table with the pattern as `path`.
    fn try_from(written: WordOrTable<WrittenLabels>) -> Result<Self, NotAPattern> {
        Ok(match written {
            WordOrTable::Word(pattern) => FromLabels {
                path: pattern.parse()?,
                used_as: UsedAs::default(),
                margin: 0,
            },
            WordOrTable::Table(WrittenLabels {
                path,
                used_as,
                margin,
            }) => FromLabels {
                path,
                used_as,
                margin,
            },
        })
    }
}
