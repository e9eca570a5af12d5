//! What is asked of a terminal at the start, and what its answers mean.
//!
//! All questions go out at once and nothing waits for them: until the answers are here there is
//! text, and a late answer makes the pictures better. The environment is only a hint, because SSH
//! does not carry it.

use super::graphics::{Choice, Graphics, Pixels, Protocol, Style};
use super::known::{Best, Known};
use super::tmux::Tmux;
use super::tty::WindowSize;
use super::{Background, Reply, keyboard};
use crate::contrast::Rgb;
use crate::picture::GreyLevels;
use crate::picture::cells::Depth;

/// Everything that is asked at the start, [`super::threads::ASK_STATUS`] as the end mark last:
/// name, kitty's protocols, the background, attributes, cell and text area in pixels, sixel colours and
/// size, synchronised updates, the mouse in pixels. tmux is not asked for kitty's protocol: it does not
/// support it, and takes the question for the title of its window.
pub fn questions(environment: Environment) -> Vec<u8> {
    let kitty: &[u8] = match environment.tmux {
        true => b"",
        false => b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    };
    let rest = b"\x1b]11;?\x1b\\\x1b[c\x1b[16t\x1b[14t\x1b[?1;1;0S\x1b[?2;1;0S\x1b[?2026$p\x1b[?1016$p\x1b[5n";
    [b"\x1b[>q", kitty, keyboard::ASK, rest].concat()
}

/// What is asked again when the window changes: the font may have changed with it.
pub const SIZE_QUESTIONS: &[u8] = b"\x1b[16t\x1b[14t\x1b[?2;1;0S\x1b[5n";

/// tmux drops a picture of more than 1 MiB without a word; some room is left for the rest.
pub const TMUX_LIMIT: usize = 900_000;

/// Largest picture of an xterm that does not say otherwise.
const XTERM_LARGEST: (u16, u16) = (1000, 1000);

/// What the user said about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// How pictures are to be shown.
    pub picture: Choice,
    /// Size of a character cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// Greys in a picture; `None`: as many as suit the way it is shown.
    pub greys: Option<GreyLevels>,
    /// What changes on a picture may be drawn over it, where the terminal is known to do that
    /// right.
    pub patches: bool,
}

/// What the environment hints at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Environment {
    /// Inside tmux.
    pub tmux: bool,
    /// More than 256 colours.
    pub true_colour: bool,
}

impl Environment {
    /// Reads `TMUX` and `COLORTERM`.
    pub fn read() -> Self {
        let is = |name: &str, test: fn(&str) -> bool| std::env::var(name).is_ok_and(|v| test(&v));
        Environment {
            tmux: is("TMUX", |v| !v.is_empty()),
            true_colour: is("COLORTERM", |v| matches!(v, "truecolor" | "24bit")),
        }
    }
}

/// What is known of a tmux around this program.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Around {
    /// There is none, or it is not asked.
    Nothing,
    /// It has been asked, and has not answered yet.
    Asked,
    /// What it says.
    Tmux(Tmux),
}

/// What is known of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    preferences: Preferences,
    environment: Environment,
    size: WindowSize,
    attributes: Option<Vec<u16>>,
    version: Option<String>,
    cell: Option<(u16, u16)>,
    text_cell: Option<(u16, u16)>,
    registers: Option<u16>,
    largest: Option<(u16, u16)>,
    kitty: bool,
    background: Option<Rgb>,
    synchronized: bool,
    mouse_pixels: bool,
    key_releases: bool,
    around: Around,
    /// The end mark has come, or nobody waits for it any more.
    settled: bool,
}

impl Terminal {
    /// A terminal that has not answered yet.
    pub fn new(preferences: Preferences, environment: Environment, size: WindowSize) -> Self {
        Terminal {
            preferences,
            environment,
            size,
            attributes: None,
            version: None,
            cell: None,
            text_cell: None,
            registers: None,
            largest: None,
            kitty: false,
            background: None,
            synchronized: false,
            mouse_pixels: false,
            key_releases: false,
            around: Around::Nothing,
            settled: false,
        }
    }

    /// Takes an answer.
    pub fn learn(&mut self, reply: &Reply) {
        match reply {
            Reply::Attributes(attributes) => self.attributes = Some(attributes.clone()),
            Reply::Version(version) => self.version = Some(version.clone()),
            Reply::Mode { mode: 2026, state } => self.synchronized = matches!(state, 1..=3),
            Reply::Mode { mode: 1016, state } => self.mouse_pixels = matches!(state, 1..=3),
            Reply::Mode { .. } => {}
            &Reply::CellSize { width, height } => self.cell = Some((width, height)),
            &Reply::TextArea { width, height } => {
                self.text_cell = Some(self.per_cell((width, height)));
            }
            &Reply::ColourRegisters(count) => self.registers = Some(count),
            &Reply::LargestPicture { width, height } => self.largest = Some((width, height)),
            &Reply::KittyGraphics(understood) => self.kitty = understood,
            &Reply::Background(colour) => self.background = Some(colour),
            Reply::KeyReleases => self.key_releases = true,
            Reply::Status => self.settled = true,
        }
    }

    /// tmux is being asked about itself and the terminals around it.
    pub fn tmux_is_asked(&mut self) {
        if self.around == Around::Nothing {
            self.around = Around::Asked;
        }
    }

    /// Takes what tmux says; `None`: there is none, or it cannot be asked.
    pub fn learn_tmux(&mut self, tmux: Option<Tmux>) {
        self.around = tmux.map_or(Around::Nothing, Around::Tmux);
    }

    /// Whether all that was asked has been answered, or nobody waits for it any more.
    pub fn is_settled(&self) -> bool {
        self.settled && self.around != Around::Asked
    }

    /// The window has another size. The sizes in pixels hold until the terminal reports new
    /// ones: a font seldom changes with its window.
    pub fn resized(&mut self, size: WindowSize) {
        self.size = size;
    }

    /// A size in pixels of the whole window as that of a cell, rounded down.
    fn per_cell(&self, (width, height): (u16, u16)) -> (u16, u16) {
        (
            width / self.size.columns.max(1),
            height / self.size.rows.max(1),
        )
    }

    /// Stops waiting for the end mark; answers that still come count.
    pub fn give_up_waiting(&mut self) {
        self.settled = true;
        if self.around == Around::Asked {
            self.around = Around::Nothing;
        }
    }

    /// Its size in characters.
    pub fn size(&self) -> WindowSize {
        self.size
    }

    /// Its name and version, as it says.
    pub fn name(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What is known of the colour behind the text.
    pub fn background(&self) -> Background {
        match self.background {
            Some(colour) => Background::Known(colour),
            None if self.settled => Background::Silent,
            None => Background::Unknown,
        }
    }

    /// Whether it says that it can show sixel pictures.
    pub fn has_sixel(&self) -> bool {
        self.attributes.as_ref().is_some_and(|a| a.contains(&4))
    }

    /// Whether a frame can be held back until it is complete (mode 2026).
    pub fn is_synchronized(&self) -> bool {
        self.synchronized
    }

    /// Whether it can say at which pixel the mouse is (mode 1016).
    pub fn has_mouse_pixels(&self) -> bool {
        self.mouse_pixels
    }

    /// Whether it can say when a key is let go.
    pub fn has_key_releases(&self) -> bool {
        self.key_releases
    }

    /// Width and height of a character cell in pixels: what the user said, else what the terminal
    /// says of its cells, of its text area, of its window; else the most common size. Always
    /// rounded down, so that pictures never reach beyond their cells.
    pub fn cell(&self) -> (u16, u16) {
        let sane = |cell: &(u16, u16)| (2..=256).contains(&cell.0) && (2..=512).contains(&cell.1);
        self.preferences
            .cell
            .or(self.cell.filter(sane))
            .or(self.text_cell.filter(sane))
            .or(Some(self.per_cell(self.size.pixels)).filter(sane))
            .unwrap_or((10, 20))
    }

    /// How pictures are shown.
    pub fn graphics(&self) -> Graphics {
        match self.preferences.picture {
            Choice::None => Graphics::None,
            Choice::Sixel => self.pixels(Protocol::Sixel),
            #[cfg(feature = "libsixel")]
            Choice::Libsixel => self.pixels(Protocol::Libsixel),
            Choice::Kitty if self.in_tmux() => self.pixels(Protocol::Placeholders),
            Choice::Kitty => self.pixels(Protocol::Kitty),
            Choice::Iterm2 => self.pixels(Protocol::Iterm2),
            Choice::Blocks => self.cells(Style::HalfBlocks),
            Choice::Braille => self.cells(Style::Braille),
            Choice::Auto => match self.best() {
                Some(Some(protocol)) => self.pixels(protocol),
                Some(None) => self.cells(Style::HalfBlocks),
                None => Graphics::Undecided,
            },
        }
    }

    /// What is best for this terminal; `Some(None)`: characters; `None`: not known yet. Its name
    /// and its answer to kitty's question come before its attributes, so with those all is known.
    fn best(&self) -> Option<Option<Protocol>> {
        match &self.around {
            Around::Nothing => {}
            Around::Asked => return None,
            Around::Tmux(tmux) if tmux.shows_placeholders() => {
                return Some(Some(Protocol::Placeholders));
            }
            // It says that it has sixel whatever the terminal around it can do.
            Around::Tmux(tmux) if !tmux.shows_sixel() => return Some(None),
            Around::Tmux(_) => {}
        }
        match self.known().map_or(Best::AsItSays, |known| known.best) {
            Best::Pixels(protocol) => Some(Some(protocol)),
            Best::Cells => Some(None),
            // tmux may let an answer of the terminal around it through, but not the pictures.
            Best::AsItSays if self.kitty && !self.in_tmux() => Some(Some(Protocol::Kitty)),
            Best::AsItSays if self.has_sixel() => Some(Some(Protocol::Sixel)),
            Best::AsItSays => self.settled.then_some(None),
        }
    }

    /// Why pictures are shown as they are, in words.
    pub fn reason(&self) -> String {
        if self.preferences.picture != Choice::Auto {
            return "chosen by --picture, MEDICOSAM_PICTURE or the settings".to_owned();
        }
        let name = self.version.as_deref().unwrap_or("the terminal");
        let said = match self.best() {
            None => return "the terminal has not answered yet".to_owned(),
            Some(Some(Protocol::Placeholders)) => {
                return format!("tmux lets pictures past, and {} shows them", self.outer());
            }
            Some(None) if self.is_barred() => {
                return format!("{} shows pictures, but tmux lets none past", self.outer());
            }
            Some(Some(Protocol::Kitty)) => "speaks kitty's graphics protocol",
            Some(Some(Protocol::Iterm2)) => "shows inline images",
            Some(Some(_)) => "says that it has sixel",
            Some(None) if self.attributes.is_none() && self.known().is_none() => {
                return "the terminal answers nothing".to_owned();
            }
            Some(None) => "is not known to show pictures well",
        };
        match self.known() {
            Some(known) => format!("{name} {said}; {}", known.why),
            None => format!("{name} {said}"),
        }
    }

    /// Whether the terminal around tmux would show pictures if tmux let them past.
    pub fn is_barred(&self) -> bool {
        let Around::Tmux(tmux) = &self.around else {
            return false;
        };
        tmux.placeholders && !tmux.passthrough && !tmux.shows_sixel()
    }

    /// The terminals around tmux, by name.
    fn outer(&self) -> String {
        match &self.around {
            Around::Tmux(tmux) => tmux.terminals.join(", "),
            Around::Nothing | Around::Asked => String::new(),
        }
    }

    /// Whether only what changes on a picture is drawn, and why, in words; `None` where pictures
    /// are text.
    pub fn patching(&self) -> Option<&'static str> {
        let Graphics::Pixels(pixels) = self.graphics() else {
            return None;
        };
        Some(match (pixels.patches, self.known()) {
            (true, _) => "only what changes is drawn",
            _ if !self.preferences.patches => "off, by --no-delta or the settings",
            _ if self.in_tmux() => "off: tmux keeps only twenty pictures",
            (false, Some(_)) => "off: this terminal does not draw them right",
            (false, None) => "off: not tried on this terminal",
        })
    }

    /// What is known of it by its name.
    fn known(&self) -> Option<&'static Known> {
        Known::named(self.version.as_deref()?)
    }

    fn is_named(&self, name: &str) -> bool {
        self.known().is_some_and(|known| known.name == name)
    }

    fn in_tmux(&self) -> bool {
        self.environment.tmux || self.is_named("tmux")
    }

    fn cells(&self, style: Style) -> Graphics {
        let depth = if self.environment.true_colour {
            Depth::TrueColour
        } else {
            Depth::Colours256
        };
        Graphics::Cells(style, depth)
    }

    fn pixels(&self, protocol: Protocol) -> Graphics {
        let greys = self.preferences.greys.unwrap_or(protocol.usual_greys());
        let unlimited = (u16::MAX, u16::MAX);
        let registers = self.registers.filter(|_| protocol.is_sixel());
        let largest = self
            .largest
            .filter(|&(width, height)| width > 0 && height > 0)
            .unwrap_or(if self.is_named("XTerm") {
                XTERM_LARGEST
            } else {
                unlimited
            });
        let can_patch = match protocol {
            Protocol::Sixel | Protocol::Kitty => self.known().is_some_and(|known| known.patches),
            #[cfg(feature = "libsixel")]
            Protocol::Libsixel => false,
            Protocol::Placeholders | Protocol::Iterm2 => false,
        };
        Graphics::Pixels(Pixels {
            protocol,
            greys: registers.map_or(greys, |count| greys.within(count)),
            // What goes past tmux goes in short commands.
            bytes: if self.in_tmux() && protocol != Protocol::Placeholders {
                TMUX_LIMIT
            } else {
                usize::MAX
            },
            largest: if protocol.is_sixel() {
                largest
            } else {
                unlimited
            },
            patches: can_patch && !self.in_tmux() && self.preferences.patches,
        })
    }
}

#[cfg(test)]
mod tests;
