//! Colours of the text. Nothing is said by colour alone.

mod behind;
mod role;
mod sixteen;

pub use behind::ThemeChoice;
pub use role::Role;

use crate::app::state::review::scores::LOW_IOU;
use crate::picture::{GreyLevels, Ink, Palette};
use crate::term::Background;
use behind::Behind;
use medicosam_shared::case::CaseState;
use medicosam_shared::prompt::Label;
use ratatui::style::{Color, Modifier, Style};

/// A score below this is poor.
pub const POOR: f32 = 0.5;

/// A score below this is doubtful.
pub const DOUBTFUL: f32 = LOW_IOU;

/// Which colours the terminal has, or somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: bold and reversed text.
    None,
    /// The sixteen of the terminal's own palette.
    Sixteen,
    /// The 240 that are the same on all terminals with 256.
    Fixed,
    /// Any, of 24 bits.
    All,
}

/// Which styles and signs are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colours: Colours,
    choice: ThemeChoice,
    background: Background,
    /// The colours that somebody set, in the order of [`Role::ALL`].
    set: [Option<Color>; Role::ALL.len()],
    /// The colour of each role on this background; `None`: that of other text.
    shown: [Option<Color>; Role::ALL.len()],
    ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Theme::from_environment()
    }
}

impl Theme {
    /// The usual theme with these colours, while nothing is known of the background.
    pub fn new(colours: Colours) -> Self {
        let theme = Theme {
            colours,
            choice: ThemeChoice::default(),
            background: Background::default(),
            set: [None; Role::ALL.len()],
            shown: [None; Role::ALL.len()],
            ascii: false,
        };
        theme.resolved()
    }

    /// No colours if `NO_COLOR` is set to anything (<https://no-color.org>), sixteen on terminals
    /// whose name says that they have no more, any where `COLORTERM` says so, else the fixed ones.
    pub fn from_environment() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let terminal = std::env::var("TERM").unwrap_or_default();
        Theme::new(if set("NO_COLOR") {
            Colours::None
        } else if matches!(&*terminal, "linux" | "ansi" | "vt340" | "cons25")
            || terminal.ends_with("-16color")
        {
            Colours::Sixteen
        } else if matches!(
            std::env::var("COLORTERM").as_deref(),
            Ok("truecolor" | "24bit")
        ) {
            Colours::All
        } else {
            Colours::Fixed
        })
    }

    /// With other colours.
    pub fn in_colours(self, colours: Colours) -> Self {
        Theme { colours, ..self }.resolved()
    }

    /// With the colours that somebody chose.
    pub fn chosen(self, choice: ThemeChoice) -> Self {
        Theme { choice, ..self }.resolved()
    }

    /// On the background of this terminal.
    pub fn on(self, background: Background) -> Self {
        Theme { background, ..self }.resolved()
    }

    /// With another colour for `role`.
    pub fn with(mut self, role: Role, colour: Color) -> Self {
        self.set[role as usize] = Some(colour);
        self.resolved()
    }

    /// With signs of ASCII only.
    pub fn in_ascii(mut self) -> Self {
        self.ascii = true;
        self
    }

    /// Whether only ASCII is shown.
    pub fn is_ascii(self) -> bool {
        self.ascii
    }

    fn resolved(mut self) -> Self {
        let behind = Behind::of(self.choice, self.background, self.colours);
        self.shown = Role::ALL.map(|role| match self.set[role as usize] {
            Some(colour) => behind::shown(colour, self.colours),
            None => behind.and_then(|behind| behind.colour(role, self.colours)),
        });
        self
    }

    fn role(self, role: Role) -> Style {
        let colour = self.shown[role as usize];
        let style = colour.map_or(Style::new(), |colour| Style::new().fg(colour));
        match role.is_bold() {
            true => style.add_modifier(Modifier::BOLD),
            false => style,
        }
    }

    /// Names of screens and cases.
    pub fn title(self) -> Style {
        let style = self.role(Role::Title);
        match self.shown[Role::Title as usize] {
            // Not the colour of the frame that it stands in.
            None if self.colours != Colours::None => style.fg(Color::Reset),
            Some(_) | None => style,
        }
    }

    /// Text that should not draw the eye.
    pub fn faint(self) -> Style {
        self.role(Role::Faint)
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Keys in hints.
    pub fn key(self) -> Style {
        self.role(Role::Key)
    }

    /// Something went wrong.
    pub fn bad(self) -> Style {
        self.role(Role::Bad)
    }

    /// Something to look at.
    pub fn attention(self) -> Style {
        self.role(Role::Attention)
    }

    /// Something to know.
    pub fn good(self) -> Style {
        self.role(Role::Good)
    }

    /// A score of a case, or the model's own estimate of a mask: every value has its colour by this.
    pub fn worth(self, value: Option<f32>) -> Style {
        match value {
            Some(value) if value < POOR => self.bad(),
            Some(value) if value < DOUBTFUL => self.attention(),
            Some(_) => Style::new(),
            None => self.attention(),
        }
    }

    /// The row of a case in the list. What waits for a person has the colour of its score.
    pub fn row(self, state: CaseState, score: Option<f32>) -> Style {
        match state {
            CaseState::Review => self.worth(score),
            CaseState::Waiting
            | CaseState::Embedding
            | CaseState::Segmenting
            | CaseState::Approved
            | CaseState::Rejected
            | CaseState::Flagged
            | CaseState::Failed
            | CaseState::Paused => self.state(state),
        }
    }

    /// A state of a case.
    pub fn state(self, state: CaseState) -> Style {
        match state {
            CaseState::Review => self.role(Role::Review),
            CaseState::Approved => self.role(Role::Approved),
            CaseState::Rejected => self.role(Role::Rejected),
            CaseState::Failed => self.role(Role::Failed),
            CaseState::Flagged => self.role(Role::Flagged),
            CaseState::Paused => self.role(Role::Paused),
            CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting => Style::new(),
        }
    }

    /// The colour that an object's mask has in the picture.
    pub fn object(self, label: Label) -> Style {
        self.ink(Ink::Mask(label))
    }

    /// A colour of the picture, for a sign and not for words. It lies on black, as outlines do, so
    /// that it is the same colour on every background.
    pub fn ink(self, ink: Ink) -> Style {
        let palette = Palette::new(GreyLevels::USUAL);
        let number = palette.ink(ink);
        let rgb = |[r, g, b]: [u8; 3]| behind::shown(Color::Rgb(r, g, b), self.colours);
        let (ink, casing) = match self.colours {
            Colours::Sixteen => {
                let place = usize::from(number - palette.greys().count());
                (Some(sixteen::INKS[place]), Some(Color::Black))
            }
            Colours::None | Colours::Fixed | Colours::All => {
                (rgb(palette.rgb(number)), rgb([0; 3]))
            }
        };
        match (ink, casing) {
            (Some(ink), Some(casing)) => Style::new().fg(ink).bg(casing),
            _ => Style::new(),
        }
    }
}

/// A sign for a state, beside its word.
pub fn glyph(state: CaseState) -> char {
    match state {
        CaseState::Waiting => '·',
        CaseState::Embedding => '◔',
        CaseState::Segmenting => '◑',
        CaseState::Review => '?',
        CaseState::Approved => '✓',
        CaseState::Rejected => '✗',
        CaseState::Flagged => '⚑',
        CaseState::Failed => '!',
        CaseState::Paused => '‖',
    }
}

#[cfg(test)]
mod tests;
