//! Reasons that were given before, to be given again: the same few words for the same fault.

use medicosam_shared::case::{CaseSummary, Verdict};

/// Most that are offered.
const MOST: usize = 20;

/// The reasons of decisions of this kind, each once, the last one first.
pub(super) fn reasons(cases: &[CaseSummary], verdict: Verdict) -> Vec<String> {
    let decided = cases.iter().filter(|case| case.state == verdict.state());
    let mut decided: Vec<&CaseSummary> = decided.collect();
    decided.sort_by_key(|case| std::cmp::Reverse(case.updated));
    let mut reasons: Vec<String> = Vec::new();
    for reason in decided.into_iter().filter_map(|case| case.reason.as_ref()) {
        if reasons.len() < MOST && !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{noon, summary};
    use jiff::SignedDuration;
    use medicosam_shared::case::CaseState;

    #[test]
    fn each_reason_comes_once_and_the_last_one_first() {
        let rejected = |id, reason: &str, hours| CaseSummary {
            reason: Some(reason.to_owned()),
            updated: noon() + SignedDuration::from_hours(hours),
            ..summary(id, CaseState::Rejected, None)
        };
        let flagged = CaseSummary {
            reason: Some("ask".to_owned()),
            ..summary("d", CaseState::Flagged, None)
        };
        let cases = [
            rejected("a", "motion", 1),
            rejected("b", "wrong series", 3),
            rejected("c", "motion", 2),
            flagged,
        ];
        assert_eq!(reasons(&cases, Verdict::Reject), ["wrong series", "motion"]);
        assert_eq!(reasons(&cases, Verdict::Flag), ["ask"]);
    }
}
