//! `[[root]]`: a watched folder.

use super::check::positive;
use super::error::did_you_mean;
use super::file;
use super::pattern::PathPattern;
use super::profile::Profile;
use super::results::Results;
use crate::scan::Source;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder.
    pub path: PathBuf,
    /// Names of the profiles for its scans; the first that matches a scan is its profile.
    pub profiles: Vec<String>,
    /// Whether pictures (PNG, JPEG, TIFF) in it are scans.
    pub pictures: bool,
    /// Label maps that these profiles read; they are not scans.
    pub label_maps: Vec<PathPattern>,
    /// Folder of the results; the folders below the root are repeated below it.
    pub output: PathBuf,
    /// What becomes of the results of a scan that is moved to a place in it.
    pub results: Results,
    /// How long a file must stay unchanged before it is read.
    pub stable_for: Duration,
    /// Time between walks through the folder.
    pub scan_every: Duration,
}

impl Root {
    /// Checks a root as written. Relative paths start at `base`.
    pub(super) fn check(
        written: file::Root,
        profiles: &[Profile],
        base: &Path,
    ) -> Result<Root, String> {
        let shown = written.path.display().to_string();
        let chosen = written.profile.into_vec();
        if chosen.is_empty() {
            return Err(format!("root {shown} has no profile"));
        }
        let mut label_maps = Vec::new();
        for name in &chosen {
            let Some(profile) = profiles.iter().find(|p| p.name == *name) else {
                let names = profiles.iter().map(|p| p.name.as_str());
                return Err(format!(
                    "root {shown} uses profile {name:?}, which is not defined{}",
                    did_you_mean(name, names)
                ));
            };
            label_maps.extend(profile.from_labels.iter().map(|labels| labels.path.clone()));
        }
        if written.stable_for.is_negative() {
            return Err(format!("root {shown}: stable_for must not be negative"));
        }
        let of_root = |e| format!("root {shown}: {e}");
        Ok(Root {
            path: base.join(written.path),
            profiles: chosen,
            pictures: written.pictures,
            label_maps,
            output: base.join(written.output),
            results: written.results,
            stable_for: written.stable_for.unsigned_abs(),
            scan_every: positive("scan_every", written.scan_every).map_err(of_root)?,
        })
    }

    /// The folder for the results of a scan in it: the folders below the root are repeated below its
    /// output.
    pub fn folder_of_results(&self, scan: &Source) -> PathBuf {
        let below = scan.folder().strip_prefix(&self.path);
        self.output.join(below.unwrap_or(Path::new("")))
    }
}
