//! Label maps that sidecars name. Prompts are made of them, so they are no scans.

use crate::config::PathPattern;
use crate::prompts::sidecar::{self, Sidecar};
use crate::scan::{Source, SourceKey, endings, names, split_frame};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The label map that a sidecar names for a scan.
pub fn names_label_map(sidecar: &Sidecar, scan: &Source) -> Option<PathBuf> {
    let from = sidecar.from_labels.as_ref()?;
    Some(from.path.of(scan))
}

/// The label maps that the sidecar at `path` names, if it is one, for the scans that it can belong to.
pub fn label_maps_of(path: &Path, scans: &[SourceKey]) -> Vec<PathBuf> {
    let Ok(Some(sidecar)) = sidecar::read_file(path) else {
        return Vec::new();
    };
    let scans = scans.iter().map(|key| Source::file(key.place()));
    let mut maps: Vec<PathBuf> = scans
        .filter_map(|scan| names_label_map(&sidecar, &scan))
        .collect();
    maps.dedup();
    maps
}

/// Whether a sidecar names this file as a label map. `root` is the watched folder.
pub fn is_label_map_of_a_sidecar(path: &Path, root: &Path) -> bool {
    !SidecarFolders::default().patterns(path, root).is_empty()
}

/// How long before it was listed a folder must have been left alone for the list to be kept: file
/// systems tell times only so finely.
const SETTLED: Duration = Duration::from_secs(2);

/// Most folders whose lists are kept.
const MAX_FOLDERS: usize = 64;

/// Which sidecars lie in which folder. Lists are kept until their folder changes.
#[derive(Debug, Default)]
pub struct SidecarFolders {
    known: Mutex<HashMap<PathBuf, Listed>>,
}

/// The sidecars of a folder.
#[derive(Debug, Clone)]
struct Listed {
    /// When the folder changed last.
    changed: SystemTime,
    sidecars: Vec<PathBuf>,
}

impl SidecarFolders {
    /// The patterns with which sidecars name a file in `root` as a label map. A sidecar names files
    /// in its own folder and below it.
    pub fn patterns(&self, path: &Path, root: &Path) -> Vec<PathPattern> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folders = path.ancestors().skip(1);
        let folders = folders.take_while(|folder| folder.starts_with(root));
        let mut patterns = Vec::new();
        for place in folders.flat_map(|folder| self.sidecars(folder)) {
            // The name of the map holds the stem: most sidecars need not be read.
            let stem = stem_of(&place).unwrap_or_default();
            if !name.contains(&stem) {
                continue;
            }
            // One that is wrong names nothing. It fails its scan, and counts once it is right.
            let Ok(Some(sidecar)) = sidecar::read_file(&place) else {
                continue;
            };
            if let Some(from) = sidecar
                .from_labels
                .filter(|f| is_named(&f.path, &place, &stem, path))
            {
                patterns.push(from.path);
            }
        }
        patterns
    }

    /// The sidecars in a folder; none if it cannot be listed.
    fn sidecars(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(changed) = fs::metadata(folder).and_then(|found| found.modified()) else {
            return Vec::new();
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listed) = known.get(folder).filter(|listed| listed.changed == changed) {
            return listed.sidecars.clone();
        }
        let sidecars = list(folder).unwrap_or_default();
        let age = SystemTime::now().duration_since(changed);
        if age.is_ok_and(|age| age > SETTLED) {
            if known.len() >= MAX_FOLDERS {
                known.clear();
            }
            let sidecars = sidecars.clone();
            known.insert(folder.to_owned(), Listed { changed, sidecars });
        }
        sidecars
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut sidecars = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if sidecar::named_after(&path).is_some() {
            sidecars.push(path);
        }
    }
    Ok(sidecars)
}

/// The stem of the scan that a sidecar belongs to.
fn stem_of(sidecar: &Path) -> Option<String> {
    let named = sidecar::named_after(sidecar)?;
    let name = named.file_name()?.to_str()?;
    Some(names::strip(name, endings()).unwrap_or(name).to_owned())
}

/// Whether the pattern of the sidecar at `place`, for the scan with `stem` or a volume of it, names
/// the file at `path`.
fn is_named(pattern: &PathPattern, place: &Path, stem: &str, path: &Path) -> bool {
    pattern.scans_of(path).is_some_and(|(folder, found)| {
        let of_volume = split_frame(&found).is_some_and(|(whole, _)| whole == stem);
        place.parent() == Some(&folder) && (found == stem || of_volume)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_label_map_that_a_sidecar_names_is_known_by_it() {
        let folder = folder(&[
            ("x.prompts.json", r#"{"from_labels": "{stem}_lab.nii.gz"}"#),
            (
                "y.nii.gz.prompts.json",
                r#"{"from_labels": "maps/l_{stem}.nii"}"#,
            ),
            (
                "bold.prompts.json",
                r#"{"from_labels": "{stem}_lab.nii.gz"}"#,
            ),
            ("z.prompts.json", r#"{"object": [{"label": 1}]}"#),
            ("wrong.prompts.json", r#"{"from_labels": "#),
        ]);
        let root = folder.path();
        for (name, is) in [
            ("x_lab.nii.gz", true),
            ("maps/l_y.nii", true),
            ("bold_frame-0003_lab.nii.gz", true),
            ("x.nii.gz", false),
            ("l_y.nii", false),
            ("maps/x_lab.nii.gz", false),
            ("z_lab.nii.gz", false),
            ("wrong_lab.nii.gz", false),
            ("other.nii.gz", false),
        ] {
            let found = is_label_map_of_a_sidecar(&root.join(name), root);
            assert_eq!(found, is, "{name}");
        }
        // A sidecar outside the root counts for nothing.
        let inner = root.join("maps");
        assert!(!is_label_map_of_a_sidecar(&inner.join("l_y.nii"), &inner));
    }

    #[test]
    fn both_ways_of_asking_agree() {
        let folder = folder(&[("x.prompts.json", r#"{"from_labels": "{stem}_lab.nii.gz"}"#)]);
        let scan = Source::file(folder.path().join("x.nii.gz"));
        let sidecar = sidecar::read_file(&folder.path().join("x.prompts.json"))
            .unwrap()
            .unwrap();
        for source in [scan.clone(), scan.frame(2)] {
            let map = names_label_map(&sidecar, &source).unwrap();
            assert!(is_label_map_of_a_sidecar(&map, folder.path()), "{map:?}");
        }
    }

    #[test]
    fn a_sidecar_that_comes_later_is_seen_although_lists_are_kept() {
        let folder = folder(&[("a.prompts.json", "{}")]);
        let long_ago = SystemTime::now() - Duration::from_secs(100);
        let touch = || {
            fs::File::open(folder.path())
                .unwrap()
                .set_modified(long_ago)
        };
        touch().unwrap();
        let folders = SidecarFolders::default();
        let path = folder.path().join("x_lab.nii.gz");
        let ask = || folders.patterns(&path, folder.path()).len();
        assert_eq!(ask(), 0);
        assert_eq!(folders.known.lock().unwrap().len(), 1, "the list is kept");
        let text = r#"{"from_labels": "{stem}_lab.nii.gz"}"#;
        fs::write(folder.path().join("x.prompts.json"), text).unwrap();
        assert_eq!(ask(), 1);
    }
}
