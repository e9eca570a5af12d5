//! Whether the masks on a picture are large enough to be judged.

use super::overlay::Overlay;
use super::subject::{Pane, Showing, SliceSubject};
use crate::picture::Size;
use crate::picture::arrange::Spot;
use medicosam_shared::prompt::SliceBox;

/// Across so many pixels of a picture a mask can be judged in any case.
const ENOUGH: f64 = 12.0;

impl SliceSubject {
    /// What a picture shows that is `size` pixels large, of pixels `pixel_aspect` times as high as
    /// wide.
    pub fn shown_at(&self, size: Size, pixel_aspect: f64) -> Showing {
        let spots = self.spots(size, pixel_aspect);
        let panes = self.panes.iter().zip(spots);
        let illegible = panes.filter(|(pane, spot)| !self.is_legible(pane, spot.as_ref()));
        Showing {
            illegible: illegible.map(|(pane, _)| pane.slice).collect(),
            ..self.showing.clone()
        }
    }

    /// Whether all masks on a slice can be judged. Changes alone show no mask.
    fn is_legible(&self, pane: &Pane, spot: Option<&Spot>) -> bool {
        let is_change = matches!(self.overlay, Overlay::Changes { .. });
        // What is seen of a reduced slice is no ground for a judgement.
        let Some(spot) = spot.filter(|_| !is_change && !pane.reduced) else {
            return false;
        };
        let mut masks = self.overlay.bounds(pane.slice).into_iter();
        masks.all(|bounds| pane.is_legible(bounds, spot.size))
    }
}

impl Pane {
    /// Whether a mask within these bounds of the slice, in pixels of the file, can be judged in a
    /// picture: it is large enough there, or all of its outline is in view and nothing of it lost.
    fn is_legible(&self, bounds: SliceBox, size: Size) -> bool {
        let corner = |x, y| self.orientation.to_screen(self.values.0.shape, (x, y));
        let (a, b) = (
            corner(bounds.x0, bounds.y0),
            corner(
                bounds.x1.saturating_sub(1).max(bounds.x0),
                bounds.y1.saturating_sub(1).max(bounds.y0),
            ),
        );
        let across = Along::of((a.0, b.0), (self.region.x, self.region.width), size.width);
        let down = Along::of((a.1, b.1), (self.region.y, self.region.height), size.height);
        if across.visible <= 0.0 || down.visible <= 0.0 {
            return false;
        }
        let is_exact = across.is_whole && down.is_whole && across.scale.min(down.scale) >= 1.0;
        across.visible.max(down.visible) >= ENOUGH || is_exact
    }
}

/// A mask along the rows or the columns of a picture.
struct Along {
    /// Pixels of it that are visible.
    visible: f64,
    /// Nothing of it lies outside the picture.
    is_whole: bool,
    /// Pixels for each voxel.
    scale: f64,
}

impl Along {
    /// A mask from one voxel to another, both in it, in any order, where the picture shows so many
    /// voxels from a first one on.
    fn of((a, b): (u32, u32), (first, count): (u32, u32), pixels: u32) -> Self {
        let (start, end) = (a.min(b), a.max(b) + 1);
        let last = first + count;
        let scale = f64::from(pixels) / f64::from(count.max(1));
        let visible = end.min(last).saturating_sub(start.max(first));
        Along {
            visible: f64::from(visible) * scale,
            is_whole: start >= first && end <= last,
            scale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{press, with_review};
    use crate::app::{Model, Subject};

    /// The slices of a picture of this size whose masks cannot be judged.
    fn illegible(model: &Model, width: u32, height: u32) -> Vec<u32> {
        let Subject::Slice(subject) = model.subject() else {
            panic!("no picture");
        };
        let showing = subject.shown_at(Size { width, height }, 1.0);
        showing.illegible.iter().map(|slice| slice.index).collect()
    }

    /// The mask on slice 7 is 19 voxels across, of 64.
    #[test]
    fn a_mask_is_seen_where_it_is_large_or_whole_and_exact() {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter");
        assert_eq!(illegible(&model, 64, 48), [0; 0], "a pixel for each voxel");
        assert_eq!(illegible(&model, 44, 33), [0; 0], "13 pixels across");
        assert_eq!(illegible(&model, 32, 24), [7], "9 pixels across");
        press(&mut model, "space");
        assert_eq!(illegible(&model, 32, 24), [0; 0], "there is no mask");
    }

    #[test]
    fn a_mask_out_of_view_is_not_seen() {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter + + + +");
        assert_eq!(illegible(&model, 640, 480), [0; 0]);
        press(&mut model, "H H H H H H H H H H H H K K K K K K K K K K K");
        assert_eq!(illegible(&model, 640, 480), [7]);
    }

    #[test]
    fn small_tiles_and_changes_show_nothing_to_judge() {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter m");
        assert_eq!(illegible(&model, 900, 700), [0; 0]);
        // Tiles are fitted to the masks: that of slice 7 is the largest.
        assert_eq!(illegible(&model, 96, 72), [5, 6, 8]);
    }
}
