//! When a file is finished.
//!
//! No time stamp of the file proves it: copiers restore old ones, servers have other clocks. What
//! counts is that we looked twice, `stable_for` apart by a clock that nobody sets, and found the
//! same size, times and inode. A file that is written to in between starts again.

use crate::scan::Fingerprint;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What an observation of a file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observation {
    /// Nothing has happened to it since it was settled.
    Known,
    /// Not finished as far as can be told; look again then.
    Wait(Instant),
    /// Finished; said once for each state of the file.
    Settled,
}

/// Watches files become finished.
#[derive(Debug, Default)]
pub struct Settler {
    settling: HashMap<PathBuf, Settling>,
    known: HashMap<PathBuf, Fingerprint>,
}

#[derive(Debug)]
struct Settling {
    fingerprint: Fingerprint,
    since: Instant,
    stable_for: Duration,
}

impl Settler {
    /// A settler that knows the files of earlier runs.
    pub fn knowing(files: impl IntoIterator<Item = (PathBuf, Fingerprint)>) -> Self {
        Settler {
            settling: HashMap::new(),
            known: files.into_iter().collect(),
        }
    }

    /// Takes note that a file looked like this now.
    pub fn observe(
        &mut self,
        path: &Path,
        fingerprint: Fingerprint,
        stable_for: Duration,
        now: Instant,
    ) -> Observation {
        if self.known.get(path) == Some(&fingerprint) {
            self.settling.remove(path);
            return Observation::Known;
        }
        match self.settling.get(path) {
            Some(seen) if seen.fingerprint == fingerprint => {
                let due = seen.since + stable_for;
                // `due` itself counts, so that a file with `stable_for = 0` needs two looks.
                if now < due {
                    return Observation::Wait(due);
                }
                self.settling.remove(path);
                self.known.insert(path.to_owned(), fingerprint);
                Observation::Settled
            }
            _ => {
                let seen = Settling {
                    fingerprint,
                    since: now,
                    stable_for,
                };
                self.settling.insert(path.to_owned(), seen);
                Observation::Wait(now + stable_for)
            }
        }
    }

    /// Forgets a file: it is gone, or changed while it was read and has to settle anew.
    pub fn forget(&mut self, path: &Path) {
        self.settling.remove(path);
        self.known.remove(path);
    }

    /// Files that are not finished, with the time to look at them again.
    pub fn settling(&self) -> impl Iterator<Item = (&Path, Instant)> {
        self.settling
            .iter()
            .map(|(path, seen)| (path.as_path(), seen.since + seen.stable_for))
    }

    /// Files known below a folder, finished or not.
    pub fn below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
        self.known
            .keys()
            .chain(self.settling.keys())
            .map(PathBuf::as_path)
            .filter(move |path| path.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STABLE: Duration = Duration::from_secs(5);

    fn print(size: u64) -> Fingerprint {
        Fingerprint {
            dev: 1,
            ino: 7,
            size,
            mtime_ns: 0,
            ctime_ns: 0,
        }
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_file_settles_when_two_looks_far_enough_apart_agree() {
        let (mut settler, start, path) = (Settler::default(), Instant::now(), Path::new("a"));
        let mut look = |size, at| settler.observe(path, print(size), STABLE, after(start, at));
        assert_eq!(look(1, 0), Observation::Wait(after(start, 5)));
        assert_eq!(look(1, 3), Observation::Wait(after(start, 5)));
        assert_eq!(look(2, 5), Observation::Wait(after(start, 10)), "it grew");
        assert_eq!(look(2, 9), Observation::Wait(after(start, 10)));
        assert_eq!(look(2, 10), Observation::Settled);
        assert_eq!(look(2, 60), Observation::Known);
        assert_eq!(
            look(3, 61),
            Observation::Wait(after(start, 66)),
            "it was replaced"
        );
    }

    #[test]
    fn one_look_is_never_enough() {
        let (mut settler, start) = (Settler::default(), Instant::now());
        let mut look = || settler.observe(Path::new("a"), print(1), Duration::ZERO, start);
        assert_eq!(look(), Observation::Wait(start));
        assert_eq!(look(), Observation::Settled);
    }

    #[test]
    fn any_part_of_the_fingerprint_counts() {
        let same = print(1);
        for changed in [
            Fingerprint { ino: 8, ..same },
            Fingerprint {
                mtime_ns: 1,
                ..same
            },
            Fingerprint {
                ctime_ns: 1,
                ..same
            },
            Fingerprint { dev: 2, ..same },
        ] {
            let (mut settler, start) = (Settler::default(), Instant::now());
            settler.observe(Path::new("a"), same, STABLE, start);
            let second = settler.observe(Path::new("a"), changed, STABLE, after(start, 9));
            assert_eq!(second, Observation::Wait(after(start, 14)), "{changed:?}");
        }
    }

    #[test]
    fn files_of_earlier_runs_are_not_read_again() {
        let mut settler = Settler::knowing([(PathBuf::from("a"), print(1))]);
        let now = Instant::now();
        assert_eq!(
            settler.observe(Path::new("a"), print(1), STABLE, now),
            Observation::Known
        );
        settler.forget(Path::new("a"));
        assert!(matches!(
            settler.observe(Path::new("a"), print(1), STABLE, now),
            Observation::Wait(_)
        ));
    }
}
