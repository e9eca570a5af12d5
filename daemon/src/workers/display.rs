//! What people see of a worker.

use super::device_choice::{DeviceChoice, NoDevice};
use super::protocol::WorkerReport;
use crate::change_signal::ChangeSignal;
use crate::live_state::LiveState;
use crate::stages::StageReport;
use medicosam_shared::activity::Activity;
use medicosam_shared::case::Fault;
use std::sync::Arc;

/// Shows what a worker does.
pub struct Display {
    /// Number of the worker, from 1.
    pub number: u32,
    /// Where it is shown.
    pub live: Arc<LiveState>,
    /// Announces what the worker changed in the store, which is another process.
    pub changes: ChangeSignal,
}

impl Display {
    /// A device is tried.
    pub fn probing(&self) {
        self.live.worker(self.number, |status| {
            status.activity = Activity::Probing;
        });
    }

    /// No device works.
    pub fn paused(&self, none: &NoDevice) {
        let fault = none.fault();
        self.live.worker(self.number, |status| {
            status.activity = Activity::Paused;
            status.device = None;
            status.fallback = None;
            status.fault = Some(fault);
        });
    }

    /// The worker was started.
    pub fn started(&self, pid: Option<u32>, choice: &DeviceChoice) {
        self.live.worker(self.number, |status| {
            status.pid = pid;
            status.activity = Activity::Idle;
            status.device = Some(choice.device.to_string());
            status.fallback = choice.fault();
            status.fault = None;
        });
    }

    /// The worker reports.
    pub fn report(&self, report: WorkerReport) {
        match report {
            WorkerReport::Waiting | WorkerReport::Ending(_) => {}
            WorkerReport::Case(case) => self.live.worker(self.number, |status| {
                status.activity = match case {
                    Some(_) => Activity::Busy,
                    None => Activity::Idle,
                };
                status.case = case;
                status.progress = None;
            }),
            WorkerReport::Ahead { case, progress } => self.live.worker(self.number, |status| {
                status.activity = Activity::Ahead;
                status.case = Some(case);
                status.progress = Some(progress);
            }),
            WorkerReport::Stage(report) => self.stage(report),
        }
    }

    fn stage(&self, report: StageReport) {
        match report {
            StageReport::Alive | StageReport::LongStep => {}
            StageReport::Changed => self.changes.announce(),
            StageReport::Progress(progress) => self.live.worker(self.number, |status| {
                status.progress = Some(progress);
            }),
            StageReport::Running { runtime, device } => self.live.worker(self.number, |status| {
                status.runtime = Some(runtime);
                status.device = Some(device);
            }),
            StageReport::Finished {
                device,
                timings,
                prompted,
            } => self.live.finished(&device, &timings, prompted),
            StageReport::Fault(fault) => self.live.worker(self.number, |status| {
                status.fault = fault;
            }),
        }
    }

    /// The worker ended for want of work.
    pub fn resting(&self) {
        self.live.worker(self.number, |status| {
            status.pid = None;
            status.activity = Activity::Resting;
            status.fallback = None;
            status.case = None;
            status.progress = None;
        });
    }

    /// The worker died.
    pub fn died(&self, fault: &Fault) {
        self.live.worker(self.number, |status| {
            status.pid = None;
            status.activity = Activity::Stopped;
            status.case = None;
            status.progress = None;
            status.restarts += 1;
            status.fault = Some(fault.clone());
        });
    }
}
