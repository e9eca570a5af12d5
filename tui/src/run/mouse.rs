//! The mouse of the terminal, switched on when it is known what the terminal can do.
//!
//! A terminal that has answered nothing is not asked for reports of the mouse: only its answers
//! tell whether a report that does not go on is still to come.

use super::Running;
use super::pointer::pointer;
use super::suspend::Suspending;
use crate::app::Event;
use crate::term::Mouse;
use crate::term::mouse::{OFF, ON, ON_BY_PIXELS};
use crate::term::threads::{ASK_STATUS, Frame};

/// Whether and how the terminal reports its mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporting {
    /// Not at all, and never.
    Never,
    /// Not now.
    Off,
    /// By cells.
    Cells,
    /// By pixels.
    Pixels,
}

impl Reporting {
    /// Before anything is known of the terminal.
    pub const fn first(wanted: bool) -> Self {
        match wanted {
            true => Reporting::Off,
            false => Reporting::Never,
        }
    }
}

impl Running {
    /// Has the mouse reported, if it is wanted and not yet so.
    pub fn switch_mouse_on(&mut self) {
        let (Reporting::Off, Suspending::No, Some(guard)) =
            (self.reporting, self.suspending, &self.guard)
        else {
            return;
        };
        guard.mouse_is_reported();
        let (reporting, bytes) = if self.terminal.has_mouse_pixels() {
            (Reporting::Pixels, ON_BY_PIXELS)
        } else {
            (Reporting::Cells, ON)
        };
        self.reporting = reporting;
        self.send(Frame {
            bytes: bytes.to_vec(),
            questions: 0,
        });
    }

    /// Has the mouse reported no longer. When the question behind that is answered, no report is
    /// on its way any more that could be typed into the shell.
    pub fn switch_mouse_off(&mut self) {
        if matches!(self.reporting, Reporting::Cells | Reporting::Pixels) {
            self.reporting = Reporting::Off;
            self.send(Frame {
                bytes: [OFF, ASK_STATUS].concat(),
                questions: 1,
            });
        }
    }

    /// The terminal may have forgotten that it was asked for reports.
    pub fn mouse_was_forgotten(&mut self) {
        if self.reporting != Reporting::Never {
            self.reporting = Reporting::Off;
        }
    }

    /// Takes a report. One that was on its way when reports ended means nothing.
    pub fn mouse(&mut self, mouse: Mouse) {
        let by_pixels = match self.reporting {
            Reporting::Never | Reporting::Off => return,
            Reporting::Cells => false,
            Reporting::Pixels => true,
        };
        let picture = self.pictures.seen();
        let pointer = pointer(mouse, by_pixels, self.terminal.cell(), picture);
        self.happen(Event::Pointer(pointer));
    }
}
