//! Which label map belongs to which scan.

use crate::commands::error::CommandError;
use crate::scan::{Role, parts, role};
use std::path::{Path, PathBuf};

/// What the name of a label map may have behind that of its scan.
const SUFFIXES: [&str; 5] = ["", "_label", "_seg", "_dseg", "_mask"];
/// What nnU-Net puts behind the name of a scan of one channel.
const CHANNEL: &str = "_0000";

/// Scans with their label maps, by name.
pub fn find(images: &Path, labels: &Path) -> Result<Vec<(PathBuf, PathBuf)>, CommandError> {
    if images.is_file() {
        return Ok(vec![(images.to_owned(), labels.to_owned())]);
    }
    let maps = listed(labels)?;
    let map_of = |image: &(String, PathBuf)| {
        let stem = image.0.strip_suffix(CHANNEL).unwrap_or(&image.0);
        SUFFIXES.iter().find_map(|suffix| {
            let wanted = format!("{stem}{suffix}");
            let found = maps
                .iter()
                .find(|(name, path)| *name == wanted && *path != image.1);
            found.map(|(_, path)| path.clone())
        })
    };
    let pairs: Vec<_> = listed(images)?
        .into_iter()
        .filter_map(|image| Some((map_of(&image)?, image.1)))
        .map(|(map, image)| (image, map))
        .collect();
    if pairs.is_empty() {
        return Err(CommandError::new(
            "no-labelled-scans",
            format!(
                "no scan in {} has a label map of its name in {}",
                images.display(),
                labels.display()
            ),
            "The label map of scan.nii.gz is scan.nii.gz, or scan_label.nii.gz, with _seg, _dseg or _mask likewise.",
        ));
    }
    Ok(pairs)
}

/// Scans in a folder that are no pictures, by their names without the ending.
fn listed(folder: &Path) -> Result<Vec<(String, PathBuf)>, CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::new(
            "folder-unreadable",
            format!("cannot list {}: {error}", folder.display()),
            "Name a folder, or two files.",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_scan = match role(&path) {
            Some(Role::Scan) => true,
            // One file of several stands for all.
            Some(Role::Member(group)) => group.place == path,
            Some(Role::Picture) | None => false,
        };
        if is_scan {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((parts(&name).0.to_owned(), path.clone()));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_maps_are_found_beside_scans_and_in_a_folder_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for name in [
            "a/ct.nii.gz",
            "a/ct_label.nii.gz",
            "a/mr.nii",
            "a/mr_dseg.nii.gz",
            "a/alone.nii.gz",
            "a/notes.txt",
            "im/x_0000.nii.gz",
            "la/x.nii.gz",
        ] {
            make(name);
        }
        let names = |images: &str, labels: &str| -> Vec<(String, String)> {
            let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
            let found = find(&folder.path().join(images), &folder.path().join(labels));
            found
                .unwrap()
                .iter()
                .map(|(i, l)| (name(i), name(l)))
                .collect()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            names("a", "a"),
            [
                pair("ct.nii.gz", "ct_label.nii.gz"),
                pair("mr.nii", "mr_dseg.nii.gz")
            ]
        );
        assert_eq!(names("im", "la"), [pair("x_0000.nii.gz", "x.nii.gz")]);
        let none = find(&folder.path().join("im"), &folder.path().join("a"));
        assert_eq!(none.unwrap_err().fault().code, "no-labelled-scans");
    }
}
