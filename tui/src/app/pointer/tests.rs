use super::*;
use crate::app::event::Event;
use crate::app::fixture::{press, serve, show_all, with_review};
use crate::app::state::review::seen::Seen;
use crate::app::state::review::window::WindowChoice;
use crate::app::{Subject, handle};
use crate::picture::Size;
use crate::term::Mouse;
use medicosam_shared::api::DraftChange;
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::{SliceBox, SlicePoint, SlicePrompt};
use proptest::prelude::*;
use std::sync::Arc;

/// Ten pixels for each of the 64 × 48 voxels of a slice, which is not turned.
const SIZE: Size = Size {
    width: 640,
    height: 480,
};

/// Where the picture begins on the screen.
const CORNER: (i64, i64) = (20, 40);

/// The picture of what the model wants to be seen.
fn seen(model: &Model) -> Option<Arc<Seen>> {
    match model.subject() {
        Subject::Slice(subject) => Some(Arc::new(Seen::of(&subject, SIZE, 1.0))),
        Subject::Nothing | Subject::Same => None,
    }
}

fn mouse(gesture: Gesture) -> Mouse {
    Mouse {
        gesture,
        shift: false,
        alt: false,
        ctrl: false,
        at: (0, 0),
    }
}

/// The mouse on a pixel of a picture.
fn on(picture: Option<Arc<Seen>>, mouse: Mouse, at: (i64, i64)) -> Pointer {
    let pixel = (at.0 + CORNER.0, at.1 + CORNER.1);
    Pointer {
        mouse,
        cell: ((pixel.0 / 10).max(0) as u16, (pixel.1 / 20).max(0) as u16),
        pixel,
        picture: picture.map(|seen| (seen, at)),
    }
}

/// Does something on the picture that the model wants to be seen; what is asked for meanwhile is
/// answered. Everything else comes back.
fn act(model: &mut Model, mouse: Mouse, at: (i64, i64)) -> Vec<Effect> {
    let pointer = on(seen(model), mouse, at);
    let effects = handle(model, Event::Pointer(pointer));
    serve(model, effects)
}

fn drag_with(model: &mut Model, button: Button, way: &[(i64, i64)]) -> Vec<Effect> {
    let (first, last) = (way[0], way[way.len() - 1]);
    let mut effects = act(model, mouse(Gesture::Press(button)), first);
    for &at in &way[1..] {
        effects.extend(act(model, mouse(Gesture::Drag(button)), at));
    }
    effects.extend(act(model, mouse(Gesture::Release(button)), last));
    effects
}

fn click(model: &mut Model, at: (i64, i64)) -> Vec<Effect> {
    drag_with(model, Button::Left, &[at, at])
}

fn turn(model: &mut Model, turn: Turn, at: (i64, i64)) {
    act(model, mouse(Gesture::Wheel(turn)), at);
}

/// Opened on slice 7 of the first case.
fn opened() -> Model {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    model
}

fn editing() -> Model {
    let mut model = opened();
    press(&mut model, "e");
    model
}

fn review(model: &Model) -> &Review {
    model.review().unwrap()
}

/// What was asked to be drawn.
fn drawn(effects: &[Effect]) -> Option<&SlicePrompt> {
    match effects {
        [Effect::ChangeDraft { request, .. }] => match &request.change {
            DraftChange::Draw { prompt } => Some(prompt),
            other => panic!("{other:?}"),
        },
        [] => None,
        other => panic!("{other:?}"),
    }
}

/// A pixel of the picture on the slice across an axis, not in its middle.
fn on_pane(model: &Model, axis: Axis) -> (i64, i64) {
    let picture = seen(model).unwrap();
    let mut pixels = (0..600).flat_map(|y| (0..900).map(move |x| (x, y)));
    let is_there = |at: (i64, i64)| picture.pane_at(at).is_some_and(|p| p.slice.axis == axis);
    let (x, y) = pixels.find(|at| is_there(*at)).unwrap();
    assert!(is_there((x + 25, y + 9)));
    (x + 25, y + 9)
}

#[test]
fn a_click_looks_at_the_voxel_there_and_a_drag_takes_it_along() {
    let mut model = opened();
    assert_eq!(click(&mut model, (405, 208)), []);
    assert_eq!(review(&model).at, [40, 20, 7]);
    assert!(review(&model).chosen == Chosen::Pointed);
    drag_with(&mut model, Button::Left, &[(5, 5), (99, 100), (9999, -3)]);
    assert_eq!(review(&model).at, [63, 0, 7], "the last one that is seen");
    let at = review(&model).at;
    act(&mut model, mouse(Gesture::Drag(Button::Left)), (5, 5));
    assert_eq!(review(&model).at, at, "no button is held any more");
}

#[test]
fn the_wheel_goes_through_the_slices_of_the_plane_under_it() {
    let mut model = opened();
    turn(&mut model, Turn::Down, (300, 200));
    assert_eq!(review(&model).index(), 8);
    turn(&mut model, Turn::Up, (300, 200));
    turn(&mut model, Turn::Up, (300, 200));
    assert_eq!(review(&model).index(), 6);
    turn(&mut model, Turn::Up, (9999, 200));
    assert_eq!(review(&model).index(), 6, "not beside the picture");

    press(&mut model, "v");
    let before = review(&model).at;
    for axis in [Axis::K, Axis::I, Axis::J] {
        let at = on_pane(&model, axis);
        let here = review(&model).at[axis.index()];
        turn(&mut model, Turn::Down, at);
        assert_eq!(review(&model).at[axis.index()], here + 1);
    }
    assert_eq!(review(&model).at, before.map(|n| n + 1));
}

#[test]
fn a_click_on_one_of_three_planes_links_the_others_to_it() {
    let mut model = opened();
    press(&mut model, "v");
    let at = on_pane(&model, Axis::I);
    let pane = *seen(&model).unwrap().pane_at(at).unwrap();
    let voxel = pane.voxel(at);
    click(&mut model, at);
    assert_eq!(review(&model).at, voxel);
    assert_eq!(review(&model).slice().unwrap().axis, Axis::K, "panes stay");
}

#[test]
fn in_a_mosaic_a_click_selects_a_slice_and_another_one_shows_it() {
    let mut model = opened();
    press(&mut model, "m");
    let picture = seen(&model).unwrap();
    let other = picture.pane_at((100, 80)).unwrap().slice.index;
    assert_ne!(review(&model).tile(), Some(other));
    click(&mut model, (100, 80));
    assert_eq!(review(&model).tile(), Some(other));
    assert_eq!(review(&model).layout, Layout::Mosaic);
    click(&mut model, (100, 80));
    assert_eq!(
        (review(&model).layout, review(&model).index()),
        (Layout::One, other)
    );
}

#[test]
fn control_and_the_wheel_look_closer_at_what_is_there() {
    let mut model = opened();
    let at = (405, 208);
    let closer = Mouse {
        ctrl: true,
        ..mouse(Gesture::Wheel(Turn::Up))
    };
    for _ in 0..4 {
        act(&mut model, closer, at);
        let picture = seen(&model).unwrap();
        let voxel = picture.pane_at(at).unwrap().voxel(at);
        let off = |n: usize, to: u32| voxel[n].abs_diff(to);
        assert!(off(0, 40) <= 1 && off(1, 20) <= 1, "{voxel:?}");
    }
    assert_eq!(review(&model).zoom().factor(), 4.0);
    assert_eq!(review(&model).index(), 7);
}

#[test]
fn the_right_button_drags_the_window_and_the_middle_one_what_is_seen() {
    let mut model = opened();
    let limits = |model: &Model| match review(model).display.window {
        WindowChoice::Adjusted(limits) => (limits.low, limits.high),
        other => panic!("{other:?}"),
    };
    // −1350 to 150, and half of the width to the right is twice as wide.
    drag_with(
        &mut model,
        Button::Right,
        &[(100, 200), (300, 200), (420, 200)],
    );
    assert_eq!(limits(&model), (-2100.0, 900.0));
    drag_with(&mut model, Button::Right, &[(100, 200), (100, 80)]);
    assert_eq!(limits(&model), (-1350.0, 1650.0), "a quarter up");

    press(&mut model, "+ +");
    let before = review(&model).region().unwrap();
    drag_with(&mut model, Button::Middle, &[(320, 240), (352, 240)]);
    let after = review(&model).region().unwrap();
    assert_eq!((after.x, after.y), (before.x - 2, before.y));
    assert_eq!(limits(&model), (-1350.0, 1650.0));
}

#[test]
fn while_drawing_the_cursor_comes_along_with_what_is_seen() {
    let mut model = editing();
    press(&mut model, "+ + +");
    let before = review(&model).region().unwrap();
    drag_with(&mut model, Button::Middle, &[(100, 240), (640, 240)]);
    let after = review(&model).region().unwrap();
    assert!(after.x + 10 < before.x, "{before:?} {after:?}");
    let (x, _) = review(&model).mode.edit().unwrap().cursor;
    assert_eq!(x, after.x + after.width - 1);
}

#[test]
fn while_drawing_clicks_are_points_and_drags_are_boxes() {
    let point = |x, y, positive| vec![SlicePoint { x, y, positive }];
    let mut model = editing();
    let effects = click(&mut model, (405, 208));
    let prompt = drawn(&effects).unwrap();
    assert_eq!((prompt.index, &prompt.points), (7, &point(40, 20, true)));
    assert_eq!(prompt.bbox, None);

    for (button, alt, shift) in [
        (Button::Right, false, false),
        (Button::Left, true, false),
        (Button::Left, false, true),
    ] {
        let mut model = editing();
        let held = |gesture| Mouse {
            alt,
            shift,
            ..mouse(gesture)
        };
        act(&mut model, held(Gesture::Press(button)), (125, 88));
        // A hand trembles.
        act(&mut model, held(Gesture::Drag(button)), (127, 86));
        let effects = act(&mut model, held(Gesture::Release(button)), (127, 86));
        let prompt = drawn(&effects).unwrap();
        assert_eq!(prompt.points, point(12, 8, false), "{button:?}");
    }

    // In any direction, and over the edge.
    let mut model = editing();
    let way = [(305, 208), (250, 190), (-77, 99)];
    let effects = drag_with(&mut model, Button::Left, &way);
    let bbox = SliceBox {
        x0: 0,
        y0: 9,
        x1: 31,
        y1: 21,
    };
    assert_eq!(drawn(&effects).unwrap().bbox, Some(bbox));
    let edit = review(&model).mode.edit().unwrap();
    assert_eq!((edit.cursor, edit.corner), ((0, 9), None));
}

#[test]
fn a_box_begun_with_a_key_is_ended_with_a_click() {
    let mut model = editing();
    let cursor = review(&model).mode.edit().unwrap().cursor;
    press(&mut model, "b");
    let effects = click(&mut model, (505, 308));
    let expected = SliceBox::spanning(cursor, (50, 30));
    assert_eq!(drawn(&effects).unwrap().bbox, Some(expected));
}

#[test]
fn a_key_while_a_button_is_held_takes_the_box_from_it() {
    let mut model = editing();
    act(&mut model, mouse(Gesture::Press(Button::Left)), (105, 108));
    act(&mut model, mouse(Gesture::Drag(Button::Left)), (205, 208));
    assert!(review(&model).mode.edit().unwrap().corner.is_some());
    press(&mut model, "esc");
    act(&mut model, mouse(Gesture::Drag(Button::Left)), (305, 208));
    let effects = act(
        &mut model,
        mouse(Gesture::Release(Button::Left)),
        (305, 208),
    );
    assert_eq!(effects, []);
    assert_eq!(review(&model).mode.edit().unwrap().corner, None);
}

#[test]
fn a_release_that_was_lost_leaves_nothing_half_drawn() {
    let mut model = editing();
    act(&mut model, mouse(Gesture::Press(Button::Left)), (105, 108));
    act(&mut model, mouse(Gesture::Drag(Button::Left)), (205, 208));
    let effects = click(&mut model, (405, 208));
    assert_eq!(drawn(&effects).unwrap().bbox, None);
}

#[test]
fn nothing_is_drawn_on_a_picture_that_is_no_longer_what_is_drawn_on() {
    let mut model = editing();
    let old = seen(&model);
    press(&mut model, "pgdn");
    for (button, at) in [(Button::Left, (405, 208)), (Button::Right, (405, 208))] {
        for gesture in [Gesture::Press(button), Gesture::Release(button)] {
            let pointer = on(old.clone(), mouse(gesture), at);
            assert_eq!(handle(&mut model, Event::Pointer(pointer)), []);
        }
        assert!(model.notice.take().unwrap().text.contains("on its way"));
    }
    // Nor where the slice changed while the button was held.
    act(&mut model, mouse(Gesture::Press(Button::Left)), (105, 108));
    turn(&mut model, Turn::Down, (105, 108));
    assert_eq!(review(&model).index(), 8, "the wheel waits");
}

#[test]
fn what_is_seen_stays_when_the_cursor_comes_from_elsewhere() {
    let mut model = editing();
    press(&mut model, "+ + +");
    press(&mut model, "H H H L L L L L L J J J");
    let before = review(&model).region().unwrap();
    let picture = seen(&model).unwrap();
    let at = (15, 15);
    let voxel = picture.pane_at(at).unwrap().under(at);
    act(&mut model, mouse(Gesture::Press(Button::Left)), at);
    assert_eq!(review(&model).region(), Some(before));
    assert_eq!(review(&model).mode.edit().unwrap().cursor, voxel);
}

/// The mouse in the list on a terminal of 80 × 24, whose first case is in row 3.
fn in_list(model: &mut Model, gesture: Gesture, cell: (u16, u16)) -> Vec<Effect> {
    let pointer = Pointer {
        mouse: mouse(gesture),
        cell,
        pixel: (0, 0),
        picture: None,
    };
    handle(model, Event::Pointer(pointer))
}

#[test]
fn in_the_list_a_click_selects_another_one_opens_and_the_wheel_moves() {
    let ids: Vec<String> = (0..40).map(|n| format!("case-{n:02}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut model = with_review(&ids);
    let press_at = Gesture::Press(Button::Left);
    in_list(&mut model, press_at, (10, 6));
    assert_eq!(model.queue.position(), 3);
    for nowhere in [
        (0, 5),
        (79, 5),
        (10, 0),
        (10, 1),
        (10, 2),
        (10, 15),
        (10, 23),
    ] {
        in_list(&mut model, press_at, nowhere);
        assert_eq!(model.queue.position(), 3, "{nowhere:?}");
    }
    in_list(&mut model, Gesture::Press(Button::Right), (10, 4));
    in_list(&mut model, Gesture::Drag(Button::Left), (10, 4));
    assert_eq!(model.queue.position(), 3);
    for _ in 0..6 {
        in_list(&mut model, Gesture::Wheel(Turn::Down), (10, 4));
    }
    assert_eq!(model.queue.position(), 21);
    assert!(model.queue.top() > 0);
    // The row of the screen is that of another case now.
    in_list(&mut model, press_at, (10, 3));
    assert_eq!(model.queue.position(), model.queue.top());
    in_list(&mut model, Gesture::Wheel(Turn::Up), (10, 4));
    let case = model.queue.selected().unwrap().id.clone();
    let row = 3 + (model.queue.position() - model.queue.top()) as u16;
    in_list(&mut model, press_at, (10, row));
    assert_eq!(review(&model).case, case);
}

fn anything() -> impl Strategy<Value = (Mouse, (i64, i64))> {
    let button = prop::sample::select(vec![Button::Left, Button::Middle, Button::Right]);
    let turn = prop::sample::select(vec![Turn::Up, Turn::Down]);
    let gesture = prop_oneof![
        button.clone().prop_map(Gesture::Press),
        button.clone().prop_map(Gesture::Drag),
        button.prop_map(Gesture::Release),
        turn.prop_map(Gesture::Wheel),
    ];
    let held = prop::array::uniform3(prop::bool::weighted(0.2));
    let at = (-40i64..800, -60i64..500);
    (gesture, held, at).prop_map(|(gesture, [shift, alt, ctrl], at)| {
        let mouse = Mouse {
            gesture,
            shift,
            alt,
            ctrl,
            at: (0, 0),
        };
        (mouse, at)
    })
}

proptest! {
    /// With every dialog open, on every screen, whatever the mouse does.
    #[test]
    fn the_mouse_decides_nothing(
        keys in prop::sample::select(vec![
            "", "/", "F", "r", ":", "?", "enter", "enter a", "enter r", "enter .", "enter v",
            "enter m", "enter w", "enter e", "enter e b", "enter e D", "enter e O", "v",
        ]),
        what in prop::collection::vec(anything(), 1..40),
    ) {
        let mut model = with_review(&["one", "two", "three"]);
        press(&mut model, "enter");
        show_all(&mut model);
        press(&mut model, "q");
        press(&mut model, keys);
        let (dialog, deciding) = (model.dialog.clone(), model.deciding.clone());
        for (mouse, at) in what {
            for effect in act(&mut model, mouse, at) {
                let draws = matches!(
                    &effect,
                    Effect::ChangeDraft { request, .. }
                        if matches!(request.change, DraftChange::Draw { .. })
                );
                let reads = matches!(effect, Effect::ReadAhead(_));
                prop_assert!(draws || reads, "{:?}", effect);
            }
            if !matches!(dialog, None | Some(Dialog::Help(_))) {
                prop_assert_eq!(&model.dialog, &dialog);
            }
        }
        prop_assert_eq!(&model.deciding, &deciding);
    }
}
