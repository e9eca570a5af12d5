//! How a scan is segmented by its profile.

use crate::config::Profile;
use crate::prompts::{self, Files, Prompts, PromptsError};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::window::Window;
use std::collections::BTreeSet;

/// How a scan is segmented by its profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmenting {
    /// The axis that slices are cut across.
    pub axis: Axis,
    /// How voxel values become grey.
    pub window: Window,
    /// How boxes become masks on more slices; `None` if none does.
    pub propagation: Option<Propagation>,
    /// How the model's masks are tidied.
    pub masks: MaskRules,
    /// What is asked.
    pub prompts: Prompts,
}

/// What a person has done to a case, which its profile leaves as it is.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The axis that the slices are cut across.
    pub axis: Axis,
    /// The slices that a person has segmented.
    pub edited: &'a BTreeSet<Place>,
}

impl Segmenting {
    /// The axis that a scan is cut across: the profile's, unless a person has worked on another.
    pub fn axis_of(profile: &Profile, info: &ScanInfo, kept: Option<Kept<'_>>) -> Axis {
        kept.map_or_else(|| profile.plane.axis(info), |kept| kept.axis)
    }

    /// Works it out. `masks` says whether the model understands masks to start from.
    pub fn of(
        profile: &Profile,
        info: &ScanInfo,
        files: Files,
        masks: bool,
        kept: Option<Kept<'_>>,
    ) -> Result<Self, PromptsError> {
        let axis = Self::axis_of(profile, info, kept);
        let mut prompts = prompts::resolve(profile, files, info, axis, masks)?;
        if let Some(kept) = kept {
            prompts = prompts.without(kept.edited);
        }
        Ok(Segmenting {
            axis,
            window: profile.window,
            propagation: prompts.rule(),
            masks: profile.masks,
            prompts,
        })
    }
}
