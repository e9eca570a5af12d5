//! The score of one object, and the reasons to doubt it.

use super::calibration::Terms;
use super::{Oddity, greys, shape};
use crate::segment::propagation::Span;
use crate::segment::tidy::part_sizes;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{ObjectMask, Rle};
use medicosam_shared::prompt::SliceBox;
use medicosam_shared::provenance::{ObjectResult, SliceScore};
use std::collections::BTreeMap;
use std::ops::Range;

/// Below this predicted IoU or stability a slice is named.
const UNSURE: f64 = 0.7;
/// An object whose greys change by more than this is named.
const CHANGING: f64 = 1.0;
/// Below this agreement a slice is named.
const DISAGREE: f64 = 0.7;
/// Below this steadiness a slice is named.
const UNSTEADY: f64 = 0.5;
/// Neighbours with a lower IoU are named.
const LITTLE_IN_COMMON: f64 = 0.4;
/// Neighbours are named if one has more than this many times the pixels of the other.
const JUMP: f64 = 2.5;
/// A larger share of a mask outside its box is named.
const OUTSIDE: f64 = 0.1;
/// A smaller share of its box is named.
const SLACK: f64 = 0.75;
/// Parts that have a larger share of the object than this, beside the largest, are named.
const PART: f64 = 0.02;
/// From this share of the outline of a slice on a side of the 3-D box on it is named. Of a disc of 40
/// pixels across a side of a tight box has 0.06, of one that is cut in half 0.33.
const CUT: f64 = 0.15;
/// An object of fewer slices may be large on all of them.
const ENDS_SLICES: usize = 5;
/// From this share of its largest area on the first or last slice on that is named.
const ENDS_LARGE: f64 = 0.75;

/// The score of one object and the reasons to doubt it; `None` if it was not prompted.
pub fn assess_object(
    object: &ObjectResult,
    mask: Option<&ObjectMask>,
    bbox: Option<&Span>,
    (shape, slice): (SliceShape, &dyn Fn(u32) -> Option<Vec<u8>>),
) -> Option<(f64, Vec<Oddity>)> {
    if object.slices.is_empty() {
        return None;
    }
    let Some(mask) = mask.filter(|mask| mask.voxels() > 0) else {
        return Some((0.0, vec![(0.0, "nothing was found".to_owned())]));
    };
    let mut odd = Vec::new();
    let terms = Terms {
        ends: bbox.and_then(|span| ends_area(span, &mask.slices)),
        grey_change: grey_change(&mask.slices, shape, slice, &mut odd),
        ..of_slices(&object.slices, &mut odd)
    };
    of_neighbours(&mask.slices, &mut odd);
    let mut score = terms.score();
    parts(mask, shape, &mut odd);
    let bounds = |m| shape::bounds(m, shape);
    let union = mask.slices.values().filter_map(bounds);
    let union = union.reduce(shape::around);
    if let (Some(span), Some(union)) = (bbox, union) {
        score *= on_its_slices(span, &mask.slices, &mut odd);
        in_its_box(span, &mask.slices, union, shape, &mut odd);
    }
    if let Some(union) = union
        && (union.x0 == 0 || union.y0 == 0 || union.x1 == shape.width || union.y1 == shape.height)
    {
        odd.push((0.9, "it touches the edge of the scan".to_owned()));
    }
    Some((score.clamp(0.0, 1.0), odd))
}

/// Means over the slices of what the model said of them, each 0 to 1.
fn of_slices(slices: &[SliceScore], odd: &mut Vec<Oddity>) -> Terms {
    type Value = fn(&SliceScore) -> Option<f32>;
    type Text = fn(f64, u32) -> String;
    let values: [(Value, f64, Text); 4] = [
        (
            |s| Some(s.predicted_iou),
            UNSURE,
            |worst, at| format!("the model expects an IoU of {worst:.2} on slice {at}"),
        ),
        (
            |s| Some(s.stability),
            UNSURE,
            |_, at| format!("the edge is uncertain on slice {at}"),
        ),
        (
            |s| s.agreement,
            DISAGREE,
            |_, at| format!("boxes that differ little give other masks on slice {at}"),
        ),
        (
            |s| s.steadiness,
            UNSTEADY,
            |_, at| format!("the mask moves with its box on slice {at}"),
        ),
    ];
    let [predicted_iou, _, _, steadiness] = values.map(|(value, limit, text)| {
        let of_slice = |s: &SliceScore| value(s).map(|v| f64::from(v).clamp(0.0, 1.0));
        let (mean, worst, at) = mean_and_worst(slices, of_slice)?;
        if worst < limit {
            odd.push((worst, text(worst, at)));
        }
        Some(mean)
    });
    Terms {
        predicted_iou,
        steadiness,
        ..Terms::default()
    }
}

/// Mean area on the first and the last slice of a 3-D box, by the largest area; `None` with few slices.
fn ends_area(span: &Span, slices: &BTreeMap<u32, Rle>) -> Option<f64> {
    let area = |z: u32| slices.get(&z).map_or(0, Rle::area) as f64;
    let largest = span.slices.clone().map(area).fold(0.0, f64::max);
    let both = area(span.slices.start) + area(span.slices.end.saturating_sub(1));
    (span.slices.len() >= ENDS_SLICES && largest > 0.0).then(|| both / 2.0 / largest)
}

/// How much the greys of an object change from slice to slice.
fn grey_change(
    slices: &BTreeMap<u32, Rle>,
    shape: SliceShape,
    slice: &dyn Fn(u32) -> Option<Vec<u8>>,
    odd: &mut Vec<Oddity>,
) -> Option<f64> {
    let change = greys::change(slices, shape, slice)?;
    if change > CHANGING {
        let text = format!(
            "its grey changes from slice to slice by {change:.1} times its contrast to what is around it"
        );
        odd.push((1.0 / (1.0 + change), text));
    }
    Some(change)
}

/// What neighbouring slices have little in common.
fn of_neighbours(slices: &BTreeMap<u32, Rle>, odd: &mut Vec<Oddity>) {
    let there: Vec<_> = slices.iter().filter(|(_, mask)| mask.area() > 0).collect();
    for pair in there.windows(2) {
        let [(a, of_a), (b, of_b)] = pair else {
            continue;
        };
        if **a + 1 != **b {
            odd.push((0.5, format!("nothing between slices {a} and {b}")));
            continue;
        }
        let iou = of_a.iou(of_b);
        let (less, more) = (of_a.area().min(of_b.area()), of_a.area().max(of_b.area()));
        let ratio = more as f64 / less.max(1) as f64;
        if ratio > JUMP {
            let text = format!("area jumps between slices {a} and {b}, {ratio:.1} times");
            odd.push((1.0 / ratio, text));
        } else if iou < LITTLE_IN_COMMON {
            odd.push((iou, format!("slices {a} and {b} have little in common")));
        }
    }
}

/// Whether it hangs together.
fn parts(mask: &ObjectMask, shape: SliceShape, odd: &mut Vec<Oddity>) {
    // Masks that do not fit their slices have no parts; none is written.
    let parts = part_sizes(mask, shape).unwrap_or_default();
    let all: usize = parts.iter().sum();
    let Some(largest) = parts.iter().max() else {
        return;
    };
    let share = *largest as f64 / all as f64;
    if 1.0 - share > PART {
        let (count, percent) = (parts.len(), (1.0 - share) * 100.0);
        let text = format!("it is in {count} parts; {percent:.0} % of it is not in the largest");
        odd.push((share, text));
    }
}

/// The share of its 3-D box's slices that have a mask.
fn on_its_slices(span: &Span, slices: &BTreeMap<u32, Rle>, odd: &mut Vec<Oddity>) -> f64 {
    let asked = span.slices.len();
    let there = |z: &u32| slices.get(z).is_some_and(|mask| mask.area() > 0);
    let found = span.slices.clone().filter(there).count();
    let present = found as f64 / asked.max(1) as f64;
    if found < asked {
        let text = format!(
            "no mask on {} of the {asked} slices of its box",
            asked - found
        );
        odd.push((present, text));
    }
    present
}

/// Whether an object and its 3-D box belong together.
fn in_its_box(
    span: &Span,
    slices: &BTreeMap<u32, Rle>,
    union: SliceBox,
    shape: SliceShape,
    odd: &mut Vec<Oddity>,
) {
    let area = |z: &u32| slices.get(z).map_or(0, Rle::area);
    let all: u64 = slices.values().map(Rle::area).sum();
    let kept: u64 = slices
        .values()
        .map(|mask| shape::inside(mask, span.bbox, shape))
        .sum();
    let within = kept as f64 / all.max(1) as f64;
    if 1.0 - within > OUTSIDE {
        let percent = (1.0 - within) * 100.0;
        odd.push((within, format!("{percent:.0} % of it lies outside its box")));
    }
    slack(span.bbox, union, odd);
    ends(span, area, odd);
    cut(span, slices, shape, odd);
}

/// An object whose outline follows a side of its 3-D box may have been cut by it.
fn cut(span: &Span, slices: &BTreeMap<u32, Rle>, shape: SliceShape, odd: &mut Vec<Oddity>) {
    let shares = slices.iter().filter_map(|(&index, mask)| {
        let mask = mask.to_mask(shape).ok()?;
        Some((shape::outline_on_a_side(&mask, span.bbox), index))
    });
    let worst = shares.max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((share, index)) = worst.filter(|(share, _)| *share >= CUT) {
        let percent = share * 100.0;
        let text = format!("{percent:.0} % of its outline on slice {index} is a side of its box");
        odd.push((1.0 - share, text));
    }
}

/// A box that is much wider or higher than the object may be another's.
fn slack(bbox: SliceBox, union: SliceBox, odd: &mut Vec<Oddity>) {
    let share = |union: Range<u32>, bbox: Range<u32>| {
        let (first, last) = (union.start.max(bbox.start), union.end.min(bbox.end));
        f64::from(last.saturating_sub(first)) / f64::from(bbox.end - bbox.start)
    };
    let width = share(union.x0..union.x1, bbox.x0..bbox.x1);
    let height = share(union.y0..union.y1, bbox.y0..bbox.y1);
    for (share, side) in [(width, "width"), (height, "height")] {
        if share < SLACK {
            let percent = share * 100.0;
            let text = format!("it has only {percent:.0} % of the {side} of its box");
            odd.push((share, text));
        }
    }
}

/// An object that is large on the first or last slice of its box may go on beyond.
fn ends(span: &Span, area: impl Fn(&u32) -> u64, odd: &mut Vec<Oddity>) {
    let most = span.slices.clone().map(|z| area(&z)).max().unwrap_or(0);
    if span.slices.len() < 3 || most == 0 {
        return;
    }
    for (index, which) in [(span.slices.start, "first"), (span.slices.end - 1, "last")] {
        let share = area(&index) as f64 / most as f64;
        if share >= ENDS_LARGE {
            let percent = share * 100.0;
            let text = format!(
                "on slice {index}, the {which} of its box, it still has {percent:.0} % of its largest area"
            );
            odd.push((1.0 - share / 2.0, text));
        }
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
