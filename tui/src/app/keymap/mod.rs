//! The meaning of keys in each context. Hints, help and notices ask here for keys.

mod gestures;
pub mod help;
pub mod hints;

use super::action::context::Context;
use super::action::{Action, App};
use crate::term::{Key, KeyCode};

/// Ends the client, whatever the settings say.
pub const END: Key = Key::ctrl('c');

/// Redraws the screen, whatever the settings say.
pub const REDRAW: Key = Key::ctrl('l');

/// The meaning of a key in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The context.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// The meaning.
    pub action: Action,
}

/// All of them; in a context a key has at most one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = Vec::new();
        for context in Context::ALL {
            for action in Action::all() {
                let keys = action.def().at(context).map_or("", |keys| keys.keys);
                let keys = keys.split_whitespace().filter_map(|key| key.parse().ok());
                bindings.extend(keys.map(|key| Binding {
                    context,
                    key,
                    action,
                }));
            }
        }
        Keymap { bindings }
    }
}

impl Keymap {
    /// What `key` means in `context`.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        self.bindings
            .iter()
            .find(|b| b.context == context && b.key == key)
            .map(|b| b.action)
    }

    /// The keys that mean `action` in `context`.
    pub fn keys(&self, context: Context, action: Action) -> impl Iterator<Item = Key> {
        self.bindings
            .iter()
            .filter(move |b| b.context == context && b.action == action)
            .map(|b| b.key)
    }

    /// How a notice names `action` in `context`: by its first key, or as a command if it has none.
    /// For the way back `esc` goes before other keys, because it also leaves every dialog.
    pub fn way(&self, context: Context, action: Action) -> String {
        let esc = |key: &Key| action == Action::App(App::Back) && key.code == KeyCode::Esc;
        let keys = || self.keys(context, action);
        match keys().find(esc).or_else(|| keys().next()) {
            Some(key) => key.to_string(),
            None => format!(":{}", action.name()),
        }
    }

    /// What `key` means in `context`: more than one action only while a keymap is being written.
    pub fn meanings(&self, context: Context, key: Key) -> Vec<Action> {
        let same = self
            .bindings
            .iter()
            .filter(|b| b.context == context && b.key == key);
        same.map(|b| b.action).collect()
    }

    /// Gives `action` these keys in `context` instead of those that it has.
    pub fn rebind(&mut self, context: Context, action: Action, keys: &[Key]) {
        self.bindings
            .retain(|b| b.context != context || b.action != action);
        self.bindings.extend(keys.iter().map(|&key| Binding {
            context,
            key,
            action,
        }));
    }

    /// Every action that has a key in `context`, in the order of the help.
    pub fn actions(&self, context: Context) -> impl Iterator<Item = Action> {
        let sections = context.sections().iter();
        let actions = sections.flat_map(move |section| {
            Action::all()
                .filter(move |a| a.def().at(context).is_some_and(|k| k.section == *section))
        });
        actions.filter(move |action| self.keys(context, *action).next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::action::Draw;

    #[test]
    fn every_key_can_be_read_and_has_one_meaning() {
        let keymap = Keymap::default();
        let all = || Action::all().flat_map(|action| action.def().keys);
        let written: usize = all()
            .map(|keys| keys.contexts.len() * keys.keys.split_whitespace().count())
            .sum();
        assert_eq!(keymap.bindings.len(), written, "a key cannot be read");
        for (n, a) in keymap.bindings.iter().enumerate() {
            for b in &keymap.bindings[..n] {
                assert!((a.context, a.key) != (b.context, b.key), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn an_action_stands_under_one_heading() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let mut actions: Vec<&str> = keymap.actions(context).map(Action::name).collect();
            let count = actions.len();
            actions.sort_unstable();
            actions.dedup();
            assert_eq!(actions.len(), count, "{context:?}");
        }
    }

    #[test]
    fn hints_name_only_what_has_a_key() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            for action in hints::row(context).iter().flat_map(|hint| *hint) {
                assert!(keymap.keys(context, *action).next().is_some(), "{action:?}");
            }
        }
    }

    #[test]
    fn the_way_to_an_action_is_the_key_that_is_set_or_its_command() {
        let mut keymap = Keymap::default();
        let edit = Action::Draw(Draw::Begin);
        assert_eq!(keymap.way(Context::Review, edit), "e");
        keymap.rebind(Context::Review, edit, &["f2".parse().unwrap()]);
        assert_eq!(keymap.way(Context::Review, edit), "f2");
        keymap.rebind(Context::Review, edit, &[]);
        assert_eq!(keymap.way(Context::Review, edit), ":edit");
        let back = Action::App(App::Back);
        assert_eq!(keymap.way(Context::Edit, back), "esc", "not the first: q");
    }
}
