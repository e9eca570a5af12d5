//! What differs between two configurations, in words.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// What differs between a configuration and the one before, key by key.
pub fn differences(before: &Table, now: &Table) -> Vec<String> {
    let (before, now) = (keys(before), keys(now));
    let all: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let in_words = |key: &&String| match (before.get(*key), now.get(*key)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(format!("{key}: {old} → {new}")),
        (Some(old), None) => Some(format!("{key}: was {old}, is not given any more")),
        (None, Some(new)) => Some(format!("{key}: {new} is new")),
        (None, None) => None,
    };
    all.iter().filter_map(in_words).collect()
}

/// All keys with their values.
fn keys(table: &Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in table {
        collect(key.clone(), value, &mut found);
    }
    found
}

fn collect(key: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                collect(format!("{key}.{name}"), value, found);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (number, item) in items.iter().enumerate() {
                let name = name_of(item).unwrap_or_else(|| number.to_string());
                collect(format!("{key} {name}"), item, found);
            }
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_) => drop(found.insert(key, value.to_string())),
    }
}

/// What an entry of a list goes by.
fn name_of(item: &Value) -> Option<String> {
    let named = |key| item.get(key).map(Value::to_string);
    named("name").or_else(|| named("path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_named_by_its_key() {
        let before = "[limits]\npoints = 5\n[[root]]\npath = \"a\"\nstable_for = \"1s\"\n";
        let now = "[cache]\nahead = false\n[[root]]\npath = \"b\"\n[[root]]\npath = \"a\"\nstable_for = \"2s\"\n";
        let table = |text: &str| text.parse::<Table>().unwrap();
        assert_eq!(
            differences(&table(before), &table(now)),
            [
                "cache.ahead: false is new",
                "limits.points: was 5, is not given any more",
                "root \"a\".stable_for: \"1s\" → \"2s\"",
                "root \"b\".path: \"b\" is new",
            ]
        );
        assert_eq!(differences(&table(now), &table(now)), [""; 0]);
    }
}
