//! The picture beside the list: asked for when the selection rests, and enough to decide on.

use super::*;

const WIDE: Event = Event::Resized {
    columns: 120,
    rows: 40,
};

fn wide(ids: &[&str]) -> Model {
    let mut model = with_review(ids);
    let effects = handle(&mut model, WIDE);
    assert!(effects.contains(&Effect::Rest), "{effects:?}");
    serve(&mut model, effects);
    model
}

fn rest(model: &mut Model) -> Vec<Effect> {
    handle(model, Event::Rested)
}

#[test]
fn a_held_key_reads_nothing_and_a_moment_of_rest_one_slice() {
    let mut model = wide(&["one", "two", "three"]);
    let moved = press(&mut model, "j j k j");
    let reads = |effect: &Effect| matches!(effect, Effect::LoadCase(_) | Effect::LoadSlice { .. });
    assert!(!moved.iter().any(reads), "{moved:?}");
    assert!(matches!(model.subject(), Subject::Nothing));
    let effects = rest(&mut model);
    assert_eq!(effects, [Effect::LoadCase(CaseId("three".into()))]);
    let left = serve(&mut model, effects);
    assert!(left.is_empty(), "{left:?}");
    match model.subject() {
        Subject::Slice(subject) => {
            assert_eq!(subject.showing.case.0, "three");
            assert_eq!(subject.showing.slices.len(), 1);
        }
        other => panic!("{other:?}"),
    }
    assert!(rest(&mut model).is_empty(), "it is there already");
    press(&mut model, "k");
    assert!(
        matches!(model.subject(), Subject::Nothing),
        "never the picture of another case"
    );
}

#[test]
fn what_was_previewed_can_be_approved_together_with_one_question_and_one_undo() {
    let mut model = wide(&["one", "two"]);
    for key in ["g", "j"] {
        press(&mut model, key);
        let effects = rest(&mut model);
        serve(&mut model, effects);
        show(&mut model).unwrap();
        wait(&mut model);
    }
    press(&mut model, "g v j a");
    assert!(model.dialog.is_some(), "slices were not seen");
    let decided = press(&mut model, "enter");
    assert_eq!(decided.len(), 2, "{decided:?}");
}

#[test]
fn without_room_or_without_a_result_nothing_is_read() {
    let mut narrow = with_review(&["one"]);
    assert!(!press(&mut narrow, "k").contains(&Effect::Rest));
    assert!(rest(&mut narrow).is_empty());
    let mut failed = connected(vec![summary("broken", CaseState::Failed, None)]);
    assert!(!handle(&mut failed, WIDE).contains(&Effect::Rest));
    assert!(rest(&mut failed).is_empty());
}

#[test]
fn a_glimpse_is_no_look() {
    let mut model = wide(&["one", "two"]);
    let effects = rest(&mut model);
    serve(&mut model, effects);
    show(&mut model).unwrap();
    let at_once = |model: &mut Model, key: &str| handle(model, Event::Key(key.parse().unwrap()));
    assert_eq!(at_once(&mut model, "a"), []);
    assert!(notice(&model).contains("Look at one.nii.gz first"));
    at_once(&mut model, "j");
    at_once(&mut model, "k");
    wait(&mut model);
    assert_eq!(press(&mut model, "a"), [], "it was gone meanwhile");
}
