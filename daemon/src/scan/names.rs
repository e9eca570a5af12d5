//! What the name of a scan's file says.

use std::path::{Path, PathBuf};

/// Endings of volumes; the longer ones first.
pub const VOLUMES: [&str; 2] = [".nii.gz", ".nii"];

/// All endings that a scan can have, the longer ones first.
pub fn endings() -> impl Iterator<Item = &'static str> {
    VOLUMES.into_iter()
}

/// The name without its ending, if it has one of these. Upper and lower case are the same: shares
/// and scanners like capitals.
pub fn strip(name: &str, mut endings: impl Iterator<Item = &'static str>) -> Option<&str> {
    endings.find_map(|ending| {
        let at = name.len().checked_sub(ending.len())?;
        let (start, end) = (name.get(..at)?, name.get(at..)?);
        end.eq_ignore_ascii_case(ending).then_some(start)
    })
}

/// The folder that a scan lies in, and its name without ending: what files beside it are named by.
pub fn folder_and_stem(scan: &Path) -> (PathBuf, String) {
    let name = scan.file_name().unwrap_or_default().to_string_lossy();
    let stem = strip(&name, endings()).unwrap_or(&name).to_owned();
    let folder = scan.parent().unwrap_or(Path::new("")).to_owned();
    (folder, stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_no_part_of_the_stem() {
        for (path, stem) in [
            ("/in/a.nii.gz", "a"),
            ("/in/A.NII", "A"),
            ("/in/a.b.nii", "a.b"),
            ("/in/other.txt", "other.txt"),
            ("/in/ü.nii.gz", "ü"),
        ] {
            let (folder, found) = folder_and_stem(Path::new(path));
            assert_eq!((&*folder, &*found), (Path::new("/in"), stem));
        }
    }
}
