//! Prompts while they are being drawn.

use crate::picture::Mark;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use std::collections::BTreeMap;

/// What has been drawn on one slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The box.
    pub bbox: Option<SliceBox>,
    /// The points.
    pub points: Vec<SlicePoint>,
}

/// Prompts being drawn. Places are in pixels of the slice, file order, as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where the cursor is: column and row.
    pub cursor: (u32, u32),
    /// First corner of a box whose second is the cursor.
    pub corner: Option<(u32, u32)>,
    /// The object that is drawn for.
    pub label: Label,
    drafts: BTreeMap<u32, Draft>,
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
    /// Nothing drawn yet.
    pub fn new(cursor: (u32, u32), label: Label) -> Self {
        Edit {
            cursor,
            corner: None,
            label,
            drafts: BTreeMap::new(),
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

    /// Sets the first corner at the cursor, or the second one, which makes the box.
    pub fn set_corner(&mut self, slice: u32) {
        match self.corner.take() {
            None => self.corner = Some(self.cursor),
            Some(corner) => {
                let bbox = SliceBox::spanning(corner, self.cursor);
                self.drafts.entry(slice).or_default().bbox = Some(bbox);
            }
        }
    }

    /// Sets a point at the cursor; takes it away if the same one is there.
    pub fn set_point(&mut self, slice: u32, positive: bool) {
        let (x, y) = self.cursor;
        let point = SlicePoint { x, y, positive };
        let points = &mut self.drafts.entry(slice).or_default().points;
        let before = points.iter().position(|p| (p.x, p.y) == (x, y));
        let same = before.map(|at| points.remove(at)) == Some(point);
        if !same {
            points.push(point);
        }
    }

    /// Takes back what was drawn on a slice.
    pub fn clear(&mut self, slice: u32) {
        self.corner = None;
        self.drafts.remove(&slice);
    }

    /// What has been drawn on a slice.
    pub fn draft(&self, slice: u32) -> Option<&Draft> {
        self.drafts.get(&slice)
    }

    /// What has been drawn on a slice as a prompt, if it says anything.
    pub fn prompt(&self, slice: u32) -> Option<SlicePrompt> {
        let draft = self.draft(slice)?;
        (draft.bbox.is_some() || !draft.points.is_empty()).then(|| SlicePrompt {
            label: self.label,
            index: slice,
            bbox: draft.bbox,
            points: draft.points.clone(),
        })
    }

    /// What is to be seen on a slice: box, points, cursor, in this order.
    pub fn marks(&self, slice: u32) -> Vec<Mark> {
        let draft = self.draft(slice);
        let growing = self
            .corner
            .map(|corner| SliceBox::spanning(corner, self.cursor));
        let bbox = growing.or_else(|| draft.and_then(|d| d.bbox));
        let points = draft.into_iter().flat_map(|d| &d.points);
        let (x, y) = self.cursor;
        bbox.map(Mark::Box)
            .into_iter()
            .chain(points.copied().map(Mark::Point))
            .chain([Mark::Cursor { x, y }])
            .collect()
    }
}
