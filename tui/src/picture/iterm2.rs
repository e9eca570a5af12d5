//! Inline images as iTerm2 has them, and WezTerm and others too.
//!
//! A picture takes the place of the text in its cells; text written there takes it off again.

use super::{Indexed, png};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The command that shows the picture at the cursor, pixel by pixel; the cursor stays where it is.
/// `None` for an empty picture.
pub fn encode(picture: &Indexed) -> Option<Vec<u8>> {
    let file = png::encode(picture)?;
    let size = picture.size();
    let mut out = format!(
        "\x1b]1337;File=inline=1;size={};width={}px;height={}px;doNotMoveCursor=1:",
        file.len(),
        size.width,
        size.height
    );
    STANDARD.encode_string(&file, &mut out);
    out.push('\x07');
    Some(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette, Size};
    use super::*;

    #[test]
    fn a_picture_comes_back_from_its_command() {
        let size = Size {
            width: 130,
            height: 6,
        };
        let palette = Palette::new(GreyLevels::MOST);
        let picture = Indexed::from_fn(size, palette, |x, y| (x + y) as u8);
        let text = String::from_utf8(encode(&picture).unwrap()).unwrap();
        let command = text.strip_prefix("\x1b]1337;File=").unwrap();
        let command = command.strip_suffix('\x07').unwrap();
        let (arguments, base64) = command.split_once(':').unwrap();
        let file = STANDARD.decode(base64).unwrap();
        assert_eq!(
            arguments,
            format!(
                "inline=1;size={};width=130px;height=6px;doNotMoveCursor=1",
                file.len()
            )
        );
        png::tests::assert_is(&file, &picture);
    }
}
