//! Steps of the cursor: of the current voxel, or of the hand that draws.

use super::action::Cursor;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;

/// A large step, in voxels.
const FAR: i64 = 10;

/// A step of the cursor on the screen, in voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// To the right.
    pub right: i64,
    /// Down.
    pub down: i64,
}

impl Step {
    /// The step of an action.
    pub fn of(action: Cursor) -> Self {
        let (right, down) = match action {
            Cursor::Left => (-1, 0),
            Cursor::Right => (1, 0),
            Cursor::Up => (0, -1),
            Cursor::Down => (0, 1),
            Cursor::FarLeft => (-FAR, 0),
            Cursor::FarRight => (FAR, 0),
            Cursor::FarUp => (0, -FAR),
            Cursor::FarDown => (0, FAR),
        };
        Step { right, down }
    }

    /// Whether it is a large step.
    pub fn is_far(self) -> bool {
        self.right.abs().max(self.down.abs()) == FAR
    }

    /// Several of these steps at once.
    pub fn times(self, count: i64) -> Self {
        Step {
            right: self.right * count,
            down: self.down * count,
        }
    }

    /// The pixel of a slice where it leads to from `pixel`, both in file order; it stays within the
    /// slice.
    pub fn taken_from(
        self,
        pixel: (u32, u32),
        shape: SliceShape,
        orientation: Orientation,
    ) -> (u32, u32) {
        let screen = orientation.screen_shape(shape);
        let (x, y) = orientation.to_screen(shape, pixel);
        let moved =
            |at: u32, by: i64, size: u32| (i64::from(at) + by).clamp(0, i64::from(size) - 1) as u32;
        let there = (
            moved(x, self.right, screen.width),
            moved(y, self.down, screen.height),
        );
        orientation.to_slice(shape, there)
    }
}
