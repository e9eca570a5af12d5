//! Cases: a scan on its way from the watched folder to a decision.

use crate::fault_code::FaultCode;
use crate::provenance::{OutputFiles, Provenance, ScanInfo};
use crate::reference::Reference;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Identity of a case: the first 12 hex digits of a hash over the scan's content and the name of
/// its profile. The same content under another name is the same case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub String);

impl std::fmt::Display for CaseId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Number of a revision within its case, from 1.
pub type RevisionNumber = u32;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    /// Identified, waiting for a worker.
    Waiting,
    /// A worker reads the scan and computes embeddings.
    Embedding,
    /// A worker turns prompts into masks and writes them.
    Segmenting,
    /// Waits for a person.
    Review,
    /// A person approved the current revision.
    Approved,
    /// A person rejected it.
    Rejected,
    /// A person wants somebody else to look.
    Flagged,
    /// The scan cannot be used; the fault says why.
    Failed,
    /// The environment is at fault (disk full, model missing); goes on by itself.
    Paused,
}

impl CaseState {
    /// All states, in the order of a case's life.
    pub const ALL: [CaseState; 9] = [
        CaseState::Waiting,
        CaseState::Embedding,
        CaseState::Segmenting,
        CaseState::Review,
        CaseState::Approved,
        CaseState::Rejected,
        CaseState::Flagged,
        CaseState::Failed,
        CaseState::Paused,
    ];

    /// The word used in the API, the store and on the screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            CaseState::Waiting => "waiting",
            CaseState::Embedding => "embedding",
            CaseState::Segmenting => "segmenting",
            CaseState::Review => "review",
            CaseState::Approved => "approved",
            CaseState::Rejected => "rejected",
            CaseState::Flagged => "flagged",
            CaseState::Failed => "failed",
            CaseState::Paused => "paused",
        }
    }

    /// Whether a person can decide on a case in this state, for the first time or again.
    pub const fn is_decidable(self) -> bool {
        matches!(
            self,
            CaseState::Review | CaseState::Approved | CaseState::Rejected | CaseState::Flagged
        )
    }
}

impl std::fmt::Display for CaseState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for CaseState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CaseState::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| format!("unknown state {text:?}"))
    }
}

/// What went wrong, for people and for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable code, for example `gzip-truncated`.
    pub code: String,
    /// What was being done, to which file, and what was found.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    /// Whether it has this code.
    pub fn is(&self, code: FaultCode) -> bool {
        self.code == code.as_str()
    }
}

/// A case as a row of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Identity.
    pub id: CaseId,
    /// File name of the scan.
    pub name: String,
    /// Full path of the scan: its file, or the first file of several.
    pub path: String,
    /// Which volume of that file it is, counted from 0, if the file holds several.
    #[serde(default)]
    pub frame: Option<u64>,
    /// Profile that it is segmented by.
    pub profile: String,
    /// Where it stands.
    pub state: CaseState,
    /// Why it failed or paused.
    pub fault: Option<Fault>,
    /// Whether a person has put it away, having failed.
    #[serde(default)]
    pub dismissed: bool,
    /// Current revision, if there is one.
    pub revision: Option<RevisionNumber>,
    /// Trust in its result, 0..1; for a revision by an older version the lowest mean predicted IoU
    /// of its objects.
    pub score: Option<f32>,
    /// Volume of all objects in millilitres.
    pub volume_ml: Option<f64>,
    /// Who decided last, or asked for the current revision.
    pub reviewer: Option<String>,
    /// Why, if the decision that stands has a reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether the user who asks has changes on it that are no revision yet.
    #[serde(default)]
    pub draft: bool,
    /// The case of which this is a second reading, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<CaseId>,
    /// Whether it is a second reading and the user who asks has read the first, so that somebody else
    /// has to read this one.
    #[serde(default)]
    pub you_read_first: bool,
    /// Who is to look at it, if it was assigned to somebody. Others may decide on it all the same.
    #[serde(default)]
    pub assigned: Option<String>,
    /// Whether it is assigned to the user who asks.
    #[serde(default)]
    pub yours: bool,
    /// When it was identified.
    pub created: Timestamp,
    /// When anything about it last changed. A note changes nothing.
    pub updated: Timestamp,
}

impl CaseSummary {
    /// Whether it waits for a person because nothing was asked about it: its profile gave no prompts, and
    /// nobody put masks there.
    pub fn needs_prompt(&self) -> bool {
        let is_empty = self.volume_ml.is_none_or(|volume| volume <= 0.0);
        let unasked = self.revision.is_some() && self.score.is_none() && is_empty;
        self.state == CaseState::Review && unasked
    }

    /// Whether it waits for the user who asks, or for anybody.
    pub fn awaits_you(&self) -> bool {
        self.state == CaseState::Review && !self.you_read_first
    }
}

/// A case with all its details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseDetail {
    /// The row of the queue.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Geometry of the scan, once its header has been read.
    pub scan: Option<ScanInfo>,
    /// SHA-256 of the scan's bytes.
    pub sha256: String,
    /// Its revisions, oldest first.
    pub revisions: Vec<Revision>,
    /// What happened to it, oldest first.
    pub history: Vec<Event>,
    /// Reference masks that were put beside it, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// What lies where its results go, while it asks whether to keep or to replace that
    /// (`output-changed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_found: Option<FoundResult>,
}

/// A label map that lies where the results of a case go, and that the case did not write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundResult {
    /// The file.
    pub label_map: String,
    /// SHA-256 of its bytes, in hex; `None` if it is no plain file.
    pub sha256: Option<String>,
    /// When it was last changed, if the system knows.
    pub modified: Option<Timestamp>,
}

impl CaseDetail {
    /// The current revision.
    pub fn current(&self) -> Option<&Revision> {
        self.revisions
            .iter()
            .find(|r| Some(r.number) == self.summary.revision)
    }
}

/// One segmentation of a case. Never changed once written, but for where its files lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// Its number.
    pub number: RevisionNumber,
    /// The revision that it changed; `None` for a segmentation by profile.
    pub parent: Option<RevisionNumber>,
    /// How it came about.
    pub provenance: Provenance,
    /// Where its files lie; they hold the newest revision.
    pub output: OutputFiles,
}

/// A person's judgement of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Good as it is.
    Approve,
    /// Not usable.
    Reject,
    /// Somebody else should look.
    Flag,
}

impl Verdict {
    /// The state that a case goes to.
    pub const fn state(self) -> CaseState {
        match self {
            Verdict::Approve => CaseState::Approved,
            Verdict::Reject => CaseState::Rejected,
            Verdict::Flag => CaseState::Flagged,
        }
    }
}

/// One entry of the audit log, and one message of the event stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the log; grows by every entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a user, `daemon`, or `worker <n>`.
    pub who: String,
    /// What.
    pub action: Action,
    /// About which case.
    pub case: Option<CaseId>,
    /// About which revision.
    pub revision: Option<RevisionNumber>,
    /// More, in words; empty if there is no more.
    pub detail: String,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A new scan was identified.
    Identified,
    /// A worker took the case.
    Claimed,
    /// The case moved on to another stage.
    Stage,
    /// A worker lost the case (crash, lease over); it waits again.
    Released,
    /// A new revision was written.
    Revised,
    /// A person approved.
    Approved,
    /// A person rejected.
    Rejected,
    /// A person flagged.
    Flagged,
    /// A person took back a decision of their own.
    Undone,
    /// A person left a note.
    Noted,
    /// A person said who is to look at the case.
    Assigned,
    /// A person asked for another mask.
    Prompted,
    /// A person began a draft.
    Drafted,
    /// A person discarded a draft.
    Discarded,
    /// A file beside the scan, from which prompts come, is new or has changed.
    Beside,
    /// A person asked to try again.
    Retried,
    /// A person put the case first in the queue.
    Hurried,
    /// A person paused the intake: no scans are begun. About no case.
    Halted,
    /// A person ended that pause. About no case.
    Resumed,
    /// A person put the case away, which had failed.
    Dismissed,
    /// A person brought it back.
    Restored,
    /// The case failed.
    Failed,
    /// The case waits for its environment.
    Paused,
    /// The file was replaced; a newer case stands for it.
    Superseded,
    /// The file was moved or renamed, and the case with it.
    Moved,
    /// The file was removed before there was a result; the case is off the list until it returns.
    Withdrawn,
}

impl Action {
    /// The word used in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Identified => "identified",
            Action::Claimed => "claimed",
            Action::Stage => "stage",
            Action::Released => "released",
            Action::Revised => "revised",
            Action::Approved => "approved",
            Action::Rejected => "rejected",
            Action::Flagged => "flagged",
            Action::Undone => "undone",
            Action::Noted => "noted",
            Action::Assigned => "assigned",
            Action::Prompted => "prompted",
            Action::Drafted => "drafted",
            Action::Discarded => "discarded",
            Action::Beside => "beside",
            Action::Retried => "retried",
            Action::Hurried => "hurried",
            Action::Halted => "halted",
            Action::Resumed => "resumed",
            Action::Dismissed => "dismissed",
            Action::Restored => "restored",
            Action::Failed => "failed",
            Action::Paused => "paused",
            Action::Superseded => "superseded",
            Action::Moved => "moved",
            Action::Withdrawn => "withdrawn",
        }
    }
}

impl From<Verdict> for Action {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approve => Action::Approved,
            Verdict::Reject => Action::Rejected,
            Verdict::Flag => Action::Flagged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_as_their_words() {
        for state in CaseState::ALL {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
            assert_eq!(state.as_str().parse::<CaseState>(), Ok(state));
        }
    }

    #[test]
    fn actions_are_written_as_their_words() {
        for action in [
            Action::Identified,
            Action::Revised,
            Action::Undone,
            Action::Noted,
            Action::Assigned,
            Action::Hurried,
            Action::Halted,
            Action::Resumed,
            Action::Dismissed,
            Action::Restored,
            Action::Beside,
            Action::Superseded,
            Action::Moved,
            Action::Withdrawn,
        ] {
            let json = serde_json::to_string(&action).unwrap();
            assert_eq!(json, format!("\"{}\"", action.as_str()));
        }
    }
}
