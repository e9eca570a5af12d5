//! The 2-D protocol: one prompt, then corrections where the mask is wrong.

use super::random::Random;
use crate::segment::propagation::innermost;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{Label, SlicePoint, SlicePrompt};

/// How far around the object negative points are looked for, in pixels, where nothing is wrong.
const AROUND: u32 = 3;

/// The first prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The pixel farthest inside the object.
    Point,
    /// The box around it.
    Box,
}

impl Start {
    /// Both of them.
    pub const ALL: [Start; 2] = [Start::Point, Start::Box];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Start::Point => "point",
            Start::Box => "box",
        }
    }

    /// The first prompt for an object; `None` if it has no pixel.
    pub fn prompt(self, truth: &SliceMask, label: Label, index: u32) -> Option<SlicePrompt> {
        let bounds = truth.bounds()?;
        let (bbox, points) = match self {
            Start::Point => (None, vec![innermost(truth)?]),
            Start::Box => (Some(bounds), Vec::new()),
        };
        Some(SlicePrompt {
            label,
            index,
            bbox,
            points,
        })
    }
}

/// Adds one positive and one negative point to a prompt, where `mask` is wrong if it is: as micro_sam's
/// `IterativePromptGenerator` does, a pixel that is missing, else one that is right, and a pixel that is
/// too much, else one near the object, else any outside.
pub fn correct(prompt: &mut SlicePrompt, truth: &SliceMask, mask: &SliceMask, random: &mut Random) {
    let Some(bounds) = truth.bounds() else {
        return;
    };
    let near = bounds.enlarged(AROUND, truth.shape());
    let is_near =
        |x: u32, y: u32| (near.x0..near.x1).contains(&x) && (near.y0..near.y1).contains(&y);
    let positive = [
        pixels(truth, |x, y| truth.get(x, y) && !mask.get(x, y)),
        pixels(truth, |x, y| truth.get(x, y) && mask.get(x, y)),
    ];
    let negative = [
        pixels(truth, |x, y| !truth.get(x, y) && mask.get(x, y)),
        pixels(truth, |x, y| !truth.get(x, y) && is_near(x, y)),
        pixels(truth, |x, y| !truth.get(x, y)),
    ];
    let mut add = |places: &[Vec<(u32, u32)>], positive| {
        let places = places.iter().find(|places| !places.is_empty());
        let place = places.and_then(|places| random.pick(places));
        prompt
            .points
            .extend(place.map(|(x, y)| SlicePoint { x, y, positive }));
    };
    add(&positive, true);
    add(&negative, false);
}

pub(super) fn pixels(mask: &SliceMask, is: impl Fn(u32, u32) -> bool) -> Vec<(u32, u32)> {
    let SliceShape { width, height } = mask.shape();
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    all.filter(|&(x, y)| is(x, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 32,
        height: 24,
    };

    fn square(x: u32) -> SliceMask {
        SliceMask::from_fn(SHAPE, |at, y| {
            (x..x + 8).contains(&at) && (8..16).contains(&y)
        })
    }

    #[test]
    fn corrections_lie_where_the_mask_is_wrong() {
        let (truth, mask) = (square(8), square(12));
        let mut prompt = Start::Box.prompt(&truth, Label::MIN, 3).unwrap();
        let mut random = Random::new(1);
        for round in 1..8 {
            correct(&mut prompt, &truth, &mask, &mut random);
            assert_eq!(prompt.points.len(), 2 * round);
        }
        for point in &prompt.points {
            let (x, y) = (point.x, point.y);
            assert_eq!(truth.get(x, y), point.positive);
            assert_eq!(
                mask.get(x, y),
                !point.positive,
                "{point:?} says what is known"
            );
        }
    }

    #[test]
    fn a_perfect_mask_is_corrected_near_the_object() {
        let truth = square(8);
        let mut prompt = Start::Point.prompt(&truth, Label::MIN, 3).unwrap();
        assert!(truth.get(prompt.points[0].x, prompt.points[0].y));
        correct(&mut prompt, &truth, &truth, &mut Random::new(5));
        let [_, inside, outside] = prompt.points[..] else {
            panic!("{prompt:?}")
        };
        assert!(truth.get(inside.x, inside.y) && inside.positive);
        assert!((5..19).contains(&outside.x) && (5..19).contains(&outside.y));
        assert!(!truth.get(outside.x, outside.y) && !outside.positive);
    }

    #[test]
    fn the_same_seed_gives_the_same_points() {
        let points = |seed| {
            let mut prompt = Start::Box.prompt(&square(8), Label::MIN, 0).unwrap();
            correct(&mut prompt, &square(8), &square(11), &mut Random::new(seed));
            prompt.points
        };
        assert_eq!(points(7), points(7));
        assert_ne!(points(7), points(8));
    }
}
