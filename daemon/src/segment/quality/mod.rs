//! How far a result can be trusted, without knowing the truth.
//!
//! An object's score is the Dice to be expected of it ([`calibration`]), by what the model expects of its
//! masks (predicted IoU), how little they depend on a box of their own moved a little (steadiness), how
//! large it is on the first and last slice of its 3-D box, and how much its greys change; times the share of
//! its box's slices that have a mask.
//!
//! All else is among the reasons and does not count, as it says little about whether the mask is
//! right: stability, agreement, what neighbouring slices have in common, that it fills its box, leaves it or touches its sides,
//! and in how many parts it is.

mod calibration;
mod greys;
mod object;
mod second_look;
mod shape;
mod sight;

pub use second_look::{MOVED_BOXES, second_look};
pub use sight::{Sight, by_sight, sight};

use super::propagation::Span;
use medicosam_shared::comparison::compared;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::ObjectResult;
use medicosam_shared::quality::{Alone, Quality};
use object::assess_object;
use std::collections::BTreeMap;

/// Something odd, and how odd: 0 is worst, 1 nothing special.
type Oddity = (f64, String);

/// Volumes, in millilitres, that objects have in other cases, by label.
pub type Cohort = BTreeMap<Label, Vec<f64>>;

/// What a result is judged by, beside itself.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The 3-D boxes that were asked for.
    pub boxes: &'a [Span],
    /// Other cases.
    pub cohort: &'a Cohort,
    /// The greys of a slice in the window, row by row; nothing where the scan was not read.
    pub slice: &'a dyn Fn(u32) -> Option<Vec<u8>>,
}

/// Judges all objects of a result.
pub fn assess(
    objects: &[ObjectResult],
    masks: &MaskSet,
    Surroundings {
        boxes,
        cohort,
        slice,
    }: Surroundings<'_>,
) -> Option<Quality> {
    let shape = masks.dims.slice_shape(masks.axis);
    let several = objects.len() > 1;
    let mut score: Option<f64> = None;
    let mut oddities: Vec<Oddity> = Vec::new();
    let mut alone = Vec::new();
    for object in objects {
        let mask = masks.object(object.label);
        let bbox = boxes.iter().find(|span| span.label == object.label);
        let Some((own, odd)) = assess_object(object, mask, bbox, (shape, slice)) else {
            continue;
        };
        score = Some(score.map_or(own, |score| score.min(own)));
        alone.push(Alone {
            label: object.label,
            score: own as f32,
            compared: None,
        });
        oddities.extend(odd.into_iter().map(|(value, text)| match several {
            true => (value, format!("{}: {text}", object.name)),
            false => (value, text),
        }));
    }
    oddities.sort_by(|a, b| a.0.total_cmp(&b.0));
    let quality = Quality {
        score: score? as f32,
        reasons: oddities.into_iter().map(|(_, text)| text).collect(),
        alone,
    };
    let others = |label| cohort.get(&label).cloned().unwrap_or_default();
    Some(compared(&quality, objects, others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Axis, Dims};
    use medicosam_shared::mask::SliceMask;
    use medicosam_shared::prompt::SliceBox;
    use medicosam_shared::provenance::SliceScore;
    use proptest::prelude::*;

    const DIMS: Dims = Dims([32, 32, 10]);

    /// The box that is asked about, on as many slices as there are masks, from slice 2 on.
    const BOX: SliceBox = SliceBox {
        x0: 4,
        y0: 6,
        x1: 24,
        y1: 26,
    };

    /// A disc around column `at` and row 16.
    fn disc(at: u32, radius: u32) -> SliceMask {
        SliceMask::from_fn(DIMS.slice_shape(Axis::K), |x, y| {
            radius > 0 && x.abs_diff(at).pow(2) + y.abs_diff(16).pow(2) < radius.pow(2)
        })
    }

    /// Judges an object that has these masks; the model expects `predicted_iou` of each.
    fn judged(found: &[SliceMask], predicted_iou: f32, steadiness: f32) -> Quality {
        let mut masks = MaskSet::empty(DIMS, Axis::K);
        let mut slices = Vec::new();
        for (index, mask) in (2..).zip(found) {
            masks.set_runs(Label::MIN, "lesion", index, mask.to_rle());
            slices.push(SliceScore {
                index,
                area: mask.area(),
                predicted_iou,
                stability: 0.95,
                agreement: Some(0.9),
                steadiness: Some(steadiness),
            });
        }
        let object = ObjectResult {
            label: Label::MIN,
            name: "lesion".to_owned(),
            voxels: 0,
            volume_ml: Some(0.0),
            slices,
        };
        let span = Span {
            label: Label::MIN,
            bbox: BOX,
            slices: 2..2 + found.len() as u32,
            points: BTreeMap::new(),
        };
        let around = Surroundings {
            boxes: &[span],
            cohort: &Cohort::new(),
            slice: &|_| None,
        };
        assess(&[object], &masks, around).unwrap()
    }

    /// Discs of these places and sizes.
    fn discs(of: &[(u32, u32)]) -> Vec<SliceMask> {
        of.iter().map(|&(at, radius)| disc(at, radius)).collect()
    }

    const STEADY: [(u32, u32); 5] = [(14, 7), (14, 9), (14, 9), (14, 9), (14, 7)];

    #[test]
    fn a_steady_object_that_fits_its_box_has_nothing_odd() {
        let quality = judged(&discs(&STEADY), 0.9, 0.9);
        assert!(quality.score > 0.75, "{quality:?}");
        assert_eq!(quality.reasons, [""; 0]);
    }

    fn says(quality: &Quality, expected: &str) -> bool {
        quality
            .reasons
            .iter()
            .any(|reason| reason.contains(expected))
    }

    #[test]
    fn what_is_doubtful_is_said_and_lowers_the_score() {
        let good = judged(&discs(&STEADY), 0.9, 0.9).score;
        let masks = |of: &[(u32, u32)]| judged(&discs(of), 0.9, 0.9);
        for (quality, expected) in [
            (
                judged(&discs(&STEADY), 0.5, 0.9),
                "an IoU of 0.50 on slice 2",
            ),
            (
                judged(&discs(&STEADY), 0.9, 0.4),
                "the mask moves with its box on slice 2",
            ),
            (
                masks(&[(14, 7), (14, 9), (14, 0), (14, 9), (14, 7)]),
                "no mask on 1 of the 5 slices",
            ),
            (masks(&[(14, 0), (14, 0)]), "nothing was found"),
        ] {
            assert!(quality.score < good, "{expected}: {quality:?}");
            assert!(says(&quality, expected), "{expected}: {quality:?}");
        }
    }

    #[test]
    fn where_an_object_lies_and_its_parts_are_said_and_do_not_count() {
        let cut: Vec<SliceMask> = [7, 9, 9, 9, 7]
            .map(|radius| {
                let whole = disc(4, radius);
                SliceMask::from_fn(whole.shape(), |x, y| x >= 4 && whole.get(x, y))
            })
            .into();
        let two: Vec<SliceMask> = discs(&STEADY)
            .iter()
            .map(|mask| {
                SliceMask::from_fn(mask.shape(), |x, y| x.abs_diff(14) > 2 && mask.get(x, y))
            })
            .collect();
        for (masks, expected) in [
            (cut, "of its outline on slice"),
            (
                discs(&[(9, 5), (9, 5), (9, 4), (9, 3)]),
                "only 45 % of the width of its box",
            ),
            (
                discs(&[(14, 7), (14, 9), (14, 9), (14, 9)]),
                "on slice 5, the last of its box, it still has 100 %",
            ),
            (
                discs(&[(14, 7), (14, 9), (14, 15), (14, 9), (14, 7)]),
                "edge of the scan",
            ),
            (
                discs(&[(22, 7), (22, 9), (22, 7)]),
                "of it lies outside its box",
            ),
            (two, "it is in 2 parts; 50 % of it"),
            (
                discs(&[(14, 7), (14, 9), (14, 5), (14, 7)]),
                "area jumps between slices 3 and 4",
            ),
            (
                discs(&[(9, 5), (19, 5), (9, 5)]),
                "slices 2 and 3 have little in common",
            ),
        ] {
            let quality = judged(&masks, 0.9, 0.9);
            assert!(says(&quality, expected), "{expected}: {quality:?}");
            if expected != "edge of the scan" {
                assert!(quality.score > 0.75, "{expected}: {quality:?}");
            }
        }
    }

    #[test]
    fn nothing_asked_is_nothing_judged() {
        let around = Surroundings {
            boxes: &[],
            cohort: &Cohort::new(),
            slice: &|_| None,
        };
        let nothing = MaskSet::empty(DIMS, Axis::K);
        assert_eq!(assess(&[], &nothing, around), None);
    }

    proptest! {
        #[test]
        fn scores_stay_between_none_and_full_trust(
            of in prop::collection::vec((0u32..30, 0u32..20), 1..6),
            predicted_iou in -0.5f32..1.5,
        ) {
            let quality = judged(&discs(&of), predicted_iou, 0.8);
            prop_assert!((0.0..=1.0).contains(&quality.score), "{quality:?}");
        }
    }
}
