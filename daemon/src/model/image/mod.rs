//! Pictures of slices on their way into a model, and logits on their way back.

mod area;
mod bilinear;
mod cubic;
mod pillow;

pub use area::resize_area;
pub use bilinear::Upsampled;
pub use cubic::resize_cubic;
pub use pillow::resize_pillow;

use super::view::View;
use medicosam_shared::geometry::SliceShape;

/// A slice as a picture, row-major: x (columns) fastest. Grey, or with colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceImage {
    shape: SliceShape,
    /// How it lies on its slice.
    view: View,
    /// Grey, or red.
    pixels: Vec<u8>,
    /// Green and blue.
    more: Option<[Vec<u8>; 2]>,
}

impl SliceImage {
    /// A picture of `shape`; `None` if it has no pixel, or if `pixels` are more or fewer.
    pub fn new(shape: SliceShape, pixels: Vec<u8>) -> Option<Self> {
        let fits = !pixels.is_empty() && pixels.len() == shape.pixels();
        fits.then_some(SliceImage {
            shape,
            view: View::as_stored(shape),
            pixels,
            more: None,
        })
    }

    /// A picture of `shape` in red, green and blue; `None` if it has no pixel, or if those of a
    /// colour are more or fewer.
    pub fn coloured(shape: SliceShape, [red, green, blue]: [Vec<u8>; 3]) -> Option<Self> {
        let fits = green.len() == shape.pixels() && blue.len() == shape.pixels();
        let grey = Self::new(shape, red).filter(|_| fits)?;
        Some(SliceImage {
            more: Some([green, blue]),
            ..grey
        })
    }

    /// Its channels, each as a grey picture: one that stands for all three, or red, green and blue.
    pub fn channels(&self) -> Vec<SliceImage> {
        let channel = |pixels: &Vec<u8>| SliceImage {
            pixels: pixels.clone(),
            more: None,
            ..*self
        };
        let more = self.more.iter().flatten().map(channel);
        std::iter::once(channel(&self.pixels)).chain(more).collect()
    }

    /// The picture of this slice in a view; `None` if that is one of a slice of another size, or this shows it in
    /// another view already.
    pub fn viewed(&self, view: View) -> Option<Self> {
        let is_stored = self.view == View::as_stored(view.slice());
        is_stored.then(|| SliceImage {
            shape: view.picture(),
            view,
            pixels: view.shown(&self.pixels),
            more: self
                .more
                .as_ref()
                .map(|more| more.each_ref().map(|colour| view.shown(colour))),
        })
    }

    /// How it lies on its slice.
    pub fn view(&self) -> View {
        self.view
    }

    /// Its size.
    pub fn shape(&self) -> SliceShape {
        self.shape
    }

    /// All its values, for what must tell one picture from another.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        let more = self.more.iter().flatten();
        std::iter::once(&self.pixels).chain(more).map(Vec::as_slice)
    }

    /// Its grey values, row by row; with colours, the red ones.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// The darkest and the brightest value of channels of a picture.
pub fn range_of(channels: &[SliceImage]) -> (u8, u8) {
    let widen = |(low, high): (u8, u8), &v: &u8| (low.min(v), high.max(v));
    let values = channels.iter().flat_map(SliceImage::pixels);
    values.fold((u8::MAX, u8::MIN), widen)
}

/// The size that a picture has once its longest side has `longest` pixels: both sides times the
/// same factor, rounded half up, at least 1. (`ResizeLongestSide` of SAM and LiteMedSAM.)
pub fn fit_longest_side(shape: SliceShape, longest: u32) -> SliceShape {
    let factor = scale_to_longest_side(shape, longest);
    let side = |length: u32| ((f64::from(length) * factor + 0.5) as u32).max(1);
    SliceShape {
        width: side(shape.width),
        height: side(shape.height),
    }
}

/// The factor from pixels of a picture to pixels of the same picture with its longest side resized.
pub fn scale_to_longest_side(shape: SliceShape, longest: u32) -> f64 {
    f64::from(longest) / f64::from(shape.width.max(shape.height))
}

#[cfg(test)]
mod tests {
    use super::super::view::Turn;
    use super::*;

    fn shape(width: u32, height: u32) -> SliceShape {
        SliceShape { width, height }
    }

    #[test]
    fn the_longest_side_is_fitted_and_the_other_rounded_half_up() {
        let fitted = |w, h| {
            let s = fit_longest_side(shape(w, h), 256);
            (s.width, s.height)
        };
        assert_eq!(fitted(512, 512), (256, 256));
        assert_eq!(fitted(512, 511), (256, 256)); // 255.5 rounds up
        assert_eq!(fitted(320, 260), (256, 208));
        assert_eq!(fitted(100, 37), (256, 95)); // 94.72
        assert_eq!(fitted(1000, 1), (256, 1)); // never nothing
    }

    #[test]
    fn a_picture_has_as_many_pixels_as_its_shape_says() {
        assert!(SliceImage::new(shape(2, 3), vec![0; 6]).is_some());
        assert!(SliceImage::new(shape(2, 3), vec![0; 5]).is_none());
        assert!(SliceImage::new(shape(0, 3), vec![]).is_none());
    }

    #[test]
    fn a_picture_is_viewed_once_and_by_a_view_of_its_size() {
        let slice = SliceImage::new(shape(2, 3), (0..6).collect()).unwrap();
        let turn = Turn {
            transpose: true,
            ..Turn::NONE
        };
        let view = View::whole(shape(2, 3), turn);
        let picture = slice.viewed(view).unwrap();
        assert_eq!((picture.shape(), picture.view()), (shape(3, 2), view));
        assert_eq!(picture.pixels(), [0, 2, 4, 1, 3, 5]);
        assert_eq!(picture.viewed(view), None);
        assert_eq!(slice.viewed(View::as_stored(shape(3, 2))), None);
    }
}
