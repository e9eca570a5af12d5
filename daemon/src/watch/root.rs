//! A watched folder, and whether it is there.

use super::events;
use super::passed_over::Tally;
use super::presence::{Evidence, Instance, Judgement, Presence};
use super::report::RootState;
use super::settle::Settler;
use crate::config::Root;
use notify::{Event, RecommendedWatcher};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A root that is away is looked at again after this time: one look at a folder costs little.
const RETURN: Duration = Duration::from_secs(5);
/// Known files that are looked for where it is in doubt whether a root is there.
const SAMPLE: usize = 200;

/// A watched folder as it is now.
pub struct WatchedRoot {
    /// Its configuration.
    pub root: Root,
    /// When it is walked next.
    pub next_walk: Instant,
    events: Option<RecommendedWatcher>,
    instance: Instance,
    presence: Presence,
    away_below: BTreeMap<PathBuf, String>,
    /// What the last walk could not look at, and why.
    unreadable: BTreeMap<PathBuf, String>,
    /// What the last walk through all of it passed over.
    passed_over: Tally,
    output: Presence,
}

impl WatchedRoot {
    /// A root that has not been looked at; it is walked at once.
    pub fn new(root: Root, now: Instant) -> Self {
        WatchedRoot {
            root,
            next_walk: now,
            events: None,
            instance: Instance::default(),
            presence: Presence::There,
            away_below: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            passed_over: Tally::default(),
            output: Presence::There,
        }
    }

    /// Whether it is there itself; a folder below it may still be away.
    pub fn is_there(&self) -> bool {
        self.presence.is_there()
    }

    /// Whether it is there with all folders below it.
    pub fn is_whole(&self) -> bool {
        self.is_there() && self.away_below.is_empty()
    }

    /// Whether a path in it cannot be relied upon: what cannot be found may still exist.
    pub fn is_away(&self, path: &Path) -> bool {
        !self.is_there()
            || self
                .away_below
                .keys()
                .any(|folder| path.starts_with(folder))
    }

    /// Notes the result of a look at it. Returns whether something went away or came back.
    pub fn take(&mut self, judgement: Judgement, instance: Instance) -> bool {
        let is_same =
            self.presence == judgement.presence && self.away_below == judgement.away_below;
        if !is_same {
            let root = self.root.path.display();
            match (judgement.presence.problem(), self.is_there()) {
                (Some(problem), _) => tracing::warn!(%root, problem, "root is away"),
                (None, false) => tracing::info!(%root, "root is back"),
                (None, true) => {}
            }
            for (folder, problem) in &judgement.away_below {
                tracing::warn!(folder = %folder.display(), problem, "a folder of a root is away");
            }
        }
        self.presence = judgement.presence;
        self.away_below = judgement.away_below;
        // What was mounted again has lost the system's watch on it.
        if !self.is_there() || self.instance != instance {
            self.events = None;
        }
        self.instance = instance;
        !is_same
    }

    /// Notes what a walk through one of its folders could not read. Returns whether that is new.
    pub fn take_unreadable(&mut self, folder: &Path, found: BTreeMap<PathBuf, String>) -> bool {
        let mut unreadable = self.unreadable.clone();
        unreadable.retain(|path, _| !path.starts_with(folder));
        for (path, why) in found {
            if !self.unreadable.contains_key(&path) {
                tracing::warn!(path = %path.display(), "cannot be read: {why}; tried again at each walk");
            }
            unreadable.insert(path, why);
        }
        let is_news = unreadable != self.unreadable;
        self.unreadable = unreadable;
        is_news
    }

    /// Notes what a walk through one of its folders passed over. Only that through all of it counts.
    pub fn take_passed_over(&mut self, folder: &Path, found: Tally) -> bool {
        if folder != self.root.path || self.passed_over == found {
            return false;
        }
        self.passed_over = found;
        for told in self.passed_over.told().filter(|told| told.matters) {
            tracing::debug!(
                path = told.example,
                "{} {}: {}",
                told.count,
                told.kind,
                told.hint
            );
        }
        true
    }

    /// Notes the result of a look at its output folder.
    pub fn take_output(&mut self, presence: Presence) {
        if let Some(problem) = presence.problem()
            && self.output != presence
        {
            let output = self.root.output.display();
            tracing::warn!(%output, problem, "output folder is away");
        }
        self.output = presence;
    }

    /// Asks the system for its events, if it does not report them yet.
    pub fn subscribe(&mut self, handle: impl FnMut(notify::Result<Event>) + Send + 'static) {
        if self.events.is_some() {
            return;
        }
        match events::subscribe(&self.root.path, handle) {
            Ok(watcher) => self.events = Some(watcher),
            Err(error) => tracing::warn!(
                root = %self.root.path.display(),
                "no file events ({}); new files are found by walking the folder every {:?}",
                events::explain(&error),
                self.root.scan_every
            ),
        }
    }

    /// Plans the next walk.
    pub fn plan_walk(&mut self, now: Instant) {
        let every = self.root.scan_every;
        self.next_walk = now
            + if self.is_whole() {
                every
            } else {
                every.min(RETURN)
            };
    }

    /// How it is doing, for people.
    pub fn state(&self) -> RootState {
        let of_output = |problem: &str| match &self.output {
            Presence::Unreadable { .. } => format!("its output folder {problem}"),
            Presence::There | Presence::Away { .. } => problem.to_owned(),
        };
        let below = || self.away_below.values().next().cloned();
        let problem = self.presence.problem().map(str::to_owned);
        let problem = problem.or_else(below);
        RootState {
            path: self.root.path.clone(),
            problem: problem.or_else(|| self.output.problem().map(of_output)),
            away: !self.is_there(),
            silent: false,
            unreadable: match self.is_there() {
                true => self.unreadable.clone(),
                false => BTreeMap::new(),
            },
            passed_over: match self.is_there() {
                true => self.passed_over.clone(),
                false => Tally::default(),
            },
        }
    }
}

/// The innermost root that a path lies in.
pub fn root_of<'a>(roots: impl IntoIterator<Item = &'a Root>, path: &Path) -> Option<usize> {
    let around = roots
        .into_iter()
        .enumerate()
        .filter(|(_, root)| path.starts_with(&root.path));
    around
        .max_by_key(|(_, root)| root.path.components().count())
        .map(|(index, _)| index)
}

/// Whether files that are known below a folder are there. Of many, a few are looked for.
pub fn evidence(settler: &Settler, folder: &Path) -> Evidence {
    let mut known = 0;
    for place in settler.told_below(folder) {
        known += 1;
        if known > SAMPLE {
            continue;
        }
        if place.symlink_metadata().is_ok() {
            return Evidence::Found;
        }
    }
    match known {
        0 => Evidence::NothingKnown,
        known => Evidence::Missing(known),
    }
}
