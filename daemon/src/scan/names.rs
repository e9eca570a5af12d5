//! What the name of a scan's file says.
//!
//! A volume of a file that holds several (4-D) has a path of its own, as if the file were a folder:
//! `/in/bold.nii.gz/bold_frame-0003.nii.gz`. No file can lie there, so no two scans ever share a
//! path, and whatever is named after a scan is named after its volume.

use std::path::{Path, PathBuf};

/// Endings of volumes; the longer ones first.
pub const VOLUMES: [&str; 2] = [".nii.gz", ".nii"];

/// Endings of pictures.
pub const PICTURES: [&str; 5] = [".png", ".jpg", ".jpeg", ".tif", ".tiff"];

/// What stands between the stem of a file and the number of one of its volumes.
const FRAME: &str = "_frame-";

/// All endings that a scan can have, the longer ones first.
pub fn endings() -> impl Iterator<Item = &'static str> {
    VOLUMES.into_iter().chain(PICTURES)
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

/// Whether a file is a picture by its name. What has the name of a volume and begins as a picture
/// is a mistake, and told as one.
pub fn is_picture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    strip(&name.to_string_lossy(), PICTURES.into_iter()).is_some()
}

/// The path of a volume of the file at `path`, counted from 0.
pub fn frame_path(path: &Path, frame: u64) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = strip(&name, VOLUMES.into_iter()).unwrap_or(&name);
    let ending = &name[stem.len()..];
    path.join(format!("{stem}{FRAME}{frame:04}{ending}"))
}

/// The file that a path names, and which of its volumes, if it names one.
pub fn file_and_frame(path: &Path) -> (&Path, Option<u64>) {
    let frame = || {
        let (file, name) = (path.parent()?, path.file_name()?.to_str()?);
        let (_, frame) = split_frame(strip(name, VOLUMES.into_iter())?)?;
        (frame_path(file, frame) == path).then_some((file, Some(frame)))
    };
    frame().unwrap_or((path, None))
}

/// The stem of a file and the number of one of its volumes, if a stem has both.
pub fn split_frame(stem: &str) -> Option<(&str, u64)> {
    let (stem, number) = stem.rsplit_once(FRAME)?;
    let is_number = number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| number.parse().ok().map(|number| (stem, number)))?
}

/// The folder that a scan lies in, and its name without ending: what files beside it are named by.
pub fn folder_and_stem(scan: &Path) -> (PathBuf, String) {
    let name = scan.file_name().unwrap_or_default().to_string_lossy();
    let stem = strip(&name, endings()).unwrap_or(&name).to_owned();
    let (file, _) = file_and_frame(scan);
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    (folder, stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ending_is_no_part_of_the_stem() {
        for (path, stem) in [
            ("/in/a.nii.gz", "a"),
            ("/in/A.NII", "A"),
            ("/in/a.b.nii", "a.b"),
            ("/in/skin.jpeg", "skin"),
            ("/in/other.txt", "other.txt"),
            ("/in/ü.nii.gz", "ü"),
            ("/in/a.nii.gz/a_frame-0012.nii.gz", "a_frame-0012"),
        ] {
            let (folder, found) = folder_and_stem(Path::new(path));
            assert_eq!((&*folder, &*found), (Path::new("/in"), stem));
        }
    }

    #[test]
    fn only_the_path_of_a_volume_names_one() {
        for path in [
            "/in/a_frame-0001.nii.gz",
            "/in/a/a_frame-0001.nii.gz",
            "/in/a.nii.gz/b_frame-0001.nii.gz",
            "/in/a.nii.gz/a_frame-1.nii.gz",
            "/in/a.nii.gz/a_frame-0001.nii",
            "/in/a.nii.gz",
        ] {
            assert_eq!(file_and_frame(Path::new(path)), (Path::new(path), None));
        }
    }

    proptest! {
        #[test]
        fn the_path_of_a_volume_leads_back_to_it(
            stem in "[a-zA-Z0-9_.ü-]{1,12}", ending in prop::sample::select(vec![".nii", ".nii.gz", ".NII"]),
            frame in 0u64..100_000,
        ) {
            let file = PathBuf::from(format!("/in/{stem}{ending}"));
            let path = frame_path(&file, frame);
            prop_assert_eq!(file_and_frame(&path), (file.as_path(), Some(frame)));
        }
    }
}
