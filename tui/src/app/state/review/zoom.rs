//! The magnification, and the visible part of a slice.

use super::stack::Stack;
use crate::picture::Region;
use medicosam_shared::geometry::Axis;
use std::ops::Range;

/// How many times larger than the whole slice.
const FACTORS: [f64; 9] = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0];

/// A step when moving the part that is seen, as a share of it.
const PAN: u32 = 8;

/// The magnification. It is the same for all planes, and around the same voxel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zoom {
    /// Which of the factors.
    step: usize,
    /// The voxel in the middle, unless the slice ends there.
    centre: [u32; 3],
    /// It follows the masks: where others come, or another plane, these are fitted.
    fitted: bool,
}

impl Zoom {
    /// The whole slice, until there are masks to be fitted.
    pub(super) fn to_fit() -> Self {
        Zoom {
            fitted: true,
            ..Zoom::default()
        }
    }

    /// How many times larger than the whole slice.
    pub fn factor(&self) -> f64 {
        FACTORS[self.step]
    }

    /// Goes closer; from the whole slice towards the voxel `around`.
    pub fn closer(&mut self, around: [u32; 3]) {
        if self.step == 0 {
            self.centre = around;
        }
        self.step = (self.step + 1).min(FACTORS.len() - 1);
        self.fitted = false;
    }

    /// Goes further away.
    pub fn further(&mut self) {
        self.step = self.step.saturating_sub(1);
        self.fitted = false;
    }

    /// Whether it follows the masks.
    pub(super) fn is_fitted(&self) -> bool {
        self.fitted
    }

    /// Shows the whole slice.
    pub fn whole(&mut self) {
        self.step = 0;
        self.fitted = false;
    }

    /// Shows the extent along i, j and k as large as possible, with a margin.
    pub fn fit(&mut self, stack: &Stack, extent: [Range<u32>; 3]) {
        let (columns, rows) = stack.axis.in_plane();
        let fits = |factor: f64| {
            [columns, rows].into_iter().all(|axis| {
                let needed = extent[axis.index()].len() as f64 * 1.3;
                needed * factor <= f64::from(stack.dims.along(axis))
            })
        };
        let steps = FACTORS.iter().take_while(|f| fits(**f)).count();
        self.step = steps.saturating_sub(1);
        self.centre = extent.map(|e| e.start + e.len() as u32 / 2);
        self.fitted = true;
    }

    /// The visible part of a slice.
    pub fn region(&self, stack: &Stack) -> Region {
        let (x, y) = on_screen(stack, self.centre);
        let whole = Region::whole(stack.shape(), stack.orientation());
        let (width, height) = (self.part(whole.width), self.part(whole.height));
        Region {
            x: x.saturating_sub(width / 2).min(whole.width - width),
            y: y.saturating_sub(height / 2).min(whole.height - height),
            width,
            height,
        }
    }

    /// Zooms in or out by a step. The voxel keeps its place on the screen, where `seen` of its
    /// slice is visible now.
    pub fn about(&mut self, stack: &Stack, voxel: [u32; 3], seen: Region, closer: bool) {
        if closer {
            self.closer(voxel);
        } else {
            self.further();
        }
        let (x, y) = on_screen(stack, voxel);
        let whole = Region::whole(stack.shape(), stack.orientation());
        let start = |at: u32, seen: u32, size: u32, all: u32| {
            let middle = f64::from(at) + 0.5;
            let share = (middle - f64::from(seen)) / f64::from(size);
            (middle - share * f64::from(self.part(all))).round() as i64
        };
        let start = (
            start(x, seen.x, seen.width, whole.width),
            start(y, seen.y, seen.height, whole.height),
        );
        self.begin_at(stack, start);
    }

    /// Pans with a drag, by shares of the width and height of the part visible when it began.
    pub fn drag(&mut self, stack: &Stack, seen: Region, right: f64, down: f64) {
        let moved = |start: u32, size: u32, share: f64| {
            i64::from(start) - (share * f64::from(size)).round() as i64
        };
        let start = (
            moved(seen.x, seen.width, right),
            moved(seen.y, seen.height, down),
        );
        self.begin_at(stack, start);
    }

    /// The visible pixel of the slice nearest to another one.
    pub fn nearest(&self, stack: &Stack, pixel: (u32, u32)) -> (u32, u32) {
        let region = self.region(stack);
        let (x, y) = stack.orientation().to_screen(stack.shape(), pixel);
        let within = |at: u32, start: u32, size: u32| at.clamp(start, start + size - 1);
        let nearest = (
            within(x, region.x, region.width),
            within(y, region.y, region.height),
        );
        stack.orientation().to_slice(stack.shape(), nearest)
    }

    /// Pans by steps to the right and down, up to the edge of the slice.
    pub fn pan(&mut self, stack: &Stack, right: i64, down: i64) {
        let region = self.region(stack);
        let moved = |start: u32, part: u32, steps: i64| {
            i64::from(start) + steps * i64::from((part / PAN).max(1))
        };
        let start = (
            moved(region.x, region.width, right),
            moved(region.y, region.height, down),
        );
        self.begin_at(stack, start);
    }

    /// Shows the part of the slice that begins at a place on the screen, up to its edge.
    fn begin_at(&mut self, stack: &Stack, (x, y): (i64, i64)) {
        let whole = Region::whole(stack.shape(), stack.orientation());
        let middle = |start: i64, all: u32| {
            let part = self.part(all);
            start.clamp(0, i64::from(all - part)) as u32 + part / 2
        };
        let screen = (middle(x, whole.width), middle(y, whole.height));
        let (x, y) = stack.orientation().to_slice(stack.shape(), screen);
        let along = self.centre[stack.axis.index()];
        self.centre = stack.axis.voxel(along, x, y);
        self.fitted = false;
    }

    fn part(&self, all: u32) -> u32 {
        ((f64::from(all) / self.factor()).round() as u32).clamp(1.min(all), all)
    }
}

/// Where a voxel is seen on its slice.
fn on_screen(stack: &Stack, voxel: [u32; 3]) -> (u32, u32) {
    let pixel = stack.pixel(stack.nearest(voxel));
    stack.orientation().to_screen(stack.shape(), pixel)
}

/// The region moved as little as possible so that a pixel of the slice is in it.
pub fn with(region: Region, stack: &Stack, pixel: (u32, u32)) -> Region {
    let (x, y) = stack.orientation().to_screen(stack.shape(), pixel);
    let moved = |start: u32, size: u32, at: u32| start.min(at).max((at + 1).saturating_sub(size));
    Region {
        x: moved(region.x, region.width, x),
        y: moved(region.y, region.height, y),
        ..region
    }
}

/// The hull of extents along i, j and k; `None` without any.
pub fn hull(extents: impl Iterator<Item = [Range<u32>; 3]>) -> Option<[Range<u32>; 3]> {
    extents.reduce(|a, b| {
        Axis::ALL.map(|axis| {
            let (a, b) = (&a[axis.index()], &b[axis.index()]);
            a.start.min(b.start)..a.end.max(b.end)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Affine, Dims};

    /// RAS, so that both axes of an axial slice are mirrored.
    fn stack(axis: Axis) -> Stack {
        Stack {
            dims: Dims([100, 60, 20]),
            affine: Affine::from_spacing([1.0, 1.0, 4.0]),
            axis,
        }
    }

    #[test]
    fn what_is_seen_lies_around_the_voxel_but_never_beyond_the_slice() {
        let stack = stack(Axis::K);
        let mut zoom = Zoom::default();
        assert_eq!(
            zoom.region(&stack),
            Region::whole(stack.shape(), stack.orientation())
        );
        zoom.closer([30, 20, 5]);
        zoom.closer([0, 0, 0]);
        let region = zoom.region(&stack);
        assert_eq!(zoom.factor(), 2.0);
        assert_eq!((region.width, region.height), (50, 30));
        // Voxel 30, 20 is seen at 69, 39.
        assert_eq!((region.x, region.y), (44, 24));
        let mut corner = Zoom::default();
        corner.closer([99, 0, 0]);
        let region = corner.region(&stack);
        assert_eq!((region.x, region.y + region.height), (0, 60));
    }

    #[test]
    fn moving_stops_at_the_edge_and_turns_back_at_once() {
        let stack = stack(Axis::K);
        let mut zoom = Zoom::default();
        zoom.closer([50, 30, 5]);
        zoom.closer([50, 30, 5]);
        let start = zoom.region(&stack);
        for _ in 0..20 {
            zoom.pan(&stack, 1, 0);
        }
        assert_eq!(zoom.region(&stack).x, 50);
        zoom.pan(&stack, -1, 1);
        let region = zoom.region(&stack);
        assert_eq!((region.x, region.y), (44, start.y + 3));
    }

    #[test]
    fn a_mask_is_fitted_with_room_around_it() {
        for axis in Axis::ALL {
            let stack = stack(axis);
            let extent = [40..50, 10..16, 8..11];
            let mut zoom = Zoom::default();
            zoom.fit(&stack, extent.clone());
            let region = zoom.region(&stack);
            let a = on_screen(&stack, extent.clone().map(|e| e.start));
            let b = on_screen(&stack, extent.map(|e| e.end - 1));
            assert!(zoom.factor() > 3.0, "{axis}");
            for (a, b, start, size) in [
                (a.0, b.0, region.x, region.width),
                (a.1, b.1, region.y, region.height),
            ] {
                assert!(start < a.min(b) && a.max(b) + 1 < start + size, "{axis}");
            }
        }
    }

    #[test]
    fn the_voxel_under_the_pointer_stays_where_it_is() {
        for axis in Axis::ALL {
            let stack = stack(axis);
            let mut zoom = Zoom::default();
            let voxel = [61, 22, 9];
            let share = |zoom: &Zoom| {
                let (region, (x, y)) = (zoom.region(&stack), on_screen(&stack, voxel));
                let share = |at: u32, start: u32, size: u32| {
                    (f64::from(at) + 0.5 - f64::from(start)) / f64::from(size)
                };
                (
                    share(x, region.x, region.width),
                    share(y, region.y, region.height),
                )
            };
            let before = share(&zoom);
            for closer in [true, true, true, true, false, false] {
                let seen = zoom.region(&stack);
                zoom.about(&stack, voxel, seen, closer);
                let (now, region) = (share(&zoom), zoom.region(&stack));
                // Voxels are whole: a few steps of rounding, half a voxel each.
                assert!((now.0 - before.0).abs() <= 2.0 / f64::from(region.width));
                assert!((now.1 - before.1).abs() <= 2.0 / f64::from(region.height));
            }
            assert_eq!(zoom.factor(), 2.0);
        }
    }

    #[test]
    fn what_is_seen_is_dragged_along_as_far_as_the_slice_goes() {
        let stack = stack(Axis::K);
        let mut zoom = Zoom::default();
        zoom.closer([50, 30, 5]);
        zoom.closer([50, 30, 5]);
        let start = zoom.region(&stack);
        zoom.drag(&stack, start, 0.1, -0.2);
        let region = zoom.region(&stack);
        assert_eq!((region.x, region.y), (start.x - 5, start.y + 6));
        zoom.drag(&stack, start, 0.0, 0.0);
        assert_eq!(zoom.region(&stack), start);
        zoom.drag(&stack, start, -9.0, 9.0);
        let region = zoom.region(&stack);
        assert_eq!((region.x, region.y), (50, 0));
    }

    #[test]
    fn what_is_seen_follows_a_pixel() {
        let stack = stack(Axis::K);
        let region = Region {
            x: 10,
            y: 10,
            width: 20,
            height: 20,
        };
        let origin = |pixel: (u32, u32)| {
            // Mirrored: pixel x of the slice is seen at 99 − x.
            let moved = with(region, &stack, (99 - pixel.0, 59 - pixel.1));
            (moved.x, moved.y)
        };
        assert_eq!(origin((15, 29)), (10, 10));
        assert_eq!(origin((30, 9)), (11, 9));
        assert_eq!(origin((99, 0)), (80, 0));
    }
}
