//! The preparation of SAM's predictor, as micro_sam calls it: SAM, MedicoSAM and MobileSAM.
//!
//! micro_sam makes 8-bit grey of a slice first (`_to_image`); that is
//! [`Range::Slice`](medicosam_shared::window::Range::Slice), and done before.

use super::Scores;
use crate::model::image::{SliceImage, Upsampled, fit_longest_side, resize_pillow};
use crate::model::sizes::Sizes;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SlicePrompt;

/// Mean and standard deviation of red, green and blue that SAM was trained with.
const COLOURS: [(f32, f32); 3] = [(123.675, 58.395), (116.28, 57.12), (103.53, 57.375)];

/// Longest side to the input's, normalised by the mean and deviation of each colour, then zeros to
/// the right and below.
pub fn preprocess(image: &SliceImage, input: u32) -> Vec<f32> {
    let to = fit_longest_side(image.shape(), input);
    let fitted: Vec<SliceImage> = image
        .channels()
        .iter()
        .map(|c| resize_pillow(c, to))
        .collect();
    let side = input as usize;
    let width = to.width as usize;
    let mut channels = vec![0f32; 3 * side * side];
    // A grey picture has the same in all three.
    let colours = COLOURS.into_iter().zip(fitted.iter().cycle());
    for (channel, ((mean, deviation), fitted)) in
        channels.chunks_exact_mut(side * side).zip(colours)
    {
        let rows = channel.chunks_exact_mut(side);
        for (row, pixels) in rows.zip(fitted.pixels().chunks_exact(width)) {
            for (value, &pixel) in row.iter_mut().zip(pixels) {
                *value = (f32::from(pixel) - mean) / deviation;
            }
        }
    }
    channels
}

/// The colours (S, S, 3), 0 to 255, of a prepared slice (3, S, S), for graphs that normalise
/// themselves. Where the slice is padded they are the mean, which becomes zero again.
pub fn colours(prepared: &[f32]) -> Vec<f32> {
    let plane = prepared.len() / COLOURS.len();
    let mut colours = Vec::with_capacity(prepared.len());
    for pixel in 0..plane {
        for (channel, (mean, deviation)) in COLOURS.into_iter().enumerate() {
            colours.push(prepared[channel * plane + pixel] * deviation + mean);
        }
    }
    colours
}

/// A place in the slice, in pixels, as one in the encoder's input.
pub fn place(at: [u32; 2], shape: SliceShape, input: u32) -> [f32; 2] {
    let fitted = fit_longest_side(shape, input);
    let scales = [
        f64::from(fitted.width) / f64::from(shape.width),
        f64::from(fitted.height) / f64::from(shape.height),
    ];
    std::array::from_fn(|axis| (f64::from(at[axis]) * scales[axis]) as f32)
}

/// Whether a prompt is a single positive point, which may mean a part or the whole.
pub fn is_ambiguous(prompt: &SlicePrompt, corrects: bool) -> bool {
    !corrects
        && prompt.bbox.is_none()
        && matches!(prompt.points.as_slice(), [point] if point.positive)
}

/// micro_sam's choice: of a single positive point, SAM cannot tell whether a part or the whole is
/// meant; the best of the three masks for such prompts counts, by predicted IoU. Everything else
/// has the first mask.
pub fn answer(prompt: &SlicePrompt, corrects: bool, iou: &[f32]) -> usize {
    if !is_ambiguous(prompt, corrects) {
        return 0;
    }
    let masks = iou.iter().enumerate().skip(1);
    let best = masks.fold(None, |best: Option<(usize, f32)>, (at, &iou)| match best {
        Some((_, most)) if most >= iou => best,
        _ => Some((at, iou)),
    });
    best.map_or(0, |(at, _)| at)
}

/// Logits at the resolution of the input, cropped to the slice's part, and those at the resolution
/// of the slice.
pub fn enlarge(logits: &[f32], sizes: Sizes, shape: SliceShape) -> Option<Scores> {
    let square = |side: u32| SliceShape {
        width: side,
        height: side,
    };
    let fitted = fit_longest_side(shape, sizes.input);
    let side = sizes.mask();
    let at_input = Upsampled::new(logits, side, square(side as u32), square(sizes.input))?;
    let at_input: Vec<f32> = at_input.cropped(fitted).values().collect();
    let upsampled = Upsampled::new(&at_input, fitted.width as usize, fitted, shape)?;
    Some(Scores::of_logits(&upsampled))
}
