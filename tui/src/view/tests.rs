use super::*;
use crate::app::fixture::{connected, detail, press, show, summary, with_review};
use crate::app::{Answer, Event, Failure, handle};
use medicosam_shared::case::{CaseState, Fault};
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
fn queue_without_a_daemon() {
    let mut model = connected(vec![]);
    check("queue_empty", &mut model, &sixel());
    let fault = Fault {
        code: "daemon-unreachable".to_owned(),
        message: "cannot reach the daemon at /run/api.sock: no such file.".to_owned(),
        hint: "Is `medicosamd run` running?".to_owned(),
    };
    let lost = Failure::from(fault);
    handle(&mut model, Event::from(Answer::Disconnected(lost)));
    check("queue_lost", &mut model, &sixel());
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
    for (name, keys) in [("queue", "?"), ("review", "enter ?"), ("edit", "enter e ?")] {
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
