//! The board: what the daemon knows of itself right now and keeps nowhere else.

use crate::watch::RootState;
use medicosam_shared::api::{RootStatus, WorkerStatus};
use medicosam_shared::provenance::Timings;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// State of roots and workers, for `/v1/status`.
#[derive(Debug, Default)]
pub struct Board {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    roots: Vec<RootStatus>,
    settling: Vec<PathBuf>,
    walked: bool,
    workers: Vec<WorkerStatus>,
    tallies: BTreeMap<String, Tally>,
}

/// What has been done on one device since the daemon was started.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Revisions made.
    pub revisions: u64,
    /// Slices embedded.
    pub slices: u64,
    /// Slices whose embedding was there already.
    pub cached: u64,
    /// Seconds of embedding.
    pub embed_s: f64,
    /// Prompts answered.
    pub decodes: u64,
    /// Seconds of answering.
    pub decode_s: f64,
}

impl Board {
    /// A board for these roots, before the first look at them.
    pub fn new(roots: &[crate::config::Root]) -> Self {
        let roots = roots.iter().map(|root| RootStatus {
            path: root.path.to_string_lossy().into_owned(),
            profile: root.profile.clone(),
            problem: None,
        });
        Board {
            inner: Mutex::new(Inner {
                roots: roots.collect(),
                ..Inner::default()
            }),
        }
    }

    /// Takes note of what the watcher found.
    pub fn walked(&self, roots: &[RootState], settling: Vec<PathBuf>) {
        let mut inner = self.lock();
        for (status, found) in inner.roots.iter_mut().zip(roots) {
            status.problem.clone_from(&found.problem);
        }
        inner.settling = settling;
        inner.walked = true;
    }

    /// Whether every root has been looked at and no file is unfinished.
    pub fn is_settled(&self) -> bool {
        let inner = self.lock();
        inner.walked && inner.settling.is_empty()
    }

    /// Changes what is known of a worker (numbers count from 1).
    pub fn worker(&self, number: u32, change: impl FnOnce(&mut WorkerStatus)) {
        let mut inner = self.lock();
        let position = inner.workers.iter().position(|w| w.number == number);
        let position = position.unwrap_or_else(|| {
            inner.workers.push(WorkerStatus {
                number,
                pid: None,
                activity: "starting".to_owned(),
                case: None,
                device: None,
                fallback: None,
                restarts: 0,
                runtime: None,
                progress: None,
                fault: None,
            });
            inner.workers.len() - 1
        });
        change(&mut inner.workers[position]);
    }

    /// Counts a finished revision.
    pub fn finished(&self, device: &str, timings: &Timings) {
        let mut inner = self.lock();
        let tally = inner.tallies.entry(device.to_owned()).or_default();
        tally.revisions += 1;
        tally.slices += u64::from(timings.slices_embedded);
        tally.cached += u64::from(timings.slices_cached);
        tally.embed_s += timings.embed_s;
        tally.decodes += u64::from(timings.decodes);
        tally.decode_s += timings.decode_s;
    }

    /// What has been done, by device.
    pub fn tallies(&self) -> BTreeMap<String, Tally> {
        self.lock().tallies.clone()
    }

    /// Whether no worker has a device to run on.
    pub fn is_paused(&self) -> bool {
        let inner = self.lock();
        !inner.workers.is_empty() && inner.workers.iter().all(|w| w.activity == "paused")
    }

    /// Roots, unfinished files and workers.
    pub fn snapshot(&self) -> (Vec<RootStatus>, Vec<String>, Vec<WorkerStatus>) {
        let inner = self.lock();
        let settling = inner.settling.iter();
        (
            inner.roots.clone(),
            settling.map(|p| p.to_string_lossy().into_owned()).collect(),
            inner.workers.clone(),
        )
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
