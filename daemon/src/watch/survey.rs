//! A root, and what is known of the scans in it.

use super::Kind;
use super::events::Touched;
use super::file_calls::FileCalls;
use super::names::{Ignore, Part, is_hidden_or_unfinished, kind_of};
use super::passed_over::{Reason, Tally};
use super::presence::Records;
use super::report::WatcherReport;
use super::root::{WatchedRoot, evidence};
use super::settle::Settler;
use super::walk::{self, Found, Look};
use crate::config::Limits;
use crate::output;
use crate::scan::Fingerprint;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A new folder is walked again after this time: files may have come into it before the system
/// began to report on it.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// A root, and what is known of the scans in it. A scan in a root within this one is of that root.
pub struct Survey {
    pub root: WatchedRoot,
    /// How its file system is asked.
    pub calls: Arc<FileCalls>,
    /// What is remembered of the root and of its output folder; records of other folders lie idle.
    pub records: Records,
    pub ignore: Ignore,
    /// How much of the root is looked at.
    pub limits: Limits,
    pub settler: Settler,
    /// Folders to walk again, and when.
    pub second_looks: Vec<(Instant, PathBuf)>,
    /// What is to be reported, oldest first.
    pub reports: Vec<WatcherReport>,
    /// Whether the root or its scans have changed since their state was reported.
    pub has_news: bool,
}

impl Survey {
    /// When the next scan or folder, or the whole root, is to be looked at.
    pub fn next_due(&self) -> Option<Instant> {
        let scans = self.settler.settling().map(|(_, due)| due);
        let folders = self.second_looks.iter().map(|(due, _)| *due);
        let root = [self.root.next_walk];
        scans.chain(folders).chain(root).min()
    }

    /// Walks the root and the folders whose time has come. `handle` is given to the system for its
    /// events.
    pub fn walk_due(&mut self, handle: impl FnMut(notify::Result<notify::Event>) + Send + 'static) {
        let now = Instant::now();
        if self.root.next_walk <= now {
            self.walk_root(handle);
        }
        let (due, later) = std::mem::take(&mut self.second_looks)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.second_looks = later;
        for (_, folder) in due {
            self.walk(&folder);
        }
    }

    /// Walks the whole root, and finds which of its known files are missing.
    fn walk_root(&mut self, handle: impl FnMut(notify::Result<notify::Event>) + Send + 'static) {
        self.check_presence();
        self.check_output();
        if self.root.is_there() {
            let calls = Arc::clone(&self.calls);
            let folder = self.root.root.path.clone();
            calls.make_for_tree(&folder, || self.root.subscribe(handle));
            let seen = self.walk(&folder);
            // If it went away meanwhile, what was not seen need not be missing.
            self.check_presence();
            self.miss_unseen(&seen);
        }
        self.root.plan_walk(Instant::now());
        self.has_news = true;
    }

    /// Looks whether the root is there. What settles in a root that is away waits until it is back.
    pub fn check_presence(&mut self) {
        let path = &self.root.root.path;
        let (records, settler) = (&mut self.records, &self.settler);
        let (judgement, instance) = self.calls.make(path, || {
            records.look_at_root(path, |folder| evidence(settler, folder))
        });
        if judgement.record.is_some() {
            self.reports
                .push(WatcherReport::Mounts(self.records.clone()));
        }
        if self.root.take(judgement, instance) {
            self.has_news = true;
        }
        let root = &self.root;
        if !root.is_whole() {
            self.settler.suspend(|place| root.is_away(place));
        }
    }

    fn check_output(&mut self) {
        let output = &self.root.root.output;
        let before = self.records.get(output).cloned();
        let records = &mut self.records;
        let presence = self.calls.make(output, || records.look_at_output(output));
        if self.records.get(output) != before.as_ref() {
            self.reports
                .push(WatcherReport::Mounts(self.records.clone()));
        }
        self.root.take_output(presence);
    }

    /// The state of a file in the root.
    pub fn state_of(&self, file: &Path) -> io::Result<Option<Fingerprint>> {
        let root = &self.root.root.path;
        self.calls.make(root, || walk::state(file))
    }

    /// Notes the known files that a walk through the whole root has not seen.
    fn miss_unseen(&mut self, seen: &HashSet<PathBuf>) {
        let known = self.settler.told_below(&self.root.root.path);
        let known: Vec<PathBuf> = known.map(Path::to_owned).collect();
        for place in known {
            self.miss(&place, |file| seen.contains(file));
        }
    }

    /// Notes files of a known scan that are not there, unless they are away.
    fn miss(&mut self, place: &Path, is_there: impl Fn(&Path) -> bool) {
        if self.root.is_away(place) {
            return;
        }
        let (part, stable_for) = (Part::of(place), self.root.root.stable_for);
        for file in self.settler.files_of(place) {
            if !is_there(&file) && matches!(self.state_of(&file), Ok(None)) {
                let now = Instant::now();
                self.settler.miss(&part, &file, stable_for, now);
            }
        }
    }

    /// Notes the known scans in folders that are gone.
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
        let root = self.root.root.clone();
        let mut seen = HashSet::new();
        if self.ignore.path(&root.path, folder) {
            return seen;
        }
        let mut unreadable = BTreeMap::new();
        let mut passed_over = Tally::default();
        let mut files = walk::files(folder, &root, &self.ignore, self.limits.depth);
        let calls = Arc::clone(&self.calls);
        while let Some(found) = calls.make(&root.path, || files.next()) {
            match found {
                Found::File(file) => {
                    match self.look_at(&file) {
                        Look::Unknown => {
                            if let Err(error) = self.state_of(&file) {
                                unreadable.insert(file.clone(), error.to_string());
                            }
                        }
                        Look::Surplus => passed_over.add(Reason::TooMany, &file),
                        Look::Other
                            if !is_hidden_or_unfinished(&file) && !output::is_output(&file) =>
                        {
                            passed_over.add(Reason::OtherFile, &file);
                        }
                        Look::Other | Look::File(_) | Look::Folder | Look::Missing => {}
                    }
                    seen.insert(file);
                }
                Found::PassedOver(reason, place) => passed_over.add(reason, &place),
                Found::Unreadable(place, why) => drop(unreadable.insert(place, why)),
            }
        }
        self.has_news |= self.root.take_unreadable(folder, unreadable);
        self.has_news |= self.root.take_passed_over(folder, passed_over);
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
            self.root.next_walk = now;
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

    /// Looks at one path: notes a file, walks a folder. `Missing` only for what is not known as a
    /// scan, and may have been a folder.
    fn look_at(&mut self, path: &Path) -> Look {
        let root = &self.root.root;
        let ignore = &self.ignore;
        let look = self
            .calls
            .make(&root.path, || walk::look(path, root, ignore));
        match look {
            Look::File(_)
                if self.settler.count() >= self.limits.files
                    && !self.settler.is_known(&Part::of(path).place) =>
            {
                return Look::Surplus;
            }
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
            Look::Other | Look::Surplus | Look::Unknown => {}
        }
        look
    }

    /// Lets a scan settle again: it changed while it was read, or could not be read.
    pub fn let_settle_again(&mut self, place: &Path) {
        let stable_for = self.root.root.stable_for;
        let now = Instant::now();
        self.settler.again(&Part::of(place), stable_for, now);
        self.has_news = true;
    }

    /// What lies at a place, by its name.
    pub fn kind_of(&self, place: &Path) -> Option<Kind> {
        kind_of(place, &self.root.root)
    }
}
