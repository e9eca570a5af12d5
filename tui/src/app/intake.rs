//! The queue of the daemon's work: which case comes next, and whether scans are begun at all.

use super::event::{Effect, Failure};
use super::state::model::Model;
use super::state::notice::Notice;
use medicosam_shared::api::Intake;
use medicosam_shared::case::{CaseId, CaseState, CaseSummary};
use medicosam_shared::text::printable;

/// Puts what is marked or selected first, if it waits.
pub(super) fn hurry(model: &mut Model) -> Vec<Effect> {
    let waits = |case: &&CaseSummary| matches!(case.state, CaseState::Waiting | CaseState::Paused);
    let marked = model.queue.marked().filter(waits);
    let mut cases: Vec<CaseId> = marked.map(|case| case.id.clone()).collect();
    if cases.is_empty() {
        let selected = model.queue.selected();
        cases.extend(selected.filter(waits).map(|case| case.id.clone()));
    }
    if cases.is_empty() {
        if let Some(case) = model.queue.selected() {
            let text = format!("It is {}; only cases that wait are put first.", case.state);
            model.notice = Some(Notice::bad(text));
        }
        return Vec::new();
    }
    model.queue.unmark();
    cases.into_iter().map(Effect::Hurry).collect()
}

/// Pauses the intake, or resumes it.
pub(super) fn pause(model: &Model) -> Vec<Effect> {
    let paused = model.status.as_ref().map(|status| status.paused.is_some());
    paused.map_or_else(Vec::new, |paused| vec![Effect::PauseIntake(!paused)])
}

/// A case was put first, or not.
pub(super) fn hurried(model: &mut Model, result: Result<CaseSummary, Failure>) {
    model.notice = Some(match result {
        Ok(case) => Notice::good(format!("{} is next.", printable(&case.name))),
        Err(failure) => Notice::failure(&failure),
    });
}

/// The intake was paused or resumed, or not.
pub(super) fn changed(model: &mut Model, result: Result<Intake, Failure>) {
    model.notice = Some(match result {
        Ok(Intake { paused }) => {
            let text = match &paused {
                Some(_) => {
                    "The intake is paused: no scan is begun until it is resumed. What you ask for is done."
                }
                None => "The intake goes on.",
            };
            if let Some(status) = &mut model.status {
                status.paused = paused;
            }
            Notice::good(text)
        }
        Err(failure) => Notice::failure(&failure),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{connected, press, summary};
    use crate::app::{Answer, Context, Event, handle};
    use jiff::Timestamp;
    use medicosam_shared::api::IntakePause;

    fn answer(model: &mut Model, answer: Answer) {
        handle(model, Event::from(answer));
    }

    fn notice(model: &Model) -> &str {
        model.notice.as_ref().map_or("", |notice| &notice.text)
    }

    #[test]
    fn what_waits_is_put_first_and_nothing_else() {
        let mut model = connected(vec![
            summary("waits", CaseState::Waiting, None),
            summary("done", CaseState::Review, Some(0.9)),
        ]);
        assert_eq!(model.context(), Context::Queue);
        press(&mut model, "g");
        let first = model.queue.selected().unwrap().id.clone();
        let (waits, done) = match first.0.as_str() {
            "done" => ("j T", "g T"),
            _ => ("g T", "j T"),
        };
        assert_eq!(press(&mut model, done), []);
        assert!(
            notice(&model).contains("only cases that wait"),
            "{}",
            notice(&model)
        );
        let effects = press(&mut model, waits);
        assert!(
            matches!(&effects[..], [.., Effect::Hurry(case)] if case.0 == "waits"),
            "{effects:?}"
        );
        let case = summary("waits", CaseState::Waiting, None);
        answer(&mut model, Answer::Hurried(Ok(case)));
        assert!(notice(&model).ends_with("is next."), "{}", notice(&model));
    }

    #[test]
    fn the_intake_is_paused_and_resumed_by_one_key() {
        let mut model = connected(vec![summary("waits", CaseState::Waiting, None)]);
        assert_eq!(press(&mut model, "!"), [Effect::PauseIntake(true)]);
        let pause = IntakePause {
            who: "ana".to_owned(),
            since: Timestamp::UNIX_EPOCH,
        };
        answer(
            &mut model,
            Answer::Intake(Ok(Intake {
                paused: Some(pause),
            })),
        );
        assert!(notice(&model).contains("paused"));
        assert_eq!(press(&mut model, "!"), [Effect::PauseIntake(false)]);
        answer(&mut model, Answer::Intake(Ok(Intake { paused: None })));
        assert_eq!(notice(&model), "The intake goes on.");
    }
}
