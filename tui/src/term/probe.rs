//! What is asked of a terminal at the start, and what its answers mean.
//!
//! All questions go out at once and nothing waits for them: until the answers are here there is
//! text, and a late answer makes the pictures better. The environment is only a hint, because SSH
//! does not carry it.

use super::Reply;
use super::tty::WindowSize;
use crate::picture::GreyLevels;
use crate::picture::cells::Depth;

/// Everything that is asked at the start, [`super::threads::ASK_STATUS`] as the end mark last:
/// name, kitty's protocol, attributes, cell and text area in pixels, sixel colours and size,
/// synchronised updates, the mouse in pixels. tmux is not asked for kitty's protocol: it has it not, and takes the
/// question for the title of its window.
pub fn questions(environment: Environment) -> Vec<u8> {
    let kitty: &[u8] = match environment.tmux {
        true => b"",
        false => b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    };
    let rest = b"\x1b[c\x1b[16t\x1b[14t\x1b[?1;1;0S\x1b[?2;1;0S\x1b[?2026$p\x1b[?1016$p\x1b[5n";
    [b"\x1b[>q", kitty, rest].concat()
}

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
    /// As sixel in colours that libsixel chooses.
    #[cfg(feature = "libsixel")]
    Libsixel,
    /// By the graphics protocol of kitty.
    Kitty,
    /// As inline images of iTerm2.
    Iterm2,
    /// As half-blocks: two pixels per character.
    #[value(alias = "halfblock")]
    Blocks,
    /// As braille: eight dots per character, without greys.
    Braille,
    /// Not at all.
    None,
}

/// What the user said about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// How pictures are to be shown.
    pub picture: Choice,
    /// Size of a character cell in pixels.
    pub cell: Option<(u16, u16)>,
    /// Greys in a picture.
    pub greys: GreyLevels,
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

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graphics {
    /// Not yet known.
    Undecided,
    /// As pixels.
    Pixels(Pixels),
    /// As characters.
    Cells(Style, Depth),
    /// Not at all.
    None,
}

/// How pixels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Sixel.
    Sixel,
    /// Sixel in colours that libsixel chooses.
    #[cfg(feature = "libsixel")]
    Libsixel,
    /// That of kitty.
    Kitty,
    /// Inline images of iTerm2.
    Iterm2,
}

/// Which characters make a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Two pixels each.
    HalfBlocks,
    /// Eight dots each.
    Braille,
}

/// What a picture of pixels may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels {
    /// How it is written.
    pub protocol: Protocol,
    /// Greys.
    pub greys: GreyLevels,
    /// Bytes.
    pub bytes: usize,
    /// Pixels, wide and high.
    pub largest: (u16, u16),
    /// What changes may be drawn over what is there, without the rest.
    pub patches: bool,
}

/// Terminals whose answers do not say what is best for them, by the beginning of their names.
const KNOWN: [Known; 11] = [
    Known::new(
        "XTerm",
        None,
        true,
        "patches over a sixel were seen to be right (379)",
    ),
    Known::new(
        "kitty",
        Some(Protocol::Kitty),
        true,
        "has no sixel; patches are part of its protocol",
    ),
    Known::new("ghostty", Some(Protocol::Kitty), false, "has no sixel"),
    Known::new(
        "WezTerm",
        Some(Protocol::Iterm2),
        false,
        "its sixel and kitty pictures have faults",
    ),
    Known::new(
        "iTerm2",
        Some(Protocol::Iterm2),
        false,
        "its own protocol is the one it does best",
    ),
    Known::new(
        "Rio",
        Some(Protocol::Iterm2),
        false,
        "text does not take its sixels off",
    ),
    Known::cells(
        "Konsole",
        "its pictures stay where they were; try --picture kitty",
    ),
    Known::new(
        "foot",
        Some(Protocol::Sixel),
        false,
        "a sixel over a sixel damages both",
    ),
    Known::new(
        "contour",
        Some(Protocol::Sixel),
        false,
        "keeps what lies under a sixel",
    ),
    Known::new("tmux", None, false, "keeps only twenty pictures"),
    Known::new("mlterm", Some(Protocol::Sixel), false, "slow, but right"),
];

/// What is known of a terminal.
#[derive(Debug, Clone, Copy)]
struct Known {
    name: &'static str,
    /// What is best if it is neither asked nor believed.
    best: Best,
    patches: bool,
    why: &'static str,
}

/// Which way of showing pictures is best for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Best {
    /// What it says that it can.
    AsItSays,
    /// This, whatever it says.
    Pixels(Protocol),
    /// Characters, whatever it says.
    Cells,
}

impl Known {
    const fn new(
        name: &'static str,
        best: Option<Protocol>,
        patches: bool,
        why: &'static str,
    ) -> Self {
        let best = match best {
            Some(protocol) => Best::Pixels(protocol),
            None => Best::AsItSays,
        };
        Known {
            name,
            best,
            patches,
            why,
        }
    }

    const fn cells(name: &'static str, why: &'static str) -> Self {
        Known {
            name,
            best: Best::Cells,
            patches: false,
            why,
        }
    }
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
    synchronized: bool,
    mouse_pixels: bool,
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
            synchronized: false,
            mouse_pixels: false,
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

    /// Whether a frame can be held back until it is complete (mode 2026).
    pub fn is_synchronized(&self) -> bool {
        self.synchronized
    }

    /// Whether it can say at which pixel the mouse is (mode 1016).
    pub fn has_mouse_pixels(&self) -> bool {
        self.mouse_pixels
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
        let sixel = self.attributes.as_ref().is_some_and(|a| a.contains(&4));
        match self.known().map_or(Best::AsItSays, |known| known.best) {
            Best::Pixels(protocol) => Some(Some(protocol)),
            Best::Cells => Some(None),
            // tmux may let an answer of the terminal around it through, but not the pictures.
            Best::AsItSays if self.kitty && !self.in_tmux() => Some(Some(Protocol::Kitty)),
            Best::AsItSays if sixel => Some(Some(Protocol::Sixel)),
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
        let version = self.version.as_deref()?;
        KNOWN.iter().find(|known| {
            let start = version.get(..known.name.len());
            let rest = version.get(known.name.len()..).unwrap_or_default();
            // `xterm.js(5.6.0)` is not `XTerm(379)`.
            start.is_some_and(|start| start.eq_ignore_ascii_case(known.name))
                && (rest.is_empty() || rest.starts_with(['(', ' ']))
        })
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
        let greys = self.preferences.greys;
        let unlimited = (u16::MAX, u16::MAX);
        let is_sixel = !matches!(protocol, Protocol::Kitty | Protocol::Iterm2);
        let registers = self.registers.filter(|_| is_sixel);
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
            _ => false,
        };
        Graphics::Pixels(Pixels {
            protocol,
            greys: registers.map_or(greys, |count| greys.within(count)),
            bytes: if self.in_tmux() {
                TMUX_LIMIT
            } else {
                usize::MAX
            },
            largest: if is_sixel { largest } else { unlimited },
            patches: can_patch && !self.in_tmux() && self.preferences.patches,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Input, Parser};

    fn terminal(picture: Choice, pixels: (u16, u16)) -> Terminal {
        let preferences = Preferences {
            picture,
            cell: None,
            greys: GreyLevels::USUAL,
            patches: true,
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

    const BLOCKS: Graphics = Graphics::Cells(Style::HalfBlocks, Depth::Colours256);

    fn pixels(terminal: &Terminal) -> Pixels {
        match terminal.graphics() {
            Graphics::Pixels(pixels) => pixels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_terminal_gets_what_is_best_for_it() {
        let kitty = "\x1b_Gi=31;OK\x1b\\";
        for (name, answers, expected) in [
            (
                "kitty(0.31.0)",
                &*format!("{kitty}\x1b[?62;c"),
                Some(Protocol::Kitty),
            ),
            (
                "ghostty 1.1.3",
                &*format!("{kitty}\x1b[?62;22c"),
                Some(Protocol::Kitty),
            ),
            (
                "WezTerm 20240203-110809",
                &*format!("{kitty}\x1b[?65;4;6;18;22c"),
                Some(Protocol::Iterm2),
            ),
            ("iTerm2 3.5.2", "\x1b[?62;4c", Some(Protocol::Iterm2)),
            ("Rio 0.2.12", "\x1b[?62;4;6;22c", Some(Protocol::Iterm2)),
            ("Konsole 23.08.1", &*format!("{kitty}\x1b[?62;1;4c"), None),
            (
                "foot(1.23.0)",
                "\x1b[?62;4;22;28;29c",
                Some(Protocol::Sixel),
            ),
            ("contour 0.4.3", "\x1b[?65;1;4;6;22c", Some(Protocol::Sixel)),
            (
                "mintty 3.7.0",
                "\x1b[?64;1;2;4;6;9;15;21;22;28;29c",
                Some(Protocol::Sixel),
            ),
            ("xterm.js(5.6.0)", "\x1b[?62;4;9;22c", Some(Protocol::Sixel)),
            (
                "something new 1.0",
                &*format!("{kitty}\x1b[?62;22c"),
                Some(Protocol::Kitty),
            ),
            ("VTE(7600)", "\x1b[?65;1;9c", None),
        ] {
            let transcript = format!("\x1bP>|{name}\x1b\\{answers}\x1b[0n");
            let terminal = answered(terminal(Choice::Auto, (0, 0)), &transcript);
            match expected {
                Some(protocol) => assert_eq!(pixels(&terminal).protocol, protocol, "{name}"),
                None => assert_eq!(terminal.graphics(), BLOCKS, "{name}"),
            }
            let patches = matches!(terminal.graphics(), Graphics::Pixels(p) if p.patches);
            assert_eq!(patches, name.starts_with("kitty"), "{name}");
            assert!(!terminal.reason().is_empty());
        }
    }

    #[test]
    fn within_tmux_the_terminal_around_it_is_not_believed() {
        let mut inside = terminal(Choice::Auto, (0, 0));
        inside.environment.tmux = true;
        let inside = answered(inside, "\x1b_Gi=31;OK\x1b\\\x1b[?1;2c\x1b[0n");
        assert_eq!(inside.graphics(), BLOCKS);
    }

    #[test]
    fn kitty_refusing_is_no_kitty() {
        let refusing = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\\x1b[?62c\x1b[0n",
        );
        assert_eq!(refusing.graphics(), BLOCKS);
    }

    #[test]
    fn xterm_as_vt340_hides_its_cells_but_tells_by_its_window() {
        let xterm = answered(
            terminal(Choice::Auto, (484, 316)),
            "\x1bP>|XTerm(379)\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28c\x1b[?1;0;1024S\x1b[?2;0;480;312S\x1b[?2026;0$y\x1b[?1016;2$y\x1b[0n",
        );
        assert_eq!(xterm.cell(), (6, 13));
        assert!(!xterm.is_synchronized());
        assert!(xterm.has_mouse_pixels());
        assert_eq!(
            xterm.graphics(),
            Graphics::Pixels(Pixels {
                protocol: Protocol::Sixel,
                greys: GreyLevels::USUAL,
                bytes: usize::MAX,
                largest: (480, 312),
                patches: true,
            })
        );
    }

    #[test]
    fn xterm_as_vt220_gets_half_blocks() {
        let xterm = answered(
            terminal(Choice::Auto, (484, 316)),
            "\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;2;6;9;15c\x1b[?1;3S\x1b[?2;3S\x1b[0n",
        );
        assert_eq!(xterm.graphics(), BLOCKS);
    }

    #[test]
    fn foot_tells_everything() {
        let foot = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1bP>|foot(1.23.0)\x1b\\\x1b[?62;4;22;28;29c\x1b[6;17;9t\x1b[4;408;720t\x1b[?1;0;1024S\x1b[?2026;2$y\x1b[0n",
        );
        assert_eq!(foot.cell(), (9, 17));
        assert!(foot.is_synchronized() && !foot.has_mouse_pixels());
    }

    #[test]
    fn tmux_with_sixel_has_a_limit() {
        let tmux = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1bP>|tmux 3.6\x1b\\\x1b[?1;2;4c\x1b[4;480;800t\x1b[0n",
        );
        assert_eq!(tmux.cell(), (10, 20));
        let pixels = pixels(&tmux);
        assert_eq!(
            (pixels.protocol, pixels.bytes),
            (Protocol::Sixel, TMUX_LIMIT)
        );
        assert!(!pixels.patches);
        let older = answered(
            terminal(Choice::Auto, (0, 0)),
            "\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c\x1b[0n",
        );
        assert_eq!(older.graphics(), BLOCKS);
    }

    #[test]
    fn patches_are_drawn_where_they_were_seen_to_be_right_unless_they_are_switched_off() {
        let patching = |name: &str, patches| {
            let mut terminal = terminal(Choice::Auto, (0, 0));
            terminal.preferences.patches = patches;
            let said = format!("\x1bP>|{name}\x1b\\\x1b[?62;4c\x1b[0n");
            let terminal = answered(terminal, &said);
            (pixels(&terminal).patches, terminal.patching().unwrap())
        };
        assert!(patching("XTerm(379)", true).0);
        let (used, why) = patching("XTerm(379)", false);
        assert!(!used && why.contains("--no-delta"), "{why}");
        for name in ["foot(1.23.0)", "tmux 3.6", "something 1.0"] {
            let (used, why) = patching(name, true);
            assert!(!used && why.starts_with("off: "), "{name}: {why}");
        }
        let blocks = answered(terminal(Choice::Auto, (0, 0)), "\x1b[?62c\x1b[0n");
        assert_eq!(blocks.patching(), None);
    }

    #[test]
    fn tmux_is_not_asked_what_it_takes_for_a_title() {
        let asked = |tmux| {
            questions(Environment {
                tmux,
                ..Environment::default()
            })
        };
        let (plain, tmux) = (asked(false), asked(true));
        assert!(plain.windows(3).any(|three| three == b"\x1b_G"));
        assert!(!tmux.windows(2).any(|two| two == b"\x1b_"));
        assert!([plain, tmux].iter().all(|all| all.ends_with(b"\x1b[5n")));
    }

    #[test]
    fn silence_means_half_blocks_until_a_late_answer() {
        let mut silent = terminal(Choice::Auto, (0, 0));
        assert_eq!(silent.graphics(), Graphics::Undecided);
        silent.give_up_waiting();
        assert_eq!(silent.graphics(), BLOCKS);
        let late = answered(silent, "\x1b[?62;4c");
        assert_eq!(pixels(&late).protocol, Protocol::Sixel);
    }

    #[test]
    fn what_the_user_says_comes_first_and_nonsense_is_not_believed() {
        let none = answered(terminal(Choice::None, (0, 0)), "\x1b[?62;4c\x1b[0n");
        assert_eq!(none.graphics(), Graphics::None);
        let forced = terminal(Choice::Sixel, (0, 0));
        assert_eq!(pixels(&forced).protocol, Protocol::Sixel);
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
