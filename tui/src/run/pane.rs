//! The pane of tmux that this runs in: what tmux says of itself, and whether somebody sees the pane.
//!
//! tmux lets pictures past only while the pane can be seen. What would be drawn behind another window
//! waits, so that text never names a picture that the terminal has not got.

use super::Running;
use crate::app::Notice;
use crate::term::graphics::{Graphics, Pixels, Protocol};
use crate::term::probe::Environment;
use crate::term::tmux::{self, Tmux};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

/// Who types or points sees the pane, and for a while thereafter.
const RECENT: Duration = Duration::from_secs(2);

/// How long an answer holds.
const HOLDS: Duration = Duration::from_millis(500);

/// What tmux has said.
#[derive(Debug)]
pub enum Said {
    /// What it is, and what is around it; nothing if it cannot be asked.
    Around(Option<Tmux>),
    /// Whether the pane can be seen.
    Visible(bool),
}

/// The pane.
#[derive(Debug)]
pub struct Pane {
    said: Sender<Said>,
    in_use: Instant,
    visible: Visible,
    around: Asking,
    told: bool,
}

/// Whether tmux is being asked what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    No,
    Yes,
    /// And once more, when it has answered: something has changed since.
    Again,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visible {
    Unknown,
    Asked,
    Yes(Instant),
    No(Instant),
}

impl Pane {
    /// In use from the start; what tmux says goes to `said`.
    pub fn new(said: Sender<Said>) -> Self {
        Pane {
            said,
            in_use: Instant::now(),
            visible: Visible::Unknown,
            around: Asking::No,
            told: false,
        }
    }

    /// Somebody has typed or pointed.
    pub fn used(&mut self) {
        self.in_use = Instant::now();
    }

    /// When something is due although nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        match self.visible {
            Visible::No(until) => Some(until),
            Visible::Unknown | Visible::Asked | Visible::Yes(_) => None,
        }
    }

    /// Whether it is known to be seen. Asks tmux if that is in doubt.
    fn is_seen(&mut self, now: Instant) -> bool {
        if now < self.in_use + RECENT {
            return true;
        }
        match self.visible {
            Visible::Yes(until) if now < until => return true,
            Visible::No(until) if now < until => return false,
            Visible::Asked => return false,
            Visible::Unknown | Visible::Yes(_) | Visible::No(_) => {}
        }
        self.visible = Visible::Asked;
        // A tmux that does not say is taken for one that shows it.
        self.ask(|| Said::Visible(tmux::is_pane_visible().unwrap_or(true)));
        false
    }

    fn ask(&self, ask: impl FnOnce() -> Said + Send + 'static) {
        let said = self.said.clone();
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more when the client ends.
            let _ = said.blocking_send(ask());
        });
    }
}

impl Running {
    /// Asks tmux what it is and what is around it, if this is inside of one.
    pub fn ask_tmux(&mut self) {
        if !Environment::read().tmux {
            return;
        }
        self.pane.around = match self.pane.around {
            Asking::No => {
                self.terminal.tmux_is_asked();
                self.pane.ask(|| Said::Around(Tmux::ask()));
                Asking::Yes
            }
            Asking::Yes | Asking::Again => Asking::Again,
        };
    }

    /// Takes what tmux has said.
    pub fn tmux_said(&mut self, said: Said) {
        match said {
            Said::Visible(visible) => {
                let until = Instant::now() + HOLDS;
                self.pane.visible = match visible {
                    true => Visible::Yes(until),
                    false => Visible::No(until),
                };
            }
            Said::Around(around) => {
                let asked = std::mem::replace(&mut self.pane.around, Asking::No);
                self.terminal.learn_tmux(around);
                if asked == Asking::Again {
                    self.ask_tmux();
                }
                if self.terminal.is_settled() {
                    self.probe_until = None;
                }
                if self.terminal.is_barred() && !self.pane.told {
                    self.pane.told = true;
                    let how =
                        "tmux lets no pictures past: tmux set -g allow-passthrough on, then ctrl-l";
                    self.model.notice = Some(Notice::bad(how));
                }
            }
        }
    }

    /// Whether a picture may be drawn now: one that goes past tmux only where the pane can be seen.
    pub fn may_draw_picture(&mut self) -> bool {
        let Graphics::Pixels(Pixels { protocol, .. }) = self.terminal.graphics() else {
            return true;
        };
        let past_tmux = protocol == Protocol::Placeholders && self.pictures.is_ready();
        !past_tmux || self.pane.is_seen(Instant::now())
    }
}
