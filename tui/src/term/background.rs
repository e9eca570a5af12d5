//! The background of the terminal, as it says itself (OSC 11).

use crate::contrast::Rgb;

/// What is known of the colour behind the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Background {
    /// Nothing yet: the terminal has not answered.
    #[default]
    Unknown,
    /// Nothing: the terminal answers other questions, or none, but not this one.
    Silent,
    /// Its colour.
    Known(Rgb),
}

/// The colour in an answer: `rgb:ffff/ffff/dddd`, with one to four digits for each part; `rgba:` has
/// the opacity as well, which is not the colour that is seen.
pub(super) fn parse(answer: &[u8]) -> Option<Rgb> {
    let answer = std::str::from_utf8(answer).ok()?;
    let (parts, count) = match answer.strip_prefix("rgb:") {
        Some(parts) => (parts, 3),
        None => (answer.strip_prefix("rgba:")?, 4),
    };
    let parts: Vec<u8> = parts.split('/').map(part).collect::<Option<_>>()?;
    match parts[..] {
        [r, g, b, ..] if parts.len() == count => Some([r, g, b]),
        _ => None,
    }
}

/// One to four hexadecimal digits, of which the greatest number means 255.
fn part(digits: &str) -> Option<u8> {
    let count = digits.len();
    if !(1..=4).contains(&count) || !digits.bytes().all(|d| d.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let most = (1 << (4 * count)) - 1;
    u8::try_from((value * 255 + most / 2) / most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_write_their_background_in_several_ways() {
        for (answer, expected) in [
            ("rgb:ffff/ffff/dddd", Some([255, 255, 221])),
            ("rgb:1e/1e/2e", Some([30, 30, 46])),
            ("rgb:f/0/8", Some([255, 0, 136])),
            ("rgba:0000/2b2b/3636/e666", Some([0, 43, 54])),
            ("rgb:ffff/ffff", None),
            ("rgb:ffff/ffff/ffff/ffff", None),
            ("rgb:fffff/0/0", None),
            ("rgb:+f/0/0", None),
            ("?", None),
            ("#ffffff", None),
        ] {
            assert_eq!(parse(answer.as_bytes()), expected, "{answer}");
        }
    }
}
