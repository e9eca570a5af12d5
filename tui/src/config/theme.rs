//! Colours and signs of the text.

use super::error::Text;
use super::{ConfigError, Screen, one_of};
use crate::view::{Colours, Role, Theme};
use std::collections::BTreeMap;
use toml::Spanned;

/// The theme of the environment, with the settings of the file on top.
pub(super) fn theme(
    screen: &Screen,
    roles: &BTreeMap<Spanned<String>, Spanned<String>>,
    text: &Text<'_>,
) -> Result<Theme, ConfigError> {
    let mut theme = Theme::from_environment();
    if let Some(word) = &screen.colours {
        theme = match word.get_ref().as_str() {
            "auto" => theme,
            "all" => theme.in_colours(Colours::All),
            "256" => theme.in_colours(Colours::Fixed),
            "16" => theme.in_colours(Colours::Sixteen),
            "none" => theme.in_colours(Colours::None),
            _ => {
                let names = ["auto", "all", "256", "16", "none"];
                return Err(text.unknown("set of colours", word, names.into_iter()));
            }
        };
    }
    if let Some(word) = &screen.theme {
        theme = theme.chosen(one_of(word, "theme", text)?);
    }
    if let Some(word) = &screen.glyphs {
        theme = match word.get_ref().as_str() {
            "unicode" => theme,
            "ascii" => theme.in_ascii(),
            _ => {
                let names = ["unicode", "ascii"];
                return Err(text.unknown("set of signs", word, names.into_iter()));
            }
        };
    }
    for (name, colour) in roles {
        let Some(role) = Role::named(name.get_ref()) else {
            let names = Role::ALL.iter().map(|role| role.name());
            return Err(text.unknown("colour in [theme]", name, names));
        };
        let why =
            "a colour is a name like `red` or `light-blue`, a number from 0 to 255, or `#rrggbb`";
        let parsed = colour.get_ref().parse();
        theme = theme.with(role, parsed.map_err(|_| text.wrong(&colour.span(), why))?);
    }
    Ok(theme)
}
