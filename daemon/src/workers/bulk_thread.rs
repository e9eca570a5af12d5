//! The bulk thread: it has the encoder, does bulk work, and ends the worker.

use super::claimed::{Claimed, Claims, WorkThread, carry_out};
use super::embed_ahead::EmbedAhead;
use super::prompt_thread::PromptThreadState;
use super::protocol::{Ending, Order, WorkerReport};
use super::read_ahead::ReadAhead;
use crate::case::Lane;
use crate::registry::{RegistryError, Work};
use crate::stages::presence::check_answers;
use crate::stages::{Failure, LoadedScan, StageReport, Tools};
use medicosam_shared::case::Fault;
use medicosam_shared::window::Window;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The thread, before it runs.
pub struct BulkThread {
    /// Its tools.
    pub tools: Tools,
    /// What it does beside the stages.
    pub beside: Beside,
    /// What the other thread is doing.
    pub prompts: PromptThreadState,
    /// From the daemon and from the other thread.
    pub orders: Receiver<Order>,
    /// How often it looks for work that waits for a later time.
    pub look_every: Duration,
    /// How long it waits for work before the worker rests.
    pub keep_alive: Duration,
}

/// What came while the thread waited.
enum Waited {
    Order(Order),
    /// Nothing yet.
    Nothing,
    /// Nothing for as long as a worker stays.
    LongIdle,
    /// The daemon is gone.
    Alone,
}

impl BulkThread {
    /// Works until the daemon is gone, there has been nothing to do for a while, or the device
    /// fails.
    pub fn run(mut self) -> Result<(), RegistryError> {
        let mut idle_since = Instant::now();
        let mut ordered_to_rest = false;
        loop {
            match self.step() {
                Ok(true) => idle_since = Instant::now(),
                Ok(false) => match self.wait(idle_since) {
                    Waited::Order(order) => ordered_to_rest |= order == Order::Rest,
                    Waited::Nothing => {}
                    Waited::LongIdle => return self.rest(),
                    Waited::Alone => return Ok(()),
                },
                Err(Failure::Store(error)) => {
                    self.end(Ending::StoreFailed(fault_of(&error)));
                    return Err(error);
                }
                // Faults are filed in the store; lost leases are passed over.
                Err(
                    Failure::Fault(..)
                    | Failure::Asks(..)
                    | Failure::LeaseLost
                    | Failure::NeedsEncoder,
                ) => {}
            }
            if let Some(fault) = self.lost_device().filter(|_| self.prompts.close()) {
                self.end(Ending::DeviceFailed(fault));
                return Ok(());
            }
            ordered_to_rest |= self.orders.try_iter().any(|order| order == Order::Rest);
            if ordered_to_rest && self.prompts.close() {
                return self.rest();
            }
        }
    }

    /// Does the next thing there is to do: what people wait for, then bulk work, then what may be
    /// of use later. Returns whether there was anything.
    fn step(&mut self) -> Result<bool, Failure> {
        let BulkThread { tools, beside, .. } = self;
        Ok(beside.answer_all_handed(tools)?
            || beside.work_once(tools)?
            || beside.ahead.step(tools, &beside.claims.reporter)?)
    }

    fn wait(&self, idle_since: Instant) -> Waited {
        let prompted = self.prompts.last_work();
        let worked = prompted.map_or(idle_since, |at| at.max(idle_since));
        let left = self.keep_alive.saturating_sub(worked.elapsed());
        if left.is_zero() && self.prompts.close() {
            return Waited::LongIdle;
        }
        self.tools.reporter.tell(StageReport::Alive);
        match self.orders.recv_timeout(self.look_every.min(left)) {
            Ok(order) => Waited::Order(order),
            Err(RecvTimeoutError::Timeout) => Waited::Nothing,
            Err(RecvTimeoutError::Disconnected) => Waited::Alone,
        }
    }

    fn lost_device(&self) -> Option<Fault> {
        let lost = self.tools.models.lost_device();
        lost.or_else(|| self.prompts.lost_device())
    }

    /// Ends a worker without work. What the other thread handed over at the last moment is done
    /// first.
    fn rest(mut self) -> Result<(), RegistryError> {
        if let Err(Failure::Store(error)) = self.beside.answer_all_handed(&mut self.tools) {
            return Err(error);
        }
        self.end(Ending::Resting);
        Ok(())
    }

    fn end(&self, ending: Ending) {
        let reporter = &self.beside.claims.reporter;
        reporter.tell(WorkerReport::Ending(ending));
    }
}

fn fault_of(error: &RegistryError) -> Fault {
    Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_owned(),
    }
}

/// What the thread does beside the stages: it claims work, answers prompts that were handed over,
/// and prepares for later.
pub struct Beside {
    claims: Claims,
    handed: Receiver<Claimed>,
    read_ahead: ReadAhead,
    ahead: EmbedAhead,
}

impl Beside {
    /// `handed` are the prompts that the other thread lacks the encoder for.
    pub fn new(claims: Claims, handed: Receiver<Claimed>) -> Self {
        Beside {
            claims,
            handed,
            read_ahead: ReadAhead::default(),
            ahead: EmbedAhead::default(),
        }
    }

    /// Claims and does the next work, if any is due. Returns whether there was any.
    fn work_once(&mut self, tools: &mut Tools) -> Result<bool, Failure> {
        let Some(claimed) = self.claims.claim(&tools.registry, Lane::Any)? else {
            return Ok(false);
        };
        self.carry_out(tools, claimed)?;
        Ok(true)
    }

    /// Answers the prompts that the other thread lacks the encoder for. Returns whether there were
    /// any.
    fn answer_all_handed(&mut self, tools: &mut Tools) -> Result<bool, Failure> {
        let mut any = false;
        while let Ok(claimed) = self.handed.try_recv() {
            self.carry_out(tools, claimed)?;
            any = true;
        }
        Ok(any)
    }

    fn carry_out(&mut self, tools: &mut Tools, claimed: Claimed) -> Result<(), Failure> {
        // Nothing comes back: the encoder is here.
        carry_out(tools, claimed, self).map(drop)
    }
}

impl WorkThread for Beside {
    fn claims(&self) -> &Claims {
        &self.claims
    }

    fn load(&mut self, work: &Work, window: Window) -> Result<LoadedScan, Failure> {
        self.ahead.pause();
        match self.read_ahead.take(&work.source, &work.sha256, window) {
            Some(scan) => Ok(scan),
            None => LoadedScan::read(&work.source, &work.sha256, window),
        }
    }

    fn answer_handed(&mut self, tools: &mut Tools) -> Result<(), Failure> {
        self.answer_all_handed(tools).map(drop)
    }

    fn read_next_ahead(&mut self, tools: &mut Tools) -> Result<(), Failure> {
        if !self.read_ahead.is_idle() {
            return Ok(());
        }
        let Some(scan) = tools.registry.upcoming()? else {
            return Ok(());
        };
        let answers = check_answers(&tools.config, &scan.source).is_ok();
        if let Some(profile) = tools.config.profile(&scan.profile).filter(|_| answers) {
            let limit = tools.config.scan_memory;
            self.read_ahead.start(scan, profile.window, limit);
        }
        Ok(())
    }
}
