//! A slice of a volume as the picture that a model embeds.

use crate::model::{SliceImage, Turn, View};
use crate::scan::Volume;
use medicosam_shared::geometry::Axis;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::window::Range;

/// How the slices of a scan across `axis` are shown to a model: whole, and as radiologists look at them,
/// whatever the order of the axes in its file; those of a picture as they are.
pub fn view_of(info: &ScanInfo, axis: Axis) -> View {
    let turn = match info.picture {
        true => Turn::NONE,
        false => Turn::to_anatomy(&info.affine, axis),
    };
    View::whole(info.dims.slice_shape(axis), turn)
}

/// The picture in `view` of the slice at `index` across `axis`, grey or in its own colours, with its
/// values windowed to `range`; `None` if there is no such slice, or not of the view's size.
pub fn slice_image(
    volume: &Volume,
    (axis, view): (Axis, View),
    range: Range,
    index: u32,
) -> Option<SliceImage> {
    let shape = volume.info().dims.slice_shape(axis);
    let stored = match volume.colours(axis, index) {
        Some(colours) => SliceImage::coloured(shape, colours.map(|values| range.apply(&values))),
        None => SliceImage::new(shape, range.apply(&volume.slice(axis, index)?)),
    };
    stored?.viewed(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SlicePlane;
    use medicosam_shared::geometry::{Affine, Dims, Plane};

    const ORDERS: [[usize; 3]; 6] = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];

    /// A scan of 7 × 5 × 4 voxels from the right to the left, from the front to the back, and from the feet to
    /// the head, whose axes are stored in this order, some of them backwards.
    fn stored(order: [usize; 3], backwards: [bool; 3]) -> ScanInfo {
        let (dims, spacing) = ([7u32, 5, 4], [-0.5, -0.8, 3.0]);
        let mut affine = Affine([[0.0; 4]; 3]);
        for (column, (&world, back)) in order.iter().zip(backwards).enumerate() {
            affine.0[world][column] = if back {
                -spacing[world]
            } else {
                spacing[world]
            };
            if back {
                affine.0[world][3] = spacing[world] * f64::from(dims[world] - 1);
            }
        }
        ScanInfo {
            dims: Dims(order.map(|world| dims[world])),
            affine,
            voxel_type: "uint8".into(),
            picture: false,
            notes: vec![],
        }
    }

    /// Where the pixels of the picture lie in the patient, row by row, one picture after another.
    fn shown(info: &ScanInfo, plane: SlicePlane) -> Vec<Vec<[i64; 3]>> {
        let axis = plane.axis(info);
        let view = view_of(info, axis);
        let picture = view.picture();
        let slices = (0..info.dims.along(axis)).map(|index| {
            let places = (0..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y)));
            let world = places.map(|place| {
                let (x, y) = view.to_slice(place);
                let at = info.affine.to_world(axis.voxel(index, x, y).map(f64::from));
                at.map(|mm| (mm * 10.0).round() as i64)
            });
            world.collect()
        });
        let mut slices: Vec<Vec<[i64; 3]>> = slices.collect();
        // The first slice may be the last one in another order.
        slices.sort_by_key(|slice| slice.first().copied());
        slices
    }

    #[test]
    fn a_scan_stored_in_any_of_48_orders_is_shown_in_the_same_pictures() {
        let planes = Plane::ALL.map(SlicePlane::Fixed);
        for plane in planes.into_iter().chain([SlicePlane::Acquisition]) {
            let expected = shown(&stored([0, 1, 2], [false; 3]), plane);
            for order in ORDERS {
                for bits in 0..8u8 {
                    let backwards = [0, 1, 2].map(|axis| bits >> axis & 1 == 1);
                    let found = shown(&stored(order, backwards), plane);
                    assert_eq!(found, expected, "{plane:?} {order:?} {backwards:?}");
                }
            }
        }
    }

    #[test]
    fn pictures_are_shown_as_they_are() {
        let picture = ScanInfo {
            picture: true,
            ..stored([1, 0, 2], [true, false, true])
        };
        let view = view_of(&picture, Axis::K);
        assert_eq!(view, View::as_stored(picture.dims.slice_shape(Axis::K)));
    }
}
