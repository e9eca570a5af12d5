//! Boxes and points as written → voxels of one scan.

use crate::config::{At, BoxSpec, Extent, Marks, PointSpec, Space};
use medicosam_shared::geometry::{Affine, Axis};
use medicosam_shared::provenance::ScanInfo;

/// A box in the volume, in voxels, half-open: `min` is inside, `max` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VoxelBox {
    pub min: [u32; 3],
    pub max: [u32; 3],
}

/// A point in the volume, in voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VoxelPoint {
    pub at: [u32; 3],
    /// Whether the object is here, or is not here.
    pub positive: bool,
}

/// Rounding slack, in voxels, for places computed from fractions or through an affine.
const SLACK: f64 = 1e-4;

/// Boxes and points of one object in voxels of a scan that is sliced across `axis`. The error says
/// what is wrong, with the numbers.
pub(super) fn resolve(
    marks: &Marks,
    scan: &ScanInfo,
    axis: Axis,
) -> Result<(Vec<VoxelBox>, Vec<VoxelPoint>), String> {
    let mut boxes: Vec<VoxelBox> = Vec::new();
    for spec in &marks.boxes {
        let found = resolve_box(spec, scan, axis)?;
        let along = axis.index();
        let shares =
            |b: &&VoxelBox| b.min[along] < found.max[along] && found.min[along] < b.max[along];
        if let Some(other) = boxes.iter().find(shares) {
            return Err(format!(
                "the box {spec} and another one are both on slice {} along {axis}; an object has one box on a slice",
                other.min[along].max(found.min[along])
            ));
        }
        boxes.push(found);
    }
    let points = marks.points.iter().map(|p| resolve_point(p, scan, axis));
    Ok((boxes, points.collect::<Result<_, _>>()?))
}

/// The voxels that a box covers. A box in voxels must lie inside the volume. A box in mm is cut to
/// it, because in a tilted scan nobody chose where its corners lie.
fn resolve_box(spec: &BoxSpec, scan: &ScanInfo, axis: Axis) -> Result<VoxelBox, String> {
    let dims = scan.dims.0.map(f64::from);
    let missed = || format!("the box {spec} lies outside");
    let (min, max) = match spec.extent {
        Extent::Volume { min, max } => (min, max),
        Extent::Slice { slice, min, max } => {
            let slice = whole_slice(slice, spec.space, dims[axis.index()]);
            // The slice's own voxels, in the space that the corners are in.
            let (from, to) = match spec.space {
                Space::Fraction => {
                    let count = dims[axis.index()];
                    (slice / count, (slice + 1.0) / count)
                }
                Space::Voxel | Space::Mm => (slice, slice + 1.0),
            };
            (in_volume(axis, from, min), in_volume(axis, to, max))
        }
    };
    // Half-open range of voxel indices along each axis, not yet cut to the volume.
    let (low, high) = match spec.space {
        Space::Voxel => {
            let inside = (0..3).all(|a| min[a] >= 0.0 && max[a] <= dims[a]);
            if !inside {
                return Err(missed());
            }
            (min.map(f64::floor), max.map(f64::ceil))
        }
        Space::Fraction => (
            std::array::from_fn(|a| (min[a] * dims[a] + SLACK).floor()),
            std::array::from_fn(|a| (max[a] * dims[a] - SLACK).ceil()),
        ),
        Space::Mm => {
            let (low, high) = corners(&scan.affine, &min, &max).ok_or_else(|| {
                format!("the box {spec} needs an affine, and the scan's is singular")
            })?;
            let centres: [(f64, f64); 3] = std::array::from_fn(|a| centres(low[a], high[a]));
            (centres.map(|(low, _)| low), centres.map(|(_, high)| high))
        }
    };
    let cut = |values: [f64; 3]| -> [u32; 3] {
        std::array::from_fn(|a| values[a].clamp(0.0, dims[a]) as u32)
    };
    let (min, max) = (cut(low), cut(high));
    if (0..3).any(|a| min[a] >= max[a]) {
        return Err(missed());
    }
    Ok(VoxelBox { min, max })
}

/// The voxels whose centres lie between two (fractional) indices, half-open. If there are none, the
/// voxel whose centre is nearest to the middle.
fn centres(low: f64, high: f64) -> (f64, f64) {
    let (first, last) = ((low - SLACK).ceil(), (high + SLACK).floor());
    if first <= last {
        return (first, last + 1.0);
    }
    let nearest = f64::midpoint(low, high).round();
    (nearest, nearest + 1.0)
}

/// Index of the slice that a number names. A fraction names the slice it lies in.
fn whole_slice(slice: f64, space: Space, count: f64) -> f64 {
    match space {
        Space::Fraction => fraction_of(slice, count),
        Space::Voxel | Space::Mm => slice.floor(),
    }
}

/// The voxel of `count` that a fraction lies in; the end is in the last one.
fn fraction_of(fraction: f64, count: f64) -> f64 {
    (fraction * count + SLACK).floor().min(count - 1.0)
}

/// A place on a slice across `axis`, `along` it, as one in the volume.
fn in_volume(axis: Axis, along: f64, [column, row]: [f64; 2]) -> [f64; 3] {
    match axis {
        Axis::I => [along, column, row],
        Axis::J => [column, along, row],
        Axis::K => [column, row, along],
    }
}

/// Smallest and largest voxel index of the eight corners of a box in mm.
fn corners(affine: &Affine, min: &[f64; 3], max: &[f64; 3]) -> Option<([f64; 3], [f64; 3])> {
    let mut low = [f64::INFINITY; 3];
    let mut high = [f64::NEG_INFINITY; 3];
    for corner in 0..8u8 {
        let world = std::array::from_fn(|a| if corner >> a & 1 == 0 { min[a] } else { max[a] });
        let voxel = affine.to_voxel(world)?;
        for a in 0..3 {
            low[a] = low[a].min(voxel[a]);
            high[a] = high[a].max(voxel[a]);
        }
    }
    Some((low, high))
}

/// The voxel that a point lies in.
fn resolve_point(spec: &PointSpec, scan: &ScanInfo, axis: Axis) -> Result<VoxelPoint, String> {
    let dims = scan.dims.0.map(f64::from);
    let at = match spec.at {
        At::Volume(at) => at,
        At::Slice { slice, at } => {
            let count = dims[axis.index()];
            let slice = whole_slice(slice, spec.space, count);
            let along = match spec.space {
                Space::Fraction => (slice + 0.5) / count,
                Space::Voxel | Space::Mm => slice,
            };
            in_volume(axis, along, at)
        }
    };
    let voxel = match spec.space {
        Space::Voxel => at.map(f64::floor),
        Space::Fraction => std::array::from_fn(|a| fraction_of(at[a], dims[a])),
        Space::Mm => scan
            .affine
            .to_voxel(at)
            .ok_or_else(|| format!("the point {spec} needs an affine, and the scan's is singular"))?
            .map(f64::round),
    };
    if (0..3).any(|a| voxel[a] < 0.0 || voxel[a] >= dims[a]) {
        return Err(format!(
            "the point {spec} is voxel {voxel:?}, which lies outside"
        ));
    }
    Ok(VoxelPoint {
        at: voxel.map(|v| v as u32),
        positive: spec.positive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::Dims;
    use proptest::prelude::*;

    fn scan(affine: Affine) -> ScanInfo {
        ScanInfo {
            dims: Dims([100, 80, 20]),
            affine,
            voxel_type: "int16".into(),
            picture: false,
            notes: Vec::new(),
        }
    }

    fn resolve_box(spec: &BoxSpec, scan: &ScanInfo) -> Result<VoxelBox, String> {
        super::resolve_box(spec, scan, Axis::K)
    }

    fn boxed(space: Space, min: [f64; 3], max: [f64; 3]) -> BoxSpec {
        BoxSpec {
            space,
            extent: Extent::Volume { min, max },
        }
    }

    /// i to the left, j to the back: both run against the world axes.
    const FLIPPED: Affine = Affine([
        [-0.5, 0.0, 0.0, 25.0],
        [0.0, -0.5, 0.0, 20.0],
        [0.0, 0.0, 5.0, -50.0],
    ]);

    #[test]
    fn a_box_in_mm_covers_the_voxels_whose_centres_it_covers() {
        let b = resolve_box(
            &boxed(Space::Mm, [0.0, 0.0, -50.0], [10.0, 5.0, -40.0]),
            &scan(FLIPPED),
        )
        .unwrap();
        // x 0..10 mm is i 30..=50, y 0..5 mm is j 30..=40, z −50..−40 mm is k 0..=2.
        assert_eq!((b.min, b.max), ([30, 30, 0], [51, 41, 3]));
    }

    #[test]
    fn voxels_fractions_and_mm_can_name_the_same_box() {
        let scan = scan(FLIPPED);
        let voxel = resolve_box(
            &boxed(Space::Voxel, [30.0, 40.0, 5.0], [60.0, 60.0, 10.0]),
            &scan,
        );
        let fraction = resolve_box(
            &boxed(Space::Fraction, [0.3, 0.5, 0.25], [0.6, 0.75, 0.5]),
            &scan,
        );
        assert_eq!(voxel, fraction);
        let low = FLIPPED.to_world([59.0, 59.0, 5.0]);
        let high = FLIPPED.to_world([30.0, 40.0, 9.0]);
        assert_eq!(voxel, resolve_box(&boxed(Space::Mm, low, high), &scan));
    }

    #[test]
    fn a_box_in_an_oblique_scan_is_the_box_around_its_corners() {
        let (sin, cos) = 30f64.to_radians().sin_cos();
        let oblique = Affine([
            [cos, -sin, 0.0, 0.0],
            [sin, cos, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
        ]);
        let (min, max) = ([0.0, 20.0, 2.0], [10.0, 30.0, 4.0]);
        let b = resolve_box(&boxed(Space::Mm, min, max), &scan(oblique)).unwrap();
        for corner in 0..8u8 {
            let pick = |a: usize| {
                if corner >> a & 1 == 0 { min[a] } else { max[a] }
            };
            let voxel = oblique.to_voxel([pick(0), pick(1), pick(2)]).unwrap();
            for a in 0..3 {
                let inside =
                    voxel[a] >= f64::from(b.min[a]) - 1.0 && voxel[a] <= f64::from(b.max[a]);
                assert!(inside, "corner {voxel:?} in {b:?}");
            }
        }
    }

    #[test]
    fn a_box_or_point_outside_the_volume_is_named_with_its_numbers() {
        let scan = scan(FLIPPED);
        let error = resolve_box(
            &boxed(Space::Voxel, [0.0, 0.0, 0.0], [101.0, 5.0, 5.0]),
            &scan,
        );
        assert!(error.unwrap_err().contains("101"));
        assert!(resolve_box(&boxed(Space::Mm, [900.0; 3], [950.0; 3]), &scan).is_err());
        let point = PointSpec {
            space: Space::Mm,
            at: At::Volume([0.0, 0.0, 500.0]),
            positive: true,
        };
        assert!(
            resolve_point(&point, &scan, Axis::K)
                .unwrap_err()
                .contains("500")
        );
    }

    #[test]
    fn points_go_to_the_voxel_they_lie_in() {
        let scan = scan(FLIPPED);
        let at = |space, at| {
            resolve_point(
                &PointSpec {
                    space,
                    at: At::Volume(at),
                    positive: false,
                },
                &scan,
                Axis::K,
            )
            .unwrap()
            .at
        };
        assert_eq!(at(Space::Voxel, [3.9, 4.0, 0.0]), [3, 4, 0]);
        assert_eq!(at(Space::Fraction, [1.0, 0.5, 0.0]), [99, 40, 0]);
        assert_eq!(at(Space::Mm, FLIPPED.to_world([7.0, 8.0, 9.0])), [7, 8, 9]);
        // 0.29 · 100 is 28.999… in binary; voxel 29 begins there.
        assert_eq!(at(Space::Fraction, [0.29, 0.7, 0.35]), [29, 56, 7]);
    }

    #[test]
    fn a_box_in_mm_that_is_thinner_than_a_slice_is_on_the_nearest_slice() {
        let scan = scan(FLIPPED);
        for z in [-50.0, -48.0, -47.6] {
            let flat = boxed(Space::Mm, [0.0, 0.0, z], [10.0, 5.0, z]);
            let b = resolve_box(&flat, &scan).unwrap();
            assert_eq!((b.min[2], b.max[2]), (0, 1), "{z}");
        }
        let flat = boxed(Space::Mm, [0.0, 0.0, -60.0], [10.0, 5.0, -60.0]);
        assert!(resolve_box(&flat, &scan).is_err());
    }

    #[test]
    fn what_is_on_a_slice_of_any_plane_is_in_its_columns_and_rows() {
        let scan = scan(FLIPPED);
        let spec = |space, slice, min, max| BoxSpec {
            space,
            extent: Extent::Slice { slice, min, max },
        };
        for (axis, min, max) in [
            (Axis::I, [7, 10, 3], [8, 30, 6]),
            (Axis::J, [10, 7, 3], [30, 8, 6]),
            (Axis::K, [10, 3, 7], [30, 6, 8]),
        ] {
            let written = spec(Space::Voxel, 7.0, [10.0, 3.0], [30.0, 6.0]);
            let b = super::resolve_box(&written, &scan, axis).unwrap();
            assert_eq!((b.min, b.max), (min, max), "{axis}");
            let point = PointSpec {
                space: Space::Voxel,
                at: At::Slice {
                    slice: 7.0,
                    at: [10.0, 3.0],
                },
                positive: true,
            };
            assert_eq!(resolve_point(&point, &scan, axis).unwrap().at, min);
        }
        let half = spec(Space::Fraction, 0.5, [0.0, 0.0], [0.5, 1.0]);
        let b = super::resolve_box(&half, &scan, Axis::K).unwrap();
        assert_eq!((b.min, b.max), ([0, 0, 10], [50, 80, 11]));
        let beyond = spec(Space::Voxel, 20.0, [0.0, 0.0], [5.0, 5.0]);
        let error = super::resolve_box(&beyond, &scan, Axis::K).unwrap_err();
        assert!(error.contains("on slice 20"), "{error}");
    }

    #[test]
    fn two_boxes_of_an_object_share_no_slice() {
        let on = |first, end| boxed(Space::Voxel, [0.0, 0.0, first], [9.0, 9.0, end]);
        let marks = |boxes| Marks {
            boxes,
            points: vec![],
        };
        let scan = scan(FLIPPED);
        let apart = marks(vec![on(0.0, 3.0), on(3.0, 5.0)]);
        assert_eq!(resolve(&apart, &scan, Axis::K).unwrap().0.len(), 2);
        let error = resolve(&marks(vec![on(0.0, 3.0), on(2.0, 5.0)]), &scan, Axis::K);
        assert!(error.unwrap_err().contains("slice 2"));
    }

    /// Rotations about all axes, mirrored or not, with three different spacings.
    fn affines() -> impl Strategy<Value = Affine> {
        (
            prop::array::uniform3(-3.2f64..3.2),
            prop::array::uniform3(prop::bool::ANY),
            prop::array::uniform3(0.3f64..6.0),
            prop::array::uniform3(-300f64..300.0),
        )
            .prop_map(|(turns, flips, spacing, origin)| {
                let mut m = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
                for (axis, turn) in turns.into_iter().enumerate() {
                    let (sin, cos) = turn.sin_cos();
                    let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
                    for row in &mut m {
                        (row[a], row[b]) =
                            (row[a] * cos - row[b] * sin, row[a] * sin + row[b] * cos);
                    }
                }
                Affine(std::array::from_fn(|r| {
                    let scaled =
                        |c: usize| m[r][c] * spacing[c] * if flips[c] { -1.0 } else { 1.0 };
                    [scaled(0), scaled(1), scaled(2), origin[r]]
                }))
            })
    }

    proptest! {
        #[test]
        fn a_voxel_named_in_mm_or_fractions_is_that_voxel(
            affine in affines(),
            voxel in (0u32..100, 0u32..80, 0u32..20),
        ) {
            let scan = scan(affine);
            let voxel = [voxel.0, voxel.1, voxel.2];
            let at = |space, at| {
                let spec = PointSpec { space, at: At::Volume(at), positive: true };
                resolve_point(&spec, &scan, Axis::K).unwrap().at
            };
            prop_assert_eq!(at(Space::Mm, affine.to_world(voxel.map(f64::from))), voxel);
            let fraction = std::array::from_fn(|a| {
                (f64::from(voxel[a]) + 0.5) / f64::from(scan.dims.0[a])
            });
            prop_assert_eq!(at(Space::Fraction, fraction), voxel);
        }

        #[test]
        fn a_box_in_mm_covers_every_voxel_centre_within_it(
            affine in affines(),
            centre in (5u32..95, 5u32..75, 2u32..18),
            half in prop::array::uniform3(0.0f64..20.0),
        ) {
            let scan = scan(affine);
            let middle = [centre.0, centre.1, centre.2].map(f64::from);
            let world = affine.to_world(middle);
            let min: [f64; 3] = std::array::from_fn(|a| world[a] - half[a]);
            let max: [f64; 3] = std::array::from_fn(|a| world[a] + half[a]);
            let b = resolve_box(&boxed(Space::Mm, min, max), &scan).unwrap();
            for (a, middle) in middle.into_iter().enumerate() {
                prop_assert!(b.max[a] <= scan.dims.0[a]);
                prop_assert!((b.min[a]..b.max[a]).contains(&(middle as u32)));
            }
            for i in 0..100u32 {
                for j in 0..80u32 {
                    let voxel = [i, j, centre.2];
                    let at = affine.to_world(voxel.map(f64::from));
                    let within = (0..3).all(|a| (min[a]..=max[a]).contains(&at[a]));
                    let covered = (0..3).all(|a| (b.min[a]..b.max[a]).contains(&voxel[a]));
                    prop_assert!(!within || covered, "{voxel:?} in {b:?}");
                }
            }
        }
    }
}
