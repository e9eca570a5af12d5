//! Signals of the system.

use super::suspend::GO_ON;
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Signals that mean something to the screen.
pub struct Signals {
    window: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    go_on: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens to all of them.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {
            window: signal(SignalKind::window_change())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            go_on: signal(GO_ON)?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.window.recv() => SignalKind::window_change(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hang_up.recv() => SignalKind::hangup(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.go_on.recv() => GO_ON,
        }
    }
}
