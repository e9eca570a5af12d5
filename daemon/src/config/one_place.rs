//! Output folders that are one place under two names.
//!
//! The store keeps the results of cases apart by their paths. Where two paths lead to one place, by a link,
//! a mount or a file system that does not tell capitals from small letters, it cannot.

use super::Config;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

impl Config {
    /// Pairs of output folders that are one place, or one inside the other, although their paths do not
    /// say so; in words.
    pub fn outputs_in_one_place(&self) -> Vec<String> {
        let mut outputs: Vec<&Path> = self.roots.iter().map(|r| r.output.as_path()).collect();
        outputs.sort_unstable();
        outputs.dedup();
        let mut found = Vec::new();
        for (number, first) in outputs.iter().enumerate() {
            for second in &outputs[number + 1..] {
                if lies_in(first, second) || lies_in(second, first) {
                    found.push(format!(
                        "the output folders {} and {} are one place under two names: write both in the same way",
                        first.display(),
                        second.display()
                    ));
                }
            }
        }
        found
    }
}

/// Whether `inner` lies in `outer`, or is it, at another path than theirs say.
fn lies_in(inner: &Path, outer: &Path) -> bool {
    let (inner_at, outer_at) = (really(inner), really(outer));
    let outer_is = identity(&outer_at);
    inner_at.ancestors().any(|around| {
        let is_outer = around == outer_at || (outer_is.is_some() && identity(around) == outer_is);
        let below = inner_at.strip_prefix(around).unwrap_or(Path::new(""));
        is_outer
            && outer
                .components()
                .chain(below.components())
                .ne(inner.components())
    })
}

/// A path without links, as far as it exists.
fn really(path: &Path) -> PathBuf {
    let existing = path
        .ancestors()
        .find_map(|around| Some((around, fs::canonicalize(around).ok()?)));
    match existing {
        Some((around, real)) => match path.strip_prefix(around) {
            Ok(below) if below.as_os_str().is_empty() => real,
            Ok(below) => real.join(below),
            Err(_) => path.to_owned(),
        },
        None => path.to_owned(),
    }
}

/// What a folder is to its file system, by whatever path.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(folder).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn found(base: &Path, outputs: [&str; 2]) -> usize {
        let mut text = "[[profile]]\nname = \"p\"\n".to_owned();
        for (number, output) in outputs.iter().enumerate() {
            text += &format!(
                "[[root]]\npath = \"in{number}\"\nprofile = \"p\"\noutput = \"{output}\"\n"
            );
        }
        let file = base.join("medicosam.toml");
        fs::write(&file, text).unwrap();
        let config = Config::load(&file, base).unwrap();
        config.outputs_in_one_place().len()
    }

    #[test]
    fn one_place_under_two_names_is_found_whether_it_exists_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        fs::create_dir_all(base.join("out/ct")).unwrap();
        symlink("out", base.join("link")).unwrap();
        symlink("out/ct", base.join("ct")).unwrap();
        for one in [
            ["out", "link"],
            ["out", "ct"],
            ["link", "ct"],
            ["out/new", "link/new"],
            ["out/ct/new", "ct/new"],
            ["out", "link/new"],
        ] {
            assert_eq!(found(base, one), 1, "{one:?}");
        }
        for apart in [
            ["out", "out"],
            ["out", "out/ct"],
            ["link", "link/ct"],
            ["out", "other"],
            ["ct", "other/ct"],
            ["out/new", "out/newer"],
        ] {
            assert_eq!(found(base, apart), 0, "{apart:?}");
        }
    }
}
