//! The box on the next slice: that of the mask on this one, a little larger, as LiteMedSAM does it
//! (`CVPR24_LiteMedSAM_infer.py`).

use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::SliceBox;

/// How much larger the box is on each side, per [`MARGIN_PER`] pixels of the slice's longest side.
const MARGIN: u32 = 3;
/// See [`MARGIN`].
const MARGIN_PER: u32 = 256;

/// The box to ask for on the slice beside `mask`; `None` if that is empty.
pub fn next_box(mask: &SliceMask) -> Option<SliceBox> {
    let shape = mask.shape();
    Some(mask.bounds()?.enlarged(margin(shape), shape))
}

/// How much larger a box on slices of `shape` is than the mask before it, in pixels.
pub fn margin(shape: SliceShape) -> u32 {
    (MARGIN * shape.width.max(shape.height)).div_ceil(MARGIN_PER)
}
