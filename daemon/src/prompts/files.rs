//! The files beside a scan from which its prompts come.

use super::error::PromptsError;
use super::origin::Origin;
use super::sidecar::{self, Sidecar};
use crate::config::{FromLabels, Limits, PathPattern, Profile};
use crate::scan::{Class, LabelMap, Role, Source, SourceKey, places, role, split_frame};
use std::path::{Path, PathBuf};

/// Bytes that the name of a file may have.
const LONGEST_NAME: usize = 255;

/// The files beside a scan from which its prompts come.
#[derive(Debug, Default)]
pub struct Files {
    /// The sidecar, if there is one.
    pub sidecar: Option<Sidecar>,
    /// The label map that the sidecar or the profile names.
    pub labels: Option<NamedMap>,
}

/// A label map that prompts are made of.
#[derive(Debug)]
pub struct NamedMap {
    /// How it is used.
    pub spec: FromLabels,
    /// Its file.
    pub path: PathBuf,
    /// The label map, or why it cannot be had.
    pub map: Result<LabelMap, PromptsError>,
}

impl Files {
    /// Reads what lies beside a scan with this profile.
    pub fn read(profile: &Profile, scan: &Source, limits: &Limits) -> Result<Files, PromptsError> {
        let sidecar = sidecar::read(scan, limits)?;
        let labels = labels_of(profile, sidecar.as_ref())
            .map(|(origin, spec)| read_map(origin, spec.clone(), scan));
        Ok(Files { sidecar, labels })
    }
}

/// The label map that a sidecar names, else the profile's, and which of them names it.
fn labels_of<'a>(
    profile: &'a Profile,
    sidecar: Option<&'a Sidecar>,
) -> Option<(Origin, &'a FromLabels)> {
    let of_sidecar = sidecar.and_then(|sidecar| {
        let origin = Origin::Sidecar(sidecar.path.clone());
        Some((origin, sidecar.from_labels.as_ref()?))
    });
    of_sidecar.or_else(|| {
        let origin = Origin::Profile(profile.name.clone());
        Some((origin, profile.from_labels.as_ref()?))
    })
}

fn read_map(origin: Origin, spec: FromLabels, scan: &Source) -> NamedMap {
    let path = spec.path.of(scan);
    let map = LabelMap::read(&path).map_err(|source| {
        // No file can have a name that is too long for the system.
        let is_impossible = path
            .file_name()
            .is_some_and(|name| name.len() > LONGEST_NAME);
        let is_missing = is_impossible || (source.class() == Class::Missing && !path.exists());
        if is_missing {
            let path = path.clone();
            PromptsError::NoLabels { origin, path }
        } else {
            PromptsError::Labels { origin, source }
        }
    });
    NamedMap { spec, path, map }
}

/// The scans that a file beside them can belong to. The file is a sidecar, or a label map that
/// matches one of these patterns.
pub fn scans_of(path: &Path, label_maps: &[PathPattern]) -> Vec<SourceKey> {
    let mut scans = Vec::new();
    let mut add = |folder: &Path, stem: &str| {
        let places = |stem, frame| {
            places(folder, stem)
                .into_iter()
                .map(move |place| SourceKey::new(place, frame))
        };
        scans.extend(places(stem, None));
        // A volume of a file with several.
        if let Some((stem, frame)) = split_frame(stem) {
            scans.extend(places(stem, Some(frame)));
        }
    };
    if let Some(named) = sidecar::named_after(path) {
        let stem = named.file_name().unwrap_or_default().to_string_lossy();
        add(named.parent().unwrap_or(Path::new("")), &stem);
        // A file of a group stands for the group.
        let place = match role(&named) {
            Some(Role::Member(group)) => group.place,
            Some(Role::Scan | Role::Picture) | None => named,
        };
        scans.push(SourceKey::new(place, None));
    } else {
        for (folder, stem) in label_maps.iter().filter_map(|map| map.scans_of(path)) {
            add(&folder, &stem);
        }
    }
    scans
}
