//! Several slices in one picture: where each of them is.

use super::{Indexed, Ink, Size, letters};

/// A rectangle of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns and rows.
    pub size: Size,
}

impl Spot {
    /// The middle of it, `size` pixels large.
    pub fn middle(self, size: Size) -> Spot {
        Spot {
            x: self.x + self.size.width.saturating_sub(size.width) / 2,
            y: self.y + self.size.height.saturating_sub(size.height) / 2,
            size,
        }
    }

    /// Whether a pixel is in it.
    pub fn contains(self, (x, y): (i64, i64)) -> bool {
        let within = |at: i64, start: u32, size: u32| {
            (i64::from(start)..i64::from(start) + i64::from(size)).contains(&at)
        };
        within(x, self.x, self.size.width) && within(y, self.y, self.size.height)
    }
}

/// Pixels between spots: one where pixels are coarse.
fn gap(size: Size) -> u32 {
    if size.width.min(size.height) < super::marks::COARSE {
        1
    } else {
        4
    }
}

/// The largest first: one large spot, and two small ones beside or below it, so that slices of these
/// aspects (width by height in pixels) are as large as possible, the smallest above all. The large one
/// is at most three tenths smaller than alone.
pub fn one_and_two(size: Size, aspects: [f64; 3]) -> [Spot; 3] {
    let alone = side(size, aspects[0]);
    let shares = || (MOST_SHARES / 3..MOST_SHARES).rev();
    let beside = shares().map(|share| small_ones_beside(size, share, aspects));
    let below = shares().map(|share| small_ones_below(size, share, aspects));
    let sides = |spots: &[Spot; 3]| -> f64 {
        let spots = spots.iter().zip(aspects);
        spots
            .map(|(spot, aspect)| side(spot.size, aspect))
            .product()
    };
    let large_enough = |spots: &[Spot; 3]| side(spots[0].size, aspects[0]) >= alone * 0.7;
    let candidates = beside.chain(below).filter(large_enough);
    let best = candidates.max_by(|a, b| f64::total_cmp(&sides(a), &sides(b)));
    // The last resort is for rooms of a few pixels.
    best.unwrap_or_else(|| small_ones_beside(size, MOST_SHARES * 5 / 8, aspects))
}

/// The room that can be shared between a large spot and small ones.
const MOST_SHARES: u32 = 24;

/// Side of the square that is as large as a slice of this aspect in a spot.
fn side(size: Size, aspect: f64) -> f64 {
    let height = f64::from(size.height).min(f64::from(size.width) / aspect);
    height * aspect.max(f64::MIN_POSITIVE).sqrt()
}

/// A large spot with so many of the shares on the left, two small ones on top of each other.
fn small_ones_beside(size: Size, share: u32, [_, upper, lower]: [f64; 3]) -> [Spot; 3] {
    let gap = gap(size);
    let large = (size.width * share / MOST_SHARES).saturating_sub(gap);
    let small = size.width.saturating_sub(large + gap);
    // A wide slice needs few rows.
    let part = lower / (upper + lower);
    let (upper, lower) = split(size.height.saturating_sub(gap), part);
    let spot = |x, y, width, height| Spot {
        x,
        y,
        size: Size { width, height },
    };
    [
        spot(0, 0, large, size.height),
        spot(large + gap, 0, small, upper),
        spot(large + gap, upper + gap, small, lower),
    ]
}

/// A large spot with so many of the shares on top, two small ones side by side below.
fn small_ones_below(size: Size, share: u32, [_, left, right]: [f64; 3]) -> [Spot; 3] {
    let gap = gap(size);
    let large = (size.height * share / MOST_SHARES).saturating_sub(gap);
    let small = size.height.saturating_sub(large + gap);
    let part = left / (left + right);
    let (left, right) = split(size.width.saturating_sub(gap), part);
    let spot = |x, y, width, height| Spot {
        x,
        y,
        size: Size { width, height },
    };
    [
        spot(0, 0, size.width, large),
        spot(0, large + gap, left, small),
        spot(left + gap, large + gap, right, small),
    ]
}

/// Some pixels in two parts, of which one has this share, but never less than a quarter.
fn split(pixels: u32, part: f64) -> (u32, u32) {
    let part = if part.is_finite() {
        part.clamp(0.25, 0.75)
    } else {
        0.5
    };
    let first = (f64::from(pixels) * part) as u32;
    (first, pixels - first)
}

/// `count` equal spots in rows, as large as slices of this `aspect` (width by height in pixels) can
/// be made in them. None if there is not a pixel for each.
pub fn grid(size: Size, count: u32, aspect: f64) -> Vec<Spot> {
    let gap = gap(size);
    let spot = |columns: u32| {
        let rows = count.div_ceil(columns);
        let share = |all: u32, n: u32| (all + gap) / n;
        let width = share(size.width, columns).saturating_sub(gap);
        let height = share(size.height, rows).saturating_sub(gap);
        Size { width, height }
    };
    let height = |s: Size| f64::from(s.height).min(f64::from(s.width) / aspect);
    let best = (1..=count)
        .filter(|columns| spot(*columns).pixels() > 0)
        .max_by(|&a, &b| height(spot(a)).total_cmp(&height(spot(b))));
    let Some(columns) = best else {
        return Vec::new();
    };
    let each = spot(columns);
    (0..count)
        .map(|n| Spot {
            x: n % columns * (each.width + gap),
            y: n / columns * (each.height + gap),
            size: each,
        })
        .collect()
}

/// What is written into a slice among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caption {
    /// Its number, in the corner.
    Number(u32),
    /// What side of the patient is at its edges.
    Sides {
        /// At the upper one.
        top: char,
        /// On the left.
        left: char,
        /// On the right.
        right: char,
    },
}

/// What the frames around a slice among others say. One never hides another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frames {
    /// It is the one that is looked at; yellow, outermost.
    pub selected: bool,
    /// The model is unsure about it; vermillion.
    pub low: bool,
}

impl Frames {
    /// Their inks, from the outermost.
    fn inks(self) -> impl Iterator<Item = Ink> {
        let selected = self.selected.then_some(Ink::Tool);
        let low = self.low.then_some(Ink::Removed);
        selected.into_iter().chain(low)
    }
}

/// Lays a slice into its spot, which is as large, with its caption and its frames. What is `low` has
/// a mark of exclamation as well.
pub fn place(picture: &mut Indexed, spot: Spot, slice: &Indexed, caption: Caption, frames: Frames) {
    picture.lay(slice, (spot.x, spot.y));
    let (x, y) = (i64::from(spot.x), i64::from(spot.y));
    let (width, height) = (i64::from(spot.size.width), i64::from(spot.size.height));
    let thick = if width.min(height) < 60 { 1 } else { 2 };
    let casing = picture.palette().casing();
    let mut inset = 0;
    for ink in frames.inks() {
        let ink = picture.palette().ink(ink);
        for step in 0..thick {
            ring(picture, spot, inset + step, ink);
        }
        ring(picture, spot, inset + thick, casing);
        inset += thick + 1;
    }
    let inset = inset.max(thick);
    let scale = letters::scale(spot.size);
    let white = picture.palette().grey(u8::MAX);
    // Where letters would take more than a few of the pixels there are none.
    let mut write = |text: String, rows: i64, place: fn(i64, i64) -> (i64, i64)| {
        let (w, h) = letters::size(&text, scale);
        if width >= 2 * (w + inset) && height >= rows * (h + inset) {
            let (right, down) = place(width - w - 2 * inset, height - h - 2 * inset);
            let corner = (x + inset + right, y + inset + down);
            letters::write(picture, corner, &text, scale, white);
        }
    };
    match caption {
        Caption::Number(number) => {
            let low = if frames.low { "!" } else { "" };
            write(format!("{number}{low}"), 3, |_, _| (0, 0));
        }
        Caption::Sides { top, left, right } => {
            write(top.into(), 5, |width, _| (width / 2, 0));
            write(left.into(), 5, |_, height| (0, height / 2));
            write(right.into(), 5, |width, height| (width, height / 2));
        }
    }
}

/// A rectangle of lines one pixel wide, so far within a spot.
fn ring(picture: &mut Indexed, spot: Spot, inset: i64, colour: u8) {
    let (x, y) = (i64::from(spot.x), i64::from(spot.y));
    let (width, height) = (i64::from(spot.size.width), i64::from(spot.size.height));
    for column in inset..width - inset {
        picture.put(x + column, y + inset, colour);
        picture.put(x + column, y + height - 1 - inset, colour);
    }
    for row in inset..height - inset {
        picture.put(x + inset, y + row, colour);
        picture.put(x + width - 1 - inset, y + row, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette};
    use super::*;

    fn apart(size: Size, spots: &[Spot]) {
        for (n, a) in spots.iter().enumerate() {
            assert!(a.x + a.size.width <= size.width && a.y + a.size.height <= size.height);
            for b in &spots[..n] {
                let beside = b.x + b.size.width <= a.x || a.x + a.size.width <= b.x;
                let below = b.y + b.size.height <= a.y || a.y + a.size.height <= b.y;
                assert!(beside || below, "{a:?} and {b:?} in {size:?}");
            }
        }
    }

    #[test]
    fn spots_lie_in_the_picture_and_apart() {
        for width in [6, 32, 54, 540, 1160] {
            for height in [6, 16, 40, 396, 918] {
                let size = Size { width, height };
                for aspect in [0.3, 1.0, 3.7] {
                    apart(size, &one_and_two(size, [1.0, aspect, aspect]));
                }
                for count in [1, 2, 7, 24] {
                    let spots = grid(size, count, 1.3);
                    assert!(spots.len() as u32 == count || width == 6);
                    apart(size, &spots);
                }
            }
        }
    }

    #[test]
    fn the_frame_of_the_selection_hides_no_warning() {
        let palette = Palette::new(GreyLevels::USUAL);
        let size = Size {
            width: 100,
            height: 80,
        };
        let slice = Indexed::from_fn(size, palette, |_, _| 20);
        let spot = Spot { x: 0, y: 0, size };
        let row = |selected, low| {
            let mut picture = slice.clone();
            let frames = Frames { selected, low };
            place(&mut picture, spot, &slice, Caption::Number(7), frames);
            picture.pixels()[40 * 100..40 * 100 + 7].to_vec()
        };
        let (tool, warning) = (palette.ink(Ink::Tool), palette.ink(Ink::Removed));
        assert_eq!(row(false, false), [20; 7]);
        assert_eq!(row(true, false), [tool, tool, 0, 20, 20, 20, 20]);
        assert_eq!(row(false, true), [warning, warning, 0, 20, 20, 20, 20]);
        assert_eq!(row(true, true), [tool, tool, 0, warning, warning, 0, 20]);
    }

    #[test]
    fn planes_of_a_thick_stack_get_more_room_than_of_a_thin_one() {
        let size = Size {
            width: 1160,
            height: 700,
        };
        let cube = one_and_two(size, [1.0; 3]);
        let thick = one_and_two(size, [1.0, 3.7, 3.7]);
        assert!(
            thick[1].size.width > 600 && thick[0].size.width >= 490,
            "{thick:?}"
        );
        assert!(cube[0].size.width > 680, "{cube:?}");
        let narrow = Size {
            width: 408,
            height: 300,
        };
        let below = one_and_two(narrow, [1.0, 3.7, 3.7]);
        assert!(below[1].y > below[0].y, "{below:?}");
    }

    #[test]
    fn the_grid_follows_the_shape_of_slices() {
        let size = Size {
            width: 400,
            height: 400,
        };
        let columns = |aspect| {
            let spots = grid(size, 16, aspect);
            spots.iter().filter(|s| s.y == 0).count()
        };
        assert_eq!(columns(1.0), 4);
        assert_eq!(columns(4.0), 2);
        assert_eq!(columns(0.25), 8);
    }
}
