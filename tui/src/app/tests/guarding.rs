//! What keeps a key from approving what nobody has looked at.

use super::*;
use crate::app::dialog::approval::Approval;
use crate::app::state::doubts::Doubts;
use jiff::SignedDuration;
use medicosam_shared::api::ProfileStatus;
use medicosam_shared::case::CaseSummary;

/// A key some milliseconds after the last event.
fn key_after(model: &mut Model, ms: i64, key: &str) -> Vec<Effect> {
    let now = model.now + SignedDuration::from_millis(ms);
    handle(model, Event::Clock(now));
    let effects = handle(model, Event::Key(key.parse().unwrap()));
    serve(model, effects)
}

/// The terminal shows all masks of the open case, on pictures that come at once.
fn show_at_once(model: &mut Model) {
    for index in 5..=8 {
        let effects = model.review_mut().unwrap().look(index);
        serve(model, effects);
        show(model);
    }
}

fn doubts(model: &Model) -> Option<&Doubts> {
    match &model.dialog {
        Some(Dialog::Approval(Approval { doubts, .. })) => Some(doubts),
        _ => None,
    }
}

#[test]
fn a_key_that_is_held_down_approves_one_case() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut model = with_review(&names);
    press(&mut model, "enter");
    show_at_once(&mut model);
    let mut approved = 0;
    // The first repeat comes late, and the next case is there for more than half a second by then.
    let pauses = std::iter::once(900).chain([660]).chain([33; 60]);
    for pause in pauses {
        for effect in key_after(&mut model, pause, "a") {
            let Effect::Decide { case, .. } = effect else {
                continue;
            };
            approved += 1;
            accept(&mut model, &case.0, CaseState::Approved);
            show_at_once(&mut model);
        }
    }
    assert_eq!(approved, 1);
    assert!(notice(&model).contains("held down"), "{}", notice(&model));
    // Let go, and pressed again.
    let again = key_after(&mut model, 300, "a");
    assert_eq!(again, [decision("b", 1, Verdict::Approve, "")]);
}

#[test]
fn a_held_key_answers_no_question_and_takes_nothing_back() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show(&mut model);
    press(&mut model, "a");
    key_after(&mut model, 0, "enter");
    assert_eq!(model.dialog, None, "pressed once, it approves");
    accept(&mut model, "one", CaseState::Approved);
    show(&mut model);
    press(&mut model, "a");
    assert_eq!(key_after(&mut model, 30, "]"), []);
    assert_eq!(press(&mut model, "u").len(), 1);
    assert_eq!(key_after(&mut model, 500, "u"), []);
    assert!(notice(&model).contains("held down"));
}

#[test]
fn a_case_that_has_only_just_come_is_not_approved_but_can_be_rejected() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show_at_once(&mut model);
    assert_eq!(key_after(&mut model, 499, "a"), []);
    assert!(notice(&model).contains("only just"), "{}", notice(&model));
    key_after(&mut model, 0, "r");
    assert!(matches!(model.dialog, Some(Dialog::Reason(_))));
    press(&mut model, "esc");
    let approved = key_after(&mut model, 0, "a");
    assert_eq!(approved, [decision("one", 1, Verdict::Approve, "")]);
}

#[test]
fn a_clock_that_is_set_back_locks_nothing() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show_at_once(&mut model);
    let approved = key_after(&mut model, -3_600_000, "a");
    assert_eq!(approved, [decision("one", 1, Verdict::Approve, "")]);
}

/// Opens a case whose objects have these areas on the slices that were asked about.
fn open_with(model: &mut Model, case: &CaseSummary, objects: &[(&str, &[u64])]) {
    let effects = handle(model, Event::Key("enter".parse().unwrap()));
    let mut read = detail(&case.id.0, CaseState::Review, 1);
    read.summary = case.clone();
    let results = &mut read.revisions[0].provenance.objects;
    let pattern = results[0].clone();
    *results = objects
        .iter()
        .map(|(name, areas)| {
            let mut object = pattern.clone();
            object.name = (*name).to_owned();
            object.slices.truncate(areas.len());
            for (slice, area) in object.slices.iter_mut().zip(*areas) {
                slice.area = *area;
            }
            object
        })
        .collect();
    for effect in effects {
        match effect {
            Effect::LoadCase(case) => {
                let result = Ok(Box::new(read.clone()));
                answer(model, Answer::Case { case, result });
            }
            other => {
                serve(model, vec![other]);
            }
        }
    }
    show_all(model);
}

#[test]
fn a_case_without_any_object_is_asked_about() {
    let mut case = summary("one", CaseState::Review, None);
    case.revision = Some(1);
    let mut model = connected(vec![case.clone()]);
    open_with(&mut model, &case, &[]);
    assert_eq!(press(&mut model, "a"), []);
    assert!(doubts(&model).unwrap().nothing_asked);
    assert_eq!(press(&mut model, "enter"), [], "a key of habit does not do");
    assert!(doubts(&model).is_some());
    let approved = press(&mut model, "Y");
    assert_eq!(approved, [decision("one", 1, Verdict::Approve, "")]);
}

#[test]
fn what_is_empty_or_was_never_asked_for_is_named_before_an_approval() {
    let case = summary("one", CaseState::Review, Some(0.9));
    let mut model = connected(vec![case.clone()]);
    open_with(
        &mut model,
        &case,
        &[("liver", &[0, 0]), ("spleen", &[]), ("kidney", &[7])],
    );
    assert_eq!(press(&mut model, "a"), []);
    let found = doubts(&model).unwrap();
    assert_eq!(found.empty, ["liver"]);
    assert_eq!(found.without_prompt, ["spleen"]);
    assert_eq!((found.unseen, found.low.len()), (0, 0));
    let approved = press(&mut model, "Y");
    assert_eq!(approved, [decision("one", 1, Verdict::Approve, "")]);
}

#[test]
fn a_score_below_the_limit_of_the_profile_is_named() {
    for (limit, asks) in [(0.7, false), (0.72, true)] {
        let case = summary("one", CaseState::Review, Some(0.71));
        let mut model = connected(vec![case]);
        model.status.as_mut().unwrap().profiles = vec![ProfileStatus {
            name: "lung-nodule".to_owned(),
            score_limit: limit,
            second_reading: 0.0,
        }];
        press(&mut model, "enter");
        show_all(&mut model);
        press(&mut model, "a");
        let low = doubts(&model).map(|doubts| doubts.low.clone());
        assert_eq!(low, asks.then(|| vec![(0.71, limit)]));
        if asks {
            assert_eq!(
                press(&mut model, "enter").len(),
                1,
                "usual where a profile is strict"
            );
        }
    }
}

#[test]
fn without_a_picture_nothing_was_seen() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    for _ in 0..30 {
        let Subject::Slice(subject) = model.subject() else {
            panic!("no picture");
        };
        handle(&mut model, Event::Shown(subject.showing.unpictured()));
        press(&mut model, "j");
    }
    assert_eq!(model.coverage(&id("one"), 1), (0, 4));
    assert_eq!(press(&mut model, "a"), []);
    assert!(doubts(&model).unwrap().unpictured);
    assert_eq!(press(&mut model, "Y").len(), 1);
}

#[test]
fn an_approval_with_a_draft_open_is_asked_about() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "e b l l j j b q");
    assert_eq!(press(&mut model, "a"), []);
    assert!(doubts(&model).unwrap().draft);
}

#[test]
fn a_case_that_needs_a_prompt_stands_first() {
    let mut unprompted = summary("none", CaseState::Review, None);
    unprompted.revision = Some(1);
    let cases = vec![
        summary("good", CaseState::Review, Some(0.9)),
        summary("bad", CaseState::Review, Some(0.1)),
        unprompted,
        summary("failed", CaseState::Failed, None),
    ];
    let model = connected(cases);
    let shown: Vec<&str> = model.queue.shown().map(|case| &*case.id.0).collect();
    assert_eq!(shown, ["none", "bad", "good", "failed"]);
    assert!(model.queue.shown().next().unwrap().needs_prompt());
}
