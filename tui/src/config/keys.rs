//! `[keys.…]`: the keys of each context.

use super::ConfigError;
use super::error::Text;
use crate::app::keymap::{END, REDRAW};
use crate::app::{Action, Context, Keymap};
use crate::term::Key;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// One key, or several, or none.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    One(String),
    Several(Vec<String>),
}

impl Written {
    fn keys(&self) -> &[String] {
        match self {
            Written::One(key) => std::slice::from_ref(key),
            Written::Several(keys) => keys,
        }
    }
}

type Table = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Written>>>;

/// The usual keys, with those of the file in their place.
pub(super) fn keymap(table: &Table, text: &Text<'_>) -> Result<Keymap, ConfigError> {
    let usual = Keymap::default();
    let mut keymap = usual.clone();
    let mut clashes: Vec<(Context, Action, Key, Range<usize>)> = Vec::new();
    for (name, bindings) in table {
        let names = Context::ALL.map(Context::name);
        let Some(context) = Context::named(name.get_ref()) else {
            return Err(text.unknown("place for keys", name, names.into_iter()));
        };
        let actions: Vec<Action> = usual.actions(context).collect();
        for (written, keys) in bindings {
            let named = |action: &&Action| action.name() == written.get_ref();
            let Some(&action) = actions.iter().find(named) else {
                let what = format!("action in [keys.{}]", context.name());
                let names = actions.iter().map(|action| action.name());
                return Err(text.unknown(&what, written, names));
            };
            let mut parsed = Vec::new();
            for key in keys.get_ref().keys() {
                let key: Key = key.parse().map_err(|why| {
                    text.wrong(&keys.span(), format!("{why}; keys are written like a, G, ctrl-d, alt-x, shift-left, space, enter, pgup, f1"))
                })?;
                if [END, REDRAW].contains(&key) {
                    let why = format!("`{key}` always means the same and cannot be given away");
                    return Err(text.wrong(&keys.span(), why));
                }
                parsed.push(key);
                clashes.push((context, action, key, keys.span()));
            }
            keymap.rebind(context, action, &parsed);
        }
    }
    // Only keys of the file can clash: the usual keys do not.
    for (context, action, key, span) in &clashes {
        let others = keymap.meanings(*context, *key);
        if let Some(other) = others.into_iter().find(|other| other != action) {
            let why = format!(
                "`{key}` already means `{other}` in [keys.{context}]; give that another key, or [] for none",
                other = other.name(),
                context = context.name()
            );
            return Err(text.wrong(span, why));
        }
    }
    Ok(keymap)
}
