//! Whether there is anything to see on slices: a model finds something in a blank slice and in noise, too,
//! and is as sure of it as of an organ.

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::quality::Quality;
use std::collections::BTreeMap;

/// A slice whose neighbouring pixels have less in common than this shows noise: of white noise the
/// correlation is 0, of a slice of a body that is full of noise still more than a half.
const LEAST_CORRELATION: f64 = 0.2;

/// Slices with fewer pixels are too small for a correlation.
const LEAST_PIXELS: usize = 400;

/// What a slice shows, as the window shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Something.
    Something,
    /// One grey.
    Blank,
    /// Noise.
    Noise,
}

/// What a slice shows; `greys` are its pixels, row by row.
pub fn sight(greys: &[u8], shape: SliceShape) -> Sight {
    let Some(first) = greys.first() else {
        return Sight::Blank;
    };
    if greys.iter().all(|grey| grey == first) {
        return Sight::Blank;
    }
    let is_noise = greys.len() >= LEAST_PIXELS && correlation(greys, shape) < LEAST_CORRELATION;
    if is_noise {
        Sight::Noise
    } else {
        Sight::Something
    }
}

/// Correlation of pixels with their right and lower neighbours.
fn correlation(greys: &[u8], shape: SliceShape) -> f64 {
    let width = shape.width as usize;
    let mean = greys.iter().map(|&grey| f64::from(grey)).sum::<f64>() / greys.len() as f64;
    let off = |at: usize| f64::from(greys[at]) - mean;
    let (mut products, mut pairs) = (0.0, 0usize);
    for at in 0..greys.len() {
        if at % width + 1 < width {
            products += off(at) * off(at + 1);
            pairs += 1;
        }
        if at + width < greys.len() {
            products += off(at) * off(at + width);
            pairs += 1;
        }
    }
    let variance = (0..greys.len()).map(|at| off(at).powi(2)).sum::<f64>() / greys.len() as f64;
    products / pairs.max(1) as f64 / variance
}

/// Lowers the score by the share of slices that show nothing (0 where all do), and says which. `sights` are
/// those of the slices that the model was asked about.
pub fn by_sight(quality: Quality, sights: &BTreeMap<u32, Sight>) -> Quality {
    let of = |which: Sight| -> Vec<u32> {
        let found = sights.iter().filter(|&(_, sight)| *sight == which);
        found.map(|(&index, _)| index).collect()
    };
    let (blank, noise) = (of(Sight::Blank), of(Sight::Noise));
    let nothing = blank.len() + noise.len();
    if nothing == 0 {
        return quality;
    }
    let mut reasons = Vec::new();
    if !blank.is_empty() {
        let slices = slices(&blank);
        reasons.push(format!("nothing to see on {slices}: all pixels are alike"));
    }
    if !noise.is_empty() {
        let slices = slices(&noise);
        reasons.push(format!("nothing but noise to see on {slices}"));
    }
    reasons.extend(quality.reasons.iter().cloned());
    let seen = 1.0 - nothing as f32 / sights.len() as f32;
    let quality = quality.times(seen);
    Quality { reasons, ..quality }
}

/// Slices in words, in runs: "slice 4", "slices 0-2, 7".
fn slices(indices: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &index in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            Some(_) | None => runs.push((index, index)),
        }
    }
    let text = |&(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let runs: Vec<String> = runs.iter().map(text).collect();
    let word = match indices {
        [_] => "slice",
        _ => "slices",
    };
    format!("{word} {}", runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SliceShape = SliceShape {
        width: 64,
        height: 48,
    };

    /// Grey noise, the same on every machine.
    fn noise(seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..SHAPE.pixels()).map(|_| next()).collect()
    }

    /// A bright square in the dark, with a share of noise.
    fn square(share: f64) -> Vec<u8> {
        let noise = noise(7);
        let pixel = |(at, &noise): (usize, &u8)| {
            let (x, y) = (at % 64, at / 64);
            let inside = (20..44).contains(&x) && (12..36).contains(&y);
            let thing = if inside { 200.0 } else { 30.0 };
            (thing * (1.0 - share) + f64::from(noise) * share) as u8
        };
        noise.iter().enumerate().map(pixel).collect()
    }

    #[test]
    fn a_thing_in_noise_is_something_and_noise_alone_is_not() {
        assert_eq!(sight(&vec![77; SHAPE.pixels()], SHAPE), Sight::Blank);
        for seed in 1..20 {
            assert_eq!(sight(&noise(seed), SHAPE), Sight::Noise);
        }
        for share in [0.0, 0.3, 0.5] {
            assert_eq!(sight(&square(share), SHAPE), Sight::Something, "{share}");
        }
        let small = SliceShape {
            width: 8,
            height: 6,
        };
        assert_eq!(sight(&noise(1)[..48], small), Sight::Something);
    }

    #[test]
    fn slices_that_show_nothing_lower_the_score_and_are_named() {
        let quality = Quality {
            score: 0.8,
            reasons: vec!["the edge is uncertain on slice 1".to_owned()],
            alone: Vec::new(),
        };
        let sights = |of: &[Sight]| (0..).zip(of.iter().copied()).collect();
        let all = by_sight(quality.clone(), &sights(&[Sight::Blank; 3]));
        assert_eq!(all.score, 0.0);
        assert_eq!(
            all.reasons[0],
            "nothing to see on slices 0-2: all pixels are alike"
        );
        assert_eq!(all.reasons.len(), 2);
        let half = [
            Sight::Something,
            Sight::Noise,
            Sight::Something,
            Sight::Noise,
        ];
        let half = by_sight(quality.clone(), &sights(&half));
        assert_eq!(half.score, 0.4);
        assert_eq!(half.reasons[0], "nothing but noise to see on slices 1, 3");
        let fine = by_sight(quality.clone(), &sights(&[Sight::Something; 3]));
        assert_eq!(fine, quality);
    }
}
