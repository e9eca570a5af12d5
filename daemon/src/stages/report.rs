//! What stages report while they work.

use medicosam_shared::case::Fault;
use medicosam_shared::progress::Progress;
use medicosam_shared::provenance::Timings;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A report of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageReport {
    /// It is alive.
    Alive,
    /// It begins something that may take long and reports nothing on its way.
    LongStep,
    /// How far it is with the case.
    Progress(Progress),
    /// The runtime and the device that a model has really run on.
    Running {
        /// Name and version of the runtime.
        runtime: String,
        /// The device.
        device: String,
    },
    /// The store has changed.
    Changed,
    /// A revision is committed.
    Finished {
        /// The device that ran the model.
        device: String,
        /// Where the time went.
        timings: Timings,
        /// Whether a person asked for it; otherwise it is a whole scan, by its profile.
        prompted: bool,
    },
    /// What keeps work from going on; `None` when that is over.
    Fault(Option<Fault>),
}

/// Where stages report to. Cheap to clone.
#[derive(Clone)]
pub struct Reporter(Arc<dyn Fn(StageReport) + Send + Sync>);

impl Reporter {
    /// A reporter that gives every report to `tell`.
    pub fn new(tell: impl Fn(StageReport) + Send + Sync + 'static) -> Self {
        Reporter(Arc::new(tell))
    }

    /// Reports.
    pub fn tell(&self, report: StageReport) {
        (self.0)(report);
    }
}
