//! Which objects are asked about: the profile's, with the sidecar's in their place.

use super::error::PromptsError;
use super::origin::Origin;
use super::sidecar::{Sidecar, SidecarObject};
use crate::config::{Object, Profile};
use std::collections::BTreeSet;
use std::fmt;

/// The objects of the profile, with the sidecar's boxes and points in place of its own, and where
/// each is written. A profile without objects takes all of the sidecar's.
pub(super) fn objects(
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
        let known = objects.iter_mut().find(|(_, o)| written.names(o));
        let label = match known {
            Some((from, object)) => {
                from.clone_from(&origin);
                object.marks.clone_from(&written.marks);
                object.label
            }
            None => {
                let object = new_object(profile, written);
                let object = object.ok_or_else(|| PromptsError::UnknownObject {
                    origin: origin.clone(),
                    object: written.to_string(),
                    profile: profile.name.clone(),
                    known: known_objects(profile),
                })?;
                let label = object.label;
                objects.push((origin.clone(), object));
                label
            }
        };
        if !seen.insert(label) {
            return Err(PromptsError::SidecarWrong {
                path: sidecar.path.clone(),
                what: format!("object {written} is there twice"),
            });
        }
    }
    Ok(objects)
}

/// An object that only the sidecar has; `None` if the profile has objects, or it has no label.
fn new_object(profile: &Profile, written: &SidecarObject) -> Option<Object> {
    let label = written.label.filter(|_| profile.objects.is_empty())?;
    let name = written.name.clone();
    Some(Object {
        label,
        name: name.unwrap_or_else(|| format!("label {label}")),
        marks: written.marks.clone(),
    })
}

impl SidecarObject {
    /// Whether it is about this object: by its label, by its name, or by both if it has both.
    fn names(&self, object: &Object) -> bool {
        let label = self.label.is_none_or(|label| label == object.label);
        label && self.name.as_ref().is_none_or(|name| *name == object.name)
    }
}

impl fmt::Display for SidecarObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.label, &self.name) {
            (Some(label), Some(name)) => write!(f, "{name:?} with label {label}"),
            (Some(label), None) => write!(f, "with label {label}"),
            (None, Some(name)) => write!(f, "{name:?}"),
            (None, None) => f.write_str("without label and name"),
        }
    }
}

/// The profile's objects, for messages.
pub(super) fn known_objects(profile: &Profile) -> String {
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
