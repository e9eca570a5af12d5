//! Transient state of roots, workers and viewers; not persisted.

use crate::change_signal::{ChangeListener, ChangeSignal};
use crate::watch::RootState;
use jiff::Timestamp;
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{IntakePause, Live, RootStatus, Viewer, WorkerStatus};
use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::provenance::Timings;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Scans whose time counts as the pace of now.
const PACE_SCANS: usize = 20;

/// What the daemon knows of itself right now, for `/v1/status` and `/v1/live`.
#[derive(Debug, Default)]
pub struct LiveState {
    inner: Mutex<Inner>,
    changes: ChangeSignal,
}

#[derive(Debug, Default)]
struct Inner {
    roots: Vec<RootStatus>,
    /// Roots that do not answer, with the reason.
    silent: BTreeMap<PathBuf, String>,
    settling: Vec<PathBuf>,
    walked: bool,
    workers: Vec<WorkerStatus>,
    tallies: BTreeMap<String, Tally>,
    /// Seconds that each of the last scans took.
    pace: VecDeque<f64>,
    viewers: BTreeMap<u64, Viewer>,
    viewings: u64,
    paused: Option<IntakePause>,
    troubles: Vec<Fault>,
}

/// Somebody looks at a case, until this is dropped.
#[derive(Debug)]
pub struct Viewing {
    live: Arc<LiveState>,
    number: u64,
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.live.lock().viewers.remove(&self.number);
        self.live.changes.announce();
    }
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

impl LiveState {
    /// The state of these roots, before the first look at them.
    pub fn new(roots: &[crate::config::Root]) -> Self {
        let roots = roots.iter().map(|root| RootStatus {
            path: root.path.to_string_lossy().into_owned(),
            profile: root.profiles.join(", "),
            problem: None,
            away: false,
            passed_over: Vec::new(),
        });
        LiveState {
            inner: Mutex::new(Inner {
                roots: roots.collect(),
                ..Inner::default()
            }),
            changes: ChangeSignal::default(),
        }
    }

    /// Updates the roots and the unfinished scans from what the watcher found.
    pub fn walked(&self, roots: &[RootState], settling: Vec<PathBuf>) {
        let mut inner = self.lock();
        for (status, found) in inner.roots.iter_mut().zip(roots) {
            status.problem = found.in_words();
            status.away = found.away;
            status.passed_over = found.not_dealt_with();
        }
        let silent = roots.iter().filter(|root| root.silent);
        let silent = silent.filter_map(|root| Some((root.path.clone(), root.in_words()?)));
        inner.silent = silent.collect();
        inner.settling = settling;
        inner.walked = true;
        drop(inner);
        self.changes.announce();
    }

    /// Takes back what workers say of a root that was away: its cases are tried again at once.
    pub fn root_is_back(&self) {
        let mut inner = self.lock();
        for worker in &mut inner.workers {
            worker.fault.take_if(|fault| fault.is(FaultCode::RootAway));
        }
        drop(inner);
        self.changes.announce();
    }

    /// Why the root of a scan does not answer, if it does not. Reading the scan might then never end.
    pub fn silence(&self, scan: &Path) -> Option<String> {
        let inner = self.lock();
        let roots = inner.roots.iter().map(|root| Path::new(&root.path));
        let around = roots.filter(|root| scan.starts_with(root));
        let root = around.max_by_key(|root| root.components().count())?;
        inner.silent.get(root).cloned()
    }

    /// Whether there is no root that does not answer.
    pub fn all_roots_answer(&self) -> bool {
        self.lock().silent.is_empty()
    }

    /// The case that a worker has in hand.
    pub fn case_of(&self, worker: u32) -> Option<CaseId> {
        let inner = self.lock();
        let worker = inner.workers.iter().find(|w| w.number == worker);
        worker.and_then(|worker| worker.case.clone())
    }

    /// What is wrong with the roots, each with its path.
    pub fn problems(&self) -> Vec<String> {
        let inner = self.lock();
        let problems = inner.roots.iter().filter_map(|root| {
            let problem = root.problem.as_ref()?;
            Some(format!("{}: {problem}", root.path))
        });
        problems.collect()
    }

    /// Whether every root has been looked at and no file is unfinished. What cannot be read is not waited
    /// for, as little as cases that are paused.
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
                activity: Activity::Starting,
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
        self.changes.announce();
    }

    /// Counts a finished revision, which a person prompted or a profile asked for.
    pub fn finished(&self, device: &str, timings: &Timings, prompted: bool) {
        let mut inner = self.lock();
        let tally = inner.tallies.entry(device.to_owned()).or_default();
        tally.revisions += 1;
        tally.slices += u64::from(timings.slices_embedded);
        tally.cached += u64::from(timings.slices_cached);
        tally.embed_s += timings.embed_s;
        tally.decodes += u64::from(timings.decodes);
        tally.decode_s += timings.decode_s;
        // The time of a prompt says nothing of a scan's.
        if !prompted {
            inner.pace.push_back(timings.total_s);
            if inner.pace.len() > PACE_SCANS {
                inner.pace.pop_front();
            }
        }
    }

    /// Counts somebody as looking at a case until the result is dropped.
    pub fn begin_viewing(self: &Arc<Self>, who: &str, case: CaseId) -> Viewing {
        let mut inner = self.lock();
        inner.viewings += 1;
        let number = inner.viewings;
        let viewer = Viewer {
            who: who.to_owned(),
            case,
            since: Timestamp::now(),
        };
        inner.viewers.insert(number, viewer);
        drop(inner);
        self.changes.announce();
        Viewing {
            live: Arc::clone(self),
            number,
        }
    }

    /// Listens to changes of roots, workers and viewers from now on.
    pub fn listen(&self) -> ChangeListener {
        self.changes.listen()
    }

    /// What a viewer sees: everybody but themselves.
    pub fn seen_by(&self, viewing: Option<&Viewing>) -> Live {
        let inner = self.lock();
        let others = inner
            .viewers
            .iter()
            .filter(|(number, _)| viewing.is_none_or(|viewing| viewing.number != **number));
        let scans = inner.pace.len();
        Live {
            viewers: others.map(|(_, viewer)| viewer.clone()).collect(),
            workers: inner.workers.clone(),
            paused: inner.paused.clone(),
            roots: Some(inner.roots.clone()),
            troubles: inner.troubles.clone(),
            scan_s: (scans > 0).then(|| inner.pace.iter().sum::<f64>() / scans as f64),
        }
    }

    /// Whether the intake is paused now.
    pub fn intake(&self, paused: Option<IntakePause>) {
        self.lock().paused = paused;
        self.changes.announce();
    }

    /// What keeps the daemon from working now. Each trouble is logged when it comes and when it is past.
    pub fn in_trouble(&self, troubles: Vec<Fault>) {
        let mut inner = self.lock();
        if inner.troubles == troubles {
            return;
        }
        for new in troubles.iter().filter(|t| !inner.troubles.contains(t)) {
            tracing::error!(code = new.code, "{}", new.message);
        }
        if troubles.is_empty() {
            tracing::info!("the daemon can work again");
        }
        inner.troubles = troubles;
        drop(inner);
        self.changes.announce();
    }

    /// What keeps the daemon from working.
    pub fn troubles(&self) -> Vec<Fault> {
        self.lock().troubles.clone()
    }

    /// Whether every root has been looked at once.
    pub fn has_walked(&self) -> bool {
        self.lock().walked
    }

    /// What has been done, by device.
    pub fn tallies(&self) -> BTreeMap<String, Tally> {
        self.lock().tallies.clone()
    }

    /// Whether no worker has a device to run on.
    pub fn is_paused(&self) -> bool {
        let inner = self.lock();
        !inner.workers.is_empty() && inner.workers.iter().all(|w| w.activity == Activity::Paused)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_see_one_another_until_they_leave() {
        let live = Arc::new(LiveState::default());
        let ana = live.begin_viewing("ana", CaseId("a".to_owned()));
        let ben = live.begin_viewing("ben", CaseId("a".to_owned()));
        let seen = |viewing: Option<&Viewing>| -> Vec<String> {
            let viewers = live.seen_by(viewing).viewers;
            viewers.into_iter().map(|v| v.who).collect()
        };
        assert_eq!(seen(Some(&ana)), ["ben"]);
        assert_eq!(seen(Some(&ben)), ["ana"]);
        assert_eq!(seen(None), ["ana", "ben"]);
        drop(ben);
        assert_eq!(seen(Some(&ana)), [""; 0]);
    }

    #[test]
    fn a_root_that_is_back_is_no_problem_of_a_worker_any_more() {
        let live = LiveState::default();
        let fault = |code: &str| Fault {
            code: code.to_owned(),
            message: String::new(),
            hint: String::new(),
        };
        for (number, code) in [(1, FaultCode::RootAway.as_str()), (2, "disk-full")] {
            live.worker(number, |status| status.fault = Some(fault(code)));
        }
        live.root_is_back();
        let workers = live.seen_by(None).workers.into_iter();
        let faults: Vec<_> = workers.map(|worker| worker.fault).collect();
        assert_eq!(faults, [None, Some(fault("disk-full"))]);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_of_its_root() {
        let live = LiveState::default();
        live.lock().roots.push(RootStatus {
            path: "/in".to_owned(),
            profile: "p".to_owned(),
            problem: None,
            away: false,
            passed_over: Vec::new(),
        });
        let mut root = RootState {
            path: "/in".into(),
            problem: None,
            away: false,
            silent: false,
            unreadable: [("/in/a.nii".into(), "stale handle".to_owned())].into(),
            passed_over: Default::default(),
        };
        live.walked(std::slice::from_ref(&root), Vec::new());
        assert!(live.is_settled());
        let (roots, _, _) = live.snapshot();
        let words = "/in/a.nii cannot be read (stale handle)";
        assert_eq!(roots[0].problem.as_deref(), Some(words));
        assert_eq!(roots[0].passed_over[0].kind, "unreadable");
        assert_eq!(live.problems(), [format!("/in: {words}")]);
        root.unreadable.clear();
        live.walked(std::slice::from_ref(&root), Vec::new());
        assert_eq!(live.problems(), [""; 0]);
        let scan = Path::new("/in/a.nii");
        assert_eq!(live.silence(scan), None);
        root.silent = true;
        root.problem = Some("no answer".to_owned());
        live.walked(&[root], Vec::new());
        assert_eq!(live.silence(scan).as_deref(), Some("no answer"));
        assert_eq!(live.silence(Path::new("/other/a.nii")), None);
    }

    #[test]
    fn the_pace_is_that_of_the_last_scans() {
        let live = LiveState::default();
        let took = |total_s| Timings {
            total_s,
            ..Timings::default()
        };
        assert_eq!(live.seen_by(None).scan_s, None);
        live.finished("cpu", &took(1000.0), false);
        for _ in 0..PACE_SCANS / 2 {
            live.finished("cpu", &took(10.0), false);
            live.finished("cpu", &took(0.1), true);
            live.finished("cpu", &took(20.0), false);
        }
        assert_eq!(live.seen_by(None).scan_s, Some(15.0));
    }
}
