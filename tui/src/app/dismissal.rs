//! Failed cases are put away, and brought back.

use super::event::{Effect, Failure};
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::queue::batch::Asked;
use medicosam_shared::case::{CaseId, CaseState, CaseSummary};
use medicosam_shared::text::printable;

/// Puts away what is marked, selected or looked at, if it has failed; brings it back if it is away.
pub(super) fn dismiss(model: &mut Model) -> Vec<Effect> {
    let in_queue = matches!(model.screen, Screen::Queue);
    let failed = |case: &&CaseSummary| case.state == CaseState::Failed;
    let marked = model.queue.marked().filter(|case| in_queue && failed(case));
    let mut cases: Vec<(CaseId, bool)> = marked.map(|c| (c.id.clone(), c.dismissed)).collect();
    if cases.is_empty() {
        let current = model.current();
        cases.extend(current.filter(failed).map(|c| (c.id.clone(), c.dismissed)));
    }
    if cases.is_empty() {
        if let Some(case) = model.current() {
            let text = format!("It is {}; only failed cases are put away.", case.state);
            model.notice = Some(Notice::bad(text));
        }
        return Vec::new();
    }
    let ids: Vec<CaseId> = cases.iter().map(|(id, _)| id.clone()).collect();
    model.batches.begin(Asked::Dismiss, &ids, None);
    model.queue.unmark();
    let effect = |(case, dismissed)| match dismissed {
        false => Effect::Dismiss(case),
        true => Effect::BringBack(case),
    };
    cases.into_iter().map(effect).collect()
}

/// A case was put away or brought back, or that was refused.
pub(super) fn dismissed(model: &mut Model, case: &CaseId, result: Result<CaseSummary, Failure>) {
    let batch = model
        .batches
        .answered(|asked| asked == Asked::Dismiss, case, &result);
    let several = batch.filter(|batch| batch.count > 1);
    let alone = several.is_none();
    if let Some(batch) = several {
        model.notice = Some(Notice::outcome(batch.summary()));
    }
    match result {
        Ok(summary) => {
            if alone {
                model.notice = Some(Notice::good(told(&summary)));
            }
            let leaves = summary.dismissed && model.review_of(case).is_some();
            model.queue.put(vec![summary]);
            if leaves {
                let notice = model.notice.take();
                model.close();
                model.notice = notice;
            }
            model.scroll();
        }
        Err(failure) if alone => model.notice = Some(Notice::failure(&failure)),
        Err(_) => {}
    }
}

fn told(summary: &CaseSummary) -> String {
    let name = printable(&summary.name);
    match summary.dismissed {
        true => format!("{name} is put away; /state:dismissed shows it, to bring it back."),
        false => format!("{name} is back: {}.", summary.state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::{Answer, Event};
    use crate::app::fixture::{connected, press, summary};
    use crate::app::handle;

    #[test]
    fn a_failed_case_leaves_the_list_and_comes_back() {
        let failed = summary("broken", CaseState::Failed, None);
        let good = summary("good", CaseState::Review, Some(0.9));
        let mut model = connected(vec![good, failed.clone()]);
        assert!(press(&mut model, "X").is_empty(), "it is in review");
        let effects = press(&mut model, "j X");
        assert!(matches!(&effects[..], [Effect::Dismiss(case)] if case.0 == "broken"));
        let mut away = failed;
        away.dismissed = true;
        let answer = |summary: CaseSummary| Answer::Dismissed {
            case: summary.id.clone(),
            result: Ok(summary),
        };
        handle(&mut model, Event::from(answer(away.clone())));
        assert_eq!(model.queue.shown().len(), 1);
        assert!(model.notice.as_ref().unwrap().text.contains("put away"));

        press(&mut model, "/ s t a t e : d i s enter");
        assert_eq!(model.queue.selected().unwrap().id.0, "broken");
        let effects = press(&mut model, "X");
        assert!(matches!(&effects[..], [Effect::BringBack(_)]));
        away.dismissed = false;
        handle(&mut model, Event::from(answer(away)));
        assert!(model.notice.as_ref().unwrap().text.contains("is back"));
    }
}
