//! A picture on the screen, and the voxels on it.

use super::slices::SliceId;
use super::subject::SliceSubject;
use crate::picture::arrange::Spot;
use crate::picture::{Region, Size};
use medicosam_shared::case::CaseId;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;

/// A picture on the screen. The model may want a newer one, but a reviewer points at what is
/// visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of this case.
    pub case: CaseId,
    panes: Vec<SeenPane>,
}

/// A slice on such a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenPane {
    /// Which one.
    pub slice: SliceId,
    /// The visible part of it.
    pub region: Region,
    /// The size of the slice in voxels, file order.
    shape: SliceShape,
    /// How it is turned.
    orientation: Orientation,
    /// Where it is in the picture.
    spot: Spot,
}

impl Seen {
    /// The picture of a subject, `size` pixels large, of pixels `pixel_aspect` times as high as
    /// wide.
    pub fn of(subject: &SliceSubject, size: Size, pixel_aspect: f64) -> Self {
        let spots = subject.spots(size, pixel_aspect);
        let panes = subject.panes.iter().zip(spots);
        let panes = panes.filter_map(|(pane, spot)| {
            Some(SeenPane {
                slice: pane.slice,
                region: pane.region,
                shape: pane.values.0.shape,
                orientation: pane.orientation,
                spot: spot?,
            })
        });
        Seen {
            case: subject.showing.case.clone(),
            panes: panes.collect(),
        }
    }

    /// The slice at a pixel of the picture, which may lie outside.
    pub fn pane_at(&self, at: (i64, i64)) -> Option<&SeenPane> {
        self.panes.iter().find(|pane| pane.spot.contains(at))
    }
}

impl SeenPane {
    /// The pixel of the slice (file order) under a pixel of the picture, or the nearest one that is
    /// seen.
    pub fn under(&self, (x, y): (i64, i64)) -> (u32, u32) {
        let Spot {
            x: left,
            y: top,
            size,
        } = self.spot;
        let inside = |at: i64, start: u32, size: u32| {
            (at - i64::from(start)).clamp(0, i64::from(size) - 1) as u32
        };
        let pixel = (inside(x, left, size.width), inside(y, top, size.height));
        self.region.under(pixel, size, self.shape, self.orientation)
    }

    /// The voxel under a pixel of the picture, or the nearest one that is seen.
    pub fn voxel(&self, at: (i64, i64)) -> [u32; 3] {
        let (x, y) = self.under(at);
        self.slice.axis.voxel(self.slice.index, x, y)
    }

    /// A way between two pixels of the picture, to the right and down, as shares of the slice's
    /// width and height.
    pub fn shares(&self, from: (i64, i64), to: (i64, i64)) -> (f64, f64) {
        let Size { width, height } = self.spot.size;
        (
            (to.0 - from.0) as f64 / f64::from(width),
            (to.1 - from.1) as f64 / f64::from(height),
        )
    }
}

#[cfg(test)]
mod tests;
