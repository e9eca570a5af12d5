//! The protocol of the CVPR 2025 challenge "Foundation Models for Interactive 3D Biomedical Image
//! Segmentation": a 3-D box, then five clicks, each in the middle of the largest error.
//!
//! Rules and figures are those of its published script, `CVPR25_iter_eval.py`.

use super::distance::{Grid, to_nearest};
use super::metric::{Compared, Space, dice_and_nsd};
use super::volumes::Truth;
use crate::segment::propagation::Span;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::prompt::{Label, SlicePoint};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Clicks after the box.
pub const CLICKS: usize = 5;

/// Surfaces count as the same up to this distance, in mm.
const TOLERANCE_MM: f64 = 2.0;

/// At a lower mean DSC the NSD is not computed and counts as 0.
const LEAST_DSC: f64 = 0.2;

/// The first numbers of NumPy's generator with the seed 42, by which the script chooses among several
/// middles; it seeds it before each click.
const DRAWS: [u32; 16] = [
    1608637542, 3421126067, 4083286876, 787846414, 3143890026, 3348747335, 2571218620, 2563451924,
    670094950, 1914837113, 669991378, 429389014, 249467210, 1972458954, 3720198231, 1433267572,
];

/// A click that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Click {
    /// From 1 on.
    pub round: usize,
    /// The object.
    pub label: Label,
    /// The slice.
    pub index: u32,
    /// Where, and whether on the object or outside.
    #[serde(flatten)]
    pub point: SlicePoint,
}

/// The figures of one scan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Course {
    /// Number of objects.
    pub objects: usize,
    /// Mean DSC over the objects after the box and after each click.
    pub dsc: Vec<f64>,
    /// Mean NSD likewise.
    pub nsd: Vec<f64>,
    /// Area under the DSC from the first click to the last, at most 4.
    pub dsc_auc: f64,
    /// The same of the NSD.
    pub nsd_auc: f64,
    /// DSC after the last click.
    pub dsc_final: f64,
    /// NSD after the last click.
    pub nsd_final: f64,
    /// The clicks, by round and object.
    pub clicks: Vec<Click>,
}

impl Course {
    /// The figures of these DSC and NSD, after the box and after each click.
    pub fn of(objects: usize, rounds: &[(f64, f64)], clicks: Vec<Click>) -> Self {
        let (dsc, nsd): (Vec<f64>, Vec<f64>) = rounds.iter().copied().unzip();
        let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
        Course {
            objects,
            dsc_auc: area(&dsc),
            nsd_auc: area(&nsd),
            dsc_final: last(&dsc),
            nsd_final: last(&nsd),
            dsc,
            nsd,
            clicks,
        }
    }
}

/// The area under the values of the clicks, by trapezoids one apart.
fn area(values: &[f64]) -> f64 {
    let clicks = &values[values.len().saturating_sub(CLICKS)..];
    clicks
        .windows(2)
        .map(|pair| (pair[0] + pair[1]) / 2.0)
        .sum()
}

/// The 3-D box that the challenge gives: the rectangle around the object on its middle slice, on all
/// slices from its first to its last. Elsewhere the object may be larger than that.
pub fn first_box(truth: &Truth) -> Option<Span> {
    let indices: Vec<u32> = truth.slices.keys().copied().collect();
    let middle = indices.get(indices.len() / 2)?;
    Some(Span {
        label: truth.label,
        bbox: truth.slices.get(middle)?.bounds()?,
        slices: *indices.first()?..indices.last()? + 1,
        points: BTreeMap::new(),
    })
}

/// Mean DSC and NSD of a result, over all objects.
pub fn measure(truths: &[Truth], found: impl Fn(Label) -> BTreeMap<u32, Rle>) -> (f64, f64) {
    let values = truths.iter().map(|truth| {
        dice_and_nsd(&Compared {
            truth: truth.runs(),
            found: found(truth.label),
            space: Space {
                tolerance_mm: TOLERANCE_MM,
                flat: false,
                ..truth.space
            },
        })
    });
    let (dsc, nsd): (Vec<f64>, Vec<f64>) = values.unzip();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let dsc = mean(&dsc);
    (dsc, if dsc > LEAST_DSC { mean(&nsd) } else { 0.0 })
}

/// Slice and place of the next click: the voxel that lies deepest in the largest part (26 neighbours)
/// of all that is missing or too much; `None` if nothing is. Depth is counted in voxels, whatever their
/// spacing.
pub fn click(truth: &Truth, found: &BTreeMap<u32, SliceMask>) -> Option<(u32, SlicePoint)> {
    let error = Error::of(truth, found)?;
    let part = error.largest_part()?;
    // All around it there is none of it, beyond the scan neither.
    let sides = part.sides().map(|side| side + 2);
    let others = Grid::from_fn(sides, |node| !error.in_part(&part, node));
    let depth = to_nearest(&others, [1.0; 3]);
    let deepest = depth.values().iter().copied().fold(0.0, f64::max);
    let middles: Vec<usize> = (0..depth.values().len())
        .filter(|&at| depth.values()[at] == deepest)
        .collect();
    let [slice, row, column] = depth.node(*middles.get(draw(middles.len()))?);
    let [z, y, x] = error.first;
    let (index, y, x) = (
        z + slice as u32 - 1,
        y + row as u32 - 1,
        x + column as u32 - 1,
    );
    let positive = truth.slices.get(&index).is_some_and(|mask| mask.get(x, y));
    Some((index, SlicePoint { x, y, positive }))
}

/// One of `count`, as `numpy.random.choice` draws it after `numpy.random.seed(42)`: the first number
/// that is small enough, cut to the bits that it takes.
fn draw(count: usize) -> usize {
    let most = count.saturating_sub(1);
    let mask = most.checked_ilog2().map_or(0, |bits| (2usize << bits) - 1);
    let cut = DRAWS.map(|number| number as usize & mask);
    cut.into_iter().find(|number| *number <= most).unwrap_or(0)
}

/// All that is missing or too much, in the box around it.
struct Error {
    /// First slice, row and column.
    first: [u32; 3],
    wrong: Grid<bool>,
}

impl Error {
    fn of(truth: &Truth, found: &BTreeMap<u32, SliceMask>) -> Option<Error> {
        let shape = truth.space.shape;
        let empty = SliceMask::empty(shape);
        let mut wrong: BTreeMap<u32, SliceMask> = BTreeMap::new();
        for &index in truth.slices.keys().chain(found.keys()) {
            let of = |masks: &BTreeMap<u32, SliceMask>| masks.get(&index).cloned();
            let truth = of(&truth.slices).unwrap_or_else(|| empty.clone());
            let found = of(found).unwrap_or_else(|| empty.clone());
            let differ = SliceMask::from_fn(shape, |x, y| truth.get(x, y) != found.get(x, y));
            if differ.area() > 0 {
                wrong.insert(index, differ);
            }
        }
        let around = wrong.values().filter_map(SliceMask::bounds);
        let around = around.reduce(medicosam_shared::prompt::SliceBox::joined)?;
        let (start, end) = (*wrong.keys().next()?, *wrong.keys().next_back()? + 1);
        let sides = [end - start, around.y1 - around.y0, around.x1 - around.x0];
        let first = [start, around.y0, around.x0];
        let is_wrong = |[z, y, x]: [usize; 3]| {
            let mask = wrong.get(&(start + z as u32));
            mask.is_some_and(|mask| mask.get(around.x0 + x as u32, around.y0 + y as u32))
        };
        Some(Error {
            first,
            wrong: Grid::from_fn(sides.map(|side| side as usize), is_wrong),
        })
    }

    /// The part with the most voxels, the first of several.
    fn largest_part(&self) -> Option<Grid<bool>> {
        let sides = self.wrong.sides();
        let mut number = vec![0usize; self.wrong.values().len()];
        let mut sizes = vec![0usize];
        for start in 0..number.len() {
            if number[start] > 0 || !self.wrong.values()[start] {
                continue;
            }
            let part = sizes.len();
            sizes.push(0);
            let mut open = VecDeque::from([start]);
            number[start] = part;
            while let Some(at) = open.pop_front() {
                sizes[part] += 1;
                for near in neighbours(self.wrong.node(at), sides) {
                    if number[near] == 0 && self.wrong.values()[near] {
                        number[near] = part;
                        open.push_back(near);
                    }
                }
            }
        }
        let parts = 1..sizes.len();
        let largest = parts.rev().max_by_key(|&part| sizes[part])?;
        let mut all = number.into_iter();
        Some(Grid::from_fn(sides, |_| all.next() == Some(largest)))
    }

    /// Whether a node of a grid that is larger by one all around lies in the part.
    fn in_part(&self, part: &Grid<bool>, node: [usize; 3]) -> bool {
        let sides = part.sides();
        let inside = (0..3).all(|axis| (1..=sides[axis]).contains(&node[axis]));
        inside && part.at(node.map(|at| at - 1))
    }
}

/// Indices of the nodes that touch a node by a face, an edge or a corner, and of itself.
fn neighbours(node: [usize; 3], sides: [usize; 3]) -> impl Iterator<Item = usize> {
    let near = move |axis: usize| node[axis].saturating_sub(1)..(node[axis] + 2).min(sides[axis]);
    near(0).flat_map(move |z| {
        near(1).flat_map(move |y| near(2).map(move |x| (z * sides[1] + y) * sides[2] + x))
    })
}

#[cfg(test)]
mod tests {
    use super::super::metric::tests::{SHAPE, space};
    use super::*;
    use std::ops::Range;

    /// Rows 4 to 9 of these slices and columns.
    fn cube(slices: Range<u32>, columns: Range<u32>) -> BTreeMap<u32, SliceMask> {
        let mask = SliceMask::from_fn(SHAPE, |x, y| columns.contains(&x) && (4..10).contains(&y));
        slices.map(|index| (index, mask.clone())).collect()
    }

    fn truth(slices: BTreeMap<u32, SliceMask>) -> Truth {
        Truth {
            label: Label::MIN,
            slices,
            space: space([5.0, 1.0, 1.0]),
        }
    }

    #[test]
    fn numbers_are_drawn_as_numpy_draws_them() {
        // np.random.seed(42); np.random.choice(n)
        let drawn = [1, 2, 3, 5, 10, 100, 1000].map(draw);
        assert_eq!(drawn, NUMPY);
    }

    /// Made with NumPy 2.
    const NUMPY: [usize; 7] = [0, 0, 2, 3, 6, 51, 102];

    #[test]
    fn the_box_is_that_of_the_middle_slice() {
        let mut slices = cube(2..6, 4..8);
        slices.extend(cube(4..5, 3..12));
        let span = first_box(&truth(slices)).unwrap();
        assert_eq!((span.slices, span.bbox.x0, span.bbox.x1), (2..6, 3, 12));
    }

    #[test]
    fn a_click_lies_in_the_middle_of_the_largest_error() {
        let truth = truth(cube(2..7, 4..20));
        // Five columns are missing on all slices, and there are three too many.
        let (index, at) = click(&truth, &cube(2..7, 1..15)).unwrap();
        assert_eq!((index, at.x, at.positive), (4, 17, true));
        assert!((6..8).contains(&at.y));
        let (_, at) = click(&truth, &cube(2..7, 4..31)).unwrap();
        assert!(!at.positive && at.x >= 20);
        assert_eq!(click(&truth, &truth.slices), None);
    }

    #[test]
    fn the_area_counts_the_clicks_only() {
        let rounds = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9].map(|value| (value, 1.0));
        let course = Course::of(1, &rounds, Vec::new());
        assert!((course.dsc_auc - 2.8).abs() < 1e-12);
        assert_eq!((course.nsd_auc, course.dsc_final), (4.0, 0.9));
    }

    #[test]
    fn a_result_that_is_hardly_there_has_no_surface() {
        let truths = [truth(cube(2..6, 4..20))];
        let found = |masks: &BTreeMap<u32, SliceMask>| -> BTreeMap<u32, Rle> {
            masks.iter().map(|(&z, mask)| (z, mask.to_rle())).collect()
        };
        assert_eq!(measure(&truths, |_| found(&truths[0].slices)), (1.0, 1.0));
        let (dsc, nsd) = measure(&truths, |_| found(&cube(2..6, 4..5)));
        assert!((0.1..0.2).contains(&dsc), "{dsc}");
        assert_eq!(nsd, 0.0);
    }
}
