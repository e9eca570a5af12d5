//! Approving what was not seen, conflicts, several at once, taking back, notes.

use super::*;
use crate::app::dialog::approval::Approval;
use crate::app::dialog::conflict::Conflict;
use crate::app::state::doubts::Doubts;
use medicosam_shared::api::{Live, NoteRequest, UndoRequest, Viewer};
use medicosam_shared::case::CaseSummary;
use medicosam_shared::geometry::Axis;

fn undo(case: &str) -> Effect {
    Effect::Undo {
        case: id(case),
        request: UndoRequest { revision: Some(1) },
    }
}

fn undone(model: &mut Model, case: &str) -> Vec<Effect> {
    let mut now = summary(case, CaseState::Review, Some(0.7));
    now.updated += jiff::SignedDuration::from_mins(2);
    answer(
        model,
        Answer::Undone {
            case: id(case),
            result: Ok(now),
        },
    )
}

/// Opens the selected case, looks at all of it, and goes back to the list.
fn look(model: &mut Model) {
    press(model, "enter");
    show_all(model);
    press(model, "q");
}

#[test]
fn approving_slices_that_were_not_shown_is_asked_for_once_more_by_another_key() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show(&mut model);
    assert_eq!(model.coverage(&id("one"), 1), (1, 4));
    assert_eq!(press(&mut model, "a a a x q"), [], "typed ahead");
    assert_eq!(
        model.dialog,
        Some(Dialog::Approval(Approval {
            targets: vec![(id("one"), 1)],
            doubts: Doubts {
                unseen: 3,
                of: 4,
                ..Doubts::default()
            }
        }))
    );
    press(&mut model, "]");
    assert_eq!((model.review().unwrap().index(), &model.dialog), (8, &None));
    show(&mut model);
    press(&mut model, "a ]");
    assert_eq!(model.review().unwrap().index(), 5, "round the end");
    assert_eq!(press(&mut model, "a esc"), []);
    assert_eq!(
        press(&mut model, "a enter"),
        [decision("one", 1, Verdict::Approve, "")]
    );
}

#[test]
fn slices_shown_without_masks_were_not_seen() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter space");
    show_all(&mut model);
    assert_eq!(model.coverage(&id("one"), 1), (0, 0));
    press(&mut model, "space");
    show(&mut model);
    assert_eq!(model.unseen(&id("one"), 1, Axis::K), [5, 6, 7]);
}

#[test]
fn the_next_case_is_the_one_that_followed_when_the_key_was_pressed() {
    let mut model = with_review(&["one", "two", "three"]);
    press(&mut model, "j enter");
    assert_eq!(reviewed(&model), "two");
    show_all(&mut model);
    press(&mut model, "a");
    // The event log is faster than the answer: the case moves to the end of the list.
    let mut approved = summary("two", CaseState::Approved, Some(0.6));
    approved.updated += jiff::SignedDuration::from_mins(1);
    model.queue.put(vec![approved]);
    accept(&mut model, "two", CaseState::Approved);
    assert_eq!(reviewed(&model), "three");
}

fn conflict(model: &mut Model, case: &str) -> Vec<Effect> {
    let mut refused = failure(
        "case one was already rejected by ana on 2026-01-02: leaks",
        true,
    );
    refused.fault.code = "already-decided".to_owned();
    answer(
        model,
        Answer::Decided {
            case: id(case),
            request: request(1, Verdict::Approve, ""),
            result: Err(refused),
        },
    )
}

#[test]
fn another_reviewers_decision_is_shown_and_left_or_overruled() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    for (keys, sent) in [("a o r enter", false), ("a esc", false), ("O", true)] {
        press(&mut model, "a");
        conflict(&mut model, "one");
        let Some(Dialog::Conflict(Conflict { text, .. })) = &model.dialog else {
            panic!("{:?}", model.dialog);
        };
        assert!(text.contains("rejected by ana") && text.contains("leaks"));
        assert_eq!(reviewed(&model), "one", "what they did is shown");
        let overruled = Effect::Decide {
            case: id("one"),
            request: DecisionRequest {
                overrule: true,
                ..request(1, Verdict::Approve, "")
            },
        };
        let expected = if sent { vec![overruled] } else { vec![] };
        // One after another: what follows a key without a meaning at once has none either.
        let keys = keys.split(' ');
        let effects: Vec<Effect> = keys.flat_map(|key| press(&mut model, key)).collect();
        assert_eq!(effects, expected);
        assert_eq!(model.dialog, None);
    }
    accept(&mut model, "one", CaseState::Approved);
    assert_eq!(reviewed(&model), "two");
}

#[test]
fn u_takes_the_last_decision_back_and_shows_the_case_again() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "a");
    accept(&mut model, "one", CaseState::Approved);
    assert_eq!(reviewed(&model), "two");
    assert_eq!(press(&mut model, "u"), [undo("one")]);
    undone(&mut model, "one");
    assert_eq!(reviewed(&model), "one");
    assert!(
        notice(&model).contains("is review again"),
        "{}",
        notice(&model)
    );
    assert_eq!(press(&mut model, "u"), [], "there was one only");
    assert_eq!(notice(&model), "There is nothing to take back.");
}

#[test]
fn u_takes_nothing_older_back_while_a_decision_is_on_its_way() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "a");
    accept(&mut model, "one", CaseState::Approved);
    show_all(&mut model);
    press(&mut model, "a");
    assert_eq!(
        press(&mut model, "u"),
        [],
        "one would be taken back instead of two"
    );
    assert!(
        notice(&model).contains("still on its way"),
        "{}",
        notice(&model)
    );
    accept(&mut model, "two", CaseState::Approved);
    assert_eq!(press(&mut model, "u"), [undo("two")]);
}

#[test]
fn an_undo_that_did_not_reach_the_daemon_is_tried_again_before_an_earlier_one() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    for case in ["one", "two"] {
        press(&mut model, "a");
        accept(&mut model, case, CaseState::Approved);
        show_all(&mut model);
    }
    let unanswered = |code: &str| {
        let mut failure = failure("no answer", false);
        failure.fault.code = code.to_owned();
        Answer::Undone {
            case: id("two"),
            result: Err(failure),
        }
    };
    assert_eq!(press(&mut model, "u"), [undo("two")]);
    answer(&mut model, unanswered("daemon-unreachable"));
    assert_eq!(press(&mut model, "j u"), [undo("two")], "and not one");
    // What the daemon refused cannot be taken back at all.
    answer(&mut model, unanswered("not-yours"));
    assert_eq!(press(&mut model, "j u"), [undo("one")]);
}

#[test]
fn a_decision_of_an_earlier_session_is_taken_back_on_its_case() {
    let mut model = connected(vec![summary("old", CaseState::Flagged, Some(0.5))]);
    assert_eq!(press(&mut model, "u"), [undo("old")]);
    let result = Err(failure("the decision on case old is ana's", true));
    answer(
        &mut model,
        Answer::Undone {
            case: id("old"),
            result,
        },
    );
    assert!(notice(&model).contains("ana's"));
}

#[test]
fn marked_cases_are_decided_on_together_and_taken_back_together() {
    let mut model = with_review(&["one", "two", "three"]);
    for _ in 0..2 {
        look(&mut model);
        press(&mut model, "j");
    }
    assert_eq!(
        press(&mut model, "g v j a"),
        [
            decision("one", 1, Verdict::Approve, ""),
            decision("two", 1, Verdict::Approve, ""),
        ]
    );
    assert_eq!(press(&mut model, "k k"), [], "the marks are gone");
    accept(&mut model, "one", CaseState::Approved);
    accept(&mut model, "two", CaseState::Approved);
    assert_eq!(notice(&model), "2 approved");
    assert_eq!(press(&mut model, "u"), [undo("one"), undo("two")]);
    undone(&mut model, "one");
    undone(&mut model, "two");
    assert_eq!(notice(&model), "2 taken back");
}

#[test]
fn one_case_among_many_that_was_not_seen_stops_them_all() {
    let mut model = with_review(&["one", "two"]);
    look(&mut model);
    assert_eq!(press(&mut model, "g space space a"), []);
    assert!(
        notice(&model).contains("two.nii.gz first"),
        "{}",
        notice(&model)
    );
    assert_eq!(press(&mut model, "g a").len(), 0, "still marked");
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "g a").len(), 1);
}

#[test]
fn what_is_rejected_or_flagged_in_the_list_needs_no_look() {
    let mut model = with_review(&["one", "two"]);
    assert_eq!(
        press(&mut model, "g v j f m o v e d enter"),
        [
            decision("one", 1, Verdict::Flag, "moved"),
            decision("two", 1, Verdict::Flag, "moved"),
        ]
    );
}

#[test]
fn several_are_rejected_for_one_reason_and_what_went_wrong_is_counted() {
    let mut model = with_review(&["one", "two"]);
    look(&mut model);
    press(&mut model, "j");
    look(&mut model);
    assert_eq!(
        press(&mut model, "g v G r m o v e d enter"),
        [
            decision("one", 1, Verdict::Reject, "moved"),
            decision("two", 1, Verdict::Reject, "moved"),
        ]
    );
    conflict(&mut model, "one");
    accept(&mut model, "two", CaseState::Rejected);
    let text = notice(&model);
    assert!(text.starts_with("1 rejected, 1 not: "), "{text}");
    assert!(text.contains("rejected by ana"), "{text}");
    assert_eq!(press(&mut model, "u"), [undo("two")]);
}

#[test]
fn failed_cases_are_tried_again_together() {
    let mut model = connected(vec![
        summary("bad", CaseState::Failed, None),
        summary("good", CaseState::Review, Some(0.9)),
        summary("worse", CaseState::Failed, None),
    ]);
    assert_eq!(
        press(&mut model, "v G R"),
        [Effect::Retry(id("bad")), Effect::Retry(id("worse"))]
    );
}

#[test]
fn a_note_is_typed_and_decides_nothing() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show_all(&mut model);
    assert_eq!(press(&mut model, ". enter . x esc"), []);
    press(&mut model, ".");
    handle(&mut model, Event::Paste("ask\nben".into()));
    let request = NoteRequest {
        text: "ask ben a".to_owned(),
    };
    let case = id("one");
    assert_eq!(
        press(&mut model, "space a enter"),
        [Effect::Note { case, request }]
    );
}

#[test]
fn who_else_looks_at_a_case_is_known_until_they_leave() {
    let mut model = with_review(&["one"]);
    let viewer = |who: &str| Viewer {
        who: who.to_owned(),
        case: id("one"),
        since: fixture::noon(),
    };
    let live = |viewers: Vec<Viewer>| {
        Answer::Live(Live {
            paused: None,
            roots: None,
            troubles: Vec::new(),
            viewers,
            workers: fixture::status().workers,
            scan_s: None,
        })
    };
    answer(
        &mut model,
        live(vec![viewer("ben"), viewer("ana"), viewer("ben")]),
    );
    assert_eq!(model.live.viewers(&id("one")), ["ana", "ben"]);
    assert_eq!(model.live.viewers(&id("two")), [""; 0]);
    answer(&mut model, live(vec![]));
    assert_eq!(model.live.viewers(&id("one")), [""; 0]);
}

#[test]
fn a_reason_that_was_given_before_is_given_again_with_one_key() {
    let rejected = CaseSummary {
        reason: Some("motion".to_owned()),
        ..summary("old", CaseState::Rejected, None)
    };
    let mut model = connected(vec![summary("one", CaseState::Review, Some(0.5)), rejected]);
    press(&mut model, "g");
    let first = model.queue.selected().unwrap().id.0.clone();
    press(&mut model, if first == "one" { "r" } else { "j r" });
    press(&mut model, "x up");
    let typed = |model: &Model| match &model.dialog {
        Some(Dialog::Reason(reason)) => reason.text.as_str().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(typed(&model), "motion");
    press(&mut model, "up");
    assert_eq!(typed(&model), "motion", "there is no other");
    press(&mut model, "down");
    assert_eq!(typed(&model), "");
}
