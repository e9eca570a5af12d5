//! The state of a case, and what moves it.
//!
//! ```text
//! waiting → embedding → segmenting → review → approved | rejected | flagged
//!        ↘ failed                        ↘ (correction) segmenting → review
//! paused: the surroundings are at fault and it resumes by itself, or a person has to choose
//! ```

use super::outputs::Replaces;
use super::{Entry, Now, Refusal, Task};
use crate::scan::Source;
use jiff::Timestamp;
use medicosam_shared::case::{
    Action, CaseId, CaseState, CaseSummary, Fault, FoundResult, RevisionNumber,
};
use medicosam_shared::provenance::Provenance;
use std::path::PathBuf;

/// Whether a case is in the list of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// It stands for a scan.
    Listed,
    /// Its file was replaced before anybody decided; another case stands for the new content.
    Superseded(CaseId),
    /// Its file was removed before there was a result. It is listed again if the file returns.
    Withdrawn,
}

/// A scan at its place under a profile, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Identity.
    pub id: CaseId,
    /// The scan, where it lies now. The case follows it.
    pub source: Source,
    /// SHA-256 of the scan's content, in hex.
    pub content: String,
    /// The profile that it is segmented by.
    pub profile: String,
    /// The case of which it is a second reading, if it is one. Its scan is that case's.
    pub reads: Option<CaseId>,
    /// Whether it is in the list.
    pub listing: Listing,
    /// Where it stands.
    pub state: CaseState,
    /// Why it failed or paused.
    pub fault: Option<Fault>,
    /// Whether a person put it away, having failed. Nothing else says so: its state is what it was.
    pub dismissed: bool,
    /// Who is to look at it, if anybody was named.
    pub assigned: Option<String>,
    /// Its current revision.
    pub revision: Option<RevisionNumber>,
    /// How far the current revision is to be trusted, 0..1.
    pub score: Option<f64>,
    /// Volume of all objects in millilitres.
    pub volume_ml: Option<f64>,
    /// Who decided last, or asked for the current revision.
    pub reviewer: Option<String>,
    /// Why, if the decision that stands has a reason.
    pub reason: Option<String>,
    /// Folder and stem of its result files, once they are reserved. Of this case alone.
    pub output: Option<PathBuf>,
    /// What the next revision may replace at `output` that this case did not write.
    pub replaces: Replaces,
    /// What lies there, while the case asks about it.
    pub found: Option<FoundResult>,
    /// When it was made.
    pub created: Timestamp,
    /// When anything about it last changed. A note changes nothing.
    pub updated: Timestamp,
}

impl Case {
    /// A case for a scan that nobody has seen before; `fault` if it cannot be used.
    pub fn new(
        id: CaseId,
        source: Source,
        content: String,
        profile: String,
        fault: Option<Fault>,
        now: Now,
    ) -> Self {
        Case {
            id,
            source,
            content,
            profile,
            reads: None,
            listing: Listing::Listed,
            state: match fault {
                Some(_) => CaseState::Failed,
                None => CaseState::Waiting,
            },
            fault,
            dismissed: false,
            assigned: None,
            revision: None,
            score: None,
            volume_ml: None,
            reviewer: None,
            reason: None,
            output: None,
            replaces: Replaces::Nothing,
            found: None,
            created: now.date,
            updated: now.date,
        }
    }

    /// Whether it is in the list of cases.
    pub fn is_listed(&self) -> bool {
        self.listing == Listing::Listed
    }

    /// The case that the files of its scan belong to.
    pub fn owner_of_files(&self) -> &CaseId {
        self.reads.as_ref().unwrap_or(&self.id)
    }

    /// The work that makes its first revision, or another one without a person.
    pub fn machines_task(&self) -> Task {
        match self.reads {
            None => Task::Segment,
            Some(_) => Task::Copy,
        }
    }

    /// Whether a person or a policy has decided on the current revision.
    pub fn is_decided(&self) -> bool {
        matches!(
            self.state,
            CaseState::Approved | CaseState::Rejected | CaseState::Flagged
        )
    }

    /// Whether a worker has it in hand.
    pub fn is_in_hand(&self) -> bool {
        matches!(self.state, CaseState::Embedding | CaseState::Segmenting)
    }

    /// Moves it to a state, with the fault that explains a failure or a pause.
    pub fn put(&mut self, state: CaseState, fault: Option<&Fault>, now: Now) {
        self.state = state;
        self.fault = fault.cloned();
        self.found = None;
        self.dismissed = false;
        self.updated = now.date;
    }

    /// Refuses a person who looked at another revision than the current one. `author` is who made
    /// the current one.
    pub fn check_revision(&self, asked: RevisionNumber, author: &str) -> Result<(), Refusal> {
        if !self.state.is_decidable() && self.state != CaseState::Segmenting {
            return Err(self.refuse("there is nothing to look at yet"));
        }
        match self.revision {
            Some(current) if current == asked => Ok(()),
            Some(current) => Err(Refusal::OtherRevision {
                case: self.id.clone(),
                asked,
                current,
                author: author.to_owned(),
            }),
            None => Err(Refusal::NoSuchRevision {
                case: self.id.clone(),
                number: asked,
            }),
        }
    }

    /// The refusal of a request that needs another state.
    pub fn refuse(&self, needed: &'static str) -> Refusal {
        Refusal::WrongState {
            case: self.id.clone(),
            state: self.state,
            needed,
        }
    }

    /// Takes in a new revision, which `author` asked for by `task`; its number and the line for the
    /// log. What was decided on the revision before it counts no more.
    pub fn revise(
        &mut self,
        provenance: &Provenance,
        task: &Task,
        author: &str,
        worker: &str,
        now: Now,
    ) -> (RevisionNumber, Entry) {
        let number = self.revision.unwrap_or(0) + 1;
        let expected = || {
            let expected = provenance.objects.iter().filter_map(|o| o.predicted_iou());
            expected.reduce(f32::min)
        };
        let score = provenance.quality.as_ref().map(|q| q.score);
        let volumes = provenance.objects.iter().filter_map(|o| o.volume_ml);
        self.put(CaseState::Review, None, now);
        // A result for a file that is gone is there to be looked at.
        if self.listing == Listing::Withdrawn {
            self.listing = Listing::Listed;
        }
        self.revision = Some(number);
        self.score = score.or_else(expected).map(f64::from);
        self.volume_ml = volumes.reduce(|a, b| a + b);
        self.reviewer = match task {
            Task::Segment | Task::Copy => None,
            Task::Prompt { .. }
            | Task::PutUp { .. }
            | Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Boxes { .. }
            | Task::Commit { .. } => Some(author.to_owned()),
        };
        self.reason = None;
        self.replaces = Replaces::Nothing;
        let entry = Entry::new(
            &provenance.author,
            Action::Revised,
            &self.id,
            Some(number),
            worker,
        );
        (number, entry)
    }

    /// The row of the queue that people see.
    pub fn summary(&self) -> CaseSummary {
        CaseSummary {
            id: self.id.clone(),
            name: self.source.name(),
            path: self.source.place().to_string_lossy().into_owned(),
            frame: self.source.frame_number(),
            profile: self.profile.clone(),
            state: self.state,
            fault: self.fault.clone(),
            dismissed: self.dismissed,
            revision: self.revision,
            score: self.score.map(|s| s as f32),
            volume_ml: self.volume_ml,
            reviewer: self.reviewer.clone(),
            reason: self.reason.clone(),
            assigned: self.assigned.clone(),
            reads: self.reads.clone(),
            // The API knows who asks.
            you_read_first: false,
            draft: false,
            yours: false,
            created: self.created,
            updated: self.updated,
        }
    }

    /// Where it comes in the list: cases that wait for a person first, of these the ones that need a
    /// prompt, then worst score first, then the oldest.
    pub fn order(&self) -> (u32, u64, Timestamp, String) {
        let rank = match self.state {
            CaseState::Review => 0,
            CaseState::Failed => 1,
            CaseState::Flagged => 2,
            CaseState::Paused => 3,
            CaseState::Segmenting => 4,
            CaseState::Embedding => 5,
            CaseState::Waiting => 6,
            CaseState::Rejected => 7,
            CaseState::Approved => 8,
        };
        // Scores lie between 0 and 1. Without one, a case in review needs a prompt; others come last.
        let score = match self.score {
            Some(score) => 1 + (score.max(0.0) * 1e15) as u64,
            None if self.state == CaseState::Review && self.volume_ml.is_none_or(|v| v <= 0.0) => 0,
            None => u64::MAX,
        };
        (rank, score, self.created, self.id.0.clone())
    }
}
