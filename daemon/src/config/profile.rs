//! `[[profile]]`: how scans are segmented.

use super::check::{first_repeated, shown};
use super::file;
use super::frames::Frames;
use super::from_labels::FromLabels;
use super::marks::Marks;
use super::plane::SlicePlane;
use super::review::ReviewPolicy;
use super::rules::Rules;
use crate::case::share::Share;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::prompt::Label;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::window::Window;

/// Stands for the name of a profile where none matches. No profile can have this name.
pub const NO_PROFILE: &str = "";

/// How scans are segmented.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Name of the model.
    pub model: String,
    /// Plane of the slices.
    pub plane: SlicePlane,
    /// How voxel values become grey.
    pub window: Window,
    /// How 3-D boxes become masks slice by slice.
    pub propagation: Propagation,
    /// Which results wait for a person.
    pub review: ReviewPolicy,
    /// The share of the cases that people decided on which is read a second time.
    pub second_reading: Share,
    /// Which scans it is for.
    pub rules: Rules,
    /// Label map beside each scan, from which prompts are made.
    pub from_labels: Option<FromLabels>,
    /// Which volumes of a 4-D file are scans; `None` refuses 4-D files.
    pub frames: Option<Frames>,
    /// How the model's masks are tidied.
    pub masks: MaskRules,
    /// What to segment.
    pub objects: Vec<Object>,
}

/// One object to segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its number in the label map.
    pub label: Label,
    /// Its name.
    pub name: String,
    /// Its boxes and points; empty if its place differs from scan to scan.
    pub marks: Marks,
}

impl Profile {
    /// Checks a profile as written.
    pub(super) fn check(written: file::Profile) -> Result<Profile, String> {
        if written.name == NO_PROFILE {
            return Err("a profile has an empty name".to_owned());
        }
        let name = written.name;
        shown("a profile", &name)?;
        let of = |what: String| format!("profile {name:?}{what}");
        let plane = plane(&written.plane).map_err(|e| of(format!(": {e}")))?;
        let objects = objects(written.object).map_err(of)?;
        let (masks, rules) = (written.masks, written.rules);
        masks.check().map_err(|e| of(format!(", masks: {e}")))?;
        rules.check().map_err(|e| of(format!(", match: {e}")))?;
        Ok(Profile {
            model: written.model,
            plane,
            window: written.window,
            propagation: written.propagation,
            review: written.review,
            second_reading: written.second_reading,
            rules,
            from_labels: written.from_labels,
            frames: written.frames,
            masks,
            objects,
            name,
        })
    }
}

fn plane(text: &str) -> Result<SlicePlane, String> {
    match text {
        "auto" => Ok(SlicePlane::Acquisition),
        other => {
            let plane = other.parse().map_err(|e| format!("{e}, or auto"))?;
            Ok(SlicePlane::Fixed(plane))
        }
    }
}

/// Checks the objects of a profile. An error goes on where the profile's name ends.
fn objects(written: Vec<file::Object>) -> Result<Vec<Object>, String> {
    let mut objects = Vec::new();
    for object in written {
        let name = object.name;
        let label = Label::new(object.label)
            .ok_or_else(|| format!(": object {name:?} has label 0, which is the background"))?;
        shown("an object", &name).map_err(|e| format!(": {e}"))?;
        let marks = Marks::new(object.bbox, object.boxes, object.points);
        marks
            .check()
            .map_err(|e| format!(", object {name:?}: {e}"))?;
        objects.push(Object { label, name, marks });
    }
    if let Some(label) = first_repeated(objects.iter().map(|o| o.label)) {
        return Err(format!(": two objects have label {label}"));
    }
    if let Some(name) = first_repeated(objects.iter().map(|o| o.name.as_str())) {
        return Err(format!(": two objects are named {name:?}"));
    }
    Ok(objects)
}
