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

/// A file beside a scan that is gone, while the scan is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedPrompts {
    /// Where it lay.
    pub path: PathBuf,
    /// Whether it is a sidecar. Any other is a label map, without which nothing can be made again.
    pub is_sidecar: bool,
}

/// What a file beside a scan means for its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing: its content was seen before, or used already.
    Old,
    /// Nothing either, but it is noted: it is known at this place from now on.
    Known(Entry),
    /// It is noted, and the current revision stands: a person has decided, or nothing better can be
    /// made.
    Noted(Entry),
    /// The case is segmented again.
    Again(Entry),
}

/// Why a revision stays although what it was made of is gone.
pub const NOTHING_REMAINS: &str =
    "the revision stays: what it was made of is gone, and nothing else says where its objects are";

/// What stands between a file and its hash in the audit log.
const HASH: &str = " (SHA-256 ";

/// What stands behind a file that is gone.
const GONE: &str = " is not there any more";

/// A file in the audit log.
fn line(path: &str, sha256: &str) -> String {
    format!("{path}{HASH}{sha256})")
}

/// What a line of the audit log says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said<'a> {
    /// It has the content of this hash.
    Content(&'a str),
    /// It is not there.
    Gone,
}

/// The file that a line is about, and what it says.
fn parse(event: &Event) -> Option<(&str, Said<'_>)> {
    if event.action != Action::Beside {
        return None;
    }
    if let Some((path, rest)) = event.detail.rsplit_once(HASH) {
        return Some((path, Said::Content(rest.split(')').next()?)));
    }
    let (path, _) = event.detail.rsplit_once(GONE)?;
    Some((path, Said::Gone))
}

/// What the audit log says last of the file at `path`.
fn last_said<'a>(history: &'a [Event], path: &str) -> Option<Said<'a>> {
    let mut said = history.iter().rev().filter_map(parse);
    said.find(|(of, _)| *of == path).map(|(_, said)| said)
}

fn entry(case: &Case, detail: String) -> Entry {
    Entry::new(DAEMON, Action::Beside, &case.id, case.revision, detail)
}

/// Compares a finished file with what the case has seen of it. `used` are the files that the current
/// revision was made of.
pub fn news(case: &Case, history: &[Event], used: &[PromptSource], file: &PromptsFile) -> News {
    let path = file.path.to_string_lossy();
    let detail = line(&path, &file.sha256);
    let known = last_said(history, &path);
    if known == Some(Said::Content(&file.sha256)) {
        return News::Old;
    }
    let mut used = used.iter().filter(|source| source.sha256 == file.sha256);
    // Its path counts only once something was said of that path: a file that moves with its scan says
    // nothing new.
    if let Some(source) = used.find(|source| known.is_none() || source.path == path) {
        return match source.path == path {
            true => News::Old,
            false => News::Known(entry(case, detail)),
        };
    }
    again_unless_decided(case, detail)
}

/// What it means for a case that a file beside its scan was removed. `used` are the files that the
/// current revision was made of.
pub fn removed(
    case: &Case,
    history: &[Event],
    used: &[PromptSource],
    file: &RemovedPrompts,
) -> News {
    let path = file.path.to_string_lossy();
    let known = last_said(history, &path);
    let is_used = used.iter().any(|source| source.path == path);
    // One that makes the scan fail may never have been said anything of.
    let may_be_read = case.is_in_hand()
        || case.revision.is_none() && matches!(case.state, CaseState::Failed | CaseState::Paused);
    let counts = match known {
        Some(Said::Gone) => false,
        Some(Said::Content(_)) => true,
        None => is_used || may_be_read,
    };
    if !counts {
        return News::Old;
    }
    let detail = format!("{path}{GONE}");
    if !file.is_sidecar {
        let note = format!("{detail}; what was made of it stays");
        return News::Noted(entry(case, note));
    }
    again_unless_decided(case, detail)
}

fn again_unless_decided(case: &Case, detail: String) -> News {
    if case.is_decided() {
        let note = format!("{detail}; not used, because a person has decided");
        return News::Noted(entry(case, note));
    }
    News::Again(entry(case, detail))
}

/// Moves a case back into the queue because of a file beside its scan. A worker that has it in hand moves it
/// itself; the new work comes after that.
pub fn requeue(case: &mut Case, now: Now) {
    if !case.is_in_hand() {
        case.put(CaseState::Waiting, None, now);
    }
}

/// Whether a new revision was made of what was last seen beside the scan. Then the work that was queued
/// for that is not needed: the worker read the files before it was queued.
pub fn has_used_all(history: &[Event], used: &[PromptSource]) -> bool {
    // The last entry about each file counts.
    let last: BTreeMap<&str, Said<'_>> = history.iter().filter_map(parse).collect();
    let is_used = |(path, said): (&&str, &Said<'_>)| match said {
        Said::Content(sha256) => used.iter().any(|s| s.sha256 == *sha256),
        Said::Gone => used.iter().all(|s| s.path != **path),
    };
    !last.is_empty() && last.iter().all(is_used)
}

/// Ends work that would make a revision of nothing. `resting` is the state of the case without it.
pub fn leave(case: &mut Case, resting: CaseState, who: &str, now: Now) -> Entry {
    case.put(resting, None, now);
    Entry::new(who, Action::Noted, &case.id, case.revision, NOTHING_REMAINS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Tick;
    use crate::scan::Source;
    use jiff::Timestamp;
    use medicosam_shared::case::CaseId;

    const PATH: &str = "/in/a.prompts.json";

    fn case(state: CaseState, revision: Option<u32>) -> Case {
        let now = Now {
            date: Timestamp::UNIX_EPOCH,
            tick: Tick(1),
        };
        let id = CaseId("0a1b2c".to_owned());
        let source = Source::file("/in/a.nii");
        let case = Case::new(id, source, "c".to_owned(), "p".to_owned(), None, now);
        Case {
            state,
            revision,
            ..case
        }
    }

    fn event(detail: &str) -> Event {
        Event {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            who: DAEMON.to_owned(),
            action: Action::Beside,
            case: None,
            revision: None,
            detail: detail.to_owned(),
        }
    }

    fn used(path: &str) -> Vec<PromptSource> {
        vec![PromptSource {
            path: path.to_owned(),
            sha256: "1".to_owned(),
            used: String::new(),
        }]
    }

    fn remove(case: &Case, history: &[Event], used: &[PromptSource]) -> News {
        let file = RemovedPrompts {
            path: PATH.into(),
            is_sidecar: true,
        };
        removed(case, history, used, &file)
    }

    fn is_again(news: &News) -> bool {
        matches!(news, News::Again(_))
    }

    #[test]
    fn a_removed_sidecar_counts_where_something_was_made_of_it() {
        let review = case(CaseState::Review, Some(1));
        assert_eq!(remove(&review, &[], &[]), News::Old, "nobody used it");
        assert!(is_again(&remove(&review, &[], &used(PATH))));
        let seen = event(&line(PATH, "2"));
        assert!(is_again(&remove(&review, std::slice::from_ref(&seen), &[])));
        let gone = event(&format!("{PATH}{GONE}"));
        let history = [seen, gone.clone()];
        assert_eq!(remove(&review, &history, &[]), News::Old, "it is known");
        // It returns as it was.
        let file = PromptsFile {
            path: PATH.into(),
            sha256: "1".to_owned(),
        };
        assert!(is_again(&news(&review, &[gone], &[], &file)));
    }

    #[test]
    fn a_removed_sidecar_frees_a_case_that_failed_for_it() {
        for state in [CaseState::Failed, CaseState::Paused, CaseState::Embedding] {
            assert!(is_again(&remove(&case(state, None), &[], &[])), "{state}");
        }
        // Its turn has not come: it will find what there is then.
        assert_eq!(remove(&case(CaseState::Waiting, None), &[], &[]), News::Old);
    }

    #[test]
    fn a_decision_and_what_was_made_of_a_label_map_stand() {
        let approved = case(CaseState::Approved, Some(1));
        let News::Noted(noted) = remove(&approved, &[], &used(PATH)) else {
            panic!("the decision stands");
        };
        assert!(noted.detail.ends_with("a person has decided"), "{noted:?}");
        let review = case(CaseState::Review, Some(1));
        let map = RemovedPrompts {
            path: "/in/a_seg.nii".into(),
            is_sidecar: false,
        };
        let news = removed(&review, &[], &used("/in/a_seg.nii"), &map);
        assert!(matches!(news, News::Noted(_)), "{news:?}");
    }

    #[test]
    fn work_is_needed_no_more_once_a_revision_knows_that_the_file_is_gone() {
        let history = [event(&line(PATH, "1")), event(&format!("{PATH}{GONE}"))];
        assert!(has_used_all(&history, &[]));
        assert!(!has_used_all(&history, &used(PATH)), "it was read before");
        assert!(has_used_all(&history[..1], &used(PATH)));
        assert!(!has_used_all(&[], &[]));
    }
}
