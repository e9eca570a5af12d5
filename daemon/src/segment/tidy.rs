//! Tidies the mask of an object: smoothing between slices, holes, small parts.

use medicosam_shared::geometry::{Affine, Axis, SliceShape};
use medicosam_shared::mask::{ObjectMask, Rle, RleTooLong, SliceMask};
use medicosam_shared::mask_rules::MaskRules;
use std::collections::BTreeMap;

/// Applies the rules to an object's mask, whose slices are cut across `axis` and have `shape`; the
/// slices that have any of it afterwards.
pub fn tidy(
    object: &ObjectMask,
    rules: &MaskRules,
    (axis, shape): (Axis, SliceShape),
    affine: &Affine,
) -> Result<BTreeMap<u32, Rle>, RleTooLong> {
    let Some(mut grid) = Grid::of(object, shape)? else {
        return Ok(BTreeMap::new());
    };
    if rules.smooth {
        grid.smooth();
    }
    if rules.fill_holes {
        grid.fill_holes();
    }
    let spacing = affine.spacing();
    let (columns, rows) = axis.in_plane();
    let pixel = spacing[columns.index()] * spacing[rows.index()];
    if rules.min_area > 0.0 {
        grid.keep_parts(Neighbours::OfSlice, |parts, part| {
            parts[part] as f64 * pixel >= rules.min_area
        });
    }
    if rules.min_volume > 0.0 {
        // 1 mL is 1000 mm³.
        let voxel = affine.voxel_volume() / 1000.0;
        grid.keep_parts(Neighbours::OfVolume, |parts, part| {
            parts[part] as f64 * voxel >= rules.min_volume
        });
    }
    if rules.largest {
        grid.keep_parts(Neighbours::OfVolume, |parts, part| {
            // Of two of the same size, the first one.
            let largest = parts.iter().max();
            largest == parts.get(part) && parts[..part].iter().max() < largest
        });
    }
    Ok(grid.slices(shape))
}

/// Numbers of voxels of the parts of an object whose voxels touch one another, be it by a corner.
pub fn part_sizes(object: &ObjectMask, shape: SliceShape) -> Result<Vec<usize>, RleTooLong> {
    let grid = Grid::of(object, shape)?;
    Ok(grid.map_or_else(Vec::new, |grid| grid.parts(Neighbours::OfVolume).1))
}

/// An object's mask in the smallest block of voxels around it.
struct Grid {
    /// Column, row and slice of the first voxel.
    origin: [u32; 3],
    /// Columns, rows and slices.
    size: [usize; 3],
    /// Columns fastest, then rows, then slices.
    voxels: Vec<bool>,
}

/// Which voxels hang together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    /// The 8 around a pixel on its slice.
    OfSlice,
    /// The 26 around a voxel.
    OfVolume,
}

impl Grid {
    /// `None` if the object has no voxel.
    fn of(object: &ObjectMask, shape: SliceShape) -> Result<Option<Self>, RleTooLong> {
        let mut masks = BTreeMap::new();
        for (&index, rle) in &object.slices {
            let mask = rle.to_mask(shape)?;
            if let Some(bounds) = mask.bounds() {
                masks.insert(index, (mask, bounds));
            }
        }
        let (Some(&first), Some(&last)) = (masks.keys().next(), masks.keys().next_back()) else {
            return Ok(None);
        };
        let bounds = || masks.values().map(|(_, b)| b);
        let x0 = bounds().map(|b| b.x0).min().unwrap_or(0);
        let y0 = bounds().map(|b| b.y0).min().unwrap_or(0);
        let x1 = bounds().map(|b| b.x1).max().unwrap_or(0);
        let y1 = bounds().map(|b| b.y1).max().unwrap_or(0);
        let size = [x1 - x0, y1 - y0, last + 1 - first].map(|n| n as usize);
        let mut voxels = Vec::with_capacity(size.iter().product());
        for index in first..=last {
            let mask = masks.get(&index).map(|(mask, _)| mask);
            for y in y0..y1 {
                voxels.extend((x0..x1).map(|x| mask.is_some_and(|mask| mask.get(x, y))));
            }
        }
        Ok(Some(Grid {
            origin: [x0, y0, first],
            size,
            voxels,
        }))
    }

    fn slices(&self, shape: SliceShape) -> BTreeMap<u32, Rle> {
        let [x0, y0, first] = self.origin;
        let [width, height, _] = self.size;
        let mut slices = BTreeMap::new();
        for (index, pixels) in (first..).zip(self.voxels.chunks_exact(width * height)) {
            if !pixels.contains(&true) {
                continue;
            }
            let mask = SliceMask::from_fn(shape, |x, y| {
                let at = (x.checked_sub(x0), y.checked_sub(y0));
                let (Some(x), Some(y)) = at else {
                    return false;
                };
                let (x, y) = (x as usize, y as usize);
                x < width && y < height && pixels[y * width + x]
            });
            slices.insert(index, mask.to_rle());
        }
        slices
    }

    /// The majority of each slice and its two neighbours; the first and the last slice stay.
    fn smooth(&mut self) {
        let plane = self.size[0] * self.size[1];
        let before = self.voxels.clone();
        for at in plane..before.len().saturating_sub(plane) {
            let votes = [at - plane, at, at + plane].map(|at| u8::from(before[at]));
            self.voxels[at] = votes.iter().sum::<u8>() >= 2;
        }
    }

    /// Fills the holes on each slice: pixels that cannot be reached from outside.
    fn fill_holes(&mut self) {
        let [width, height, _] = self.size;
        for pixels in self.voxels.chunks_exact_mut(width * height) {
            let mut outside = vec![false; pixels.len()];
            let on_edge = |at: &usize| {
                let (x, y) = (at % width, at / width);
                x == 0 || y == 0 || x == width - 1 || y == height - 1
            };
            let mut open: Vec<usize> = (0..pixels.len())
                .filter(|at| on_edge(at) && !pixels[*at])
                .collect();
            while let Some(at) = open.pop() {
                if std::mem::replace(&mut outside[at], true) {
                    continue;
                }
                let (x, y) = (at % width, at / width);
                let beside = [
                    (x > 0).then(|| at - 1),
                    (x + 1 < width).then(|| at + 1),
                    (y > 0).then(|| at - width),
                    (y + 1 < height).then(|| at + width),
                ];
                let reached = beside.into_iter().flatten();
                open.extend(reached.filter(|&next| !pixels[next] && !outside[next]));
            }
            for (pixel, outside) in pixels.iter_mut().zip(outside) {
                *pixel = !outside;
            }
        }
    }

    /// Keeps the parts that `keep` wants; it is given the sizes of all parts and the number of one.
    fn keep_parts(&mut self, neighbours: Neighbours, keep: impl Fn(&[usize], usize) -> bool) {
        let (parts, sizes) = self.parts(neighbours);
        let kept: Vec<bool> = (0..sizes.len()).map(|part| keep(&sizes, part)).collect();
        for (voxel, part) in self.voxels.iter_mut().zip(parts) {
            *voxel = part.is_some_and(|part| kept[part as usize]);
        }
    }

    /// The part that each voxel belongs to, and the number of voxels of each part.
    fn parts(&self, neighbours: Neighbours) -> (Vec<Option<u32>>, Vec<usize>) {
        let [width, height, depth] = self.size.map(|n| n as isize);
        let depths: &[isize] = match neighbours {
            Neighbours::OfSlice => &[0],
            Neighbours::OfVolume => &[-1, 0, 1],
        };
        let mut parts: Vec<Option<u32>> = vec![None; self.voxels.len()];
        let mut sizes = Vec::new();
        let mut open = Vec::new();
        for start in 0..self.voxels.len() {
            if !self.voxels[start] || parts[start].is_some() {
                continue;
            }
            let part = sizes.len() as u32;
            let mut size = 0;
            parts[start] = Some(part);
            open.push(start);
            while let Some(at) = open.pop() {
                size += 1;
                let at = at as isize;
                let (x, y, z) = (at % width, at / width % height, at / (width * height));
                for &dz in depths {
                    for dy in -1..=1 {
                        for dx in -1..=1 {
                            let (x, y, z) = (x + dx, y + dy, z + dz);
                            let inside = (0..width).contains(&x)
                                && (0..height).contains(&y)
                                && (0..depth).contains(&z);
                            let next = (x + width * (y + height * z)) as usize;
                            if inside && self.voxels[next] && parts[next].is_none() {
                                parts[next] = Some(part);
                                open.push(next);
                            }
                        }
                    }
                }
            }
            sizes.push(size);
        }
        (parts, sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::Label;
    use proptest::prelude::*;

    const SHAPE: SliceShape = SliceShape {
        width: 8,
        height: 6,
    };

    fn object(slices: &[(u32, &[(u32, u32)])]) -> ObjectMask {
        let rle = |pixels: &[(u32, u32)]| {
            SliceMask::from_fn(SHAPE, |x, y| pixels.contains(&(x, y))).to_rle()
        };
        ObjectMask {
            label: Label::MIN,
            name: "thing".into(),
            slices: slices.iter().map(|(index, p)| (*index, rle(p))).collect(),
        }
    }

    /// Pixels of 1 × 2 mm, slices 5 mm apart.
    fn tidied(object: &ObjectMask, rules: MaskRules) -> ObjectMask {
        let affine = Affine::from_spacing([1.0, 2.0, 5.0]);
        ObjectMask {
            slices: tidy(object, &rules, (Axis::K, SHAPE), &affine).unwrap(),
            ..object.clone()
        }
    }

    const NOTHING: MaskRules = MaskRules {
        smooth: false,
        fill_holes: false,
        min_area: 0.0,
        min_volume: 0.0,
        largest: false,
        overlap: None,
    };

    #[test]
    fn only_the_largest_part_stays_and_diagonals_hang_together() {
        let rules = MaskRules {
            largest: true,
            ..NOTHING
        };
        let two = object(&[(3, &[(0, 0), (1, 1), (6, 5)]), (4, &[(2, 2)])]);
        let one = object(&[(3, &[(0, 0), (1, 1)]), (4, &[(2, 2)])]);
        assert_eq!(tidied(&two, rules), one);
        let same = object(&[(3, &[(0, 0), (6, 5)])]);
        assert_eq!(tidied(&same, rules), object(&[(3, &[(0, 0)])]));
    }

    #[test]
    fn holes_are_filled_but_bays_are_not() {
        let rules = MaskRules {
            fill_holes: true,
            ..NOTHING
        };
        let ring: Vec<(u32, u32)> = (1..4)
            .flat_map(|x| (1..4).map(move |y| (x, y)))
            .filter(|&at| at != (2, 2))
            .collect();
        let full: Vec<(u32, u32)> = ring.iter().copied().chain([(2, 2)]).collect();
        assert_eq!(tidied(&object(&[(0, &ring)]), rules), object(&[(0, &full)]));
        let open: Vec<(u32, u32)> = ring.into_iter().filter(|&at| at != (2, 1)).collect();
        let bay = object(&[(0, &open)]);
        assert_eq!(tidied(&bay, rules), bay);
    }

    #[test]
    fn small_parts_go_by_area_on_a_slice_and_by_volume() {
        let parts = object(&[(0, &[(0, 0), (1, 0), (5, 5)]), (1, &[(5, 5)])]);
        // A pixel has 2 mm², a voxel 10 mm³ or 0.01 mL.
        let area = |min_area| MaskRules {
            min_area,
            ..NOTHING
        };
        assert_eq!(tidied(&parts, area(2.0)), parts);
        assert_eq!(tidied(&parts, area(3.0)), object(&[(0, &[(0, 0), (1, 0)])]));
        let volume = |min_volume| MaskRules {
            min_volume,
            ..NOTHING
        };
        assert_eq!(tidied(&parts, volume(0.02)), parts);
        assert_eq!(tidied(&parts, volume(0.021)).voxels(), 0);
    }

    #[test]
    fn smoothing_takes_the_majority_of_three_slices_and_leaves_the_ends() {
        let rules = MaskRules {
            smooth: true,
            ..NOTHING
        };
        let rough = object(&[
            (2, &[(1, 1), (7, 5)]),
            (3, &[(4, 4)]),
            (4, &[(1, 1)]),
            (5, &[(1, 1)]),
        ]);
        let smooth = object(&[
            (2, &[(1, 1), (7, 5)]),
            (3, &[(1, 1)]),
            (4, &[(1, 1)]),
            (5, &[(1, 1)]),
        ]);
        assert_eq!(tidied(&rough, rules), smooth);
        // A slice that the model lost between two others is filled.
        let gap = object(&[(2, &[(1, 1)]), (4, &[(1, 1)])]);
        assert_eq!(tidied(&gap, rules).slices.len(), 3);
    }

    proptest! {
        #[test]
        fn rules_that_say_nothing_change_nothing_and_twice_is_once(
            seed in prop::collection::vec(prop::collection::vec((0u32..8, 0u32..6), 0..20), 1..5),
            largest: bool, fill_holes: bool, min_area in 0.0f64..6.0,
        ) {
            let slices: Vec<(u32, &[(u32, u32)])> =
                (0..).zip(&seed).filter(|(_, p)| !p.is_empty()).map(|(i, p)| (i, &**p)).collect();
            let object = object(&slices);
            prop_assert_eq!(&tidied(&object, NOTHING), &object);
            let rules = MaskRules { largest, fill_holes, min_area, ..NOTHING };
            let once = tidied(&object, rules);
            prop_assert_eq!(&tidied(&once, MaskRules { min_area: 0.0, ..rules }), &once);
        }
    }
}
