//! From what is written to the prompts of one scan.

use super::error::PromptsError;
use super::files::Files;
use super::object::ObjectPrompts;
use super::of_scan::Prompts;
use super::sidecar::Sidecar;
use super::{labels, place, written};
use crate::config::Profile;
use medicosam_shared::geometry::Axis;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{PromptSource, ScanInfo};

/// Works out the prompts of a scan that is sliced across `axis`. `masks` says whether the model
/// understands masks to start from.
pub fn resolve(
    profile: &Profile,
    files: Files,
    info: &ScanInfo,
    axis: Axis,
    masks: bool,
) -> Result<Prompts, PromptsError> {
    let mut prompts = Prompts {
        propagation: propagation(profile, files.sidecar.as_ref()),
        ..Prompts::default()
    };
    for (origin, object) in written::objects(profile, files.sidecar.as_ref())? {
        let mut asked = ObjectPrompts::new(object.label, object.name);
        let resolved = place::resolve(&object.marks, info, axis);
        let (boxes, points) = resolved.map_err(|what| PromptsError::Outside {
            origin,
            object: asked.name.clone(),
            what,
            dims: info.dims,
        })?;
        boxes.iter().for_each(|bbox| asked.add_box(bbox, axis));
        if prompts.propagation == Propagation::Interpolate {
            asked.fill_between();
        }
        points.iter().for_each(|point| asked.add_point(point, axis));
        prompts.objects.push(asked);
    }
    if let Some(sidecar) = &files.sidecar {
        prompts.sources.push(PromptSource {
            path: sidecar.path.to_string_lossy().into_owned(),
            sha256: sidecar.sha256.clone(),
            used: "boxes and points".to_owned(),
        });
    }
    if let Some(map) = files.labels {
        labels::add(&mut prompts, profile, map, info, axis, masks)?;
    }
    Ok(prompts)
}

/// The rule that a sidecar names, else the profile's.
fn propagation(profile: &Profile, sidecar: Option<&Sidecar>) -> Propagation {
    let of_sidecar = sidecar.and_then(|sidecar| sidecar.propagation);
    of_sidecar.unwrap_or(profile.propagation)
}
