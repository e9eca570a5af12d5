//! Requests and responses, one struct per message.
//!
//! Unknown fields of a response are ignored, so that a client may be older than its daemon;
//! unknown fields of a request are refused, so that nothing asked for is silently dropped.

use crate::activity::Activity;
use crate::case::{CaseId, CaseSummary, Fault, RevisionNumber, Verdict};
use crate::correction::SliceChange;
use crate::draft::{Draft, Step};
pub use crate::draft::{DraftChange, DraftRequest};
use crate::progress::Progress;
use crate::prompt::{SlicePrompt, VolumeBox};
use crate::propagation::Propagation;
use crate::quality::DOUBTFUL;
use crate::reference::Reference;
use crate::understands::Understands;
use serde::{Deserialize, Serialize};

/// Version of this API. A client refuses a daemon of another one.
pub const API_VERSION: u32 = 2;

/// `GET /version`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// Version of the daemon.
    pub version: String,
    /// Version of the API.
    pub api: u32,
    /// The commit it was built from; `development` for builds that are not for release.
    #[serde(default)]
    pub build: String,
}

impl VersionInfo {
    /// The version of this build.
    pub fn current() -> Self {
        VersionInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            api: API_VERSION,
            build: env!("MEDICOSAM_BUILD").to_owned(),
        }
    }

    /// Both versions in words, if the daemon `self` and this program were built from different
    /// sources. They understand one another as long as the API is the same, but a fault that is
    /// mended in one may remain in the other.
    pub fn differs(&self) -> Option<String> {
        let own = VersionInfo::current();
        (self.version != own.version || self.build != own.build)
            .then(|| format!("the daemon is {self}, this client is {own}"))
    }
}

impl std::fmt::Display for VersionInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let build = if self.build.is_empty() {
            "unknown"
        } else {
            &self.build
        };
        write!(f, "{} (build {build})", self.version)
    }
}

/// `POST /v1/cases/{id}/retry`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// What becomes of the result that the case found in its place (`output-changed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputChoice>,
    /// SHA-256 of the label map that was looked at (`output_found` of the case): only that one is
    /// replaced. If another lies there by now, the request is refused, or the case asks again. Without
    /// it, whatever lies there is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// What becomes of a result that a case found where its own go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputChoice {
    /// It stays; the results of the case go beside it, under another name.
    Keep,
    /// The next result of the case replaces it.
    Replace,
}

/// `GET /v1/status`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Versions.
    pub version: VersionInfo,
    /// Process id of the daemon.
    pub pid: u32,
    /// Number of cases in each state that has any.
    pub cases: std::collections::BTreeMap<String, u64>,
    /// Files that are still being written.
    pub settling: Vec<String>,
    /// Watched folders.
    pub roots: Vec<RootStatus>,
    /// Workers.
    pub workers: Vec<WorkerStatus>,
    /// Position of the newest entry of the event log.
    pub last_event: u64,
    /// Who looks at which case.
    #[serde(default)]
    pub viewers: Vec<Viewer>,
    /// The user who asks, as decisions name them; empty in answers of older daemons.
    #[serde(default)]
    pub you: String,
    /// Profiles; empty in answers of older daemons.
    #[serde(default)]
    pub profiles: Vec<ProfileStatus>,
    /// The pause of the intake, while there is one.
    #[serde(default)]
    pub paused: Option<IntakePause>,
    /// What keeps the daemon itself from working: a full disk, no more files that it may open.
    #[serde(default)]
    pub troubles: Vec<Fault>,
}

impl Status {
    /// What somebody should look at, in two or three words: a trouble of the daemon, or what it passes over.
    pub fn in_trouble(&self) -> Option<String> {
        let passed_over = self.roots.iter().flat_map(|root| &root.passed_over);
        let count: u64 = passed_over.filter(|p| p.matters).map(|p| p.count).sum();
        match (self.troubles.first(), count) {
            (Some(trouble), _) => Some(trouble.code.replace('-', " ")),
            (None, 0) => None,
            (None, count) => Some(format!("{count} passed over")),
        }
    }

    /// The score below which a result of a profile is doubtful.
    pub fn score_limit(&self, profile: &str) -> f32 {
        let known = self.profiles.iter().find(|known| known.name == profile);
        known.map_or(DOUBTFUL, |known| known.score_limit)
    }
}

/// That no scans are begun for now: what is being done is finished, and prompts and drafts are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakePause {
    /// Who said so.
    pub who: String,
    /// When.
    pub since: jiff::Timestamp,
}

/// Answer to `POST /v1/intake/pause` and `/v1/intake/resume`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// The pause, while there is one.
    pub paused: Option<IntakePause>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileStatus {
    /// Its name.
    pub name: String,
    /// The score below which its results are doubtful: that of its `review`, if it has one.
    pub score_limit: f32,
    /// The share of its decided cases that are read a second time, 0..1.
    #[serde(default)]
    pub second_reading: f64,
}

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootStatus {
    /// Its path.
    pub path: String,
    /// Its profile.
    pub profile: String,
    /// What is wrong with it, with a folder below it or with its output folder, if anything is.
    pub problem: Option<String>,
    /// Whether it is away (not mounted, or not to be read): its scans may still exist, and its
    /// cases wait until it is back.
    #[serde(default)]
    pub away: bool,
    /// What in it is not dealt with, by kind; empty in answers of older daemons.
    #[serde(default)]
    pub passed_over: Vec<PassedOver>,
}

/// Files or folders of one kind that are not dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The kind: `unreadable`, `link`, `special-file`, `too-deep`, `too-many`, `other-file`.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// The path of one of them.
    pub example: String,
    /// What to do about them.
    pub hint: String,
    /// Whether somebody probably waits for them. Files that are no scans by their name are normal.
    pub matters: bool,
}

/// A worker process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerStatus {
    /// Its number, from 1.
    pub number: u32,
    /// Its process, while it runs.
    pub pid: Option<u32>,
    /// What it does right now.
    pub activity: Activity,
    /// The case it works on.
    pub case: Option<crate::case::CaseId>,
    /// The device that it runs on, which has passed its test: `cpu`, `cuda:0`; `None` if no device
    /// has yet.
    pub device: Option<String>,
    /// Why it does not run on its preferred device, if it runs on another.
    #[serde(default)]
    pub fallback: Option<Fault>,
    /// How often it crashed or hung since the daemon was started.
    #[serde(default)]
    pub restarts: u32,
    /// Name and version of the runtime.
    pub runtime: Option<String>,
    /// Slices done and slices to do of the case it works on.
    pub progress: Option<Progress>,
    /// The fault that keeps it from working, if there is one.
    pub fault: Option<Fault>,
}

/// `GET /v1/cases`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseList {
    /// The cases, those that wait for a person first, worst score first.
    pub cases: Vec<CaseSummary>,
    /// Position in the event log that the list stands for.
    pub last_event: u64,
}

/// `POST /v1/cases/{id}/decision`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// The revision that was looked at. Another current revision is a conflict (409).
    pub revision: RevisionNumber,
    /// The decision.
    pub verdict: Verdict,
    /// Why; may be empty for an approval.
    #[serde(default)]
    pub reason: String,
    /// Whether it may replace the decision of another reviewer on the same revision, which is
    /// otherwise a conflict (409). One's own decision can always be changed.
    #[serde(default)]
    pub overrule: bool,
}

/// `POST /v1/cases/{id}/undo`: takes back one's own last decision on a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// The revision that was decided on; another current one is a conflict (409). `None`: the
    /// current one.
    #[serde(default)]
    pub revision: Option<RevisionNumber>,
}

/// `POST /v1/cases/{id}/note`: a remark for the audit log, which decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// The remark.
    pub text: String,
}

/// `POST /v1/cases/{id}/assign`: says who is to look at a case. That is a mark and no lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignRequest {
    /// The login name of the user; `null` for nobody. It must be given: an empty request takes nothing
    /// from anybody.
    #[serde(deserialize_with = "Option::deserialize")]
    pub to: Option<String>,
}

/// `POST /v1/cases/{id}/references`: reads a label map, and keeps its masks beside the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceRequest {
    /// The whole path of the label map, on the daemon's machine.
    pub path: String,
    /// The name; that of the file, without its ending, if it is missing. A reference of that name is
    /// replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Makes a revision of exactly these masks as well, in place of this revision. Another current
    /// revision is a conflict (409).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_up: Option<RevisionNumber>,
}

/// Answer to a [`ReferenceRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceResponse {
    /// The reference.
    pub reference: Reference,
    /// The revision that was made of it; `None` if none was asked for, or it is not there yet.
    pub revision: Option<RevisionNumber>,
}

/// `POST /v1/cases/{id}/references/remove`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveReferenceRequest {
    /// Which.
    pub name: String,
}

/// Somebody who looks at a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Who.
    pub who: String,
    /// At which case.
    pub case: CaseId,
    /// Since when.
    pub since: jiff::Timestamp,
}

/// One message of `GET /v1/live`: transient state, which is not persisted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Who else looks at which case. A viewer does not see itself.
    pub viewers: Vec<Viewer>,
    /// Workers, and how far they are.
    pub workers: Vec<WorkerStatus>,
    /// Mean seconds that a worker took for each of the last scans (not prompts); `None` before the
    /// first since the daemon was started.
    pub scan_s: Option<f64>,
    /// The pause of the intake, while there is one.
    #[serde(default)]
    pub paused: Option<IntakePause>,
    /// Watched folders; `None` from older daemons.
    #[serde(default)]
    pub roots: Option<Vec<RootStatus>>,
    /// What keeps the daemon itself from working.
    #[serde(default)]
    pub troubles: Vec<Fault>,
}

/// `POST /v1/cases/{id}/prompts`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptRequest {
    /// The revision to start from. Another current revision is a conflict (409).
    pub revision: RevisionNumber,
    /// What to segment again; each prompt replaces its object on its slice.
    #[serde(default)]
    pub prompts: Vec<SlicePrompt>,
    /// Boxes in the volume; each replaces its object on its slices, by the rule for 3-D boxes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<VolumeBox>,
    /// That rule, if not the one of the case's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Propagation>,
}

/// Answer to a [`PromptRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "outcome")]
pub enum PromptResponse {
    /// The new mask is there.
    Revised {
        /// The new revision.
        revision: RevisionNumber,
        /// What the prompts have changed.
        #[serde(default)]
        changes: Vec<SliceChange>,
    },
    /// The request has waited long enough for the work; the event stream announces its end.
    Queued,
    /// The work failed; the case is as it was.
    Failed {
        /// Why.
        fault: Fault,
    },
}

/// `GET /v1/cases/{id}/draft`: the draft of the user who asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftView {
    /// The draft, if there is one.
    pub draft: Option<Draft>,
    /// The prompts that the model of the case understands; `None` if they are not known.
    pub understands: Option<Understands>,
}

/// Answer to a [`DraftRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "outcome")]
#[expect(
    clippy::large_enum_variant,
    reason = "answers are large, and most of what there is"
)]
pub enum DraftResponse {
    /// The draft is changed.
    Changed {
        /// Its version now.
        version: u64,
        /// Its position now.
        position: u32,
        /// The step that is the last one now, if it is new.
        step: Option<Step>,
        /// What is being segmented.
        working: Option<Progress>,
    },
    /// The draft is a revision now, and is gone.
    Revised {
        /// The revision.
        revision: RevisionNumber,
    },
    /// The request has waited long enough for the work; the draft shows its end.
    Queued,
    /// The work failed; the draft is as it was.
    Failed {
        /// Why.
        fault: Fault,
    },
}

/// `GET /v1/cases/{id}/draft/progress?after=VERSION`: answered when the draft has another
/// version, or after a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftProgress {
    /// The version of the draft; 0: there is none.
    pub version: u64,
    /// How many of its steps count.
    #[serde(default)]
    pub position: u32,
    /// What is being segmented.
    pub working: Option<Progress>,
    /// Why the last segmentation failed, if it did.
    pub fault: Option<Fault>,
}

/// Body of every response that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: Fault,
}

/// Values of one slice as the daemon sends them, in file order, x fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceValues {
    /// Size.
    pub shape: crate::geometry::SliceShape,
    /// Voxel values after the file's scaling (for CT: HU); of a picture with colours, their
    /// brightness.
    pub values: Vec<f32>,
    /// Red, green and blue of each pixel, where the scan is a picture with colours and they were asked
    /// for.
    pub colours: Option<Vec<[u8; 3]>>,
}

impl SliceValues {
    /// Those of a slice without colours.
    pub fn grey(shape: crate::geometry::SliceShape, values: Vec<f32>) -> Self {
        SliceValues {
            shape,
            values,
            colours: None,
        }
    }

    /// Those of a slice with colours, by the luma of ITU-R BT.709.
    pub fn coloured(shape: crate::geometry::SliceShape, colours: Vec<[u8; 3]>) -> Self {
        let luma = |&[r, g, b]: &[u8; 3]| {
            (2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b)) / 10_000
        };
        SliceValues {
            shape,
            values: colours.iter().map(|colour| luma(colour) as f32).collect(),
            colours: Some(colours),
        }
    }
}

/// Headers of `GET /v1/cases/{id}/slices/{plane}/{index}`.
pub mod slice_headers {
    /// Columns.
    pub const WIDTH: &str = "medicosam-width";
    /// Rows.
    pub const HEIGHT: &str = "medicosam-height";
    /// `int16` or `float32`, little-endian; `rgb8`: red, green and blue.
    pub const TYPE: &str = "medicosam-type";
}
