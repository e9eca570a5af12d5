//! A file is found: its profile, and the scans that it holds.

use super::choice::{Choice, PassedOver, choose};
use super::fault;
use super::reader::{Reader, Seen};
use crate::config::{Config, Frames, NO_PROFILE, Profile, Root};
use crate::scan::Source;
use medicosam_shared::case::Fault;
use medicosam_shared::provenance::ScanInfo;

/// The decision about a file that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival<'a> {
    /// The profile, or why there is none.
    pub profile: Result<&'a Profile, Fault>,
    /// The profiles that were tried before.
    pub passed_over: Vec<PassedOver<'a>>,
    /// The file's scan; of a 4-D file the first volume that is one.
    pub first: FoundScan,
    /// The other volumes that are scans.
    pub others: Vec<FoundScan>,
}

/// A scan that becomes a case.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundScan {
    /// Where it lies.
    pub source: Source,
    /// Size, affine and voxel type, or why it cannot be segmented.
    pub info: Result<ScanInfo, Fault>,
}

impl<'a> Arrival<'a> {
    /// Decides about a file in `root` with this `header`.
    pub fn of(
        config: &'a Config,
        root: &'a Root,
        file: &Source,
        header: Result<Seen, Fault>,
        reader: &dyn Reader,
    ) -> Self {
        let volumes = header.as_ref().map_or(1, |header| header.volumes);
        let info = header.map(|header| header.info);
        let mut values = None;
        let Choice {
            profile,
            passed_over,
        } = choose(config, root, file.place(), info.as_ref().ok(), &mut || {
            *values.get_or_insert_with(|| reader.values(&first_volume(file, volumes)))
        });
        let profile = profile.ok_or_else(|| fault::no_profile(root, file, &passed_over));
        let frames = profile.as_ref().ok().and_then(|profile| profile.frames);
        let info = match (&profile, info) {
            (Err(none), Ok(_)) => Err(none.clone()),
            (_, info) => info,
        };
        let (first, others) = scans(file, info, (volumes, frames), reader);
        Arrival {
            profile,
            passed_over,
            first,
            others,
        }
    }

    /// The name under which its cases are kept.
    pub fn profile_name(&self) -> &'a str {
        match &self.profile {
            Ok(profile) => &profile.name,
            Err(_) => NO_PROFILE,
        }
    }

    /// All scans, in order.
    pub fn scans(&self) -> impl Iterator<Item = &FoundScan> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// The volume that stands for the whole file where a profile is chosen by values.
fn first_volume(file: &Source, volumes: u64) -> Source {
    match volumes {
        0 | 1 => file.clone(),
        _ => file.frame(0),
    }
}

/// The scans of a file with this many `volumes`, where the profile wants these `frames`.
fn scans(
    file: &Source,
    info: Result<ScanInfo, Fault>,
    (volumes, frames): (u64, Option<Frames>),
    reader: &dyn Reader,
) -> (FoundScan, Vec<FoundScan>) {
    let one = |info| FoundScan {
        source: file.clone(),
        info,
    };
    let info = match info {
        Ok(info) if volumes > 1 => info,
        other => return (one(other), Vec::new()),
    };
    let wanted = frames.map(|frames| frames.of(volumes)).unwrap_or_default();
    let mut scans = wanted.into_iter().map(|frame| {
        let source = file.frame(frame);
        let info = match frame < volumes {
            true => Ok(info.clone()),
            false => reader.scan(&source),
        };
        FoundScan { source, info }
    });
    match scans.next() {
        Some(first) => (first, scans.collect()),
        // Reading several volumes as one scan reports that the profile wants none of them.
        None => (one(reader.scan(file)), Vec::new()),
    }
}
