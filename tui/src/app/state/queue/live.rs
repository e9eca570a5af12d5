//! What is so right now: who looks at which case, how far the workers are, how long it will take.

use crate::app::model::Model;
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{Live, Viewer};
use medicosam_shared::case::{CaseId, CaseState};
use std::time::Duration;

/// What the daemon said last of what it keeps nowhere.
#[derive(Debug, Clone, Default)]
pub struct Now {
    viewers: Vec<Viewer>,
    scan_s: Option<f64>,
}

impl Now {
    /// Who else looks at a case, each once.
    pub fn viewers(&self, case: &CaseId) -> Vec<&str> {
        let here = self.viewers.iter().filter(|v| v.case == *case);
        let mut names: Vec<&str> = here.map(|v| &*v.who).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The daemon says what is so now.
pub(in crate::app) fn put(model: &mut Model, live: Live) {
    if let Some(status) = &mut model.status {
        status.workers = live.workers;
    }
    model.live = Now {
        viewers: live.viewers,
        scan_s: live.scan_s,
    };
}

/// How long the scans that wait and are being worked on will take, by the pace of the last ones.
pub fn time_left(model: &Model) -> Option<Duration> {
    let scan_s = model.live.scan_s?;
    let workers = &model.status.as_ref()?.workers;
    let at_work = workers.iter().filter(|w| w.device.is_some()).count();
    let cases = model.queue.cases().iter();
    let waiting = cases.filter(|c| {
        matches!(
            c.state,
            CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting
        )
    });
    let done: f64 = workers
        .iter()
        .filter(|w| w.activity == Activity::Busy)
        .filter_map(|w| w.progress)
        .filter(|p| p.total > 0)
        .map(|p| f64::from(p.done) / f64::from(p.total))
        .sum();
    let left = waiting.count() as f64 - done;
    let seconds = left * scan_s / at_work.max(1) as f64;
    (left > 0.0).then(|| Duration::from_secs_f64(seconds.max(0.0)))
}

/// A time to wait in words: `40 s`, `12 min`, `3 h`.
pub fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{} s", seconds.div_ceil(10) * 10),
        seconds @ 90..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}
