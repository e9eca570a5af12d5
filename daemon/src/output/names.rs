//! Names of outputs, and of files on their way to becoming one.

use crate::scan::{Geometry, names, parts};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// What label maps are called after their stem.
pub(super) const LABEL_MAP: &str = "_dseg.nii.gz";
/// What label maps of pictures are called after their stem.
pub(super) const PICTURE_LABEL_MAP: &str = "_dseg.png";
/// What provenance records are called after their stem.
pub(super) const PROVENANCE: &str = "_dseg.json";
/// What label tables are called after their stem.
pub(super) const LABEL_TABLE: &str = "_dseg.tsv";

/// What files that are still being written end in; they start with a dot too.
pub(super) const TEMPORARY: &str = ".medicosam-tmp";

/// Bytes that a stem may have: file systems allow names of 255, and the longest one made from it
/// adds a dot, `_dseg.nii.gz`, six random characters, two dots and [`TEMPORARY`].
const MAX_STEM: usize = 200;

/// What the label map of a scan is called after its stem.
pub(super) fn label_map(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Space(_) => LABEL_MAP,
        Geometry::Picture => PICTURE_LABEL_MAP,
    }
}

/// The stem of a scan's outputs: its file name without its ending.
///
/// It never holds a path separator or a control character, never starts with a dot (the outputs
/// would be hidden) and has at most 200 bytes. Where the name had to be changed for that, some
/// digits of its hash are added, so that two names never become one.
pub fn stem(scan_file_name: &str) -> String {
    let (plain, _) = parts(scan_file_name);
    let unsafe_char = |c: char| c == '/' || c == '\\' || c.is_control();
    if !plain.is_empty()
        && plain.len() <= MAX_STEM
        && !plain.starts_with('.')
        && !plain.contains(unsafe_char)
    {
        return plain.to_owned();
    }
    let safe: String = plain
        .chars()
        .map(|c| if unsafe_char(c) { '_' } else { c })
        .collect();
    let safe = safe.trim_start_matches('.');
    let digest = Sha256::digest(scan_file_name);
    let digits: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    let room = MAX_STEM - digits.len() - 1;
    let end = (0..=room.min(safe.len()))
        .rev()
        .find(|&n| safe.is_char_boundary(n))
        .unwrap_or(0);
    format!("{}-{digits}", &safe[..end])
}

/// Whether the file's name says that it is a label map of ours, or on its way to become an
/// output: never to be taken for a scan.
pub fn is_output(path: &Path) -> bool {
    let Some(name) = path.file_name() else {
        return false;
    };
    let name = name.to_string_lossy();
    let endings = ["_dseg.nii", LABEL_MAP, PICTURE_LABEL_MAP];
    is_temporary(&name) || names::strip(&name, endings).is_some()
}

/// Whether it is the name of a file that was being written.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(TEMPORARY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stems_lose_their_ending() {
        assert_eq!(stem("sub-01_T1w.nii.gz"), "sub-01_T1w");
        assert_eq!(stem("scan.nii"), "scan");
        assert_eq!(stem("skin.JPG"), "skin");
        assert_eq!(stem("SCAN.NII.GZ"), "SCAN");
        assert_eq!(stem("scan.v2.nii"), "scan.v2");
        assert_eq!(stem("scan"), "scan");
        assert_eq!(stem("Lunge_ö.nii"), "Lunge_ö");
    }

    #[test]
    fn odd_names_are_made_safe_and_stay_different() {
        assert!(stem("../../etc/passwd.nii").starts_with("_.._etc_passwd-"));
        assert!(stem(".nii.gz").starts_with('-'));
        assert_ne!(stem("a\nb.nii"), stem("a\tb.nii"));
        let long = "ü".repeat(126);
        assert_ne!(stem(&format!("{long}1.nii")), stem(&format!("{long}2.nii")));
    }

    #[test]
    fn outputs_are_known_by_their_names() {
        for name in [
            "a_dseg.nii.gz",
            "a_dseg.nii",
            "A_DSEG.NII.GZ",
            "/x/y/a_dseg.nii.gz",
            "skin_dseg.png",
            ".a_dseg.nii.gz.Xy12ab.medicosam-tmp",
        ] {
            assert!(is_output(Path::new(name)), "{name}");
        }
        for name in [
            "a.nii.gz",
            "dseg.nii.gz",
            "a_dseg.nii.gz.part",
            "..",
            ".hidden.nii",
        ] {
            assert!(!is_output(Path::new(name)), "{name}");
        }
    }

    proptest! {
        #[test]
        fn stems_are_safe_file_names(name in any::<String>()) {
            let stem = stem(&name);
            prop_assert!(!stem.is_empty() && stem.len() <= MAX_STEM);
            prop_assert!(!stem.contains('/') && !stem.starts_with('.'));
            prop_assert!(!stem.chars().any(char::is_control));
            let map = format!("{stem}{LABEL_MAP}");
            prop_assert!(is_output(Path::new(&map)));
        }
    }
}
