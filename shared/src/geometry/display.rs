//! How a slice is turned for a screen, and for a model.
//!
//! Radiological convention: the patient's right is on the left of an axial or coronal picture,
//! the front is up in axial pictures, the head is up in coronal and sagittal ones, and sagittal
//! pictures look from the left side (front on the left).

use super::{Affine, Axis, Plane, SliceShape};
use serde::{Deserialize, Serialize};

/// Letters of the positive and the negative side of world x, y and z.
pub const SIDES: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['S', 'I']];

/// The sides of the patient at two edges of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edges {
    /// At the left edge: one of `R L A P S I`.
    pub left: char,
    /// At the top edge.
    pub top: char,
}

/// How a slice in file order is turned for the screen, and the sides at the picture's edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    /// Swap columns and rows before flipping.
    pub transpose: bool,
    /// Mirror left and right (after the swap).
    pub flip_x: bool,
    /// Mirror top and bottom (after the swap).
    pub flip_y: bool,
    /// Side of the patient at the left edge: one of `R L A P S I`.
    pub left: char,
    /// Side of the patient at the right edge.
    pub right: char,
    /// Side of the patient at the top edge.
    pub top: char,
    /// Side of the patient at the bottom edge.
    pub bottom: char,
}

impl Orientation {
    /// The orientation for slices cut across `axis`.
    pub fn of_slice(affine: &Affine, axis: Axis) -> Self {
        // World axis and wished side (positive?) for the screen's right and bottom.
        let (horizontal, right_is_positive, vertical, bottom_is_positive) = match affine.plane(axis)
        {
            Plane::Axial => (0, false, 1, false),
            Plane::Coronal => (0, false, 2, false),
            Plane::Sagittal => (1, false, 2, false),
        };
        let world = affine.world_axes();
        let (columns, rows) = axis.in_plane();
        let transpose = world[columns.index()] != horizontal;
        let (x_axis, y_axis) = if transpose {
            (rows, columns)
        } else {
            (columns, rows)
        };
        let grows =
            |voxel_axis: Axis, world_axis: usize| affine.direction(voxel_axis)[world_axis] >= 0.0;
        let side = |world_axis: usize, positive: bool| {
            let [plus, minus] = SIDES[world_axis];
            if positive { plus } else { minus }
        };
        Orientation {
            transpose,
            flip_x: grows(x_axis, horizontal) != right_is_positive,
            flip_y: grows(y_axis, vertical) != bottom_is_positive,
            left: side(horizontal, !right_is_positive),
            right: side(horizontal, right_is_positive),
            top: side(vertical, !bottom_is_positive),
            bottom: side(vertical, bottom_is_positive),
        }
    }

    /// What lies at the left and at the top edge.
    pub fn edges(&self) -> Edges {
        Edges {
            left: self.left,
            top: self.top,
        }
    }

    /// Size on the screen, in voxels, of a slice of `shape`.
    pub fn screen_shape(&self, shape: SliceShape) -> SliceShape {
        if self.transpose {
            SliceShape {
                width: shape.height,
                height: shape.width,
            }
        } else {
            shape
        }
    }

    /// Pixel of the slice (file order) that is shown at `(x, y)` of the screen.
    pub fn to_slice(&self, shape: SliceShape, (x, y): (u32, u32)) -> (u32, u32) {
        let screen = self.screen_shape(shape);
        let x = if self.flip_x { screen.width - 1 - x } else { x };
        let y = if self.flip_y {
            screen.height - 1 - y
        } else {
            y
        };
        if self.transpose { (y, x) } else { (x, y) }
    }

    /// Place on the screen of pixel `(x, y)` of the slice (file order).
    pub fn to_screen(&self, shape: SliceShape, (x, y): (u32, u32)) -> (u32, u32) {
        let (x, y) = if self.transpose { (y, x) } else { (x, y) };
        let screen = self.screen_shape(shape);
        (
            if self.flip_x { screen.width - 1 - x } else { x },
            if self.flip_y {
                screen.height - 1 - y
            } else {
                y
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Dims;
    use proptest::prelude::*;

    const RAS: Affine = Affine([
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]);
    const LPS: Affine = Affine([
        [-1.0, 0.0, 0.0, 0.0],
        [0.0, -1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]);

    #[test]
    fn axial_pictures_have_the_patients_right_on_the_left_and_the_front_up() {
        let lps = Orientation::of_slice(&LPS, Axis::K);
        assert_eq!(
            (lps.left, lps.right, lps.top, lps.bottom),
            ('R', 'L', 'A', 'P')
        );
        assert_eq!(
            (lps.transpose, lps.flip_x, lps.flip_y),
            (false, false, false)
        );

        let ras = Orientation::of_slice(&RAS, Axis::K);
        assert_eq!((ras.left, ras.top), ('R', 'A'));
        assert_eq!((ras.transpose, ras.flip_x, ras.flip_y), (false, true, true));
    }

    #[test]
    fn coronal_and_sagittal_pictures_have_the_head_up() {
        for affine in [RAS, LPS] {
            let coronal = Orientation::of_slice(&affine, Axis::J);
            assert_eq!((coronal.left, coronal.top), ('R', 'S'));
            let sagittal = Orientation::of_slice(&affine, Axis::I);
            assert_eq!((sagittal.left, sagittal.top), ('A', 'S'));
            assert!(sagittal.flip_y, "k grows to the head, rows grow down");
        }
    }

    #[test]
    fn screen_and_slice_are_inverse_for_every_orientation() {
        let shape = SliceShape {
            width: 5,
            height: 3,
        };
        for transpose in [false, true] {
            for flip_x in [false, true] {
                for flip_y in [false, true] {
                    let o = Orientation {
                        transpose,
                        flip_x,
                        flip_y,
                        left: 'R',
                        right: 'L',
                        top: 'A',
                        bottom: 'P',
                    };
                    for y in 0..shape.height {
                        for x in 0..shape.width {
                            let there = o.to_screen(shape, (x, y));
                            let screen = o.screen_shape(shape);
                            assert!(there.0 < screen.width && there.1 < screen.height);
                            assert_eq!(o.to_slice(shape, there), (x, y));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_file_with_swapped_axes_is_transposed() {
        // i to the head, j to the left: a coronal slice across k stands on its side.
        let affine = Affine([
            [0.0, -1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
            [1.0, 0.0, 0.0, 0.0],
        ]);
        let o = Orientation::of_slice(&affine, Axis::K);
        assert!(o.transpose);
        assert_eq!((o.left, o.top), ('R', 'S'));
        let shape = SliceShape {
            width: 4,
            height: 6,
        };
        // The voxel nearest head and right (largest i, smallest j) is at the top left.
        assert_eq!(o.to_screen(shape, (3, 0)), (0, 0));
    }

    /// Axes in any order and direction, of any spacing, tilted by up to 40° about each world axis.
    fn any_affine() -> impl Strategy<Value = Affine> {
        let orders = prop::sample::select(vec![
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ]);
        let angles = prop::array::uniform3(-40.0..40.0f64);
        let spacing = prop::array::uniform3(0.3..8.0f64);
        (orders, any::<[bool; 3]>(), angles, spacing).prop_map(|(order, flips, angles, spacing)| {
            let mut affine = Affine([[0.0; 4]; 3]);
            for (column, &row) in order.iter().enumerate() {
                let sign = if flips[column] { -1.0 } else { 1.0 };
                affine.0[row][column] = sign * spacing[column];
            }
            for (about, angle) in angles.into_iter().enumerate() {
                let (sin, cos) = angle.to_radians().sin_cos();
                let (a, b) = ((about + 1) % 3, (about + 2) % 3);
                for column in 0..3 {
                    let (y, z) = (affine.0[a][column], affine.0[b][column]);
                    affine.0[a][column] = cos * y - sin * z;
                    affine.0[b][column] = sin * y + cos * z;
                }
            }
            affine
        })
    }

    proptest! {
        /// Walking over the screen, one comes nearer to the side that the letter there names.
        #[test]
        fn letters_are_true_however_the_scan_lies(affine in any_affine()) {
            let dims = Dims([7, 9, 5]);
            let mut planes = Vec::new();
            for axis in Axis::ALL {
                let o = Orientation::of_slice(&affine, axis);
                let plane = affine.plane(axis);
                planes.push(plane);
                let wished = match plane {
                    Plane::Axial => ['R', 'L', 'A', 'P'],
                    Plane::Coronal => ['R', 'L', 'S', 'I'],
                    Plane::Sagittal => ['A', 'P', 'S', 'I'],
                };
                prop_assert_eq!([o.left, o.right, o.top, o.bottom], wished);

                let shape = dims.slice_shape(axis);
                let screen = o.screen_shape(shape);
                let world = |at: (u32, u32)| {
                    let (x, y) = o.to_slice(shape, at);
                    affine.to_world(axis.voxel(2, x, y).map(f64::from))
                };
                let nearer = |letter: char, from: [f64; 3], to: [f64; 3]| {
                    let along = SIDES.iter().position(|s| s.contains(&letter)).unwrap();
                    let way = to[along] - from[along];
                    if letter == SIDES[along][0] { way > 0.0 } else { way < 0.0 }
                };
                let corner = world((0, 0));
                prop_assert!(nearer(o.right, corner, world((screen.width - 1, 0))));
                prop_assert!(nearer(o.left, world((screen.width - 1, 0)), corner));
                prop_assert!(nearer(o.bottom, corner, world((0, screen.height - 1))));
                prop_assert!(nearer(o.top, world((0, screen.height - 1)), corner));
            }
            planes.sort_by_key(|p| *p as u8);
            prop_assert_eq!(planes, Plane::ALL);
        }
    }
}
