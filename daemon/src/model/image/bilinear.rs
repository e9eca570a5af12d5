//! Logits at the resolution of the slice.

use medicosam_shared::geometry::SliceShape;

/// A grid of logits, looked at as if it were resized to a slice: bilinear, with pixels' centres as
/// reference and the border repeated. (`torch.nn.functional.interpolate(mode="bilinear",
/// align_corners=False)`, in its order of operations.)
#[derive(Debug)]
pub struct Upsampled<'a> {
    logits: &'a [f32],
    /// Distance between rows in `logits`.
    stride: usize,
    columns: Vec<Neighbours>,
    rows: Vec<Neighbours>,
}

#[derive(Debug, Clone, Copy)]
struct Neighbours {
    at: [usize; 2],
    weight: [f32; 2],
}

fn neighbours(from: u32, to: u32) -> Vec<Neighbours> {
    let scale = from as f32 / to as f32;
    let last = from.saturating_sub(1) as usize;
    let place = |target: u32| {
        let source = (scale * (target as f32 + 0.5) - 0.5).max(0.0);
        let first = (source as usize).min(last);
        let fraction = (source - first as f32).min(1.0);
        Neighbours {
            at: [first, (first + 1).min(last)],
            weight: [1.0 - fraction, fraction],
        }
    };
    (0..to).map(place).collect()
}

impl<'a> Upsampled<'a> {
    /// The upper left `part` of `logits`, whose rows are `stride` long, as if resized to `shape`.
    ///
    /// `None` if that part is empty or not there.
    pub fn new(
        logits: &'a [f32],
        stride: usize,
        part: SliceShape,
        shape: SliceShape,
    ) -> Option<Self> {
        let (width, height) = (part.width as usize, part.height as usize);
        let there = part.pixels() > 0 && width <= stride && height * stride <= logits.len();
        there.then(|| Upsampled {
            logits,
            stride,
            columns: neighbours(part.width, shape.width),
            rows: neighbours(part.height, shape.height),
        })
    }

    /// Only the upper left part of the result, of at most this size.
    pub fn cropped(mut self, to: SliceShape) -> Self {
        self.columns.truncate(to.width as usize);
        self.rows.truncate(to.height as usize);
        self
    }

    /// The logit of each pixel of the slice, row by row.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        self.rows.iter().flat_map(move |row| {
            let [upper, lower] = row.at.map(|y| &self.logits[y * self.stride..]);
            self.columns.iter().map(move |column| {
                let [left, right] = column.at;
                let along =
                    |line: &[f32]| column.weight[0] * line[left] + column.weight[1] * line[right];
                row.weight[0] * along(upper) + row.weight[1] * along(lower)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(width: u32, height: u32) -> SliceShape {
        SliceShape { width, height }
    }

    #[test]
    fn doubling_interpolates_at_quarters_and_repeats_the_border() {
        let logits = [0.0, 4.0, 99.0, 8.0, 12.0, 99.0];
        let up = Upsampled::new(&logits, 3, shape(2, 2), shape(4, 4)).unwrap();
        let expected = [
            0.0, 1.0, 3.0, 4.0, 2.0, 3.0, 5.0, 6.0, 6.0, 7.0, 9.0, 10.0, 8.0, 9.0, 11.0, 12.0,
        ];
        assert_eq!(up.values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_same_size_changes_nothing_and_one_pixel_fills_everything() {
        let logits = [1.5, -2.0, 3.25, 0.5];
        let same = Upsampled::new(&logits, 2, shape(2, 2), shape(2, 2)).unwrap();
        assert_eq!(same.values().collect::<Vec<_>>(), logits);
        let one = Upsampled::new(&logits, 2, shape(1, 1), shape(3, 2)).unwrap();
        assert_eq!(one.values().collect::<Vec<_>>(), [1.5; 6]);
    }

    #[test]
    fn a_crop_is_the_upper_left_part_of_the_whole() {
        let logits = [0.0, 4.0, 8.0, 12.0];
        let up = || Upsampled::new(&logits, 2, shape(2, 2), shape(4, 4)).unwrap();
        let whole: Vec<f32> = up().values().collect();
        let cropped: Vec<f32> = up().cropped(shape(3, 2)).values().collect();
        assert_eq!(cropped, [&whole[..3], &whole[4..7]].concat());
    }

    #[test]
    fn parts_that_are_not_there_are_refused() {
        let logits = [0.0; 4];
        assert!(Upsampled::new(&logits, 2, shape(3, 1), shape(4, 4)).is_none());
        assert!(Upsampled::new(&logits, 2, shape(2, 3), shape(4, 4)).is_none());
        assert!(Upsampled::new(&logits, 2, shape(0, 1), shape(4, 4)).is_none());
    }
}
