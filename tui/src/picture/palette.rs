//! The colours of a picture: evenly spaced greys, then the inks.
//!
//! Sixel writes colours in whole percent, so there are at most 101 greys; every colour here is one
//! that sixel can say exactly. The inks are those of Okabe and Ito's palette, lightened: people with
//! any common colour vision can tell them apart, none of them is grey, and on every grey either the
//! ink or the black beside it has the contrast that a line needs ([`crate::contrast::LINE`]).

use medicosam_shared::prompt::Label;

/// Number of greys in a picture: 2 to 101, or as many as an 8-bit picture has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GreyLevels(u8);

impl GreyLevels {
    /// As many as sixel can tell apart.
    pub const MOST: GreyLevels = GreyLevels(101);
    /// As many as fit beside inks and what is clear into 8 bits: at most 1 of 255 off. Only for
    /// pictures whose colours are not written in percent.
    pub const FULL: GreyLevels = GreyLevels(u8::MAX - INKS);
    /// What is used unless somebody asks for something else: at most 7 of 255 off, a third of the
    /// bytes of [`GreyLevels::MOST`].
    pub const USUAL: GreyLevels = GreyLevels(32);
    /// As few as make a picture that can still be judged.
    pub const FEW: GreyLevels = GreyLevels(8);

    /// `count` greys, if that is from 2 to 101.
    pub fn new(count: u8) -> Option<Self> {
        (2..=101).contains(&count).then_some(GreyLevels(count))
    }

    /// The number.
    pub fn count(self) -> u8 {
        self.0
    }

    /// The next smaller number worth trying where a picture has too many bytes.
    pub fn fewer(self) -> Option<Self> {
        [101, 64, 32, 16, 8]
            .into_iter()
            .find(|&n| n < self.0)
            .map(GreyLevels)
    }

    /// As many of these as fit beside the inks into `registers` colours of a terminal.
    pub fn within(self, registers: u16) -> Self {
        let room = registers.saturating_sub(u16::from(INKS));
        GreyLevels(self.0.min(u8::try_from(room).unwrap_or(u8::MAX)).max(2))
    }
}

/// How much of a tint is ink: the rest is the grey below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opacity(u8);

impl Opacity {
    const STEPS: [u8; 5] = [15, 30, 45, 60, 80];

    /// In percent.
    pub fn percent(self) -> u8 {
        self.0
    }

    /// The next step, if there is one.
    pub fn more(self) -> Option<Self> {
        Self::STEPS.into_iter().find(|s| *s > self.0).map(Opacity)
    }

    /// The step before, if there is one.
    pub fn less(self) -> Option<Self> {
        let mut steps = Self::STEPS.into_iter().rev();
        steps.find(|s| *s < self.0).map(Opacity)
    }
}

impl Default for Opacity {
    fn default() -> Self {
        Opacity(30)
    }
}

/// A colour that is no grey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The mask of an object. Objects that are six apart share a colour.
    Mask(Label),
    /// What a mask has that the one before had not; sky blue.
    Added,
    /// What it no longer has; vermillion.
    Removed,
    /// What the reviewer draws: cursor, box, points.
    Tool,
}

/// Colours of masks, in percent: orange, sky blue, bluish green, reddish purple, vermillion, blue.
const MASKS: [[u8; 3]; 6] = [
    [80, 66, 6],
    [65, 93, 100],
    [2, 97, 69],
    [99, 61, 78],
    [100, 54, 46],
    [30, 70, 98],
];

/// Colour of the tool, in percent: yellow.
const TOOL: [u8; 3] = [94, 89, 26];

/// Number of inks.
const INKS: u8 = MASKS.len() as u8 + 1;

/// Greys under each ink of a mask, where a palette has tints.
const TINTS: u8 = 16;

/// Fewer greys than this mean a terminal with few colours, or a picture that must be small: then
/// there are no tints.
const LEAST_FOR_TINTS: GreyLevels = GreyLevels(16);

/// Greys and inks of one picture: colour 0 is black, the last grey is white, the inks follow. A
/// tinted palette has after these for each colour of masks a row of mixtures with greys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Palette {
    greys: GreyLevels,
    tints: Option<Opacity>,
}

impl Palette {
    /// The palette with `greys`.
    pub fn new(greys: GreyLevels) -> Self {
        Palette { greys, tints: None }
    }

    /// With tints as well, where there are greys enough; with fewer greys where there are too many.
    pub fn tinted(self, opacity: Opacity) -> Self {
        let enough = self.greys >= LEAST_FOR_TINTS;
        let most = u8::MAX - INKS - MASKS.len() as u8 * TINTS;
        Palette {
            greys: GreyLevels(self.greys.0.min(most)),
            tints: enough.then_some(opacity),
        }
    }

    /// Whether it has tints.
    pub fn has_tints(self) -> bool {
        self.tints.is_some()
    }

    /// Its greys.
    pub fn greys(self) -> GreyLevels {
        self.greys
    }

    /// Number of its last colour.
    pub fn last(self) -> u8 {
        let tints = self.tints.map_or(0, |_| MASKS.len() as u8 * TINTS);
        self.greys.0 + INKS + tints - 1
    }

    /// Number of the grey nearest to an 8-bit value.
    pub fn grey(self, value: u8) -> u8 {
        let steps = u16::from(self.greys.0) - 1;
        ((u16::from(value) * steps + 127) / 255) as u8
    }

    /// Number of an ink.
    pub fn ink(self, ink: Ink) -> u8 {
        let place = match ink {
            Ink::Mask(label) => ((label.get() - 1) % MASKS.len() as u16) as u8,
            Ink::Added => 1,
            Ink::Removed => 4,
            Ink::Tool => MASKS.len() as u8,
        };
        self.greys.0 + place
    }

    /// Whether a colour is an ink: neither a grey nor a tint.
    pub fn is_ink(self, colour: u8) -> bool {
        (self.greys.0..self.greys.0 + INKS).contains(&colour)
    }

    /// Number of the colour beside lines and signs, which sets them off from any grey: black.
    pub fn casing(self) -> u8 {
        0
    }

    /// Number of the mixture of a mask's ink with what is there already, a grey or another tint;
    /// the colour itself where it is an ink or the palette has no tints.
    pub fn tint(self, colour: u8, ink: Ink) -> u8 {
        let first = self.greys.0 + INKS;
        let level = match colour {
            _ if self.tints.is_none() || ink == Ink::Tool => return colour,
            c if c < self.greys.0 => {
                let steps = u16::from(self.greys.0) - 1;
                ((u16::from(c) * u16::from(TINTS - 1) + steps / 2) / steps) as u8
            }
            c if c >= first => (c - first) % TINTS,
            _ => return colour,
        };
        first + (self.ink(ink) - self.greys.0) * TINTS + level
    }

    /// Red, green and blue of a colour in percent.
    pub fn percent(self, colour: u8) -> [u8; 3] {
        if colour < self.greys.0 {
            let steps = u16::from(self.greys.0) - 1;
            let grey = ((u16::from(colour) * 100 + steps / 2) / steps) as u8;
            return [grey; 3];
        }
        let ink = colour - self.greys.0;
        if let (Some(opacity), Some(tint)) = (self.tints, ink.checked_sub(INKS)) {
            let grey = u16::from(tint % TINTS) * 100 / u16::from(TINTS - 1);
            let of_ink = u16::from(opacity.0);
            let ink = MASKS[usize::from(tint / TINTS) % MASKS.len()];
            return ink
                .map(|part| ((u16::from(part) * of_ink + grey * (100 - of_ink) + 50) / 100) as u8);
        }
        MASKS.get(usize::from(ink)).copied().unwrap_or(TOOL)
    }

    /// Red, green and blue of a colour, 0 to 255, as a terminal makes them of the percents.
    pub fn rgb(self, colour: u8) -> [u8; 3] {
        if colour < self.greys.0 && self.greys > GreyLevels::MOST {
            let steps = u32::from(self.greys.0) - 1;
            return [((u32::from(colour) * 255 + steps / 2) / steps) as u8; 3];
        }
        self.percent(colour)
            .map(|p| ((u16::from(p) * 255 + 50) / 100) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::{fixed_rgb, nearest_fixed};
    use super::*;
    use crate::contrast::{LINE, Rgb, linear, ratio};

    fn palettes() -> impl Iterator<Item = Palette> {
        (2..=101).filter_map(GreyLevels::new).map(Palette::new)
    }

    #[test]
    fn greys_are_different_and_run_from_black_to_white() {
        for palette in palettes() {
            let greys: Vec<u8> = (0..palette.greys().count())
                .map(|c| palette.percent(c)[0])
                .collect();
            assert!(greys.is_sorted_by(|a, b| a < b), "{greys:?}");
            assert_eq!((greys[0], greys[greys.len() - 1]), (0, 100));
        }
    }

    #[test]
    fn a_value_is_shown_as_the_grey_nearest_to_it() {
        for (greys, most) in [(248, 1), (101, 2), (64, 3), (32, 5), (16, 9)] {
            let greys = GreyLevels::new(greys).unwrap_or(GreyLevels::FULL);
            let palette = Palette::new(greys);
            let off = (0..=255u8)
                .map(|v| palette.rgb(palette.grey(v))[0].abs_diff(v))
                .max();
            assert!(off <= Some(most), "{greys:?} are {off:?} off");
        }
        let palette = Palette::new(GreyLevels::USUAL);
        assert_eq!((palette.grey(0), palette.grey(255)), (0, 31));
    }

    #[test]
    fn inks_are_no_greys_and_differ_from_one_another() {
        for palette in palettes() {
            let label = |n| Ink::Mask(Label::new(n).unwrap());
            let mut inks: Vec<_> = (1..=6).map(|n| palette.ink(label(n))).collect();
            inks.push(palette.ink(Ink::Tool));
            assert_eq!(palette.ink(label(7)), inks[0]);
            assert_eq!(inks.last(), Some(&palette.last()));
            let mut colours: Vec<_> = inks.iter().map(|&i| palette.percent(i)).collect();
            assert!(colours.iter().all(|[r, g, b]| r != g || g != b));
            colours.sort();
            colours.dedup();
            assert_eq!(colours.len(), inks.len());
        }
    }

    fn inks() -> impl Iterator<Item = Rgb> {
        let palette = Palette::new(GreyLevels::USUAL);
        let inks = palette.greys().count()..=palette.last();
        inks.map(move |ink| palette.rgb(ink))
    }

    #[test]
    fn lines_with_their_casing_stand_out_from_every_grey() {
        let palette = Palette::new(GreyLevels::USUAL);
        let casing = palette.rgb(palette.casing());
        let fixed = |rgb| fixed_rgb(nearest_fixed(rgb));
        for ink in inks().flat_map(|ink| [ink, fixed(ink)]) {
            assert!(ratio(ink, casing) >= LINE, "{ink:?}");
            for grey in 0..=255u8 {
                let best = ratio(ink, [grey; 3]).max(ratio(casing, [grey; 3]));
                assert!(best >= LINE, "{ink:?} on {grey}: {best:.2}");
            }
        }
    }

    /// Lightness and the two hues of CIE L*a*b* (D65), in which distances are alike to the eye.
    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        const XYZ: [[f64; 3]; 3] = [
            [0.412_456, 0.357_576, 0.180_437],
            [0.212_673, 0.715_152, 0.072_175],
            [0.019_334, 0.119_192, 0.950_304],
        ];
        let xyz = times(&XYZ, rgb);
        let [x, y, z] = [xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883].map(|t| match t > 0.008_856 {
            true => t.cbrt(),
            false => 7.787 * t + 16.0 / 116.0,
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
    }

    #[test]
    fn inks_can_be_told_apart_with_any_colour_vision() {
        // Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
        // Vision Deficiency", 2009: all cones; without those for long, middle, short waves.
        const VISIONS: [[[f64; 3]; 3]; 4] = [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ];
        for vision in VISIONS {
            let seen: Vec<_> = inks()
                .map(|ink| times(&vision, ink.map(linear)).map(|part| part.clamp(0.0, 1.0)))
                .map(lab)
                .collect();
            for (n, a) in seen.iter().enumerate() {
                for b in &seen[..n] {
                    let square = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                    // Those of Okabe and Ito are 16 apart at least.
                    assert!(square.sqrt() > 17.0, "{a:?} and {b:?}");
                }
            }
        }
    }

    #[test]
    fn tints_keep_the_order_of_greys_and_fit_beside_any_number_of_them() {
        for greys in palettes() {
            let palette = greys.tinted(Opacity::default());
            assert_eq!(palette.has_tints(), greys.greys().count() >= 16);
            for ink in [Ink::Added, Ink::Removed, Ink::Mask(Label::MIN)] {
                let tints: Vec<u8> = (0..palette.greys().count())
                    .map(|grey| palette.tint(grey, ink))
                    .collect();
                if !palette.has_tints() {
                    assert!(tints.iter().copied().eq(0..palette.greys().count()));
                    continue;
                }
                assert!(tints.is_sorted() && tints.iter().all(|t| *t <= palette.last()));
                let brightness = |t: u8| {
                    palette
                        .percent(t)
                        .iter()
                        .map(|&p| u32::from(p))
                        .sum::<u32>()
                };
                assert!(tints.is_sorted_by_key(|&t| brightness(t)));
                // Another mask over it is mixed with the same grey.
                assert_eq!(
                    palette.tint(palette.tint(5, Ink::Added), ink),
                    palette.tint(5, ink)
                );
                let tool = palette.ink(Ink::Tool);
                assert_eq!(palette.tint(tool, ink), tool);
            }
        }
    }

    #[test]
    fn opacity_has_a_most_and_a_least() {
        let steps = std::iter::successors(Some(Opacity(0)), |o| o.more()).skip(1);
        assert!(steps.map(Opacity::percent).eq(Opacity::STEPS));
        assert_eq!(Opacity(15).less(), None);
        assert_eq!(Opacity(30).less(), Some(Opacity(15)));
    }

    #[test]
    fn few_registers_mean_few_greys() {
        assert_eq!(GreyLevels::USUAL.within(256), GreyLevels::USUAL);
        assert_eq!(GreyLevels::USUAL.within(16).count(), 9);
        assert_eq!(GreyLevels::USUAL.within(2).count(), 2);
        assert_eq!(GreyLevels::new(64).unwrap().fewer(), GreyLevels::new(32));
        assert_eq!(GreyLevels::FEW.fewer(), None);
    }
}
