//! LiteMedSAM's preparation of slices and boxes, as in its `CVPR24_LiteMedSAM_infer.py`.

use super::Scores;
use crate::model::image::{
    SliceImage, Upsampled, fit_longest_side, range_of, resize_area, scale_to_longest_side,
};
use crate::model::sizes::Sizes;
use medicosam_shared::geometry::SliceShape;

/// Longest side to the input's, values of all colours together stretched to 0..1, zeros to the right
/// and below.
pub fn preprocess(image: &SliceImage, input: u32) -> Vec<f32> {
    let side = input as usize;
    let to = fit_longest_side(image.shape(), input);
    let fitted: Vec<SliceImage> = image
        .channels()
        .iter()
        .map(|c| resize_area(c, to))
        .collect();
    let (low, high) = range_of(&fitted);
    let range = f64::from(high.saturating_sub(low)).max(1e-8);
    let mut channels = vec![0f32; fitted.len() * side * side];
    let width = to.width as usize;
    for (channel, fitted) in channels.chunks_mut(side * side).zip(&fitted) {
        for (row, pixels) in channel.chunks_mut(side).zip(fitted.pixels().chunks(width)) {
            for (value, &pixel) in row.iter_mut().zip(pixels) {
                *value = (f64::from(pixel - low) / range) as f32;
            }
        }
    }
    // A grey picture has the same in all three.
    channels.repeat(3 / fitted.len())
}

/// A point of the slice, in pixels, as one of the encoder's input.
pub fn point(at: [u32; 2], shape: SliceShape, input: u32) -> [f32; 2] {
    let scale = scale_to_longest_side(shape, input);
    at.map(|v| (f64::from(v) * scale) as f32)
}

/// The same for a corner of a box, cut to whole pixels.
pub fn corner(at: [u32; 2], shape: SliceShape, input: u32) -> [f32; 2] {
    let scale = scale_to_longest_side(shape, input);
    at.map(|v| (f64::from(v) * scale).trunc() as f32)
}

/// Logits of the slice's part of the mask at the resolution of the slice.
pub fn enlarge(logits: &[f32], sizes: Sizes, shape: SliceShape) -> Option<Scores> {
    let fitted = fit_longest_side(shape, sizes.input);
    let side = |length: u32| (length * 4 * sizes.grid).div_ceil(sizes.input);
    let part = SliceShape {
        width: side(fitted.width),
        height: side(fitted.height),
    };
    let upsampled = Upsampled::new(logits, sizes.mask(), part, shape)?;
    Some(Scores::of_logits(&upsampled))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn shape(width: u32, height: u32) -> SliceShape {
        SliceShape { width, height }
    }

    #[test]
    fn the_slice_is_stretched_to_one_and_padded_right_and_below() {
        let pixels = (0..512 * 256)
            .map(|i| if i % 512 < 256 { 50 } else { 150 })
            .collect();
        let image = SliceImage::new(shape(512, 256), pixels).unwrap();
        let input = preprocess(&image, 256);
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
        assert!(preprocess(&image, 256).iter().all(|&v| v == 0.0));
    }
}
