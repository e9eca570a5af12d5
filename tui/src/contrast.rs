//! How well two colours stand apart: the contrast ratio of the Web Content Accessibility Guidelines
//! 2.2, W3C (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>). Text needs 4.5 (success criterion
//! 1.4.3; 7 by 1.4.6), lines and signs need 3 (1.4.11).

/// Red, green and blue, 0 to 255 (sRGB).
pub type Rgb = [u8; 3];

/// Contrast that text must have with what lies behind it.
pub const TEXT: f64 = 4.5;

/// Contrast that text has where much contrast is asked for.
pub const MUCH: f64 = 7.0;

/// Contrast that lines and signs must have with what lies beside them.
pub const LINE: f64 = 3.0;

/// Relative luminance: 0 for black, 1 for white.
pub fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = rgb.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The amount of light of one part of a colour, 0 to 1.
pub fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    match part <= 0.04045 {
        true => part / 12.92,
        false => ((part + 0.055) / 1.055).powf(2.4),
    }
}

/// The contrast ratio of two colours: from 1 for the same to 21 for black and white.
pub fn ratio(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether white stands out from a colour less than black does.
pub fn is_light(rgb: Rgb) -> bool {
    ratio(rgb, [0; 3]) > ratio(rgb, [255; 3])
}

/// The colour nearest to `colour`, on its way to white or black, that has a contrast of `least` with
/// `behind`; white or black itself where none has.
pub fn readable(colour: Rgb, behind: Rgb, least: f64) -> Rgb {
    let end: u8 = if is_light(behind) { 0 } else { 255 };
    let mixed = |share: u16| {
        colour.map(|part| {
            let (part, end) = (u16::from(part), u16::from(end));
            ((part * (STEPS - share) + end * share) / STEPS) as u8
        })
    };
    let enough = (0..STEPS).map(mixed).find(|c| ratio(*c, behind) >= least);
    enough.unwrap_or([end; 3])
}

/// Steps from a colour to black or white.
const STEPS: u16 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_guidelines() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 0.01, "{a} is not {b}");
        close(ratio([0; 3], [255; 3]), 21.0);
        close(ratio([0x77; 3], [255; 3]), 4.48);
        close(ratio([0xff, 0, 0], [255; 3]), 4.0);
        close(ratio([10, 20, 30], [10, 20, 30]), 1.0);
    }

    #[test]
    fn every_colour_can_be_read_on_every_grey() {
        for behind in 0..=255u8 {
            for colour in [[255, 0, 0], [0, 0, 255], [0, 255, 0], [128; 3]] {
                let readable = readable(colour, [behind; 3], TEXT);
                assert!(
                    ratio(readable, [behind; 3]) >= TEXT,
                    "{colour:?} on {behind}"
                );
            }
        }
        assert_eq!(readable([255; 3], [0; 3], TEXT), [255; 3], "as it is");
    }
}
