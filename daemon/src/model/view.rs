//! Which picture of a slice a model sees.
//!
//! A model knows pictures, not files: it gives other masks for a slice that is mirrored or stands on its
//! side. So all slices are shown in one anatomical layout ([`Turn`]), whatever the order of the file's
//! axes, and either whole or a part of them. A [`View`] is one such choice. All that goes from a slice
//! to its picture and back goes through it: pixels, prompts, masks to start from, and scores.
//! Everywhere else prompts and masks are those of the slice as it is stored.

use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::geometry::{Affine, Axis, SliceShape};
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{SliceBox, SlicePoint, SlicePrompt};
use std::fmt;

/// One of the eight ways to lay a slice down: columns and rows are swapped first, then mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Turn {
    /// Columns become rows.
    pub transpose: bool,
    /// Left and right are mirrored, after the swap.
    pub flip_x: bool,
    /// Top and bottom are mirrored, after the swap.
    pub flip_y: bool,
}

impl Turn {
    /// The slice as it is stored.
    pub const NONE: Turn = Turn {
        transpose: false,
        flip_x: false,
        flip_y: false,
    };

    /// The turn by which slices across `axis` lie as radiologists look at them: the front or the head at
    /// the top, the patient's right or the front on the left.
    pub fn to_anatomy(affine: &Affine, axis: Axis) -> Self {
        let Orientation {
            transpose,
            flip_x,
            flip_y,
            ..
        } = Orientation::of_slice(affine, axis);
        Turn {
            transpose,
            flip_x,
            flip_y,
        }
    }
}

impl fmt::Display for Turn {
    /// The letters of what is done, in this order: `t`, `x`, `y`; fit for file names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = [
            (self.transpose, 't'),
            (self.flip_x, 'x'),
            (self.flip_y, 'y'),
        ];
        let letters = done.into_iter().filter(|(is_done, _)| *is_done);
        f.write_str(&letters.map(|(_, letter)| letter).collect::<String>())
    }
}

/// A picture of a slice: a part of it, turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    slice: SliceShape,
    turn: Turn,
    /// In pixels of the slice; it fits.
    part: SliceBox,
}

impl View {
    /// The whole slice, turned.
    pub const fn whole(slice: SliceShape, turn: Turn) -> Self {
        let part = SliceBox {
            x0: 0,
            y0: 0,
            x1: slice.width,
            y1: slice.height,
        };
        View { slice, turn, part }
    }

    /// The whole slice as it is stored.
    pub const fn as_stored(slice: SliceShape) -> Self {
        Self::whole(slice, Turn::NONE)
    }

    /// A part of the same slice, turned in the same way; `None` if it has no pixel or does not lie on it.
    pub fn part(self, part: SliceBox) -> Option<Self> {
        part.fits(self.slice).then_some(View { part, ..self })
    }

    /// The size of the slice, as it is stored.
    pub fn slice(&self) -> SliceShape {
        self.slice
    }

    /// How the slice is turned.
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// The part of the slice that is shown, in its pixels; `None` if that is the whole.
    pub fn shown_part(&self) -> Option<SliceBox> {
        let whole = Self::whole(self.slice, self.turn);
        (*self != whole).then_some(self.part)
    }

    /// The size of the picture.
    pub fn picture(&self) -> SliceShape {
        let (width, height) = (self.part.x1 - self.part.x0, self.part.y1 - self.part.y0);
        match self.turn.transpose {
            true => SliceShape {
                width: height,
                height: width,
            },
            false => SliceShape { width, height },
        }
    }

    /// The pixel of the slice that is at `(x, y)` of the picture.
    pub fn to_slice(&self, (x, y): (u32, u32)) -> (u32, u32) {
        let picture = self.picture();
        let mirrored = |at: u32, length: u32, flip: bool| if flip { length - 1 - at } else { at };
        let x = mirrored(x, picture.width, self.turn.flip_x);
        let y = mirrored(y, picture.height, self.turn.flip_y);
        let (x, y) = if self.turn.transpose { (y, x) } else { (x, y) };
        (self.part.x0 + x, self.part.y0 + y)
    }

    /// The place in the picture of a pixel of the slice; `None` if it is not shown.
    pub fn to_picture(&self, (x, y): (u32, u32)) -> Option<(u32, u32)> {
        let SliceBox { x0, y0, x1, y1 } = self.part;
        if !(x0..x1).contains(&x) || !(y0..y1).contains(&y) {
            return None;
        }
        let (x, y) = (x - x0, y - y0);
        let (x, y) = if self.turn.transpose { (y, x) } else { (x, y) };
        let picture = self.picture();
        let mirrored = |at: u32, length: u32, flip: bool| if flip { length - 1 - at } else { at };
        Some((
            mirrored(x, picture.width, self.turn.flip_x),
            mirrored(y, picture.height, self.turn.flip_y),
        ))
    }

    /// The values of the slice's pixels, row by row, in the order of the picture.
    pub fn shown(&self, slice: &[u8]) -> Vec<u8> {
        let width = self.slice.width as usize;
        let value = |(x, y): (u32, u32)| slice[y as usize * width + x as usize];
        self.pixels().map(value).collect()
    }

    /// The pixels of the slice in the order of the picture, row by row.
    fn pixels(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let SliceShape { width, height } = self.picture();
        let places = (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)));
        places.map(|place| self.to_slice(place))
    }

    /// A prompt on the slice as one on the picture: its box cut to what is shown, without the points
    /// outside that. `None` if a box is not shown at all, or nothing is left to ask.
    pub fn prompt(&self, prompt: &SlicePrompt) -> Option<SlicePrompt> {
        let bbox = match prompt.bbox {
            Some(bbox) => Some(self.rectangle(bbox)?),
            None => None,
        };
        let point = |point: &SlicePoint| {
            let (x, y) = self.to_picture((point.x, point.y))?;
            Some(SlicePoint { x, y, ..*point })
        };
        let points: Vec<SlicePoint> = prompt.points.iter().filter_map(point).collect();
        (bbox.is_some() || !points.is_empty()).then_some(SlicePrompt {
            bbox,
            points,
            ..*prompt
        })
    }

    /// What is shown of a rectangle of the slice, in the picture.
    fn rectangle(&self, bbox: SliceBox) -> Option<SliceBox> {
        let shown = bbox.common(self.part)?;
        let first = self.to_picture((shown.x0, shown.y0))?;
        let last = self.to_picture((shown.x1 - 1, shown.y1 - 1))?;
        Some(SliceBox::spanning(first, last))
    }

    /// A mask of the slice as one of the picture.
    pub fn mask(&self, mask: &SliceMask) -> SliceMask {
        SliceMask::from_fn(self.picture(), |x, y| {
            let (x, y) = self.to_slice((x, y));
            mask.get(x, y)
        })
    }

    /// Values of the picture's pixels as those of the slice's, row by row; `outside` where nothing is
    /// shown.
    pub fn values(&self, picture: Vec<f32>, outside: f32) -> Vec<f32> {
        if *self == Self::as_stored(self.slice) {
            return picture;
        }
        let mut values = vec![outside; self.slice.pixels()];
        let width = self.slice.width as usize;
        for ((x, y), value) in self.pixels().zip(picture) {
            values[y as usize * width + x as usize] = value;
        }
        values
    }
}

impl fmt::Display for View {
    /// What sets it apart from other views of the same slice, fit for file names; nothing for the whole
    /// slice as it is stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.turn)?;
        match self.shown_part() {
            Some(SliceBox { x0, y0, x1, y1 }) => {
                write!(f, "{x0}+{}_{y0}+{}", x1 - x0, y1 - y0)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::place::{Label, Place};
    use proptest::prelude::*;

    prop_compose! {
        /// A slice of any small size, turned in any way, whole or any part of it, at its borders too.
        fn any_view()(
            (width, height) in (1u32..9, 1u32..9),
        )(
            slice in Just(SliceShape { width, height }),
            (transpose, flip_x, flip_y) in any::<(bool, bool, bool)>(),
            (x0, y0) in (0..width, 0..height),
            (wide, high) in (1..=width, 1..=height),
            is_whole in any::<bool>(),
        ) -> View {
            let whole = View::whole(slice, Turn { transpose, flip_x, flip_y });
            let part = SliceBox {
                x0,
                y0,
                x1: (x0 + wide).min(slice.width),
                y1: (y0 + high).min(slice.height),
            };
            if is_whole { whole } else { whole.part(part).unwrap() }
        }
    }

    fn all(shape: SliceShape) -> impl Iterator<Item = (u32, u32)> {
        (0..shape.height).flat_map(move |y| (0..shape.width).map(move |x| (x, y)))
    }

    proptest! {
        #[test]
        fn places_go_there_and_back(view in any_view()) {
            for place in all(view.picture()) {
                prop_assert_eq!(view.to_picture(view.to_slice(place)), Some(place));
            }
            let shown = all(view.slice()).filter(|&pixel| view.to_picture(pixel).is_some());
            prop_assert_eq!(shown.count(), view.picture().pixels());
        }

        #[test]
        fn pixels_and_values_go_there_and_back(view in any_view()) {
            let shape = view.slice();
            let pixels: Vec<u8> = (0..shape.pixels()).map(|at| at as u8 + 1).collect();
            let picture = view.shown(&pixels);
            prop_assert_eq!(picture.len(), view.picture().pixels());
            let values = picture.iter().map(|&v| f32::from(v)).collect();
            let back = view.values(values, 0.0);
            for ((pixel, value), stored) in all(shape).zip(back).zip(pixels) {
                let expected = view.to_picture(pixel).map_or(0.0, |_| f32::from(stored));
                prop_assert_eq!(value, expected);
            }
        }

        #[test]
        fn a_box_holds_the_same_pixels_in_the_picture(
            view in any_view(), at in (0u32..8, 0u32..8), to in (0u32..8, 0u32..8),
        ) {
            let bbox = SliceBox::spanning(at, to);
            let asked = SlicePrompt {
                bbox: Some(bbox),
                ..SlicePrompt::nothing(Place::new(Label::MIN, 0))
            };
            let holds = |b: SliceBox, (x, y): (u32, u32)| {
                (b.x0..b.x1).contains(&x) && (b.y0..b.y1).contains(&y)
            };
            let shown = view.prompt(&asked).and_then(|prompt| prompt.bbox);
            for place in all(view.picture()) {
                let is_in = shown.is_some_and(|shown| holds(shown, place));
                prop_assert_eq!(is_in, holds(bbox, view.to_slice(place)));
            }
        }

        #[test]
        fn a_mask_lies_where_its_values_do(view in any_view(), seed in any::<u64>()) {
            let mask = SliceMask::from_fn(view.slice(), |x, y| seed >> ((x + 8 * y) % 64) & 1 == 1);
            let shown = view.mask(&mask);
            let values = shown.pixels().iter().map(|&set| f32::from(u8::from(set)));
            let back = view.values(values.collect(), 0.0);
            for (pixel, value) in all(view.slice()).zip(back) {
                let is_shown = view.to_picture(pixel).is_some();
                prop_assert_eq!(value > 0.5, is_shown && mask.get(pixel.0, pixel.1));
            }
        }
    }

    #[test]
    fn points_that_are_not_shown_are_not_asked() {
        let slice = SliceShape {
            width: 10,
            height: 6,
        };
        let turn = Turn {
            transpose: true,
            flip_x: false,
            flip_y: true,
        };
        let part = SliceBox {
            x0: 2,
            y0: 1,
            x1: 7,
            y1: 4,
        };
        let view = View::whole(slice, turn).part(part).unwrap();
        assert_eq!(view.to_string(), "ty2+5_1+3");
        assert_eq!((view.picture().width, view.picture().height), (3, 5));
        let point = |x, y| SlicePoint {
            x,
            y,
            positive: true,
        };
        let asked = |points: &[SlicePoint]| SlicePrompt {
            points: points.to_vec(),
            ..SlicePrompt::nothing(Place::new(Label::MIN, 0))
        };
        let shown = view.prompt(&asked(&[point(2, 1), point(7, 3)])).unwrap();
        assert_eq!(shown.points, [point(0, 4)]);
        assert_eq!(view.prompt(&asked(&[point(1, 1)])), None);
        let outside = SliceBox {
            x0: 8,
            x1: 10,
            ..part
        };
        assert_eq!(view.part(SliceBox { x1: 11, ..outside }), None);
        let boxed = SlicePrompt {
            bbox: Some(outside),
            ..asked(&[point(3, 2)])
        };
        assert_eq!(view.prompt(&boxed), None);
    }

    #[test]
    fn frames_of_a_slice_have_different_names() {
        let slice = SliceShape {
            width: 4,
            height: 4,
        };
        assert_eq!(View::as_stored(slice).to_string(), "");
        let mut names = std::collections::BTreeSet::new();
        for bits in 0..8u8 {
            let turn = Turn {
                transpose: bits & 1 > 0,
                flip_x: bits & 2 > 0,
                flip_y: bits & 4 > 0,
            };
            names.insert(View::whole(slice, turn).to_string());
        }
        assert_eq!(names.len(), 8);
    }
}
