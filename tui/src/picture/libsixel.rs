//! Sixel by libsixel, for comparisons.
//!
//! Why it is not the default: libsixel chooses the colours itself, by a histogram of five bits a
//! channel, so that greys are lost: a slice of the sample CT comes back at 35.5 dB where our 32
//! greys have 40.2, in nine tenths of the bytes and several times the time. It also keeps to no
//! limit of colours, and makes no patches. `tui/tests/picture_figures.rs` prints the figures.

use super::{Indexed, Size};
use sixel_rs::optflags::DiffusionMethod;
use sixel_rs::pixelformat::PixelFormat;
use sixel_rs::sixel_string;

/// The picture as one device control string, in colours that libsixel chooses. `None` for an empty
/// picture, and if libsixel fails.
pub fn encode(picture: &Indexed) -> Option<Vec<u8>> {
    let Size { width, height } = picture.size();
    if picture.pixels().is_empty() {
        return None;
    }
    // libsixel writes into the pixels that it is given, although `sixel_string` takes them by a
    // shared reference. These are nobody else's. Without diffusion it leaves them alone.
    let rgb: Vec<u8> = picture
        .pixels()
        .iter()
        .flat_map(|&pixel| picture.rgb(pixel))
        .collect();
    let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    let text = sixel_string(
        &rgb,
        width,
        height,
        PixelFormat::RGB888,
        DiffusionMethod::None,
    );
    text.ok().map(String::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette};
    use super::*;

    #[test]
    fn a_picture_comes_back_nearly() {
        let size = Size {
            width: 128,
            height: 60,
        };
        let palette = Palette::new(GreyLevels::USUAL);
        let picture = Indexed::from_fn(size, palette, |x, y| (x / 4 + y / 60) as u8);
        let bytes = encode(&picture).unwrap();
        let image = icy_sixel::SixelImage::decode(&bytes).unwrap();
        assert_eq!(image.width, 128);
        for (&pixel, found) in picture.pixels().iter().zip(image.pixels.as_chunks::<4>().0) {
            for (wanted, found) in palette.rgb(pixel).into_iter().zip(found) {
                assert!(
                    wanted.abs_diff(*found) <= 8,
                    "{wanted} came back as {found}"
                );
            }
        }
    }

    #[test]
    fn an_empty_picture_is_nothing() {
        let size = Size {
            width: 0,
            height: 6,
        };
        let empty = Indexed::from_fn(size, Palette::new(GreyLevels::USUAL), |_, _| 0);
        assert_eq!(encode(&empty), None);
    }
}
