//! Failed cases are put away, and brought back.

use super::action::context::Context;
use super::action::{Action, Decide};
use super::event::{Effect, Failure};
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::queue::batch::{Asked, Done};
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
    model.queue.unmark();
    let (away, here): (Vec<_>, Vec<_>) = cases.into_iter().partition(|(_, away)| *away);
    let ids = |cases: Vec<(CaseId, bool)>| cases.into_iter().map(|(id, _)| id).collect();
    let mut effects = ask(model, ids(here), (Asked::Dismiss, Effect::Dismiss));
    effects.extend(ask(model, ids(away), (Asked::BringBack, Effect::BringBack)));
    effects
}

/// Takes back that cases were put away.
pub(super) fn bring_back_again(model: &mut Model, cases: Vec<CaseId>) -> Vec<Effect> {
    model.batches.begin_undo(Done::PutAway(cases.clone()));
    cases.into_iter().map(Effect::BringBack).collect()
}

/// Takes back that cases were brought back.
pub(super) fn put_away_again(model: &mut Model, cases: Vec<CaseId>) -> Vec<Effect> {
    model.batches.begin_undo(Done::BroughtBack(cases.clone()));
    cases.into_iter().map(Effect::Dismiss).collect()
}

/// Asks for the same of several cases.
fn ask(
    model: &mut Model,
    mut cases: Vec<CaseId>,
    (asked, effect): (Asked, fn(CaseId) -> Effect),
) -> Vec<Effect> {
    cases.retain(|case| !model.batches.waits(asked, case));
    if cases.is_empty() {
        return Vec::new();
    }
    model.batches.begin(asked, &cases, None);
    cases.into_iter().map(effect).collect()
}

/// A case was put away or brought back, or that was refused.
pub(super) fn dismissed(model: &mut Model, case: &CaseId, result: Result<CaseSummary, Failure>) {
    let batch = model.batches.answered(
        |asked| {
            matches!(
                asked,
                Asked::Dismiss | Asked::BringBack | Asked::UndoDismissal
            )
        },
        case,
        &result,
    );
    let several = batch.filter(|batch| batch.count > 1);
    let alone = several.is_none();
    if let Some(batch) = several {
        model.notice = Some(Notice::outcome(batch.summary()));
    }
    match result {
        Ok(summary) => {
            if alone {
                let undo = Action::Decide(Decide::TakeBack);
                let undo = model.keymap.way(Context::Queue, undo);
                model.notice = Some(Notice::good(told(&summary, &undo)));
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

fn told(summary: &CaseSummary, undo: &str) -> String {
    let name = printable(&summary.name);
    match summary.dismissed {
        true => format!("{name} is put away; {undo} takes it back, /state:dismissed shows it."),
        false => format!("{name} is back: {}.", summary.state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::{Answer, Event};
    use crate::app::fixture::{connected, press, summary};
    use crate::app::handle;

    /// A key that was let go before.
    fn press_later(model: &mut Model, key: &str) -> Vec<Effect> {
        let later = model.now + jiff::SignedDuration::from_secs(2);
        handle(model, Event::Clock(later));
        press(model, key)
    }

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
        assert_eq!(model.queue.shown().count(), 1);
        assert!(model.notice.as_ref().unwrap().text.contains("put away"));

        // One key takes it back, as it does a decision.
        let effects = press(&mut model, "u");
        assert!(matches!(&effects[..], [Effect::BringBack(case)] if case.0 == "broken"));
        away.dismissed = false;
        handle(&mut model, Event::from(answer(away.clone())));
        assert_eq!(model.queue.shown().count(), 2);
        assert!(
            press_later(&mut model, "u").is_empty(),
            "nothing else was done"
        );
        press(&mut model, "j X");
        away.dismissed = true;
        handle(&mut model, Event::from(answer(away.clone())));

        press(&mut model, "/ s t a t e : d i s enter");
        assert_eq!(model.queue.selected().unwrap().id.0, "broken");
        let effects = press(&mut model, "X");
        assert!(matches!(&effects[..], [Effect::BringBack(_)]));
        away.dismissed = false;
        handle(&mut model, Event::from(answer(away)));
        assert!(model.notice.as_ref().unwrap().text.contains("is back"));
    }

    #[test]
    fn a_held_key_puts_one_case_away_and_asks_once() {
        let failed = |id| summary(id, CaseState::Failed, None);
        let mut model = connected(vec![failed("a"), failed("b")]);
        let effects = press(&mut model, "X");
        assert!(matches!(&effects[..], [Effect::Dismiss(_)]), "{effects:?}");
        assert!(press(&mut model, "X").is_empty(), "the key was not let go");
        assert!(
            press_later(&mut model, "X").is_empty(),
            "it was asked already"
        );
    }
}
