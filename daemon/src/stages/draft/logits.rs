//! The logits of a draft's masks, as they are kept for corrections.

use crate::model::half::{f16_to_f32, f32_to_f16};
use crate::model::{LowResLogits, Segmented, View};

/// What logits begin with. Those of older versions lack it; they were of other pictures, and count no more.
const MARK: &[u8; 4] = b"LOG2";

/// The logits of all masks, one after another, and the name of the picture that they belong to.
pub fn pack(masks: &[Segmented]) -> Vec<u8> {
    let name = masks.first().map(|mask| mask.low_res.view.to_string());
    let name = name.unwrap_or_default();
    let values = masks.iter().flat_map(|m| &m.low_res.values);
    let values = values.flat_map(|&value| f32_to_f16(value).to_le_bytes());
    let head = MARK.iter().copied().chain([name.len() as u8]);
    head.chain(name.bytes()).chain(values).collect()
}

/// The logits of the mask `which` of `count`, if they are of the picture in `view`.
pub fn unpack(packed: &[u8], view: View, (which, count): (usize, usize)) -> Option<LowResLogits> {
    let (&length, named) = packed.strip_prefix(MARK)?.split_first()?;
    let (name, packed) = named.split_at_checked(usize::from(length))?;
    if name != view.to_string().as_bytes() {
        return None;
    }
    let one = packed.len().checked_div(count)?;
    let bytes = packed.get(which * one..(which + 1) * one)?;
    let values: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&b| f16_to_f32(u16::from_le_bytes(b)))
        .collect();
    let side = values.len().isqrt();
    (side * side == values.len() && side > 0).then_some(LowResLogits { values, side, view })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Turn;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::mask::SliceMask;

    #[test]
    fn kept_logits_come_back_for_the_mask_that_was_chosen_on_the_same_picture() {
        let shape = SliceShape {
            width: 1,
            height: 1,
        };
        let turn = Turn {
            flip_x: true,
            ..Turn::NONE
        };
        let view = View::whole(shape, turn);
        let mask = |value: f32| Segmented {
            mask: SliceMask::empty(shape),
            predicted_iou: 0.5,
            stability: 0.5,
            low_res: LowResLogits {
                values: vec![value; 16],
                side: 4,
                view,
            },
        };
        let packed = pack(&[mask(1.5), mask(-2.25), mask(8.0)]);
        let one = unpack(&packed, view, (1, 3)).unwrap();
        assert_eq!((one.side, one.values), (4, vec![-2.25; 16]));
        assert_eq!(unpack(&packed, view, (3, 3)), None);
        assert_eq!(unpack(&packed, view, (0, 0)), None);
        assert_eq!(unpack(&packed, View::as_stored(shape), (1, 3)), None);
        assert_eq!(
            unpack(&packed[6..], view, (1, 3)),
            None,
            "an older version's"
        );
        for length in 0..packed.len() {
            let cut = unpack(&packed[..length], view, (2, 3));
            assert!(cut.is_none_or(|cut| cut.values.len() < 16));
        }
    }
}
