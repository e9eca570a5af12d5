//! Names of files that belong to a scan, as patterns: `{stem}_seg.nii.gz`, `labels/{stem}.nii.gz`.

use crate::scan::{Source, endings};
use serde::{Deserialize, Deserializer, de};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// Stands for the scan's file name without its ending.
const STEM: &str = "{stem}";

/// The path of a file that belongs to a scan, from the scan's folder, with `{stem}` in the file
/// name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    folder: PathBuf,
    before: String,
    after: String,
}

/// The text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {text:?} {what}, as in \"{{stem}}_seg.nii.gz\" or \"labels/{{stem}}.nii.gz\"")]
pub struct NotAPattern {
    text: String,
    what: &'static str,
}

impl FromStr for PathPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let wrong = |what| NotAPattern {
            text: text.to_owned(),
            what,
        };
        let path = Path::new(text);
        let name = path.file_name().and_then(|name| name.to_str());
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let once = "must have {stem} once, in the file name";
        let (before, after) = name
            .and_then(|name| name.split_once(STEM))
            .ok_or_else(|| wrong(once))?;
        if after.contains(STEM) || folder.to_string_lossy().contains(STEM) {
            return Err(wrong(once));
        }
        let here = folder.components().all(|part| part == Component::CurDir);
        let plain = endings().any(|ending| after.eq_ignore_ascii_case(ending));
        if here && before.is_empty() && plain {
            return Err(wrong(
                "names the scan itself; it must add something to the name, or name a folder",
            ));
        }
        Ok(PathPattern {
            folder,
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl PathPattern {
    /// The file that belongs to a scan.
    pub fn of(&self, scan: &Source) -> PathBuf {
        let name = format!("{}{}{}", self.before, scan.stem(), self.after);
        scan.folder().join(&self.folder).join(name)
    }

    /// Whether the file lies in the scan's folder or below it.
    pub fn stays_below(&self) -> bool {
        let mut parts = self.folder.components();
        parts.all(|part| matches!(part, Component::CurDir | Component::Normal(_)))
    }

    /// The folder and the stem of the scans that a file would belong to; `None` if the file does
    /// not match, or if its scans can lie anywhere.
    pub fn scans_of(&self, path: &Path) -> Option<(PathBuf, String)> {
        let name = path.file_name()?.to_str()?;
        let stem = name.strip_prefix(&*self.before)?;
        let stem = stem.strip_suffix(&*self.after)?;
        let mut folder = path.parent()?.to_owned();
        for part in self.folder.components().rev() {
            match part {
                Component::CurDir => {}
                Component::Normal(part) if folder.file_name() == Some(part) => {
                    folder.pop();
                }
                _ => return None,
            }
        }
        (!stem.is_empty()).then(|| (folder, stem.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_names_the_file_of_each_scan() {
        let scan = &Source::file("/in/sub-1/ct.nii.gz");
        for (text, expected) in [
            ("{stem}_seg.nii.gz", "/in/sub-1/ct_seg.nii.gz"),
            ("labels/{stem}.nii.gz", "/in/sub-1/labels/ct.nii.gz"),
            ("../atlas-{stem}.nii", "/in/sub-1/../atlas-ct.nii"),
            ("/atlas/{stem}.nii.gz", "/atlas/ct.nii.gz"),
        ] {
            assert_eq!(pattern(text).of(scan), Path::new(expected), "{text}");
        }
        for (text, below) in [
            ("{stem}_seg.nii.gz", true),
            ("./labels/{stem}.nii.gz", true),
            ("../atlas-{stem}.nii", false),
            ("labels/../../{stem}_seg.nii", false),
            ("/atlas/{stem}.nii.gz", false),
        ] {
            assert_eq!(pattern(text).stays_below(), below, "{text}");
        }
        let found = pattern("labels/{stem}.nii.gz").scans_of(Path::new("/in/a/labels/b.nii.gz"));
        assert_eq!(found, Some((PathBuf::from("/in/a"), "b".to_owned())));
        let other = pattern("labels/{stem}.nii.gz").scans_of(Path::new("/in/a/b.nii.gz"));
        assert_eq!(other, None);
    }

    #[test]
    fn a_pattern_that_names_no_file_or_the_scan_is_refused() {
        for text in [
            "",
            "seg.nii.gz",
            "{stem}/seg.nii.gz",
            "{stem}{stem}.nii",
            "{stem}.nii.gz",
            "./{stem}.nii",
        ] {
            let error = text.parse::<PathPattern>().unwrap_err().to_string();
            assert!(error.contains("{stem}_seg.nii.gz"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_a_pattern_names_is_known_as_the_scans(
            stem in "[a-zA-Z0-9_.-]{0,8}[a-zA-Z0-9_-]",
            before in "[a-z]{0,3}",
            after in "[_-][a-z]{1,5}",
            folder in prop::sample::select(vec!["", "labels/", "a/b/"]),
        ) {
            let pattern = pattern(&format!("{folder}{before}{{stem}}{after}.nii.gz"));
            let scan = Source::file(format!("/in/x/{stem}.nii.gz"));
            let (in_folder, found) = pattern.scans_of(&pattern.of(&scan)).unwrap();
            prop_assert_eq!(in_folder, Path::new("/in/x"));
            prop_assert_eq!(found, stem);
        }
    }
}
