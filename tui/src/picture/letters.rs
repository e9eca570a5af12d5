//! Letters and digits drawn into pictures, where characters on top would erase the pixels.

use super::{Indexed, Size};

/// Rows of three pixels, the highest bit on the left.
type Glyph = [u8; 5];

const WIDTH: i64 = 3;
const HEIGHT: i64 = 5;

fn glyph(character: char) -> Option<Glyph> {
    Some(match character {
        '!' => [2, 2, 2, 0, 2],
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [7, 1, 7, 4, 7],
        '3' => [7, 1, 7, 1, 7],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 7, 1, 7],
        '6' => [7, 4, 7, 5, 7],
        '7' => [7, 1, 2, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 7],
        'A' => [2, 5, 7, 5, 5],
        'I' => [7, 2, 2, 2, 7],
        'L' => [4, 4, 4, 4, 7],
        'P' => [6, 5, 6, 4, 4],
        'R' => [6, 5, 6, 5, 5],
        'S' => [3, 4, 2, 1, 6],
        _ => return None,
    })
}

/// Width and height of a text in pixels, with a pixel of black around it.
pub fn size(text: &str, scale: i64) -> (i64, i64) {
    let letters = text.chars().count() as i64;
    ((letters * (WIDTH + 1) - 1) * scale + 2, HEIGHT * scale + 2)
}

/// Pixels for each of a letter's, in a picture or a part of one.
pub fn scale(size: Size) -> i64 {
    1 + (i64::from(size.width.max(size.height)) / 120).min(2)
}

/// Writes digits, `!` and the letters `A I L P R S` on black, the upper left corner at `x`, `y`;
/// `scale` pixels for each of a letter's, in a colour of the palette.
pub fn write(picture: &mut Indexed, (x, y): (i64, i64), text: &str, scale: i64, colour: u8) {
    let (width, height) = size(text, scale);
    for row in 0..height {
        for column in 0..width {
            picture.put(x + column, y + row, 0);
        }
    }
    for (number, glyph) in text.chars().filter_map(glyph).enumerate() {
        let left = x + 1 + number as i64 * (WIDTH + 1) * scale;
        for row in 0..HEIGHT * scale {
            for column in 0..WIDTH * scale {
                let bits = glyph[(row / scale) as usize];
                if bits >> (WIDTH - 1 - column / scale) & 1 == 1 {
                    picture.put(left + column, y + 1 + row, colour);
                }
            }
        }
    }
}
