//! A program in a scripted terminal: a pseudo-terminal whose other end is played by the test.
//!
//! What the program writes is shown on a screen in memory; pictures are collected apart from it,
//! with the cell that they begin in; queries are answered as the [`Profile`] says.

use std::fmt;
use std::fs::File;
use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::{LocalModes, tcgetattr, tcsetwinsize};

use crate::Size;
use crate::escape::{Splitter, Token};
use crate::link::{self, Display, Keyboard, Link};
use crate::profile::Profile;
use crate::program::{Program, Pty};

/// How long tests wait for what should come at once: long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A program, and the terminal that it runs in. Dropping it kills the program.
pub struct ScriptedTerminal {
    profile: Profile,
    terminal: File,
    keyboard: Keyboard,
    shared: Arc<Shared>,
    program: Program,
}

/// A picture that the program has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The row of the cell that its upper left corner is in, counted from 0.
    pub row: u16,
    /// The column of that cell, counted from 0.
    pub column: u16,
    /// How it was written.
    pub protocol: Protocol,
    /// All of its bytes, from the first escape to the end of the last one.
    pub bytes: Vec<u8>,
    /// When all of it was there.
    pub arrived: Instant,
}

impl Picture {
    /// Width and height in pixels that a sixel says of itself.
    #[must_use]
    pub fn sixel_size(&self) -> Option<(u32, u32)> {
        let text = String::from_utf8_lossy(&self.bytes);
        let (_, size) = text.split_once("\"1;1;")?;
        let mut numbers = size.split(['#', ';']).map(|n| n.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    }
}

/// How a picture was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Sixel.
    Sixel,
    /// An inline image of iTerm2.
    Iterm2,
    /// The graphics protocol of kitty; all commands of the picture.
    Kitty,
}

/// What the terminal shows at one moment.
pub struct View {
    parser: vt100::Parser,
    pictures: Vec<Picture>,
    /// Of kitty's protocol, as long as not all of its commands are here.
    unfinished: Option<Picture>,
    written: Vec<u8>,
    size: Size,
    /// The size of a cell in pixels, if it is another than the profile says.
    cell: Option<(u16, u16)>,
    closed: bool,
}

struct Shared {
    view: Mutex<View>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, View> {
        // A test that panics while it looks must not hide its own message behind a poisoned lock.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// The text on the screen, one line for each row, without the blanks at its end.
    #[must_use]
    pub fn text(&self) -> String {
        let rows: Vec<String> = (0..self.size.rows.get()).map(|row| self.row(row)).collect();
        rows.join("\n").trim_end().to_owned()
    }

    /// The text of one row, counted from 0, without the blanks at its end.
    #[must_use]
    pub fn row(&self, row: u16) -> String {
        let rows = self.parser.screen().rows(0, self.size.columns.get());
        rows.skip(row.into())
            .map(|text| text.trim_end().to_owned())
            .next()
            .unwrap_or_default()
    }

    /// Whether a row has this text in it.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        (0..self.size.rows.get()).any(|row| self.row(row).contains(text))
    }

    /// Cells, colours, cursor and modes.
    #[must_use]
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// All pictures so far, in the order in which they were written.
    #[must_use]
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Everything that the program has written, byte for byte.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Where in [`View::written`] a sequence begins, each time that it was written.
    pub fn places_of(&self, sequence: &str) -> impl DoubleEndedIterator<Item = usize> {
        let all = self.written.windows(sequence.len()).enumerate();
        all.filter_map(move |(at, bytes)| (bytes == sequence.as_bytes()).then_some(at))
    }

    /// Whether a sequence was ever written.
    #[must_use]
    pub fn has_written(&self, sequence: &str) -> bool {
        self.places_of(sequence).next().is_some()
    }

    /// Whether no program has the terminal open any more: nothing else will come.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.closed
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { columns, rows } = self.size;
        let (bytes, pictures) = (self.written.len(), self.pictures.len());
        writeln!(
            f,
            "--- {columns}x{rows}, {bytes} bytes, {pictures} pictures ---"
        )?;
        writeln!(f, "{}", self.text())?;
        write!(
            f,
            "---{}",
            if self.closed {
                " closed by the program"
            } else {
                ""
            }
        )
    }
}

impl ScriptedTerminal {
    /// Starts the command in a terminal of this size and kind.
    ///
    /// # Errors
    /// When the system has no more terminals, or the program cannot be started.
    pub fn spawn(command: Command, size: Size, profile: Profile) -> io::Result<Self> {
        Self::spawn_behind(None, command, size, profile)
    }

    /// Starts the command in such a terminal at the other end of a line.
    ///
    /// # Errors
    /// When the system has no more terminals, or the program cannot be started.
    pub fn spawn_behind(
        line: Option<Link>,
        command: Command,
        size: Size,
        profile: Profile,
    ) -> io::Result<Self> {
        let pty = Pty::open()?;
        tcsetwinsize(&pty.terminal, size.winsize(profile.window_pixels(size)))?;
        let shared = Arc::new(Shared {
            view: Mutex::new(View {
                parser: vt100::Parser::new(size.rows, size.columns, 0),
                pictures: Vec::new(),
                unfinished: None,
                written: Vec::new(),
                size,
                cell: None,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let program = Program::spawn(command, pty.program)?;
        let (display, keyboard) = link::lay(line, &pty.terminal)?;
        let (shown, replies) = (Arc::clone(&shared), keyboard.clone());
        thread::spawn(move || show(&display, &replies, &shown, &profile));
        Ok(Self {
            profile,
            terminal: pty.terminal,
            keyboard,
            shared,
            program,
        })
    }

    /// Types these characters; see [`crate::keys`] for keys that are none. Late answers to queries
    /// can be sent in this way too.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn type_keys(&mut self, keys: &str) -> io::Result<()> {
        self.keyboard.send(keys.as_bytes())
    }

    /// Changes the size of the window; the program gets SIGWINCH.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn resize(&mut self, size: Size) -> io::Result<()> {
        let mut view = self.shared.lock();
        view.size = size;
        view.parser.set_size(size.rows, size.columns);
        tcsetwinsize(
            &self.terminal,
            size.winsize(self.profile.window_pixels(size)),
        )?;
        Ok(())
    }

    /// Changes the font: the same cells in another size of pixels. The program gets SIGWINCH.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn change_font(&mut self, cell: (u16, u16)) -> io::Result<()> {
        let mut view = self.shared.lock();
        self.profile.cell = Some(cell);
        view.cell = Some(cell);
        let pixels = self.profile.window_pixels(view.size);
        tcsetwinsize(&self.terminal, view.size.winsize(pixels))?;
        Ok(())
    }

    /// Whether the terminal is in line mode, as a shell expects to find it when a program ends.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn is_in_line_mode(&self) -> io::Result<bool> {
        let modes = tcgetattr(&self.terminal)?.local_modes;
        Ok(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG))
    }

    /// Looks at what is shown now.
    pub fn look<R>(&self, look: impl FnOnce(&View) -> R) -> R {
        look(&self.shared.lock())
    }

    /// Waits until what is shown is as `predicate` wants it; looks again whenever the program has
    /// written something.
    ///
    /// # Panics
    /// With the screen as text, if that has not come within [`PATIENCE`], or cannot come any more
    /// because the program has ended.
    #[track_caller]
    pub fn wait_for(&self, what: &str, predicate: impl Fn(&View) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut view = self.shared.lock();
        while !predicate(&view) {
            let left = deadline.saturating_duration_since(Instant::now());
            if view.closed || left.is_zero() {
                let why = if view.closed {
                    "the program ended"
                } else {
                    "time was up"
                };
                panic!("{why} before {what} ({}):\n{}", self.profile.name, *view);
            }
            let waited = self.shared.changed.wait_timeout(view, left);
            view = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the program has ended and everything that it has written is shown.
    ///
    /// # Panics
    /// With the screen as text, if it has not ended within [`PATIENCE`].
    ///
    /// # Errors
    /// Those of the system when it is asked for the status.
    #[track_caller]
    pub fn wait_exit(&mut self) -> io::Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        let status = self.program.wait(deadline)?;
        let view = self.shared.lock();
        let Some(status) = status else {
            panic!(
                "the program did not end ({}):\n{}",
                self.profile.name, *view
            );
        };
        let left = deadline.saturating_duration_since(Instant::now());
        // Something that it has left running may keep the terminal open: then this is all.
        drop(
            self.shared
                .changed
                .wait_timeout_while(view, left, |view| !view.closed),
        );
        Ok(status)
    }

    /// The process number of the program.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.program.id()
    }
}

/// Plays the terminal until no program has it open any more.
fn show(display: &Display, keyboard: &Keyboard, shared: &Shared, profile: &Profile) {
    let mut splitter = Splitter::default();
    let mut arrived = Vec::new();
    while let Some(more) = display.receive() {
        arrived.extend(more);
        // The emulator loses what stands right behind a character that comes in two pieces.
        let rest = arrived.split_off(arrived.len() - unfinished_character(&arrived));
        let bytes = std::mem::replace(&mut arrived, rest);
        let mut replies = String::new();
        {
            let view = &mut *shared.lock();
            view.written.extend(&bytes);
            splitter.feed(&bytes, |token| {
                let cursor = view.parser.screen().cursor_position();
                let mut answer = |sequence| {
                    let profile = Profile {
                        cell: view.cell.or(profile.cell),
                        ..*profile
                    };
                    replies.extend(profile.reply(sequence, view.size, cursor));
                };
                let picture = |protocol, bytes: &[u8]| Picture {
                    row: cursor.0,
                    column: cursor.1,
                    protocol,
                    bytes: bytes.to_vec(),
                    arrived: Instant::now(),
                };
                match token {
                    Token::Text(text) => view.parser.process(text),
                    Token::Sequence(sequence) => {
                        answer(sequence);
                        view.parser.process(sequence);
                    }
                    Token::Sixel(sixel) => view.pictures.push(picture(Protocol::Sixel, sixel)),
                    Token::Inline(image) => view.pictures.push(picture(Protocol::Iterm2, image)),
                    Token::Kitty(command) => {
                        answer(command);
                        match (&mut view.unfinished, keys(command)) {
                            (Some(unfinished), _) => unfinished.bytes.extend(command),
                            (none, keys) if keys.contains("a=T") => {
                                *none = Some(picture(Protocol::Kitty, command));
                            }
                            _ => {}
                        }
                        if !keys(command).contains("m=1")
                            && let Some(mut picture) = view.unfinished.take()
                        {
                            picture.arrived = Instant::now();
                            view.pictures.push(picture);
                        }
                    }
                }
            });
        }
        shared.changed.notify_all();
        if !replies.is_empty() && keyboard.send(replies.as_bytes()).is_err() {
            break;
        }
    }
    shared.lock().closed = true;
    shared.changed.notify_all();
}

/// How many bytes at the end are the beginning of a character that goes on.
fn unfinished_character(bytes: &[u8]) -> usize {
    let tail = bytes.iter().rev().take(3).enumerate();
    for (at, byte) in tail {
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => 1,
        };
        return if at + 1 < length { at + 1 } else { 0 };
    }
    0
}

/// The keys of a command of kitty's protocol.
fn keys(command: &[u8]) -> String {
    let end = command.iter().position(|byte| *byte == b';');
    String::from_utf8_lossy(&command[..end.unwrap_or(command.len())]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    const SIZE: Size = Size::new(40, 10);

    fn shell(script: &str, profile: Profile) -> ScriptedTerminal {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        ScriptedTerminal::spawn(command, SIZE, profile).unwrap()
    }

    #[test]
    fn shows_text_and_passes_keys() {
        let mut terminal = shell(
            "printf 'what? '; read answer; printf 'so: %s\\n' \"$answer\"; exit 3",
            Profile::PLAIN,
        );
        terminal.wait_for("the question", |view| view.contains("what?"));
        terminal.type_keys("this").unwrap();
        terminal.type_keys(keys::ENTER).unwrap();
        terminal.wait_for("the answer", |view| view.row(1) == "so: this");
        assert_eq!(terminal.wait_exit().unwrap().code(), Some(3));
        assert!(terminal.look(View::closed));
        assert_eq!(terminal.look(View::text), "what? this\nso: this");
    }

    #[test]
    fn the_program_has_its_own_session_terminal_and_environment() {
        let mut terminal = shell(
            "echo pid $$; ps -o sid= -p $$; test -t 0 -a -t 1 -a -t 2 && stty size < /dev/tty; \
             echo $TERM $COLORTERM",
            Profile::PLAIN,
        );
        terminal.wait_exit().unwrap();
        let text = terminal.look(View::text);
        let pid = terminal.process_id();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                &format!("pid {pid}"),
                &*pid.to_string(),
                "10 40",
                "xterm-256color"
            ]
        );
    }

    #[test]
    fn a_resize_arrives() {
        let script = "trap 'stty size; exit' WINCH; echo ready; while :; do read _; done";
        let mut terminal = shell(script, Profile::PLAIN);
        terminal.wait_for("ready", |view| view.contains("ready"));
        terminal.resize(Size::new(50, 20)).unwrap();
        terminal.wait_for("the new size", |view| view.contains("20 50"));
    }

    /// Sends queries, and prints the `bytes` bytes of the answers with `ESC` as `^[`.
    fn ask(queries: &str, bytes: usize, profile: Profile) -> String {
        let mut terminal = shell(
            &format!("stty raw -echo; printf '{queries}'; head -c {bytes} | cat -v; stty sane"),
            profile,
        );
        terminal.wait_exit().unwrap();
        terminal.look(View::text)
    }

    #[test]
    fn queries_are_answered_as_the_profile_says() {
        let all = "\\033[>q\\033[c\\033[16t\\033[14t\\033[?2026$p\\033[5n";
        let xterm = "^[P>|XTerm(379)^[\\^[[?63;1;2;4;6;9;15;16;22;28c^[[?2026;0$y^[[0n";
        let bytes = |text: &str| text.replace("^[", "_").len();
        let shown = |text: String| text.replace('\n', "");
        assert_eq!(shown(ask(all, bytes(xterm), Profile::XTERM_VT340)), xterm);
        let sizes = "^[P>|sixelterm 1.0^[\\^[[?62;4;22c^[[6;20;10t^[[4;200;400t^[[?2026;2$y^[[0n";
        assert_eq!(
            shown(ask(all, bytes(sizes), Profile::SIXEL_WITH_SIZES)),
            sizes
        );
        let plain = "^[[?62;22c^[[?2026;0$y^[[0n";
        assert_eq!(shown(ask(all, bytes(plain), Profile::PLAIN)), plain);
        let cursor = "^[[1;4R";
        assert_eq!(
            ask("abc\\033[6n", bytes(cursor), Profile::PLAIN),
            format!("abc{cursor}")
        );
    }

    #[test]
    fn a_silent_terminal_answers_only_what_the_test_types() {
        let script = "stty raw -echo; printf '\\033[c\\033[5n'; head -c 4 | cat -v; stty sane";
        let mut terminal = shell(script, Profile::SILENT);
        terminal.wait_for("the queries", |view| view.written().ends_with(b"\x1b[5n"));
        for byte in ["\x1b", "[", "0", "n"] {
            terminal.type_keys(byte).unwrap();
        }
        terminal.wait_for("what was typed", |view| view.contains("^[[0n"));
        terminal.wait_exit().unwrap();
    }

    #[test]
    fn pictures_are_kept_apart_from_text() {
        let script = "printf 'before\\033[3;5H\\033P0;1q\"1;1;6;6#1;2;100;0;0#1!6~\\033\\\\after'";
        let mut terminal = shell(script, Profile::XTERM_VT340);
        terminal.wait_exit().unwrap();
        terminal.look(|view| {
            assert_eq!(view.text(), "before\n\n    after");
            let [picture] = view.pictures() else {
                panic!("{view}")
            };
            assert_eq!((picture.row, picture.column), (2, 4));
            assert_eq!(picture.protocol, Protocol::Sixel);
            assert_eq!(picture.sixel_size(), Some((6, 6)));
            assert_eq!(picture.bytes, b"\x1bP0;1q\"1;1;6;6#1;2;100;0;0#1!6~\x1b\\");
        });
    }

    #[test]
    fn the_beginning_of_a_character_waits_for_its_rest() {
        for text in ["a", "ab", "é", "aé", "€", "\u{10eeee}", "\u{10eeee}\u{305}"] {
            let bytes = text.as_bytes();
            assert_eq!(unfinished_character(bytes), 0, "{text:?}");
            let last = text.chars().next_back().unwrap().len_utf8();
            for cut in 1..last {
                let length = bytes.len() - cut;
                assert_eq!(
                    unfinished_character(&bytes[..length]),
                    last - cut,
                    "{text:?}"
                );
            }
        }
        assert_eq!(unfinished_character(b""), 0);
    }

    #[test]
    fn modes_that_a_program_has_left_are_seen() {
        let terminal = shell("stty raw; printf ready; read _", Profile::PLAIN);
        terminal.wait_for("raw mode", |view| view.contains("ready"));
        assert!(!terminal.is_in_line_mode().unwrap());
        let mut terminal = shell("stty raw", Profile::PLAIN);
        terminal.wait_exit().unwrap();
        assert!(!terminal.is_in_line_mode().unwrap());
        let mut terminal = shell("printf '\\033[?1049h\\033[?25l'", Profile::PLAIN);
        terminal.wait_exit().unwrap();
        assert!(terminal.is_in_line_mode().unwrap());
        assert!(terminal.look(|view| view.screen().alternate_screen()));
        assert!(terminal.look(|view| view.screen().hide_cursor()));
    }

    #[test]
    #[should_panic(expected = "the program ended before the sun rises (plain, without sixel)")]
    fn waiting_for_what_cannot_come_shows_the_screen() {
        let terminal = shell("echo it is dark", Profile::PLAIN);
        terminal.wait_for("the sun rises", |view| view.contains("sun"));
    }

    #[test]
    fn dropping_the_terminal_ends_the_program() {
        let terminal = shell(
            "trap '' HUP TERM; echo $$; while :; do read _; done",
            Profile::PLAIN,
        );
        terminal.wait_for("its number", |view| !view.text().is_empty());
        let process = format!("/proc/{}", terminal.process_id());
        assert!(std::fs::exists(&process).unwrap());
        drop(terminal);
        assert!(!std::fs::exists(&process).unwrap());
    }
}
