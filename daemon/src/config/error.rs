//! Errors of a configuration.

use medicosam_shared::parser_words::in_words;
use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not TOML, or has keys that do not exist.
    #[error("the configuration {} cannot be understood, {message}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The place and the reason.
        message: String,
    },
    /// A value or a name in it is wrong.
    #[error("the configuration {} is not right: {what}", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl ConfigError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => "config-unreadable",
            ConfigError::Syntax { .. } => "config-syntax",
            ConfigError::Invalid { .. } => "config-invalid",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => {
                "Name a configuration with --config, or write one: `medicosamd run --help` shows a small example."
            }
            ConfigError::Syntax { .. } | ConfigError::Invalid { .. } => {
                "Correct the file, then ask `medicosamd check-config`."
            }
        }
    }
}

/// The parser's message with the line, the snippet and the nearest known key.
pub(super) fn syntax(error: &toml::de::Error, text: &str, path: PathBuf) -> ConfigError {
    let line = error.span().map_or(1, |span| {
        text[..span.start.min(text.len())].matches('\n').count() + 1
    });
    let snippet = text.lines().nth(line - 1).unwrap_or("").trim();
    let message = error.message();
    let words = in_words(message);
    // serde writes: unknown field `a`, expected one of `b`, `c`
    let mut quoted = message.split('`').skip(1).step_by(2);
    let guess = match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => did_you_mean(unknown, quoted),
        _ => String::new(),
    };
    ConfigError::Syntax {
        path,
        message: format!("line {line} ({snippet}): {words}{guess}"),
    }
}

/// `; did you mean …?` with the candidate closest to `word`, or nothing if none is close.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    medicosam_shared::text::did_you_mean(word, candidates)
        .map_or_else(String::new, |guess| format!("; did you mean `{guess}`?"))
}
