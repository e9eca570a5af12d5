//! What lies behind the text, and the colours that can be read on it.

use super::role::{Ground, Role};
use super::{Colours, sixteen};
use crate::contrast::{self, Rgb, luminance, readable};
use crate::picture::cells::{fixed_rgb, nearest_fixed, nearest_readable};
use crate::term::Background;
use ratatui::style::Color;

/// Which colours the text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ThemeChoice {
    /// Those for the background that the terminal reports; for a dark one where it reports none.
    #[default]
    Auto,
    /// Those for a dark background.
    Dark,
    /// Those for a light background.
    Light,
    /// As auto, with more contrast.
    Contrast,
}

/// What lies behind the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Behind {
    ground: Ground,
    /// Its colour, or where that is not known the one that is hardest to read on.
    colour: Rgb,
    /// The contrast that text must have with it.
    least: f64,
}

/// The lightest of usual dark backgrounds, and the darkest of light ones: a grey blue, and the
/// second of Solarized.
const HARDEST: [(Ground, Rgb); 2] = [
    (Ground::Dark, [0x30, 0x34, 0x46]),
    (Ground::Light, [0xee, 0xe8, 0xd5]),
];

/// Darker than this, the light colours of every palette of sixteen can be read.
const BLACK: f64 = 0.005;

/// Lighter than this, red and blue of every palette of sixteen can be read.
const WHITE: f64 = 0.85;

impl Behind {
    /// What lies behind the text; `None` where that is not known well enough for `colours`.
    pub(super) fn of(
        choice: ThemeChoice,
        background: Background,
        colours: Colours,
    ) -> Option<Behind> {
        let least = match choice {
            ThemeChoice::Auto | ThemeChoice::Dark | ThemeChoice::Light => contrast::TEXT,
            ThemeChoice::Contrast => contrast::MUCH,
        };
        let usual = |ground| {
            let hardest = HARDEST.iter().find(|(of, _)| *of == ground);
            hardest.map(|&(ground, colour)| Behind {
                ground,
                colour,
                least,
            })
        };
        match (choice, background) {
            (ThemeChoice::Dark, _) => usual(Ground::Dark),
            (ThemeChoice::Light, _) => usual(Ground::Light),
            (ThemeChoice::Auto | ThemeChoice::Contrast, Background::Unknown) => None,
            (ThemeChoice::Auto | ThemeChoice::Contrast, Background::Silent) => {
                usual(Ground::Dark).filter(|_| colours != Colours::Sixteen)
            }
            (ThemeChoice::Auto | ThemeChoice::Contrast, Background::Known(colour)) => {
                let ground = match contrast::is_light(colour) {
                    true => Ground::Light,
                    false => Ground::Dark,
                };
                let extreme = !(BLACK..WHITE).contains(&luminance(colour));
                let known = extreme && choice == ThemeChoice::Auto;
                Some(Behind {
                    ground,
                    colour,
                    least,
                })
                .filter(|_| known || colours != Colours::Sixteen)
            }
        }
    }

    /// The colour of a role; `None`: that of other text.
    pub(super) fn colour(self, role: Role, colours: Colours) -> Option<Color> {
        let rgb = || Some(readable(role.rgb(self.ground)?, self.colour, self.least));
        match colours {
            Colours::None => None,
            Colours::Sixteen => role.of_sixteen(self.ground),
            Colours::Fixed => {
                let fixed = nearest_readable(rgb()?, self.colour, self.least);
                Some(Color::Indexed(fixed))
            }
            Colours::All => rgb().map(|[r, g, b]| Color::Rgb(r, g, b)),
        }
    }
}

/// A colour as a terminal with these colours can show it.
pub(super) fn shown(colour: Color, colours: Colours) -> Option<Color> {
    match (colours, colour) {
        (Colours::None, _) => None,
        (Colours::Sixteen, Color::Rgb(..) | Color::Indexed(16..)) => {
            Some(sixteen::nearest(rgb_of(colour)?))
        }
        (Colours::Fixed, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_fixed([r, g, b]))),
        (Colours::All | Colours::Fixed | Colours::Sixteen, _) => Some(colour),
    }
}

/// Red, green and blue of a colour that is the same on every terminal.
pub(super) fn rgb_of(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n @ 16..) => Some(fixed_rgb(n)),
        _ => None,
    }
}
