//! Load: a scan into memory.

use super::failure::Failure;
use crate::case::FaultClass;
use crate::scan::{Header, Source, Stamp, Volume, hash};
use medicosam_shared::window::{Range, Window};

/// The header of the scan that was identified, whose voxels are not needed: `is_recorded` says
/// whether the files are in the state in which their content was hashed.
pub fn header(
    (source, sha256): (&Source, &str),
    is_recorded: impl FnOnce(&Stamp) -> Result<bool, Failure>,
) -> Result<Header, Failure> {
    let header = Header::read(source)?;
    // After reading: what is there now was there then.
    let stamp = source.stamp().ok();
    let is_known = match &stamp {
        Some(stamp) => is_recorded(stamp)?,
        None => false,
    };
    if !is_known {
        let (found, hashed) = hash(source)?;
        if found != sha256 || stamp.is_some_and(|stamp| stamp != hashed) {
            return Err(replaced(source, FaultClass::BadInput));
        }
    }
    Ok(header)
}

fn replaced(source: &Source, class: FaultClass) -> Failure {
    Failure::new(
        "scan-replaced",
        format!("{source} has other content than when it was found"),
        "Nothing to do: the new content becomes a case of its own.",
        class,
    )
}

/// A scan in memory, with the values that its window makes black and white.
pub struct LoadedScan {
    /// The scan.
    pub volume: Volume,
    /// Black and white.
    pub range: Range,
}

impl LoadedScan {
    /// Reads a scan, and makes sure that it is the one that was identified.
    pub fn read(source: &Source, sha256: &str, window: Window) -> Result<Self, Failure> {
        let loaded = Volume::read(source)?;
        if loaded.sha256 != sha256 {
            return Err(replaced(source, FaultClass::Passing));
        }
        let range = loaded.volume.range(window);
        Ok(LoadedScan {
            volume: loaded.volume,
            range,
        })
    }
}
