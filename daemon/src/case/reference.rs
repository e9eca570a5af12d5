//! Reference masks beside a case, and revisions that are made of them as they are.

use super::corrections::check_nobody_corrects;
use super::task::Task;
use super::work::WorkItem;
use super::{Case, Entry, Refusal};
use medicosam_shared::case::{Action, RevisionNumber};
use medicosam_shared::reference::Reference;
use medicosam_shared::scan_name::stem;
use medicosam_shared::text::printable;

/// Most characters of a name.
const LONGEST_NAME: usize = 64;

/// Most references of a case.
pub const MOST_REFERENCES: usize = 16;

/// The name of a reference from the file `file_name`: the one that was given, or that of the file.
pub fn name(given: Option<&str>, file_name: &str) -> Result<String, Refusal> {
    let name = given.unwrap_or_else(|| stem(file_name)).trim();
    let is_name = !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(name.to_owned()),
        false => Err(Refusal::NoReferenceName(name.to_owned())),
    }
}

/// The line for the log when a reference is kept; `kept` are the names of the others.
pub fn keep(case: &Case, kept: &[String], reference: &Reference) -> Result<Entry, Refusal> {
    if kept.len() >= MOST_REFERENCES && !kept.contains(&reference.name) {
        return Err(case.refuse("it has as many references as it can have; remove one first"));
    }
    let detail = format!("reference {:?}: {}", reference.name, origin(reference));
    let action = Action::Noted;
    Ok(Entry::new(
        &reference.by,
        action,
        &case.id,
        case.revision,
        detail,
    ))
}

/// The line for the log when a reference is removed.
pub fn remove(case: &Case, name: &str, who: &str) -> Entry {
    let detail = format!("reference {name:?} removed");
    Entry::new(who, Action::Noted, &case.id, case.revision, detail)
}

/// Work that makes a revision of exactly the masks of a reference, in place of `revision`. It is a
/// correction like any other: `open` is the open work of the case, and `author` made its current
/// revision.
pub fn put_up(
    case: &Case,
    open: &[WorkItem],
    author: &str,
    (revision, reference): (RevisionNumber, &Reference),
) -> Result<(WorkItem, Entry), Refusal> {
    case.check_revision(revision, author)?;
    check_nobody_corrects(case, open)?;
    if case.is_decided() {
        return Err(case.refuse("take the decision back first (`medicosam undo`)"));
    }
    let task = Task::PutUp {
        revision,
        reference: reference.name.clone(),
        sha256: reference.sha256.clone(),
    };
    let detail = format!("put up as it is: {}", origin(reference));
    let (who, action) = (reference.by.as_str(), Action::Prompted);
    Ok((
        WorkItem::new(&case.id, task, who),
        Entry::new(who, action, &case.id, Some(revision), detail),
    ))
}

/// Where a reference comes from, in words.
pub fn origin(reference: &Reference) -> String {
    let (path, hash) = (printable(&reference.path), &reference.sha256);
    format!("{path} (SHA-256 {hash})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Now, Tick};
    use crate::scan::Source;
    use jiff::Timestamp;
    use medicosam_shared::case::{CaseId, CaseState};

    const NOW: Now = Now {
        date: Timestamp::UNIX_EPOCH,
        tick: Tick(1),
    };

    fn case(state: CaseState) -> Case {
        let source = Source::file("/in/a.nii");
        let id = CaseId("0a1b2c".to_owned());
        let case = Case::new(id, source, "c".to_owned(), "p".to_owned(), None, NOW);
        Case {
            state,
            revision: Some(1),
            ..case
        }
    }

    fn reference() -> Reference {
        Reference {
            name: "expert".to_owned(),
            path: "/data/expert.nii.gz".to_owned(),
            sha256: "abc".to_owned(),
            labels: Vec::new(),
            by: "ana".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_name_is_given_or_that_of_the_file() {
        assert_eq!(name(None, "expert.nii.gz"), Ok("expert".to_owned()));
        assert_eq!(name(Some(" atlas "), "x.nii"), Ok("atlas".to_owned()));
        for wrong in ["", "  ", "a\nb", &"x".repeat(LONGEST_NAME + 1)] {
            let refusal = name(Some(wrong), "x.nii").unwrap_err();
            assert_eq!(refusal.code(), "no-reference-name", "{wrong:?}");
        }
    }

    #[test]
    fn a_case_has_so_many_references_and_one_is_replaced() {
        let case = case(CaseState::Review);
        let mut kept: Vec<String> = (1..MOST_REFERENCES).map(|n| n.to_string()).collect();
        assert!(keep(&case, &kept, &reference()).is_ok());
        kept.push("expert".to_owned());
        let entry = keep(&case, &kept, &reference()).unwrap();
        assert!(entry.detail.contains("SHA-256 abc"), "{entry:?}");
        kept[0] = "other".to_owned();
        *kept.last_mut().unwrap() = "another".to_owned();
        assert!(keep(&case, &kept, &reference()).is_err());
    }

    #[test]
    fn masks_are_put_up_on_the_revision_that_was_seen_and_not_over_a_decision() {
        let reference = reference();
        let up = |case: &Case, revision, open: &[WorkItem]| {
            put_up(case, open, "ben", (revision, &reference)).map(|(item, _)| item)
        };
        let review = case(CaseState::Review);
        let item = up(&review, 1, &[]).unwrap();
        assert!(item.task.corrects() && item.author == "ana");
        let code = |refused: Result<WorkItem, Refusal>| refused.unwrap_err().code();
        assert_eq!(code(up(&review, 2, &[])), "other-revision");
        assert_eq!(code(up(&review, 1, &[item])), "being-corrected");
        assert_eq!(code(up(&case(CaseState::Approved), 1, &[])), "wrong-state");
    }
}
