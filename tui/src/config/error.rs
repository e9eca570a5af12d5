//! Mistakes in the settings.

use medicosam_shared::text::{did_you_mean, printable};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// They cannot be read.
    #[error("cannot read the settings {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// They are not TOML, or say something that cannot be.
    #[error("the settings {}, line {line} ({snippet}): {why}", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The line itself.
        snippet: String,
        /// The mistake.
        why: String,
    },
}

impl ConfigError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => "settings-unreadable",
            ConfigError::Wrong { .. } => "settings-wrong",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => "Name another file with --config.",
            ConfigError::Wrong { .. } => "Correct the file; docs/client.md explains every key.",
        }
    }
}

/// The file while it is being understood.
pub(super) struct Text<'a> {
    pub text: &'a str,
    pub path: &'a Path,
}

impl Text<'_> {
    /// An error about what stands at `span`.
    pub fn wrong(&self, span: &Range<usize>, why: impl Into<String>) -> ConfigError {
        let before = &self.text[..span.start.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let snippet = self.text.lines().nth(line - 1).unwrap_or_default().trim();
        ConfigError::Wrong {
            path: self.path.to_owned(),
            line,
            snippet: printable(snippet),
            why: why.into(),
        }
    }

    /// An error about a word outside of `known`.
    pub fn unknown<'k>(
        &self,
        what: &str,
        word: &Spanned<String>,
        known: impl Iterator<Item = &'k str>,
    ) -> ConfigError {
        let known: Vec<&str> = known.collect();
        let guess = did_you_mean(word.get_ref(), known.iter().copied());
        let why = match guess {
            Some(guess) => format!("unknown {what}; did you mean `{guess}`?"),
            None => format!("unknown {what}; there are {}", known.join(", ")),
        };
        self.wrong(&word.span(), why)
    }

    /// An error of the TOML parser.
    pub fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let message = error.message();
        // serde writes: unknown field `a`, expected one of `b`, `c`
        let mut quoted = message.split('`').skip(1).step_by(2);
        let guess = match (message.starts_with("unknown field"), quoted.next()) {
            (true, Some(unknown)) => did_you_mean(unknown, quoted),
            _ => None,
        };
        let why = match guess {
            Some(guess) => format!("{message}; did you mean `{guess}`?"),
            None => message.to_owned(),
        };
        self.wrong(&error.span().unwrap_or(0..0), why)
    }
}
