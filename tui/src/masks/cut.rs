//! A mask on a slice in any plane.

use super::bars::{axes, bars};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::{MaskSet, ObjectMask, SliceMask};
use medicosam_shared::prompt::SliceBox;

/// The part of `object` on slice `index` across `axis`, whichever axis the set itself is cut
/// across; `None` if nothing does.
pub fn cut(set: &MaskSet, object: &ObjectMask, axis: Axis, index: u32) -> Option<SliceMask> {
    let shape = set.dims.slice_shape(axis);
    if axis == set.axis {
        return object.slices.get(&index)?.to_mask(shape).ok();
    }
    let (along, down, across) = axes(set);
    let (columns, _) = axis.in_plane();
    let mut pixels = vec![false; shape.pixels()];
    let mut any = false;
    // In the cut a bar is a line (where the cut goes along rows) or a single pixel.
    for bar in bars(set, object) {
        let (first, last) = if axis == down {
            if bar.row != index {
                continue;
            }
            (bar.start, bar.end)
        } else {
            if !(bar.start..bar.end).contains(&index) {
                continue;
            }
            (bar.row, bar.row + 1)
        };
        any = true;
        let other = if axis == down { along } else { down };
        for at in first..last {
            let (x, y) = if columns == other {
                (at, bar.slice)
            } else {
                (bar.slice, at)
            };
            debug_assert!(columns == other || columns == across);
            pixels[y as usize * shape.width as usize + x as usize] = true;
        }
    }
    SliceMask::from_pixels(shape, pixels).filter(|_| any)
}

/// The bounds of the part of `object` on a slice, see [`cut`]. Across the set's own axis they are found
/// in the runs.
pub fn bounds(set: &MaskSet, object: &ObjectMask, axis: Axis, index: u32) -> Option<SliceBox> {
    if axis != set.axis {
        return cut(set, object, axis, index)?.bounds();
    }
    let width = u64::from(set.dims.slice_shape(axis).width.max(1));
    let place = |at: u64| ((at % width) as u32, (at / width) as u32);
    let runs = object.slices.get(&index)?.object_runs();
    let runs = runs.filter(|(_, length)| *length > 0);
    let boxes = runs.map(|(start, length)| {
        let (first, last) = (place(start), place(start + length - 1));
        match first.1 == last.1 {
            true => SliceBox::spanning(first, last),
            // A run over the end of a row touches both sides.
            false => SliceBox::spanning((0, first.1), (width as u32 - 1, last.1)),
        }
    });
    boxes.reduce(|a, b| SliceBox {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::random_set;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_is_what_the_label_map_has_there(set in random_set()) {
            let [ni, nj, _] = set.dims.0;
            let map = set.label_map().unwrap();
            let object = &set.objects[0];
            for axis in Axis::ALL {
                for index in 0..set.dims.along(axis) {
                    let shape = set.dims.slice_shape(axis);
                    let wanted = SliceMask::from_fn(shape, |x, y| {
                        let [i, j, k] = axis.voxel(index, x, y);
                        map[(i + ni * (j + nj * k)) as usize] != 0
                    });
                    let found = cut(&set, object, axis, index);
                    prop_assert_eq!(found.is_some(), wanted.area() > 0);
                    prop_assert_eq!(bounds(&set, object, axis, index), wanted.bounds());
                    prop_assert_eq!(found.unwrap_or(SliceMask::empty(shape)), wanted);
                }
            }
        }
    }
}
