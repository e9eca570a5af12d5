//! The 3-D protocol: a 3-D box, or one prompt in the middle slice, is propagated by a rule.

use super::metric::{Compared, Space};
use super::random::Random;
use super::slices::{Start, pixels};
use crate::scan::LabelMap;
use crate::segment::propagation::{Answer, Span};
use medicosam_shared::geometry::{Axis, SliceShape};
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use medicosam_shared::propagation::{MicroSam, Projection};
use std::collections::BTreeMap;

/// Objects with fewer pixels than this on their middle slice are left out.
const SMALLEST: u64 = 10;

/// Negative points lie within this many pixels of the object's box, and farther from the object.
const AROUND: u32 = 10;

/// The true masks of an object on all slices that have any of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The object.
    pub label: Label,
    /// Its masks: at least one, and none is empty.
    pub slices: BTreeMap<u32, SliceMask>,
    /// Where they lie, and how finely they are compared.
    pub space: Space,
}

impl Truth {
    /// All objects of a label map cut across `axis`; surfaces up to `tolerance_mm` apart count as the same.
    pub fn of_map(map: &LabelMap, axis: Axis, tolerance_mm: f64) -> Vec<Truth> {
        let space = Space::of_scan(map.info.dims, axis, &map.info.affine, tolerance_mm);
        let mut objects: BTreeMap<Label, BTreeMap<u32, SliceMask>> = BTreeMap::new();
        for (Place { label, index }, mask) in map.masks(axis, |_| true) {
            objects.entry(label).or_default().insert(index, mask);
        }
        let truth = |(label, slices)| Truth {
            label,
            slices,
            space,
        };
        objects.into_iter().map(truth).collect()
    }

    /// The 3-D box around the object, larger by `enlarged` pixels on each side within its slices.
    pub fn span(&self, enlarged: u32) -> Option<Span> {
        let (&first, mask) = self.slices.first_key_value()?;
        let (&last, _) = self.slices.last_key_value()?;
        let bounds = self.slices.values().filter_map(SliceMask::bounds);
        let bbox = bounds.reduce(|a, b| SliceBox {
            x0: a.x0.min(b.x0),
            y0: a.y0.min(b.y0),
            x1: a.x1.max(b.x1),
            y1: a.y1.max(b.y1),
        })?;
        Some(Span {
            label: self.label,
            bbox: bbox.enlarged(enlarged, mask.shape()),
            slices: first..last + 1,
            points: BTreeMap::new(),
        })
    }

    /// Its masks in runs.
    pub fn runs(&self) -> BTreeMap<u32, Rle> {
        self.slices.iter().map(|(&z, m)| (z, m.to_rle())).collect()
    }

    /// The truth beside a result.
    pub fn compared(&self, answers: &BTreeMap<u32, Answer>) -> Compared {
        let found = answers.iter().map(|(&index, a)| (index, a.mask.clone()));
        Compared {
            truth: self.runs(),
            found: found.collect(),
            space: self.space,
        }
    }
}

/// The prompt on the middle slice: the object's box there, or one point in it and one beside it.
/// `None` if it is too small there, or not there.
pub fn middle_prompt(truth: &Truth, start: Start, random: &mut Random) -> Option<SlicePrompt> {
    let (&first, _) = truth.slices.first_key_value()?;
    let (&last, _) = truth.slices.last_key_value()?;
    let index = (first + last) / 2;
    let mask = truth.slices.get(&index)?;
    if mask.area() < SMALLEST {
        return None;
    }
    let (bbox, points) = match start {
        Start::Box => (mask.bounds(), Vec::new()),
        Start::Point => (None, points(mask, random)?),
    };
    Some(SlicePrompt {
        label: truth.label,
        index,
        bbox,
        points,
    })
}

/// A random point inside, and one outside that is near, but not as near as ten pixels.
fn points(mask: &SliceMask, random: &mut Random) -> Option<Vec<SlicePoint>> {
    let SliceShape { width, height } = mask.shape();
    let near = mask.bounds()?.enlarged(AROUND, mask.shape());
    let touches = |x: u32, y: u32| {
        let mut rows = y.saturating_sub(AROUND)..(y + AROUND + 1).min(height);
        rows.any(|row| {
            let mut columns = x.saturating_sub(AROUND)..(x + AROUND + 1).min(width);
            columns.any(|column| mask.get(column, row))
        })
    };
    let is_near =
        |x: u32, y: u32| (near.x0..near.x1).contains(&x) && (near.y0..near.y1).contains(&y);
    let inside = pixels(mask, |x, y| mask.get(x, y));
    let apart = pixels(mask, |x, y| is_near(x, y) && !touches(x, y));
    let outside = if apart.is_empty() {
        pixels(mask, |x, y| is_near(x, y) && !mask.get(x, y))
    } else {
        apart
    };
    let point = |(x, y), positive| SlicePoint { x, y, positive };
    let mut points = vec![point(random.pick(&inside)?, true)];
    points.extend(random.pick(&outside).map(|at| point(at, false)));
    Some(points)
}

/// The settings that the paper tries on each volume to report the best of them by the truth, which
/// only labels can tell.
pub fn grid() -> impl Iterator<Item = MicroSam> {
    Projection::ALL.into_iter().flat_map(|projection| {
        (0..5).flat_map(move |stop| {
            (0..11).map(move |extension| MicroSam {
                projection,
                stop_iou: 0.5 + 0.1 * f64::from(stop),
                box_extension: 0.025 * f64::from(extension),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::metric::Scores;
    use super::*;
    use medicosam_shared::geometry::{Affine, Dims};
    use medicosam_shared::provenance::ScanInfo;

    #[test]
    fn objects_come_out_of_a_label_map_with_their_boxes() {
        let dims = Dims([6, 5, 4]);
        let mut labels = vec![0u16; 120];
        for k in 1..3 {
            for (i, j) in [(2, 1), (3, 1), (3, 2 + k - 1)] {
                labels[i + 6 * (j + 5 * k)] = 7;
            }
        }
        let map = LabelMap {
            info: ScanInfo {
                dims,
                affine: Affine::from_spacing([1.0; 3]),
                voxel_type: "uint8".into(),
                picture: false,
                notes: vec![],
            },
            sha256: String::new(),
            voxels: labels,
        };
        let truth = &Truth::of_map(&map, Axis::K, 2.0)[0];
        assert_eq!((truth.label.get(), truth.slices.len()), (7, 2));
        let span = truth.span(0).unwrap();
        let b = span.bbox;
        assert_eq!(
            (span.slices.clone(), b.x0, b.x1, b.y0, b.y1),
            (1..3, 2, 4, 1, 4)
        );
        assert_eq!(truth.span(9).unwrap().bbox.x1, 6, "within the slice");
        let answer = |mask: &SliceMask| Answer {
            mask: mask.to_rle(),
            predicted_iou: 1.0,
            stability: 1.0,
            agreement: None,
            steadiness: None,
        };
        let mut answers: BTreeMap<u32, Answer> =
            truth.slices.iter().map(|(&z, m)| (z, answer(m))).collect();
        let dice = |answers: &BTreeMap<u32, Answer>| Scores::of(&truth.compared(answers)).first();
        assert_eq!(dice(&answers), 1.0);
        answers.remove(&1);
        assert_eq!(dice(&answers), 2.0 * 3.0 / 9.0);
    }

    #[test]
    fn the_middle_slice_is_prompted_by_points_on_and_off_the_object() {
        let shape = SliceShape {
            width: 64,
            height: 64,
        };
        let disc = SliceMask::from_fn(shape, |x, y| {
            x.abs_diff(30).pow(2) + y.abs_diff(30).pow(2) <= 64
        });
        let truth = Truth {
            label: Label::MIN,
            slices: (3..7).map(|z| (z, disc.clone())).collect(),
            space: super::super::metric::tests::space([1.0; 3]),
        };
        let prompt = middle_prompt(&truth, Start::Point, &mut Random::new(3)).unwrap();
        assert_eq!(prompt.index, 4);
        let [inside, outside] = prompt.points[..] else {
            panic!("{prompt:?}")
        };
        assert!(inside.positive && disc.get(inside.x, inside.y));
        assert!(!outside.positive && !disc.get(outside.x, outside.y));
        assert_eq!(grid().count(), 275);
    }
}
