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

/// One large spot on the left, and two small ones on top of each other.
pub fn one_and_two(size: Size) -> [Spot; 3] {
    let gap = gap(size);
    let large = (size.width * 5 / 8).saturating_sub(gap);
    let small = size.width.saturating_sub(large + gap);
    let upper = size.height.saturating_sub(gap) / 2;
    let lower = size.height.saturating_sub(upper + gap);
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

/// What a frame around a slice among others says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// It is the one that is looked at; yellow.
    Selected,
    /// The model is unsure about it; vermillion.
    Low,
}

/// Lays a slice into its spot, which is as large, with its caption and its frame.
pub fn place(
    picture: &mut Indexed,
    spot: Spot,
    slice: &Indexed,
    caption: Caption,
    frame: Option<Frame>,
) {
    picture.lay(slice, (spot.x, spot.y));
    let (x, y) = (i64::from(spot.x), i64::from(spot.y));
    let (width, height) = (i64::from(spot.size.width), i64::from(spot.size.height));
    let thick = if width.min(height) < 60 { 1 } else { 2 };
    let ink = frame.map(|frame| match frame {
        Frame::Selected => Ink::Tool,
        Frame::Low => Ink::Removed,
    });
    if let Some(ink) = ink {
        for step in 0..thick {
            for column in step..width - step {
                picture.paint(x + column, y + step, ink);
                picture.paint(x + column, y + height - 1 - step, ink);
            }
            for row in step..height - step {
                picture.paint(x + step, y + row, ink);
                picture.paint(x + width - 1 - step, y + row, ink);
            }
        }
    }
    let scale = 1 + (width.max(height) / 120).min(2);
    // Where letters would take more than a few of the pixels there are none.
    let mut write = |text: String, rows: i64, place: fn(i64, i64) -> (i64, i64)| {
        let (w, h) = letters::size(&text, scale);
        if width >= 2 * (w + thick) && height >= rows * (h + thick) {
            let (right, down) = place(width - w - 2 * thick, height - h - 2 * thick);
            let corner = (x + thick + right, y + thick + down);
            letters::write(picture, corner, &text, scale);
        }
    };
    match caption {
        Caption::Number(number) => write(number.to_string(), 3, |_, _| (0, 0)),
        Caption::Sides { top, left, right } => {
            write(top.into(), 5, |width, _| (width / 2, 0));
            write(left.into(), 5, |_, height| (0, height / 2));
            write(right.into(), 5, |width, height| (width, height / 2));
        }
    }
}

#[cfg(test)]
mod tests {
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
                apart(size, &one_and_two(size));
                for count in [1, 2, 7, 24] {
                    let spots = grid(size, count, 1.3);
                    assert!(spots.len() as u32 == count || width == 6);
                    apart(size, &spots);
                }
            }
        }
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
