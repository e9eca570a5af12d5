//! The affine: voxel indices to world millimetres.

use super::{Axis, Plane};
use serde::{Deserialize, Serialize};

/// Maps voxel indices `(i, j, k)` to world millimetres `(x, y, z)`, RAS+ as in NIfTI: x grows to
/// the patient's right, y to the front (anterior), z to the head (superior).
///
/// The three rows of the 4×4 matrix; its last row is always `0 0 0 1`. Integer indices are voxel
/// centres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine(pub [[f64; 4]; 3]);

impl Affine {
    /// Axes along x, y, z with the given spacing (mm) and the origin at voxel 0, 0, 0.
    pub fn from_spacing(spacing: [f64; 3]) -> Self {
        let [x, y, z] = spacing;
        Affine([[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0]])
    }

    /// World position in mm of a (fractional) voxel index.
    pub fn to_world(&self, voxel: [f64; 3]) -> [f64; 3] {
        self.0.map(|row| {
            row[0].mul_add(
                voxel[0],
                row[1].mul_add(voxel[1], row[2].mul_add(voxel[2], row[3])),
            )
        })
    }

    /// Fractional voxel index of a world position in mm; `None` if the affine is singular.
    pub fn to_voxel(&self, world: [f64; 3]) -> Option<[f64; 3]> {
        let determinant = self.determinant();
        if !self.is_usable() {
            return None;
        }
        let m = &self.0;
        let offset = [world[0] - m[0][3], world[1] - m[1][3], world[2] - m[2][3]];
        // Cramer's rule: replace one column by the offset.
        let solve = |column: usize| {
            let mut replaced = *self;
            for (row, value) in replaced.0.iter_mut().zip(offset) {
                row[column] = value;
            }
            replaced.determinant() / determinant
        };
        Some([solve(0), solve(1), solve(2)])
    }

    /// Determinant of the 3×3 part; negative where the file's axes are left-handed.
    pub fn determinant(&self) -> f64 {
        let m = &self.0;
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    }

    /// Whether every entry is finite and no axis vanishes or lies in the plane of the others.
    pub fn is_usable(&self) -> bool {
        let finite = self.0.iter().flatten().all(|v| v.is_finite());
        let [a, b, c] = self.spacing();
        // Relative to the box that the axes would span if they were orthogonal.
        finite && self.determinant().abs() > 1e-6 * a * b * c && a * b * c > 0.0
    }

    /// Distance in mm between neighbouring voxels along i, j and k.
    pub fn spacing(&self) -> [f64; 3] {
        Axis::ALL.map(|axis| {
            let [x, y, z] = self.column(axis);
            (x * x + y * y + z * z).sqrt()
        })
    }

    /// Volume of one voxel in mm³.
    pub fn voxel_volume(&self) -> f64 {
        self.determinant().abs()
    }

    /// World direction (unit vector, RAS+) in which the index along `axis` grows.
    pub fn direction(&self, axis: Axis) -> [f64; 3] {
        let length = self.spacing()[axis.index()];
        self.column(axis).map(|v| v / length)
    }

    /// The anatomical plane of slices cut across `axis`.
    ///
    /// Each voxel axis gets a world axis of its own, so that the three planes of an oblique scan
    /// stay different from one another: of the six assignments the one with the largest sum of
    /// absolute direction cosines.
    pub fn plane(&self, axis: Axis) -> Plane {
        Plane::ALL[self.world_axes()[axis.index()]]
    }

    /// The voxel axis whose slices lie (closest to) in `plane`.
    pub fn axis(&self, plane: Plane) -> Axis {
        let axes = self.world_axes();
        Axis::ALL
            .into_iter()
            .find(|a| Plane::ALL[axes[a.index()]] == plane)
            .unwrap_or(Axis::K)
    }

    /// The axis that the scanner stacked its slices along: the one with the largest spacing.
    ///
    /// Where no spacing stands out by more than 1 % the volume is isotropic, and the answer is the
    /// axis of axial slices.
    pub fn acquisition_axis(&self) -> Axis {
        let spacing = self.spacing();
        let axial = self.axis(Plane::Axial);
        // By plane, so that it does not depend on the order of the file's axes.
        let axes = Plane::ALL.map(|plane| self.axis(plane));
        axes.into_iter().fold(axial, |best, axis| {
            if spacing[axis.index()] > spacing[best.index()] * 1.01 {
                axis
            } else {
                best
            }
        })
    }

    /// Orientation in three letters: towards which side i, j and k grow, for example `LPS`.
    pub fn orientation(&self) -> String {
        let world = self.world_axes();
        Axis::ALL
            .iter()
            .map(|&axis| {
                let along = world[axis.index()];
                let [positive, negative] = super::display::SIDES[along];
                if self.direction(axis)[along] < 0.0 {
                    negative
                } else {
                    positive
                }
            })
            .collect()
    }

    /// For each voxel axis the world axis (0 = x, 1 = y, 2 = z) assigned to it.
    pub(super) fn world_axes(&self) -> [usize; 3] {
        const PERMUTATIONS: [[usize; 3]; 6] = [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        let directions = Axis::ALL.map(|axis| self.direction(axis));
        let closeness = |p: &[usize; 3]| -> f64 {
            p.iter()
                .zip(&directions)
                .map(|(&world, direction)| direction[world].abs())
                .sum()
        };
        PERMUTATIONS
            .into_iter()
            .reduce(|best, p| {
                if closeness(&p) > closeness(&best) {
                    p
                } else {
                    best
                }
            })
            .unwrap_or([0, 1, 2])
    }

    fn column(&self, axis: Axis) -> [f64; 3] {
        self.0.map(|row| row[axis.index()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// i to the left, j to the back, k to the head: the usual CT.
    const LPS: Affine = Affine([
        [-0.7, 0.0, 0.0, 150.0],
        [0.0, -0.7, 0.0, 120.0],
        [0.0, 0.0, 5.0, -300.0],
    ]);

    #[test]
    fn planes_and_orientation_of_common_files() {
        assert_eq!(LPS.orientation(), "LPS");
        assert_eq!(Axis::ALL.map(|a| LPS.plane(a)), Plane::ALL);
        assert_eq!(LPS.acquisition_axis(), Axis::K);

        // A sagittal acquisition: k runs to the left, i to the back, j to the feet.
        let sagittal = Affine([
            [0.0, 0.0, -4.0, 0.0],
            [-1.0, 0.0, 0.0, 0.0],
            [0.0, -1.0, 0.0, 0.0],
        ]);
        assert_eq!(sagittal.orientation(), "PIL");
        assert_eq!(sagittal.plane(Axis::K), Plane::Sagittal);
        assert_eq!(sagittal.axis(Plane::Axial), Axis::J);
        assert_eq!(sagittal.acquisition_axis(), Axis::K);
    }

    #[test]
    fn isotropic_volumes_are_sliced_axially() {
        let isotropic = Affine([
            [0.0, 0.0, 1.0, 0.0],
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
        ]);
        assert_eq!(isotropic.acquisition_axis(), isotropic.axis(Plane::Axial));
        assert_eq!(isotropic.axis(Plane::Axial), Axis::J);
    }

    #[test]
    fn oblique_scans_keep_three_different_planes() {
        // 45° about x: j and k are equally close to y and z.
        let c = std::f64::consts::FRAC_1_SQRT_2;
        let oblique = Affine([[1.0, 0.0, 0.0, 0.0], [0.0, c, -c, 0.0], [0.0, c, c, 0.0]]);
        let mut planes = Axis::ALL.map(|a| oblique.plane(a)).to_vec();
        planes.sort_by_key(|p| *p as u8);
        assert_eq!(planes, Plane::ALL);
    }

    #[test]
    fn degenerate_affines_are_not_usable() {
        assert!(!Affine([[0.0; 4]; 3]).is_usable());
        assert!(
            !Affine([
                [1.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, 1.0, 0.0]
            ])
            .is_usable()
        );
        assert!(!Affine([[f64::NAN; 4]; 3]).is_usable());
        assert!(Affine::from_spacing([0.01, 0.01, 0.01]).is_usable());
        assert_eq!(Affine([[0.0; 4]; 3]).to_voxel([1.0, 2.0, 3.0]), None);
    }

    proptest! {
        #[test]
        fn world_and_back(angle in 0.0..std::f64::consts::TAU, s in prop::array::uniform3(0.2..6.0f64),
                          t in prop::array::uniform3(-300.0..300.0f64), v in prop::array::uniform3(-50.0..600.0f64)) {
            let (sin, cos) = angle.sin_cos();
            let affine = Affine([
                [cos * s[0], -sin * s[1], 0.0, t[0]],
                [sin * s[0], cos * s[1], 0.0, t[1]],
                [0.0, 0.0, -s[2], t[2]],
            ]);
            let back = affine.to_voxel(affine.to_world(v)).unwrap();
            for (a, b) in v.iter().zip(back) {
                prop_assert!((a - b).abs() < 1e-6, "{v:?} came back as {back:?}");
            }
            for (a, b) in s.iter().zip(affine.spacing()) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }
}
