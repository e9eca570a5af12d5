//! Keys that are let go, reported where the terminal knows how.

use super::Running;
use super::suspend::Suspending;
use crate::app::Event;
use crate::term::keyboard::{OFF, ON};
use crate::term::threads::{ASK_STATUS, Frame};

impl Running {
    /// Has keys reported when they are let go, if the terminal can and it is not yet so.
    pub fn switch_releases_on(&mut self) {
        let (false, true, Suspending::No, Some(guard)) = (
            self.releases,
            self.terminal.has_key_releases(),
            self.suspending,
            &self.guard,
        ) else {
            return;
        };
        guard.releases_are_reported(true);
        self.releases = true;
        self.send(Frame {
            bytes: ON.to_vec(),
            questions: 0,
        });
        self.happen(Event::ReleasesAreTold(true));
    }

    /// Has them reported no longer. When the question behind that is answered, none is on its way any
    /// more that could be typed into the shell.
    pub fn switch_releases_off(&mut self) {
        if std::mem::take(&mut self.releases) {
            if let Some(guard) = &self.guard {
                guard.releases_are_reported(false);
            }
            self.send(Frame {
                bytes: [OFF, ASK_STATUS].concat(),
                questions: 1,
            });
            self.happen(Event::ReleasesAreTold(false));
        }
    }

    /// The terminal may have forgotten that it was asked.
    pub fn releases_were_forgotten(&mut self) {
        if std::mem::take(&mut self.releases) {
            self.happen(Event::ReleasesAreTold(false));
        }
    }
}
