//! Patterns for paths and for parts of names.

use ::glob::{MatchOptions, Pattern};
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::path::Path;

/// A pattern with `*`, `?`, `[…]`, and `**` for any number of folders.
#[derive(Clone, PartialEq)]
pub(super) struct Glob(Pattern);

/// Alternative patterns, written as one or as a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Globs(Vec<Glob>);

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a pattern, or a list of patterns")]
        enum Written {
            One(String),
            Any(Vec<String>),
        }
        let texts = match Written::deserialize(deserializer)? {
            Written::One(text) => vec![text],
            Written::Any(texts) => texts,
        };
        // Outside the untagged enum, which would hide what is wrong with a pattern.
        let globs = texts.iter().map(|text| Glob::new(text));
        globs
            .collect::<Result<_, _>>()
            .map(Globs)
            .map_err(de::Error::custom)
    }
}

impl Glob {
    fn new(text: &str) -> Result<Self, String> {
        let pattern = Pattern::new(text);
        pattern
            .map(Glob)
            .map_err(|error| format!("the pattern {text:?} is wrong: {error}"))
    }

    /// Whether a path matches it as a whole.
    pub(super) fn matches(&self, path: &Path) -> bool {
        let options = MatchOptions {
            require_literal_separator: true,
            ..MatchOptions::default()
        };
        self.0.matches_path_with(path, options)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Glob::new(&text).map_err(de::Error::custom)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), f)
    }
}

impl Globs {
    /// Whether a word matches one of them.
    pub(super) fn matches(&self, word: &str) -> bool {
        self.0.iter().any(|glob| glob.matches(Path::new(word)))
    }
}

impl fmt::Display for Globs {
    /// For messages: `a or b`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns: Vec<&str> = self.0.iter().map(|glob| glob.0.as_str()).collect();
        f.write_str(&patterns.join(" or "))
    }
}
