//! The reviewer's own settings: `medicosam-client.toml`.
//!
//! Everything has a default. Anything that is not understood is an error that names the line,
//! because a key with another meaning than the one written down could decide on a scan.

mod error;
mod keys;
mod theme;

pub use error::ConfigError;

use crate::app::Keymap;
use crate::picture::GreyLevels;
use crate::term::graphics::Choice;
use crate::term::notify::Notify;
use crate::view::Theme;
use clap::ValueEnum;
use error::Text;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How pictures are shown, unless the command line says.
    pub picture: Option<Choice>,
    /// Greys in a picture, unless the command line says.
    pub greys: Option<GreyLevels>,
    /// Whether what changes on a picture may be drawn over it, unless the command line says.
    pub delta: Option<bool>,
    /// Whether the mouse is used, unless the command line says.
    pub mouse: bool,
    /// How somebody who looks elsewhere is called.
    pub notify: Notify,
    /// Colours and signs of the text.
    pub theme: Theme,
    /// Which key means what.
    pub keymap: Keymap,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            picture: None,
            greys: None,
            delta: None,
            mouse: true,
            notify: Notify::default(),
            theme: Theme::default(),
            keymap: Keymap::default(),
        }
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    screen: Screen,
    theme: BTreeMap<Spanned<String>, Spanned<String>>,
    keys: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<keys::Written>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Screen {
    picture: Option<Spanned<String>>,
    greys: Option<Spanned<u8>>,
    delta: Option<bool>,
    theme: Option<Spanned<String>>,
    colours: Option<Spanned<String>>,
    glyphs: Option<Spanned<String>>,
    mouse: Option<bool>,
    notify: Option<Spanned<String>>,
}

impl Config {
    /// Where it lies if nobody says: `medicosam-client.toml` in the user's place for configuration.
    pub fn default_path() -> PathBuf {
        directories::ProjectDirs::from("", "", "medicosam")
            .map_or_else(PathBuf::new, |dirs| dirs.config_dir().to_path_buf())
            .join("medicosam-client.toml")
    }

    /// Reads `path`, or the usual file if there is one.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let usual = Self::default_path();
        let file = path.unwrap_or(&usual);
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text, file),
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(source) => Err(ConfigError::Read {
                path: file.to_owned(),
                source,
            }),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let text = Text { text, path };
        let file: File = toml::from_str(text.text).map_err(|error| text.syntax(&error))?;
        let screen = file.screen;
        let picture = screen.picture.as_ref();
        let picture = picture.map(|word| one_of(word, "way to show pictures", &text));
        let greys = screen.greys.as_ref().map(|count| {
            let why = "`greys` is a number from 2 to 101";
            GreyLevels::new(*count.get_ref()).ok_or_else(|| text.wrong(&count.span(), why))
        });
        Ok(Config {
            picture: picture.transpose()?,
            greys: greys.transpose()?,
            delta: screen.delta,
            mouse: screen.mouse.unwrap_or(true),
            notify: notify(screen.notify.as_ref(), &text)?,
            theme: theme::theme(&screen, &file.theme, &text)?,
            keymap: keys::keymap(&file.keys, &text)?,
        })
    }
}

/// How somebody is called.
fn notify(word: Option<&Spanned<String>>, text: &Text<'_>) -> Result<Notify, ConfigError> {
    let Some(word) = word else {
        return Ok(Notify::default());
    };
    let parsed = word.get_ref().parse();
    parsed.map_err(|()| text.unknown("way to call you", word, Notify::WORDS.into_iter()))
}

/// The value that a word names.
fn one_of<T: ValueEnum>(
    word: &Spanned<String>,
    what: &str,
    text: &Text<'_>,
) -> Result<T, ConfigError> {
    T::from_str(word.get_ref(), true).map_err(|_| {
        let names = T::value_variants().iter();
        let names: Vec<_> = names.filter_map(ValueEnum::to_possible_value).collect();
        let names = names.iter().map(|name| name.get_name());
        text.unknown(what, word, names)
    })
}

#[cfg(test)]
mod tests;
