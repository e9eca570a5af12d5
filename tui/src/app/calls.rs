//! When somebody who looks elsewhere is to be called: a case comes up for review, or needs a person
//! because it failed. What people did themselves calls nobody.

use super::state::queue::Queue;
use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_shared::fault_code::FaultCode;

/// The call for newer versions of cases, which are not in the queue yet; without names, because it may
/// appear on a locked screen.
pub(super) fn call(queue: &Queue, newer: &[CaseSummary]) -> Option<String> {
    let came = |wanted: fn(&CaseSummary) -> bool| {
        let new = newer.iter().filter(|case| {
            let known = queue.get(&case.id);
            wanted(case) && !known.is_some_and(wanted)
        });
        new.count()
    };
    let text = match (came(is_up), came(needs_help)) {
        (0, 0) => return None,
        (1, 0) => "a case is up for review".to_owned(),
        (up, 0) => format!("{up} cases are up for review"),
        (0, 1) => "a case needs help".to_owned(),
        (0, failed) => format!("{failed} cases need help"),
        (up, failed) => format!("up for review: {up}, in need of help: {failed}"),
    };
    Some(format!("medicosam: {text}"))
}

/// In review by its profile; a correction comes back to the person who asked for it.
fn is_up(case: &CaseSummary) -> bool {
    case.awaits_you() && case.reviewer.is_none()
}

/// Failed, or waiting for a choice that only a person can make.
fn needs_help(case: &CaseSummary) -> bool {
    let asks = |case: &CaseSummary| {
        let fault = case.fault.as_ref();
        fault.is_some_and(|fault| fault.is(FaultCode::OutputChanged))
    };
    match case.state {
        CaseState::Failed => !case.dismissed,
        CaseState::Paused => asks(case),
        CaseState::Waiting
        | CaseState::Embedding
        | CaseState::Segmenting
        | CaseState::Review
        | CaseState::Approved
        | CaseState::Rejected
        | CaseState::Flagged => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::summary;

    #[test]
    fn only_what_newly_needs_a_person_calls() {
        let mut queue = Queue::default();
        queue.replace(vec![
            summary("busy", CaseState::Segmenting, None),
            summary("known", CaseState::Review, Some(0.9)),
        ]);
        let now = |cases: &[CaseSummary]| call(&queue, cases);
        let up = |id| summary(id, CaseState::Review, Some(0.9));
        let says = |text: &str| Some(format!("medicosam: {text}"));
        assert_eq!(now(&[up("busy")]), says("a case is up for review"));
        assert_eq!(
            now(&[up("busy"), up("new")]),
            says("2 cases are up for review")
        );
        assert_eq!(now(&[up("known")]), None, "it was up before");
        let failed = summary("busy", CaseState::Failed, None);
        assert_eq!(
            now(std::slice::from_ref(&failed)),
            says("a case needs help")
        );
        assert_eq!(
            now(&[failed, up("new")]),
            says("up for review: 1, in need of help: 1")
        );
        let mut corrected = up("busy");
        corrected.reviewer = Some("ana".to_owned());
        assert_eq!(now(&[corrected]), None, "ana waits for it");
        assert_eq!(now(&[summary("busy", CaseState::Embedding, None)]), None);
    }
}
