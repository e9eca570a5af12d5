//! Prompts while they are being drawn.

use crate::picture::Mark;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};

/// The hand that draws: where it is, and for which object. What has been drawn is in the draft.
/// Places are in pixels of the slice, file order, as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where the cursor is: column and row.
    pub cursor: (u32, u32),
    /// First corner of a box whose second is the cursor.
    pub corner: Option<(u32, u32)>,
    /// The object that is drawn for.
    pub label: Label,
}

/// A step of the cursor on the screen, in voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// To the right.
    pub right: i64,
    /// Down.
    pub down: i64,
}

impl Edit {
    /// Nothing begun yet.
    pub fn new(cursor: (u32, u32), label: Label) -> Self {
        Edit {
            cursor,
            corner: None,
            label,
        }
    }

    /// Moves the cursor as it is seen, within the slice.
    pub fn step(&mut self, step: Step, shape: SliceShape, orientation: Orientation) {
        let screen = orientation.screen_shape(shape);
        let (x, y) = orientation.to_screen(shape, self.cursor);
        let moved =
            |at: u32, by: i64, size: u32| (i64::from(at) + by).clamp(0, i64::from(size) - 1) as u32;
        self.cursor = orientation.to_slice(
            shape,
            (
                moved(x, step.right, screen.width),
                moved(y, step.down, screen.height),
            ),
        );
    }

    /// Sets the first corner at the cursor, or the second one; then there is a box.
    pub fn set_corner(&mut self) -> Option<SliceBox> {
        match self.corner.take() {
            None => {
                self.corner = Some(self.cursor);
                None
            }
            Some(corner) => Some(SliceBox::spanning(corner, self.cursor)),
        }
    }

    /// What is drawn with a point at the cursor; without it if the same one is there.
    pub fn with_point(&self, mut drawn: SlicePrompt, positive: bool) -> SlicePrompt {
        let (x, y) = self.cursor;
        let point = SlicePoint { x, y, positive };
        let points = &mut drawn.points;
        let before = points.iter().position(|p| (p.x, p.y) == (x, y));
        let same = before.map(|at| points.remove(at)) == Some(point);
        if !same {
            points.push(point);
        }
        drawn
    }

    /// What is to be seen on a slice: box, points, cursor, in this order.
    pub fn marks(&self, drawn: Option<&SlicePrompt>) -> Vec<Mark> {
        let growing = self
            .corner
            .map(|corner| SliceBox::spanning(corner, self.cursor));
        let bbox = growing.or_else(|| drawn.and_then(|d| d.bbox));
        let points = drawn.into_iter().flat_map(|d| &d.points);
        let (x, y) = self.cursor;
        bbox.map(Mark::Box)
            .into_iter()
            .chain(points.copied().map(Mark::Point))
            .chain([Mark::Cursor { x, y }])
            .collect()
    }
}
