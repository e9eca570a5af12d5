//! What the name of a scan's file says.

use std::path::Path;

/// Endings of volumes; the longer ones first.
pub const VOLUMES: [&str; 2] = [".nii.gz", ".nii"];

/// Endings of pictures.
pub const PICTURES: [&str; 5] = [".png", ".jpg", ".jpeg", ".tif", ".tiff"];

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
