//! Splits what a program writes to its terminal into text, control sequences and pictures.
//!
//! The shapes are those of ECMA-48: `ESC [ … final`, strings that begin with `ESC P`, `ESC ]`,
//! `ESC _`, `ESC ^` or `ESC X` and end with `ESC \` (OSC with BEL too), and short escapes. Bytes
//! may arrive in any portions.

/// A piece of a program's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Characters and single control characters. A piece may end inside a UTF-8 character.
    Text(&'a [u8]),
    /// One whole control sequence.
    Sequence(&'a [u8]),
    /// One whole sixel picture, from `ESC P` to `ESC \`.
    Sixel(&'a [u8]),
    /// One whole inline image of iTerm2, from `ESC ]` to BEL.
    Inline(&'a [u8]),
    /// One command of kitty's graphics protocol, from `ESC _` to `ESC \`.
    Kitty(&'a [u8]),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After `ESC`, and intermediate bytes if there are any.
    Escape,
    /// After `ESC [`.
    Control,
    /// Inside a string that begins with `ESC` and this byte.
    String(u8),
    /// After `ESC` inside such a string.
    StringEscape(u8),
}

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// The splitter, between portions.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    state: State,
    sequence: Vec<u8>,
}

impl Splitter {
    /// Takes the next portion, and calls `emit` for each piece that is complete now.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut emit: impl FnMut(Token<'_>)) {
        let mut text_start = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            if self.state == State::Ground {
                if byte == ESC {
                    if text_start < i {
                        emit(Token::Text(&bytes[text_start..i]));
                    }
                    self.begin();
                }
                continue;
            }
            self.sequence.push(byte);
            self.state = match (self.state, byte) {
                (_, CAN | SUB) => State::Ground,
                (State::Escape, b'[') => State::Control,
                (State::Escape, b'P' | b']' | b'_' | b'^' | b'X') => State::String(byte),
                (State::Escape, 0x20..=0x2f) => State::Escape,
                (State::Control, 0x40..=0x7e) => State::Ground,
                (State::Control, ESC) | (State::Escape, ESC) => self.restart(),
                (State::Control, _) => State::Control,
                (State::String(b']'), BEL) => State::Ground,
                (State::String(kind), ESC) => State::StringEscape(kind),
                (State::String(kind), _) => State::String(kind),
                (State::StringEscape(_), b'\\') => State::Ground,
                (State::StringEscape(_), _) => self.aborted_string(byte),
                (State::Escape | State::Ground, _) => State::Ground,
            };
            if self.state == State::Ground {
                emit(match &*self.sequence {
                    sequence if is_sixel(sequence) => Token::Sixel(sequence),
                    sequence if sequence.starts_with(b"\x1b]1337;File=") => Token::Inline(sequence),
                    sequence if sequence.starts_with(b"\x1b_G") => Token::Kitty(sequence),
                    sequence => Token::Sequence(sequence),
                });
                text_start = i + 1;
            }
        }
        if self.state == State::Ground && text_start < bytes.len() {
            emit(Token::Text(&bytes[text_start..]));
        }
    }

    fn begin(&mut self) {
        self.sequence.clear();
        self.sequence.push(ESC);
        self.state = State::Escape;
    }

    /// An `ESC` inside a sequence ends that one unfinished and begins the next.
    fn restart(&mut self) -> State {
        self.begin();
        State::Escape
    }

    /// `ESC` and anything but `\` inside a string: the string was cut off, another sequence begins.
    fn aborted_string(&mut self, byte: u8) -> State {
        self.begin();
        self.sequence.push(byte);
        match byte {
            b'[' => State::Control,
            b'P' | b']' | b'_' | b'^' | b'X' => State::String(byte),
            0x20..=0x2f => State::Escape,
            ESC => self.restart(),
            _ => State::Ground,
        }
    }
}

/// A device control string `ESC P parameters q data ESC \`.
fn is_sixel(sequence: &[u8]) -> bool {
    sequence.strip_prefix(b"\x1bP").is_some_and(|rest| {
        let data = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b';'));
        data.is_some_and(|at| rest[at] == b'q') && rest.ends_with(b"\x1b\\")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pieces as (kind, bytes), neighbouring texts joined.
    fn split<'a>(portions: impl IntoIterator<Item = &'a [u8]>) -> Vec<(char, Vec<u8>)> {
        let mut splitter = Splitter::default();
        let mut pieces: Vec<(char, Vec<u8>)> = Vec::new();
        for portion in portions {
            splitter.feed(portion, |token| {
                let (kind, bytes) = match token {
                    Token::Text(bytes) => ('t', bytes),
                    Token::Sequence(bytes) => ('s', bytes),
                    Token::Sixel(bytes) => ('p', bytes),
                    Token::Inline(bytes) => ('i', bytes),
                    Token::Kitty(bytes) => ('k', bytes),
                };
                match pieces.last_mut() {
                    Some((last, text)) if kind == 't' && *last == 't' => text.extend(bytes),
                    _ => pieces.push((kind, bytes.to_vec())),
                }
            });
        }
        pieces
    }

    const SAMPLE: &[u8] =
        b"a\x1b[31mb\x1bP0;1q#0~\x1b\\c\x1b]0;title\x07\x1b(Bd\x1bP$qm\x1b\\\x1b7e";

    fn sample() -> Vec<(char, Vec<u8>)> {
        [
            ('t', &b"a"[..]),
            ('s', b"\x1b[31m"),
            ('t', b"b"),
            ('p', b"\x1bP0;1q#0~\x1b\\"),
            ('t', b"c"),
            ('s', b"\x1b]0;title\x07"),
            ('s', b"\x1b(B"),
            ('t', b"d"),
            ('s', b"\x1bP$qm\x1b\\"),
            ('s', b"\x1b7"),
            ('t', b"e"),
        ]
        .map(|(kind, bytes)| (kind, bytes.to_vec()))
        .to_vec()
    }

    #[test]
    fn pictures_sequences_and_text_come_apart() {
        assert_eq!(split([SAMPLE]), sample());
    }

    #[test]
    fn pictures_of_other_protocols_come_apart_too() {
        assert_eq!(
            split([&b"a\x1b]1337;File=inline=1:AAAA\x07b\x1b_Ga=T,m=0;AAAA\x1b\\"[..]]),
            [
                ('t', b"a".to_vec()),
                ('i', b"\x1b]1337;File=inline=1:AAAA\x07".to_vec()),
                ('t', b"b".to_vec()),
                ('k', b"\x1b_Ga=T,m=0;AAAA\x1b\\".to_vec()),
            ]
        );
    }

    #[test]
    fn an_unfinished_sequence_gives_way_to_the_next() {
        let expected = [('s', b"\x1b[2m".to_vec()), ('t', b"x".to_vec())];
        assert_eq!(split([&b"\x1b[1;\x1b[2mx"[..]]), expected);
        assert_eq!(split([&b"\x1bPq#0~~\x1b[2mx"[..]]), expected);
        assert_eq!(split([&b"\x1bPq#0~~\x1b\x1b[2mx"[..]]), expected);
    }

    proptest! {
        #[test]
        fn portions_do_not_matter(cuts in prop::collection::vec(0..=SAMPLE.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, SAMPLE.len()]);
            cuts.sort_unstable();
            let portions = cuts.windows(2).map(|cut| &SAMPLE[cut[0]..cut[1]]);
            prop_assert_eq!(split(portions), sample());
        }

        #[test]
        fn no_text_is_lost_without_escapes(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|&byte| byte != ESC).collect();
            let expected = if bytes.is_empty() { vec![] } else { vec![('t', bytes.clone())] };
            prop_assert_eq!(split([&bytes[..]]), expected);
        }

        #[test]
        fn any_bytes_are_split(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            split([&bytes[..]]);
        }
    }
}
