//! Which profile a scan has: the first of its root's whose rules all hold.

use crate::config::{Config, Profile, Root, Values};
use medicosam_shared::provenance::ScanInfo;
use serde::Serialize;
use std::path::Path;

/// The profile of a scan, and why not those before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice<'a> {
    /// The profile; `None` if no profile of the root matches.
    pub profile: Option<&'a Profile>,
    /// The profiles that were tried before.
    pub passed_over: Vec<PassedOver<'a>>,
}

/// A profile that a scan does not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassedOver<'a> {
    /// Its name.
    pub profile: &'a str,
    /// The rule that the scan breaks, in words.
    pub why: String,
}

/// Chooses the profile for a scan in `root`. `info` is missing if its header cannot be read: then
/// rules about the header hold, and the scan fails under the first profile that it might have had.
/// `values` reads the voxels.
pub(super) fn choose<'a>(
    config: &'a Config,
    root: &'a Root,
    path: &Path,
    info: Option<&ScanInfo>,
    mut values: impl FnMut() -> Option<Values>,
) -> Choice<'a> {
    let below = path.strip_prefix(&root.path).unwrap_or(path);
    let mut passed_over = Vec::new();
    for profile in root.profiles.iter().filter_map(|name| config.profile(name)) {
        match profile.rules.mismatch(below, info, &mut values) {
            Some(why) => passed_over.push(PassedOver {
                profile: &profile.name,
                why,
            }),
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
