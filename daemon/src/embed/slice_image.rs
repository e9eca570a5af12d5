//! A slice of a volume as the picture that a model embeds.

use crate::model::SliceImage;
use crate::scan::Volume;
use medicosam_shared::geometry::Axis;
use medicosam_shared::window::Range;

/// The slice at `index` across `axis`, grey or in its own colours, with its values windowed to
/// `range`; `None` if there is no such slice.
pub fn slice_image(volume: &Volume, axis: Axis, range: Range, index: u32) -> Option<SliceImage> {
    let shape = volume.info().dims.slice_shape(axis);
    match volume.colours(axis, index) {
        Some(colours) => SliceImage::coloured(shape, colours.map(|values| range.apply(&values))),
        None => SliceImage::new(shape, range.apply(&volume.slice(axis, index)?)),
    }
}
