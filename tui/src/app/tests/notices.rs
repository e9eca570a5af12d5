//! Notices name the keys that are set.

use super::prompting::{editing, said};
use super::*;
use crate::app::action::{App, Cases, Draw};
use crate::app::dialog::saved_filters::MOST_FILTERS;
use crate::term::Key;
use crate::view::{Colours, PictureStatus, Theme, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Gives each action another key in `context`, or none.
fn rebind(model: &mut Model, context: Context, keys: &[(Action, &str)]) {
    for &(action, keys) in keys {
        let keys: Vec<Key> = keys
            .split_whitespace()
            .map(|k| k.parse().unwrap())
            .collect();
        model.keymap.rebind(context, action, &keys);
    }
}

#[track_caller]
fn notice_says(model: &Model, text: &str) {
    assert!(said(model).contains(text), "{:?}", said(model));
}

fn screen(model: &Model) -> String {
    let (columns, rows) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let picture = PictureStatus::default();
    view(model, &picture, Theme::new(Colours::All), &mut buffer);
    buffer.content.iter().map(|cell| cell.symbol()).collect()
}

#[test]
fn about_the_draft() {
    let (mut daemon, mut model) = editing();
    rebind(
        &mut model,
        Context::Review,
        &[(Action::Draw(Draw::Begin), "f2")],
    );
    rebind(
        &mut model,
        Context::Edit,
        &[
            (Action::Draw(Draw::Segment), "f3"),
            (Action::Draw(Draw::Propagate), "f4"),
            (Action::Draw(Draw::Commit), "f5"),
            (Action::Draw(Draw::Undo), "f6"),
            (Action::Draw(Draw::Discard), "f7"),
            (Action::App(App::Back), "f8"),
        ],
    );
    daemon.press(&mut model, "f4");
    notice_says(&model, "(f3).");
    daemon.press(&mut model, "tab");
    notice_says(&model, "Segment the slice first (f3).");
    daemon.press(&mut model, "b l j b f3");
    daemon.press(&mut model, "f4");
    daemon.press(&mut model, "f5");
    notice_says(&model, "(f8).");
    assert!(screen(&model).contains("f8 stops"));
    daemon.press(&mut model, "f8");
    daemon.press(&mut model, "f8");
    notice_says(&model, "`f2` goes on with it, `f5` there makes a revision");
    daemon.press(&mut model, "f2 f7 y");
    notice_says(&model, "f6 brings it back");
    daemon.press(&mut model, "f6");
    daemon.press(&mut model, "f8 q enter");
    let effects = model.review_mut().unwrap().read();
    daemon.answer(&mut model, effects);
    notice_says(&model, "`f2` goes on with it");
}

#[test]
fn about_filters() {
    let mut model = with_review(&["liver", "lung"]);
    let keys = [
        (Action::Cases(Cases::SavedFilters), "f2"),
        (Action::App(App::Back), "f3"),
    ];
    rebind(&mut model, Context::Queue, &keys);
    press(&mut model, "/ l i v e r ctrl-s");
    notice_says(&model, "Saved: f2 7 brings it back");
    for n in model.saved_filters.len()..MOST_FILTERS {
        model.saved_filters.push(format!("filter{n}"));
    }
    press(&mut model, "/ 2 ctrl-s");
    notice_says(&model, "f2 shows them, and x there removes the last");
    press(&mut model, "/ 9 9 enter");
    assert!(screen(&model).contains("f3 shows all cases."));
}

#[test]
fn an_action_without_a_key_is_named_as_a_command() {
    let (mut daemon, mut model) = editing();
    let edit = Action::Draw(Draw::Begin);
    rebind(&mut model, Context::Review, &[(edit, "")]);
    daemon.press(&mut model, "b l j b");
    daemon.press(&mut model, "q");
    notice_says(&model, "`:edit` goes on with it");
}
