//! LiteMedSAM's preparation of slices and boxes, as in its `CVPR24_LiteMedSAM_infer.py`.

use super::{PromptToken, Sizes, TokenKind};
use crate::model::image::{SliceImage, fit_longest_side, resize_area, scale_to_longest_side};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SlicePrompt;

pub const SIZES: Sizes = Sizes {
    input: 256,
    channels: 256,
    grid: 64,
};

/// Longest side to 256, grey values stretched to 0..1, zeros to the right and below, the same for
/// red, green and blue.
pub fn preprocess(image: &SliceImage) -> Vec<f32> {
    let side = SIZES.input as usize;
    let fitted = resize_area(image, fit_longest_side(image.shape(), SIZES.input));
    let (mut low, mut high) = (u8::MAX, u8::MIN);
    for &pixel in fitted.pixels() {
        (low, high) = (low.min(pixel), high.max(pixel));
    }
    let range = f64::from(high.saturating_sub(low)).max(1e-8);
    let mut channel = vec![0f32; side * side];
    let width = fitted.shape().width as usize;
    for (row, pixels) in channel.chunks_mut(side).zip(fitted.pixels().chunks(width)) {
        for (value, &pixel) in row.iter_mut().zip(pixels) {
            *value = (f64::from(pixel - low) / range) as f32;
        }
    }
    channel.repeat(3)
}

/// Boxes as their first and last pixel, scaled and cut to whole numbers; points scaled. LiteMedSAM
/// was not trained on points: they go the way of SAM, before the box.
pub fn tokens(prompt: &SlicePrompt, shape: SliceShape) -> Vec<PromptToken> {
    let scale = scale_to_longest_side(shape, SIZES.input);
    let mut tokens = Vec::with_capacity(prompt.points.len() + 2);
    for point in &prompt.points {
        let kind = if point.positive {
            TokenKind::Positive
        } else {
            TokenKind::Negative
        };
        let at = [point.x, point.y].map(|v| (f64::from(v) * scale) as f32);
        tokens.push(PromptToken { at, kind });
    }
    if let Some(bbox) = prompt.bbox {
        let corner = |x, y, kind| PromptToken {
            at: [x, y].map(|v| (f64::from(v) * scale).trunc() as f32),
            kind,
        };
        tokens.push(corner(bbox.x0, bbox.y0, TokenKind::BoxFirst));
        let last = |end: u32| end.saturating_sub(1);
        tokens.push(corner(last(bbox.x1), last(bbox.y1), TokenKind::BoxLast));
    } else {
        let (at, kind) = ([0.0, 0.0], TokenKind::Padding);
        tokens.push(PromptToken { at, kind });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

    fn prompt(bbox: Option<SliceBox>, points: Vec<SlicePoint>) -> SlicePrompt {
        let label = Label::new(1).unwrap();
        SlicePrompt {
            label,
            index: 0,
            bbox,
            points,
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
    fn a_half_open_box_becomes_its_first_and_last_pixel_scaled_and_cut() {
        let bbox = SliceBox {
            x0: 319,
            y0: 337,
            x1: 384,
            y1: 394,
        };
        let tokens = tokens(&prompt(Some(bbox), vec![]), shape(512, 512));
        assert_eq!(listed(&tokens), [(159.0, 168.0, 2.0), (191.0, 196.0, 3.0)]);
    }

    #[test]
    fn points_come_before_the_box_or_before_the_padding_point() {
        let points = vec![
            SlicePoint {
                x: 351,
                y: 364,
                positive: true,
            },
            SlicePoint {
                x: 10,
                y: 20,
                positive: false,
            },
        ];
        let alone = tokens(&prompt(None, points.clone()), shape(512, 300));
        assert_eq!(
            listed(&alone),
            [(175.5, 182.0, 1.0), (5.0, 10.0, 0.0), (0.0, 0.0, -1.0)]
        );
        let bbox = SliceBox {
            x0: 0,
            y0: 0,
            x1: 1,
            y1: 1,
        };
        let both = listed(&tokens(&prompt(Some(bbox), points), shape(512, 300)));
        assert_eq!(
            both.iter().map(|t| t.2).collect::<Vec<_>>(),
            [1.0, 0.0, 2.0, 3.0]
        );
    }

    #[test]
    fn the_slice_is_stretched_to_one_and_padded_right_and_below() {
        let pixels = (0..512 * 256)
            .map(|i| if i % 512 < 256 { 50 } else { 150 })
            .collect();
        let image = SliceImage::new(shape(512, 256), pixels).unwrap();
        let input = preprocess(&image);
        assert_eq!(input.len(), 3 * 256 * 256);
        let at = |c: usize, x: usize, y: usize| input[(c * 256 + y) * 256 + x];
        for c in 0..3 {
            assert_eq!(
                (at(c, 0, 0), at(c, 255, 127), at(c, 0, 128)),
                (0.0, 1.0, 0.0)
            );
        }
    }

    #[test]
    fn a_uniform_slice_is_zero_and_not_a_division_by_zero() {
        let image = SliceImage::new(shape(3, 2), vec![77; 6]).unwrap();
        assert!(preprocess(&image).iter().all(|&v| v == 0.0));
    }
}
