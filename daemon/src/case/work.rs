//! Work: what has to be done to a case, who has it, and how it ends.

use super::{Case, Entry, Now, Refusal, Tick, outputs};
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{Action, CaseId, CaseState, Fault, RevisionNumber};
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SlicePrompt};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a lease lasts unless it is renewed.
pub const LEASE: Duration = Duration::from_secs(60);

/// Time before the next try after a fault of the surroundings.
pub const PAUSE: Duration = Duration::from_secs(30);

/// Times before the next tries after a passing fault; after the last one the case fails.
pub const BACKOFF: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// Number of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkId(pub i64);

/// Number of a draft.
pub type DraftId = i64;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "task")]
pub enum Task {
    /// Segment a case by its profile.
    Segment,
    /// Replace masks of a revision as a person asks.
    Prompt {
        /// The revision that is corrected. If another one is current when the result comes, the
        /// result is refused. `None` in work that an older version queued.
        #[serde(default)]
        revision: Option<RevisionNumber>,
        /// What to segment again.
        prompts: Vec<SlicePrompt>,
    },
    /// Segment a slice of a draft by what is drawn on it.
    Preview {
        /// The draft.
        draft: DraftId,
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
    },
    /// Segment the slices of a draft around those that a person segmented.
    Propagate {
        /// The draft.
        draft: DraftId,
        /// The object.
        label: Label,
    },
    /// Make a revision of a draft.
    Commit {
        /// The draft.
        draft: DraftId,
    },
}

impl Task {
    /// The state of a case while this is done to it; `None` if it concerns only the reviewer whose
    /// draft it is for, and the case stays as it is.
    pub const fn first_stage(&self) -> Option<CaseState> {
        match self {
            Task::Segment => Some(CaseState::Embedding),
            Task::Prompt { .. } | Task::Commit { .. } => Some(CaseState::Segmenting),
            Task::Preview { .. } | Task::Propagate { .. } => None,
        }
    }

    /// The draft that it is for.
    pub const fn draft(&self) -> Option<DraftId> {
        match self {
            Task::Preview { draft, .. }
            | Task::Propagate { draft, .. }
            | Task::Commit { draft } => Some(*draft),
            Task::Segment | Task::Prompt { .. } => None,
        }
    }

    /// The lane that it waits in.
    pub const fn lane(&self) -> Lane {
        match self {
            Task::Segment => Lane::Any,
            Task::Prompt { .. }
            | Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Commit { .. } => Lane::Interactive,
        }
    }
}

/// Which work may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Only what a person waits for.
    Interactive,
    /// Anything, what a person waits for first.
    Any,
}

/// A process that takes work. No two on any machine have the same one: host, boot and process say
/// which is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    name: String,
    place: String,
}

impl Owner {
    /// A worker by its name on its machine (`worker 1`), which is one of several boots of a host,
    /// and a process of that boot.
    pub fn new(name: &str, host: &str, boot: &str, process: u32) -> Self {
        Owner {
            name: name.to_owned(),
            place: format!("{host}/{boot}/{process}"),
        }
    }

    /// The name for people and for the audit log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The owner that [`std::fmt::Display`] wrote down.
    pub fn parse(text: &str) -> Self {
        let (name, place) = text.split_once('@').unwrap_or((text, ""));
        Owner {
            name: name.to_owned(),
            place: place.to_owned(),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}@{}", self.name, self.place)
    }
}

/// The right to work on a case until the lease runs out.
///
/// The fence grows with every claim of the work. Every commit of a worker carries the fence of its
/// claim, so one that was given up for dead cannot overwrite its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub work: WorkId,
    /// The case.
    pub case: CaseId,
    /// Which claim of the work this is.
    pub fence: i64,
}

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The state of the case while the work waits, to go back to if it comes to nothing.
    pub prior: CaseState,
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
    pub fn new(case: &CaseId, task: Task, author: &str, prior: CaseState) -> Self {
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
            prior,
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

    /// Whether somebody works on it now, so that nobody may take other work on its case.
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
    /// Only faults that are not the surroundings' count as tries.
    pub fn fail(
        &mut self,
        case: &mut Case,
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
                self.wait(PAUSE, now);
                self.tries = self.tries.saturating_sub(1);
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
                case.put(self.prior, Some(fault), now);
                (Outcome::TriesAgain, entry(Action::Released, case))
            }
            (FaultClass::Passing, None) | (FaultClass::BadInput, _) => {
                self.state = WorkState::Failed(fault.clone());
                let state = match self.task {
                    Task::Segment => CaseState::Failed,
                    Task::Prompt { .. }
                    | Task::Commit { .. }
                    | Task::Preview { .. }
                    | Task::Propagate { .. } => self.prior,
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

    /// Gives back leased work without counting it as a try: the daemon was stopped.
    pub fn give_back(&mut self, case: &mut Case, now: Now) -> Option<Entry> {
        let WorkState::Leased { owner, .. } = self.state.clone() else {
            return None;
        };
        self.state = WorkState::Ready {
            not_before: Tick::LONG_AGO,
        };
        self.tries = self.tries.saturating_sub(1);
        self.task.first_stage()?;
        case.put(self.prior, None, now);
        let detail = "the daemon was stopped during the work";
        let who = owner.name();
        Some(Entry::new(who, Action::Released, &case.id, None, detail))
    }
}

/// Queues a failed or paused case again at a person's request: `open` is its open work, which is made
/// due with all its tries; where there is none the answer is new work. `choice` says what becomes of
/// files that lie where the results of the case go.
pub fn retry(
    case: &mut Case,
    open: &mut [WorkItem],
    who: &str,
    choice: Option<OutputChoice>,
    now: Now,
) -> Result<(Option<WorkItem>, Entry), Refusal> {
    if !matches!(case.state, CaseState::Failed | CaseState::Paused) {
        return Err(case.refuse("only failed and paused cases can be tried again"));
    }
    let detail = match choice {
        Some(choice) => outputs::choose(case, choice)?,
        None => String::new(),
    };
    let mut waits = false;
    for work in open {
        if matches!(work.state, WorkState::Ready { .. }) {
            work.hurry();
            work.tries = 0;
            waits = true;
        }
    }
    let new = (!waits).then(|| WorkItem::new(&case.id, Task::Segment, who, CaseState::Waiting));
    case.put(CaseState::Waiting, None, now);
    let entry = Entry::new(who, Action::Retried, &case.id, case.revision, detail);
    Ok((new, entry))
}

/// Work that replaces masks of revision `revision` by a person's prompts. One correction of a
/// revision at a time: `open` is the open work of the case.
pub fn prompt(
    case: &Case,
    open: &[WorkItem],
    who: &str,
    revision: RevisionNumber,
    prompts: &[SlicePrompt],
) -> Result<(WorkItem, Entry), Refusal> {
    check_nobody_corrects(case, open)?;
    let slices: Vec<String> = prompts.iter().map(|p| p.index.to_string()).collect();
    let detail = format!("slice {}", slices.join(", "));
    let task = Task::Prompt {
        revision: Some(revision),
        prompts: prompts.to_vec(),
    };
    Ok((
        WorkItem::new(&case.id, task, who, case.prior()),
        Entry::new(who, Action::Prompted, &case.id, Some(revision), detail),
    ))
}

/// Refuses a correction while another one waits or is being made: `open` is the open work of the case.
pub fn check_nobody_corrects(case: &Case, open: &[WorkItem]) -> Result<(), Refusal> {
    let first = open.iter().find(|work| match work.task {
        Task::Prompt { .. } | Task::Commit { .. } => work.is_open(),
        Task::Segment | Task::Preview { .. } | Task::Propagate { .. } => false,
    });
    match first {
        None => Ok(()),
        Some(first) => Err(Refusal::BeingCorrected {
            case: case.id.clone(),
            revision: case.revision.unwrap_or(0),
            who: first.author.clone(),
        }),
    }
}

/// Refuses the result of a correction of revision `corrected` if that is not the current one any more.
/// `author` made the current one. Segmenting by the profile corrects none.
pub fn check_still_current(
    case: &Case,
    corrected: Option<RevisionNumber>,
    author: &str,
) -> Result<(), Refusal> {
    match (corrected, case.revision) {
        (Some(asked), Some(current)) if asked != current => Err(Refusal::OtherRevision {
            case: case.id.clone(),
            asked,
            current,
            author: author.to_owned(),
        }),
        _ => Ok(()),
    }
}
