//! Colours of the text. Nothing is said by colour alone.

use crate::picture::{GreyLevels, Ink, Palette};
use medicosam_shared::case::CaseState;
use medicosam_shared::prompt::Label;
use ratatui::style::{Color, Modifier, Style};

/// Which colours the terminal has, or somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: bold, dim and reversed text.
    None,
    /// The sixteen of the terminal's own palette.
    Sixteen,
    /// Any.
    All,
}

/// The use of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Names of screens and cases.
    Title,
    /// Text that should not draw the eye.
    Faint,
    /// Keys in hints.
    Key,
    /// Something went wrong.
    Bad,
    /// Something to know.
    Good,
    /// A case in review.
    Review,
    /// An approved case.
    Approved,
    /// A rejected case.
    Rejected,
    /// A flagged case.
    Flagged,
    /// A failed case.
    Failed,
    /// A paused case.
    Paused,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 11] = [
        Role::Title,
        Role::Faint,
        Role::Key,
        Role::Bad,
        Role::Good,
        Role::Review,
        Role::Approved,
        Role::Rejected,
        Role::Flagged,
        Role::Failed,
        Role::Paused,
    ];

    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Title => "title",
            Role::Faint => "faint",
            Role::Key => "key",
            Role::Bad => "bad",
            Role::Good => "good",
            Role::Review => "review",
            Role::Approved => "approved",
            Role::Rejected => "rejected",
            Role::Flagged => "flagged",
            Role::Failed => "failed",
            Role::Paused => "paused",
        }
    }

    /// The one that is written so.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    const fn usual(self) -> Color {
        match self {
            Role::Title => Color::Reset,
            Role::Faint => Color::DarkGray,
            Role::Key | Role::Paused => Color::Cyan,
            Role::Bad | Role::Rejected | Role::Failed => Color::Red,
            Role::Good | Role::Approved => Color::Green,
            Role::Review => Color::Yellow,
            Role::Flagged => Color::Magenta,
        }
    }
}

/// Which styles and signs are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colours: Colours,
    /// The colour of each role, in the order of [`Role::ALL`].
    roles: [Color; Role::ALL.len()],
    ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Theme::from_environment()
    }
}

impl Theme {
    /// The usual theme with these colours.
    pub fn new(colours: Colours) -> Self {
        Theme {
            colours,
            roles: Role::ALL.map(Role::usual),
            ascii: false,
        }
    }

    /// No colours if `NO_COLOR` is set to anything (<https://no-color.org>), sixteen on terminals
    /// whose name says that they have no more, else all.
    pub fn from_environment() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let terminal = std::env::var("TERM").unwrap_or_default();
        Theme::new(if set("NO_COLOR") {
            Colours::None
        } else if matches!(&*terminal, "linux" | "ansi" | "vt340" | "cons25")
            || terminal.ends_with("-16color")
        {
            Colours::Sixteen
        } else {
            Colours::All
        })
    }

    /// With another colour for `role`.
    pub fn with(mut self, role: Role, colour: Color) -> Self {
        self.roles[role as usize] = colour;
        self
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

    fn coloured(self, colour: Color) -> Style {
        match (self.colours, colour) {
            (Colours::None, _) => Style::new(),
            (Colours::Sixteen, Color::Rgb(..) | Color::Indexed(16..)) => {
                Style::new().fg(one_of_sixteen(colour))
            }
            (Colours::All | Colours::Sixteen, _) => Style::new().fg(colour),
        }
    }

    fn role(self, role: Role) -> Style {
        self.coloured(self.roles[role as usize])
    }

    /// Names of screens and cases.
    pub fn title(self) -> Style {
        self.role(Role::Title).add_modifier(Modifier::BOLD)
    }

    /// Text that should not draw the eye.
    pub fn faint(self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::DIM),
            Colours::All | Colours::Sixteen => self.role(Role::Faint),
        }
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Keys in hints.
    pub fn key(self) -> Style {
        self.role(Role::Key).add_modifier(Modifier::BOLD)
    }

    /// Something went wrong.
    pub fn bad(self) -> Style {
        self.role(Role::Bad).add_modifier(Modifier::BOLD)
    }

    /// Something to look at.
    pub fn attention(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// Something to know.
    pub fn good(self) -> Style {
        self.role(Role::Good)
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

    /// A colour of the picture.
    pub fn ink(self, ink: Ink) -> Style {
        let palette = Palette::new(GreyLevels::USUAL);
        let number = palette.ink(ink);
        if self.colours == Colours::Sixteen {
            let place = usize::from(number - palette.greys().count());
            return self.coloured(INKS_OF_SIXTEEN[place]);
        }
        let [r, g, b] = palette.rgb(number);
        self.coloured(Color::Rgb(r, g, b))
    }
}

/// The inks of pictures in the order of a palette, where there are sixteen colours: like them, and
/// no two the same. The closest colours would be grey for one and cyan for two of them.
const INKS_OF_SIXTEEN: [Color; 7] = [
    Color::Yellow,
    Color::Cyan,
    Color::Green,
    Color::Magenta,
    Color::Red,
    Color::LightBlue,
    Color::LightYellow,
];

/// The colour of a usual palette of sixteen that is closest.
fn one_of_sixteen(colour: Color) -> Color {
    const PALETTE: [(Color, [i32; 3]); 14] = [
        (Color::Red, [205, 0, 0]),
        (Color::Green, [0, 205, 0]),
        (Color::Yellow, [205, 205, 0]),
        (Color::Blue, [0, 0, 238]),
        (Color::Magenta, [205, 0, 205]),
        (Color::Cyan, [0, 205, 205]),
        (Color::Gray, [229, 229, 229]),
        (Color::DarkGray, [127, 127, 127]),
        (Color::LightRed, [255, 0, 0]),
        (Color::LightGreen, [0, 255, 0]),
        (Color::LightYellow, [255, 255, 0]),
        (Color::LightBlue, [92, 92, 255]),
        (Color::LightMagenta, [255, 0, 255]),
        (Color::LightCyan, [0, 255, 255]),
    ];
    let rgb = match colour {
        Color::Rgb(r, g, b) => [r, g, b].map(i32::from),
        Color::Indexed(n @ 232..) => [8 + 10 * (i32::from(n) - 232); 3],
        Color::Indexed(n @ 16..) => {
            let n = i32::from(n) - 16;
            [n / 36, n / 6 % 6, n % 6].map(|step| if step == 0 { 0 } else { 55 + 40 * step })
        }
        other => return other,
    };
    let distance = |other: &[i32; 3]| -> i32 { (0..3).map(|c| (rgb[c] - other[c]).pow(2)).sum() };
    let closest = PALETTE.iter().min_by_key(|(_, other)| distance(other));
    closest.map_or(Color::Reset, |(colour, _)| *colour)
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
mod tests {
    use super::*;

    #[test]
    fn sixteen_colours_are_the_closest_ones() {
        let sixteen = Theme::new(Colours::Sixteen);
        let shown = |colour| sixteen.with(Role::Bad, colour).bad().fg;
        assert_eq!(shown(Color::Rgb(250, 10, 5)), Some(Color::LightRed));
        assert_eq!(shown(Color::Indexed(46)), Some(Color::LightGreen));
        assert_eq!(shown(Color::Indexed(3)), Some(Color::Indexed(3)));
        assert_eq!(shown(Color::Cyan), Some(Color::Cyan));
    }

    #[test]
    fn objects_can_be_told_apart_by_colour_where_there_are_colours_and_by_number_where_not() {
        let labels = || (1..=6).filter_map(Label::new);
        for colours in [Colours::All, Colours::Sixteen] {
            let theme = Theme::new(colours);
            let mut inks: Vec<_> = labels().map(|label| theme.object(label).fg).collect();
            inks.push(theme.ink(Ink::Tool).fg);
            inks.sort_by_key(|colour| format!("{colour:?}"));
            inks.dedup();
            assert_eq!(inks.len(), 7, "{inks:?}");
            assert!(inks.iter().all(Option::is_some));
        }
        let none = Theme::new(Colours::None);
        for label in labels() {
            let line = crate::view::objects::name(label, "nodule", none);
            assert_eq!(line.to_string(), format!("■ {label} nodule"));
            assert!(line.spans.iter().all(|span| span.style.fg.is_none()));
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        let none = Theme::new(Colours::None).with(Role::Good, Color::Blue);
        let styles = [
            none.title(),
            none.faint(),
            none.key(),
            none.bad(),
            none.good(),
        ];
        assert!(styles.iter().all(|style| style.fg.is_none()));
        assert!(none.state(CaseState::Failed).fg.is_none());
        assert!(
            Role::ALL
                .iter()
                .enumerate()
                .all(|(n, role)| *role as usize == n)
        );
    }
}
