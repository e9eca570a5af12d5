//! Failed cases that nobody can repair are put away, and brought back. A case that is put away is not
//! listed by default and does not count; as soon as anything moves it, it is back by itself.

use super::{Case, Entry, Now, Refusal};
use medicosam_shared::case::{Action, CaseState};

/// Puts a failed case away.
pub fn dismiss(case: &mut Case, who: &str, now: Now) -> Result<Option<Entry>, Refusal> {
    if case.state != CaseState::Failed {
        return Err(case.refuse("only failed cases can be put away"));
    }
    Ok(set(case, true, who, now))
}

/// Brings a case back that was put away.
pub fn bring_back(case: &mut Case, who: &str, now: Now) -> Option<Entry> {
    set(case, false, who, now)
}

/// Nothing changes if it is in that state already: asking twice is no error.
fn set(case: &mut Case, dismissed: bool, who: &str, now: Now) -> Option<Entry> {
    if case.dismissed == dismissed {
        return None;
    }
    case.dismissed = dismissed;
    case.updated = now.date;
    let action = match dismissed {
        true => Action::Dismissed,
        false => Action::Restored,
    };
    Some(Entry::new(who, action, &case.id, case.revision, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Tick;
    use crate::scan::Source;
    use jiff::Timestamp;
    use medicosam_shared::case::{CaseId, Fault};

    const NOW: Now = Now {
        date: Timestamp::UNIX_EPOCH,
        tick: Tick(1),
    };

    fn failed() -> Case {
        let fault = Fault {
            code: "gzip-truncated".to_owned(),
            message: "the file ends in the middle".to_owned(),
            hint: "Copy it again.".to_owned(),
        };
        let source = Source::file("/in/a.nii.gz");
        let (content, profile) = (String::new(), "p".to_owned());
        Case::new(
            CaseId("a".to_owned()),
            source,
            content,
            profile,
            Some(fault),
            NOW,
        )
    }

    #[test]
    fn a_failed_case_is_put_away_once_and_comes_back() {
        let mut case = failed();
        let entry = dismiss(&mut case, "ana", NOW).unwrap().unwrap();
        assert_eq!((entry.action, case.dismissed), (Action::Dismissed, true));
        assert_eq!(
            dismiss(&mut case, "bea", NOW),
            Ok(None),
            "it is away already"
        );
        assert_eq!(case.state, CaseState::Failed, "it still says why");
        let entry = bring_back(&mut case, "bea", NOW).unwrap();
        assert_eq!((entry.action, case.dismissed), (Action::Restored, false));
        assert_eq!(bring_back(&mut case, "bea", NOW), None);
    }

    #[test]
    fn whatever_moves_a_case_brings_it_back_and_others_are_not_put_away() {
        let mut case = failed();
        dismiss(&mut case, "ana", NOW).unwrap();
        case.put(CaseState::Waiting, None, NOW);
        assert!(!case.dismissed);
        let refusal = dismiss(&mut case, "ana", NOW).unwrap_err();
        assert_eq!(refusal.code(), "wrong-state");
    }
}
