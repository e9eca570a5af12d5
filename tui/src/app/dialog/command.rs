//! A command being typed: an action by its name, or a slice by its number.

use super::keys::{Bound, key, meaning};
use super::line::Line;
use super::said::{Said, Wish};
use crate::app::action::Action;
use crate::term::{Key, KeyCode};
use medicosam_shared::text::did_you_mean;

/// A command being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What has been typed.
    pub text: Line,
    /// What can be typed here.
    actions: Vec<Action>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    Run,
    Complete,
    Leave,
}

pub(super) const KEYS: &[Bound<Means>] = &[
    key(KeyCode::Enter, Means::Run, "do"),
    key(KeyCode::Tab, Means::Complete, "complete"),
    key(KeyCode::Esc, Means::Leave, "do not"),
];

impl Command {
    /// An empty line where these actions make sense.
    pub fn among(actions: Vec<Action>) -> Self {
        Command {
            text: Line::default(),
            actions,
        }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match meaning(KEYS, key) {
            Some(Means::Run) => return self.run(),
            Some(Means::Complete) => self.complete(),
            Some(Means::Leave) => return Said::Leave,
            None if key.code == KeyCode::Backspace && self.text.as_str().is_empty() => {
                return Said::Leave;
            }
            None => self.text.press(key),
        }
        Said::Nothing
    }

    /// The names that begin with what has been typed.
    pub fn candidates(&self) -> impl Iterator<Item = &'static str> {
        let typed = written(self.text.as_str());
        let names = self.actions.iter().map(|action| action.name());
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
        if common.len() >= self.text.as_str().len() {
            self.text = Line::default();
            self.text.insert(common);
        }
    }

    fn run(&self) -> Said {
        let typed = written(self.text.as_str());
        if typed.is_empty() {
            return Said::Leave;
        }
        if let Ok(index) = typed.parse() {
            return Said::Do(Wish::Slice(index));
        }
        let named = self.actions.iter().find(|action| action.name() == typed);
        Said::Do(match named {
            Some(&action) => Wish::Act(action),
            None => Wish::Explain(self.explain(&typed)),
        })
    }

    /// Why what was typed is no command.
    fn explain(&self, typed: &str) -> String {
        let names = self.actions.iter().map(|action| action.name());
        let guess = did_you_mean(typed, names).map_or_else(
            || "tab shows what there is".to_owned(),
            |name| format!("did you mean {name}?"),
        );
        let text = self.text.as_str();
        format!("There is no command {text:?} here; {guess}")
    }
}

/// A name as actions have it, however its words were joined.
fn written(text: &str) -> String {
    text.trim().replace([' ', '-'], "_").to_lowercase()
}
