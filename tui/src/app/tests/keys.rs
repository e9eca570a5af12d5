//! Keys that were not meant, and text where none is asked for.

use super::*;
use crate::app::fixture::summary;
use jiff::SignedDuration;
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{Action, CaseSummary};

fn pause(model: &mut Model, ms: i64) {
    let now = model.now + SignedDuration::from_millis(ms);
    handle(model, Event::Clock(now));
}

/// Keys without a pause before them.
fn at_once(model: &mut Model, keys: &str) -> Vec<Effect> {
    let keys = keys.split_whitespace();
    let effects = keys.flat_map(|key| handle(model, Event::Key(key.parse().unwrap())));
    let effects: Vec<Effect> = effects.collect();
    serve(model, effects)
}

fn opened() -> Model {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    model
}

#[test]
fn text_behind_a_key_without_a_meaning_decides_nothing() {
    let mut model = opened();
    assert_eq!(press(&mut model, "/ a n a enter u r a"), []);
    assert!(notice(&model).contains("/ means nothing here"));
    assert_eq!((reviewed(&model), &model.dialog), ("one", &None));
    // After a pause keys are keys again.
    pause(&mut model, 499);
    assert_eq!(at_once(&mut model, "a"), []);
    pause(&mut model, 800);
    assert_eq!(at_once(&mut model, "a").len(), 1);
}

#[test]
fn escape_ends_text_that_goes_nowhere_and_does_nothing_else() {
    let mut model = opened();
    assert_eq!(press(&mut model, "/ n o esc a").len(), 1);
    assert_eq!(reviewed(&model), "one");
}

#[test]
fn text_typed_into_a_question_does_not_answer_it() {
    let mut model = opened();
    press(&mut model, "e b L J b D");
    assert!(matches!(model.dialog, Some(Dialog::Question(_))));
    assert_eq!(press(&mut model, "w h y"), []);
    assert!(matches!(model.dialog, Some(Dialog::Question(_))));
    press(&mut model, "n");
    assert_eq!(model.dialog, None);
}

#[test]
fn escape_and_a_letter_that_came_as_one_are_two_keys_but_decide_nothing() {
    let mut model = opened();
    press(&mut model, "w");
    assert_eq!(press(&mut model, "alt-F"), []);
    assert_eq!(model.context(), Context::Review);
    assert!(model.review().unwrap().zoom().factor() > 1.0);
    press(&mut model, "= w");
    assert_eq!(press(&mut model, "alt-a"), []);
    assert!(notice(&model).contains("together with esc"));
    assert_eq!(reviewed(&model), "one");
    // In a line of text it stays what it was.
    press(&mut model, "r n o");
    assert_eq!(press(&mut model, "alt-b"), []);
    assert!(matches!(model.dialog, Some(Dialog::Reason(_))));
}

#[test]
fn a_question_gives_the_terminal_to_the_shell_as_well() {
    let mut model = opened();
    press(&mut model, "r");
    assert_eq!(press(&mut model, "ctrl-z"), [Effect::Suspend]);
}

#[test]
fn digits_are_windows_at_once_and_a_number_for_the_key_behind_them() {
    let mut model = opened();
    let window = |model: &Model| model.review().unwrap().display.window;
    let first = window(&model);
    press(&mut model, "1");
    let abdomen = window(&model);
    assert_ne!(abdomen, first);
    assert_eq!(at_once(&mut model, "2 1"), []);
    assert_eq!(window(&model), abdomen, "compared quickly");
    pause(&mut model, 700);
    at_once(&mut model, "5 G");
    let review = model.review().unwrap();
    assert_eq!((review.index(), review.display.window), (5, abdomen));
    press(&mut model, "2");
    pause(&mut model, 700);
    at_once(&mut model, "G");
    let review = model.review().unwrap();
    assert_eq!(review.index(), 20, "the window was meant");
    assert_ne!(review.display.window, abdomen);
}

#[test]
fn nothing_else_waits_means_all_cases_or_names_the_filter() {
    let mut model = with_review(&["one", "two", "three"]);
    press(&mut model, "/ o n e enter");
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "n");
    assert_eq!(
        notice(&model),
        "Nothing else waits for review under the filter one; 2 without it."
    );
    press(&mut model, "a");
    accept(&mut model, "one", CaseState::Approved);
    assert!(notice(&model).contains("under the filter one; 2 without it"));
}

#[test]
fn news_of_ones_own_doing_say_you() {
    let mut model = opened();
    let mut told = |who: &str, action| {
        let Answer::Happened(mut event) = event(9, "one", action) else {
            panic!()
        };
        event.who = who.to_owned();
        answer(&mut model, Answer::Happened(event));
        notice(&model).to_owned()
    };
    let back = told("me", Action::Undone);
    assert_eq!(back, "You have just taken a decision back.");
    let back = told("ben", Action::Flagged);
    assert_eq!(back, "ben has just flagged this case.");
}

fn other_result() -> CaseSummary {
    let mut case = summary("one", CaseState::Paused, None);
    case.fault = Some(Fault {
        code: "output-changed".to_owned(),
        message: "/out/one_dseg.nii.gz was written on 2026-01-01 by somebody else".to_owned(),
        hint: String::new(),
    });
    case
}

#[test]
fn a_result_in_the_way_is_kept_or_replaced_when_its_case_is_opened_or_tried_again() {
    for (open, key, output) in [
        ("enter", "k", OutputChoice::Keep),
        ("R", "r", OutputChoice::Replace),
    ] {
        let mut model = connected(vec![other_result()]);
        assert_eq!(press(&mut model, open), []);
        let Some(Dialog::OtherResult(dialog)) = &model.dialog else {
            panic!("{open}: {:?}", model.dialog);
        };
        assert!(dialog.text.contains("2026-01-01"));
        let case = id("one");
        assert_eq!(press(&mut model, key), [Effect::RetryWith { case, output }]);
        assert_eq!(model.dialog, None);
    }
    let mut model = connected(vec![other_result()]);
    press(&mut model, "R");
    assert_eq!(press(&mut model, "esc"), []);
    assert_eq!(model.dialog, None);
}
