//! Which profile a scan is segmented by: the first of its root's whose rules all hold.

mod bids;
mod rules;

pub use rules::{Rules, Values};

use super::{Config, Profile, Root};
use crate::scan::Volume;
use medicosam_shared::provenance::ScanInfo;
use std::path::Path;

/// What stands in place of a profile's name where none matches; no profile can have this name.
pub const NO_PROFILE: &str = "";

/// The smallest and the largest value of the scan at `path`; the error in words.
pub fn values(path: &Path) -> Result<Values, String> {
    let loaded = Volume::read(path).map_err(|error| error.to_string())?;
    let (lowest, highest) = loaded.volume.extremes().ok_or("it has no finite value")?;
    Ok(Values { lowest, highest })
}

/// What a profile is chosen by. The header is missing if it cannot be read.
pub struct Candidate<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its header.
    pub info: Option<&'a ScanInfo>,
    /// Its smallest and largest value; reads the voxels, and is asked only where a rule needs it.
    pub values: &'a mut dyn FnMut() -> Result<Values, String>,
}

/// The profile of a scan, and why those before it are not.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<'a> {
    /// The profile; `None` if no profile of the root matches.
    pub profile: Option<&'a Profile>,
    /// Name of each profile that was tried before, and the rule that does not hold, in words.
    pub passed_over: Vec<(&'a str, String)>,
}

impl Config {
    /// Chooses the profile for a scan in `root`.
    ///
    /// Rules on a header that cannot be read hold: such a scan fails under the first profile that
    /// it might have had.
    pub fn choose<'a>(&'a self, root: &'a Root, scan: &mut Candidate<'_>) -> Choice<'a> {
        let mut passed_over = Vec::new();
        let below = scan.path.strip_prefix(&root.path).unwrap_or(scan.path);
        for profile in root.profiles.iter().filter_map(|name| self.profile(name)) {
            match profile.rules.mismatch(below, scan) {
                Some(why) => passed_over.push((profile.name.as_str(), why)),
                None => {
                    return Choice {
                        profile: Some(profile),
                        passed_over,
                    };
                }
            }
        }
        Choice {
            profile: None,
            passed_over,
        }
    }
}
