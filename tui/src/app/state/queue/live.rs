//! The daemon's transient state: who looks at which case, and the pace of the workers.

use medicosam_shared::api::Viewer;
use medicosam_shared::case::CaseId;
use std::time::Duration;

/// The latest transient state, which the daemon does not persist.
#[derive(Debug, Clone, Default)]
pub struct Now {
    viewers: Vec<Viewer>,
    scan_s: Option<f64>,
}

impl Now {
    /// The cases that others look at, and how many seconds a scan takes, if that is known.
    pub fn new(viewers: Vec<Viewer>, scan_s: Option<f64>) -> Self {
        Now { viewers, scan_s }
    }

    /// How many seconds a scan takes, if that is known.
    pub fn scan_s(&self) -> Option<f64> {
        self.scan_s
    }

    /// Who else looks at a case, each once.
    pub fn viewers(&self, case: &CaseId) -> Vec<&str> {
        let here = self.viewers.iter().filter(|v| v.case == *case);
        let mut names: Vec<&str> = here.map(|v| &*v.who).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A time to wait in words: `40 s`, `12 min`, `3 h`.
pub fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{} s", seconds.div_ceil(10) * 10),
        seconds @ 90..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}
