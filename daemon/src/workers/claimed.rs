//! Claimed work: it goes through its stages, and how it ended is filed in the store.

use super::heartbeat::{Heartbeat, Held};
use super::reporter::ThreadReporter;
use crate::case::{FaultClass, Lane, Outcome, Owner, Task};
use crate::config::{Config, NO_PROFILE, Profile};
use crate::registry::{Registry, Work};
use crate::stages::{
    Assignment, Correction, Failure, LoadedScan, StageReport, Tools, apply_profile,
    begin_second_reading, commit_draft, correct, presence, preview, propagate, put_up,
    segment_boxes,
};
use medicosam_shared::case::Fault;
use medicosam_shared::place::Place;
use medicosam_shared::window::Window;
use std::sync::Arc;
use std::time::Instant;

/// Work that is claimed.
pub struct Claimed {
    /// The work.
    pub work: Work,
    /// Keeps the lease renewed.
    _held: Held,
}

/// How a thread claims work.
#[derive(Clone)]
pub struct Claims {
    /// The name in leases and in the audit log.
    pub owner: Owner,
    /// Renews leases.
    pub heartbeat: Heartbeat,
    /// Reports what the thread does.
    pub reporter: ThreadReporter,
}

impl Claims {
    /// Claims the next work of a lane, if any is due.
    pub fn claim(&self, registry: &Registry, lane: Lane) -> Result<Option<Claimed>, Failure> {
        let Some(work) = registry.claim(&self.owner, lane)? else {
            return Ok(None);
        };
        self.reporter.for_stages().tell(StageReport::Changed);
        let _held = self.heartbeat.hold(&work.lease);
        Ok(Some(Claimed { work, _held }))
    }
}

/// A thread that does claimed work; what it does around and in the middle of the stages.
pub trait WorkThread {
    /// How it claims work.
    fn claims(&self) -> &Claims;

    /// Loads the scan of new work.
    fn load(&mut self, work: &Work, window: Window) -> Result<LoadedScan, Failure> {
        LoadedScan::read(&work.source, &work.sha256, window)
    }

    /// Answers the prompts that wait for this thread, in the middle of long work.
    fn answer_handed(&mut self, _tools: &mut Tools) -> Result<(), Failure> {
        Ok(())
    }

    /// Has the next scan of the queue read while this one is worked on.
    fn read_next_ahead(&mut self, _tools: &mut Tools) -> Result<(), Failure> {
        Ok(())
    }
}

/// Does claimed work, and files the fault if it cannot be done. Returns the work if the thread
/// lacks the encoder for it.
pub fn carry_out(
    tools: &mut Tools,
    claimed: Claimed,
    thread: &mut dyn WorkThread,
) -> Result<Option<Claimed>, Failure> {
    let began = Instant::now();
    let lease = &claimed.work.lease;
    thread.claims().reporter.begin(&lease.case);
    // What kept earlier work from being done is past.
    let shown = tools.cache.fault().cloned();
    tools.reporter.tell(StageReport::Fault(shown));
    let result = run_stages(tools, &claimed.work, thread);
    thread.claims().reporter.end(&lease.case);
    let filed = match result {
        Ok(()) => {
            let shown = tools.cache.fault().cloned();
            tools.reporter.tell(StageReport::Fault(shown));
            let (case, path) = (&lease.case, &claimed.work.source);
            let seconds = format!("{:.1}", began.elapsed().as_secs_f64());
            tracing::info!(%case, %path, seconds, "done: {}", claimed.work.task.name());
            Ok(())
        }
        Err(Failure::NeedsEncoder) => return Ok(Some(claimed)),
        Err(Failure::Fault(fault, class)) => {
            let fault = presence::explain(&tools.config, &claimed.work.source, fault);
            let shown = (class == FaultClass::Environment).then(|| fault.clone());
            tools.reporter.tell(StageReport::Fault(shown));
            let filed = tools.registry.fail(lease, &fault, class);
            log(&claimed.work, filed.as_ref().ok(), &fault);
            filed.map(drop).map_err(Failure::from)
        }
        Err(Failure::Asks(fault, found)) => {
            tools.reporter.tell(StageReport::Fault(None));
            let filed = tools.registry.ask(lease, &fault, &found);
            log(&claimed.work, filed.as_ref().ok(), &fault);
            filed.map(drop).map_err(Failure::from)
        }
        Err(failure @ (Failure::LeaseLost | Failure::Store(_))) => Err(failure),
    };
    tools.reporter.tell(StageReport::Changed);
    match filed {
        // A lost lease is no reason to stop working.
        Ok(()) | Err(Failure::LeaseLost) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Logs what becomes of work that could not be done.
fn log(work: &Work, outcome: Option<&Outcome>, fault: &Fault) {
    let what = match outcome {
        Some(Outcome::TriesAgain) => "tried again",
        Some(Outcome::GivenUp) => "failed",
        Some(Outcome::Paused) => "paused",
        None => "not done",
    };
    let (case, path, code) = (&work.lease.case, &work.source, &fault.code);
    tracing::warn!(%case, %path, code, "{what}: {}", fault.message);
}

fn run_stages(tools: &mut Tools, work: &Work, thread: &mut dyn WorkThread) -> Result<(), Failure> {
    let config = Arc::clone(&tools.config);
    let assignment = Assignment {
        work,
        profile: profile_of(&config, work)?,
        started: Instant::now(),
    };
    presence::check_answers(&config, &work.source)?;
    match &work.task {
        Task::Segment => {
            tools.reporter.tell(StageReport::LongStep);
            let scan = thread.load(work, assignment.profile.window)?;
            apply_profile(tools, assignment, scan, &mut |tools| {
                thread.answer_handed(tools)?;
                thread.read_next_ahead(tools)
            })
        }
        Task::Copy => begin_second_reading(tools, assignment),
        Task::Prompt {
            prompts,
            boxes,
            propagation,
            revision: _,
        } => {
            let correction = Correction {
                prompts,
                boxes,
                propagation: *propagation,
            };
            correct(tools, assignment, correction, &mut |tools| {
                thread.answer_handed(tools)
            })
        }
        Task::PutUp {
            revision,
            reference,
            sha256,
        } => put_up(tools, assignment, *revision, (reference, sha256)),
        &Task::Preview {
            draft,
            label,
            index,
        } => preview(tools, assignment, draft, Place::new(label, index)),
        &Task::Propagate { draft, asked } => {
            propagate(tools, assignment, (draft, asked), &mut |tools| {
                thread.answer_handed(tools)
            })
        }
        &Task::Boxes { draft, asked } => {
            segment_boxes(tools, assignment, (draft, asked), &mut |tools| {
                thread.answer_handed(tools)
            })
        }
        &Task::Commit { draft } => commit_draft(tools, assignment, draft),
    }
}

fn profile_of<'a>(config: &'a Config, work: &Work) -> Result<&'a Profile, Failure> {
    config.profile(&work.profile).ok_or_else(|| {
        if work.profile == NO_PROFILE {
            return Failure::new(
                "no-profile",
                format!("no profile matched {} when it was found", work.source),
                "Restart the daemon with a profile that does: it is looked at again then.",
                FaultClass::BadInput,
            );
        }
        Failure::new(
            "profile-missing",
            format!(
                "profile {:?} is not in the configuration any more",
                work.profile
            ),
            "Put the profile back, or remove the scan; it goes on by itself.",
            FaultClass::Environment,
        )
    })
}
