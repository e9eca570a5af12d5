//! The terminal lent to the shell for a while: ctrl-z, `fg`.

use super::{END_WAIT, RunError, Running};
use crate::app::Notice;
use crate::term::threads::Frame;
use crate::term::tty::SET_UP;
use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
use std::time::Duration;
use tokio::signal::unix::SignalKind;
use tokio::time::Instant;

/// The signal of the shell to go on.
pub const GO_ON: SignalKind = SignalKind::from_raw(Signal::CONT.as_raw());

/// If the client has not been stopped after this time, it has no shell that could.
const STOP_WAIT: Duration = Duration::from_millis(300);

/// How far the lending is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspending {
    /// The terminal is ours.
    No,
    /// Asked for. What has been sent goes out first, and answers to it come in, until then: the
    /// shell would take them for something typed.
    Wanted(Instant),
    /// The terminal is the shell's, until this client goes on; or until then, if nothing stopped
    /// it.
    Lent(Instant),
}

impl Suspending {
    /// When it goes on although nothing happens.
    pub fn deadline(self) -> Option<Instant> {
        match self {
            Suspending::No => None,
            Suspending::Wanted(until) | Suspending::Lent(until) => Some(until),
        }
    }
}

impl Running {
    /// Begins to lend the terminal.
    pub fn want_to_suspend(&mut self) {
        // The first process of a terminal has no shell behind it that could wake it up.
        if getsid(None).is_ok_and(|session| session == getpid()) {
            self.model.notice = Some(Notice::bad("There is no shell to go back to."));
            return;
        }
        self.switch_mouse_off();
        self.switch_releases_off();
        self.suspending = Suspending::Wanted(Instant::now() + END_WAIT);
    }

    /// Lends the terminal when it is quiet, takes it back when nobody has stopped the client.
    pub fn suspend_on_time(&mut self, now: Instant) {
        match self.suspending {
            Suspending::No => {}
            Suspending::Wanted(until) => {
                if self.is_quiet() || until <= now {
                    self.guard = None;
                    // The other programs of the pipeline stop too, as on a key of the terminal. If
                    // this is refused, nothing stops, and the terminal is taken back.
                    let _ = kill_current_process_group(Signal::TSTP);
                    // From when it goes on: time passes while a program is stopped.
                    self.suspending = Suspending::Lent(Instant::now() + STOP_WAIT);
                }
            }
            Suspending::Lent(until) => {
                if until <= now {
                    self.go_on();
                }
            }
        }
    }

    /// Takes the terminal back as the shell left it. Also after a stop that nobody announced: the
    /// shell has changed the modes then. Doing it twice does no harm; keys typed in between are
    /// kept.
    pub fn go_on(&mut self) {
        if matches!(self.suspending, Suspending::Lent(_)) {
            self.suspending = Suspending::No;
        }
        let entered = match &self.guard {
            Some(guard) => {
                let entered = guard.enter_again();
                // In its turn: a frame may be going out.
                self.send(Frame {
                    bytes: SET_UP.to_vec(),
                    questions: 0,
                });
                entered
            }
            None => self.tty.enter().map(|guard| self.guard = Some(guard)),
        };
        if let Err(error) = entered {
            self.ended = Some(Err(RunError::Tty(error)));
            return;
        }
        self.pictures.erased();
        // Switched on again when the terminal has answered the question sent now.
        self.mouse_was_forgotten();
        self.releases_were_forgotten();
        self.measure();
    }
}
