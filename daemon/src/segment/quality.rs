//! How far a result is to be trusted, from what is known without the truth.
//!
//! An object's score is the geometric mean of what the model expects of its masks (predicted IoU),
//! how little they depend on the threshold (stability) and on the box (agreement), and how much
//! neighbouring slices have in common; times the shares of its 3-D box that say whether box and object
//! belong together: slices with a mask, mask inside the box, extent of the mask in the box. Each is
//! between 0 and 1, and none has a weight, so there is nothing that was fitted to a few scans.

use super::propagation::Span;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{MaskSet, ObjectMask, Rle};
use medicosam_shared::prompt::{Label, SliceBox};
use medicosam_shared::provenance::{ObjectResult, SliceScore};
use medicosam_shared::quality::Quality;
use std::collections::BTreeMap;
use std::ops::Range;

/// Below this predicted IoU or stability a slice is named.
const UNSURE: f64 = 0.7;
/// Below this agreement a slice is named.
const DISAGREE: f64 = 0.7;
/// Neighbours with a lower IoU are named.
const LITTLE_IN_COMMON: f64 = 0.4;
/// Neighbours of which one has more than so many times the pixels of the other are named.
const JUMP: f64 = 2.5;
/// A larger share of a mask outside its box is named.
const OUTSIDE: f64 = 0.1;
/// A smaller share of its box is named.
const SLACK: f64 = 0.75;

/// Other cases that it takes to call a volume far from theirs.
const FEWEST_CASES: usize = 8;
/// From this modified z-score on a volume is far from others.
const FAR: f64 = 3.5;
/// Volumes that differ by a smaller factor count as differing by this one.
const SAME_VOLUME: f64 = 1.05;

/// Something odd, and how odd: 0 is worst, 1 nothing special.
type Oddity = (f64, String);

/// Volumes, in millilitres, that objects have in other cases, by label.
pub type Cohort = BTreeMap<Label, Vec<f64>>;

/// Judges all objects of a result. `boxes` are the 3-D boxes that were asked for.
pub fn assess(
    objects: &[ObjectResult],
    masks: &MaskSet,
    boxes: &[Span],
    cohort: &Cohort,
) -> Option<Quality> {
    let shape = masks.dims.slice_shape(masks.axis);
    let several = objects.len() > 1;
    let mut score: Option<f64> = None;
    let mut oddities: Vec<Oddity> = Vec::new();
    for object in objects {
        let mask = masks.object(object.label);
        let bbox = boxes.iter().find(|span| span.label == object.label);
        let Some((mut own, mut odd)) = assess_object(object, mask, bbox, shape) else {
            continue;
        };
        let others = cohort.get(&object.label).map_or(&[][..], Vec::as_slice);
        if let Some((factor, text)) = outlier(object.volume_ml, others) {
            own *= factor;
            odd.push((factor, text));
        }
        score = Some(score.map_or(own, |score| score.min(own)));
        oddities.extend(odd.into_iter().map(|(value, text)| match several {
            true => (value, format!("{}: {text}", object.name)),
            false => (value, text),
        }));
    }
    oddities.sort_by(|a, b| a.0.total_cmp(&b.0));
    score.map(|score| Quality {
        score: score as f32,
        reasons: oddities.into_iter().map(|(_, text)| text).collect(),
    })
}

/// The score of one object and what is odd about it; `None` if nothing was asked about it.
fn assess_object(
    object: &ObjectResult,
    mask: Option<&ObjectMask>,
    bbox: Option<&Span>,
    shape: SliceShape,
) -> Option<(f64, Vec<Oddity>)> {
    if object.slices.is_empty() {
        return None;
    }
    let empty = BTreeMap::new();
    let slices = mask.map_or(&empty, |mask| &mask.slices);
    if slices.is_empty() {
        return Some((0.0, vec![(0.0, "nothing was found".to_owned())]));
    }
    let mut odd = Vec::new();
    let mut means = Vec::new();
    let predicted = |s: &SliceScore| Some(f64::from(s.predicted_iou).clamp(0.0, 1.0));
    let stability = |s: &SliceScore| Some(f64::from(s.stability).clamp(0.0, 1.0));
    let agreement = |s: &SliceScore| s.agreement.map(|a| f64::from(a).clamp(0.0, 1.0));
    if let Some((mean, worst, at)) = mean_and_worst(&object.slices, predicted) {
        means.push(mean);
        if worst < UNSURE {
            let text = format!("the model expects an IoU of {worst:.2} on slice {at}");
            odd.push((worst, text));
        }
    }
    if let Some((mean, worst, at)) = mean_and_worst(&object.slices, stability) {
        means.push(mean);
        if worst < UNSURE {
            odd.push((worst, format!("the edge is uncertain on slice {at}")));
        }
    }
    if let Some((mean, worst, at)) = mean_and_worst(&object.slices, agreement) {
        means.push(mean);
        if worst < DISAGREE {
            let text = format!("boxes that differ little give other masks on slice {at}");
            odd.push((worst, text));
        }
    }
    let pairs: Vec<_> = slices.iter().zip(slices.iter().skip(1)).collect();
    let mut neighbours = Vec::new();
    for ((a, of_a), (b, of_b)) in pairs {
        if a + 1 != *b {
            odd.push((0.5, format!("nothing between slices {a} and {b}")));
            continue;
        }
        let iou = of_a.iou(of_b);
        neighbours.push(iou);
        let (less, more) = (of_a.area().min(of_b.area()), of_a.area().max(of_b.area()));
        let ratio = more as f64 / less.max(1) as f64;
        if ratio > JUMP {
            let text = format!("area jumps between slices {a} and {b}, {ratio:.1} times");
            odd.push((1.0 / ratio, text));
        } else if iou < LITTLE_IN_COMMON {
            odd.push((iou, format!("slices {a} and {b} have little in common")));
        }
    }
    if !neighbours.is_empty() {
        means.push(neighbours.iter().sum::<f64>() / neighbours.len() as f64);
    }
    let product: f64 = means.iter().product();
    let mut score = product.powf(1.0 / means.len() as f64);
    let bounds: Vec<SliceBox> = slices.values().filter_map(|m| bounds(m, shape)).collect();
    let union = bounds.into_iter().reduce(around);
    if let (Some(span), Some(union)) = (bbox, union) {
        score *= in_its_box(span, slices, union, shape, &mut odd);
    }
    if let Some(union) = union
        && (union.x0 == 0 || union.y0 == 0 || union.x1 == shape.width || union.y1 == shape.height)
    {
        odd.push((0.9, "it touches the edge of the scan".to_owned()));
    }
    Some((score.clamp(0.0, 1.0), odd))
}

/// Whether an object and its 3-D box belong together, 0 to 1.
fn in_its_box(
    span: &Span,
    slices: &BTreeMap<u32, Rle>,
    union: SliceBox,
    shape: SliceShape,
    odd: &mut Vec<Oddity>,
) -> f64 {
    let asked = span.slices.len();
    let found = slices.keys().filter(|z| span.slices.contains(z)).count();
    let present = found as f64 / asked.max(1) as f64;
    if found < asked {
        let text = format!(
            "no mask on {} of the {asked} slices of its box",
            asked - found
        );
        odd.push((present, text));
    }
    let all: u64 = slices.values().map(Rle::area).sum();
    let kept: u64 = slices
        .values()
        .map(|mask| inside(mask, span.bbox, shape))
        .sum();
    let within = kept as f64 / all.max(1) as f64;
    if 1.0 - within > OUTSIDE {
        let percent = (1.0 - within) * 100.0;
        odd.push((within, format!("{percent:.0} % of it lies outside its box")));
    }
    let share = |union: Range<u32>, bbox: Range<u32>| {
        let both = union
            .end
            .min(bbox.end)
            .saturating_sub(union.start.max(bbox.start));
        f64::from(both) / f64::from(bbox.end - bbox.start)
    };
    let b = span.bbox;
    let width = share(union.x0..union.x1, b.x0..b.x1);
    let height = share(union.y0..union.y1, b.y0..b.y1);
    for (share, side) in [(width, "width"), (height, "height")] {
        if share < SLACK {
            let percent = share * 100.0;
            odd.push((
                share,
                format!("it has only {percent:.0} % of the {side} of its box"),
            ));
        }
    }
    present * within * width * height
}

/// Whether a volume is far from those of other cases: how much of the score is left, and in words.
///
/// Volumes differ by factors, so logarithms are compared: the distance from their median in units of
/// their median absolute deviation, scaled to that of a normal distribution (Iglewicz and Hoaglin's
/// modified z-score, with their limit of 3.5).
fn outlier(volume_ml: f64, others: &[f64]) -> Option<Oddity> {
    let logs: Vec<f64> = others
        .iter()
        .filter(|v| **v > 0.0)
        .map(|v| v.ln())
        .collect();
    if logs.len() < FEWEST_CASES || volume_ml <= 0.0 {
        return None;
    }
    let middle = median(logs.clone());
    let deviation = median(logs.iter().map(|log| (log - middle).abs()).collect());
    let z = 0.6745 * (volume_ml.ln() - middle) / deviation.max(SAME_VOLUME.ln());
    let times = volume_ml / middle.exp();
    let text = format!("volume {times:.2} times the median of {} cases", logs.len());
    (z.abs() > FAR).then(|| (FAR / z.abs(), text))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Mean over slices, the smallest, and the slice that has it.
fn mean_and_worst(
    slices: &[SliceScore],
    value: impl Fn(&SliceScore) -> Option<f64>,
) -> Option<(f64, f64, u32)> {
    let values: Vec<(f64, u32)> = slices
        .iter()
        .filter_map(|slice| Some((value(slice)?, slice.index)))
        .collect();
    let worst = values.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let sum: f64 = values.iter().map(|(value, _)| value).sum();
    Some((sum / values.len() as f64, worst.0, worst.1))
}

/// Number of pixels of a mask in a box.
fn inside(mask: &Rle, bbox: SliceBox, shape: SliceShape) -> u64 {
    rows(mask, shape)
        .filter(|(y, _)| (bbox.y0..bbox.y1).contains(y))
        .map(|(_, x)| u64::from(x.end.min(bbox.x1).saturating_sub(x.start.max(bbox.x0))))
        .sum()
}

/// The smallest box around a mask.
fn bounds(mask: &Rle, shape: SliceShape) -> Option<SliceBox> {
    let of_row = |(y, x): (u32, Range<u32>)| SliceBox {
        x0: x.start,
        y0: y,
        x1: x.end,
        y1: y + 1,
    };
    rows(mask, shape).map(of_row).reduce(around)
}

fn around(a: SliceBox, b: SliceBox) -> SliceBox {
    SliceBox {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    }
}

/// A mask as parts of rows: the row and its columns.
fn rows(mask: &Rle, shape: SliceShape) -> impl Iterator<Item = (u32, Range<u32>)> + '_ {
    let width = u64::from(shape.width).max(1);
    mask.object_runs().flat_map(move |(start, length)| {
        let end = start + length;
        (start / width..end.div_ceil(width)).map(move |row| {
            let first = start.max(row * width) - row * width;
            let last = end.min((row + 1) * width) - row * width;
            (row as u32, first as u32..last as u32)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Axis, Dims};
    use medicosam_shared::mask::SliceMask;
    use proptest::prelude::*;

    const DIMS: Dims = Dims([32, 32, 10]);

    fn square(at: u32, size: u32) -> SliceMask {
        SliceMask::from_fn(DIMS.slice_shape(Axis::K), |x, y| {
            (at..at + size).contains(&x) && (8..8 + size).contains(&y)
        })
    }

    /// Judges an object that has these squares, from slice 2 on, in a box around columns 8 to 20.
    fn judged(squares: &[(u32, u32)], predicted_iou: f32) -> Quality {
        let mut masks = MaskSet::empty(DIMS, Axis::K);
        let mut slices = Vec::new();
        for (index, &(at, size)) in (2..).zip(squares) {
            let mask = square(at, size);
            masks.set_slice(Label::MIN, "lesion", index, &mask);
            slices.push(SliceScore {
                index,
                area: mask.area(),
                predicted_iou,
                stability: 0.95,
                agreement: Some(0.9),
            });
        }
        let object = ObjectResult {
            label: Label::MIN,
            name: "lesion".to_owned(),
            voxels: 0,
            volume_ml: 0.0,
            slices,
        };
        let span = Span {
            label: Label::MIN,
            bbox: SliceBox {
                x0: 8,
                y0: 8,
                x1: 20,
                y1: 20,
            },
            slices: 2..2 + squares.len() as u32,
            points: BTreeMap::new(),
        };
        assess(&[object], &masks, &[span], &Cohort::new()).unwrap()
    }

    #[test]
    fn a_steady_object_that_fits_its_box_has_nothing_odd() {
        let quality = judged(&[(8, 12); 4], 0.9);
        assert!(quality.score > 0.9, "{quality:?}");
        assert_eq!(quality.reasons, [""; 0]);
    }

    #[test]
    fn what_is_odd_is_said_and_lowers_the_score() {
        let good = judged(&[(8, 12); 4], 0.9).score;
        for (squares, predicted_iou, expected) in [
            (
                &[(8, 12), (8, 12), (8, 5), (8, 12)][..],
                0.9,
                "area jumps between slices 3 and 4",
            ),
            (
                &[(8, 12), (8, 12), (8, 12), (8, 12)][..],
                0.5,
                "an IoU of 0.50 on slice 2",
            ),
            (
                &[(8, 12), (8, 12), (8, 0), (8, 12)][..],
                0.9,
                "no mask on 1 of the 4 slices",
            ),
            (&[(8, 6), (8, 6), (8, 6)][..], 0.9, "only 50 % of the width"),
            (
                &[(14, 12), (14, 12), (14, 12)][..],
                0.9,
                "50 % of it lies outside its box",
            ),
            (
                &[(8, 12), (20, 12), (8, 12)][..],
                0.9,
                "have little in common",
            ),
            (&[(8, 0), (8, 0)][..], 0.9, "nothing was found"),
            (&[(20, 12), (20, 12)][..], 0.9, "edge of the scan"),
        ] {
            let quality = judged(squares, predicted_iou);
            assert!(quality.score < good, "{expected}: {quality:?}");
            let said = quality
                .reasons
                .iter()
                .any(|reason| reason.contains(expected));
            assert!(said, "{expected}: {quality:?}");
        }
    }

    #[test]
    fn nothing_asked_is_nothing_judged() {
        assert_eq!(
            assess(&[], &MaskSet::empty(DIMS, Axis::K), &[], &Cohort::new()),
            None
        );
    }

    #[test]
    fn a_volume_unlike_those_of_other_cases_is_said_to_be() {
        let others: Vec<f64> = (0..42).map(|at| 10.0 + f64::from(at % 7)).collect();
        let (factor, text) = outlier(40.0, &others).unwrap();
        assert!(
            factor < 1.0 && text.contains("times the median of 42 cases"),
            "{text}"
        );
        assert!(outlier(1.0, &others).is_some());
        assert_eq!(outlier(14.0, &others), None);
        assert_eq!(outlier(40.0, &others[..7]), None, "too few to say");
    }

    proptest! {
        #[test]
        fn scores_stay_between_none_and_full_trust(
            squares in prop::collection::vec((0u32..30, 0u32..20), 1..6),
            predicted_iou in -0.5f32..1.5,
        ) {
            let quality = judged(&squares, predicted_iou);
            prop_assert!((0.0..=1.0).contains(&quality.score), "{quality:?}");
        }
    }
}
