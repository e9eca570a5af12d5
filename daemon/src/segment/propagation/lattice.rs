//! Boxes inside a box.

use medicosam_shared::prompt::SliceBox;

/// The parts of a side that an object on one slice may take of its 3-D box: all of it, the larger
/// part at either end, the middle. In twentieths.
const PARTS: [(u32, u32); 4] = [(0, 20), (0, 14), (6, 20), (3, 17)];

/// The shortest side of a box that is worth asking about, in pixels.
const SHORTEST: u32 = 2;

/// Boxes of different places and sizes inside `bbox`, that box first, none twice.
pub fn boxes_inside(bbox: SliceBox) -> Vec<SliceBox> {
    let along = |from: u32, to: u32| {
        let at = |part: u32| from + ((to - from) * part + 10) / 20;
        PARTS.map(|(first, last)| (at(first), at(last)))
    };
    let mut boxes = vec![bbox];
    for (x0, x1) in along(bbox.x0, bbox.x1) {
        for (y0, y1) in along(bbox.y0, bbox.y1) {
            let part = SliceBox { x0, y0, x1, y1 };
            if is_worth_asking(part) && !boxes.contains(&part) {
                boxes.push(part);
            }
        }
    }
    boxes
}

/// Whether a box is large enough to ask about.
pub fn is_worth_asking(bbox: SliceBox) -> bool {
    bbox.x0 + SHORTEST <= bbox.x1 && bbox.y0 + SHORTEST <= bbox.y1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_boxes_lie_inside_and_none_comes_twice(
            (x0, y0) in (0u32..500, 0u32..500),
            (width, height) in (1u32..300, 1u32..300),
        ) {
            let bbox = SliceBox { x0, y0, x1: x0 + width, y1: y0 + height };
            let boxes = boxes_inside(bbox);
            prop_assert_eq!(boxes[0], bbox);
            prop_assert!(boxes.len() <= 16);
            for (at, b) in boxes.iter().enumerate() {
                prop_assert!(b.x0 >= x0 && b.y0 >= y0 && b.x1 <= bbox.x1 && b.y1 <= bbox.y1);
                prop_assert!(b.x0 < b.x1 && b.y0 < b.y1);
                prop_assert!(!boxes[..at].contains(b));
            }
        }
    }

    #[test]
    fn a_box_of_some_size_has_sixteen_parts_and_one_of_a_pixel_only_itself() {
        let square = |side: u32| SliceBox {
            x0: 10,
            y0: 10,
            x1: 10 + side,
            y1: 10 + side,
        };
        assert_eq!(boxes_inside(square(40)).len(), 16);
        assert_eq!(boxes_inside(square(1)), [square(1)]);
    }
}
