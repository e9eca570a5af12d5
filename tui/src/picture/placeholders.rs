//! Pictures of kitty's protocol that live in cells of text, for terminals within tmux.
//!
//! tmux keeps text and knows nothing of such pictures. So a picture goes past it, to the terminal around
//! it, without a place; its place is text: cells with a character that stands for "a piece of a picture",
//! two marks for row and column, and the number of the picture in their colour. tmux moves, hides and
//! redraws that text like any other, and the terminal around it draws the pieces.
//!
//! tmux lets something past if its option `allow-passthrough` is on and the pane can be seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Indexed, Size, png};

/// Stands for a piece of a picture.
const PLACEHOLDER: char = '\u{10eeee}';

/// Most bytes of base64 in one command.
const CHUNK: usize = 4096;

/// How many pictures of a client the terminal keeps. Text may still name the last one while the next
/// one is on its way; an older one is replaced.
const KEPT: u8 = 4;

/// The first colour that is one of 256 in every terminal.
const FIRST_COLOUR: u8 = 16;

/// Marks above a character, in the order of the protocol: the first one stands for 0.
#[rustfmt::skip]
const MARKS: [u16; 256] = [
    0x0305, 0x030d, 0x030e, 0x0310, 0x0312, 0x033d, 0x033e, 0x033f, 0x0346, 0x034a, 0x034b, 0x034c,
    0x0350, 0x0351, 0x0352, 0x0357, 0x035b, 0x0363, 0x0364, 0x0365, 0x0366, 0x0367, 0x0368, 0x0369,
    0x036a, 0x036b, 0x036c, 0x036d, 0x036e, 0x036f, 0x0483, 0x0484, 0x0485, 0x0486, 0x0487, 0x0592,
    0x0593, 0x0594, 0x0595, 0x0597, 0x0598, 0x0599, 0x059c, 0x059d, 0x059e, 0x059f, 0x05a0, 0x05a1,
    0x05a8, 0x05a9, 0x05ab, 0x05ac, 0x05af, 0x05c4, 0x0610, 0x0611, 0x0612, 0x0613, 0x0614, 0x0615,
    0x0616, 0x0617, 0x0657, 0x0658, 0x0659, 0x065a, 0x065b, 0x065d, 0x065e, 0x06d6, 0x06d7, 0x06d8,
    0x06d9, 0x06da, 0x06db, 0x06dc, 0x06df, 0x06e0, 0x06e1, 0x06e2, 0x06e4, 0x06e7, 0x06e8, 0x06eb,
    0x06ec, 0x0730, 0x0732, 0x0733, 0x0735, 0x0736, 0x073a, 0x073d, 0x073f, 0x0740, 0x0741, 0x0743,
    0x0745, 0x0747, 0x0749, 0x074a, 0x07eb, 0x07ec, 0x07ed, 0x07ee, 0x07ef, 0x07f0, 0x07f1, 0x07f3,
    0x0816, 0x0817, 0x0818, 0x0819, 0x081b, 0x081c, 0x081d, 0x081e, 0x081f, 0x0820, 0x0821, 0x0822,
    0x0823, 0x0825, 0x0826, 0x0827, 0x0829, 0x082a, 0x082b, 0x082c, 0x082d, 0x0951, 0x0953, 0x0954,
    0x0f82, 0x0f83, 0x0f86, 0x0f87, 0x135d, 0x135e, 0x135f, 0x17dd, 0x193a, 0x1a17, 0x1a75, 0x1a76,
    0x1a77, 0x1a78, 0x1a79, 0x1a7a, 0x1a7b, 0x1a7c, 0x1b6b, 0x1b6d, 0x1b6e, 0x1b6f, 0x1b70, 0x1b71,
    0x1b72, 0x1b73, 0x1cd0, 0x1cd1, 0x1cd2, 0x1cda, 0x1cdb, 0x1ce0, 0x1dc0, 0x1dc1, 0x1dc3, 0x1dc4,
    0x1dc5, 0x1dc6, 0x1dc7, 0x1dc8, 0x1dc9, 0x1dcb, 0x1dcc, 0x1dd1, 0x1dd2, 0x1dd3, 0x1dd4, 0x1dd5,
    0x1dd6, 0x1dd7, 0x1dd8, 0x1dd9, 0x1dda, 0x1ddb, 0x1ddc, 0x1ddd, 0x1dde, 0x1ddf, 0x1de0, 0x1de1,
    0x1de2, 0x1de3, 0x1de4, 0x1de5, 0x1de6, 0x1dfe, 0x20d0, 0x20d1, 0x20d4, 0x20d5, 0x20d6, 0x20d7,
    0x20db, 0x20dc, 0x20e1, 0x20e7, 0x20e9, 0x20f0, 0x2cef, 0x2cf0, 0x2cf1, 0x2de0, 0x2de1, 0x2de2,
    0x2de3, 0x2de4, 0x2de5, 0x2de6, 0x2de7, 0x2de8, 0x2de9, 0x2dea, 0x2deb, 0x2dec, 0x2ded, 0x2dee,
    0x2def, 0x2df0, 0x2df1, 0x2df2, 0x2df3, 0x2df4, 0x2df5, 0x2df6, 0x2df7, 0x2df8, 0x2df9, 0x2dfa,
    0x2dfb, 0x2dfc, 0x2dfd, 0x2dfe, 0x2dff, 0xa66f, 0xa67c, 0xa67d, 0xa6f0, 0xa6f1, 0xa8e0, 0xa8e1,
    0xa8e2, 0xa8e3, 0xa8e4, 0xa8e5,
];

/// Most columns, and most rows.
pub const MOST: u16 = MARKS.len() as u16;

/// The number of a picture. Its lowest byte is a colour, its highest one a mark, so that 256 colours are
/// enough to name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(u32);

/// The numbers for the pictures of this client, in turn.
#[derive(Debug, Clone)]
pub struct Numbers {
    high: u8,
    first: u8,
    turn: u8,
}

impl Numbers {
    /// Those of the process with this number: two clients in one terminal have different ones.
    pub fn of_process(id: u32) -> Self {
        let groups = u32::from((u8::MAX - FIRST_COLOUR) / KEPT);
        Numbers {
            // 0 would be no mark.
            high: (id % 255 + 1) as u8,
            first: FIRST_COLOUR + (id / 255 % groups) as u8 * KEPT,
            turn: 0,
        }
    }

    /// The number of the picture that is shown.
    pub fn now(&self) -> Number {
        self.number(self.turn)
    }

    /// Goes on to the next one.
    pub fn advance(&mut self) {
        self.turn = (self.turn + 1) % KEPT;
    }

    fn number(&self, turn: u8) -> Number {
        Number(u32::from(self.high) << 24 | u32::from(self.first + turn))
    }

    /// The commands that take all of them out of the terminal's memory.
    pub fn delete(&self) -> Vec<u8> {
        let commands = (0..KEPT).map(|turn| past_tmux(&deletion(self.number(turn))));
        commands.flatten().collect()
    }
}

impl Number {
    /// The colour, one of 256, that cells of this picture have.
    pub fn colour(self) -> u8 {
        self.0 as u8
    }

    /// The text of the cell in this row and column of the picture.
    pub fn cell(self, row: u16, column: u16) -> String {
        let high = (self.0 >> 24) as u16;
        let marks = [row, column, high].map(mark);
        [PLACEHOLDER].into_iter().chain(marks).collect()
    }
}

fn mark(number: u16) -> char {
    let mark = MARKS.get(usize::from(number)).copied();
    mark.and_then(|mark| char::from_u32(mark.into()))
        .unwrap_or_default()
}

/// The picture as base64 of a PNG, for [`transmit`], with clear pixels to the right and below so that it
/// fills its cells: the terminal makes it as large as these are. `None` for an empty picture.
pub fn encode(picture: &Indexed, cells: Size) -> Option<Vec<u8>> {
    let png = png::encode(&picture.padded(cells))?;
    Some(STANDARD.encode(png).into_bytes())
}

/// The commands that give the terminal around tmux what [`encode`] made, for this many columns and rows.
/// An older picture of the same number is gone.
pub fn transmit(number: Number, (columns, rows): (u16, u16), base64: &[u8]) -> Vec<u8> {
    let mut out = past_tmux(&deletion(number));
    let mut chunks = base64.chunks(CHUNK).peekable();
    let id = number.0;
    let mut keys = format!("a=T,U=1,f=100,t=d,i={id},c={columns},r={rows},q=2,");
    while let Some(chunk) = chunks.next() {
        let more = u8::from(chunks.peek().is_some());
        let command = [
            format!("\x1b_G{keys}m={more};").as_bytes(),
            chunk,
            b"\x1b\\",
        ]
        .concat();
        out.extend(past_tmux(&command));
        keys = "q=2,".to_owned();
    }
    out
}

fn deletion(number: Number) -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={},q=2\x1b\\", number.0).into_bytes()
}

/// Wraps a sequence so that tmux hands it on as it is.
fn past_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut out = b"\x1bPtmux;".to_vec();
    for &byte in sequence {
        if byte == 0x1b {
            out.push(byte);
        }
        out.push(byte);
    }
    out.extend(b"\x1b\\");
    out
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Palette};
    use super::*;

    /// What the terminal around tmux gets, if tmux lets it past.
    fn passed(bytes: &[u8]) -> String {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut passed = String::new();
        let mut rest = text;
        while let Some(inner) = rest.strip_prefix("\x1bPtmux;") {
            let inner = inner.replace("\x1b\x1b", "\0");
            let (sequence, after) = inner.split_once("\x1b\\").unwrap();
            passed.push_str(&sequence.replace('\0', "\x1b"));
            let taken = rest.len() - after.replace('\0', "\x1b\x1b").len();
            rest = &rest[taken..];
        }
        assert_eq!(rest, "", "not wrapped");
        passed
    }

    #[test]
    fn a_picture_goes_past_tmux_in_commands_that_are_wrapped_one_by_one() {
        let number = Numbers::of_process(1).now();
        let bytes = transmit(number, (7, 3), &[b'A'; 5000]);
        let start = "\x1bPtmux;\x1b\x1b_Ga=d,d=I,i=33554448,q=2\x1b\x1b\\\x1b\\";
        assert!(bytes.starts_with(start.as_bytes()));
        let expected = format!(
            "\x1b_Ga=d,d=I,i=33554448,q=2\x1b\\\
             \x1b_Ga=T,U=1,f=100,t=d,i=33554448,c=7,r=3,q=2,m=1;{}\x1b\\\
             \x1b_Gq=2,m=0;{}\x1b\\",
            "A".repeat(4096),
            "A".repeat(904)
        );
        assert_eq!(passed(&bytes), expected);
    }

    #[test]
    fn a_cell_names_its_picture_by_colour_and_mark_and_its_piece_by_two_marks() {
        let number = Numbers::of_process(1).now();
        assert_eq!(number.colour(), 16);
        assert_eq!(number.cell(0, 0), "\u{10eeee}\u{305}\u{305}\u{30e}");
        assert_eq!(number.cell(3, 1), "\u{10eeee}\u{310}\u{30d}\u{30e}");
        assert_eq!(unicode_width(&number.cell(12, 200)), 1);
    }

    fn unicode_width(text: &str) -> usize {
        ratatui::text::Line::raw(text.to_owned()).width()
    }

    #[test]
    fn marks_differ_and_are_marks() {
        let mut marks = MARKS.to_vec();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), 256);
        for mark in MARKS {
            assert_eq!(
                unicode_width(&char::from_u32(mark.into()).unwrap().to_string()),
                0,
                "{mark:x}"
            );
        }
    }

    #[test]
    fn numbers_come_in_turn_and_those_of_two_processes_differ() {
        let mut numbers = Numbers::of_process(40_000);
        let mut seen = vec![numbers.now()];
        for _ in 0..KEPT {
            numbers.advance();
            seen.push(numbers.now());
        }
        assert_eq!(seen[0], seen[usize::from(KEPT)]);
        assert!(seen[1..].windows(2).all(|two| two[0] != two[1]));
        let gone = passed(&numbers.delete());
        for number in &seen {
            assert!(
                gone.contains(&format!("a=d,d=I,i={},q=2", number.0)),
                "{gone:?}"
            );
        }
        for other in [40_001, 40_255, 39_745] {
            let other = Numbers::of_process(other);
            assert!((0..KEPT).all(|turn| !seen.contains(&other.number(turn))));
        }
        for id in [0, 254, 255, 65_535, u32::MAX] {
            let number = Numbers::of_process(id).number(KEPT - 1);
            assert!(number.colour() >= FIRST_COLOUR && number.0 >> 24 > 0);
        }
    }

    #[test]
    fn a_picture_is_padded_to_its_cells_with_nothing() {
        let size = |width, height| Size { width, height };
        let picture = Indexed::from_fn(size(3, 2), Palette::new(GreyLevels::USUAL), |x, y| {
            (x + y) as u8
        });
        let padded = picture.padded(size(5, 4));
        assert_eq!(padded.size(), size(5, 4));
        for (y, row) in padded.rows().enumerate() {
            for (x, &pixel) in row.iter().enumerate() {
                let there = x < 3 && y < 2;
                assert_eq!(
                    pixel,
                    if there {
                        (x + y) as u8
                    } else {
                        super::super::CLEAR
                    }
                );
            }
        }
    }
}
