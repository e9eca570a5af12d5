//! Work in the queue: who may take it, how it is tried again, and how it ends.

use super::lease::{Lease, Owner};
use super::task::{Task, WorkId};
use super::{Case, DAEMON, Entry, Now, Refusal, Tick};
use medicosam_shared::case::{Action, CaseId, CaseState, Fault, RevisionNumber};
use medicosam_shared::progress::Progress;
use std::time::Duration;

/// How long a lease lasts unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(60);

/// Time before the next try after a fault of the surroundings. Each further one waits longer by as much,
/// so that cases which nobody can help for days neither fill the log nor keep workers busy.
pub const PAUSE: Duration = Duration::from_secs(30);

/// The longest time before the next try, in pauses.
const LONGEST_PAUSE: u32 = 20;

/// Times before the next tries after a passing fault; after the last one the case fails.
pub const BACKOFF: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// How far work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkState {
    /// Nobody has it.
    Ready {
        /// It is not due before.
        not_before: Tick,
    },
    /// A worker has it.
    Leased {
        /// The worker.
        owner: Owner,
        /// When anybody else may have it.
        until: Tick,
    },
    /// Done.
    Done {
        /// The revision that it made, if it made one.
        revision: Option<RevisionNumber>,
    },
    /// Given up.
    Failed(Fault),
    /// Not needed any more.
    Cancelled,
}

/// Work in the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkItem {
    /// Its number; the order of numbers is the order of the queue.
    pub id: WorkId,
    /// The case.
    pub case: CaseId,
    /// What to do.
    pub task: Task,
    /// Who asked: a user, or the daemon.
    pub author: String,
    /// How far it is.
    pub state: WorkState,
    /// How often it was taken, tries that do not count left out.
    pub tries: u32,
    /// How often it was taken.
    pub fence: i64,
    /// Slices done and to do, of work for a draft.
    pub progress: Progress,
}

/// Whose fault it is that work could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// The scan's or the prompt's: trying again is useless.
    BadInput,
    /// The surroundings': the case pauses and resumes by itself; no try is counted.
    Environment,
    /// Unknown: a few more tries.
    Passing,
    /// Nobody's; a person has to choose how it goes on. The case pauses until then, or until the next
    /// start; no try is counted.
    Asks,
}

/// What became of a case whose work could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is tried again.
    TriesAgain,
    /// It failed for good, or (a prompt) is as it was before.
    GivenUp,
    /// It waits for its surroundings, or for a person.
    Paused,
}

impl WorkItem {
    /// Work for a case that is due at once.
    pub fn new(case: &CaseId, task: Task, author: &str) -> Self {
        WorkItem {
            id: WorkId(0),
            case: case.clone(),
            task,
            author: author.to_owned(),
            state: WorkState::Ready {
                not_before: Tick::LONG_AGO,
            },
            tries: 0,
            fence: 0,
            progress: Progress { done: 0, total: 0 },
        }
    }

    /// Whether it waits or is being done.
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            WorkState::Ready { .. } | WorkState::Leased { .. }
        )
    }

    /// Whether it may be taken, as far as it alone is concerned: it waits and its time has come, or
    /// its lease has run out.
    pub fn is_due(&self, now: Now) -> bool {
        match &self.state {
            WorkState::Ready { not_before } => *not_before <= now.tick,
            WorkState::Leased { until, .. } => *until < now.tick,
            WorkState::Done { .. } | WorkState::Failed(_) | WorkState::Cancelled => false,
        }
    }

    /// Whether a worker has it, so that no other work on its case may be taken.
    pub fn is_held(&self, now: Now) -> bool {
        matches!(&self.state, WorkState::Leased { until, .. } if *until >= now.tick)
    }

    /// Gives it to a worker. Where a lease has run out, its machine is gone, which is not the scan's
    /// fault: the try that it began goes on.
    pub fn claim(&mut self, case: &mut Case, owner: &Owner, now: Now) -> (Lease, Option<Entry>) {
        if matches!(self.state, WorkState::Ready { .. }) {
            self.tries += 1;
        }
        self.state = WorkState::Leased {
            owner: owner.clone(),
            until: now.tick.after(LEASE),
        };
        self.fence += 1;
        let lease = Lease {
            work: self.id,
            case: self.case.clone(),
            fence: self.fence,
        };
        let entry = self.task.first_stage().map(|stage| {
            case.put(stage, None, now);
            let who = owner.name();
            Entry::new(who, Action::Claimed, &case.id, case.revision, "")
        });
        (lease, entry)
    }

    /// The owner, if `lease` is still theirs.
    pub fn holder(&self, lease: &Lease) -> Result<Owner, Refusal> {
        match &self.state {
            WorkState::Leased { owner, .. } if self.fence == lease.fence => Ok(owner.clone()),
            _ => Err(Refusal::LeaseLost(lease.case.clone())),
        }
    }

    /// Makes the lease last from now on, if it would not last for `enough`.
    pub fn renew(&mut self, enough: Duration, now: Now) {
        if let WorkState::Leased { until, .. } = &mut self.state
            && *until < now.tick.after(enough)
        {
            *until = now.tick.after(LEASE);
        }
    }

    /// The state of its case while it waits. `resting` is the state of the case without it.
    fn waiting_state(&self, resting: CaseState) -> CaseState {
        match self.task {
            Task::Segment | Task::Copy => CaseState::Waiting,
            Task::Prompt { .. }
            | Task::PutUp { .. }
            | Task::Commit { .. }
            | Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Boxes { .. } => resting,
        }
    }

    /// How long it waits for its surroundings after yet another pause.
    fn pause(&self) -> Duration {
        // Claims that do not count as tries.
        let pauses = self.fence.saturating_sub(self.tries.into());
        let pauses = u32::try_from(pauses).unwrap_or(LONGEST_PAUSE);
        PAUSE * pauses.clamp(1, LONGEST_PAUSE)
    }

    /// Puts it back into the queue.
    fn wait(&mut self, wait: Duration, now: Now) {
        self.state = WorkState::Ready {
            not_before: now.tick.after(wait),
        };
    }

    /// Makes it due at once if it waits.
    pub fn hurry(&mut self) {
        if let WorkState::Ready { not_before } = &mut self.state {
            *not_before = Tick::LONG_AGO;
        }
    }

    /// Makes it the next of those that wait, before whatever was put first earlier. Work that waits for a
    /// person's answer is not hurried by that. Whether it is the next now.
    pub fn put_first(&mut self, now: Now) -> bool {
        match &mut self.state {
            WorkState::Ready { not_before } if *not_before != Tick::NEVER => {
                // Due before anything else; the later it was said, the earlier.
                *not_before = Tick(now.tick.0.max(1).saturating_neg());
                true
            }
            WorkState::Ready { .. }
            | WorkState::Leased { .. }
            | WorkState::Done { .. }
            | WorkState::Failed(_)
            | WorkState::Cancelled => false,
        }
    }

    /// Takes back bulk work that would replace what was decided on: nobody asked for that. The case
    /// goes back to the decision, which a pause may have hidden.
    pub fn give_way(&mut self, case: &mut Case, decided: CaseState, now: Now) -> Entry {
        self.cancel();
        case.put(decided, None, now);
        let why = "not segmented again: it has been decided on";
        let (who, action) = (DAEMON, Action::Released);
        Entry::new(who, action, &case.id, case.revision, why)
    }

    /// Takes it back. A worker that has it notices at its next step.
    pub fn cancel(&mut self) {
        if self.is_open() {
            self.state = WorkState::Cancelled;
        }
    }

    /// Marks it as done.
    pub fn finish(&mut self, revision: Option<RevisionNumber>) {
        self.state = WorkState::Done { revision };
    }

    /// The worker `who` could not do it: tried again, paused or given up, by the class of the fault.
    /// Only faults that are not the surroundings' count as tries. `resting` is the state of the case
    /// without this work: decisions and revisions may have come since it was asked for.
    pub fn fail(
        &mut self,
        (case, resting): (&mut Case, CaseState),
        who: &str,
        (fault, class): (&Fault, FaultClass),
        now: Now,
    ) -> (Outcome, Option<Entry>) {
        if self.task.first_stage().is_none() {
            return (self.fail_quietly(fault, class, now), None);
        }
        let entry = |action, case: &Case| {
            let message = fault.message.as_str();
            Some(Entry::new(who, action, &case.id, None, message))
        };
        let waited = (self.tries.max(1) - 1) as usize;
        match (class, BACKOFF.get(waited)) {
            (FaultClass::Environment, _) => {
                self.tries = self.tries.saturating_sub(1);
                self.wait(self.pause(), now);
                case.put(CaseState::Paused, Some(fault), now);
                (Outcome::Paused, entry(Action::Paused, case))
            }
            (FaultClass::Asks, _) => {
                self.state = WorkState::Ready {
                    not_before: Tick::NEVER,
                };
                self.tries = self.tries.saturating_sub(1);
                case.put(CaseState::Paused, Some(fault), now);
                (Outcome::Paused, entry(Action::Paused, case))
            }
            (FaultClass::Passing, Some(&wait)) => {
                self.wait(wait, now);
                case.put(self.waiting_state(resting), Some(fault), now);
                (Outcome::TriesAgain, entry(Action::Released, case))
            }
            (FaultClass::Passing, None) | (FaultClass::BadInput, _) => {
                self.state = WorkState::Failed(fault.clone());
                let state = match self.task {
                    Task::Segment | Task::Copy => CaseState::Failed,
                    Task::Prompt { .. }
                    | Task::PutUp { .. }
                    | Task::Commit { .. }
                    | Task::Preview { .. }
                    | Task::Propagate { .. }
                    | Task::Boxes { .. } => resting,
                };
                let shown = (state == CaseState::Failed).then_some(fault);
                case.put(state, shown, now);
                (Outcome::GivenUp, entry(Action::Failed, case))
            }
        }
    }

    /// Work for a draft could not be done. The case stays as it is. The reviewer who waits for it sees
    /// the fault at once, and can ask again: nothing is lost.
    fn fail_quietly(&mut self, fault: &Fault, class: FaultClass, now: Now) -> Outcome {
        if class == FaultClass::Passing && self.tries <= 1 {
            self.wait(Duration::ZERO, now);
            return Outcome::TriesAgain;
        }
        self.state = WorkState::Failed(fault.clone());
        Outcome::GivenUp
    }

    /// Gives back leased work without counting it as a try, `why` it was interrupted in words. `resting`
    /// is the state of the case without it.
    pub fn give_back(
        &mut self,
        (case, resting): (&mut Case, CaseState),
        why: &str,
        now: Now,
    ) -> Option<Entry> {
        let WorkState::Leased { owner, .. } = self.state.clone() else {
            return None;
        };
        self.state = WorkState::Ready {
            not_before: Tick::LONG_AGO,
        };
        self.tries = self.tries.saturating_sub(1);
        self.task.first_stage()?;
        case.put(self.waiting_state(resting), None, now);
        let who = owner.name();
        Some(Entry::new(who, Action::Released, &case.id, None, why))
    }
}
