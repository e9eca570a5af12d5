//! The affine of a NIfTI-1 header.
//!
//! A header can give it three ways: as matrix (sform), as rotation by a quaternion (qform), or
//! only as voxel sizes (pixdim). The first one that can be used is used, in this order; what had
//! to be passed over becomes a [`Note`]. Formulas: `nifti1.h`, methods 3, 2 and 1.
//!
//! The quaternion is turned into a matrix here and not by the `nifti` crate: its functions panic
//! on quaternions longer than 1 and on a `pixdim[0]` of 0, both of which occur, and bring nalgebra
//! along.

use crate::scan::note::Note;
use medicosam_shared::geometry::Affine;
use nifti::NiftiHeader;

/// Voxel to world in mm, and its oddities.
pub(super) fn affine_of(header: &NiftiHeader, dims: [u32; 3]) -> (Affine, Vec<Note>) {
    let mut notes = Vec::new();
    let unit = millimetres_per_unit(header.xyzt_units);

    if header.sform_code > 0 {
        let sform = scaled(sform_of(header), unit);
        if is_plausible(&sform) {
            return (sform, notes);
        }
        notes.push(Note::SformUnusable);
    }
    let spacing = spacing_of(header, dims, &mut notes);
    if header.qform_code > 0 {
        let (qform, length) = qform_of(header, spacing);
        let qform = scaled(qform, unit);
        if is_plausible(&qform) {
            if length > 1.001 {
                notes.push(Note::QuaternionTooLong);
            }
            return (qform, notes);
        }
        notes.push(Note::QformUnusable);
    }
    notes.push(Note::NoOrientation);
    (scaled(Affine::from_spacing(spacing), unit), notes)
}

/// Voxel sizes. Signs mean nothing here; an impossible size becomes 1.
fn spacing_of(header: &NiftiHeader, dims: [u32; 3], notes: &mut Vec<Note>) -> [f64; 3] {
    let [_, i, j, k, ..] = header.pixdim;
    let mut replaced = false;
    let spacing = std::array::from_fn(|axis| {
        let size = f64::from([i, j, k][axis]).abs();
        if size.is_finite() && size > 0.0 && is_plausible_length(size) {
            return size;
        }
        // Along an axis of one voxel many programs leave it at 0.
        replaced |= dims[axis] > 1;
        1.0
    });
    if replaced {
        notes.push(Note::SpacingUnusable);
    }
    spacing
}

fn sform_of(header: &NiftiHeader) -> Affine {
    Affine([header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from)))
}

/// The affine of the quaternion, and the length of its vector part (1 at most if it is valid).
fn qform_of(header: &NiftiHeader, spacing: [f64; 3]) -> (Affine, f64) {
    let [mut b, mut c, mut d] =
        [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let length = (b * b + c * c + d * d).sqrt();
    // As the reference implementation: a half turn has no scalar part, and rounding must not make
    // it an imaginary one.
    let mut a = 1.0 - (b * b + c * c + d * d);
    if a < 1e-7 {
        (b, c, d) = (b / length, c / length, d / length);
        a = 0.0;
    } else {
        a = a.sqrt();
    }
    let [x, y, z] = spacing;
    // qfac: the third axis runs the other way in a left-handed file.
    let z = if header.pixdim[0] < 0.0 { -z } else { z };
    let offset = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
    let matrix = Affine([
        [
            (a * a + b * b - c * c - d * d) * x,
            2.0 * (b * c - a * d) * y,
            2.0 * (b * d + a * c) * z,
            offset[0],
        ],
        [
            2.0 * (b * c + a * d) * x,
            (a * a + c * c - b * b - d * d) * y,
            2.0 * (c * d - a * b) * z,
            offset[1],
        ],
        [
            2.0 * (b * d - a * c) * x,
            2.0 * (c * d + a * b) * y,
            (a * a + d * d - b * b - c * c) * z,
            offset[2],
        ],
    ]);
    (matrix, length)
}

/// Millimetres in the header's unit of space; unknown units are taken for millimetres.
fn millimetres_per_unit(xyzt_units: u8) -> f64 {
    match xyzt_units & 0x07 {
        1 => 1000.0,
        3 => 0.001,
        _ => 1.0,
    }
}

fn scaled(affine: Affine, factor: f64) -> Affine {
    if factor == 1.0 {
        affine
    } else {
        Affine(affine.0.map(|row| row.map(|v| v * factor)))
    }
}

/// Whether it can be inverted, and speaks of lengths that exist.
fn is_plausible(affine: &Affine) -> bool {
    affine.is_usable()
        && affine.spacing().into_iter().all(is_plausible_length)
        && affine.0.iter().all(|row| row[3].abs() < 1e7)
}

/// From a nanometre to a kilometre, in mm.
fn is_plausible_length(length: f64) -> bool {
    (1e-6..1e6).contains(&length)
}
