//! What is asked of a terminal at the start, and what its answers mean.
//!
//! All questions go out at once and nothing waits for them: until the answers are here there is
//! text, and a late answer makes the pictures better. The environment is only a hint, because SSH
//! does not carry it.

use super::Reply;
use super::tty::WindowSize;
use crate::picture::GreyLevels;
use crate::picture::halfblock::Depth;

/// Everything that is asked at the start, [`super::threads::ASK_STATUS`] as the end mark last:
/// name, attributes, cell and text area in pixels, sixel colours and size, synchronised updates.
pub const QUESTIONS: &[u8] =
    b"\x1b[>q\x1b[c\x1b[16t\x1b[14t\x1b[?1;1;0S\x1b[?2;1;0S\x1b[?2026$p\x1b[5n";

/// What is asked again when the window changes: the font may have changed with it.
pub const SIZE_QUESTIONS: &[u8] = b"\x1b[16t\x1b[14t\x1b[?2;1;0S\x1b[5n";

/// tmux drops a picture of more than 1 MiB without a word; some room is left for the rest.
pub const TMUX_LIMIT: usize = 900_000;

/// Largest picture of an xterm that does not say otherwise.
const XTERM_LARGEST: (u16, u16) = (1000, 1000);

/// How pictures are to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// By what the terminal says of itself.
    #[default]
    Auto,
    /// As sixel, whatever the terminal says.
    Sixel,
    /// As half-blocks: two pixels per character.
    Halfblock,
    /// Not at all.
    None,
}

/// What the user said about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// How pictures are to be shown.
    pub graphics: Choice,
    /// Size of a character cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// Greys in a picture.
    pub greys: GreyLevels,
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

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graphics {
    /// Not yet known.
    Undecided,
    /// As sixel.
    Sixel(SixelLimits),
    /// As half-blocks.
    HalfBlocks(Depth),
    /// Not at all.
    None,
}

/// What a sixel picture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SixelLimits {
    /// Greys.
    pub greys: GreyLevels,
    /// Bytes.
    pub bytes: usize,
    /// Pixels, wide and high.
    pub largest: (u16, u16),
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
    synchronized: bool,
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
            synchronized: false,
            settled: false,
        }
    }

    /// Takes an answer.
    pub fn learn(&mut self, reply: &Reply) {
        match reply {
            Reply::Attributes(attributes) => self.attributes = Some(attributes.clone()),
            Reply::Version(version) => self.version = Some(version.clone()),
            Reply::Mode { mode: 2026, state } => self.synchronized = matches!(state, 1..=3),
            Reply::Mode { .. } => {}
            &Reply::CellSize { width, height } => self.cell = Some((width, height)),
            &Reply::TextArea { width, height } => {
                self.text_cell = Some(self.per_cell((width, height)));
            }
            &Reply::ColourRegisters(count) => self.registers = Some(count),
            &Reply::LargestPicture { width, height } => self.largest = Some((width, height)),
            Reply::Status => self.settled = true,
        }
    }

    /// The window has another size. What was said of pixels stays until it is said anew: a font
    /// seldom changes with its window.
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
    }

    /// Its size in characters.
    pub fn size(&self) -> WindowSize {
        self.size
    }

    /// Its name and version, as it says.
    pub fn name(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether it says that it can show sixel pictures.
    pub fn has_sixel(&self) -> bool {
        self.attributes.as_ref().is_some_and(|a| a.contains(&4))
    }

    /// Why pictures are shown as they are, in words.
    pub fn reason(&self) -> String {
        let reason = match self.preferences.graphics {
            Choice::Auto if self.has_sixel() => "the terminal says that it has sixel",
            Choice::Auto if self.attributes.is_some() => "the terminal says nothing of sixel",
            Choice::Auto => "the terminal has not said what it can do",
            _ => "chosen by --graphics or in the settings",
        };
        reason.to_owned()
    }

    /// Whether a frame can be held back until it is complete (mode 2026).
    pub fn is_synchronized(&self) -> bool {
        self.synchronized
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
        match self.preferences.graphics {
            Choice::None => Graphics::None,
            Choice::Sixel => self.sixel(),
            Choice::Auto if self.has_sixel() => self.sixel(),
            Choice::Auto if !self.settled => Graphics::Undecided,
            Choice::Auto | Choice::Halfblock => {
                Graphics::HalfBlocks(if self.environment.true_colour {
                    Depth::TrueColour
                } else {
                    Depth::Colours256
                })
            }
        }
    }

    fn sixel(&self) -> Graphics {
        let named = |name: &str| self.version.as_ref().is_some_and(|v| v.starts_with(name));
        let greys = self.preferences.greys;
        let unlimited = (u16::MAX, u16::MAX);
        Graphics::Sixel(SixelLimits {
            greys: self.registers.map_or(greys, |count| greys.within(count)),
            bytes: if self.environment.tmux || named("tmux") {
                TMUX_LIMIT
            } else {
                usize::MAX
            },
            largest: self
                .largest
                .filter(|&(width, height)| width > 0 && height > 0)
                .unwrap_or(if named("XTerm") {
                    XTERM_LARGEST
                } else {
                    unlimited
                }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Input, Parser};

    fn terminal(graphics: Choice, pixels: (u16, u16)) -> Terminal {
        let preferences = Preferences {
            graphics,
            cell: None,
            greys: GreyLevels::USUAL,
        };
        let size = WindowSize {
            columns: 80,
            rows: 24,
            pixels,
        };
        Terminal::new(preferences, Environment::default(), size)
    }

    /// The terminal after the answers in `transcript`.
    fn answered(mut terminal: Terminal, transcript: &str) -> Terminal {
        let mut input = Vec::new();
        Parser::default().feed(transcript.as_bytes(), &mut input);
        for input in input {
            if let Input::Reply(reply) = input {
                terminal.learn(&reply);
            }
        }
        terminal
    }

    #[test]
    fn xterm_as_vt340_hides_its_cells_but_tells_by_its_window() {
        let xterm = answered(
            terminal(Choice::Auto, (484, 316)),
            "\x1bP>|XTerm(379)\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28c\x1b[?1;0;1024S\x1b[?2;0;480;312S\x1b[?2026;0$y\x1b[0n",
        );
        assert_eq!(xterm.cell(), (6, 13));
        assert!(!xterm.is_synchronized());
        assert_eq!(
            xterm.graphics(),
            Graphics::Sixel(SixelLimits {
                greys: GreyLevels::USUAL,
                bytes: usize::MAX,
                largest: (480, 312),
            })
        );
    }

    #[test]
    fn xterm_as_vt220_gets_half_blocks() {
        let xterm = answered(
            terminal(Choice::Auto, (484, 316)),
            "\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;2;6;9;15c\x1b[?1;3S\x1b[?2;3S\x1b[0n",
        );
        assert_eq!(xterm.graphics(), Graphics::HalfBlocks(Depth::Colours256));
    }

    #[test]
    fn foot_tells_everything() {
        let foot = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1bP>|foot(1.23.0)\x1b\\\x1b[?62;4;22;28;29c\x1b[6;17;9t\x1b[4;408;720t\x1b[?1;0;1024S\x1b[?2026;2$y\x1b[0n",
        );
        assert_eq!(foot.cell(), (9, 17));
        assert!(foot.is_synchronized());
    }

    #[test]
    fn tmux_with_sixel_has_a_limit() {
        let tmux = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1bP>|tmux 3.6\x1b\\\x1b[?1;2;4c\x1b[4;480;800t\x1b[0n",
        );
        assert_eq!(tmux.cell(), (10, 20));
        let Graphics::Sixel(limits) = tmux.graphics() else {
            panic!("{:?}", tmux.graphics());
        };
        assert_eq!(limits.bytes, TMUX_LIMIT);
    }

    #[test]
    fn silence_means_half_blocks_until_a_late_answer() {
        let mut silent = terminal(Choice::Auto, (0, 0));
        assert_eq!(silent.graphics(), Graphics::Undecided);
        silent.give_up_waiting();
        assert_eq!(silent.graphics(), Graphics::HalfBlocks(Depth::Colours256));
        let late = answered(silent, "\x1b[?62;4c");
        assert!(matches!(late.graphics(), Graphics::Sixel(_)));
    }

    #[test]
    fn what_the_user_says_comes_first_and_nonsense_is_not_believed() {
        let none = answered(terminal(Choice::None, (0, 0)), "\x1b[?62;4c\x1b[0n");
        assert_eq!(none.graphics(), Graphics::None);
        let forced = terminal(Choice::Sixel, (0, 0));
        assert!(matches!(forced.graphics(), Graphics::Sixel(_)));
        let odd = answered(
            terminal(Choice::Auto, (800, 0)),
            "\x1b[6;0;9999t\x1b[4;3;2t",
        );
        assert_eq!(odd.cell(), (10, 20));
    }

    #[test]
    fn the_cell_stays_until_it_is_measured_anew() {
        let mut foot = answered(terminal(Choice::Auto, (0, 0)), "\x1b[6;17;9t");
        let larger = WindowSize {
            columns: 100,
            rows: 50,
            pixels: (1204, 1104),
        };
        foot.resized(larger);
        assert_eq!(foot.cell(), (9, 17));
        assert_eq!(answered(foot, "\x1b[6;22;12t").cell(), (12, 22));
        let mut xterm = terminal(Choice::Auto, (484, 316));
        xterm.resized(larger);
        assert_eq!(xterm.cell(), (12, 22));
    }
}
