//! A profile's boxes and points → voxels of one scan.

use super::file::{BoxSpec, PointSpec, Space};
use super::{Object, Profile};
use medicosam_shared::geometry::{Affine, Dims};
use medicosam_shared::prompt::{VolumePrompt, VoxelBox, VoxelPoint};
use medicosam_shared::provenance::ScanInfo;

/// Rounding slack, in voxels, for places computed through an affine.
const SLACK: f64 = 1e-4;

/// A prompt of a profile that misses the scan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("profile {profile:?}, object {object:?}: {what}; the scan has {dims} voxels")]
pub struct PromptOutside {
    /// The profile.
    pub profile: String,
    /// The object's name.
    pub object: String,
    /// What misses, with its numbers.
    pub what: String,
    /// Size of the scan.
    pub dims: Dims,
}

/// All prompts of a profile in voxels of a scan.
pub fn resolve(profile: &Profile, scan: &ScanInfo) -> Result<Vec<VolumePrompt>, PromptOutside> {
    let outside = |object: &Object, what: String| PromptOutside {
        profile: profile.name.clone(),
        object: object.name.clone(),
        what,
        dims: scan.dims,
    };
    profile
        .objects
        .iter()
        .map(|object| {
            let bbox = object
                .bbox
                .map(|b| resolve_box(&b, scan))
                .transpose()
                .map_err(|what| outside(object, what))?;
            let points = object
                .points
                .iter()
                .map(|p| resolve_point(p, scan))
                .collect::<Result<_, _>>()
                .map_err(|what| outside(object, what))?;
            Ok(VolumePrompt {
                label: object.label,
                name: object.name.clone(),
                bbox,
                points,
            })
        })
        .collect()
}

/// Checks what can be checked without a scan: finite numbers, boxes that are not empty.
pub(super) fn check_numbers(bbox: &Option<BoxSpec>, points: &[PointSpec]) -> Result<(), String> {
    let in_fraction = |space: Space, v: &[f64; 3]| {
        space != Space::Fraction || v.iter().all(|x| (0.0..=1.0).contains(x))
    };
    if let Some(BoxSpec { space, min, max }) = bbox {
        if !min.iter().chain(max).all(|v| v.is_finite()) {
            return Err(format!(
                "the box {min:?} to {max:?} has a value that is not a number"
            ));
        }
        if min.iter().zip(max).any(|(a, b)| a >= b) {
            return Err(format!("the box {min:?} to {max:?} is empty"));
        }
        if !in_fraction(*space, min) || !in_fraction(*space, max) {
            return Err(format!(
                "the box {min:?} to {max:?} has fractions outside 0 to 1"
            ));
        }
    }
    for PointSpec { space, at, .. } in points {
        if !at.iter().all(|v| v.is_finite()) {
            return Err(format!("the point {at:?} has a value that is not a number"));
        }
        if !in_fraction(*space, at) {
            return Err(format!("the point {at:?} has fractions outside 0 to 1"));
        }
    }
    Ok(())
}

/// Voxels whose index range the box covers. A box in voxels must lie inside the volume; one in mm
/// is cut to it, because its corners in a tilted scan lie where nobody chose them.
fn resolve_box(spec: &BoxSpec, scan: &ScanInfo) -> Result<VoxelBox, String> {
    let BoxSpec { space, min, max } = spec;
    let dims = scan.dims.0.map(f64::from);
    let missed = || format!("the box {min:?} to {max:?} ({}) lies outside", name(*space));
    // Half-open range of voxel indices along each axis, not yet cut to the volume.
    let (low, high) = match space {
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
            let (low, high) = corners(&scan.affine, min, max).ok_or_else(|| {
                format!(
                    "the box {min:?} to {max:?} (mm) needs an affine, and the scan's is singular"
                )
            })?;
            // The voxels whose centres lie in the box.
            (
                low.map(|v| (v - SLACK).ceil()),
                high.map(|v| (v + SLACK).floor() + 1.0),
            )
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
fn resolve_point(spec: &PointSpec, scan: &ScanInfo) -> Result<VoxelPoint, String> {
    let PointSpec {
        space,
        at,
        positive,
    } = spec;
    let dims = scan.dims.0.map(f64::from);
    let voxel = match space {
        Space::Voxel => at.map(f64::floor),
        Space::Fraction => std::array::from_fn(|a| (at[a] * dims[a]).floor().min(dims[a] - 1.0)),
        Space::Mm => scan
            .affine
            .to_voxel(*at)
            .ok_or_else(|| {
                format!("the point {at:?} (mm) needs an affine, and the scan's is singular")
            })?
            .map(f64::round),
    };
    if (0..3).any(|a| voxel[a] < 0.0 || voxel[a] >= dims[a]) {
        return Err(format!(
            "the point {at:?} ({}) is voxel {voxel:?}, which lies outside",
            name(*space)
        ));
    }
    Ok(VoxelPoint {
        at: voxel.map(|v| v as u32),
        positive: *positive,
    })
}

fn name(space: Space) -> &'static str {
    match space {
        Space::Voxel => "voxels",
        Space::Mm => "mm",
        Space::Fraction => "fractions",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(affine: Affine) -> ScanInfo {
        ScanInfo {
            dims: Dims([100, 80, 20]),
            affine,
            voxel_type: "int16".into(),
            notes: Vec::new(),
        }
    }

    fn boxed(space: Space, min: [f64; 3], max: [f64; 3]) -> BoxSpec {
        BoxSpec { space, min, max }
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
        let spec = boxed(Space::Mm, [0.0, 20.0, 2.0], [10.0, 30.0, 4.0]);
        let b = resolve_box(&spec, &scan(oblique)).unwrap();
        for corner in 0..8u8 {
            let pick = |a: usize| {
                if corner >> a & 1 == 0 {
                    spec.min[a]
                } else {
                    spec.max[a]
                }
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
    fn what_misses_the_volume_is_named_with_its_numbers() {
        let scan = scan(FLIPPED);
        let error = resolve_box(
            &boxed(Space::Voxel, [0.0, 0.0, 0.0], [101.0, 5.0, 5.0]),
            &scan,
        );
        assert!(error.unwrap_err().contains("101"));
        assert!(resolve_box(&boxed(Space::Mm, [900.0; 3], [950.0; 3]), &scan).is_err());
        let point = PointSpec {
            space: Space::Mm,
            at: [0.0, 0.0, 500.0],
            positive: true,
        };
        assert!(resolve_point(&point, &scan).unwrap_err().contains("500"));
    }

    #[test]
    fn points_go_to_the_voxel_they_lie_in() {
        let scan = scan(FLIPPED);
        let at = |space, at| {
            resolve_point(
                &PointSpec {
                    space,
                    at,
                    positive: false,
                },
                &scan,
            )
            .unwrap()
            .at
        };
        assert_eq!(at(Space::Voxel, [3.9, 4.0, 0.0]), [3, 4, 0]);
        assert_eq!(at(Space::Fraction, [1.0, 0.5, 0.0]), [99, 40, 0]);
        assert_eq!(at(Space::Mm, FLIPPED.to_world([7.0, 8.0, 9.0])), [7, 8, 9]);
    }
}
