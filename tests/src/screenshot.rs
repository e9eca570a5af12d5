//! Pictures of a screen, as colours.

use std::collections::BTreeSet;

/// A picture of a window: `width` × `height` pixels, rows from the top, 8-bit red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Screenshot {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Its left column.
    pub x: usize,
    /// Its upper row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// More than any screen has; a header that claims more is not believed.
const LARGEST_SIDE: usize = 16_384;

impl Screenshot {
    /// The greys that it has.
    pub fn greys(&self) -> BTreeSet<u8> {
        let greys = self.pixels.iter().filter(|[r, g, b]| r == g && g == b);
        greys.map(|[r, _, _]| *r).collect()
    }

    /// Reads a binary PPM file with 8 bits for each channel (`P6`, maximum 255), as the header's
    /// definition by Netpbm has it. `None` for anything else.
    #[must_use]
    pub fn from_ppm(file: &[u8]) -> Option<Self> {
        let rest = file.strip_prefix(b"P6")?;
        let (width, rest) = number(rest)?;
        let (height, rest) = number(rest)?;
        let (maximum, rest) = number(rest)?;
        // Exactly one blank before the pixels.
        let (blank, samples) = rest.split_first()?;
        let wanted = 1..=LARGEST_SIDE;
        if maximum != 255
            || !blank.is_ascii_whitespace()
            || !wanted.contains(&width)
            || !wanted.contains(&height)
            || samples.len() != width * height * 3
        {
            return None;
        }
        let pixels = samples.as_chunks::<3>().0.to_vec();
        Some(Self {
            width,
            height,
            pixels,
        })
    }

    /// The same as a PPM file.
    #[must_use]
    pub fn to_ppm(&self) -> Vec<u8> {
        let mut file = format!("P6\n{} {}\n255\n", self.width, self.height).into_bytes();
        file.extend(self.pixels.as_flattened());
        file
    }

    /// Columns of pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The colour at column `x` and row `y`; `None` outside.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if x >= self.width {
            return None;
        }
        self.pixels.get(y * self.width + x).copied()
    }

    /// The part of the picture that lies in `area`; smaller than it where that reaches outside.
    #[must_use]
    pub fn crop(&self, area: Area) -> Self {
        let columns = area.x.min(self.width)..area.x.saturating_add(area.width).min(self.width);
        let rows = area.y.min(self.height)..area.y.saturating_add(area.height).min(self.height);
        let (width, height) = (columns.len(), rows.len());
        let lines = self
            .pixels
            .chunks_exact(self.width.max(1))
            .skip(rows.start)
            .take(height);
        let pixels = lines
            .flat_map(|line| &line[columns.clone()])
            .copied()
            .collect();
        Self {
            width,
            height,
            pixels,
        }
    }

    /// How many pixels have a colour that `wanted` accepts.
    #[must_use]
    pub fn count(&self, wanted: impl Fn([u8; 3]) -> bool) -> usize {
        self.pixels.iter().filter(|&&colour| wanted(colour)).count()
    }

    /// All colours, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[[u8; 3]] {
        &self.pixels
    }
}

/// The next number of the header, after blanks and comments (`#` to the end of the line).
fn number(mut text: &[u8]) -> Option<(usize, &[u8])> {
    loop {
        match text {
            [b'#', ..] => text = &text[text.iter().position(|&byte| byte == b'\n')?..],
            [blank, rest @ ..] if blank.is_ascii_whitespace() => text = rest,
            _ => break,
        }
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: usize, height: usize) -> Screenshot {
        let pixel = |i: usize| [(i % width) as u8, (i / width) as u8, 7];
        Screenshot {
            width,
            height,
            pixels: (0..width * height).map(pixel).collect(),
        }
    }

    #[test]
    fn reads_headers_as_netpbm_defines_them() {
        let plain = b"P6\n2 1\n255\nabcdef";
        let comments = b"P6 # made by hand\n2\t1 # size\n255 abcdef";
        let read = Screenshot::from_ppm(plain).unwrap();
        assert_eq!((read.width(), read.height()), (2, 1));
        assert_eq!(read.pixels(), [*b"abc", *b"def"]);
        assert!(Screenshot::from_ppm(comments) == Some(read));
    }

    #[test]
    fn refuses_what_is_no_such_file() {
        for file in [
            &b""[..],
            b"P5\n2 1\n255\nabcdef",
            b"P6\n2 1\n65535\nabcdef",
            b"P6\n2 1\n255\nabcde",
            b"P6\n2 1\n255\nabcdefg",
            b"P6\n0 1\n255\n",
            b"P6\n99999999999999999999 1\n255\n",
            b"P6\n16385 1\n255\n",
            b"P6\n2",
            b"P6#",
        ] {
            assert!(
                Screenshot::from_ppm(file).is_none(),
                "{}",
                file.escape_ascii()
            );
        }
    }

    #[test]
    fn crops_and_counts() {
        let picture = picture(5, 4);
        let part = picture.crop(Area {
            x: 3,
            y: 1,
            width: 100,
            height: 2,
        });
        assert_eq!((part.width(), part.height()), (2, 2));
        assert_eq!(part.pixels(), [[3, 1, 7], [4, 1, 7], [3, 2, 7], [4, 2, 7]]);
        assert_eq!(part.pixel(1, 1), Some([4, 2, 7]));
        assert_eq!(part.pixel(2, 0), None);
        assert_eq!(part.pixel(0, 2), None);
        assert_eq!(picture.count(|[red, ..]| red == 3), 4);
        let outside = picture.crop(Area {
            x: 9,
            y: 9,
            width: 1,
            height: 1,
        });
        assert_eq!(
            (outside.width(), outside.height(), outside.pixels().len()),
            (0, 0, 0)
        );
    }

    proptest! {
        #[test]
        fn a_file_reads_back(width in 1..20usize, height in 1..20usize) {
            let picture = picture(width, height);
            prop_assert!(Screenshot::from_ppm(&picture.to_ppm()) == Some(picture));
        }

        #[test]
        fn any_bytes_are_read_or_refused(header in "P6[ \n#0-9]{0,20}", rest in any::<Vec<u8>>()) {
            let _ = Screenshot::from_ppm(&[header.as_bytes(), &rest].concat());
        }
    }
}
