//! Whether a folder is really there: the rules, without IO.
//!
//! A share that goes away usually leaves an empty folder behind, in which every scan seems to have
//! been deleted. So what is mounted there is compared with what was mounted there before.

use super::mount::MountIdentity;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Whether a folder can be relied upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It is there: a file that cannot be found in it does not exist.
    There,
    /// Something else is in its place.
    Away {
        /// What was there and what is there now, in words.
        why: String,
    },
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        why: String,
    },
}

impl Presence {
    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        *self == Presence::There
    }

    /// What is wrong, in words.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Presence::There => None,
            Presence::Away { why } | Presence::Unreadable { why } => Some(why),
        }
    }
}

/// What a folder lies on, and what is mounted at places below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounts {
    /// What the folder itself lies on.
    pub at: MountIdentity,
    /// What is mounted below it, by path from the folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub below: BTreeMap<PathBuf, MountIdentity>,
}

impl Mounts {
    /// What a place below the folder lies on.
    fn of(&self, place: &Path) -> &MountIdentity {
        let mut around = place.ancestors();
        around
            .find_map(|folder| self.below.get(folder))
            .unwrap_or(&self.at)
    }
}

/// Whether files that were known in a folder are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// No file was known: there is nothing to lose.
    NothingKnown,
    /// At least one is there.
    Found,
    /// None of this many is there.
    Missing(usize),
}

/// A folder as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) mounts: Mounts,
    pub(super) is_empty: bool,
}

/// What was found out about a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it is there.
    pub presence: Presence,
    /// Folders below it that are away, with the reason, though it is there itself.
    pub away_below: BTreeMap<PathBuf, String>,
    /// What is to be remembered from now on, if that is something new.
    pub record: Option<Mounts>,
    /// Changes that were taken for intended, because known files were found, in words.
    pub accepted: Vec<String>,
}

impl Judgement {
    pub(super) fn only(presence: Presence) -> Self {
        Judgement {
            presence,
            away_below: BTreeMap::new(),
            record: None,
            accepted: Vec::new(),
        }
    }
}

/// Judges a readable folder by what was remembered of it. `evidence` looks for known files below a
/// folder; it is asked only in doubt.
pub(super) fn judge(
    folder: &Path,
    remembered: Option<&Mounts>,
    found: &Found,
    evidence: impl Fn(&Path) -> Evidence,
) -> Judgement {
    let Some(remembered) = remembered else {
        return first_look(folder, found, evidence);
    };
    let now = &found.mounts;
    let mut judgement = Judgement::only(Presence::There);
    if remembered.at != now.at {
        let change = change(folder, &remembered.at, &now.at);
        if let Evidence::Missing(_) = evidence(folder) {
            return Judgement::only(Presence::Away { why: change });
        }
        judgement.accepted.push(change);
    }
    let mut record = Mounts {
        at: now.at.clone(),
        below: BTreeMap::new(),
    };
    let places: BTreeSet<&PathBuf> = remembered.below.keys().chain(now.below.keys()).collect();
    for place in places {
        let path = folder.join(place);
        let (before, after) = (remembered.of(place), now.of(place));
        let is_away = before != after && matches!(evidence(&path), Evidence::Missing(_));
        if is_away {
            let change = change(&path, before, after);
            judgement.away_below.insert(path, change);
        } else if before != after {
            judgement.accepted.push(change(&path, before, after));
        }
        let kept = if is_away { before } else { after };
        if kept != record.of(place) {
            record.below.insert(place.clone(), kept.clone());
        }
    }
    judgement.record = (record != *remembered).then_some(record);
    judgement
}

/// Nothing is remembered: whatever is there is taken for right, unless all known files have gone.
fn first_look(folder: &Path, found: &Found, evidence: impl Fn(&Path) -> Evidence) -> Judgement {
    if found.is_empty
        && let Evidence::Missing(known) = evidence(folder)
    {
        return Judgement::only(Presence::Away {
            why: format!(
                "{} is empty, but {known} files are known in it; if a share belongs there, mount it",
                folder.display()
            ),
        });
    }
    Judgement {
        record: Some(found.mounts.clone()),
        ..Judgement::only(Presence::There)
    }
}

pub(super) fn change(folder: &Path, before: &MountIdentity, now: &MountIdentity) -> String {
    let folder = folder.display();
    match (before, now) {
        (MountIdentity::Mount(before), MountIdentity::Mount(now)) => {
            let what = if is_within(&before.point, &now.point) {
                "is not mounted"
            } else {
                "is on another file system"
            };
            format!(
                "{folder} {what}: it was {before}; now it is a folder of {}",
                on(now)
            )
        }
        (before, now) => {
            format!("{folder} is on another file system: it was on {before}; now it is on {now}")
        }
    }
}

/// The root file system needs no further words.
fn on(mount: &super::mount::Mount) -> String {
    match mount.point.as_str() {
        "/" => "/".to_owned(),
        _ => mount.to_string(),
    }
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner != outer && Path::new(inner).starts_with(outer)
}

#[cfg(test)]
mod tests {
    use super::super::mount::Mount;
    use super::*;
    use proptest::prelude::*;

    fn mount(point: &str, source: &str) -> MountIdentity {
        MountIdentity::Mount(Mount {
            point: point.to_owned(),
            root: "/".to_owned(),
            kind: "nfs4".to_owned(),
            source: source.to_owned(),
        })
    }

    fn mounts(at: MountIdentity, below: &[(&str, MountIdentity)]) -> Mounts {
        Mounts {
            at,
            below: below.iter().map(|(p, m)| (p.into(), m.clone())).collect(),
        }
    }

    fn found(mounts: &Mounts) -> Found {
        Found {
            mounts: mounts.clone(),
            is_empty: false,
        }
    }

    const IN: &str = "/data/in";

    fn judged(before: &Mounts, now: &Mounts, evidence: Evidence) -> Judgement {
        judge(Path::new(IN), Some(before), &found(now), |_| evidence)
    }

    #[test]
    fn a_share_that_is_unmounted_is_away_and_says_what_it_was() {
        let share = mounts(mount("/data", "server:/export"), &[]);
        let bare = mounts(mount("/", "/dev/sda1"), &[]);
        let judgement = judged(&share, &bare, Evidence::Missing(7));
        assert_eq!(
            judgement.presence.problem(),
            Some(
                "/data/in is not mounted: it was nfs4 server:/export on /data; now it is a folder of /"
            )
        );
        assert_eq!(judgement.record, None, "the share is still remembered");
        assert_eq!(
            judged(&share, &share, Evidence::Missing(7)).presence,
            Presence::There
        );
    }

    #[test]
    fn a_share_that_was_moved_with_its_files_is_accepted_and_remembered() {
        let old = mounts(mount("/data", "old:/export"), &[]);
        let new = mounts(mount("/data", "new:/export"), &[]);
        for evidence in [Evidence::Found, Evidence::NothingKnown] {
            let judgement = judged(&old, &new, evidence);
            assert_eq!(judgement.presence, Presence::There);
            assert_eq!(judgement.record.as_ref(), Some(&new));
            assert_eq!(judgement.accepted.len(), 1);
        }
        let why = judged(&old, &new, Evidence::Missing(1)).presence;
        let why = why.problem().unwrap_or_default();
        assert!(why.contains("another file system"), "{why}");
    }

    #[test]
    fn a_mount_below_a_root_goes_away_by_itself() {
        let root = mount("/", "/dev/sda1");
        let before = mounts(root.clone(), &[("ct", mount("/data/in/ct", "ct:/scans"))]);
        let now = mounts(root, &[]);
        let judgement = judged(&before, &now, Evidence::Missing(3));
        assert_eq!(judgement.presence, Presence::There);
        let away: Vec<_> = judgement.away_below.keys().collect();
        assert_eq!(away, [Path::new("/data/in/ct")]);
        assert_eq!(judgement.record, None, "it is still remembered");
        let judgement = judged(&before, &now, Evidence::Found);
        assert!(judgement.away_below.is_empty());
        assert_eq!(judgement.record, Some(now));
    }

    #[test]
    fn a_mount_that_covers_known_files_is_in_their_place() {
        let root = mount("/", "/dev/sda1");
        let before = mounts(root.clone(), &[]);
        let now = mounts(root, &[("ct", mount("/data/in/ct", "ct:/scans"))]);
        let judgement = judged(&before, &now, Evidence::Missing(3));
        assert_eq!(judgement.away_below.len(), 1);
        assert_eq!(judgement.record, None);
        let judgement = judged(&before, &now, Evidence::NothingKnown);
        assert_eq!(judgement.record, Some(now));
    }

    #[test]
    fn the_first_look_believes_what_it_sees_unless_all_known_files_have_gone() {
        let now = mounts(mount("/", "/dev/sda1"), &[]);
        let look = |is_empty, evidence| {
            let found = Found {
                mounts: now.clone(),
                is_empty,
            };
            judge(Path::new(IN), None, &found, |_| evidence)
        };
        assert_eq!(look(true, Evidence::NothingKnown).record, Some(now.clone()));
        assert_eq!(look(false, Evidence::Missing(2)).record, Some(now.clone()));
        let empty = look(true, Evidence::Missing(2));
        assert_eq!(empty.record, None);
        assert!(
            empty
                .presence
                .problem()
                .unwrap_or_default()
                .contains("2 files")
        );
    }

    proptest! {
        /// Whatever is mounted: if nothing changed, nothing is away; and once a change has been
        /// accepted, the next look has nothing to say.
        #[test]
        fn what_was_accepted_is_remembered(
            before in prop::collection::btree_map("[ab](/[cd])?", 0u8..3, 0..3),
            now in prop::collection::btree_map("[ab](/[cd])?", 0u8..3, 0..3),
            at in (0u8..2, 0u8..2),
        ) {
            let source = |n: &u8| mount("/x", &n.to_string());
            let of = |at: u8, below: &BTreeMap<String, u8>| Mounts {
                at: source(&at),
                below: below.iter().filter(|(_, n)| **n != at)
                    .map(|(p, n)| (p.into(), source(n))).collect(),
            };
            let (before, now) = (of(at.0, &before), of(at.1, &now));
            let same = judged(&before, &before, Evidence::Missing(1));
            prop_assert!(same.presence.is_there() && same.away_below.is_empty());
            let record = judged(&before, &now, Evidence::Found).record.unwrap_or(before);
            let again = judged(&record, &now, Evidence::Missing(1));
            prop_assert!(again.presence.is_there() && again.away_below.is_empty());
        }
    }
}
