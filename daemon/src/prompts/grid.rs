//! Whether a label map lies on the scan's grid.

use super::error::PromptsError;
use crate::scan::{AxisOrder, LabelMap};
use medicosam_shared::geometry::Dims;
use medicosam_shared::provenance::ScanInfo;
use std::path::Path;

/// How far the corners of two grids may lie apart, in parts of the smallest voxel side.
const TOLERANCE: f64 = 0.1;

/// Checks that a label map lies on the grid of the scan: the same size, and corners that agree to
/// a tenth of a voxel.
pub fn check_grid(path: &Path, labels: &ScanInfo, scan: &ScanInfo) -> Result<(), PromptsError> {
    let other = |what| PromptsError::OtherGrid {
        path: path.to_owned(),
        what,
    };
    if labels.dims != scan.dims {
        return Err(other(format!(
            "it has {} voxels, the scan {}",
            labels.dims, scan.dims
        )));
    }
    let (apart, at) = farthest_corner(scan.dims, labels, scan);
    let smallest = scan
        .affine
        .spacing()
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    // This comparison also refuses a distance that is not a number.
    if apart <= smallest * TOLERANCE {
        return Ok(());
    }
    let world = |info: &ScanInfo| {
        info.affine
            .to_world(at)
            .map(|v| (v * 100.0).round() / 100.0)
    };
    Err(other(format!(
        "its voxel {at:?} lies at {:?} mm, that of the scan at {:?} mm, {apart:.2} mm apart",
        world(labels),
        world(scan)
    )))
}

/// The label map at `path` with its voxels in the order of the scan's: maps that other programs wrote lie
/// on the same grid, but often with their axes in another order or direction. Refused where the grids differ
/// in more than that.
pub fn onto_grid(path: &Path, map: LabelMap, scan: &ScanInfo) -> Result<LabelMap, PromptsError> {
    let order = AxisOrder::between(&map.info.affine, &scan.affine);
    if order.is_identity() {
        check_grid(path, &map.info, scan)?;
        return Ok(map);
    }
    let reordered = map.reordered(order);
    // Sizes are named as the file has them.
    let compared = match reordered.info.dims == scan.dims {
        true => &reordered,
        false => &map,
    };
    check_grid(path, &compared.info, scan)?;
    Ok(reordered)
}

/// The largest distance between the same corners of two grids, and the corner.
fn farthest_corner(dims: Dims, a: &ScanInfo, b: &ScanInfo) -> (f64, [f64; 3]) {
    let corner = |bits: u8| -> [f64; 3] {
        std::array::from_fn(|axis| match bits >> axis & 1 {
            0 => 0.0,
            _ => f64::from(dims.0[axis].saturating_sub(1)),
        })
    };
    let distance = |at| {
        let (p, q) = (a.affine.to_world(at), b.affine.to_world(at));
        let squares = p.iter().zip(q).map(|(p, q)| (p - q) * (p - q));
        squares.sum::<f64>().sqrt()
    };
    let mut farthest = (0.0, [0.0; 3]);
    for at in (0..8).map(corner) {
        let apart = distance(at);
        if apart > farthest.0 || apart.is_nan() {
            farthest = (apart, at);
        }
    }
    farthest
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::Affine;

    fn info(dims: [u32; 3], affine: Affine) -> ScanInfo {
        ScanInfo {
            dims: Dims(dims),
            affine,
            voxel_type: "uint8".into(),
            picture: false,
            notes: vec![],
        }
    }

    #[test]
    fn another_grid_is_refused_with_the_numbers() {
        let scan = info([40, 30, 20], Affine::from_spacing([0.8, 0.8, 5.0]));
        let check = |labels: &ScanInfo| check_grid(Path::new("/in/l.nii"), labels, &scan);
        assert!(check(&scan.clone()).is_ok());
        let mut near = scan.clone();
        near.affine.0[0][3] += 0.05;
        assert!(check(&near).is_ok());

        let error = check(&info([40, 30, 21], scan.affine)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("40×30×21") && text.contains("40×30×20"),
            "{text}"
        );
        let mut moved = scan.clone();
        moved.affine.0[2][3] = 3.5;
        let text = check(&moved).unwrap_err().to_string();
        assert!(text.contains("3.50 mm apart"), "{text}");
        // The same origin and spacing, but mirrored.
        let mut mirrored = scan.clone();
        mirrored.affine.0[0][0] = -0.8;
        assert!(check(&mirrored).is_err());
        let mut broken = scan.clone();
        broken.affine.0[0][0] = f64::NAN;
        assert!(check(&broken).is_err());
    }

    #[test]
    fn a_label_map_in_another_order_is_put_right_and_another_size_is_refused() {
        let scan = info([3, 2, 2], Affine::from_spacing([0.8, 0.8, 5.0]));
        let map = |dims, affine, voxels: &[u16]| LabelMap {
            info: info(dims, affine),
            sha256: String::new(),
            voxels: voxels.to_vec(),
        };
        let path = Path::new("/in/l.nii");
        // Along j, k and i, the last one from the other end.
        let turned = Affine([
            [0.0, 0.0, -0.8, 1.6],
            [0.8, 0.0, 0.0, 0.0],
            [0.0, 5.0, 0.0, 0.0],
        ]);
        let stored = map([2, 2, 3], turned, &[9, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0]);
        let right = onto_grid(path, stored, &scan).unwrap();
        assert_eq!(right.voxels, [7, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(right.info.dims, scan.dims);

        let larger = map([2, 2, 4], turned, &[0; 16]);
        let text = onto_grid(path, larger, &scan).unwrap_err().to_string();
        assert!(text.contains("2×2×4") && text.contains("3×2×2"), "{text}");
        // Half a voxel beside the scan is another place.
        let mut moved = turned;
        moved.0[0][3] += 0.4;
        let text = onto_grid(path, map([2, 2, 3], moved, &[0; 12]), &scan);
        let text = text.unwrap_err().to_string();
        assert!(text.contains("0.40 mm apart"), "{text}");
    }
}
