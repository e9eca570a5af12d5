use super::*;
use crate::model::view::View;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

const LITE: Sizes = Sizes {
    input: 256,
    channels: 256,
    grid: 64,
};
const FULL: Sizes = Sizes {
    input: 1024,
    channels: 256,
    grid: 64,
};

fn prompt(bbox: Option<[u32; 4]>, points: &[(u32, u32, bool)]) -> SlicePrompt {
    let point = |&(x, y, positive)| SlicePoint { x, y, positive };
    SlicePrompt {
        label: Label::new(1).unwrap(),
        index: 0,
        bbox: bbox.map(|[x0, y0, x1, y1]| SliceBox { x0, y0, x1, y1 }),
        points: points.iter().map(point).collect(),
    }
}

fn shape(width: u32, height: u32) -> SliceShape {
    SliceShape { width, height }
}

fn listed(tokens: &[PromptToken]) -> Vec<(f32, f32, f32)> {
    tokens
        .iter()
        .map(|t| (t.at[0], t.at[1], t.kind.label()))
        .collect()
}

#[test]
fn each_family_scales_boxes_in_its_own_way() {
    let prompt = prompt(Some([319, 337, 384, 394]), &[]);
    let tokens = |family: Family, sizes| listed(&family.tokens(&prompt, shape(512, 500), sizes));
    assert_eq!(
        tokens(Family::LiteMedSam, LITE),
        [(159.0, 168.0, 2.0), (191.0, 196.0, 3.0)]
    );
    assert_eq!(
        tokens(Family::Sam, FULL),
        [(638.0, 674.0, 2.0), (768.0, 788.0, 3.0)]
    );
    let at = |v: f64| (v / 500.0 * 1024.0) as f32;
    assert_eq!(
        tokens(Family::MedSam, FULL),
        [(638.0, at(337.0), 2.0), (766.0, at(393.0), 3.0)]
    );
}

/// SAM scales each axis by what its side was rounded to.
#[test]
fn sams_coordinates_follow_the_rounded_sides() {
    let tokens = Family::Sam.tokens(&prompt(None, &[(50, 20, true)]), shape(100, 37), FULL);
    // 37 · 10.24 = 378.88 becomes 379 rows.
    let y = (20.0 * (379.0 / 37.0)) as f32;
    assert_eq!(listed(&tokens), [(512.0, y, 1.0), (0.0, 0.0, -1.0)]);
}

#[test]
fn points_come_before_the_box_or_before_the_padding_point() {
    let points = [(351, 364, true), (10, 20, false)];
    let alone = Family::LiteMedSam.tokens(&prompt(None, &points), shape(512, 300), LITE);
    assert_eq!(
        listed(&alone),
        [(175.5, 182.0, 1.0), (5.0, 10.0, 0.0), (0.0, 0.0, -1.0)]
    );
    for family in Family::ALL {
        let both = prompt(Some([0, 0, 1, 1]), &points);
        let labels: Vec<f32> = listed(&family.tokens(&both, shape(512, 300), LITE))
            .iter()
            .map(|t| t.2)
            .collect();
        assert_eq!(labels, [1.0, 0.0, 2.0, 3.0]);
    }
}

#[test]
fn a_lone_positive_point_has_the_best_of_three_masks_and_everything_else_the_first() {
    let iou = [0.99, 0.5, 0.8, 0.8];
    let answer = |prompt: &SlicePrompt, corrects| Family::Sam.answer(prompt, corrects, &iou);
    let point = prompt(None, &[(1, 1, true)]);
    assert_eq!(answer(&point, false), 2);
    assert_eq!(answer(&point, true), 0);
    assert_eq!(answer(&prompt(None, &[(1, 1, false)]), false), 0);
    assert_eq!(
        answer(&prompt(None, &[(1, 1, true), (2, 2, true)]), false),
        0
    );
    assert_eq!(
        answer(&prompt(Some([0, 0, 9, 9]), &[(1, 1, true)]), false),
        0
    );
    assert_eq!(Family::Sam.answer(&point, false, &[0.5]), 0);
    assert_eq!(Family::LiteMedSam.answer(&point, false, &iou), 0);
    assert_eq!(Family::MedSam.answer(&point, false, &iou), 0);
}

#[test]
fn sam_normalises_colours_and_pads_after_that() {
    let image = SliceImage::new(shape(8, 4), vec![100; 32]).unwrap();
    let sizes = Sizes { input: 16, ..FULL };
    let input = Family::Sam.preprocess(&image, sizes);
    let at = |c: usize, x: usize, y: usize| input[(c * 16 + y) * 16 + x];
    let expected = [
        (100.0 - 123.675) / 58.395,
        (100.0 - 116.28) / 57.12,
        (100.0 - 103.53) / 57.375,
    ];
    for (c, value) in expected.into_iter().enumerate() {
        assert_eq!((at(c, 0, 0), at(c, 15, 7)), (value, value));
        assert_eq!(at(c, 0, 8), 0.0);
    }
}

#[test]
fn medsam_fills_the_whole_input() {
    let pixels = (0..32).map(|i| if i % 8 < 4 { 20 } else { 220 }).collect();
    let image = SliceImage::new(shape(8, 4), pixels).unwrap();
    let input = Family::MedSam.preprocess(&image, Sizes { input: 16, ..FULL });
    assert_eq!(input.len(), 3 * 16 * 16);
    let at = |c: usize, x: usize, y: usize| input[(c * 16 + y) * 16 + x];
    for c in 0..3 {
        assert_eq!((at(c, 7, 15) < 0.5, at(c, 8, 15) > 0.5), (true, true));
    }
    let (low, high) = input
        .iter()
        .fold((1f32, 0f32), |(low, high), &v| (low.min(v), high.max(v)));
    assert_eq!((low, high), (0.0, 1.0));
}

/// A mask whose upper left quarter is inside, at the resolution of the decoder.
fn quarter(side: usize) -> Vec<f32> {
    let inside = |n: usize| n % side < side / 2 && n / side < side / 2;
    (0..side * side)
        .map(|n| if inside(n) { 4.0 } else { -4.0 })
        .collect()
}

#[test]
fn each_family_finds_the_slice_in_its_masks() {
    let logits = quarter(256);
    // SAM and LiteMedSAM fit the longest side: the slice is the mask's upper half.
    let wide = shape(100, 50);
    let inside = |family: Family, sizes| {
        let scores = family.enlarge(&logits, sizes, wide).unwrap();
        assert_eq!(scores.values.len(), 5000);
        assert!(scores.possible < scores.inside && scores.inside < scores.sure);
        let inside = move |x: usize, y: usize| scores.values[y * 100 + x] > scores.inside;
        [
            inside(49, 49),
            inside(50, 49),
            inside(49, 24),
            inside(49, 25),
        ]
    };
    assert_eq!(inside(Family::Sam, FULL), [true, false, true, true]);
    assert_eq!(inside(Family::LiteMedSam, LITE), [true, false, true, true]);
    assert_eq!(inside(Family::MedSam, FULL), [false, false, true, false]);
    for family in Family::ALL {
        assert!(family.enlarge(&logits[1..], FULL, wide).is_none());
    }
}

#[test]
fn a_mask_to_start_from_lies_where_the_model_sees_the_slice() {
    // Left half of a slice that is twice as wide as high.
    let wide = shape(512, 256);
    let mask = SliceMask::from_fn(wide, |x, _| x < 256);
    for (family, rows) in [
        (Family::Sam, 128),
        (Family::LiteMedSam, 128),
        (Family::MedSam, 256),
    ] {
        let start = family.start_from(&mask, View::as_stored(wide), FULL);
        let positive = |x: usize, y: usize| start.values[y * start.side + x] > 0.0;
        assert_eq!(start.side, 256);
        assert!(positive(0, 0) && positive(127, rows - 1), "{family:?}");
        assert!(!positive(128, 0), "{family:?}");
        assert_eq!(
            start.values.iter().filter(|v| **v > 0.0).count(),
            128 * rows
        );
        assert!((start.values[0] - 6.9068).abs() < 1e-4);
        // What the decoder would give back for it is the mask.
        let scores = family.enlarge(&start.values, FULL, wide).unwrap();
        let inside = |x: usize, y: usize| scores.values[y * 512 + x] > scores.inside;
        assert!(inside(20, 128) && !inside(400, 128), "{family:?}");
    }
}

#[test]
fn three_equal_colours_are_grey_and_others_are_not() {
    let pixels: Vec<u8> = (0..64u8).map(|v| v * 3).collect();
    let grey = SliceImage::new(shape(8, 8), pixels.clone()).unwrap();
    let same = SliceImage::coloured(shape(8, 8), [(); 3].map(|()| pixels.clone())).unwrap();
    // The same darkest and brightest value, or all three would be stretched in another way.
    let reversed = pixels.iter().rev().copied().collect();
    let blue = SliceImage::coloured(shape(8, 8), [pixels.clone(), pixels, reversed]).unwrap();
    let sizes = Sizes { input: 16, ..LITE };
    for family in Family::ALL {
        let expected = family.preprocess(&grey, sizes);
        assert_eq!(family.preprocess(&same, sizes), expected, "{family:?}");
        let seen = family.preprocess(&blue, sizes);
        assert_eq!(seen.len(), expected.len());
        let plane = 16 * 16;
        assert_eq!(seen[..2 * plane], expected[..2 * plane], "red and green");
        assert_ne!(seen[2 * plane..], expected[2 * plane..], "blue");
    }
    assert_eq!(
        SliceImage::coloured(shape(8, 8), [vec![0; 64], vec![0; 64], vec![]]),
        None
    );
}
