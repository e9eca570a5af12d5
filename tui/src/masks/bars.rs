//! Runs, one row at a time.

use medicosam_shared::geometry::{Axis, SliceShape};
use medicosam_shared::mask::{MaskSet, ObjectMask, Rle};

/// Neighbouring pixels of an object in one row of one slice, from column `start` up to, not
/// including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    pub slice: u32,
    pub row: u32,
    pub start: u32,
    pub end: u32,
}

/// All of an object that lies within the scan, slice by slice, row by row, from left to right.
pub(super) fn bars<'a>(set: &MaskSet, object: &'a ObjectMask) -> impl Iterator<Item = Bar> + 'a {
    let shape = set.dims.slice_shape(set.axis);
    let count = set.dims.along(set.axis);
    object
        .slices
        .range(..count)
        .flat_map(move |(&slice, runs)| rows(slice, runs, shape))
}

/// The runs of one slice, cut at the ends of rows; runs that do not fit into the slice are left
/// out.
fn rows(slice: u32, runs: &Rle, shape: SliceShape) -> impl Iterator<Item = Bar> + '_ {
    let width = u64::from(shape.width);
    let fits = runs.check(shape).is_ok();
    let runs = runs.object_runs().filter(move |run| fits && run.1 > 0);
    runs.flat_map(move |(start, length)| {
        let end = start + length;
        (start / width..=(end - 1) / width).map(move |row| {
            let begin = row * width;
            Bar {
                slice,
                row: row as u32,
                start: (start.max(begin) - begin) as u32,
                end: (end.min(begin + width) - begin) as u32,
            }
        })
    })
}

/// The axes of a set: along rows, down columns, from slice to slice.
pub(super) fn axes(set: &MaskSet) -> (Axis, Axis, Axis) {
    let (columns, rows) = set.axis.in_plane();
    (columns, rows, set.axis)
}
