//! Prompts and strokes while they are being drawn.

use super::tool::Tool;
use crate::picture::Mark;
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
    /// What is drawn with.
    pub tool: Tool,
    /// The places of a stroke that is not finished.
    pub path: Vec<(u32, u32)>,
}

impl Edit {
    /// Nothing begun yet.
    pub fn new(cursor: (u32, u32), label: Label) -> Self {
        Edit {
            cursor,
            corner: None,
            label,
            tool: Tool::default(),
            path: Vec::new(),
        }
    }

    /// Goes on with a stroke to a place.
    pub fn extend(&mut self, place: (u32, u32)) {
        self.cursor = place;
        if self.path.last() != Some(&place) {
            self.path.push(place);
        }
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

    /// What is to be seen on a slice whose columns and rows are so many millimetres apart: box and
    /// points, or stroke and brush, and the cursor, in this order.
    pub fn marks(&self, drawn: Option<&SlicePrompt>, spacing: [f64; 2]) -> Vec<Mark> {
        let (x, y) = self.cursor;
        if self.tool.is_by_hand() {
            let path = self.path.iter();
            let mut marks: Vec<Mark> = path.map(|&(x, y)| Mark::Trail { x, y }).collect();
            marks.extend(self.tool.outline(self.cursor, spacing));
            marks.push(Mark::Cursor { x, y });
            return marks;
        }
        let growing = self
            .corner
            .map(|corner| SliceBox::spanning(corner, self.cursor));
        let bbox = growing.or_else(|| drawn.and_then(|d| d.bbox));
        let points = drawn.into_iter().flat_map(|d| &d.points);
        bbox.map(Mark::Box)
            .into_iter()
            .chain(points.copied().map(Mark::Point))
            .chain([Mark::Cursor { x, y }])
            .collect()
    }
}
