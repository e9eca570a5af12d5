//! Distances from a boundary, and where they are largest: what micro_sam has scikit-image and
//! bioimage_cpp for.

/// Numbers on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<T> {
    width: usize,
    values: Vec<T>,
}

impl<T: Copy> Field<T> {
    /// The grid whose value at column x, row y is `value(x, y)`.
    pub fn from_fn(width: usize, height: usize, value: impl Fn(usize, usize) -> T) -> Self {
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Field {
            width,
            values: all.map(|(x, y)| value(x, y)).collect(),
        }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn at(&self, x: usize, y: usize) -> T {
        self.values[y * self.width + x]
    }
}

/// Distance of each pixel from the nearest pixel outside the object that touches it by a side
/// (`find_boundaries(mode="outer")`, then `distance_transform_edt`).
///
/// An object that fills the grid has its boundary around the grid; upstream measures from a single
/// pixel above the first then, and so puts the middle of the object into a corner.
pub fn distance_to_boundary(object: &Field<bool>) -> Field<f32> {
    let (width, height) = (object.width(), object.height());
    let is_boundary = |x: usize, y: usize| {
        let neighbours = [
            (x.wrapping_sub(1), y),
            (x + 1, y),
            (x, y.wrapping_sub(1)),
            (x, y + 1),
        ];
        let mut inside = neighbours
            .into_iter()
            .filter(|&(x, y)| x < width && y < height);
        !object.at(x, y) && inside.any(|(x, y)| object.at(x, y))
    };
    let boundary = Field::from_fn(width, height, is_boundary);
    if !boundary.values.contains(&true) {
        return Field::from_fn(width, height, |x, y| {
            let nearest = (x + 1).min(width - x).min(y + 1).min(height - y);
            nearest as f32
        });
    }
    // Down the columns first, then along the rows over all of these: exact, and fast enough for the
    // box around a mask.
    let columns = Field::from_fn(width, height, |x, y| {
        let rows = (0..height).filter(|&row| boundary.at(x, row));
        rows.map(|row| row.abs_diff(y)).min()
    });
    Field::from_fn(width, height, |x, y| {
        let squares = (0..width).filter_map(|column| {
            let down = columns.at(column, y)?;
            Some(down * down + column.abs_diff(x).pow(2))
        });
        (squares.min().unwrap_or(0) as f32).sqrt()
    })
}

/// Smoothed by a Gaussian of one pixel, cut at three; beyond the border the grid is mirrored, the
/// border itself not repeated.
pub fn smoothed(field: &Field<f32>) -> Field<f32> {
    const RADIUS: isize = 3;
    let weights: [f32; 7] = std::array::from_fn(|at| {
        let distance = at as f32 - RADIUS as f32;
        (-0.5 * distance * distance).exp()
    });
    let sum: f32 = weights.iter().sum();
    let mirrored = |at: isize, length: usize| -> usize {
        let period = 2 * (length as isize - 1).max(1);
        let at = at.rem_euclid(period);
        let back = if at < length as isize {
            at
        } else {
            period - at
        };
        (back as usize).min(length - 1)
    };
    let around = |at: usize, length: usize| {
        (-RADIUS..=RADIUS).map(move |step| mirrored(at as isize + step, length))
    };
    let (width, height) = (field.width(), field.height());
    let weighted = |values: &mut dyn Iterator<Item = f32>| {
        values.zip(weights).map(|(v, w)| v * w / sum).sum::<f32>()
    };
    let down = Field::from_fn(width, height, |x, y| {
        weighted(&mut around(y, height).map(|row| field.at(x, row)))
    });
    Field::from_fn(width, height, |x, y| {
        weighted(&mut around(x, width).map(|column| down.at(column, y)))
    })
}

impl Field<f32> {
    /// Column and row of the largest value, the first of several.
    pub fn largest(&self) -> (usize, usize) {
        let mut best = (0, f32::NEG_INFINITY);
        for (at, &value) in self.values.iter().enumerate() {
            if value > best.1 {
                best = (at, value);
            }
        }
        (best.0 % self.width, best.0 / self.width)
    }

    /// Columns and rows of values that are the largest within `distance` columns and rows around
    /// them and larger than the smallest of all, largest first, none nearer to one before than
    /// `distance` (`peak_local_max` without a border).
    pub fn peaks(&self, distance: usize) -> Vec<(usize, usize)> {
        let (width, height) = (self.width(), self.height());
        let least = self.values.iter().copied().fold(f32::INFINITY, f32::min);
        let is_peak = |x: usize, y: usize| {
            let value = self.at(x, y);
            let rows = y.saturating_sub(distance)..(y + distance + 1).min(height);
            let columns = x.saturating_sub(distance)..(x + distance + 1).min(width);
            value > least
                && rows
                    .into_iter()
                    .all(|row| columns.clone().all(|column| self.at(column, row) <= value))
        };
        let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let mut peaks: Vec<(usize, usize)> = all.filter(|&(x, y)| is_peak(x, y)).collect();
        peaks.sort_by(|a, b| self.at(b.0, b.1).total_cmp(&self.at(a.0, a.1)));
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for (x, y) in peaks {
            let is_near = |&(kept_x, kept_y): &(usize, usize)| {
                kept_x.abs_diff(x).max(kept_y.abs_diff(y)) <= distance
            };
            if !kept.iter().any(is_near) {
                kept.push((x, y));
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_from_the_nearest_pixel_that_touches_the_object() {
        // A pixel in the middle: its four neighbours are the boundary.
        let object = Field::from_fn(5, 5, |x, y| (x, y) == (2, 2));
        let distances = distance_to_boundary(&object);
        assert_eq!(distances.at(2, 2), 1.0);
        assert_eq!(distances.at(2, 1), 0.0);
        assert_eq!(distances.at(1, 1), 1.0);
        assert_eq!(distances.at(0, 0), 5f32.sqrt());
    }

    #[test]
    fn smoothing_keeps_what_is_the_same_everywhere_and_spreads_what_is_not() {
        let same = smoothed(&Field::from_fn(4, 9, |_, _| 2.5));
        assert!(same.values.iter().all(|v| (v - 2.5).abs() < 1e-5));
        let spike = smoothed(&Field::from_fn(15, 15, |x, y| {
            f32::from(u8::from((x, y) == (7, 7)))
        }));
        // 0.3991² of a Gaussian cut at three pixels.
        assert!((spike.at(7, 7) - 0.1592).abs() < 1e-3, "{}", spike.at(7, 7));
        let total: f32 = spike.values.iter().sum();
        assert!((total - 1.0).abs() < 1e-5);
    }

    #[test]
    fn peaks_come_largest_first_and_not_too_near() {
        let hills = [(3, 3, 5.0), (12, 3, 7.0), (14, 4, 6.0)];
        let field = Field::from_fn(20, 8, |x, y| {
            let height = |&(hx, hy, top): &(usize, usize, f32)| {
                top - (x.abs_diff(hx) + y.abs_diff(hy)) as f32
            };
            hills.iter().map(height).fold(0.0, f32::max)
        });
        assert_eq!(field.peaks(3), [(12, 3), (3, 3)]);
        assert_eq!(field.largest(), (12, 3));
    }
}
