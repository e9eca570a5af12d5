//! `medicosam keys`

use super::{Error, print};
use crate::app::Keymap;
use crate::app::action::context::Context;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write;

/// The keys of an action in a context.
#[derive(Debug, Serialize)]
struct Row {
    context: &'static str,
    action: &'static str,
    keys: Vec<String>,
    title: &'static str,
}

/// Prints all keys, in the order of the help.
pub fn run(keymap: &Keymap, json: bool, out: &mut dyn Write) -> Result<(), Error> {
    let rows: Vec<Row> = Context::ALL
        .into_iter()
        .flat_map(|context| {
            keymap.actions(context).map(move |action| Row {
                context: context.name(),
                action: action.name(),
                keys: keymap
                    .keys(context, action)
                    .map(|key| key.to_string())
                    .collect(),
                title: action.title(),
            })
        })
        .collect();
    print(out, json, &rows, |rows| text(rows))
}

/// A table for each context, in the form of the settings.
fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut context = "";
    for row in rows {
        if row.context != context {
            let gap = if context.is_empty() { "" } else { "\n" };
            context = row.context;
            let _ = writeln!(text, "{gap}[keys.{context}]");
        }
        let keys: Vec<String> = row.keys.iter().map(|key| quoted(key)).collect();
        let setting = format!("{} = [{}]", row.action, keys.join(", "));
        let _ = writeln!(text, "{setting:<44} # {}", row.title);
    }
    text
}

/// A key as TOML writes a string.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_listing_can_be_pasted_into_the_settings() {
        let mut printed = Vec::new();
        let usual = Keymap::default();
        run(&usual, false, &mut printed).unwrap();
        let path = std::env::temp_dir().join(format!("medicosam-keys-{}", std::process::id()));
        std::fs::write(&path, &printed).unwrap();
        let read = Config::load(Some(&path)).unwrap().keymap;
        std::fs::remove_file(path).unwrap();
        for context in Context::ALL {
            for action in usual.actions(context) {
                let of = |keymap: &Keymap| keymap.keys(context, action).collect::<Vec<_>>();
                assert_eq!(of(&read), of(&usual), "{context:?} {action:?}");
            }
        }
    }
}
