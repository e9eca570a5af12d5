//! Masks: which pixels of a slice, and which voxels of a scan, belong to an object.

use crate::geometry::{Axis, Dims, SliceShape};
use crate::prompt::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A binary mask of one slice; row-major, x (columns) fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceMask {
    shape: SliceShape,
    pixels: Vec<bool>,
}

impl SliceMask {
    /// A mask with no pixel set.
    pub fn empty(shape: SliceShape) -> Self {
        SliceMask {
            shape,
            pixels: vec![false; shape.pixels()],
        }
    }

    /// A mask whose pixel at column `x`, row `y` is `inside(x, y)`.
    pub fn from_fn(shape: SliceShape, mut inside: impl FnMut(u32, u32) -> bool) -> Self {
        let mut pixels = Vec::with_capacity(shape.pixels());
        for y in 0..shape.height {
            for x in 0..shape.width {
                pixels.push(inside(x, y));
            }
        }
        SliceMask { shape, pixels }
    }

    /// A mask of these pixels, row by row; `None` if they are not as many as the slice has.
    pub fn from_pixels(shape: SliceShape, pixels: Vec<bool>) -> Option<Self> {
        (pixels.len() == shape.pixels()).then_some(SliceMask { shape, pixels })
    }

    /// Size of the slice.
    pub fn shape(&self) -> SliceShape {
        self.shape
    }

    /// Whether the pixel is set; false outside the slice.
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.shape.width
            && y < self.shape.height
            && self.pixels[y as usize * self.shape.width as usize + x as usize]
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[bool] {
        &self.pixels
    }

    /// Number of pixels set.
    pub fn area(&self) -> u64 {
        self.pixels.iter().filter(|&&p| p).count() as u64
    }

    /// The smallest box around all pixels set; `None` if none is.
    pub fn bounds(&self) -> Option<crate::prompt::SliceBox> {
        let width = self.shape.width;
        let set = self.pixels.iter().enumerate().filter(|&(_, &set)| set);
        set.map(|(at, _)| (at as u32 % width, at as u32 / width))
            .map(|at| crate::prompt::SliceBox::spanning(at, at))
            .reduce(|a, b| crate::prompt::SliceBox {
                x0: a.x0.min(b.x0),
                y0: a.y0.min(b.y0),
                x1: a.x1.max(b.x1),
                y1: a.y1.max(b.y1),
            })
    }

    /// Run lengths; see [`Rle`].
    pub fn to_rle(&self) -> Rle {
        let mut runs = Vec::new();
        let (mut current, mut length) = (false, 0u32);
        for &pixel in &self.pixels {
            if pixel != current {
                runs.push(length);
                (current, length) = (pixel, 0);
            }
            length += 1;
        }
        // A run of background at the end says nothing.
        if current {
            runs.push(length);
        }
        Rle(runs)
    }
}

/// Run lengths of a slice mask, row-major: background, object, background, … in turn, starting
/// with background (0 if the first pixel is set). What follows the last run is background.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rle(pub Vec<u32>);

/// Run lengths that are longer than the slice they should fill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run lengths add up to {found} pixels, but the slice has {pixels}")]
pub struct RleTooLong {
    /// Sum of the runs.
    pub found: u64,
    /// Pixels in the slice.
    pub pixels: u64,
}

impl Rle {
    /// Number of pixels set.
    pub fn area(&self) -> u64 {
        self.object_runs().map(|(_, n)| n).sum()
    }

    /// Start (pixel index, row-major) and length of each run of object pixels.
    pub fn object_runs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut start = 0u64;
        self.0.iter().enumerate().filter_map(move |(n, &length)| {
            let run = (start, u64::from(length));
            start += u64::from(length);
            (n % 2 == 1).then_some(run)
        })
    }

    /// Number of pixels that both have.
    pub fn overlap(&self, other: &Rle) -> u64 {
        let (mut ours, mut theirs) = (self.object_runs(), other.object_runs());
        let (mut a, mut b) = (ours.next(), theirs.next());
        let mut both = 0;
        while let (Some((a_start, a_length)), Some((b_start, b_length))) = (a, b) {
            let (a_end, b_end) = (a_start + a_length, b_start + b_length);
            both += a_end.min(b_end).saturating_sub(a_start.max(b_start));
            if a_end <= b_end {
                a = ours.next();
            } else {
                b = theirs.next();
            }
        }
        both
    }

    /// Intersection over union with another mask; 1 if both are empty.
    pub fn iou(&self, other: &Rle) -> f64 {
        let both = self.overlap(other);
        let either = self.area() + other.area() - both;
        if either == 0 {
            1.0
        } else {
            both as f64 / either as f64
        }
    }

    /// The mask on a slice of `shape`.
    pub fn to_mask(&self, shape: SliceShape) -> Result<SliceMask, RleTooLong> {
        self.check(shape)?;
        let mut mask = SliceMask::empty(shape);
        for (start, length) in self.object_runs() {
            mask.pixels[start as usize..(start + length) as usize].fill(true);
        }
        Ok(mask)
    }

    /// Checks that the runs fit into a slice of `shape`.
    pub fn check(&self, shape: SliceShape) -> Result<(), RleTooLong> {
        let found: u64 = self.0.iter().map(|&n| u64::from(n)).sum();
        let pixels = shape.pixels() as u64;
        if found > pixels {
            return Err(RleTooLong { found, pixels });
        }
        Ok(())
    }
}

/// The mask of one object in a volume: one [`Rle`] per slice that has any of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectMask {
    /// The object.
    pub label: Label,
    /// Its name in the label table.
    pub name: String,
    /// Slice index along the axis of the set → mask.
    pub slices: BTreeMap<u32, Rle>,
}

impl ObjectMask {
    /// Number of voxels.
    pub fn voxels(&self) -> u64 {
        self.slices.values().map(Rle::area).sum()
    }
}

/// All masks of one revision of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskSet {
    /// Size of the scan.
    pub dims: Dims,
    /// The axis that the slices are cut across.
    pub axis: Axis,
    /// The objects, by label.
    pub objects: Vec<ObjectMask>,
}

impl MaskSet {
    /// No objects.
    pub fn empty(dims: Dims, axis: Axis) -> Self {
        MaskSet {
            dims,
            axis,
            objects: Vec::new(),
        }
    }

    /// The object with `label`, if there is one.
    pub fn object(&self, label: Label) -> Option<&ObjectMask> {
        self.objects.iter().find(|o| o.label == label)
    }

    /// Replaces the mask of an object on slice `index`; adds the object if it is new. An empty mask
    /// removes the slice.
    pub fn set_runs(&mut self, label: Label, name: &str, index: u32, rle: Rle) {
        let position = self.objects.binary_search_by_key(&label, |o| o.label);
        let at = match position {
            Ok(at) => at,
            Err(at) => {
                let object = ObjectMask {
                    label,
                    name: name.to_owned(),
                    slices: BTreeMap::new(),
                };
                self.objects.insert(at, object);
                at
            }
        };
        if rle.0.is_empty() {
            self.objects[at].slices.remove(&index);
        } else {
            self.objects[at].slices.insert(index, rle);
        }
    }

    /// The label map of the volume, `i` fastest; where objects overlap the highest label wins.
    pub fn label_map(&self) -> Result<Vec<u16>, RleTooLong> {
        let [ni, nj, _] = self.dims.0.map(|n| n as usize);
        let shape = self.dims.slice_shape(self.axis);
        let mut voxels = vec![0u16; self.dims.voxels() as usize];
        for object in &self.objects {
            for (&index, rle) in &object.slices {
                rle.check(shape)?;
                if index >= self.dims.along(self.axis) {
                    continue;
                }
                for (start, length) in rle.object_runs() {
                    for pixel in start..start + length {
                        let x = (pixel % u64::from(shape.width)) as u32;
                        let y = (pixel / u64::from(shape.width)) as u32;
                        let [i, j, k] = self.axis.voxel(index, x, y).map(|v| v as usize);
                        voxels[i + ni * (j + nj * k)] = object.label.get();
                    }
                }
            }
        }
        Ok(voxels)
    }
}

/// Dice coefficient of two masks, `2·|A∩B| / (|A| + |B|)`; 1 if both are empty.
pub fn dice(a: impl IntoIterator<Item = bool>, b: impl IntoIterator<Item = bool>) -> f64 {
    let (mut both, mut sum) = (0u64, 0u64);
    for (a, b) in a.into_iter().zip(b) {
        both += u64::from(a && b);
        sum += u64::from(a) + u64::from(b);
    }
    if sum == 0 {
        1.0
    } else {
        2.0 * both as f64 / sum as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_start_with_background_and_end_with_the_object() {
        let shape = SliceShape {
            width: 4,
            height: 2,
        };
        let mask = SliceMask::from_fn(shape, |x, y| y == 0 && (x == 0 || x == 1));
        assert_eq!(mask.to_rle(), Rle(vec![0, 2]));
        assert_eq!(SliceMask::empty(shape).to_rle(), Rle(vec![]));
        assert!(Rle(vec![3, 6]).to_mask(shape).is_err());
    }

    #[test]
    fn masks_across_any_axis_land_on_their_voxels() {
        let dims = Dims([3, 4, 5]);
        let label = Label::new(7).unwrap();
        for axis in Axis::ALL {
            let mut set = MaskSet::empty(dims, axis);
            let shape = dims.slice_shape(axis);
            let mask = SliceMask::from_fn(shape, |x, y| (x, y) == (1, 2));
            set.set_runs(label, "thing", 2, mask.to_rle());
            let [i, j, k] = axis.voxel(2, 1, 2).map(|v| v as usize);
            let map = set.label_map().unwrap();
            assert_eq!(map.iter().filter(|&&v| v == 7).count(), 1);
            assert_eq!(map[i + 3 * (j + 4 * k)], 7);
        }
    }

    #[test]
    fn bounds_are_the_smallest_box_around_a_mask() {
        let shape = SliceShape {
            width: 7,
            height: 5,
        };
        let mask = SliceMask::from_fn(shape, |x, y| (x, y) == (5, 1) || (x, y) == (2, 3));
        let bounds = mask.bounds().unwrap();
        assert_eq!((bounds.x0, bounds.y0, bounds.x1, bounds.y1), (2, 1, 6, 4));
        assert_eq!(SliceMask::empty(shape).bounds(), None);
    }

    #[test]
    fn an_empty_mask_takes_the_slice_out() {
        let dims = Dims([3, 4, 5]);
        let label = Label::new(1).unwrap();
        let mut set = MaskSet::empty(dims, Axis::K);
        let shape = dims.slice_shape(Axis::K);
        set.set_runs(
            label,
            "thing",
            1,
            SliceMask::from_fn(shape, |_, _| true).to_rle(),
        );
        assert_eq!(set.object(label).unwrap().voxels(), 12);
        set.set_runs(label, "thing", 1, SliceMask::empty(shape).to_rle());
        assert_eq!(set.object(label).unwrap().voxels(), 0);
    }

    #[test]
    fn dice_of_halves() {
        assert_eq!(dice([true, true, false], [true, false, false]), 2.0 / 3.0);
        assert_eq!(dice([false], [false]), 1.0);
        assert_eq!(dice([true], [false]), 0.0);
    }

    proptest! {
        #[test]
        fn masks_overlap_in_runs_as_they_do_in_pixels(a in any::<u64>(), b in any::<u64>()) {
            let shape = SliceShape { width: 8, height: 8 };
            let mask = |bits: u64| SliceMask::from_fn(shape, |x, y| bits >> (y * 8 + x) & 1 == 1);
            let both = u64::from((a & b).count_ones());
            prop_assert_eq!(mask(a).to_rle().overlap(&mask(b).to_rle()), both);
        }

        #[test]
        fn run_lengths_round_trip(width in 1u32..20, height in 1u32..20, seed in any::<u64>()) {
            let shape = SliceShape { width, height };
            let mask = SliceMask::from_fn(shape, |x, y| {
                (seed.rotate_left((x * 7 + y * 13) % 64) & 3) == 1
            });
            let rle = mask.to_rle();
            prop_assert_eq!(rle.area(), mask.area());
            prop_assert_eq!(rle.to_mask(shape).unwrap(), mask);
        }
    }
}
