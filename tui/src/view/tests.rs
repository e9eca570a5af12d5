use super::*;
use crate::app::fixture::{connected, detail, noon, press, serve, show, summary, with_review};
use crate::app::{Answer, Event, Failure, handle};
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{DecisionRequest, Live, Viewer};
use medicosam_shared::case::{CaseId, CaseState, Fault, Verdict};
use medicosam_shared::progress::Progress;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (160, 50)];

/// The screen as text, as a terminal of the given size shows it.
fn screen(model: &Model, picture: &PictureStatus, (columns, rows): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal
        .draw(|frame| {
            view(model, picture, Theme::new(Colours::All), frame.buffer_mut());
        })
        .unwrap();
    terminal.backend().to_string()
}

/// Compares the screen at each size with what it was when somebody last looked at it.
fn check(name: &str, model: &mut Model, picture: &PictureStatus) {
    for (columns, rows) in SIZES {
        handle(model, Event::Resized { columns, rows });
        insta::assert_snapshot!(
            format!("{name}_{columns}x{rows}"),
            screen(model, picture, (columns, rows))
        );
    }
}

fn cases() -> Model {
    let mut running = summary("ct-0032", CaseState::Embedding, None);
    running.profile = "liver".to_owned();
    let mut done = summary("sub-013_T1w", CaseState::Approved, Some(0.95));
    done.reviewer = Some("ana".to_owned());
    connected(vec![
        summary("sub-014_T1w", CaseState::Review, Some(0.94)),
        summary(
            "sub-015_with_a_name_that_is_too_long_for_small_terminals",
            CaseState::Review,
            Some(0.71),
        ),
        running,
        done,
        summary("ct-0031", CaseState::Rejected, Some(0.55)),
        summary("ct-0029", CaseState::Flagged, Some(0.8)),
        summary("ct-0028\x1b[31m", CaseState::Failed, None),
        summary("ct-0027", CaseState::Waiting, None),
        summary("ct-0026", CaseState::Paused, None),
    ])
}

fn sixel() -> PictureStatus {
    PictureStatus {
        place: None,
        text: "sixel · 32 greys · 41 kB · 12 ms".to_owned(),
        none: None,
    }
}

#[test]
fn queue() {
    check("queue", &mut cases(), &sixel());
    let mut failed = cases();
    press(&mut failed, "j j j");
    check("queue_failed", &mut failed, &sixel());
}

#[test]
fn queue_with_what_is_known_of_the_selected_case() {
    let mut model = cases();
    let (columns, rows) = (160, 50);
    // It was asked for with the list.
    let name = "sub-015_with_a_name_that_is_too_long_for_small_terminals";
    let known = detail(name, CaseState::Review, 1);
    handle(&mut model, Event::from(Answer::Peeked(Ok(Box::new(known)))));
    let read = handle(&mut model, Event::Resized { columns, rows });
    serve(&mut model, read);
    let effects = handle(&mut model, Event::Rested);
    serve(&mut model, effects);
    let mut workers = crate::app::fixture::status().workers;
    workers[0].activity = Activity::Busy;
    workers[0].case = Some(CaseId("ct-0032".to_owned()));
    workers[0].progress = Some(Progress {
        done: 13,
        total: 21,
    });
    let live = Live {
        paused: None,
        roots: None,
        troubles: Vec::new(),
        viewers: vec![Viewer {
            who: "ben".to_owned(),
            case: CaseId("sub-014_T1w".to_owned()),
            since: noon(),
        }],
        workers,
        scan_s: Some(95.0),
    };
    handle(&mut model, Event::from(Answer::Live(live)));
    press(&mut model, "space space k s / s u b space 0 1");
    let size = (columns, rows);
    insta::assert_snapshot!("queue_known_filter_160x50", screen(&model, &sixel(), size));
    press(&mut model, "s c o r e :");
    insta::assert_snapshot!("queue_known_problem_160x50", screen(&model, &sixel(), size));
    press(&mut model, "esc j F");
    insta::assert_snapshot!("queue_known_saved_160x50", screen(&model, &sixel(), size));
}

#[test]
fn review_asks_once_more_and_shows_who_was_first() {
    let mut model = with_review(&["sub-015", "sub-016"]);
    press(&mut model, "enter");
    show(&mut model);
    press(&mut model, "a");
    insta::assert_snapshot!("review_unseen", screen(&model, &sixel(), (80, 24)));
    press(&mut model, "enter");
    let failure = Failure {
        fault: Fault {
            code: "already-decided".to_owned(),
            message:
                "case sub-015 was already rejected by ana on 2026-01-02 at 11:58:00 UTC: leaks"
                    .to_owned(),
            hint: String::new(),
        },
        conflict: true,
    };
    let refused = Answer::Decided {
        case: CaseId("sub-015".to_owned()),
        request: DecisionRequest {
            revision: 1,
            verdict: Verdict::Approve,
            reason: String::new(),
            overrule: false,
        },
        result: Err(failure),
    };
    handle(&mut model, Event::from(refused));
    insta::assert_snapshot!("review_conflict", screen(&model, &sixel(), (80, 24)));
}

#[test]
fn queue_without_a_daemon() {
    let mut model = connected(vec![]);
    check("queue_empty", &mut model, &sixel());
    lose_daemon(&mut model);
    check("queue_lost", &mut model, &sixel());
}

fn lose_daemon(model: &mut Model) {
    let fault = Fault {
        code: "daemon-unreachable".to_owned(),
        message: "cannot reach the daemon at /run/api.sock: no such file.".to_owned(),
        hint: "Is `medicosamd run` running?".to_owned(),
    };
    let lost = Failure::from(fault);
    handle(model, Event::from(Answer::Disconnected(lost)));
}

#[test]
fn the_lost_daemon_is_in_the_header_of_a_case_whatever_else_is_there() {
    let mut model = with_review(&["sub-015_with_a_name_that_is_too_long_for_small_terminals"]);
    press(&mut model, "enter");
    lose_daemon(&mut model);
    model.notice = Some(crate::app::Notice::good("Something else."));
    for size in SIZES {
        handle(
            &mut model,
            Event::Resized {
                columns: size.0,
                rows: size.1,
            },
        );
        let screen = screen(&model, &sixel(), size);
        let header = screen.lines().next().unwrap();
        assert!(header.contains("daemon not reachable"), "{header}");
    }
}

#[test]
fn review() {
    let mut model = with_review(&["sub-015", "sub-016"]);
    handle(&mut model, Event::Key("enter".parse().unwrap()));
    check("review_loading", &mut model, &sixel());
    press(&mut model, "q enter");
    check("review", &mut model, &sixel());
    show(&mut model);
    press(&mut model, "r t o o space s m a l l");
    check("review_reason", &mut model, &sixel());
    press(&mut model, "esc space 1 G");
    let none = PictureStatus {
        none: Some("Pictures are off."),
        ..PictureStatus::default()
    };
    check("review_no_picture", &mut model, &none);
}

#[test]
fn looks() {
    let mut model = with_review(&["sub-015"]);
    press(&mut model, "enter v shift-right");
    check("three_planes", &mut model, &sixel());
    press(&mut model, "y m w");
    check("adjusting", &mut model, &sixel());
    press(&mut model, "esc esc o F 4 2");
    insta::assert_snapshot!(screen(&model, &sixel(), (80, 24)));
}

#[test]
fn changes() {
    let mut case = summary("sub-015", CaseState::Review, Some(0.71));
    case.revision = Some(2);
    let mut model = connected(vec![case]);
    press(&mut model, "enter c");
    check("changes", &mut model, &sixel());
}

#[test]
fn refused_reason() {
    let mut model = with_review(&["sub-015"]);
    press(&mut model, "enter r");
    insta::assert_snapshot!(screen(&model, &sixel(), (80, 24)));
}

#[test]
fn review_with_a_narrow_picture() {
    let mut model = with_review(&["sub-015"]);
    press(&mut model, "enter");
    let picture = PictureStatus {
        place: Some(Rect::new(17, 2, 20, 12)),
        ..sixel()
    };
    insta::assert_snapshot!(screen(&model, &picture, (80, 24)));
}

#[test]
fn edit() {
    let mut model = with_review(&["sub-015"]);
    press(&mut model, "enter e H b L j j b t l T");
    check("edit", &mut model, &sixel());
}

#[test]
fn failed_case() {
    let mut model = connected(vec![summary("bad", CaseState::Failed, None)]);
    handle(&mut model, Event::Key("enter".parse().unwrap()));
    let mut unreadable = detail("bad", CaseState::Failed, 0);
    unreadable.scan = None;
    let case = unreadable.summary.id.clone();
    let result = Ok(Box::new(unreadable));
    handle(&mut model, Event::from(Answer::Case { case, result }));
    check("failed", &mut model, &sixel());
}

#[test]
fn help() {
    for (name, keys) in [
        ("queue", "?"),
        ("review", "enter ?"),
        ("edit", "enter e ?"),
        ("found", "enter ? / m a s k"),
    ] {
        let mut model = with_review(&["sub-015"]);
        press(&mut model, keys);
        check(&format!("help_{name}"), &mut model, &sixel());
    }
}

#[test]
fn every_size_is_survived() {
    let mut models = [
        cases(),
        with_review(&["one"]),
        with_review(&["one"]),
        with_review(&["one"]),
    ];
    press(&mut models[1], "enter e b l");
    press(&mut models[2], "enter r x");
    press(&mut models[3], "?");
    for model in &mut models {
        for columns in (1..60).chain([79, 80, 130, 300]) {
            for rows in (1..30).chain([100]) {
                handle(model, Event::Resized { columns, rows });
                screen(model, &sixel(), (columns, rows));
            }
        }
    }
    assert!(screen(&models[0], &sixel(), (39, 12)).contains("too small"));
}

#[test]
fn notes_are_seen_where_one_decides_and_a_long_panel_is_turned_like_pages() {
    let mut model = with_review(&["sub-015"]);
    press(&mut model, "enter");
    let note = medicosam_shared::case::Event {
        seq: 3,
        at: noon(),
        who: "ana".to_owned(),
        action: medicosam_shared::case::Action::Noted,
        case: Some(CaseId("sub-015".to_owned())),
        revision: Some(1),
        detail: "ask the surgeon".to_owned(),
    };
    let detail = model.review_mut().unwrap().detail.as_mut().unwrap();
    detail.history.push(note);
    let size = (80, 16);
    let first = screen(&model, &sixel(), size);
    assert!(first.contains("ana: ask the surgeon"), "{first}");
    assert!(first.contains("page 1 of 2, > next") && !first.contains("lite-medsam"));
    press(&mut model, ">");
    let second = screen(&model, &sixel(), size);
    assert!(
        second.contains("page 2 of 2") && second.contains("lite-medsam"),
        "{second}"
    );
    press(&mut model, ">");
    assert_eq!(screen(&model, &sixel(), size), first, "round the end");
    press(&mut model, "<");
    assert_eq!(screen(&model, &sixel(), size), second);
}
