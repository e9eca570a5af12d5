//! All roots, and what is known of the scans in them.

use super::Kind;
use super::events::Touched;
use super::names::{Ignore, Part, is_hidden_or_unfinished, kind_of};
use super::presence::Records;
use super::report::WatcherReport;
use super::root::{WatchedRoot, evidence, root_of};
use super::settle::Settler;
use super::walk::{self, Look};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A new folder is walked again after this time: files may have come into it before the system
/// began to report on it.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// All roots, and what is known of the scans in them.
pub struct Survey {
    pub roots: Vec<WatchedRoot>,
    pub records: Records,
    pub ignore: Ignore,
    pub settler: Settler,
    /// Folders to walk again, and when.
    pub second_looks: Vec<(Instant, PathBuf)>,
    /// What is to be reported, oldest first.
    pub reports: Vec<WatcherReport>,
    /// Whether roots or scans have changed since their state was reported.
    pub has_news: bool,
}

impl Survey {
    /// When the next scan, folder or root is to be looked at.
    pub fn next_due(&self) -> Option<Instant> {
        let scans = self.settler.settling().map(|(_, due)| due);
        let folders = self.second_looks.iter().map(|(due, _)| *due);
        let roots = self.roots.iter().map(|watched| watched.next_walk);
        scans.chain(folders).chain(roots).min()
    }

    /// Walks the roots and folders whose time has come. `handle` is given to the system for its
    /// events.
    pub fn walk_due<H>(&mut self, handle: impl Fn() -> H)
    where
        H: FnMut(notify::Result<notify::Event>) + Send + 'static,
    {
        let now = Instant::now();
        for index in 0..self.roots.len() {
            if self.roots[index].next_walk <= now {
                self.walk_root(index, handle());
            }
        }
        let (due, later) = std::mem::take(&mut self.second_looks)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.second_looks = later;
        for (_, folder) in due {
            self.walk(&folder);
        }
    }

    /// Walks a whole root, and finds which of its known files are missing.
    fn walk_root(
        &mut self,
        index: usize,
        handle: impl FnMut(notify::Result<notify::Event>) + Send + 'static,
    ) {
        self.check_presence(index);
        self.check_output(index);
        if self.roots[index].is_there() {
            self.roots[index].subscribe(handle);
            let folder = self.roots[index].root.path.clone();
            let seen = self.walk(&folder);
            // If it went away meanwhile, what was not seen need not be missing.
            self.check_presence(index);
            self.miss_unseen(index, &seen);
        }
        self.roots[index].plan_walk(Instant::now());
        self.has_news = true;
    }

    /// Looks whether a root is there. What settles in a root that is away waits until it is back.
    pub fn check_presence(&mut self, index: usize) {
        let path = &self.roots[index].root.path;
        let settler = &self.settler;
        let (judgement, instance) = self
            .records
            .look_at_root(path, |folder| evidence(settler, folder));
        if judgement.record.is_some() {
            self.reports
                .push(WatcherReport::Mounts(self.records.clone()));
        }
        if self.roots[index].take(judgement, instance) {
            self.has_news = true;
        }
        let roots = &self.roots;
        if roots.iter().any(|watched| !watched.is_whole()) {
            self.settler.suspend(|place| is_away(roots, place));
        }
    }

    fn check_output(&mut self, index: usize) {
        let output = &self.roots[index].root.output;
        let before = self.records.get(output).cloned();
        let presence = self.records.look_at_output(output);
        if self.records.get(output) != before.as_ref() {
            self.reports
                .push(WatcherReport::Mounts(self.records.clone()));
        }
        self.roots[index].take_output(presence);
    }

    /// Takes note of the known files of a root that a whole walk has not seen.
    fn miss_unseen(&mut self, index: usize, seen: &HashSet<PathBuf>) {
        let folder = &self.roots[index].root.path;
        let of_root = |place: &&Path| root_of(&self.roots, place) == Some(index);
        let known = self.settler.told_below(folder).filter(of_root);
        let known: Vec<PathBuf> = known.map(Path::to_owned).collect();
        for place in known {
            self.miss(&place, |file| seen.contains(file));
        }
    }

    /// Takes note of files of a known scan that are not there, unless its root is away.
    fn miss(&mut self, place: &Path, is_there: impl Fn(&Path) -> bool) {
        let Some(index) = root_of(&self.roots, place) else {
            return;
        };
        if self.roots[index].is_away(place) {
            return;
        }
        let (part, stable_for) = (Part::of(place), self.roots[index].root.stable_for);
        for file in self.settler.files_of(place) {
            if !is_there(&file) && matches!(walk::state(&file), Ok(None)) {
                let now = Instant::now();
                self.settler.miss(&part, &file, stable_for, now);
            }
        }
    }

    /// Takes note of the known scans in folders that are gone.
    fn miss_below(&mut self, folders: &BTreeSet<PathBuf>) {
        let is_in = |place: &&Path| place.ancestors().any(|folder| folders.contains(folder));
        let known = self.settler.told_below(Path::new("/")).filter(is_in);
        let known: Vec<PathBuf> = known.map(Path::to_owned).collect();
        for place in known {
            self.miss(&place, |_| false);
        }
    }

    /// Looks at every file below a folder; the files that it saw.
    fn walk(&mut self, folder: &Path) -> HashSet<PathBuf> {
        let Some(index) = root_of(&self.roots, folder) else {
            return HashSet::new();
        };
        let root = self.roots[index].root.clone();
        let mut seen = HashSet::new();
        let mut unreadable = BTreeMap::new();
        for found in walk::files(folder, &root, &self.ignore) {
            match found {
                Ok(file) => {
                    if self.look_at(&file) == Look::Unknown
                        && let Err(error) = walk::state(&file)
                    {
                        unreadable.insert(file.clone(), error.to_string());
                    }
                    seen.insert(file);
                }
                Err((place, why)) => drop(unreadable.insert(place, why)),
            }
        }
        self.has_news |= self.roots[index].take_unreadable(folder, unreadable);
        seen
    }

    /// Looks where something has happened.
    pub fn look_at_touched(&mut self, touched: Touched) {
        if touched.is_empty() {
            return;
        }
        self.has_news = true;
        let now = Instant::now();
        if touched.is_incomplete {
            for watched in &mut self.roots {
                watched.next_walk = now;
            }
        }
        let again = touched.new_folders.into_iter();
        self.second_looks
            .extend(again.map(|path| (now + SECOND_LOOK, path)));
        let mut gone = BTreeSet::new();
        for path in touched.paths {
            if self.look_at(&path) == Look::Missing && !is_hidden_or_unfinished(&path) {
                gone.insert(path);
            }
        }
        if !gone.is_empty() {
            self.miss_below(&gone);
        }
    }

    /// Looks at one path: takes note of a file, walks a folder. `Missing` only for what is not
    /// known as a scan, and may have been a folder.
    fn look_at(&mut self, path: &Path) -> Look {
        let Some(index) = root_of(&self.roots, path) else {
            return Look::Other;
        };
        let root = &self.roots[index].root;
        let look = walk::look(path, root, &self.ignore);
        match look {
            Look::File(fingerprint) => {
                let (part, stable_for) = (Part::of(path), root.stable_for);
                let now = Instant::now();
                self.settler.see(&part, path, fingerprint, stable_for, now);
            }
            Look::Folder => drop(self.walk(path)),
            Look::Missing => {
                let place = Part::of(path).place;
                if self.settler.is_known(&place) {
                    self.miss(&place, |file| file != path);
                    return Look::Other;
                }
            }
            Look::Other | Look::Unknown => {}
        }
        look
    }

    /// Lets a scan settle again: it changed while it was read, or could not be read.
    pub fn let_settle_again(&mut self, place: &Path) {
        let Some(index) = root_of(&self.roots, place) else {
            return;
        };
        let stable_for = self.roots[index].root.stable_for;
        let now = Instant::now();
        self.settler.again(&Part::of(place), stable_for, now);
        self.has_news = true;
    }

    /// Whether a place cannot be relied upon.
    pub fn is_away(&self, place: &Path) -> bool {
        is_away(&self.roots, place)
    }

    /// What lies at a place, by its name.
    pub fn kind_of(&self, place: &Path) -> Option<Kind> {
        let index = root_of(&self.roots, place)?;
        kind_of(place, &self.roots[index].root)
    }
}

fn is_away(roots: &[WatchedRoot], path: &Path) -> bool {
    root_of(roots, path).is_some_and(|index| roots[index].is_away(path))
}
