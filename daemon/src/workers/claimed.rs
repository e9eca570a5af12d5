//! One thread of a worker: what it does next, and what becomes of it.

use super::embed_ahead::Ahead;
use super::heartbeat::{Heartbeat, Held};
use super::prompt_thread::{Hand, Handed};
use super::protocol::{Order, Report};
use super::reporter::Reporter;
use crate::case::{FaultClass, Lane, Owner, Task};
use crate::config::{Config, NO_PROFILE};
use crate::embed::EmbeddingCache;
use crate::registry::{Registry, Work};
use crate::stages::failure::Failure;
use crate::stages::load::ReadAhead;
use crate::stages::models::Models;
use medicosam_shared::case::Fault;
use medicosam_shared::place::Place;
use medicosam_shared::progress::Progress;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The tools of one thread of a worker, kept from case to case.
pub struct Pipeline {
    pub config: Arc<Config>,
    pub store: Arc<Registry>,
    pub owner: Owner,
    pub models: Models,
    pub cache: Arc<EmbeddingCache>,
    pub heartbeat: Heartbeat,
    pub reporter: Reporter,
    pub hand: Hand,
    pub read_ahead: ReadAhead,
    pub ahead: Ahead,
    /// Folders that have been cleared of what a killed worker left.
    pub swept: HashSet<PathBuf>,
    /// Why embeddings are not being kept.
    pub cache_fault: Option<Fault>,
}

impl Pipeline {
    /// Does the next thing there is to do: what people wait for, then bulk work, then what may be
    /// of use later. Returns whether there was anything.
    pub fn step(&mut self) -> Result<bool, Failure> {
        Ok(self.answer_handed()? || self.work_once(Lane::Any)? || self.embed_ahead()?)
    }

    /// Claims and does the next work, if any is due. Returns whether there was any.
    pub fn work_once(&mut self, lane: Lane) -> Result<bool, Failure> {
        let Some(work) = self.store.claim(&self.owner, lane)? else {
            return Ok(false);
        };
        self.reporter.tell(&Report::Changed);
        let held = self.heartbeat.hold(&work.lease);
        self.carry_out(Handed { work, held })?;
        Ok(true)
    }

    /// Answers the prompts that the other thread could not. Returns whether there were any.
    pub fn answer_handed(&mut self) -> Result<bool, Failure> {
        let mut any = false;
        while let Hand::Main { handed } = &self.hand
            && let Ok(handed) = handed.try_recv()
        {
            self.carry_out(handed)?;
            any = true;
        }
        Ok(any)
    }

    /// Does claimed work, and tells the store if it cannot be done.
    fn carry_out(&mut self, handed: Handed) -> Result<(), Failure> {
        let Handed { work, held } = handed;
        self.reporter.begin(&work.lease.case);
        let result = self.process(&work);
        self.reporter.end(&work.lease.case);
        let result = match result {
            Err(Failure::NeedsEncoder) => {
                self.hand_over(work, held);
                return Ok(());
            }
            Err(Failure::Fault(fault, class)) => {
                tracing::warn!(case = %work.lease.case, code = fault.code, "{}", fault.message);
                let shown = (class == FaultClass::Environment).then(|| fault.clone());
                self.reporter.tell(&Report::Fault(shown));
                let told = self.store.fail(&work.lease, &fault, class);
                told.map(drop).map_err(Failure::from)
            }
            Err(failure) => Err(failure),
            Ok(()) => {
                let shown = self.cache_fault.clone();
                self.reporter.tell(&Report::Fault(shown));
                Ok(())
            }
        };
        self.reporter.tell(&Report::Changed);
        match result {
            // A lost lease is no reason to stop working.
            Err(Failure::LeaseLost) => Ok(()),
            other => other,
        }
    }

    fn hand_over(&self, work: Work, held: Held) {
        if let Hand::Desk { to_main, wake_main } = &self.hand {
            // If the main thread is gone, so is the worker in a moment.
            let _ = to_main.send(Handed { work, held });
            let _ = wake_main.send(Order::Wake);
        }
    }

    /// Has the main thread look around, from the other one.
    pub fn wake_main(&self) {
        if let Hand::Desk { wake_main, .. } = &self.hand {
            let _ = wake_main.send(Order::Wake);
        }
    }

    fn process(&mut self, work: &Work) -> Result<(), Failure> {
        let config = Arc::clone(&self.config);
        let profile = config.profile(&work.profile).ok_or_else(|| {
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
        })?;
        match &work.task {
            Task::Segment => self.segment(work, profile),
            Task::Prompt { prompts, .. } => self.prompt(work, profile, prompts),
            &Task::Preview {
                draft,
                label,
                index,
            } => self.preview(work, profile, draft, Place::new(label, index)),
            &Task::Propagate { draft, label } => self.propagate(work, profile, draft, label),
            &Task::Commit { draft } => self.commit_draft(work, profile, draft),
        }
    }

    /// What bulk work does between two slices: prompts that wait for the encoder are answered, and
    /// the next scan is read.
    pub(crate) fn between_slices(&mut self, progress: Progress) -> Result<(), Failure> {
        self.answer_handed()?;
        self.read_next_ahead()?;
        self.reporter.tell(&Report::Progress(progress));
        Ok(())
    }

    /// Has the next scan of the queue read meanwhile.
    fn read_next_ahead(&mut self) -> Result<(), Failure> {
        if !self.read_ahead.is_idle() {
            return Ok(());
        }
        let Some(scan) = self.store.upcoming()? else {
            return Ok(());
        };
        if let Some(profile) = self.config.profile(&scan.profile) {
            let limit = self.config.scan_memory;
            self.read_ahead.start(scan, profile.window, limit);
        }
        Ok(())
    }
}
