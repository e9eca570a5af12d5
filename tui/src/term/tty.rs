//! The terminal device: raw mode, its size, and leaving it as it was found.

use super::{keyboard, mouse};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// The alternate screen. It saves the place of the cursor, so it is switched to only once.
const OTHER_SCREEN: &[u8] = b"\x1b[?1049h";

/// No cursor, no line wrap, pasted text in brackets, an empty screen.
pub const SET_UP: &[u8] = b"\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J";

/// Ends a picture and a held frame that may have been broken off.
const BROKEN_OFF: &[u8] = b"\x1b\\\x1b[?2026l";

/// Takes back [`SET_UP`] and [`OTHER_SCREEN`].
const LEAVE: &[u8] = b"\x1b[?2004l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// How long a terminal that takes nothing may hold up the end of the program.
const LEAVE_WAIT: Duration = Duration::from_millis(500);

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TtyError {
    /// The program has no terminal.
    #[error("there is no terminal to draw on: opening /dev/tty: {0}")]
    None(io::Error),
    /// The terminal cannot be prepared.
    #[error("{doing} of the terminal: {source}")]
    Modes {
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl TtyError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            TtyError::None(_) => "no-terminal",
            TtyError::Modes { .. } => "terminal-modes",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            TtyError::None(_) => {
                "Run it on a terminal (over SSH: ssh -t), or use the verbs, for example `medicosam list`."
            }
            TtyError::Modes { .. } => "Try another terminal program.",
        }
    }
}

/// Size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    /// Columns of characters.
    pub columns: u16,
    /// Rows of characters.
    pub rows: u16,
    /// Width and height in pixels, borders included; 0 where the terminal does not say.
    pub pixels: (u16, u16),
}

/// The terminal of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tty {
    device: Arc<File>,
}

impl Tty {
    /// The terminal that controls this process.
    pub fn open() -> Result<Self, TtyError> {
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            // A terminal that stops taking bytes must not stop this program.
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open("/dev/tty")
            .map_err(TtyError::None)?;
        Ok(Tty {
            device: Arc::new(device),
        })
    }

    /// Its size now. Terminals that do not know are taken for 80 columns and 24 rows.
    pub fn size(&self) -> WindowSize {
        let size = tcgetwinsize(&*self.device).ok();
        let known = size.filter(|s| s.ws_col > 0 && s.ws_row > 0);
        known.map_or(
            WindowSize {
                columns: 80,
                rows: 24,
                pixels: (0, 0),
            },
            |s| WindowSize {
                columns: s.ws_col,
                rows: s.ws_row,
                pixels: (s.ws_xpixel, s.ws_ypixel),
            },
        )
    }

    /// Takes the terminal over until the guard is dropped, [`restore`] is called or the program
    /// panics.
    pub fn enter(&self) -> Result<Guard, TtyError> {
        let before = self.make_raw()?;
        *lock() = Some(Taken {
            tty: self.clone(),
            before,
            mouse: false,
            releases: false,
            pictures: Vec::new(),
        });
        restore_on_panic();
        // Whether the terminal takes it is seen when the first frame is written.
        let _ = self.write(
            &[OTHER_SCREEN, SET_UP].concat(),
            Some(Instant::now() + LEAVE_WAIT),
        );
        Ok(Guard { tty: self.clone() })
    }

    /// Has every byte come as it is typed. Returns the modes from before.
    fn make_raw(&self) -> Result<Termios, TtyError> {
        let modes = |doing| {
            move |error: rustix::io::Errno| TtyError::Modes {
                doing,
                source: error.into(),
            }
        };
        let before = tcgetattr(&*self.device).map_err(modes("reading the modes"))?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&*self.device, OptionalActions::Now, &raw).map_err(modes("setting the modes"))?;
        Ok(before)
    }

    /// Waits up to `patience` (`None`: without limit) for bytes. No bytes: nothing came in that
    /// time.
    pub(super) fn read<'b>(
        &self,
        buffer: &'b mut [u8],
        patience: Option<Duration>,
    ) -> io::Result<Option<&'b [u8]>> {
        loop {
            if !self.wait(PollFlags::IN, patience)? {
                return Ok(None);
            }
            match (&*self.device).read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => return Ok(Some(&buffer[..n])),
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes everything, however long the terminal takes, or until `deadline`.
    pub(super) fn write(&self, mut bytes: &[u8], deadline: Option<Instant>) -> io::Result<()> {
        while !bytes.is_empty() {
            let patience = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if !self.wait(PollFlags::OUT, patience)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match (&*self.device).write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the device is ready within `patience`.
    fn wait(&self, ready: PollFlags, patience: Option<Duration>) -> io::Result<bool> {
        let patience = patience.map(|p| Timespec {
            tv_sec: p.as_secs().cast_signed(),
            tv_nsec: p.subsec_nanos().into(),
        });
        loop {
            let mut device = [PollFd::new(&*self.device, ready)];
            match poll(&mut device, patience.as_ref()) {
                Ok(n) => return Ok(n > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Gives the terminal back when dropped.
#[derive(Debug)]
pub struct Guard {
    tty: Tty,
}

impl Guard {
    /// Sets the modes that another program may have changed. [`SET_UP`] must follow.
    /// The terminal is given back as it was found the first time.
    pub fn enter_again(&self) -> Result<(), TtyError> {
        self.tty.make_raw().map(|_| ())
    }

    /// Says that the terminal is going to be asked to report keys that are let go, or no longer.
    pub fn releases_are_reported(&self, are: bool) {
        if let Some(taken) = lock().as_mut() {
            taken.releases = are;
        }
    }

    /// Says that the terminal is going to keep pictures, and what deletes them when it is given back.
    pub fn pictures_are_kept(&self, delete: Vec<u8>) {
        if let Some(taken) = lock().as_mut() {
            taken.pictures = delete;
        }
    }

    /// Says that the terminal is going to be asked for reports of the mouse; it will be told to
    /// stop when it is given back.
    pub fn mouse_is_reported(&self) {
        if let Some(taken) = lock().as_mut() {
            taken.mouse = true;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

struct Taken {
    tty: Tty,
    before: Termios,
    /// The mouse may be reported.
    mouse: bool,
    /// Keys may be reported when they are let go.
    releases: bool,
    /// What takes pictures out of the memory of the terminal.
    pictures: Vec<u8>,
}

/// The terminal that was taken over, to be restored however the program ends.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

fn lock() -> std::sync::MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back as it was found. Does nothing the second time.
pub fn restore() {
    if let Some(taken) = lock().take() {
        let reports = if taken.mouse { mouse::OFF } else { b"" };
        // A terminal that is gone cannot be put right; nobody is left to tell.
        let releases = if taken.releases { keyboard::OFF } else { b"" };
        let leave = [BROKEN_OFF, &taken.pictures, reports, releases, LEAVE].concat();
        let _ = taken.tty.write(&leave, Some(Instant::now() + LEAVE_WAIT));
        // Now, and not when everything has been written: a stuck terminal takes nothing more.
        let _ = tcsetattr(&*taken.tty.device, OptionalActions::Now, &taken.before);
        // Answers that have come too late must not be typed into the shell.
        let _ = tcflush(&*taken.tty.device, QueueSelector::IFlush);
    }
}

/// Makes a panic in any thread give the terminal back, say what happened, and end the program:
/// half a client must not go on deciding.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            report(panic);
            std::process::exit(101);
        }));
    });
}
