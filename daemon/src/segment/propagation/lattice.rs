//! Boxes inside a box.

use medicosam_shared::prompt::SliceBox;

/// A part of a side: how much of it is left out at the start and at the end, in twentieths. What is left out
/// is rounded, so that a box that is mirrored has the same parts.
type Part = (u32, u32);

const ALL: Part = (0, 0);
const FIRST: Part = (0, 6);
const LAST: Part = (6, 0);
const MIDDLE: Part = (3, 3);

/// What an object on one slice may take of its 3-D box: all of it, the larger part at a side, the middle of both
/// sides; then the larger part in a corner, and the middle of one side. The four that are missing of all
/// pairs (in the middle and at a side) find nothing that the boxes of the first masks, asked about in turn,
/// do not find too.
const PLACES: [(Part, Part); 12] = [
    (ALL, ALL),
    (ALL, FIRST),
    (ALL, LAST),
    (FIRST, ALL),
    (LAST, ALL),
    (MIDDLE, MIDDLE),
    (FIRST, FIRST),
    (LAST, FIRST),
    (FIRST, LAST),
    (LAST, LAST),
    (ALL, MIDDLE),
    (MIDDLE, ALL),
];

/// How many places inside a box are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// The first six.
    Few,
    /// All twelve.
    All,
}

impl Places {
    fn count(self) -> usize {
        match self {
            Places::Few => 6,
            Places::All => PLACES.len(),
        }
    }
}

/// The shortest side of a box that is worth asking about, in pixels.
const SHORTEST: u32 = 2;

/// Boxes of different places and sizes inside `bbox`, that box first, each once.
pub fn boxes_inside(bbox: SliceBox, places: Places) -> Vec<SliceBox> {
    let share = |side: u32, part: u32| (side * part + 10) / 20;
    let (width, height) = (bbox.x1 - bbox.x0, bbox.y1 - bbox.y0);
    let mut boxes = vec![bbox];
    for ((left, right), (top, bottom)) in PLACES.into_iter().take(places.count()) {
        let part = SliceBox {
            x0: bbox.x0 + share(width, left),
            x1: bbox.x1 - share(width, right),
            y0: bbox.y0 + share(height, top),
            y1: bbox.y1 - share(height, bottom),
        };
        if is_worth_asking(part) && !boxes.contains(&part) {
            boxes.push(part);
        }
    }
    boxes
}

/// A box that is smaller on each side by so many hundredths of its sides.
pub fn shrunk(bbox: SliceBox, hundredths: u32) -> SliceBox {
    let inset = |side: u32| (side * hundredths + 50) / 100;
    let (dx, dy) = (inset(bbox.x1 - bbox.x0), inset(bbox.y1 - bbox.y0));
    SliceBox {
        x0: bbox.x0 + dx,
        y0: bbox.y0 + dy,
        x1: bbox.x1 - dx,
        y1: bbox.y1 - dy,
    }
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
            let boxes = boxes_inside(bbox, Places::All);
            prop_assert_eq!(boxes[0], bbox);
            prop_assert!(boxes.len() <= PLACES.len());
            for (at, b) in boxes.iter().enumerate() {
                prop_assert!(b.x0 >= x0 && b.y0 >= y0 && b.x1 <= bbox.x1 && b.y1 <= bbox.y1);
                prop_assert!(b.x0 < b.x1 && b.y0 < b.y1);
                prop_assert!(!boxes[..at].contains(b));
            }
        }
    }

    proptest! {
        #[test]
        fn a_mirrored_or_transposed_box_has_the_same_parts(
            (x0, y0) in (0u32..50, 0u32..50),
            (width, height) in (1u32..60, 1u32..60),
        ) {
            let mirrored = |b: SliceBox| SliceBox { x0: 200 - b.x1, x1: 200 - b.x0, ..b };
            let transposed = |b: SliceBox| SliceBox { x0: b.y0, x1: b.y1, y0: b.x0, y1: b.x1 };
            let bbox = SliceBox { x0, y0, x1: x0 + width, y1: y0 + height };
            for turned in [mirrored, transposed as fn(SliceBox) -> SliceBox] {
                let boxes = boxes_inside(bbox, Places::All);
                let others = boxes_inside(turned(bbox), Places::All);
                prop_assert_eq!(boxes.len(), others.len());
                prop_assert!(boxes.into_iter().all(|b| others.contains(&turned(b))));
            }
        }
    }

    #[test]
    fn a_box_of_some_size_has_twelve_parts_and_one_of_a_pixel_only_itself() {
        let square = |side: u32| SliceBox {
            x0: 10,
            y0: 10,
            x1: 10 + side,
            y1: 10 + side,
        };
        assert_eq!(boxes_inside(square(40), Places::All).len(), 12);
        assert_eq!(boxes_inside(square(40), Places::Few).len(), 6);
        assert_eq!(boxes_inside(square(1), Places::All), [square(1)]);
    }
}
