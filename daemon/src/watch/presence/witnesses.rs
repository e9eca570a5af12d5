//! Entries of an output folder by which it is known again: nobody else keeps account of its files.

use super::judge::Evidence;
use std::fs;
use std::path::{Path, PathBuf};

/// Names that are remembered of a folder.
const NAMES: usize = 8;

/// Whether the witnesses of `place`, an output folder or a folder below it where something is mounted,
/// are there. Those of other places say nothing of this one.
pub(super) fn evidence(output: &Path, witnesses: &[String], place: &Path) -> Evidence {
    let mut known = of(output, witnesses, place).peekable();
    if known.peek().is_none() {
        return Evidence::NothingKnown;
    }
    let mut count = 0;
    for path in known {
        if path.symlink_metadata().is_ok() {
            return Evidence::Found;
        }
        count += 1;
    }
    Evidence::Missing(count)
}

/// The witnesses after a look: those of the output folder itself and of the mounts that are `there` as
/// they are now, those of the mounts that are `away` as they were.
pub(super) fn renewed(
    output: &Path,
    before: Vec<String>,
    there: &[PathBuf],
    away: &[PathBuf],
) -> Vec<String> {
    let own = output.to_owned();
    let mut witnesses = Vec::new();
    for place in [&own].into_iter().chain(there).chain(away) {
        let known: Vec<PathBuf> = of(output, &before, place).collect();
        let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
        let is_good = !known.is_empty() && known.iter().all(is_there);
        let kept = match is_good || away.contains(place) {
            true => known,
            false => entries(place),
        };
        // The point of a mount exists without it.
        let is_point = |path: &PathBuf| there.contains(path) || away.contains(path);
        let kept = kept.into_iter().filter(|path| !is_point(path));
        // A name that is no text is no witness.
        witnesses.extend(kept.filter_map(|path| {
            let below = path.strip_prefix(output).ok()?;
            below.to_str().map(str::to_owned)
        }));
    }
    witnesses
}

/// The witnesses of one place.
fn of<'a>(
    output: &'a Path,
    witnesses: &'a [String],
    place: &'a Path,
) -> impl Iterator<Item = PathBuf> + 'a {
    let paths = witnesses.iter().map(|name| output.join(name));
    paths.filter(move |path| path.parent() == Some(place))
}

/// Some entries of a folder, in the order of their names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|name| !name.starts_with('.'))
    });
    let mut paths: Vec<PathBuf> = visible.take(NAMES).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_witnesses_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (output, ct) = (folder.path(), folder.path().join("ct"));
        fs::create_dir(&ct).unwrap();
        fs::write(output.join("a_dseg.json"), "").unwrap();
        fs::write(ct.join("b_dseg.json"), "").unwrap();
        let places = [ct.clone()];
        let witnesses = renewed(output, Vec::new(), &places, &[]);
        assert_eq!(witnesses, ["a_dseg.json", "ct/b_dseg.json"]);
        assert_eq!(evidence(output, &witnesses, &ct), Evidence::Found);

        fs::remove_file(ct.join("b_dseg.json")).unwrap();
        assert_eq!(evidence(output, &witnesses, output), Evidence::Found);
        assert_eq!(evidence(output, &witnesses, &ct), Evidence::Missing(1));
        let other = output.join("mr");
        assert_eq!(evidence(output, &witnesses, &other), Evidence::NothingKnown);
        assert_eq!(renewed(output, witnesses.clone(), &[], &places), witnesses);
        let renewed = renewed(output, witnesses, &places, &[]);
        assert_eq!(renewed, ["a_dseg.json"]);
    }
}
