//! Steps of the cursor: of the voxel that is looked at, or of the hand that draws.

use super::Action;
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
    /// The step that an action is, if it is one.
    pub fn of(action: Action) -> Option<Self> {
        let (right, down) = match action {
            Action::MoveLeft => (-1, 0),
            Action::MoveRight => (1, 0),
            Action::MoveUp => (0, -1),
            Action::MoveDown => (0, 1),
            Action::MoveFarLeft => (-FAR, 0),
            Action::MoveFarRight => (FAR, 0),
            Action::MoveFarUp => (0, -FAR),
            Action::MoveFarDown => (0, FAR),
            _ => return None,
        };
        Some(Step { right, down })
    }

    /// So many of these steps at once.
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
