//! Who is to look at a case. A mark and no lock: anybody else may decide, and the history says so.

use super::{Case, DAEMON, Entry, Now, Refusal};
use medicosam_shared::case::Action;

/// Most characters of a user's name.
const LONGEST_NAME: usize = 256;

/// Says that `to` is to look at a case, or nobody in particular. Nothing where that is so already.
pub fn assign(
    case: &mut Case,
    to: Option<&str>,
    who: &str,
    now: Now,
) -> Result<Option<Entry>, Refusal> {
    if let Some(name) = to {
        check_name(name)?;
    }
    if case.assigned.as_deref() == to {
        return Ok(None);
    }
    let to_whom = format!("to {}", to.unwrap_or("nobody"));
    let detail = match &case.assigned {
        Some(before) => format!("{to_whom}; before to {before}"),
        None => to_whom,
    };
    case.assigned = to.map(str::to_owned);
    case.updated = now.date;
    let action = Action::Assigned;
    Ok(Some(Entry::new(
        who,
        action,
        &case.id,
        case.revision,
        detail,
    )))
}

/// A user may come from a directory that this machine asks only at the login, so any name will do that
/// could be one.
fn check_name(name: &str) -> Result<(), Refusal> {
    let is_name = !name.trim().is_empty()
        && name.trim() == name
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    match is_name {
        true => Ok(()),
        false => Err(Refusal::NoUserName(name.to_owned())),
    }
}

/// The line for the log behind a decision of `who` on a case that is somebody else's.
pub fn note_other_decider(case: &Case, who: &str) -> Option<Entry> {
    let whose = case.assigned.as_deref().filter(|whose| *whose != who)?;
    let detail = format!("{who} decided, though the case is assigned to {whose}");
    let action = Action::Noted;
    Some(Entry::new(DAEMON, action, &case.id, case.revision, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Tick;
    use crate::scan::Source;
    use jiff::Timestamp;
    use medicosam_shared::case::CaseId;

    const NOW: Now = Now {
        date: Timestamp::UNIX_EPOCH,
        tick: Tick(1),
    };

    fn case() -> Case {
        let source = Source::file("/in/a.nii");
        let id = CaseId("0a1b2c".to_owned());
        Case::new(id, source, "c".to_owned(), "p".to_owned(), None, NOW)
    }

    #[test]
    fn the_history_says_to_whom_and_to_whom_before() {
        let mut case = case();
        let details = [Some("ana"), Some("ana"), Some("ben"), None].map(|to| {
            let entry = assign(&mut case, to, "eva", NOW).unwrap();
            entry.map(|entry| entry.detail)
        });
        let said = [
            "to ana",
            "to ben; before to ana",
            "to nobody; before to ben",
        ];
        let said = said.map(|text| Some(text.to_owned()));
        let [first, second, third] = said;
        assert_eq!(details, [first, None, second, third]);
        assert_eq!(case.assigned, None);
    }

    #[test]
    fn what_can_be_no_name_is_refused_and_a_number_without_a_name_is_not() {
        let long = "a".repeat(LONGEST_NAME + 1);
        for name in ["", " ", " ana", "ana\n", "a\u{1b}[2J", &long] {
            let refusal = assign(&mut case(), Some(name), "eva", NOW).unwrap_err();
            assert_eq!(refusal.code(), "no-user-name", "{name:?}");
        }
        assert!(assign(&mut case(), Some("uid 3999999999"), "eva", NOW).is_ok());
    }

    #[test]
    fn a_decision_by_another_is_named() {
        let mut case = case();
        assert_eq!(note_other_decider(&case, "ana"), None, "nobody's case");
        assign(&mut case, Some("ana"), "eva", NOW).unwrap();
        assert_eq!(note_other_decider(&case, "ana"), None);
        let entry = note_other_decider(&case, "ben").unwrap();
        assert!(entry.detail.contains("ben") && entry.detail.contains("ana"));
    }
}
