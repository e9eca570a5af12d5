//! Masks by hand: brush, eraser, closed lines, emptying, copying, putting back.

use super::prompting::Daemon;
use super::*;
use medicosam_shared::draft::{DraftChange, Slices};
use medicosam_shared::hand::Stroke;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Label;

fn editing() -> (Daemon, Model) {
    let mut model = with_review(&["one", "two"]);
    let mut daemon = Daemon::default();
    daemon.press(&mut model, "enter e");
    (daemon, model)
}

/// The mask of an object on a slice, as it is drawn.
fn drawn(model: &Model, index: u32) -> SliceMask {
    let masks = model.review().unwrap().drawn_masks().unwrap();
    let shape = masks.dims.slice_shape(masks.axis);
    let object = masks.object(Label::MIN);
    let runs = object.and_then(|object| object.slices.get(&index));
    runs.map_or(SliceMask::empty(shape), |runs| runs.to_mask(shape).unwrap())
}

/// Voxels are 0.7 mm wide: 3 mm are four of them on either side.
#[test]
fn a_brush_paints_a_disc_and_an_eraser_takes_one_away() {
    let (mut daemon, mut model) = editing();
    let before = drawn(&model, 7);
    daemon.press(&mut model, "p H H t");
    let (x, y) = model.review().unwrap().mode.edit().unwrap().cursor;
    let painted = drawn(&model, 7);
    assert!(painted.get(x, y) && painted.get(x + 4, y) && !painted.get(x + 5, y));
    assert!(painted.area() > before.area());
    daemon.press(&mut model, "T");
    assert_eq!(drawn(&model, 7), before);
    let changes = [Stroke::Add, Stroke::Remove];
    let strokes = daemon.asked_changes().map(|change| match change {
        DraftChange::Paint { stroke, index, .. } => (*stroke, *index),
        other => panic!("{other:?}"),
    });
    assert!(strokes.eq(changes.map(|stroke| (stroke, 7))));
    daemon.press(&mut model, "u u");
    assert_eq!(drawn(&model, 7), before);
}

#[test]
fn the_brush_grows_and_shrinks_and_draws_lines_between_two_places() {
    let (mut daemon, mut model) = editing();
    let tool = |model: &Model| model.review().unwrap().mode.edit().unwrap().tool;
    daemon.press(&mut model, "p > >");
    assert_eq!(tool(&model).radius_mm(), 5.0);
    daemon.press(&mut model, "< < < < < < < <");
    assert_eq!(tool(&model).radius_mm(), 0.0);
    daemon.press(&mut model, "H H K b L b");
    let (x, y) = model.review().unwrap().mode.edit().unwrap().cursor;
    let painted = drawn(&model, 7);
    assert!((x - 10..=x).all(|x| painted.get(x, y)), "a straight line");
}

#[test]
fn a_closed_line_adds_its_inside_and_removes_it_with_the_eraser() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "f H H H b L b J b H enter");
    let (x, y) = model.review().unwrap().mode.edit().unwrap().cursor;
    let painted = drawn(&model, 7);
    assert!(painted.get(x + 5, y - 5), "the middle of a square of ten");
    daemon.press(&mut model, "e K b L b J b H enter");
    assert!(!drawn(&model, 7).get(x + 5, y - 5));
}

#[test]
fn escape_leaves_a_stroke_then_the_tool_then_drawing() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "p b l l esc");
    assert!(model.review().unwrap().mode.edit().unwrap().path.is_empty());
    daemon.press(&mut model, "esc");
    assert!(
        !model
            .review()
            .unwrap()
            .mode
            .edit()
            .unwrap()
            .tool
            .is_by_hand()
    );
    daemon.press(&mut model, "esc");
    assert!(!model.review().unwrap().mode.is_edit());
    assert_eq!(daemon.asked_changes().count(), 0);
}

#[test]
fn slices_and_objects_are_emptied_and_come_back() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "d");
    assert_eq!(drawn(&model, 7).area(), 0);
    assert!(
        notice(&model).contains("Emptied: slice 7"),
        "{}",
        notice(&model)
    );
    assert!(drawn(&model, 6).area() > 0);
    daemon.press(&mut model, "E");
    assert_eq!(drawn(&model, 6).area(), 0);
    daemon.press(&mut model, "u u");
    assert!(drawn(&model, 6).area() > 0 && drawn(&model, 7).area() > 0);
    assert!(daemon.asked_changes().any(|change| *change
        == DraftChange::Empty {
            label: Some(Label::MIN),
            slices: Slices::one(7),
        }));
}

#[test]
fn prompts_are_copied_to_the_next_slice() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b N");
    let review = model.review().unwrap();
    assert_eq!(review.index(), 8);
    let here = review.drafting.drawn(Label::MIN, 8).cloned().unwrap();
    let there = review.drafting.drawn(Label::MIN, 7).cloned().unwrap();
    assert_eq!((here.bbox, here.index), (there.bbox, 8));
}

#[test]
fn a_mask_that_shrank_is_not_announced_as_good() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    let told = model.notice.clone().unwrap();
    assert!(!told.bad, "{told:?}");
    // 300 pixels before, 7 now.
    daemon.before = Some(300);
    daemon.press(&mut model, "t s");
    let told = model.notice.clone().unwrap();
    assert!(
        told.bad && told.text.contains("u takes it back"),
        "{told:?}"
    );
}
