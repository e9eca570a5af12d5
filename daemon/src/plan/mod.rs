//! What is done with a file: which profile it has, which scans it holds, and what is asked about
//! them.
//!
//! [`Arrival::of`] decides when a file is found, [`Segmenting::of`] when a worker has it, and
//! [`plan`] puts the two together for `medicosamd explain`. None of them touches a file: they are
//! given what was read, or ask a [`Reader`].

mod arrival;
mod choice;
#[cfg(test)]
mod documentation;
mod fault;
mod label_maps;
mod reader;
mod segmenting;
#[cfg(test)]
mod tests;

pub use arrival::{Arrival, FoundScan};
pub use choice::PassedOver;
pub use fault::of_scan as fault_of;
pub use label_maps::{SidecarFolders, is_label_map_of_a_sidecar, label_maps_of, names_label_map};
pub use reader::{Disk, Reader, Seen};
pub use segmenting::{Kept, Segmenting};

use crate::config::{Config, Profile, Root};
use crate::scan::Source;
use medicosam_shared::case::Fault;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::understands::Understands;

/// What would be done with a file if it were found now.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The profile and the scans.
    pub arrival: Arrival<'a>,
    /// How the first of the scans would be segmented, or why it would not be.
    pub first: Result<First<'a>, Fault>,
}

/// The first scan of a file.
#[derive(Debug)]
pub struct First<'a> {
    /// Where it lies.
    pub source: Source,
    /// Size, affine and voxel type.
    pub info: ScanInfo,
    /// Its profile.
    pub profile: &'a Profile,
    /// What the profile's model was trained on, if that is known.
    pub understands: Option<Understands>,
    /// How it would be segmented.
    pub segmenting: Segmenting,
}

impl First<'_> {
    /// What a person should know before the scan is segmented.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.info.notes.clone();
        let prompts = self.segmenting.prompts.by_slice();
        let has_points = prompts.iter().any(|prompt| !prompt.points.is_empty());
        if has_points && self.understands.is_some_and(|model| !model.points) {
            let model = &self.profile.model;
            notes.push(format!(
                "{model} was not trained on points; expect poor masks of them"
            ));
        }
        notes
    }
}

/// Plans what to do with a file in `root`.
pub fn plan<'a>(
    config: &'a Config,
    root: &'a Root,
    file: &Source,
    reader: &dyn Reader,
) -> Plan<'a> {
    let arrival = Arrival::of(config, root, file, reader.header(file), reader);
    let first = first(&arrival, reader);
    Plan { arrival, first }
}

fn first<'a>(arrival: &Arrival<'a>, reader: &dyn Reader) -> Result<First<'a>, Fault> {
    let FoundScan { source, info } = &arrival.first;
    let info = info.clone()?;
    let profile = arrival.profile.clone()?;
    let understands = reader.understands(&profile.model);
    let masks = understands.is_some_and(|model| model.masks);
    let segmenting = reader
        .files(profile, source)
        .and_then(|files| Segmenting::of(profile, &info, files, masks, None))
        .and_then(|segmenting| {
            let prompts = &segmenting.prompts;
            prompts.check_amount(&profile.name, reader.limits())?;
            Ok(segmenting)
        })
        .map_err(|error| fault::of_prompts(&error, &arrival.passed_over))?;
    Ok(First {
        source: source.clone(),
        info,
        profile,
        understands,
        segmenting,
    })
}
