//! What hands make: painted, emptied, put back, copied, interpolated.

use super::*;
use crate::mask::SliceMask;

/// A stroke on one of these places.
pub fn stroke(place: impl Strategy<Value = (u16, u32)>) -> impl Strategy<Value = DraftChange> {
    (place, any::<bool>(), 0u32..40, 0u32..40).prop_map(|((number, index), adds, from, count)| {
        paint(number, index, adds, Rle(vec![from, count]))
    })
}

/// The emptying of an object, or of some of its slices.
pub fn emptying(number: impl Strategy<Value = u16>) -> impl Strategy<Value = DraftChange> {
    (number, 0u32..4, 0u32..4, 0u8..3).prop_map(|(number, a, b, kind)| {
        let slices = match kind {
            0 => Slices::All,
            1 => Slices::Within(a.min(b), a.max(b)),
            _ => Slices::Outside(a.min(b), a.max(b)),
        };
        let label = Some(label(number));
        DraftChange::Empty { label, slices }
    })
}

fn paint(number: u16, index: u32, adds: bool, pixels: Rle) -> DraftChange {
    DraftChange::Paint {
        label: label(number),
        index,
        stroke: if adds { Stroke::Add } else { Stroke::Remove },
        pixels,
    }
}

fn empty(slices: Slices) -> DraftChange {
    DraftChange::Empty {
        label: Some(label(1)),
        slices,
    }
}

/// The pixels of object 1 by slice, in the masks that a reviewer sees.
fn seen(slot: &Option<Draft>) -> Vec<(u32, Rle)> {
    let masks = slot.as_ref().unwrap().masks(&base());
    let slices = masks.object(label(1)).map(|o| o.slices.clone());
    slices.unwrap_or_default().into_iter().collect()
}

fn row(first: u32) -> Rle {
    Rle(vec![first, 8])
}

#[test]
fn painted_pixels_stay_whatever_the_model_answers() {
    let case = Case::at(1);
    let mut slot = None;
    case.change(&mut slot, paint(1, 0, true, Rle(vec![60, 2])))
        .unwrap();
    case.change(&mut slot, paint(1, 0, false, Rle(vec![0, 3])))
        .unwrap();
    assert_eq!(seen(&slot)[0], (0, Rle(vec![3, 5, 52, 2])));
    work_is_done(&mut slot, masks_of(1, 0, &[20, 30]));
    assert_eq!(seen(&slot)[0], (0, Rle(vec![3, 17, 40, 2])));
    case.change(&mut slot, choose(1, 0, 1)).unwrap();
    assert_eq!(seen(&slot)[0], (0, Rle(vec![3, 27, 30, 2])));
    case.change(&mut slot, empty(Slices::one(0))).unwrap();
    assert_eq!(seen(&slot), [(3, row(0))], "emptied is empty");
    work_is_done(&mut slot, masks_of(1, 0, &[20]));
    assert_eq!(
        seen(&slot)[0],
        (0, Rle(vec![0, 20])),
        "nothing is painted any more"
    );
    for _ in 0..3 {
        case.change(&mut slot, DraftChange::Undo).unwrap();
    }
    assert_eq!(seen(&slot)[0].1.area(), 19);
}

#[test]
fn strokes_must_lie_on_their_slice_and_have_a_pixel() {
    let case = Case::at(1);
    let mut slot = None;
    for (change, code) in [
        (paint(1, 4, true, Rle(vec![0, 1])), "prompt-outside"),
        (paint(1, 0, true, Rle(vec![60, 5])), "prompt-outside"),
        (paint(1, 0, true, Rle(vec![60])), "draft-unfit"),
    ] {
        let refused = case.change(&mut slot, change).unwrap_err();
        assert_eq!((refused.code(), slot.is_none()), (code, true), "{refused}");
    }
}

#[test]
fn an_object_is_emptied_whole_or_outside_some_slices() {
    let case = Case::at(1);
    let mut slot = segmented(&case);
    case.change(&mut slot, empty(Slices::Outside(1, 2)))
        .unwrap();
    assert_eq!(seen(&slot), [(2, Rle(vec![0, 5]))]);
    case.change(&mut slot, empty(Slices::All)).unwrap();
    assert_eq!(seen(&slot), []);
    assert!(slot.as_ref().unwrap().answers().is_empty());
    let commit = case.change(&mut slot, DraftChange::Commit).unwrap();
    assert_eq!(
        commit.work,
        Some(DraftWork::Commit),
        "also that is a revision"
    );
}

#[test]
fn a_revision_is_put_back_whole_or_slice_by_slice() {
    let case = Case::at(2);
    let mut slot = None;
    for index in [0, 1, 3] {
        work_is_done_on(&case, &mut slot, index);
    }
    let revert = |label, slices| DraftChange::Revert {
        to: 1,
        label,
        slices,
    };
    let mut one = slot.clone();
    case.change(&mut one, revert(Some(label(1)), Slices::one(1)))
        .unwrap();
    let slices: Vec<u32> = seen(&one).iter().map(|(index, _)| *index).collect();
    assert_eq!(slices, [0, 3], "slice 1 had nothing");
    let content = one.as_ref().unwrap().canvas().at(place(1, 1)).unwrap();
    assert!(content.by_hand, "a person chose it");

    case.change(&mut slot, revert(None, Slices::All)).unwrap();
    assert_eq!(seen(&slot), [(0, row(0)), (3, row(0))]);
    let draft = slot.as_ref().unwrap();
    let canvas = draft.canvas();
    let hands = |index| {
        canvas
            .at(place(1, index))
            .map(|c| (c.by_hand, c.hand.set.area()))
    };
    assert_eq!(hands(0), Some((false, 0)));
    assert_eq!(hands(3), Some((true, 1)), "as in that revision");
    assert_eq!(hands(1), Some((false, 0)));
    let Under::Put(_, put) = canvas.at(place(1, 3)).unwrap().under else {
        panic!("not put back")
    };
    assert_eq!(put.score.map(|score| score.predicted_iou), Some(0.5));
}

/// A draft in which a slice of object 1 was answered.
fn work_is_done_on(case: &Case, slot: &mut Option<Draft>, index: u32) {
    case.change(slot, draw(1, index, 1)).unwrap();
    work_is_done(slot, masks_of(1, index, &[30]));
}

#[test]
fn a_mask_is_copied_to_another_slice() {
    let case = Case::at(1);
    let mut slot = None;
    let copy = |from, to| DraftChange::Copy {
        label: label(1),
        from,
        to,
    };
    assert_eq!(
        case.change(&mut slot, copy(1, 2)),
        Err(DraftRefusal::NothingToCopy(place(1, 1)))
    );
    assert!(case.change(&mut slot, copy(0, 4)).is_err());
    case.change(&mut slot, copy(0, 1)).unwrap();
    assert_eq!(seen(&slot)[1], (1, row(0)));
    assert!(slot.as_ref().unwrap().has_seed(label(1)));
}

#[test]
fn slices_between_those_made_by_hand_are_interpolated() {
    let mut case = Case::at(1);
    case.edited = [place(1, 3)].into();
    case.made.edited = case.edited.clone();
    let mut slot = None;
    let interpolate = |slices| DraftChange::Interpolate {
        label: label(1),
        slices,
    };
    assert_eq!(
        case.change(&mut slot, interpolate(Slices::All)),
        Err(DraftRefusal::NothingBetween(label(1))),
        "slice 0 is not by hand"
    );
    case.change(&mut slot, paint(1, 0, true, Rle(vec![8, 8])))
        .unwrap();
    case.change(&mut slot, interpolate(Slices::Within(1, 1)))
        .unwrap();
    let slices: Vec<u32> = seen(&slot).iter().map(|(index, _)| *index).collect();
    assert_eq!(slices, [0, 1, 3], "only where it is wanted");
    case.change(&mut slot, interpolate(Slices::All)).unwrap();
    let areas: Vec<u64> = seen(&slot).iter().map(|(_, mask)| mask.area()).collect();
    assert!(
        (8..=16).contains(&areas[1]) && (8..=16).contains(&areas[2]),
        "{areas:?}"
    );
    case.change(&mut slot, empty(Slices::one(1))).unwrap();
    assert_eq!(
        case.change(&mut slot, interpolate(Slices::All)),
        Err(DraftRefusal::NothingBetween(label(1))),
        "slice 1 is an end, and slice 2 lies beside it"
    );
}

#[test]
fn points_that_could_only_take_away_need_a_mask() {
    let case = Case::at(1);
    let mut slot = None;
    let negative = |index| {
        let mut prompt = prompt(1, index, 1);
        prompt.points[0].positive = false;
        DraftChange::Draw { prompt }
    };
    case.change(&mut slot, negative(1)).unwrap();
    let refused = case.change(&mut slot, segment(1, 1)).unwrap_err();
    assert_eq!(refused.code(), "nothing-to-correct");
    case.change(&mut slot, negative(0)).unwrap();
    let work = case.change(&mut slot, segment(1, 0)).unwrap().work;
    assert_eq!(work, Some(DraftWork::Preview(place(1, 0))));
    case.change(&mut slot, paint(1, 1, true, Rle(vec![0, 4])))
        .unwrap();
    assert!(case.change(&mut slot, segment(1, 1)).is_ok());
}

#[test]
fn a_client_without_the_masks_leaves_the_step_to_the_daemon() {
    let mut case = Case::at(1);
    case.has_masks = false;
    let mut slot = segmented(&case);
    let before = slot.clone().unwrap();
    let interpolate = DraftChange::Interpolate {
        label: label(1),
        slices: Slices::All,
    };
    let applied = case.change(&mut slot, interpolate).unwrap();
    assert_eq!((applied.step, applied.work), (None, None));
    assert_eq!(slot.unwrap().steps, before.steps);
}

proptest! {
    /// After any changes, each pixel that was painted last by hand since its slice was emptied or
    /// put in place is as the hand left it.
    #[test]
    fn the_hand_wins_over_every_answer(
        changes in prop::collection::vec((any_change(), any::<bool>()), 1..40),
        stroke in (0u32..40, 1u32..20, any::<bool>()),
        answers in prop::collection::vec(1u32..60, 0..4),
    ) {
        let case = Case::at(1);
        let mut slot = segmented(&case);
        for (area, (change, answers)) in (1..).zip(changes) {
            let work = case.change(&mut slot, change).ok().and_then(|applied| applied.work);
            if let Some(masks) = work.filter(|_| answers).and_then(|work| masks_for(work, area)) {
                work_is_done(&mut slot, masks);
            }
        }
        if slot.as_ref().unwrap().discarded {
            case.change(&mut slot, DraftChange::Restore).unwrap();
        }
        let (from, count, adds) = stroke;
        let pixels = Rle(vec![from, count]);
        case.change(&mut slot, paint(1, 0, adds, pixels.clone())).unwrap();
        for area in answers {
            work_is_done(&mut slot, masks_of(1, 0, &[area]));
        }
        let masks = slot.unwrap().masks(&base());
        let mask = masks.object(label(1)).and_then(|o| o.slices.get(&0)).cloned();
        let shown = mask.unwrap_or_default().overlap(&pixels);
        prop_assert_eq!(shown, if adds { u64::from(count) } else { 0 });
        let whole: Result<SliceMask, _> = pixels.to_mask(DIMS.slice_shape(Axis::K));
        prop_assert!(whole.is_ok());
    }
}
