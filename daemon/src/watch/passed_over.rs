//! What lies in a root and is not looked at.

use medicosam_shared::api::PassedOver;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why something in a root is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The root has as many scans as it may have.
    TooMany,
    /// The folder lies too deep.
    TooDeep,
    /// It is a link.
    Link,
    /// It is a pipe, a socket or a device.
    Special,
    /// By its name it is no scan.
    OtherFile,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::TooMany => "too-many",
            Reason::TooDeep => "too-deep",
            Reason::Link => "link",
            Reason::Special => "special-file",
            Reason::OtherFile => "other-file",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Reason::TooMany => {
                "Move scans that are done elsewhere, or raise `files` under [limits]."
            }
            Reason::TooDeep => "Move the folder further up, or raise `depth` under [limits].",
            Reason::Link => {
                "Links are not followed: put the file itself there, or add a [[root]] where it lies."
            }
            Reason::Special => "Pipes, sockets and devices are never opened: put a file there.",
            Reason::OtherFile => {
                "If it is a scan, convert it to NIfTI (.nii, .nii.gz); pictures need `pictures = true`."
            }
        }
    }

    /// Whether somebody who put it there probably waits for it.
    fn matters(self) -> bool {
        match self {
            Reason::TooMany | Reason::TooDeep | Reason::Link | Reason::Special => true,
            Reason::OtherFile => false,
        }
    }
}

/// What is not looked at, counted by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Reason, (u64, PathBuf)>);

impl Tally {
    /// Counts something.
    pub fn add(&mut self, reason: Reason, path: &Path) {
        let (count, _) = self.0.entry(reason).or_insert_with(|| (0, path.to_owned()));
        *count += 1;
    }

    /// For people: each reason with its number, an example and what to do.
    pub fn told(&self) -> impl Iterator<Item = PassedOver> {
        self.0.iter().map(|(reason, (count, example))| PassedOver {
            kind: reason.name().to_owned(),
            count: *count,
            example: example.to_string_lossy().into_owned(),
            hint: reason.hint().to_owned(),
            matters: reason.matters(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_number_and_its_first_example() {
        let mut tally = Tally::default();
        tally.add(Reason::OtherFile, Path::new("/in/readme"));
        tally.add(Reason::Link, Path::new("/in/a"));
        tally.add(Reason::Link, Path::new("/in/b"));
        let told: Vec<PassedOver> = tally.told().collect();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].kind.as_str(), told[0].count), ("link", 2));
        assert_eq!(told[0].example, "/in/a");
        assert!(told[0].matters && !told[1].matters);
    }
}
