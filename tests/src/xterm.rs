//! A program in a real xterm, under an X server of its own.
//!
//! The test makes the pseudo-terminal and lends its terminal end to xterm, which draws what the
//! program writes and answers its queries (xterm calls this its slave mode, `-S`). The test keeps a
//! copy of that end, and types into it: the program cannot tell these keys from those of a
//! keyboard.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcgetwinsize, tcsetattr};

use crate::Size;
use crate::program::{Program, Pty};
use crate::pty::PATIENCE;
use crate::screenshot::{Area, Screenshot};

/// Set to `1` where the tests with a real xterm must run; otherwise they are skipped where a tool
/// is missing.
pub const REQUIRE_VARIABLE: &str = "MEDICOSAM_REQUIRE_XTERM";

/// Whether the tools are installed: an X server without a screen, xterm, and ImageMagick's
/// `import`.
///
/// # Errors
/// A sentence that names what is missing.
pub fn available() -> Result<(), String> {
    all_there(
        &["Xvfb", "xterm", "import"],
        "xterm xvfb imagemagick fonts-dejavu-core",
    )
}

/// Whether these programs are installed, which come in these packages.
fn all_there(programs: &[&str], packages: &str) -> Result<(), String> {
    let missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|tool| find_program(tool).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} not found (on Debian and Ubuntu: apt install {packages})",
        missing.join(", ")
    ))
}

/// For the first line of a test: whether it can run. If it cannot, this says so on standard error.
///
/// # Panics
/// If it cannot run although [`REQUIRE_VARIABLE`] is set.
#[track_caller]
#[must_use]
pub fn can_run() -> bool {
    or_skip(available())
}

/// Likewise of a test with tmux in a scripted terminal.
///
/// # Panics
/// If it cannot run although [`REQUIRE_VARIABLE`] is set.
#[track_caller]
#[must_use]
pub fn can_run_tmux() -> bool {
    or_skip(all_there(&["tmux"], "tmux"))
}

#[track_caller]
fn or_skip(there: Result<(), String>) -> bool {
    match there {
        Ok(()) => true,
        Err(missing) if std::env::var_os(REQUIRE_VARIABLE).is_some_and(|value| value == "1") => {
            panic!("{REQUIRE_VARIABLE}=1, but {missing}")
        }
        Err(missing) => {
            // Not by `eprintln!`, which the test harness hides where a test passes.
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("a test");
            let _ = writeln!(io::stderr(), "skipped {test}: {missing}");
            false
        }
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| {
            file.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

/// Whether xterm says that it can draw sixel pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emulation {
    /// `-ti vt340`: with sixel.
    Vt340,
    /// What xterm is without options: no sixel.
    Default,
}

/// A program in a real xterm. Dropping it ends all of them.
pub struct Xterm {
    // In the order in which they must end: without its program xterm would close its window, and
    // without its X server it would complain.
    program: Program,
    _xterm: Ended,
    server: XServer,
    keyboard: File,
    size: Size,
}

impl Xterm {
    /// Starts the command in an xterm of this size, with DejaVu Sans Mono at 9 points.
    ///
    /// # Errors
    /// When a tool cannot be started or does not come up in time, with what it said.
    pub fn spawn(command: Command, size: Size, emulation: Emulation) -> io::Result<Self> {
        // A cell is 8×15 pixels at 100 dots per inch; leave room for another font.
        let server = XServer::start(size.columns.get() * 12 + 50, size.rows.get() * 24 + 50)?;
        let pty = Pty::open()?;
        let mut errors = tempfile::tempfile()?;
        let mut xterm = Command::new("xterm");
        if emulation == Emulation::Vt340 {
            xterm.args(["-ti", "vt340"]);
        }
        xterm
            .args(["-fa", "DejaVu Sans Mono", "-fs", "9"])
            .args(["-xrm", "XTerm*numColorRegisters: 256", "-bw", "0"])
            .args(["-geometry", &format!("{}x{}+0+0", size.columns, size.rows)])
            // Two letters that name the terminal, and the number of the file: standard input.
            .arg("-Sab0")
            .env("DISPLAY", &server.display)
            .stdin(pty.terminal.try_clone()?)
            .stdout(Stdio::null())
            .stderr(errors.try_clone()?);
        end_with_us(&mut xterm);
        // xterm types the number of its window into the terminal when it is ready. The program must
        // not see it, and the screen neither.
        let modes = tcgetattr(&pty.program)?;
        let mut silent = modes.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&pty.program, OptionalActions::Now, &silent)?;
        // Not asked: xterm can lock itself up when that comes while its terminal is being closed.
        let xterm = Ended(xterm.spawn()?, Signal::KILL);
        read_line_in_time(&mut File::from(pty.program.try_clone()?))
            .map_err(|error| did_not_start("xterm", &error, &mut errors))?;
        tcsetattr(&pty.program, OptionalActions::Now, &modes)?;
        let program = Program::spawn(command, pty.program)?;
        Ok(Self {
            program,
            _xterm: xterm,
            server,
            keyboard: pty.terminal,
            size,
        })
    }

    /// Types these characters; see [`crate::keys`] for keys that are none.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn type_keys(&mut self, keys: &str) -> io::Result<()> {
        self.keyboard.write_all(keys.as_bytes())
    }

    /// The pixels of a rectangle of character cells: `columns` × `rows` of them, from the one at
    /// (`column`, `row`), counted from 0.
    ///
    /// # Errors
    /// Those of the terminal.
    pub fn cells(&self, column: u16, row: u16, columns: u16, rows: u16) -> io::Result<Area> {
        let window = tcgetwinsize(&self.keyboard)?;
        // The window is the cells and an equal border on all sides, narrower than a cell.
        let side = |pixels: u16, cells: u16, from: u16, count: u16| {
            let (pixels, cells) = (usize::from(pixels), usize::from(cells));
            let cell = pixels / cells;
            let border = (pixels - cell * cells) / 2;
            (border + cell * usize::from(from), cell * usize::from(count))
        };
        let (x, width) = side(window.ws_xpixel, self.size.columns.get(), column, columns);
        let (y, height) = side(window.ws_ypixel, self.size.rows.get(), row, rows);
        Ok(Area {
            x,
            y,
            width,
            height,
        })
    }

    /// The whole window as it is shown now. Where the program has ended, xterm may have closed its
    /// window, and this is black.
    ///
    /// # Errors
    /// When `import` fails.
    pub fn screenshot(&self) -> io::Result<Screenshot> {
        let window = tcgetwinsize(&self.keyboard)?;
        // The screen and not the window: `import` asks a person to point at a window when there is
        // none of the given number any more.
        let output = Command::new("import")
            .args(["-silent", "-window", "root", "-depth", "8", "ppm:-"])
            .env("DISPLAY", &self.server.display)
            .stdin(Stdio::null())
            .output()?;
        let screen = Screenshot::from_ppm(&output.stdout).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            io::Error::other(format!(
                "import ended with {}: {}",
                output.status,
                said.trim()
            ))
        })?;
        let (width, height) = (window.ws_xpixel.into(), window.ws_ypixel.into());
        Ok(screen.crop(Area {
            x: 0,
            y: 0,
            width,
            height,
        }))
    }

    /// Takes screenshots until one is as `predicate` wants it, and returns that.
    ///
    /// # Panics
    /// If that has not come within [`PATIENCE`], or cannot come any more because the program has
    /// ended. The last screenshot is kept in the system's folder for temporary files, and named.
    #[track_caller]
    pub fn wait_for(&self, what: &str, predicate: impl Fn(&Screenshot) -> bool) -> Screenshot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Asked before the screenshot, so that what it wrote last still counts.
            let ended = self.program.has_ended();
            let screenshot = match self.screenshot() {
                Ok(screenshot) => screenshot,
                Err(error) => panic!("{error} before {what}"),
            };
            if predicate(&screenshot) {
                return screenshot;
            }
            if ended || Instant::now() >= deadline {
                let why = if ended {
                    "the program ended"
                } else {
                    "time was up"
                };
                panic!("{why} before {what}; {}", keep(&screenshot));
            }
        }
    }

    /// Waits until the program has ended.
    ///
    /// # Panics
    /// If it has not ended within [`PATIENCE`].
    ///
    /// # Errors
    /// Those of the system when it is asked for the status.
    #[track_caller]
    pub fn wait_exit(&mut self) -> io::Result<ExitStatus> {
        match self.program.wait(Instant::now() + PATIENCE)? {
            Some(status) => Ok(status),
            None => {
                let kept = self
                    .screenshot()
                    .map_or_else(|error| error.to_string(), |s| keep(&s));
                panic!("the program in xterm did not end; {kept}")
            }
        }
    }
}

/// Writes a screenshot where a person can look at it, and says where.
fn keep(screenshot: &Screenshot) -> String {
    let kept = tempfile::Builder::new()
        .prefix("medicosam-xterm-")
        .suffix(".ppm")
        .tempfile()
        .and_then(|mut file| file.write_all(&screenshot.to_ppm()).map(|()| file))
        .and_then(|file| file.keep().map_err(|error| error.error));
    match kept {
        Ok((_, path)) => format!("the last screenshot is {}", path.display()),
        Err(error) => format!("the last screenshot could not be kept: {error}"),
    }
}

/// An X server that keeps its screen in memory.
struct XServer {
    display: String,
    // In this order: the number is free again when its server has ended.
    _server: Ended,
    _number: DisplayNumber,
}

/// The right of these tests to a display number, for as long as this lives.
///
/// X servers can find a free number themselves, but not reliably when several start and end at the
/// same time: one that ends removes the socket of the one that has just taken its number.
struct DisplayNumber {
    number: u16,
    _claim: UnixListener,
}

impl DisplayNumber {
    /// Numbers that no screen of a person has.
    const NUMBERS: std::ops::Range<u16> = 400..600;

    /// Claims a number by a name that the kernel gives to one process at a time, and frees when
    /// that ends, however it ends.
    fn claim() -> io::Result<Self> {
        for number in Self::NUMBERS {
            let name = format!("medicosam-tests-display-{number}");
            match UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?) {
                Ok(claim) => {
                    return Ok(Self {
                        number,
                        _claim: claim,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other(
            "all display numbers of these tests are taken",
        ))
    }
}

impl XServer {
    fn start(width: u16, height: u16) -> io::Result<Self> {
        let number = DisplayNumber::claim()?;
        let display = format!(":{}", number.number);
        let mut errors = tempfile::tempfile()?;
        let mut command = Command::new("Xvfb");
        command
            .arg(&display)
            // It writes its number to standard output when it is ready.
            .args(["-displayfd", "1"])
            .args(["-screen", "0", &format!("{width}x{height}x24")])
            .args(["-dpi", "100", "-nolisten", "tcp"])
            // A screenshot may be taken after its last client has gone.
            .arg("-noreset")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?);
        end_with_us(&mut command);
        // Asked to end, it removes its lock and its socket.
        let mut server = Ended(command.spawn()?, Signal::TERM);
        let mut ready = server.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        read_line_in_time(&mut ready)
            .map_err(|error| did_not_start("Xvfb", &error, &mut errors))?;
        Ok(Self {
            display,
            _server: server,
            _number: number,
        })
    }
}

/// Reads one line, but does not wait longer than [`PATIENCE`] for it.
fn read_line_in_time(from: &mut (impl Read + AsFd)) -> io::Result<String> {
    let mut line = String::new();
    if !wait_until_ready(from)? || BufReader::new(from).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(line)
}

/// Waits until there is something to read (of a process: its end). Not longer than [`PATIENCE`].
fn wait_until_ready(from: &impl AsFd) -> rustix::io::Result<bool> {
    let seconds = Timespec {
        tv_sec: PATIENCE.as_secs().cast_signed(),
        tv_nsec: 0,
    };
    Ok(poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&seconds))? > 0)
}

fn did_not_start(program: &str, error: &io::Error, said: &mut File) -> io::Error {
    let mut text = String::new();
    // If even this fails there is nothing more to tell.
    let _ = said.rewind().and_then(|()| said.read_to_string(&mut text));
    io::Error::other(format!(
        "{program} did not start ({error}): {}",
        text.trim()
    ))
}

/// Lets the kernel end the process when the thread that starts it ends without dropping it, as when
/// a test run is killed.
fn end_with_us(command: &mut Command) {
    let before_exec = || {
        Ok(rustix::process::set_parent_process_death_signal(Some(
            Signal::KILL,
        ))?)
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; this is the bare
    // system call prctl, which neither allocates nor locks.
    unsafe {
        command.pre_exec(before_exec);
    }
}

/// A process that is ended by this signal when it is dropped, and waited for.
struct Ended(Child, Signal);

impl Drop for Ended {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, self.1);
        // A process that does not end when it is asked to must not stop the tests.
        let ended = rustix::process::pidfd_open(pid, PidfdFlags::empty())
            .and_then(|process| wait_until_ready(&process));
        if !matches!(ended, Ok(true)) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    const SIZE: Size = Size::new(40, 10);

    fn shell(script: &str, emulation: Emulation) -> Xterm {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Xterm::spawn(command, SIZE, emulation).unwrap()
    }

    /// `CSI 2 J`, then the cursor away: only what is drawn later is not white.
    const CLEAR: &str = "printf '\\033[2J\\033[?25l\\033[H'; ";

    /// A sixel picture of 12×12 pixels: the left half red, the right half a grey of 50 percent.
    const SIXEL: &str = "printf '\\033P0;1q\"1;1;12;12#1;2;100;0;0#2;2;50;50;50\
                         #1!6~#2!6~-#1!6~#2!6~\\033\\\\'; ";

    fn is_red(colour: [u8; 3]) -> bool {
        colour == [255, 0, 0]
    }

    #[test]
    fn a_sixel_picture_has_its_colours_at_its_cell() {
        if !can_run() {
            return;
        }
        let script = format!("{CLEAR} printf '\\033[3;5H'; {SIXEL} read _");
        let xterm = shell(&script, Emulation::Vt340);
        let shot = xterm.wait_for("red pixels", |shot| shot.count(is_red) > 0);
        let cell = xterm.cells(4, 2, 1, 1).unwrap();
        let picture = shot.crop(Area {
            width: 12,
            height: 12,
            ..cell
        });
        for y in 0..12 {
            for x in 0..12 {
                // 50 percent of 255; xterm rounds to the nearest of its own steps.
                let expected: [u8; 3] = if x < 6 { [255, 0, 0] } else { [127; 3] };
                let found = picture.pixel(x, y).unwrap();
                let off = expected.iter().zip(found).map(|(a, b)| a.abs_diff(b)).max();
                assert!(
                    off <= Some(1),
                    "({x}, {y}): {found:?} instead of {expected:?}"
                );
            }
        }
        assert_eq!(shot.count(is_red), 72);
    }

    #[test]
    fn without_sixel_there_is_no_picture() {
        if !can_run() {
            return;
        }
        let script = format!("{CLEAR} {SIXEL} printf '\\033[41m        '; read _");
        let xterm = shell(&script, Emulation::Default);
        let bar = xterm.cells(0, 0, 8, 1).unwrap();
        // The red of the palette (205), not that of the picture (255).
        let shot = xterm.wait_for("a red bar", |shot| {
            let is_dark_red = |[red, green, blue]: [u8; 3]| red > 150 && green == 0 && blue == 0;
            shot.crop(bar).count(is_dark_red) == bar.width * bar.height
        });
        assert_eq!(shot.count(is_red), 0);
    }

    #[test]
    fn keys_reach_the_program_and_its_answer_the_screen() {
        if !can_run() {
            return;
        }
        let script = format!(
            "{CLEAR} stty size; read answer; test \"$answer\" = go && {SIXEL} read _; exit 7"
        );
        let mut xterm = shell(&script, Emulation::Vt340);
        let before = xterm.wait_for("text", |shot| shot.count(|colour| colour == [0; 3]) > 0);
        assert_eq!(before.count(is_red), 0);
        xterm.type_keys("go").unwrap();
        xterm.type_keys(keys::ENTER).unwrap();
        xterm.wait_for("the picture", |shot| shot.count(is_red) > 0);
        xterm.type_keys(keys::ENTER).unwrap();
        assert_eq!(xterm.wait_exit().unwrap().code(), Some(7));
    }

    #[test]
    fn xterm_itself_answers_queries() {
        if !can_run() {
            return;
        }
        // Status 4: the device attributes name sixel.
        let script = "stty raw -echo; printf '\\033[c'; answer=$(head -c 12); stty sane; \
                      case \"$answer\" in *'?63;1;2;4;'*) exit 4;; *) exit 1;; esac";
        let mut xterm = shell(script, Emulation::Vt340);
        assert_eq!(xterm.wait_exit().unwrap().code(), Some(4));
    }

    #[test]
    fn two_at_once_have_screens_of_their_own() {
        if !can_run() {
            return;
        }
        let with = shell(&format!("{CLEAR} {SIXEL} read _"), Emulation::Vt340);
        let without = shell(&format!("{CLEAR} echo text; read _"), Emulation::Vt340);
        with.wait_for("the picture", |shot| shot.count(is_red) > 0);
        let shot = without.wait_for("text", |shot| shot.count(|colour| colour == [0; 3]) > 0);
        assert_eq!(shot.count(is_red), 0);
    }

    #[test]
    fn waiting_for_what_cannot_come_keeps_the_last_screenshot() {
        if !can_run() {
            return;
        }
        let mut xterm = shell("exit", Emulation::Vt340);
        xterm.wait_exit().unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            xterm.wait_for("the sun rises", |_| false)
        }));
        let message = panicked.err().unwrap().downcast::<String>().unwrap();
        let path = message
            .strip_prefix("the program ended before the sun rises; the last screenshot is ")
            .unwrap();
        assert!(Screenshot::from_ppm(&std::fs::read(path).unwrap()).is_some());
        std::fs::remove_file(path).unwrap();
    }
}
