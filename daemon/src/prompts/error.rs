//! Errors of the prompts of a scan.

use super::origin::Origin;
use crate::scan::{Class, ScanError};
use medicosam_shared::geometry::Dims;
use medicosam_shared::text::printable;
use std::io;
use std::path::PathBuf;

fn shown(path: &std::path::Path) -> String {
    printable(&path.to_string_lossy()).to_string()
}

/// Why the prompts of a scan cannot be worked out.
#[derive(Debug, thiserror::Error)]
pub enum PromptsError {
    /// A box or a point misses the scan.
    #[error("{origin}, object {object:?}: {what}; the scan has {dims} voxels")]
    Outside {
        /// The place where it is written.
        origin: Origin,
        /// The object's name.
        object: String,
        /// The box or point, with its numbers.
        what: String,
        /// Size of the scan.
        dims: Dims,
    },
    /// The sidecar cannot be read.
    #[error("cannot read the prompts in {}: {source}", shown(path))]
    SidecarUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The sidecar has a mistake.
    #[error("the prompts in {} cannot be used: {what}", shown(path))]
    SidecarWrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// More is asked than the limits allow.
    #[error("{origin} asks for too much: {what}, and `[limits] {key}` allows {limit}")]
    TooMuch {
        /// The place where it is written.
        origin: Origin,
        /// What there is too much of, with its number.
        what: String,
        /// The key of the limit.
        key: &'static str,
        /// The limit.
        limit: u64,
    },
    /// An object that the profile does not have.
    #[error("{origin}: object {object} is not one of profile {profile:?}, which has {known}")]
    UnknownObject {
        /// The place where it is written.
        origin: Origin,
        /// The object, as it is written.
        object: String,
        /// The profile.
        profile: String,
        /// The profile's objects.
        known: String,
    },
    /// The label map cannot be read.
    #[error("{origin} takes prompts from a label map, which fails: {source}")]
    Labels {
        /// Where it is named.
        origin: Origin,
        /// Why it cannot be read.
        source: ScanError,
    },
    /// The label map is not there.
    #[error(
        "{origin} takes prompts from the label map {}, which is not there",
        shown(path)
    )]
    NoLabels {
        /// Where it is named.
        origin: Origin,
        /// The label map.
        path: PathBuf,
    },
    /// The label map is not on the scan's grid.
    #[error(
        "the label map {} does not lie on the scan's grid: {what}",
        shown(path)
    )]
    OtherGrid {
        /// The label map.
        path: PathBuf,
        /// What differs, with the numbers.
        what: String,
    },
    /// The label map has none of the profile's objects.
    #[error(
        "the label map {} has {found}, none of which is an object of profile {profile:?}, which has {known}",
        shown(path)
    )]
    NoneOfTheObjects {
        /// The label map.
        path: PathBuf,
        /// What it has.
        found: String,
        /// The profile.
        profile: String,
        /// The profile's objects.
        known: String,
    },
}

impl PromptsError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            PromptsError::Outside { .. } => "prompt-outside",
            PromptsError::SidecarUnreadable { .. } => "prompts-unreadable",
            PromptsError::SidecarWrong { .. } => "prompts-wrong",
            PromptsError::TooMuch { .. } => "prompts-too-many",
            PromptsError::UnknownObject { .. } => "prompts-unknown-object",
            PromptsError::Labels { source, .. } => source.code(),
            PromptsError::NoLabels { .. } => "labels-missing",
            PromptsError::OtherGrid { .. } => "labels-other-grid",
            PromptsError::NoneOfTheObjects { .. } => "labels-unknown",
        }
    }

    /// Whether the input or the environment is at fault.
    pub fn class(&self) -> Class {
        match self {
            PromptsError::SidecarUnreadable { .. } | PromptsError::NoLabels { .. } => {
                Class::Environment
            }
            PromptsError::Labels { source, .. } => source.class(),
            _ => Class::BadInput,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            PromptsError::Outside { .. } => {
                "Correct the profile or the sidecar, or route such scans to another profile; then `medicosam retry CASE`."
            }
            PromptsError::SidecarUnreadable { .. } => {
                "Let the user that runs medicosamd read it. The scan is then tried again automatically."
            }
            PromptsError::SidecarWrong { .. } => {
                "Correct the file; the scan is segmented again as soon as it changes."
            }
            PromptsError::TooMuch { .. } => {
                "Ask for less; a few points and one box say as much as thousands. Or raise the limit, and `medicosam retry CASE`."
            }
            PromptsError::UnknownObject { .. } => {
                "Use the profile's label or name, or add the object to the profile."
            }
            PromptsError::Labels { source, .. } => source.hint(),
            PromptsError::NoLabels { .. } => {
                "Put it there; the scan then continues automatically. `medicosamd explain SCAN` shows the expected place."
            }
            PromptsError::OtherGrid { .. } => {
                "Resample the label map onto the scan (nearest neighbour), or register the two."
            }
            PromptsError::NoneOfTheObjects { .. } => {
                "Give the profile's objects the labels of the map, or leave the objects out to take all labels."
            }
        }
    }
}
