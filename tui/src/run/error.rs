//! Why the screen ended without being asked to.

use crate::term::tty::TtyError;
use std::io;
use std::path::PathBuf;

/// Why the screen ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no terminal, or it cannot be used.
    #[error(transparent)]
    Tty(#[from] TtyError),
    /// The system does not let the client listen to signals or start a thread.
    #[error("preparing the screen: {0}")]
    System(io::Error),
    /// The session cannot be recorded.
    #[error("recording the session into {}: {error}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The terminal went away.
    #[error("the terminal is gone: {0}")]
    Gone(io::Error),
    /// Somebody ended the client.
    #[error("ended by signal {0}")]
    Signal(i32),
}

impl RunError {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            RunError::Tty(error) => error.code(),
            RunError::System(_) => "screen-unprepared",
            RunError::Recording { .. } => "recording",
            RunError::Gone(_) => "terminal-gone",
            RunError::Signal(_) => "signal",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RunError::Tty(error) => error.hint(),
            RunError::System(_) => "Check the limits of the user (`ulimit -a`).",
            RunError::Recording { .. } => {
                "Name a file that is not there yet, in a folder that you may write to."
            }
            RunError::Gone(_) | RunError::Signal(_) => {
                "Start it again; every decision that was confirmed is with the daemon."
            }
        }
    }

    /// Exit status of the program: for a signal the one that shells give.
    pub fn exit_status(&self) -> u8 {
        match self {
            RunError::Signal(number) => u8::try_from(128 + number).unwrap_or(1),
            RunError::Tty(_)
            | RunError::System(_)
            | RunError::Recording { .. }
            | RunError::Gone(_) => 1,
        }
    }
}
