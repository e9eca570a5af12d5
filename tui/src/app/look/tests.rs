use super::*;
use crate::app::fixture::{connected, press, show, summary, wait, with_review};
use crate::app::state::review::overlay::Overlay;
use crate::app::state::review::subject::SliceSubject;
use crate::app::state::review::tiles::Tiles;
use crate::app::{Context, Effect, Event, Subject, handle};
use crate::picture::{Form, GreyLevels, Ink, Mark, Palette, Region, Resample, Size};
use medicosam_shared::case::{CaseDetail, CaseId, CaseState};
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_shared::provenance::SliceScore;
use medicosam_shared::window::Range;

fn opened() -> Model {
    let mut model = with_review(&["one"]);
    press(&mut model, "enter");
    model
}

/// A case whose second revision is the current one.
fn revised() -> Model {
    let mut case = summary("one", CaseState::Review, Some(0.7));
    case.revision = Some(2);
    let mut model = connected(vec![case]);
    press(&mut model, "enter");
    model
}

fn subject(model: &Model) -> SliceSubject {
    match model.subject() {
        Subject::Slice(subject) => *subject,
        other => panic!("{other:?}"),
    }
}

fn review(model: &Model) -> &Review {
    model.review().unwrap()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |n| &n.text)
}

/// Slices that are seen: axis and index of each.
fn seen(model: &Model) -> Vec<(Axis, u32)> {
    let panes = subject(model).panes;
    panes
        .iter()
        .map(|p| (p.slice.axis, p.slice.index))
        .collect()
}

#[test]
fn planes_are_changed_by_key_and_all_go_through_the_middle_of_the_mask() {
    let mut model = opened();
    assert_eq!(seen(&model), [(Axis::K, 7)]);
    for (key, axis, index, sides) in [
        ("y", Axis::J, 20, ('R', 'S')),
        ("x", Axis::I, 40, ('A', 'S')),
        ("z", Axis::K, 7, ('R', 'A')),
    ] {
        press(&mut model, key);
        assert_eq!(seen(&model), [(axis, index)]);
        let orientation = subject(&model).panes[0].orientation;
        assert_eq!((orientation.left, orientation.top), sides);
    }
    press(&mut model, "y j");
    assert_eq!(seen(&model), [(Axis::J, 21)]);
    assert!(review(&model).mask_slices().contains(&21));
    press(&mut model, "] G [");
    assert!(
        review(&model).index() < 35,
        "the last coronal slice with a mask"
    );
}

#[test]
fn three_planes_are_linked_by_the_voxel_that_is_pointed_at() {
    let mut model = opened();
    press(&mut model, "v");
    assert_eq!(seen(&model), [(Axis::K, 7), (Axis::I, 40), (Axis::J, 20)]);
    press(&mut model, "j");
    assert_eq!(seen(&model)[0], (Axis::K, 8));
    // The patient's left is on the right; i grows to the left.
    press(&mut model, "shift-right");
    assert_eq!(review(&model).at, [41, 20, 8]);
    press(&mut model, "ctrl-up 0 3 shift-down");
    assert_eq!(review(&model).at, [41, 13, 8]);
    press(&mut model, "y shift-up");
    assert_eq!(seen(&model), [(Axis::J, 13), (Axis::I, 41), (Axis::K, 9)]);
    press(&mut model, "v");
    assert_eq!(seen(&model), [(Axis::J, 13)]);
}

#[test]
fn a_number_before_a_key_says_where_to_or_how_often_and_leaves_the_window() {
    let mut model = opened();
    let before = review(&model).display.window;
    let state = |model: &Model| (review(model).index(), review(model).display.window);
    press(&mut model, "1 2 G");
    assert_eq!(state(&model), (12, before));
    press(&mut model, "0 3 j");
    assert_eq!(state(&model), (15, before));
    press(&mut model, "1 0 k");
    assert_eq!(state(&model), (5, before));
    press(&mut model, "0 2 ]");
    assert_eq!(state(&model), (7, before));
    press(&mut model, "9 9 9 9 9 9 9 G");
    assert_eq!(state(&model), (20, before));
    press(&mut model, "4 2 esc");
    assert_eq!(
        model.context(),
        Context::Review,
        "the number is given up first"
    );
    press(&mut model, "k");
    assert_eq!(state(&model), (19, before));
    // A digit by itself is a window, and so are digits with time between them.
    let lung = WindowChoice::Preset("lung", 1500, -600);
    press(&mut model, "2 k");
    assert_eq!(state(&model), (18, lung));
    press(&mut model, "1");
    wait(&mut model);
    press(&mut model, "2 k");
    assert_eq!(state(&model), (17, lung));
}

#[test]
fn slices_with_a_low_score_are_walked_in_the_plane_they_were_scored_in() {
    let mut model = opened();
    press(&mut model, "y }");
    assert_eq!(seen(&model), [(Axis::K, 8)]);
    press(&mut model, "}");
    assert_eq!(
        notice(&model),
        "The model is sure of all slices further on."
    );
    press(&mut model, "G {");
    assert_eq!(seen(&model), [(Axis::K, 8)]);
}

#[test]
fn the_window_is_adjusted_by_keys_of_its_own() {
    let mut model = opened();
    press(&mut model, "w");
    assert_eq!(model.context(), Context::Window);
    press(&mut model, "k k l");
    let Range::Fixed { low, high } = subject(&model).range else {
        panic!("of the slice");
    };
    assert!((high - low - 1650.0).abs() < 1e-6 && (low + high + 900.0).abs() < 1e-6);
    press(&mut model, "i esc");
    assert!(subject(&model).inverted);
    assert_eq!(model.context(), Context::Review);
    press(&mut model, "6");
    assert!(matches!(
        review(&model).display.window,
        WindowChoice::Auto(_)
    ));
    wait(&mut model);
    press(&mut model, "0");
    assert_eq!(review(&model).display.window, WindowChoice::Case);
}

#[test]
fn masks_are_outlined_filled_or_hidden() {
    let mut model = opened();
    let state = |model: &Model| {
        let display = &review(model).display;
        (display.masks_visible, display.form)
    };
    press(&mut model, "o");
    assert_eq!(state(&model), (true, Form::Filled));
    let before = subject(&model);
    press(&mut model, ")");
    assert_ne!(subject(&model), before);
    press(&mut model, ") ) ) ) )");
    assert_eq!(review(&model).display.opacity.percent(), 80);
    press(&mut model, "o");
    assert_eq!(state(&model), (false, Form::Outline));
    assert_eq!(subject(&model).overlay, Overlay::Nothing);
    press(&mut model, "o space space");
    assert_eq!(state(&model), (true, Form::Outline));
}

#[test]
fn a_part_is_looked_at_closely() {
    let mut model = opened();
    press(&mut model, "+ +");
    let region = subject(&model).panes[0].region;
    assert_eq!((region.width, region.height), (32, 24));
    press(&mut model, "L");
    assert!(subject(&model).panes[0].region.x > region.x);
    press(&mut model, "=");
    let whole = Region {
        x: 0,
        y: 0,
        width: 64,
        height: 48,
    };
    assert_eq!(subject(&model).panes[0].region, whole);
    press(&mut model, "F");
    let region = subject(&model).panes[0].region;
    assert!(region.width < 48 && (region.x..region.x + region.width).contains(&40));
    // What is drawn on stays in sight.
    press(&mut model, "e H H H H H H");
    let region = subject(&model).panes[0].region;
    assert_eq!(region.x, 0);
}

#[test]
fn a_mosaic_goes_from_before_the_mask_to_behind_it() {
    let mut model = opened();
    press(&mut model, "m");
    let tiles: Vec<u32> = seen(&model).iter().map(|(_, index)| *index).collect();
    assert_eq!(tiles, [4, 5, 6, 7, 8, 9]);
    let selected = |model: &Model| {
        let panes = subject(model).panes;
        let selected: Vec<_> = panes.iter().filter(|p| p.frames.selected).collect();
        assert_eq!(selected.len(), 1);
        let low = panes.iter().filter(|p| p.frames.low);
        let low: Vec<u32> = low.map(|p| p.slice.index).collect();
        assert_eq!(low, [8], "also where it is selected");
        selected[0].slice.index
    };
    assert_eq!(selected(&model), 7);
    press(&mut model, "j j j j");
    assert_eq!(selected(&model), 9);
    press(&mut model, "k enter");
    assert_eq!(seen(&model), [(Axis::K, 8)]);
    press(&mut model, "m esc");
    assert_eq!(seen(&model), [(Axis::K, 8)]);
    press(&mut model, "m y");
    assert!(seen(&model).len() > 10, "coronal: {:?}", seen(&model));
}

#[test]
fn every_tile_of_a_mosaic_and_every_plane_counts_as_seen() {
    let mut model = opened();
    press(&mut model, "m");
    let tiles = seen(&model);
    assert_eq!(
        tiles.len(),
        6,
        "the four slices with a mask, one on either side"
    );
    let coverage = |model: &Model| model.coverage(&CaseId("one".to_owned()), 1);
    assert_eq!(coverage(&model), (0, 0), "it is not on the screen yet");
    show(&mut model);
    assert_eq!(coverage(&model), (4, 4));
    let decided = press(&mut model, "esc a");
    assert!(
        matches!(decided[..], [Effect::Decide { .. }]),
        "{decided:?}"
    );

    let mut model = opened();
    press(&mut model, "m space");
    show(&mut model);
    assert_eq!(coverage(&model), (0, 0), "without masks");
    let mut model = opened();
    press(&mut model, "v");
    show(&mut model);
    for (axis, index) in [(Axis::K, 7), (Axis::I, 40), (Axis::J, 20)] {
        assert!(
            !model
                .unseen(&CaseId("one".to_owned()), 1, axis)
                .contains(&index)
        );
    }
}

#[test]
fn a_slice_that_stays_is_drawn_once_and_looks_freshly_drawn() {
    let mut model = opened();
    press(&mut model, "m");
    let tiles = Tiles::default();
    let compose = |model: &Model, tiles: &Tiles, greys| {
        let size = Size {
            width: 300,
            height: 200,
        };
        let palette = Palette::new(greys);
        subject(model).compose(size, 1.0, palette, Resample::Linear, tiles)
    };
    // Whatever a tile depends on is changed, and changed back.
    for keys in [
        "", "j", "space", "space", "o", "}", "o", "o", "i", "i", "v", "m", "1", "+", "y",
    ] {
        press(&mut model, keys);
        for greys in [GreyLevels::USUAL, GreyLevels::FEW] {
            let fresh = compose(&model, &Tiles::default(), greys);
            assert!(
                fresh.is_some() && compose(&model, &tiles, greys) == fresh,
                "{keys:?}"
            );
        }
    }
}

#[test]
fn a_revision_is_compared_with_the_one_before() {
    let mut model = opened();
    press(&mut model, "c");
    assert!(notice(&model).contains("first revision"));

    let mut model = revised();
    press(&mut model, "c");
    assert!(matches!(
        subject(&model).overlay,
        Overlay::Changes { ref now, ref before } if now.0 == 2 && before.0 == 1
    ));
    press(&mut model, "b");
    assert_eq!(subject(&model).showing.revision, Some(1));
    show(&mut model);
    assert_eq!(press(&mut model, "a"), [], "revision 2 has not been seen");
    press(&mut model, "b");
    assert_eq!(subject(&model).showing.revision, Some(2));
    press(&mut model, "c e");
    assert!(matches!(subject(&model).overlay, Overlay::Masks(2, _)));
}

#[test]
fn masks_and_frames_are_in_the_picture_of_every_layout() {
    let mut model = opened();
    let size = Size {
        width: 480,
        height: 360,
    };
    for keys in ["", "y", "x", "v", "m", "m o", "z v"] {
        press(&mut model, keys);
        let palette = Palette::new(GreyLevels::USUAL);
        let subject = subject(&model);
        let picture = subject.compose(size, 1.0, palette, Resample::Linear, &Tiles::default());
        let picture = picture.unwrap();
        let count = |ink| {
            let colour = palette.ink(ink);
            picture.pixels().iter().filter(|p| **p == colour).count()
        };
        assert!(
            count(Ink::Mask(medicosam_shared::prompt::Label::MIN)) > 20,
            "{keys}"
        );
        assert_eq!(count(Ink::Tool) > 0, subject.panes.len() > 1, "{keys}");
        assert_eq!(picture.palette().has_tints(), subject.form == Form::Filled);
    }
}

#[test]
fn no_picture_is_made_before_all_slices_of_it_are_here() {
    let mut model = opened();
    // Unanswered, as `press` would not leave it.
    let effects = handle(&mut model, Event::Key("v".parse().unwrap()));
    assert!(!effects.is_empty());
    assert_eq!(model.subject(), Subject::Same);
}

/// What the current revision of the open case says of itself.
fn made(model: &mut Model) -> &mut medicosam_shared::provenance::Provenance {
    let detail = model.review_mut().unwrap().detail.as_mut().unwrap();
    let current = detail.summary.revision;
    let revisions = detail.revisions.iter_mut();
    let current = revisions.rev().find(|r| Some(r.number) == current);
    &mut current.unwrap().provenance
}

fn asked(index: u32) -> SlicePrompt {
    SlicePrompt {
        label: Label::MIN,
        index,
        bbox: Some(SliceBox {
            x0: index,
            y0: 10,
            x1: 50,
            y1: 30,
        }),
        points: Vec::new(),
    }
}

fn boxes(model: &Model) -> Vec<u32> {
    let marks = subject(model).panes[0].marks.clone().into_iter();
    marks
        .filter_map(|mark| match mark {
            Mark::AskedBox(_, bbox) => Some(bbox.x0),
            _ => None,
        })
        .collect()
}

#[test]
fn the_prompts_that_made_the_masks_are_drawn_by_a_key_and_while_prompts_are_changed() {
    let mut model = revised();
    // The second revision corrected slice 8; slice 7 is as the first one made it.
    made(&mut model).prompts = vec![asked(8)];
    let detail = model.review_mut().unwrap().detail.as_mut().unwrap();
    detail.revisions[0].provenance.prompts = vec![
        asked(7),
        SlicePrompt {
            index: 8,
            ..asked(9)
        },
    ];
    assert_eq!(boxes(&model), [0; 0]);
    press(&mut model, "P");
    assert_eq!(boxes(&model), [7]);
    press(&mut model, "j");
    assert_eq!(boxes(&model), [8], "the latest");
    press(&mut model, "P e");
    assert_eq!(boxes(&model), [8], "on while prompts are changed");
    press(&mut model, "P");
    assert_eq!(boxes(&model), [0; 0]);
}

#[test]
fn a_case_opens_where_it_deserves_the_first_look() {
    let opened_at = |change: &dyn Fn(&mut CaseDetail)| {
        let mut detail = crate::app::fixture::detail("one", CaseState::Review, 1);
        change(&mut detail);
        let mut review = Review::new(CaseId("one".to_owned()));
        review.put_detail(detail);
        review.index()
    };
    let slices = |detail: &mut CaseDetail, change: &dyn Fn(&mut SliceScore)| {
        let objects = &mut detail.revisions[0].provenance.objects;
        objects[0].slices.iter_mut().for_each(change);
    };
    // The largest mask is on 7.
    let worst = opened_at(&|detail| {
        slices(detail, &|score| {
            score.agreement = None;
            score.predicted_iou = if score.index == 6 { 0.3 } else { 0.9 };
        });
    });
    assert_eq!(worst, 6);
    let empty = opened_at(&|detail| {
        let made = &mut detail.revisions[0].provenance;
        made.prompts = (2..5).map(asked).collect();
        made.objects[0].voxels = 0;
        made.objects[0].slices.clear();
    });
    assert_eq!(empty, 3, "the middle of its box");
}

#[test]
fn a_mosaic_is_fitted_to_the_masks_and_zoomed_by_itself() {
    let mut model = opened();
    let width = |model: &Model| subject(model).panes[0].region.width;
    assert_eq!(width(&model), 64);
    press(&mut model, "m");
    let fitted = width(&model);
    assert!(fitted < 48, "{fitted}");
    press(&mut model, "+");
    assert!(width(&model) < fitted);
    press(&mut model, "=");
    assert_eq!(width(&model), 64);
    press(&mut model, "F");
    assert_eq!(width(&model), fitted);
    press(&mut model, "m");
    assert_eq!(width(&model), 64, "one slice is as it was");
}

#[test]
fn the_way_of_looking_is_kept_from_case_to_case_but_nothing_that_hides() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter m o P i space n");
    let shown = review(&model);
    assert_eq!(shown.layout, Layout::Mosaic);
    assert_eq!(shown.display.form, Form::Filled);
    assert!(shown.are_prompts_shown());
    assert!(shown.display.masks_visible && !shown.display.inverted);
    assert!(subject(&model).panes[0].region.width < 48, "fitted again");
    press(&mut model, "esc m esc enter");
    assert_eq!(review(&model).layout, Layout::One);
}
