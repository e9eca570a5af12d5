//! Boxes made bad on purpose, to see whether a score tells.

use crate::segment::propagation::Span;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SliceBox;

/// A box, unchanged or made bad, with the change in words.
pub type Disturbed = (String, Span);

/// A 3-D box as it is; moved by a quarter and by half of its sides; cut to three quarters and to half
/// of its sides; larger by a quarter, half and all of its sides all around; moved by half of its
/// slices and by all of them. `count` slices of `shape` there are; what would lie outside is cut off.
pub fn disturbed(span: &Span, count: u32, shape: SliceShape) -> Vec<Disturbed> {
    let b = span.bbox;
    let sides = [f64::from(b.x1 - b.x0), f64::from(b.y1 - b.y0)];
    let thick = span.slices.len() as i64;
    let mut all = vec![("as it is".to_owned(), Some(span.clone()))];
    let flat = |low: [f64; 2], high: [f64; 2]| {
        let cut = |value: f64, limit: u32| value.round().clamp(0.0, f64::from(limit)) as u32;
        let bbox = SliceBox {
            x0: cut(f64::from(b.x0) + low[0] * sides[0], shape.width),
            y0: cut(f64::from(b.y0) + low[1] * sides[1], shape.height),
            x1: cut(f64::from(b.x1) + high[0] * sides[0], shape.width),
            y1: cut(f64::from(b.y1) + high[1] * sides[1], shape.height),
        };
        bbox.fits(shape).then(|| Span {
            bbox,
            ..span.clone()
        })
    };
    for by in [0.25, 0.5] {
        for (way, move_by) in [
            ("right", [by, 0.0]),
            ("left", [-by, 0.0]),
            ("down", [0.0, by]),
            ("up", [0.0, -by]),
        ] {
            all.push((format!("{:.0} % {way}", by * 100.0), flat(move_by, move_by)));
        }
        let cut = by / 2.0;
        let name = format!("{:.0} % of its sides", (1.0 - by) * 100.0);
        all.push((name, flat([cut; 2], [-cut; 2])));
    }
    for by in [0.25, 0.5, 1.0] {
        let name = format!("larger by {:.0} %", by * 100.0);
        all.push((name, flat([-by; 2], [by; 2])));
    }
    for by in [-thick, -(thick / 2), thick / 2, thick] {
        let start = (i64::from(span.slices.start) + by).clamp(0, i64::from(count)) as u32;
        let end = (i64::from(span.slices.end) + by).clamp(0, i64::from(count)) as u32;
        let moved = (by != 0 && start < end).then(|| Span {
            slices: start..end,
            ..span.clone()
        });
        all.push((format!("{by} slices on"), moved));
    }
    let there = all
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)));
    there.collect()
}

/// The area under the ROC curve of a score: how likely one that is good has a higher score than one
/// that is not; `None` without any of either.
pub fn auroc(scores: &[(f64, bool)]) -> Option<f64> {
    let of = |good: bool| scores.iter().filter(move |s| s.1 == good).map(|s| s.0);
    let pairs = of(true).count() * of(false).count();
    let won = |good: f64, bad: f64| match good.total_cmp(&bad) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    let sum: f64 = of(true)
        .flat_map(|good| of(false).map(move |bad| won(good, bad)))
        .sum();
    (pairs > 0).then(|| sum / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::Label;
    use std::collections::BTreeMap;

    #[test]
    fn bad_boxes_lie_on_the_scan_and_differ_from_the_good_one() {
        let shape = SliceShape {
            width: 64,
            height: 64,
        };
        let span = Span {
            label: Label::MIN,
            bbox: SliceBox {
                x0: 10,
                y0: 20,
                x1: 30,
                y1: 28,
            },
            slices: 3..9,
            points: BTreeMap::new(),
        };
        let all = disturbed(&span, 12, shape);
        assert_eq!((&all[0].0[..], &all[0].1), ("as it is", &span));
        assert_eq!(all.len(), 18);
        for (name, bad) in &all[1..] {
            assert_ne!(bad, &span, "{name}");
            assert!(bad.bbox.fits(shape) && bad.slices.end <= 12, "{name}");
        }
        let of = |name: &str| &all.iter().find(|(n, _)| n == name).unwrap().1;
        assert_eq!(of("25 % right").bbox.x0, 15);
        assert_eq!(of("50 % of its sides").bbox.y1, 26);
        assert_eq!(of("6 slices on").slices, 9..12);
    }

    #[test]
    fn the_area_is_one_for_a_score_that_tells_and_a_half_for_one_that_does_not() {
        let scores = [(0.9, true), (0.8, true), (0.3, false)];
        assert_eq!(auroc(&scores), Some(1.0));
        let mixed = [(0.9, true), (0.2, true), (0.3, false), (0.9, false)];
        assert_eq!(auroc(&mixed), Some(0.375));
        assert_eq!(auroc(&[(0.5, true)]), None);
    }
}
