//! Sixel: bitmaps as text, six pixel rows at a time.
//!
//! Each band of six rows is drawn once per colour that occurs in it: a byte per column says which
//! of the six pixels have that colour. Runs are shortened, blanks behind the last pixel of a
//! colour are left out. Every pixel of the picture is painted by exactly one colour; those of a
//! patch that stay as they are by none.

use super::span::Span;
use super::{CLEAR, Indexed};

/// Rows in a band.
pub const BAND: u32 = 6;

/// The picture as one device control string, from `ESC P` to `ESC \`.
///
/// It says its own size, rounded up to whole bands, and defines the colours that it uses; nothing
/// is taken over from pictures before it. The last band is not followed by a new line, so that the
/// string by itself never makes a terminal scroll.
pub fn encode(picture: &Indexed) -> Vec<u8> {
    let size = picture.size();
    let mut out = Out(Vec::with_capacity(size.pixels() / 3));
    out.text("\x1bP0;1q\"1;1;");
    out.number(size.width);
    out.text(";");
    out.number(size.height.div_ceil(BAND) * BAND);
    define_colours(picture, &mut out);

    let width = size.width as usize;
    let colours = usize::from(picture.palette().last()) + 1;
    let mut band = Band::new(width, colours);
    for (number, rows) in picture.pixels().chunks(width * BAND as usize).enumerate() {
        if number > 0 {
            out.text("-");
        }
        for (row, pixels) in rows.chunks_exact(width).enumerate() {
            band.add_row(row, pixels);
        }
        band.write(&mut out);
    }
    out.text("\x1b\\");
    out.0
}

fn define_colours(picture: &Indexed, out: &mut Out) {
    let mut used = [false; 256];
    for &pixel in picture.pixels() {
        used[usize::from(pixel)] = true;
    }
    for colour in (0..=picture.palette().last()).filter(|&c| used[usize::from(c)]) {
        let [red, green, blue] = picture.palette().percent(colour);
        out.text("#");
        out.number(colour.into());
        out.text(";2;");
        out.number(red.into());
        out.text(";");
        out.number(green.into());
        out.text(";");
        out.number(blue.into());
    }
}

/// One band: for every colour the columns that it touches, as sixels.
struct Band {
    width: usize,
    /// `width` sixels per colour, six bits each, the top row lowest.
    sixels: Vec<u8>,
    /// The columns that each colour touches.
    extents: Vec<Span>,
}

impl Band {
    fn new(width: usize, colours: usize) -> Self {
        Band {
            width,
            sixels: vec![0; width * colours],
            extents: vec![Span::EMPTY; colours],
        }
    }

    /// Adds one of the six rows, run by run.
    fn add_row(&mut self, row: usize, pixels: &[u8]) {
        let bit = 1u8 << row;
        let mut start = 0;
        for run in pixels.chunk_by(|a, b| a == b) {
            let colour = usize::from(run[0]);
            let end = start + run.len();
            if run[0] == CLEAR {
                start = end;
                continue;
            }
            let base = colour * self.width;
            for sixel in &mut self.sixels[base + start..base + end] {
                *sixel |= bit;
            }
            self.extents[colour].cover(start as u32, end as u32);
            start = end;
        }
    }

    /// Writes all colours that occur, and forgets them.
    fn write(&mut self, out: &mut Out) {
        let mut first = true;
        for (colour, extent) in self.extents.iter_mut().enumerate() {
            if extent.is_empty() {
                continue;
            }
            if !first {
                out.text("$");
            }
            first = false;
            out.text("#");
            out.number(colour as u32);
            let touched = std::mem::replace(extent, Span::EMPTY).range();
            out.run(0, touched.start);
            let sixels = &mut self.sixels[colour * self.width..][touched];
            let mut rest = &*sixels;
            while let Some(&sixel) = rest.first() {
                let length = run_length(sixel, rest);
                out.run(sixel, length);
                rest = &rest[length..];
            }
            sixels.fill(0);
        }
    }
}

/// How many of the first `sixels` are all `sixel`. Most of a band is blank in most colours, so
/// blanks are counted eight at a time.
fn run_length(sixel: u8, sixels: &[u8]) -> usize {
    let mut length = 0;
    if sixel == 0 {
        let eights = sixels.as_chunks::<8>().0;
        length = 8 * eights.iter().take_while(|eight| **eight == [0; 8]).count();
    }
    let rest = &sixels[length..];
    length + rest.iter().take_while(|s| **s == sixel).count()
}

/// The bytes of a control string.
struct Out(Vec<u8>);

impl Out {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, mut n: u32) {
        let mut digits = [0u8; 10];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[at..]);
    }

    /// The same sixel many times: `!n` and the sixel, where that is shorter.
    fn run(&mut self, sixel: u8, length: usize) {
        let sixel = sixel + b'?';
        if length > 3 {
            self.text("!");
            self.number(length as u32);
            self.0.push(sixel);
        } else {
            self.0.extend(std::iter::repeat_n(sixel, length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette, Size};
    use super::*;
    use proptest::prelude::*;

    /// Red, green and blue of every pixel, as an independent decoder reads them.
    fn decoded(bytes: &[u8], size: Size) -> Vec<[u8; 3]> {
        let image = icy_sixel::SixelImage::decode(bytes).unwrap();
        assert_eq!(image.width, size.width as usize);
        assert_eq!(image.height, (size.height.div_ceil(BAND) * BAND) as usize);
        let pixels = image.pixels.as_chunks::<4>().0;
        let pixels = &pixels[..size.pixels()];
        assert!(
            pixels.iter().all(|p| p[3] == 255),
            "a pixel was not painted"
        );
        pixels.iter().map(|&[r, g, b, _]| [r, g, b]).collect()
    }

    /// Checks that every pixel comes back as its colour, to within how decoders round percents.
    fn assert_comes_back(picture: &Indexed) {
        let palette = picture.palette();
        let decoded = decoded(&encode(picture), picture.size());
        for (&pixel, found) in picture.pixels().iter().zip(decoded) {
            let wanted = palette.rgb(pixel);
            for (a, b) in wanted.into_iter().zip(found) {
                assert!(
                    a.abs_diff(b) <= 1,
                    "colour {pixel}: {wanted:?} came back as {found:?}"
                );
            }
        }
    }

    fn picture(width: u32, height: u32, greys: u8, colour: impl FnMut(u32, u32) -> u8) -> Indexed {
        let palette = Palette::new(GreyLevels::new(greys).unwrap());
        Indexed::from_fn(Size { width, height }, palette, colour)
    }

    #[test]
    fn the_string_is_what_the_standard_says() {
        // Four columns: two black, one white, one black; the fourth row all white.
        let small = picture(4, 6, 2, |x, y| u8::from(x == 2 || y == 3));
        let text = String::from_utf8(encode(&small)).unwrap();
        assert_eq!(
            text,
            "\x1bP0;1q\"1;1;4;6#0;2;0;0;0#1;2;100;100;100#0vv?v$#1GG~G\x1b\\"
        );
    }

    #[test]
    fn all_colours_come_back() {
        assert_comes_back(&picture(108, 6, 101, |x, _| x as u8));
        assert_comes_back(&picture(39, 12, 32, |x, y| {
            if y < 6 { x as u8 } else { 38 - x as u8 }
        }));
    }

    #[test]
    fn runs_are_shortened_and_nothing_trails() {
        let flat = picture(700, 600, 32, |_, _| 7);
        let bytes = encode(&flat);
        assert!(
            bytes.len() < 100 * 10,
            "{} bytes for a flat picture",
            bytes.len()
        );
        assert!(bytes.ends_with(b"~\x1b\\"));
        assert_comes_back(&flat);
    }

    #[test]
    fn a_patch_paints_only_what_changes() {
        let old = picture(60, 30, 32, |x, y| ((x + y) % 32) as u8);
        let new = picture(60, 30, 32, |x, y| {
            if (x, y) == (25, 14) {
                38
            } else {
                ((x + y) % 32) as u8
            }
        });
        let patch = new.since(&old, (10, 6)).unwrap();
        let text = String::from_utf8(encode(&patch.picture)).unwrap();
        // Five columns to skip, then the third of six rows.
        assert_eq!(text, "\x1bP0;1q\"1;1;6;6#38;2;94;89;26#38!5?C\x1b\\");
    }

    proptest! {
        #[test]
        fn any_picture_comes_back(width in 1u32..70, height in 1u32..40, greys in 2u8..=101,
                                  seed in any::<u64>(), grain in 1u32..9) {
            let picture = picture(width, height, greys, |x, y| {
                (seed.rotate_left((x / grain * 7 + y / grain * 13) % 64) % u64::from(greys + 7)) as u8
            });
            assert_comes_back(&picture);
        }
    }
}
