//! Masks made by hand in the real client: brush by key and by mouse, emptying, and undo.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::mask::MaskSet;
use medicosam_shared::place::Label;
use medicosam_tests::Size;
use medicosam_tests::client::{in_review, quit};
use medicosam_tests::mouse::{Button, drag};
use medicosam_tests::profile::Profile;
use medicosam_tests::under_review::reviewable;

const SIZE: Size = Size::new(100, 30);

fn area(masks: &MaskSet, index: u32) -> u64 {
    let object = masks.object(Label::MIN).unwrap();
    object.slices.get(&index).map_or(0, |runs| runs.area())
}

#[test]
fn a_mask_is_painted_and_a_slice_emptied_without_the_model() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id.0;
    let before = system.wait(system.client().masks(&case.summary.id, 1));
    let mut terminal = in_review(&system, SIZE, Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("its picture", |view| view.contains("  seen "));
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    terminal.type_keys("p").unwrap();
    terminal.wait_for("the brush", |view| view.contains("brush 3 mm"));
    terminal.type_keys(">").unwrap();
    terminal.wait_for("a larger one", |view| view.contains("brush 4 mm"));
    // One stroke with the keys, outside the mask; one with the mouse.
    terminal.type_keys("HHHHHHHHHt").unwrap();
    terminal.wait_for("the draft", |view| view.row(0).contains("draft"));
    let (width, height) = Profile::SIXEL_WITH_SIZES.cell.unwrap();
    let cell = (u32::from(width), u32::from(height));
    let stroke = [(12 * cell.0, 8 * cell.1), (18 * cell.0, 8 * cell.1)];
    terminal.type_keys(&drag(Button::Left, &stroke)).unwrap();
    // And the next slice is emptied.
    terminal.type_keys("]d").unwrap();
    terminal.wait_for("the next one", |view| view.contains("Emptied: slice"));
    terminal.type_keys("c").unwrap();
    terminal.wait_for("the revision", |view| view.contains("revision 2 of 2"));
    let after = system.wait(system.client().masks(&case.summary.id, 2));
    let changed: Vec<i64> = (9..12)
        .map(|index| area(&after, index) as i64 - area(&before, index) as i64)
        .collect();
    assert!(changed.iter().any(|change| *change > 50), "{changed:?}");
    assert!((9..12).any(|index| area(&after, index) == 0), "{changed:?}");
    let read = system.wait(system.client().case(id));
    assert_eq!(read.current().unwrap().provenance.prompts, []);
    quit(&mut terminal);
}
