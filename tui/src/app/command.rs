//! `:`: actions by their names, and slices by their numbers.

use super::event::Effect;
use super::model::{Dialog, Line, Model, Notice};
use super::{Action, Keymap, update};
use crate::config::did_you_mean;
use crate::term::{Key, KeyCode};

/// A command being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// What has been typed.
    pub text: Line,
    /// What can be typed here, by name.
    actions: Vec<(String, Action)>,
}

impl Command {
    /// An empty line where these actions make sense.
    fn among(actions: Vec<Action>) -> Self {
        Command {
            text: Line::default(),
            actions: actions.into_iter().map(|a| (a.name(), a)).collect(),
        }
    }

    /// The names that begin with what has been typed.
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        let typed = written(self.text.as_str());
        let names = self.actions.iter().map(|(name, _)| name.as_str());
        names.filter(move |name| name.starts_with(&typed))
    }

    /// Adds what all candidates have in common.
    fn complete(&mut self) {
        let mut candidates = self.candidates();
        let Some(first) = candidates.next() else {
            return;
        };
        let common = candidates.fold(first, |common, name| {
            let same = common.bytes().zip(name.bytes()).take_while(|(a, b)| a == b);
            &common[..same.count()]
        });
        let common = common.to_owned();
        if common.len() >= self.text.as_str().len() {
            self.text = Line::default();
            self.text.insert(&common);
        }
    }
}

/// A name as actions have it, however its words were joined.
fn written(text: &str) -> String {
    text.trim().replace([' ', '-'], "_").to_lowercase()
}

/// Begins a command.
pub(super) fn begin(model: &mut Model) {
    // All actions have a key at first; one that was taken away still has its name.
    let mut actions = Keymap::default().actions(model.context());
    actions.retain(|action| *action != Action::Command);
    model.dialog = Some(Dialog::Command(Command::among(actions)));
}

/// Takes a key while a command is being typed.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Dialog::Command(command)) = &mut model.dialog else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Esc => model.dialog = None,
        KeyCode::Backspace if command.text.as_str().is_empty() => model.dialog = None,
        KeyCode::Tab => command.complete(),
        KeyCode::Enter => {
            let command = command.clone();
            model.dialog = None;
            return run(model, &command);
        }
        _ => command.text.press(key),
    }
    Vec::new()
}

fn run(model: &mut Model, command: &Command) -> Vec<Effect> {
    let typed = written(command.text.as_str());
    if typed.is_empty() {
        return Vec::new();
    }
    if let Ok(index) = typed.parse::<u32>() {
        return match model.review_mut() {
            Some(review) => review.look(index),
            None => {
                model.notice = Some(Notice::bad("Open a case to go to one of its slices."));
                Vec::new()
            }
        };
    }
    let named = command.actions.iter().find(|(name, _)| *name == typed);
    if let Some(&(_, action)) = named {
        return update::update(model, action);
    }
    let names = command.actions.iter().map(|(name, _)| name.as_str());
    let guess = did_you_mean(&typed, names).map_or_else(
        || "tab shows what there is".to_owned(),
        |name| format!("did you mean {name}?"),
    );
    let text = format!(
        "There is no command {:?} here; {guess}",
        command.text.as_str()
    );
    model.notice = Some(Notice::bad(text));
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{press, show, with_review};
    use super::super::{Context, Event, handle};
    use super::*;

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
                assert_eq!(Action::named(&action.name()), Some(action));
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
            matches!(model.dialog, Some(Dialog::Unseen { .. })),
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
}
