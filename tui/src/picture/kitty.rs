//! The graphics protocol of kitty, which others speak too.
//!
//! A picture has a number, and lies over the text until that number is deleted. Of two pictures
//! in the same place the one with the greater number is on top, so a new one can be laid over an
//! old one before that is deleted, and the screen never shows neither.

use super::{Indexed, png};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most bytes of base64 in one command.
const CHUNK: usize = 4096;

/// The picture as base64 of a PNG, to be given to [`show`]. `None` for an empty picture.
pub fn encode(picture: &Indexed) -> Option<Vec<u8>> {
    Some(STANDARD.encode(png::encode(picture)?).into_bytes())
}

/// The commands that show what [`encode`] made as picture `id`, at the cursor, pixel by pixel. The
/// cursor stays where it is, and the terminal answers nothing.
pub fn show(id: u32, base64: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(base64.len() + base64.len() / CHUNK * 16 + 64);
    let mut chunks = base64.chunks(CHUNK).peekable();
    let mut keys = format!("a=T,f=100,t=d,i={id},p=1,C=1,q=2,");
    while let Some(chunk) = chunks.next() {
        let more = u8::from(chunks.peek().is_some());
        out.extend(format!("\x1b_G{keys}m={more};").bytes());
        out.extend(chunk);
        out.extend(b"\x1b\\");
        keys = "q=2,".to_owned();
    }
    out
}

/// The command that takes picture `id` off the screen and out of the terminal's memory.
pub fn delete(id: u32) -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette, Size};
    use super::*;

    /// The commands: keys and data of each.
    fn commands(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let text = std::str::from_utf8(bytes).unwrap();
        let commands = text.strip_suffix("\x1b\\").unwrap().split("\x1b\\");
        commands
            .map(|command| {
                let command = command.strip_prefix("\x1b_G").unwrap();
                let (keys, data) = command.split_once(';').unwrap();
                (keys.to_owned(), data.as_bytes().to_vec())
            })
            .collect()
    }

    fn noise(width: u32, height: u32) -> Indexed {
        let palette = Palette::new(GreyLevels::MOST);
        Indexed::from_fn(Size { width, height }, palette, |x, y| {
            ((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7 & 127) as u8
        })
    }

    #[test]
    fn a_picture_comes_back_from_its_commands() {
        for picture in [noise(1, 1), noise(7, 9), noise(200, 150)] {
            let shown = show(12, &encode(&picture).unwrap());
            let commands = commands(&shown);
            let (last, others) = commands.split_last().unwrap();
            assert!(
                others
                    .iter()
                    .all(|(keys, data)| { keys.ends_with("m=1") && data.len() == CHUNK })
            );
            assert!(last.0.ends_with("m=0") && last.1.len() <= CHUNK);
            assert!(commands[0].0.starts_with("a=T,f=100,t=d,i=12,p=1,C=1,q=2"));
            let base64: Vec<u8> = commands.iter().flat_map(|(_, data)| data.clone()).collect();
            png::tests::assert_is(&STANDARD.decode(base64).unwrap(), &picture);
        }
    }

    #[test]
    fn a_picture_is_deleted_with_its_data_and_without_an_answer() {
        assert_eq!(delete(12), b"\x1b_Ga=d,d=I,i=12,q=2\x1b\\");
    }
}
