//! Files beside a scan from which prompts come: what a new or changed one means for the case.

use super::{Case, DAEMON, Entry, Now};
use medicosam_shared::case::{Action, CaseState, Event};
use medicosam_shared::provenance::PromptSource;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A file beside a scan from which prompts come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// What a file beside a scan means for its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing: its content was seen before, or used already.
    Old,
    /// It is noted, but a person has decided, and their decision stands.
    Noted(Entry),
    /// The case is segmented again.
    Again(Entry),
}

/// What stands between a file and its hash in the audit log.
const HASH: &str = " (SHA-256 ";

/// A file in the audit log.
fn line(path: &str, sha256: &str) -> String {
    format!("{path}{HASH}{sha256})")
}

/// Compares a finished file with what the case has seen of it. `used` are the files that the current
/// revision was made of.
pub fn news(case: &Case, history: &[Event], used: &[PromptSource], file: &PromptsFile) -> News {
    let path = file.path.to_string_lossy();
    let detail = line(&path, &file.sha256);
    let of_file = format!("{path}{HASH}");
    let known = history
        .iter()
        .rfind(|e| e.action == Action::Beside && e.detail.starts_with(&of_file));
    if known.is_some_and(|event| event.detail.starts_with(&detail)) {
        return News::Old;
    }
    // Its path counts only once something was said of that path: a file that moves with its scan says
    // nothing new.
    if used
        .iter()
        .any(|s| s.sha256 == file.sha256 && (known.is_none() || s.path == path))
    {
        return News::Old;
    }
    let entry = |detail| Entry::new(DAEMON, Action::Beside, &case.id, case.revision, detail);
    if case.is_decided() {
        let note = format!("{detail}; not used, because a person has decided");
        return News::Noted(entry(note));
    }
    News::Again(entry(detail))
}

/// Moves a case back into the queue because of such a file. A worker that has it in hand moves it
/// itself; the new work comes after that.
pub fn requeue(case: &mut Case, now: Now) {
    if !case.is_in_hand() {
        case.put(CaseState::Waiting, None, now);
    }
}

/// Whether the files that a new revision was made of are the last that were seen beside the scan. Then
/// the work that was queued for them is not needed: the worker read them before it was queued.
pub fn has_used_all(history: &[Event], used: &[PromptSource]) -> bool {
    // The last entry about each file counts.
    let mut last = BTreeMap::new();
    for event in history.iter().filter(|e| e.action == Action::Beside) {
        let file = event.detail.split(HASH).next().unwrap_or_default();
        last.insert(file, event.detail.as_str());
    }
    let is_used = |detail: &str| used.iter().any(|s| detail == line(&s.path, &s.sha256));
    !last.is_empty() && last.values().all(|detail| is_used(detail))
}
