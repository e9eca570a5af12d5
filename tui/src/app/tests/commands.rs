//! Commands: actions by their names, and slices by their numbers.

use super::*;
use crate::term::{Key, KeyCode};

fn type_text(model: &mut Model, text: &str) -> Vec<Effect> {
    let keys: Vec<String> = text
        .chars()
        .map(|c| Key::plain(KeyCode::Char(c)).to_string())
        .collect();
    press(model, &keys.join(" "))
}

fn typed(model: &Model) -> &str {
    match &model.dialog {
        Some(Dialog::Command(command)) => command.text.as_str(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_action_has_a_name_that_does_it() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    type_text(&mut model, ":last_slice");
    press(&mut model, "enter");
    let last = model.review().unwrap().index();
    press(&mut model, "home");
    type_text(&mut model, ":LAST-slice");
    press(&mut model, "enter");
    assert_eq!(model.review().unwrap().index(), last);
    for context in Context::ALL {
        for action in Keymap::default().actions(context) {
            assert_eq!(Action::named(action.name()), Some(action));
        }
    }
}

#[test]
fn a_number_is_a_slice() {
    let mut model = with_review(&["one"]);
    type_text(&mut model, ":2");
    press(&mut model, "enter");
    assert!(model.notice.as_ref().unwrap().bad, "not in the queue");
    press(&mut model, "enter");
    type_text(&mut model, ":2");
    press(&mut model, "enter");
    assert_eq!(model.review().unwrap().index(), 2);
}

#[test]
fn tab_completes_as_far_as_it_is_clear() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    type_text(&mut model, ":ap");
    press(&mut model, "tab");
    assert_eq!(typed(&model), "approve");
    press(&mut model, "ctrl-u");
    type_text(&mut model, "window");
    press(&mut model, "tab");
    assert_eq!(typed(&model), "window_");
    press(&mut model, "ctrl-u");
    type_text(&mut model, "xyz");
    press(&mut model, "tab");
    assert_eq!(typed(&model), "xyz");
}

#[test]
fn what_is_typed_or_pasted_does_nothing_before_enter() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    show(&mut model);
    assert_eq!(type_text(&mut model, ":approve"), []);
    press(&mut model, "ctrl-u");
    let pasted = handle(&mut model, Event::Paste("approve\n".to_owned()));
    assert_eq!(pasted, []);
    assert_eq!(typed(&model), "approve ");
    press(&mut model, "esc");
    type_text(&mut model, ":approve");
    press(&mut model, "enter");
    // Other slices have a mask that was never on the screen: it is asked once more.
    assert!(
        matches!(model.dialog, Some(Dialog::Approval(_))),
        "{:?}",
        model.dialog
    );
}

#[test]
fn an_unknown_command_says_what_was_meant() {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    type_text(&mut model, ":aprove");
    assert_eq!(press(&mut model, "enter"), []);
    let notice = model.notice.unwrap();
    assert!(notice.text.contains("did you mean approve?"), "{notice:?}");
}
