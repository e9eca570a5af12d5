//! How an action is defined: its name, what it does, its usual keys and its hint, all in one place.

use super::context::{Context, Section};

/// All there is to say of an action.
#[derive(Debug)]
pub struct Def {
    /// Its name in settings and commands: `next_slice`.
    pub name: &'static str,
    /// What it does, in a few words, for the help.
    pub title: &'static str,
    /// Its usual keys. A context stands in at most one entry.
    pub keys: &'static [Keys],
}

/// The usual keys of an action in some contexts.
#[derive(Debug)]
pub struct Keys {
    /// As they are written in the settings, with blanks between them.
    pub keys: &'static str,
    /// The contexts where they mean the action.
    pub contexts: &'static [Context],
    /// The section of the help that they stand in.
    pub section: Section,
    /// The word for the action in the row of hints; actions of the same hint share it.
    pub hint: Option<&'static str>,
}

/// Keys without a hint.
pub(super) const fn on(keys: &'static str, contexts: &'static [Context], section: Section) -> Keys {
    Keys {
        keys,
        contexts,
        section,
        hint: None,
    }
}

impl Keys {
    /// The same keys with a word for the row of hints.
    pub(super) const fn hint(self, word: &'static str) -> Keys {
        Keys {
            hint: Some(word),
            ..self
        }
    }
}

impl Def {
    /// What is said of the keys in a context; `None` where the action makes no sense.
    pub fn at(&self, context: Context) -> Option<&'static Keys> {
        self.keys
            .iter()
            .find(|keys| keys.contexts.contains(&context))
    }
}

/// Defines a group of actions. An action without a definition cannot be written down.
macro_rules! actions {
    (
        $(#[$about:meta])*
        $group:ident {
            $(
                $(#[$does:meta])*
                $action:ident = $name:literal, $title:literal, $($keys:expr),+;
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $group {
            $($(#[$does])* $action,)+
        }

        impl $group {
            /// All of them, in the order of the help.
            pub const ALL: &'static [$group] = &[$($group::$action),+];

            /// Name, title, keys and hint.
            pub fn def(self) -> &'static $crate::app::action::def::Def {
                const DEFS: &[$crate::app::action::def::Def] = &[$(
                    $crate::app::action::def::Def {
                        name: $name,
                        title: $title,
                        keys: &[$($keys),+],
                    },
                )+];
                &DEFS[self as usize]
            }
        }
    };
}

pub(super) use actions;
