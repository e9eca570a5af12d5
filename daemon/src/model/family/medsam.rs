//! MedSAM's preparation of slices and boxes, as in its `MedSAM_Inference.py`.

use super::Scores;
use crate::model::image::{SliceImage, Upsampled, range_of, resize_cubic};
use crate::model::sizes::Sizes;
use medicosam_shared::geometry::SliceShape;

/// The slice fills the whole input, in any proportions; values of all colours together stretched
/// to 0..1.
pub fn preprocess(image: &SliceImage, input: u32) -> Vec<f32> {
    let square = SliceShape {
        width: input,
        height: input,
    };
    let resized = image.channels();
    let fitted: Vec<SliceImage> = resized.iter().map(|c| resize_cubic(c, square)).collect();
    let (low, high) = range_of(&fitted);
    let range = f64::from(high.saturating_sub(low)).max(1e-8);
    let stretch = |&v: &u8| (f64::from(v - low) / range) as f32;
    let channels: Vec<f32> = fitted
        .iter()
        .flat_map(SliceImage::pixels)
        .map(stretch)
        .collect();
    // A grey picture has the same in all three.
    channels.repeat(3 / fitted.len())
}

/// A place in the slice, in pixels, as one in the encoder's input.
pub fn place(at: [u32; 2], shape: SliceShape, input: u32) -> [f32; 2] {
    let lengths = [shape.width, shape.height];
    std::array::from_fn(|axis| {
        (f64::from(at[axis]) / f64::from(lengths[axis]) * f64::from(input)) as f32
    })
}

/// Probabilities, not logits, are enlarged to the slice.
pub fn enlarge(logits: &[f32], sizes: Sizes, shape: SliceShape) -> Option<Scores> {
    let side = sizes.mask();
    let square = SliceShape {
        width: side as u32,
        height: side as u32,
    };
    let probabilities: Vec<f32> = logits.iter().map(|&logit| probability(logit)).collect();
    let upsampled = Upsampled::new(&probabilities, side, square, shape)?;
    Some(Scores {
        values: upsampled.values().collect(),
        possible: probability(-1.0),
        inside: 0.5,
        sure: probability(1.0),
    })
}

/// The logistic function.
fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
