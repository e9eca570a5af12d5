//! A mouse button held on a picture, and its effect.

use super::seen::SeenPane;
use super::window::Limits;
use crate::term::mouse::Button;
use medicosam_shared::hand::Stroke;

/// A button that is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grip {
    /// Which one.
    pub button: Button,
    /// The slice that it was pressed on, as it was seen then.
    pub pane: SeenPane,
    /// Where it was pressed, in pixels of the picture.
    pub start: (i64, i64),
    /// Where it was pressed, in pixels of the screen.
    pub on_screen: (i64, i64),
    /// It was moved so far that this is no click.
    pub moved: bool,
    /// What it does.
    pub task: Task,
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Task {
    /// Moves the current voxel.
    Look,
    /// Draws: a point with a click, a box with a drag.
    Draw {
        /// The point belongs to the object.
        positive: bool,
    },
    /// Paints, or takes away.
    Paint(Stroke),
    /// Moves and widens the window, which was this; `None` if the slice has no values to see.
    Window(Option<Limits>),
    /// Moves what is seen.
    Pan,
}

/// Pixels of the screen that a hand may tremble.
const TREMBLE: i64 = 4;

impl Grip {
    /// The mouse has come to a pixel of the screen.
    pub fn moves(&mut self, (x, y): (i64, i64)) {
        let (dx, dy) = (x - self.on_screen.0, y - self.on_screen.1);
        self.moved |= dx.abs().max(dy.abs()) >= TREMBLE;
    }
}
