//! The logits of a draft's masks, as they are kept for corrections.

use crate::model::half::{f16_to_f32, f32_to_f16};
use crate::model::{LowResLogits, Segmented};

/// The logits of all masks, one after another.
pub fn pack(masks: &[Segmented]) -> Vec<u8> {
    let values = masks.iter().flat_map(|m| &m.low_res.values);
    values
        .flat_map(|&value| f32_to_f16(value).to_le_bytes())
        .collect()
}

/// The logits of the mask `which` of `count`.
pub fn unpack(packed: &[u8], count: usize, which: usize) -> Option<LowResLogits> {
    let one = packed.len().checked_div(count)?;
    let bytes = packed.get(which * one..(which + 1) * one)?;
    let values: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&b| f16_to_f32(u16::from_le_bytes(b)))
        .collect();
    let side = values.len().isqrt();
    (side * side == values.len() && side > 0).then_some(LowResLogits { values, side })
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::mask::SliceMask;

    #[test]
    fn kept_logits_come_back_for_the_mask_that_was_chosen() {
        let mask = |value: f32| Segmented {
            mask: SliceMask::empty(SliceShape {
                width: 1,
                height: 1,
            }),
            predicted_iou: 0.5,
            stability: 0.5,
            low_res: LowResLogits {
                values: vec![value; 16],
                side: 4,
            },
        };
        let packed = pack(&[mask(1.5), mask(-2.25), mask(8.0)]);
        let one = unpack(&packed, 3, 1).unwrap();
        assert_eq!((one.side, one.values), (4, vec![-2.25; 16]));
        assert_eq!(unpack(&packed, 3, 3), None);
        assert_eq!(unpack(&packed, 0, 0), None);
    }
}
