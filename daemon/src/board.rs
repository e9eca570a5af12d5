//! The board: what the daemon knows of itself right now and keeps nowhere else.

use crate::watch::RootState;
use medicosam_shared::api::{RootStatus, WorkerStatus};
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
                runtime: None,
                progress: None,
                fault: None,
            });
            inner.workers.len() - 1
        });
        change(&mut inner.workers[position]);
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
