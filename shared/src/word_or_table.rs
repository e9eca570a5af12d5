//! Settings that are a word, or a table where there is more to say: `"minmax"`,
//! `{ level = 40, width = 400 }`.

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// A setting as it stands in files.
///
/// An error inside a table is reported as such, which serde's untagged enums do not do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum WordOrTable<T> {
    /// A word, or any other text.
    Word(String),
    /// A table.
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WordOrTable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

struct Either<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = WordOrTable<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a table")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(WordOrTable::Word(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(WordOrTable::Table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        width: f64,
    }

    fn read(text: &str) -> Result<WordOrTable<Table>, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_written_is_read_again() {
        for written in [
            WordOrTable::Word("minmax".to_owned()),
            WordOrTable::Table(Table { width: 400.0 }),
        ] {
            let text = serde_json::to_string(&written).unwrap();
            assert_eq!(read(&text), Ok(written));
        }
    }

    #[test]
    fn what_is_wrong_in_a_table_is_said() {
        for (text, expected) in [
            (r#"{"widht": 400}"#, "unknown field `widht`"),
            (r#"{"width": "wide"}"#, "expected f64"),
            ("7", "expected a text or a table"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
