//! Which key means what where. Hints and help are made from the same table.

mod groups;
mod hints;

pub use groups::Group;
pub use hints::Hint;

use super::Action;
use crate::term::Key;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// In the list of cases.
    Queue,
    /// Looking at a case.
    Review,
    /// Adjusting the window.
    Window,
    /// Changing the prompts of a case.
    Edit,
    /// Reading the help.
    Help,
}

/// A key that means something somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// What it means.
    pub action: Action,
}

/// A row of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpRow {
    /// Nothing.
    Gap,
    /// What the keys below have in common.
    Heading(&'static str),
    /// The keys of an action, and what it does.
    Keys(Action),
    /// What the mouse does, and what comes of it.
    Gesture(&'static str, &'static str),
}

/// All of them; in a context a key has at most one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Context {
    /// All of them.
    pub const ALL: [Context; 5] = [
        Context::Queue,
        Context::Review,
        Context::Window,
        Context::Edit,
        Context::Help,
    ];

    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Context::Queue => "queue",
            Context::Review => "review",
            Context::Window => "window",
            Context::Edit => "edit",
            Context::Help => "help",
        }
    }

    /// The one that is written so.
    pub fn named(name: &str) -> Option<Context> {
        Context::ALL
            .into_iter()
            .find(|context| context.name() == name)
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let bindings = Context::ALL.into_iter().flat_map(|context| {
            let keys = context.groups().iter().flat_map(|group| group.keys);
            keys.filter_map(move |&(key, action)| {
                Some(Binding {
                    context,
                    key: key.parse().ok()?,
                    action,
                })
            })
        });
        Keymap {
            bindings: bindings.collect(),
        }
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

    /// Every action that has a key in `context`, each once, by heading.
    fn headings(&self, context: Context) -> Vec<(&'static str, Vec<Action>)> {
        let headings = context.groups().iter().map(|group| {
            let mut actions: Vec<Action> = Vec::new();
            for &(_, action) in group.keys {
                if !actions.contains(&action) && self.keys(context, action).next().is_some() {
                    actions.push(action);
                }
            }
            (group.heading, actions)
        });
        headings
            .filter(|(_, actions)| !actions.is_empty())
            .collect()
    }

    /// The rows of the help for `context`.
    pub fn help(&self, context: Context) -> Vec<HelpRow> {
        let mut rows = Vec::new();
        let mut before = "";
        for (heading, actions) in self.headings(context) {
            if heading != before {
                if !rows.is_empty() {
                    rows.push(HelpRow::Gap);
                }
                rows.push(HelpRow::Heading(heading));
            }
            before = heading;
            rows.extend(actions.into_iter().map(HelpRow::Keys));
        }
        rows
    }

    /// Every action that has a key in `context`, each once.
    pub fn actions(&self, context: Context) -> Vec<Action> {
        let headings = self.headings(context).into_iter();
        headings.flat_map(|(_, actions)| actions).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_read_and_has_one_meaning() {
        let keymap = Keymap::default();
        let groups = Context::ALL.into_iter().flat_map(Context::groups);
        let written: usize = groups.map(|group| group.keys.len()).sum();
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
            let mut actions = keymap.actions(context);
            let count = actions.len();
            actions.sort_by_key(|action| action.name());
            actions.dedup();
            assert_eq!(actions.len(), count, "{context:?}");
        }
    }

    #[test]
    fn hints_name_only_what_has_a_key() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            for action in context.hints().iter().flat_map(|(actions, _)| *actions) {
                assert!(keymap.keys(context, *action).next().is_some(), "{action:?}");
            }
        }
    }

    #[test]
    fn actions_are_written_in_snake_case() {
        let text = serde_json::to_string(&Action::NextMaskSlice).unwrap();
        assert_eq!(text, "\"next_mask_slice\"");
    }
}
