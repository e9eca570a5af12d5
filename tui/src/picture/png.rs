//! PNG: the picture as a file, with its palette, for terminals that take files.
//!
//! What makes it fast and small: each row as its difference from the one above (the filter Up),
//! compressed by looking for runs only. Most of a scan that is enlarged is equal to the row above,
//! so the differences are mostly zeros; longer searches for repetitions find hardly more in a
//! noisy picture, and take their time. 734 × 880 pixels in 32 greys, as base64, the least of 15
//! runs in one process on a busy machine, the best build:
//!
//! | | CT | MR | |
//! |---|---|---|---|
//! | unfiltered, searched (`Balanced` of the `png` crate) | 109 kB | 153 kB | 25 ms |
//! | Up, searched in the same way | 98 kB | 119 kB | 29 ms |
//! | Up, zlib's level 4 | 102 kB | 125 kB | 5.1 ms |
//! | Paeth, `Fast` of the `png` crate | 122 kB | 147 kB | 1.2 ms |
//! | Paeth, runs only | 96 kB | 117 kB | 5.6 ms |
//! | **Up, runs only** | 99 kB | 120 kB | 4.0 ms |

use super::{CLEAR, Indexed};
use png::{BitDepth, ColorType, Encoder, EncodingError, chunk};
use zlib_rs::{DeflateConfig, ReturnCode, compress_bound, compress_slice};

/// The filter of a row that says its difference from the row above.
const UP: u8 = 2;

/// The picture as a PNG file with exactly its colours. An empty picture is none.
pub fn encode(picture: &Indexed) -> Option<Vec<u8>> {
    if picture.pixels().is_empty() {
        return None;
    }
    // Nothing of this can fail for a picture that is not empty.
    write(picture).ok()
}

fn write(picture: &Indexed) -> Result<Vec<u8>, EncodingError> {
    let size = picture.size();
    let used = Used::of(picture);
    let mut bytes = Vec::with_capacity(picture.pixels().len() / 4);
    let mut encoder = Encoder::new(&mut bytes, size.width, size.height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    let colours = used.colours.iter();
    let rgb = |&colour: &u8| match colour {
        CLEAR => [0; 3],
        colour => picture.rgb(colour),
    };
    encoder.set_palette(colours.clone().flat_map(rgb).collect::<Vec<u8>>());
    if used.colours.contains(&CLEAR) {
        let opacity = colours.map(|colour| if *colour == CLEAR { 0 } else { 255 });
        encoder.set_trns(opacity.collect::<Vec<u8>>());
    }
    let mut writer = encoder.write_header()?;
    writer.write_chunk(chunk::IDAT, &compressed(&filtered(picture, &used)))?;
    writer.finish()?;
    Ok(bytes)
}

/// The colours that a picture uses, in order. A patch uses few, and a palette of all would be most of
/// its bytes.
struct Used {
    colours: Vec<u8>,
    /// The place of each colour among them.
    places: [u8; 256],
}

impl Used {
    fn of(picture: &Indexed) -> Self {
        let mut used = [false; 256];
        for pixel in picture.pixels() {
            used[usize::from(*pixel)] = true;
        }
        let colours: Vec<u8> = (0..=u8::MAX).filter(|c| used[usize::from(*c)]).collect();
        let mut places = [0; 256];
        for (place, colour) in (0..).zip(&colours) {
            places[usize::from(*colour)] = place;
        }
        Used { colours, places }
    }
}

/// The rows, each behind the number of its filter.
fn filtered(picture: &Indexed, used: &Used) -> Vec<u8> {
    let number = |pixel: &u8| used.places[usize::from(*pixel)];
    let width = picture.size().width as usize;
    let mut filtered = Vec::with_capacity((width + 1) * picture.size().height as usize);
    let mut above = vec![0; width];
    for row in picture.rows() {
        filtered.push(UP);
        for (pixel, above) in row.iter().zip(&mut above) {
            let number = number(pixel);
            filtered.push(number.wrapping_sub(*above));
            *above = number;
        }
    }
    filtered
}

/// As a zlib stream, in which nothing but runs was looked for.
fn compressed(rows: &[u8]) -> Vec<u8> {
    let config = DeflateConfig {
        strategy: zlib_rs::Strategy::Rle,
        ..DeflateConfig::default()
    };
    let mut room = vec![0; compress_bound(rows.len())];
    let (stream, result) = compress_slice(&mut room, rows, config);
    debug_assert_eq!(result, ReturnCode::Ok, "there is room for all of it");
    let length = stream.len();
    room.truncate(length);
    room
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{GreyLevels, Palette, Size};
    use super::*;
    use proptest::prelude::*;

    /// Size, and red, green and blue of every pixel.
    pub fn decoded(png: &[u8]) -> (Size, Vec<[u8; 3]>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(frame.color_type, ColorType::Rgb);
        let size = Size {
            width: frame.width,
            height: frame.height,
        };
        (size, pixels.as_chunks::<3>().0.to_vec())
    }

    /// Checks that every pixel comes back as exactly its colour.
    pub fn assert_is(png: &[u8], picture: &Indexed) {
        let (size, pixels) = decoded(png);
        assert_eq!(size, picture.size());
        let palette = picture.palette();
        let wanted: Vec<_> = picture.pixels().iter().map(|&p| palette.rgb(p)).collect();
        assert!(pixels == wanted, "a pixel has another colour");
    }

    #[test]
    fn a_patch_shows_only_what_changes() {
        let size = Size {
            width: 9,
            height: 5,
        };
        let palette = Palette::new(GreyLevels::USUAL);
        let old = Indexed::from_fn(size, palette, |x, _| x as u8);
        let new = Indexed::from_fn(size, palette, |x, y| match (x, y) {
            (2 | 5, 2) => 38,
            _ => x as u8,
        });
        let new = new.since(&old, (1, 1)).unwrap().picture;
        let mut decoder = png::Decoder::new(std::io::Cursor::new(encode(&new).unwrap()));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(
            (frame.width, frame.height, frame.color_type),
            (4, 1, ColorType::Rgba)
        );
        let [r, g, b] = palette.rgb(38);
        let opacities = pixels.as_chunks::<4>().0.iter().map(|p| p[3]);
        assert_eq!(opacities.collect::<Vec<_>>(), [255, 0, 0, 255]);
        assert_eq!(pixels[..3], [r, g, b]);
        assert_eq!(pixels[12..15], [r, g, b]);
    }

    #[test]
    fn an_empty_picture_is_no_file() {
        let size = Size {
            width: 0,
            height: 4,
        };
        let empty = Indexed::from_fn(size, Palette::new(GreyLevels::USUAL), |_, _| 0);
        assert_eq!(encode(&empty), None);
    }

    proptest! {
        #[test]
        fn any_picture_comes_back(width in 1u32..70, height in 1u32..40, greys in 2u8..=101,
                                  seed in any::<u64>()) {
            let palette = Palette::new(GreyLevels::new(greys).unwrap());
            let picture = Indexed::from_fn(Size { width, height }, palette, |x, y| {
                (seed.rotate_left((x * 7 + y * 13) % 64) % u64::from(greys + 7)) as u8
            });
            assert_is(&encode(&picture).unwrap(), &picture);
        }
    }
}
