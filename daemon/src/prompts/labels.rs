//! Prompts from a label map: a box around each object on each slice, and its mask to start from.

use super::error::PromptsError;
use super::files::NamedMap;
use super::grid::check_grid;
use super::object::ObjectPrompts;
use super::of_scan::Prompts;
use super::written::known_objects;
use crate::config::{Profile, UsedAs};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{Label, SliceBox};
use medicosam_shared::provenance::{PromptSource, ScanInfo};
use std::collections::BTreeSet;
use std::path::Path;

/// Adds the prompts that a label map gives to objects without a box of their own.
pub(super) fn add(
    prompts: &mut Prompts,
    profile: &Profile,
    named: NamedMap,
    info: &ScanInfo,
    axis: Axis,
    masks: bool,
) -> Result<(), PromptsError> {
    let NamedMap { spec, path, map } = named;
    let map = map?;
    check_grid(&path, &map.info, info)?;
    let known: BTreeSet<Label> = prompts.objects.iter().map(|o| o.label).collect();
    check_labels(profile, &path, &map.labels(), &known)?;
    // A profile without objects takes all labels.
    let takes_all = profile.objects.is_empty();
    let objects = prompts.objects.iter().filter(|o| o.has_boxes());
    let boxed: BTreeSet<Label> = objects.map(|o| o.label).collect();
    let wanted = |label| (takes_all || known.contains(&label)) && !boxed.contains(&label);
    let starts = spec.used_as == UsedAs::Masks && masks;
    for (place, mask) in map.masks(axis, wanted) {
        let rectangle = box_around(&mask, spec.margin);
        object(prompts, place.label).add_rectangle(place.index, rectangle);
        if starts {
            prompts.starts.insert(place, mask);
        }
    }
    prompts.sources.push(PromptSource {
        path: path.to_string_lossy().into_owned(),
        sha256: map.sha256,
        used: used(spec.used_as, masks, &profile.model),
    });
    Ok(())
}

/// At least one label of the map must be an object of the profile, if the profile has any.
fn check_labels(
    profile: &Profile,
    path: &Path,
    found: &BTreeSet<Label>,
    known: &BTreeSet<Label>,
) -> Result<(), PromptsError> {
    if profile.objects.is_empty() || !known.is_disjoint(found) {
        return Ok(());
    }
    let listed: Vec<String> = found.iter().map(Label::to_string).collect();
    Err(PromptsError::NoneOfTheObjects {
        path: path.to_owned(),
        found: match &*listed {
            [] => "no labels".to_owned(),
            [label] => format!("label {label}"),
            _ => format!("labels {}", listed.join(", ")),
        },
        profile: profile.name.clone(),
        known: known_objects(profile),
    })
}

/// The object with a label; a new one if only the map has it.
fn object(prompts: &mut Prompts, label: Label) -> &mut ObjectPrompts {
    let objects = &mut prompts.objects;
    let at = objects.iter().position(|o| o.label == label);
    let at = at.unwrap_or_else(|| {
        objects.push(ObjectPrompts::new(label, format!("label {label}")));
        objects.len() - 1
    });
    &mut objects[at]
}

/// The box around a mask, `margin` pixels larger on each side, cut to the slice.
fn box_around(mask: &SliceMask, margin: u32) -> Option<SliceBox> {
    Some(mask.bounds()?.enlarged(margin, mask.shape()))
}

/// What was taken from the map, in words.
fn used(used_as: UsedAs, masks: bool, model: &str) -> String {
    match (used_as, masks) {
        (UsedAs::Boxes, _) => "boxes".to_owned(),
        (UsedAs::Masks, true) => "masks and boxes".to_owned(),
        (UsedAs::Masks, false) => {
            format!("boxes only: model {model} was not trained on masks")
        }
    }
}
