mod commands;
mod deciding;
mod drafts_everywhere;
mod guarding;
mod keys;
mod listing;
mod notices;
mod painting;
mod previewing;
mod prompting;
mod references;
mod spreading;

use super::fixture::{
    all_keys, connected, detail, masks, press, serve, show, show_all, summary, wait, with_review,
};
use super::*;
use medicosam_shared::api::DecisionRequest;
use medicosam_shared::case::{self, CaseId, CaseState, Fault, Verdict};
use medicosam_shared::geometry::Plane;
use medicosam_shared::window::Range;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn id(text: &str) -> CaseId {
    CaseId(text.to_owned())
}

fn answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let effects = handle(model, Event::from(answer));
    serve(model, effects)
}

fn request(revision: u32, verdict: Verdict, reason: &str) -> DecisionRequest {
    DecisionRequest {
        revision,
        verdict,
        reason: reason.to_owned(),
        overrule: false,
    }
}

fn decision(case: &str, revision: u32, verdict: Verdict, reason: &str) -> Effect {
    Effect::Decide {
        case: id(case),
        request: request(revision, verdict, reason),
    }
}

fn accept(model: &mut Model, case: &str, state: CaseState) -> Vec<Effect> {
    let mut now = summary(case, state, Some(0.7));
    now.updated += jiff::SignedDuration::from_mins(1);
    answer(
        model,
        Answer::Decided {
            case: id(case),
            request: request(1, Verdict::Approve, ""),
            result: Ok(now),
        },
    )
}

fn failure(message: &str, conflict: bool) -> Failure {
    Failure {
        fault: Fault {
            code: "x".to_owned(),
            message: message.to_owned(),
            hint: String::new(),
        },
        conflict,
    }
}

fn reviewed(model: &Model) -> &str {
    &model.review().expect("a case is open").case.0
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |n| &n.text)
}

#[test]
fn one_key_approves_and_opens_the_next_case() {
    let mut model = with_review(&["one", "two"]);
    let ahead = [Effect::ReadAhead(id("two"))];
    assert_eq!(
        press(&mut model, "enter"),
        ahead,
        "read before it is opened"
    );
    show_all(&mut model);
    assert_eq!(
        press(&mut model, "a"),
        [decision("one", 1, Verdict::Approve, "")]
    );
    accept(&mut model, "one", CaseState::Approved);
    assert_eq!(reviewed(&model), "two");
    show_all(&mut model);
    press(&mut model, "a");
    accept(&mut model, "two", CaseState::Approved);
    assert!(matches!(model.screen, Screen::Queue));
    assert!(notice(&model).contains("Nothing else waits"));
}

#[test]
fn what_has_not_been_on_the_screen_cannot_be_decided_on() {
    let mut model = with_review(&["one", "two"]);
    assert_eq!(press(&mut model, "a"), [], "in the queue, never opened");
    press(&mut model, "enter");
    assert_eq!(
        press(&mut model, "a r b a d enter f esc"),
        [],
        "open, but not drawn"
    );

    // Drawn without its masks is not enough.
    press(&mut model, "space");
    assert_eq!(show(&mut model).unwrap().revision, None);
    assert_eq!(press(&mut model, "a"), []);
    press(&mut model, "space");
    show_all(&mut model);
    press(&mut model, "q");
    assert_eq!(
        press(&mut model, "a"),
        [decision("one", 1, Verdict::Approve, "")],
        "seen, then decided on in the queue"
    );
}

#[test]
fn keys_typed_ahead_decide_once() {
    let mut model = with_review(&["one", "two", "three"]);
    press(&mut model, "enter");
    show_all(&mut model);
    assert_eq!(press(&mut model, "a a a").len(), 1);
    accept(&mut model, "one", CaseState::Approved);
    assert_eq!(
        press(&mut model, "a a"),
        [],
        "the next one is not drawn yet"
    );
    assert_eq!(reviewed(&model), "two");
}

#[test]
fn rejecting_and_flagging_ask_for_a_reason() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show(&mut model);
    assert_eq!(press(&mut model, "r enter"), []);
    assert!(notice(&model).contains("Say why"));
    assert_eq!(
        press(&mut model, "t o o space b i g backspace G enter"),
        [decision("one", 1, Verdict::Reject, "too biG")]
    );
    assert_eq!(model.dialog, None);
    accept(&mut model, "one", CaseState::Rejected);

    show_all(&mut model);
    assert_eq!(
        press(&mut model, "f a esc a"),
        [decision("two", 1, Verdict::Approve, "")]
    );
}

#[test]
fn a_reason_typed_where_none_is_asked_for_presses_no_keys() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter r");
    assert!(matches!(model.dialog, Some(Dialog::Refusal(_))));
    // The picture comes while the reason is being typed, with an `a` in it.
    show(&mut model);
    assert_eq!(press(&mut model, "m a s k space l e a k s enter"), []);
    assert_eq!((reviewed(&model), &model.dialog), ("one", &None));
}

#[test]
fn pasted_text_decides_nothing_but_can_be_a_reason() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show(&mut model);
    assert_eq!(handle(&mut model, Event::Paste("a\ra\r".into())), []);
    press(&mut model, "r");
    assert_eq!(
        handle(&mut model, Event::Paste("leaks\r\x1binto vessel\n".into())),
        []
    );
    assert_eq!(
        press(&mut model, "enter"),
        [decision("one", 1, Verdict::Reject, "leaks into vessel")]
    );
}

#[test]
fn a_conflict_says_who_was_first_and_shows_what_they_did() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "a");
    model.queue.put(vec![case::CaseSummary {
        revision: Some(2),
        ..summary("one", CaseState::Review, Some(0.5))
    }]);
    answer(
        &mut model,
        Answer::Decided {
            case: id("one"),
            request: request(1, Verdict::Approve, ""),
            result: Err(failure(
                "case one is at revision 2, made by ana, not at 1",
                true,
            )),
        },
    );
    assert!(notice(&model).contains("made by ana"));
    assert_eq!(
        (reviewed(&model), model.review().unwrap().revision()),
        ("one", Some(2))
    );
    assert_eq!(press(&mut model, "a"), [], "revision 2 has not been seen");
    show_all(&mut model);
    assert_eq!(
        press(&mut model, "a"),
        [decision("one", 2, Verdict::Approve, "")]
    );
}

#[test]
fn slices_are_walked_by_key() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    let mut at = |keys: &str| {
        press(&mut model, keys);
        model.review().unwrap().index()
    };
    assert_eq!(at(""), 7, "the slice with the largest mask");
    assert_eq!([at("j"), at("k k"), at("down"), at("up")], [8, 6, 7, 6]);
    assert_eq!([at("g"), at("k"), at("]"), at("] ]")], [0, 0, 5, 7]);
    assert_eq!([at("["), at("G"), at("j"), at("[")], [6, 20, 20, 8]);
    assert_eq!([at("ctrl-d"), at("ctrl-u"), at("ctrl-u")], [18, 8, 0]);
    assert_eq!(at("["), 0);
    assert!(notice(&model).contains("No slice before"));
}

#[test]
fn windows_change_what_is_black_and_white() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    let mut range = |key: &str| {
        wait(&mut model);
        press(&mut model, key);
        match model.subject() {
            Subject::Slice(subject) => subject.range,
            other => panic!("{other:?}"),
        }
    };
    let fixed = |low, high| Range::Fixed { low, high };
    assert_eq!(range("1"), fixed(-160.0, 240.0));
    assert_eq!(range("2"), fixed(-1350.0, 150.0));
    assert_eq!(range("3"), fixed(0.0, 80.0));
    assert_eq!(range("4"), fixed(-125.0, 225.0));
    assert_eq!(range("5"), fixed(-500.0, 1300.0));
    assert_eq!(range("0"), fixed(-1350.0, 150.0));
}

#[test]
fn the_cursor_stays_on_the_slice() {
    let mut model = with_review(&["one"]);
    let mut cursor = |keys: &str| {
        press(&mut model, keys);
        model.review().unwrap().mode.edit().unwrap().cursor
    };
    assert_eq!(cursor("enter e K K K K"), (40, 0));
    assert_eq!(cursor("L L L L L"), (63, 0));
    assert_eq!(cursor("J J J J J J l"), (63, 47));
    assert_eq!(cursor("shift-left left h"), (51, 47));
}

#[test]
fn a_lost_daemon_is_said_and_a_new_one_is_read() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    let lost = failure("cannot reach the daemon", false);
    answer(&mut model, Answer::Disconnected(lost.clone()));
    assert_eq!(model.link, Link::Lost(lost));
    assert_eq!(reviewed(&model), "one", "what is on the screen stays");
    let effects = handle(
        &mut model,
        Event::from(Answer::Connected {
            list: medicosam_shared::api::CaseList {
                cases: vec![summary("two", CaseState::Review, Some(0.2))],
                last_event: 3,
            },
            status: fixture::status(),
        }),
    );
    assert_eq!(
        effects,
        [Effect::LoadCase(id("one")), Effect::LoadDraft(id("one"))]
    );
    assert_eq!(
        (model.link.clone(), model.queue.cases().len()),
        (Link::Connected, 1)
    );
}

fn event(seq: u64, case: &str, action: case::Action) -> Answer {
    Answer::Happened(case::Event {
        seq,
        at: fixture::noon(),
        who: "ana".to_owned(),
        action,
        case: Some(id(case)),
        revision: Some(1),
        detail: String::new(),
    })
}

#[test]
fn events_are_read_together_while_others_are_on_their_way() {
    let mut model = connected(vec![]);
    let first = answer(&mut model, event(1, "a", case::Action::Identified));
    assert_eq!(first, [Effect::LoadSome(vec![id("a")])]);
    for (n, case) in ["c", "b", "c"].iter().enumerate() {
        assert_eq!(
            answer(&mut model, event(2 + n as u64, case, case::Action::Stage)),
            []
        );
    }
    let here = |id| Answer::Some {
        cases: vec![summary(id, CaseState::Waiting, None)],
        status: None,
    };
    let next = answer(&mut model, here("a"));
    assert_eq!(next, [Effect::LoadSome(vec![id("b"), id("c")])]);
    assert_eq!(model.queue.cases().len(), 1);
    assert_eq!(answer(&mut model, here("b")), []);

    let started = answer(&mut model, event(9, "x", case::Action::Identified));
    assert_eq!(started.len(), 1);
    for n in 0..400 {
        answer(
            &mut model,
            event(10 + n, &format!("new{n}"), case::Action::Identified),
        );
    }
    assert_eq!(answer(&mut model, here("x")), [Effect::LoadEverything]);
}

#[test]
fn what_others_do_to_the_open_case_is_told() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    answer(&mut model, event(8, "two", case::Action::Approved));
    assert_eq!(notice(&model), "");
    answer(&mut model, event(9, "one", case::Action::Rejected));
    assert_eq!(notice(&model), "ana has just rejected this case.");
}

#[test]
fn cases_that_cannot_be_read_say_why() {
    let mut model = with_review(&["one"]);
    handle(&mut model, Event::Key("enter".parse().unwrap()));
    let result = Err(failure("no such case", false));
    answer(
        &mut model,
        Answer::Case {
            case: id("one"),
            result,
        },
    );
    assert_eq!(
        model.review().unwrap().failure.as_deref(),
        Some("no such case")
    );
    assert_eq!(press(&mut model, "a e j ]"), []);
    assert_eq!(model.subject(), Subject::Nothing);
}

#[test]
fn failed_cases_are_tried_again_and_others_are_not() {
    let mut model = connected(vec![
        summary("bad", CaseState::Failed, None),
        summary("good", CaseState::Review, Some(0.9)),
    ]);
    assert_eq!(press(&mut model, "R"), []);
    assert!(notice(&model).contains("It is review"));
    assert_eq!(press(&mut model, "j R"), [Effect::Retry(id("bad"))]);
}

#[test]
fn answers_about_another_case_change_nothing() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter n");
    assert_eq!(reviewed(&model), "two");
    let before = model.subject();
    answer(
        &mut model,
        Answer::Slice {
            case: id("one"),
            plane: Plane::Axial,
            index: 7,
            result: Err(failure("late", false)),
        },
    );
    answer(
        &mut model,
        Answer::Case {
            case: id("one"),
            result: Err(failure("late", false)),
        },
    );
    assert_eq!(model.subject(), before);
    assert_eq!(notice(&model), "");
}

#[test]
fn keys_are_found_by_words_and_escape_shows_all_of_them_before_it_leaves() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter ?");
    let shown = |model: &Model| match &model.dialog {
        Some(Dialog::Help(help)) => model.help(help).len(),
        other => panic!("{other:?}"),
    };
    let all = shown(&model);
    assert_eq!(
        press(&mut model, "/ a p p r o v e"),
        [],
        "what is typed decides nothing"
    );
    assert_eq!(shown(&model), 2);
    press(&mut model, "enter j");
    assert_eq!(shown(&model), 2, "kept; keys mean what they say again");
    press(&mut model, "esc");
    assert_eq!(shown(&model), all);
    press(&mut model, "/ q esc");
    assert_eq!(shown(&model), all, "out of the line at once");
    press(&mut model, "esc");
    assert_eq!(model.dialog, None);
}

#[test]
fn help_covers_the_screen_and_goes_with_any_way_out() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter ?");
    assert_eq!(model.subject(), Subject::Nothing);
    assert_eq!(press(&mut model, "a j"), [], "nothing else works meanwhile");
    press(&mut model, "esc");
    assert!(matches!(model.subject(), Subject::Slice(_)));
    assert_eq!(press(&mut model, "ctrl-c"), [Effect::Quit]);
}

proptest! {
    #[test]
    fn no_keys_approve_what_was_never_drawn(presses in prop::collection::vec(any::<prop::sample::Index>(), 0..60)) {
        let keys = all_keys();
        let mut model = with_review(&["one", "two", "three"]);
        for press in presses {
            let effects = handle(&mut model, Event::Key(*press.get(&keys)));
            for effect in serve(&mut model, effects) {
                let approves = matches!(&effect, Effect::Decide { request, .. }
                    if request.verdict == Verdict::Approve);
                prop_assert!(!approves, "{:?}", effect);
            }
        }
    }
}
