//! From a few slices to many: ranges, going through a stop, boxes on several slices.

use super::prompting::{editing, said};
use super::*;
use medicosam_shared::api::DraftChange;
use medicosam_shared::draft::{Slices, Together};
use medicosam_shared::place::Label;

const LABEL: Label = Label::MIN;

/// A box on the slice that is drawn on.
const BOX: &str = "b L J b";

#[test]
fn a_range_is_typed_and_sent_as_it_is_said() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "R");
    assert!(model.dialog.is_none() && said(&model).contains("Segment a slice of it first (s)."));
    daemon.press(&mut model, BOX);
    daemon.press(&mut model, "s");
    daemon.press(&mut model, "R 9 9 enter");
    assert!(
        said(&model).contains("\"99\" is no slice"),
        "{}",
        said(&model)
    );
    daemon.press(&mut model, "backspace backspace 1 2 ! enter");
    let expected = DraftChange::Propagate {
        label: LABEL,
        slices: Slices::Within(8, 12),
        force: true,
        through: None,
    };
    assert_eq!(daemon.asked_changes().last(), Some(&expected));
    daemon.press(&mut model, "R");
    assert!(
        said(&model).contains("still being made"),
        "{}",
        said(&model)
    );
}

#[test]
fn there_is_nothing_to_go_through_where_nothing_stopped() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, BOX);
    daemon.press(&mut model, "s");
    let asked = daemon.asked_changes().count();
    daemon.press(&mut model, "M");
    assert!(
        said(&model).contains("did not stop anywhere"),
        "{}",
        said(&model)
    );
    assert_eq!(daemon.asked_changes().count(), asked);
}

#[test]
fn boxes_on_two_slices_become_one_or_have_others_between_them_and_the_question_says_so() {
    for (key, together) in [("v", Together::Corners), ("i", Together::Between)] {
        let (mut daemon, mut model) = editing();
        daemon.press(&mut model, BOX);
        daemon.press(&mut model, "V");
        assert!(
            said(&model).contains("Draw a box of it on another slice"),
            "{}",
            said(&model)
        );
        daemon.press(&mut model, "pgdn pgdn pgdn");
        daemon.press(&mut model, BOX);
        daemon.press(&mut model, "V");
        let Some(Dialog::Boxes(boxes)) = &model.dialog else {
            panic!("no question: {}", said(&model))
        };
        let words = boxes.in_words();
        assert!(words.starts_with("All 4 masks on 8 to 11 again"), "{words}");
        daemon.press(&mut model, key);
        let expected = DraftChange::Boxes {
            label: LABEL,
            together,
        };
        assert_eq!(daemon.asked_changes().last(), Some(&expected));
        assert!(model.review().unwrap().drafting.working().is_some());
    }
}
