//! The colours of a picture: evenly spaced greys, then the inks.
//!
//! Sixel writes colours in whole percent, so there are at most 101 greys; every colour here is one
//! that sixel can say exactly. The inks are those of Okabe and Ito's palette, which people with
//! any common colour vision can tell apart; none of them is grey.

use medicosam_shared::prompt::Label;

/// Number of greys in a picture: 2 to 101.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GreyLevels(u8);

impl GreyLevels {
    /// As many as sixel can tell apart.
    pub const MOST: GreyLevels = GreyLevels(101);
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
        [64, 32, 16, 8]
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

/// A colour that is no grey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The mask of an object. Objects that are six apart share a colour.
    Mask(Label),
    /// What the reviewer draws: cursor, box, points.
    Tool,
}

/// Colours of masks, in percent: orange, sky blue, bluish green, reddish purple, vermillion, blue.
const MASKS: [[u8; 3]; 6] = [
    [90, 62, 0],
    [34, 71, 91],
    [0, 62, 45],
    [80, 47, 65],
    [84, 37, 0],
    [0, 45, 70],
];

/// Colour of the tool, in percent: yellow.
const TOOL: [u8; 3] = [94, 89, 26];

/// Number of inks.
const INKS: u8 = MASKS.len() as u8 + 1;

/// Greys and inks of one picture: colour 0 is black, the last grey is white, the inks follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Palette {
    greys: GreyLevels,
}

impl Palette {
    /// The palette with `greys`.
    pub fn new(greys: GreyLevels) -> Self {
        Palette { greys }
    }

    /// Its greys.
    pub fn greys(self) -> GreyLevels {
        self.greys
    }

    /// Number of its last colour.
    pub fn last(self) -> u8 {
        self.greys.0 + INKS - 1
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
            Ink::Tool => MASKS.len() as u8,
        };
        self.greys.0 + place
    }

    /// Red, green and blue of a colour in percent.
    pub fn percent(self, colour: u8) -> [u8; 3] {
        if colour < self.greys.0 {
            let steps = u16::from(self.greys.0) - 1;
            let grey = ((u16::from(colour) * 100 + steps / 2) / steps) as u8;
            return [grey; 3];
        }
        let ink = usize::from(colour - self.greys.0);
        MASKS.get(ink).copied().unwrap_or(TOOL)
    }

    /// Red, green and blue of a colour, 0 to 255, as a terminal makes them of the percents.
    pub fn rgb(self, colour: u8) -> [u8; 3] {
        self.percent(colour)
            .map(|p| ((u16::from(p) * 255 + 50) / 100) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for (greys, most) in [(101, 2), (64, 3), (32, 5), (16, 9)] {
            let palette = Palette::new(GreyLevels::new(greys).unwrap());
            let off = (0..=255u8)
                .map(|v| palette.rgb(palette.grey(v))[0].abs_diff(v))
                .max();
            assert!(off <= Some(most), "{greys} greys are {off:?} off");
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

    #[test]
    fn few_registers_mean_few_greys() {
        assert_eq!(GreyLevels::USUAL.within(256), GreyLevels::USUAL);
        assert_eq!(GreyLevels::USUAL.within(16).count(), 9);
        assert_eq!(GreyLevels::USUAL.within(2).count(), 2);
        assert_eq!(GreyLevels::new(64).unwrap().fewer(), GreyLevels::new(32));
        assert_eq!(GreyLevels::FEW.fewer(), None);
    }
}
