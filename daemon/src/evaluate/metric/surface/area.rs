//! The area of a surface between eight neighbouring voxels.

/// Areas by which of eight voxels, 2 on each axis, are in the object: bit 4·z + 2·y + x of the index.
pub type Areas = [f64; 256];

/// A kind of corner: voxels in the object, and the triangles of the surface between them and the
/// others, as normals whose length is the area, in eighths of a voxel's face.
type Corner = (u8, &'static [[u8; 3]]);

/// The 13 kinds of corners with a surface, up to mirroring, turning and exchange of inside and outside:
/// triangles between the middles of edges (marching cubes, Lorensen and Cline, 1987). These are the
/// areas that NSD was defined with (Nikolov et al., "Deep learning to achieve clinically applicable
/// segmentation of head and neck anatomy for radiotherapy", 2018). Signs do not matter for an area.
const CORNERS: [Corner; 13] = [
    (0b0000_0001, &[[1, 1, 1]]),
    (0b0000_0011, &[[2, 2, 0], [2, 2, 0]]),
    (0b0000_0110, &[[1, 1, 1], [1, 1, 1]]),
    (0b0001_1000, &[[1, 1, 1], [1, 1, 1]]),
    (0b0000_0111, &[[1, 1, 1], [2, 2, 2], [4, 0, 0]]),
    (0b0001_0110, &[[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    (0b0001_1001, &[[0, 2, 2], [0, 2, 2], [1, 1, 1]]),
    (0b0000_1111, &[[4, 0, 0], [4, 0, 0]]),
    (0b0001_0111, &[[1, 1, 1], [1, 1, 1], [2, 2, 2], [2, 2, 2]]),
    (0b0001_1011, &[[0, 2, 2], [1, 1, 1], [2, 0, 2], [3, 3, 3]]),
    (0b0001_1110, &[[1, 1, 1], [1, 1, 1], [2, 2, 2], [4, 0, 0]]),
    (0b0011_1100, &[[2, 2, 0], [2, 2, 0], [2, 2, 0], [2, 2, 0]]),
    (0b0110_1001, &[[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]]),
];

/// The orders of three axes.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// Areas in mm² where voxels have this `spacing` in mm along slices (z), rows (y) and columns (x).
pub fn areas(spacing: [f64; 3]) -> Areas {
    let mut areas = [0.0; 256];
    let [z, y, x] = spacing;
    let faces = [y * x, z * x, z * y];
    for (voxels, triangles) in CORNERS {
        for order in ORDERS {
            let area = |triangle: &[u8; 3]| -> f64 {
                let along = |axis: usize| f64::from(triangle[order[axis]]) / 8.0 * faces[axis];
                (along(0).powi(2) + along(1).powi(2) + along(2).powi(2)).sqrt()
            };
            let sum: f64 = triangles.iter().map(area).sum();
            for mirrored in 0..8 {
                let turned = turned(voxels, order, mirrored);
                areas[usize::from(turned)] = sum;
                areas[usize::from(!turned)] = sum;
            }
        }
    }
    areas
}

/// Voxels with their axes in another order, then mirrored along those whose bit is set.
fn turned(voxels: u8, order: [usize; 3], mirrored: u8) -> u8 {
    let place = |at: u8| {
        let along = |axis: usize| at >> (2 - axis) & 1;
        let place = order
            .iter()
            .fold(0, |place, &axis| place << 1 | along(axis));
        place ^ mirrored
    };
    let there = (0..8).filter(|at| voxels >> at & 1 == 1);
    there.fold(0, |turned, at| turned | 1 << place(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corner_but_the_two_without_a_surface_has_an_area() {
        let areas = areas([1.0; 3]);
        for (voxels, area) in areas.iter().enumerate() {
            assert_eq!(*area == 0.0, voxels == 0 || voxels == 255, "{voxels:08b}");
        }
    }

    #[test]
    fn faces_are_as_large_as_their_voxels() {
        let areas = areas([5.0, 2.0, 3.0]);
        // Four voxels of one slice, of one row, of one column.
        for (voxels, area) in [(0b0000_1111, 6.0), (0b0011_0011, 15.0), (0b0101_0101, 10.0)] {
            assert!((areas[voxels] - area).abs() < 1e-12, "{voxels:08b}");
        }
        // One voxel: a triangle between the middles of three edges.
        let (u, v, w) = (5.0 * 2.0, 5.0 * 3.0, 2.0 * 3.0);
        let triangle = f64::sqrt(u * u + v * v + w * w) / 8.0;
        assert!((areas[1] - triangle).abs() < 1e-12);
    }
}
