//! Pseudo-terminals, and programs that run on them.

use std::fs::File;
use std::io;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

/// The size of a terminal in character cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: NonZeroU16,
    /// Rows.
    pub rows: NonZeroU16,
}

impl Size {
    /// A size of at least one cell: 0 counts as 1.
    #[must_use]
    pub const fn new(columns: u16, rows: u16) -> Self {
        const fn at_least_one(cells: u16) -> NonZeroU16 {
            match NonZeroU16::new(cells) {
                Some(cells) => cells,
                None => NonZeroU16::MIN,
            }
        }
        Self {
            columns: at_least_one(columns),
            rows: at_least_one(rows),
        }
    }

    /// As the kernel keeps it: with the size of the whole window in pixels (width, height).
    pub(crate) fn winsize(self, pixels: (u16, u16)) -> Winsize {
        Winsize {
            ws_row: self.rows.get(),
            ws_col: self.columns.get(),
            ws_xpixel: pixels.0,
            ws_ypixel: pixels.1,
        }
    }
}

/// Both ends of a new pseudo-terminal: the terminal's and the program's.
pub(crate) struct Pty {
    /// The terminal's end: what is written here is typed, what is read here is shown.
    pub(crate) terminal: File,
    /// The program's end: its standard input, output and error.
    pub(crate) program: OwnedFd,
}

impl Pty {
    pub(crate) fn open() -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = rustix::pty::openpt(flags)?;
        rustix::pty::grantpt(&terminal)?;
        rustix::pty::unlockpt(&terminal)?;
        let program = rustix::pty::ioctl_tiocgptpeer(&terminal, flags)?;
        Ok(Self {
            terminal: terminal.into(),
            program,
        })
    }
}

/// A program on a pseudo-terminal. It is killed when dropped, with what it has started.
pub(crate) struct Program {
    child: Child,
    status: Option<ExitStatus>,
    exited: Arc<(Mutex<bool>, Condvar)>,
}

impl Program {
    /// Starts the command as the leader of a session of its own, with `tty` as its terminal, as a
    /// login shell would be.
    pub(crate) fn spawn(mut command: Command, tty: OwnedFd) -> io::Result<Self> {
        clean_environment(&mut command);
        command
            .stdin(tty.try_clone()?)
            .stdout(tty.try_clone()?)
            .stderr(tty);
        let lead_session = || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        };
        // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are the
        // bare system calls setsid and ioctl, which neither allocate nor lock.
        unsafe {
            command.pre_exec(lead_session);
        }
        let child = command.spawn()?;
        let exited = Arc::new((Mutex::new(false), Condvar::new()));
        let pid = Pid::from_child(&child);
        let told = Arc::clone(&exited);
        thread::spawn(move || {
            // Without reaping it: the process number stays ours until `Program` asks for the
            // status. An error means that it has been asked for already.
            let _ = rustix::process::waitid(
                WaitId::Pid(pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            );
            *told.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            told.1.notify_all();
        });
        Ok(Self {
            child,
            status: None,
            exited,
        })
    }

    /// Waits for the program to end. `None` if it has not by the deadline.
    pub(crate) fn wait(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        let (exited, changed) = &*self.exited;
        let guard = exited.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let (guard, _) = changed
            .wait_timeout_while(guard, left, |exited| !*exited)
            .unwrap_or_else(PoisonError::into_inner);
        let exited = *guard;
        drop(guard);
        if exited && self.status.is_none() {
            self.status = Some(self.child.wait()?);
        }
        Ok(self.status)
    }

    /// Whether the program has ended.
    pub(crate) fn has_ended(&self) -> bool {
        *self.exited.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.status.is_none() {
            // Not reaped yet, so that the number is still that of this program and its group.
            let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// What the terminal of the person who runs the tests has set must not change their result.
fn clean_environment(command: &mut Command) {
    const LEFT_BY_TERMINALS: [&str; 14] = [
        "COLORTERM",
        "COLUMNS",
        "KITTY_WINDOW_ID",
        "LC_TERMINAL",
        "LINES",
        "NO_COLOR",
        "SSH_CLIENT",
        "SSH_CONNECTION",
        "SSH_TTY",
        "STY",
        "TERM_PROGRAM",
        "TERM_PROGRAM_VERSION",
        "TMUX",
        "WT_SESSION",
    ];
    // What the test has set itself stays.
    let set: Vec<_> = command
        .get_envs()
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in LEFT_BY_TERMINALS {
        if !set.iter().any(|set| set == name) {
            command.env_remove(name);
        }
    }
    if !set.iter().any(|set| set == "TERM") {
        command.env("TERM", "xterm-256color");
    }
}
