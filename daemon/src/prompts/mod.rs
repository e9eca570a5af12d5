//! What is asked of the model for one scan: from its profile, from a sidecar beside the scan, from
//! a label map beside the scan.
//!
//! The sidecar's objects take the place of the profile's. A label map gives boxes (and masks to
//! start from) to the objects that have no box written anywhere; points that are written are added
//! to them.

mod error;
mod labels;
mod place;
pub mod sidecar;

pub use error::PromptsError;
pub use labels::check_grid;

use crate::config::{FromLabels, Object, PathPattern, Profile, UsedAs};
use crate::scan::{self, Class, LabelMap};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt, VolumePrompt};
use medicosam_shared::provenance::{PromptSource, ScanInfo};
use sidecar::Sidecar;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where a prompt is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In this profile.
    Profile(String),
    /// In this sidecar.
    Sidecar(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Profile(name) => write!(f, "profile {name:?}"),
            Origin::Sidecar(path) => write!(f, "sidecar {}", path.display()),
        }
    }
}

/// All prompts of one scan, in its voxels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompts {
    /// By boxes and points that are written, in the order of the profile.
    pub volumes: Vec<VolumePrompt>,
    /// By the label map: the box of each object on each slice.
    pub boxes: Vec<SlicePrompt>,
    /// Masks to start from.
    pub starts: BTreeMap<Place, SliceMask>,
    /// Names of all objects.
    pub names: BTreeMap<Label, String>,
    /// The files beside the scan that they come from.
    pub sources: Vec<PromptSource>,
}

impl Prompts {
    /// What is asked on each slice across `axis`: object by object, slice by slice.
    pub fn slices(&self, axis: Axis) -> Vec<SlicePrompt> {
        let mut slices: BTreeMap<Place, SlicePrompt> = BTreeMap::new();
        let written = self.volumes.iter().flat_map(|volume| volume.slices(axis));
        for prompt in written.chain(self.boxes.iter().cloned()) {
            let place = prompt.place();
            match slices.get_mut(&place) {
                Some(known) => {
                    known.bbox = known.bbox.or(prompt.bbox);
                    known.points.extend(prompt.points);
                }
                None => {
                    slices.insert(place, prompt);
                }
            }
        }
        let order = self.order();
        let mut slices: Vec<SlicePrompt> = slices.into_values().collect();
        slices.sort_by_key(|p| order.iter().position(|label| *label == p.label));
        slices
    }

    /// The objects in the order in which they are written, then those of the label map.
    fn order(&self) -> Vec<Label> {
        let written = self.volumes.iter().map(|volume| volume.label);
        let mut order: Vec<Label> = written.collect();
        let mapped: BTreeSet<Label> = self.boxes.iter().map(|prompt| prompt.label).collect();
        order.extend(
            mapped
                .into_iter()
                .filter(|label| !self.volumes.iter().any(|volume| volume.label == *label)),
        );
        order
    }
}

/// Gathers the prompts of the scan at `path`, which is sliced across `axis`. `masks` says whether
/// the model understands masks to start from.
pub fn gather(
    profile: &Profile,
    path: &Path,
    info: &ScanInfo,
    axis: Axis,
    masks: bool,
) -> Result<Prompts, PromptsError> {
    let sidecar = sidecar::read(path)?;
    let mut prompts = Prompts::default();
    for (origin, object) in objects(profile, sidecar.as_ref())? {
        let outside = |what| PromptsError::Outside {
            origin: origin.clone(),
            object: object.name.clone(),
            what,
            dims: info.dims,
        };
        let (boxes, points) = place::resolve(&object.marks, info, axis).map_err(outside)?;
        prompts.names.insert(object.label, object.name.clone());
        prompts.volumes.push(VolumePrompt {
            label: object.label,
            name: object.name,
            boxes,
            points,
        });
    }
    if let Some(sidecar) = &sidecar {
        prompts.sources.push(PromptSource {
            path: sidecar.path.to_string_lossy().into_owned(),
            sha256: sidecar.sha256.clone(),
            used: "boxes and points".to_owned(),
        });
    }
    let named = match &sidecar {
        Some(Sidecar {
            from_labels: Some(labels),
            path,
            ..
        }) => Some((Origin::Sidecar(path.clone()), labels)),
        _ => profile
            .from_labels
            .as_ref()
            .map(|labels| (Origin::Profile(profile.name.clone()), labels)),
    };
    if let Some((origin, labels)) = named {
        add_labels(
            &mut prompts,
            profile,
            (origin, labels),
            path,
            info,
            axis,
            masks,
        )?;
    }
    Ok(prompts)
}

/// Where the scan can lie that a file beside it belongs to: a sidecar, or a label map that matches
/// one of these patterns.
pub fn scans_of(path: &Path, label_maps: &[PathPattern]) -> Vec<PathBuf> {
    let mut scans = Vec::new();
    let mut add = |folder: &Path, stem: &str| {
        let named = |ending| folder.join(format!("{stem}{ending}"));
        scans.extend(scan::names::endings().map(named));
        // A volume of a file with several.
        if let Some((stem, frame)) = scan::names::split_frame(stem) {
            let file = |ending| folder.join(format!("{stem}{ending}"));
            let files = scan::names::VOLUMES.into_iter().map(file);
            scans.extend(files.map(|file| scan::names::frame_path(&file, frame)));
        }
    };
    if let Some(named) = sidecar::named_after(path) {
        let stem = named.file_name().unwrap_or_default().to_string_lossy();
        add(named.parent().unwrap_or(Path::new("")), &stem);
        scans.push(named);
    } else {
        for (folder, stem) in label_maps.iter().filter_map(|map| map.scans_of(path)) {
            add(&folder, &stem);
        }
    }
    scans
}

/// The objects of the profile, with what the sidecar says of them in its place.
fn objects(
    profile: &Profile,
    sidecar: Option<&Sidecar>,
) -> Result<Vec<(Origin, Object)>, PromptsError> {
    let ours = Origin::Profile(profile.name.clone());
    let own = profile.objects.iter().cloned();
    let mut objects: Vec<(Origin, Object)> = own.map(|object| (ours.clone(), object)).collect();
    let Some(sidecar) = sidecar else {
        return Ok(objects);
    };
    let origin = Origin::Sidecar(sidecar.path.clone());
    let mut seen = BTreeSet::new();
    for written in &sidecar.objects {
        let shown = match (written.label, &written.name) {
            (Some(label), Some(name)) => format!("{name:?} with label {label}"),
            (Some(label), None) => format!("with label {label}"),
            (None, Some(name)) => format!("{name:?}"),
            (None, None) => "without label and name".to_owned(),
        };
        let unknown = || PromptsError::UnknownObject {
            origin: origin.clone(),
            object: shown.clone(),
            profile: profile.name.clone(),
            known: known_objects(profile),
        };
        let is_it = |(_, object): &&mut (Origin, Object)| {
            written.label.is_none_or(|label| label == object.label)
                && written
                    .name
                    .as_ref()
                    .is_none_or(|name| *name == object.name)
        };
        let label = match objects.iter_mut().find(is_it) {
            Some((from, object)) => {
                from.clone_from(&origin);
                object.marks.clone_from(&written.marks);
                object.label
            }
            // A profile without objects takes any.
            None if profile.objects.is_empty() => {
                let label = written.label.ok_or_else(unknown)?;
                let object = Object {
                    label,
                    name: written
                        .name
                        .clone()
                        .unwrap_or_else(|| format!("label {label}")),
                    marks: written.marks.clone(),
                };
                objects.push((origin.clone(), object));
                label
            }
            None => return Err(unknown()),
        };
        if !seen.insert(label) {
            return Err(PromptsError::SidecarWrong {
                path: sidecar.path.clone(),
                what: format!("object {shown} is there twice"),
            });
        }
    }
    Ok(objects)
}

/// The profile's objects, for messages.
fn known_objects(profile: &Profile) -> String {
    let objects = profile.objects.iter();
    let listed: Vec<String> = objects
        .map(|o| format!("{:?} ({})", o.name, o.label))
        .collect();
    if listed.is_empty() {
        "no objects; give a label".to_owned()
    } else {
        listed.join(", ")
    }
}

/// Adds what a label map says.
fn add_labels(
    prompts: &mut Prompts,
    profile: &Profile,
    (origin, spec): (Origin, &FromLabels),
    scan: &Path,
    info: &ScanInfo,
    axis: Axis,
    masks: bool,
) -> Result<(), PromptsError> {
    let path = spec.path.of(scan);
    let map = LabelMap::read(&path).map_err(|source| {
        let is_missing = source.class() == Class::Changed && !path.exists();
        if is_missing {
            PromptsError::NoLabels {
                origin: origin.clone(),
                path: path.clone(),
            }
        } else {
            PromptsError::Labels {
                origin: origin.clone(),
                source,
            }
        }
    })?;
    labels::check_grid(&path, &map.info, info)?;
    let known: BTreeSet<Label> = prompts.names.keys().copied().collect();
    let found = map.labels();
    if !profile.objects.is_empty() && known.is_disjoint(&found) {
        let listed: Vec<String> = found.iter().map(Label::to_string).collect();
        return Err(PromptsError::NoneOfTheObjects {
            path,
            found: match listed.len() {
                0 => "no labels".to_owned(),
                1 => format!("label {}", listed[0]),
                _ => format!("labels {}", listed.join(", ")),
            },
            profile: profile.name.clone(),
            known: known_objects(profile),
        });
    }
    // What has boxes of its own is not asked of the map; a profile without objects takes all.
    let has_boxes = |label: Label| {
        let written = prompts.volumes.iter();
        written
            .clone()
            .any(|v| v.label == label && !v.boxes.is_empty())
    };
    let wanted =
        |label| (known.contains(&label) || profile.objects.is_empty()) && !has_boxes(label);
    let found = map.masks(axis, wanted);
    let starts = spec.used_as == UsedAs::Masks && masks;
    for (place, mask) in found {
        let Place { label, index } = place;
        let name = || format!("label {label}");
        prompts.names.entry(label).or_insert_with(name);
        prompts.boxes.push(SlicePrompt {
            label,
            index,
            bbox: labels::box_around(&mask, spec.margin),
            points: Vec::new(),
        });
        if starts {
            prompts.starts.insert(place, mask);
        }
    }
    prompts.sources.push(PromptSource {
        path: path.to_string_lossy().into_owned(),
        sha256: map.sha256,
        used: match (spec.used_as, masks) {
            (UsedAs::Boxes, _) => "boxes".to_owned(),
            (UsedAs::Masks, true) => "masks and boxes".to_owned(),
            (UsedAs::Masks, false) => {
                format!(
                    "boxes only: model {} was not trained on masks",
                    profile.model
                )
            }
        },
    });
    Ok(())
}

#[cfg(test)]
mod tests;
