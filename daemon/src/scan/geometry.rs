//! Where the voxels of a scan lie, as far as its format says.

use medicosam_shared::geometry::Affine;

/// The geometry of a scan: what its results must repeat to lie over it.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// Voxels in the space of a patient.
    Space(Space),
    /// Pixels, without a world. Results are pictures too.
    Picture,
}

/// Columns of a picture to the left, rows to the back: it is shown as any viewer shows it. (ITK
/// reads pictures the same way.) A pixel counts as 1 mm wide.
const PICTURE: Affine = Affine([
    [-1.0, 0.0, 0.0, 0.0],
    [0.0, -1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
]);

impl Geometry {
    /// Voxel to world, in mm.
    pub fn affine(&self) -> Affine {
        match self {
            Geometry::Space(space) => space.affine,
            Geometry::Picture => PICTURE,
        }
    }
}

/// The space of a scan in the fields of a NIfTI-1 header, the format of all label maps. A NIfTI scan
/// keeps its own fields bit by bit, even unusable ones: a viewer that prefers another field still lays
/// the label map over the scan.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Voxel to world in mm, as it is used here.
    pub affine: Affine,
    /// Unit of all lengths (`xyzt_units`).
    pub units: u8,
    /// Handedness of the quaternion (`qfac`), and voxel sizes.
    pub pixdim: [f32; 4],
    /// Meaning of the quaternion; 0 if it has none.
    pub qform_code: i16,
    /// b, c and d.
    pub quaternion: [f32; 3],
    /// Offset of the quaternion.
    pub offset: [f32; 3],
    /// Meaning of the matrix; 0 if it has none.
    pub sform_code: i16,
    /// Its rows.
    pub matrix: [[f32; 4]; 3],
}

/// `NIFTI_UNITS_MM`.
const MILLIMETRES: u8 = 2;
/// `NIFTI_XFORM_SCANNER_ANAT`.
const SCANNER: i16 = 1;

impl Space {
    /// The space of a scan whose format gives an affine, in mm.
    pub fn of(affine: Affine) -> Self {
        let [x, y, z] = affine.spacing().map(|size| size as f32);
        Space {
            units: MILLIMETRES,
            pixdim: [1.0, x, y, z],
            qform_code: 0,
            quaternion: [0.0; 3],
            offset: [0.0; 3],
            sform_code: SCANNER,
            matrix: affine.0.map(|row| row.map(|value| value as f32)),
            affine,
        }
    }
}
