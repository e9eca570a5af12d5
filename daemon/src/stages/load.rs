//! Load: a scan into memory.

use super::failure::Failure;
use crate::case::FaultClass;
use crate::scan::{Source, Volume};
use medicosam_shared::window::{Range, Window};

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
            return Err(Failure::new(
                "scan-replaced",
                format!("{source} has other content than when it was found"),
                "Nothing to do: the new content becomes a case of its own.",
                FaultClass::Passing,
            ));
        }
        let range = loaded.volume.range(window);
        Ok(LoadedScan {
            volume: loaded.volume,
            range,
        })
    }
}
