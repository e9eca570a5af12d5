//! Bytes of a terminal → keys, the mouse, pasted text and answers.
//!
//! A machine over single bytes, so that it does not matter how the bytes were cut into pieces on
//! their way. Bytes alone cannot tell whether an ESC is the Escape key or the beginning of a longer
//! sequence. In doubt the terminal is asked a question: it sends everything in order, so a sequence
//! that has not ended before the answer never will. If the terminal has never answered a question,
//! an ESC counts as the key after [`ESCAPE_WAIT`].

use super::{Input, Key, KeyCode, Mouse, Reply, background};
use std::time::Duration;

/// How long a lone ESC may be the beginning of something longer before there are doubts, when no
/// answer is waited for.
pub const ESCAPE_WAIT: Duration = Duration::from_millis(100);

/// How long the rest of a sequence may take before there are doubts, when no answer is waited for:
/// it may have been a key like alt-P, and must not swallow the next key.
pub const SEQUENCE_WAIT: Duration = Duration::from_secs(1);

/// More than this of one sequence or pasted text is not kept.
const MOST: usize = 1 << 16;

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// The machine.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// Questions sent whose answer is [`Reply::Status`], and such answers received. Terminals
    /// answer in order, so while one is missing others may be on their way before it.
    asked: u64,
    answered: u64,
    /// A question was called for, and nothing has come since.
    in_doubt: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After `ESC [`: parameters so far.
    Control(Vec<u8>),
    /// After `ESC O`: a key in application mode.
    Application,
    /// After `ESC P`, `ESC ]`, `ESC _`, `ESC ^` or `ESC X`: text up to `ESC \`.
    Text { kind: u8, data: Vec<u8> },
    /// ESC within such a text.
    TextEscape { kind: u8, data: Vec<u8> },
    /// After `ESC [ 200 ~`, and how much of [`PASTE_END`] has come.
    Paste { data: Vec<u8>, matched: usize },
    /// The rest of a mouse report in the oldest form, which nobody asks for: so many bytes.
    Mouse(u8),
    /// A character of several bytes.
    Utf8 { data: Vec<u8>, length: usize },
    /// Given up after a pause. Should the rest come after all, in one piece, it was a sequence; a
    /// single byte is a key that was typed next, and ESC begins something new.
    GivenUp(Box<State>),
}

impl Parser {
    /// Says how many questions with the answer [`Reply::Status`] have been sent in all, before
    /// their answers can be here.
    pub fn asked(&mut self, questions: u64) {
        self.asked = self.asked.max(questions);
    }

    /// Takes the bytes of one read; what they mean goes to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Input>) {
        if bytes.is_empty() {
            return;
        }
        if let State::GivenUp(state) = &mut self.state {
            let held = std::mem::take(&mut **state);
            let continues = (bytes.len() > 1 || held.is_mouse()) && bytes[0] != ESC;
            self.state = if continues { held } else { State::Ground };
        }
        let was_in_doubt = std::mem::take(&mut self.in_doubt);
        if was_in_doubt && matches!(self.state, State::Escape) && is_typed(bytes[0]) {
            out.push(Input::Key(Key::plain(KeyCode::Esc)));
            self.state = State::Ground;
        }
        for &byte in bytes {
            let state = std::mem::take(&mut self.state);
            self.state = self.step(state, byte, out);
        }
    }

    /// How long to wait for more bytes before [`Parser::pause`]; `None`: without limit.
    pub fn patience(&self) -> Option<Duration> {
        if self.asked > self.answered {
            return None;
        }
        match self.state {
            State::Ground | State::Utf8 { .. } | State::Paste { .. } | State::GivenUp(_) => None,
            State::Escape if !self.in_doubt => Some(ESCAPE_WAIT),
            State::Escape
            | State::Control(_)
            | State::Application
            | State::Text { .. }
            | State::TextEscape { .. }
            | State::Mouse(_) => Some(SEQUENCE_WAIT),
        }
    }

    /// Nothing came for [`Parser::patience`]. Returns whether the terminal is to be asked a
    /// question now; without one, no more bytes are expected.
    pub fn pause(&mut self, out: &mut Vec<Input>) -> bool {
        if self.patience().is_none() {
            return false;
        }
        if self.answered > 0 && !self.in_doubt {
            self.in_doubt = true;
            return true;
        }
        self.in_doubt = false;
        if matches!(self.state, State::Escape) {
            out.push(Input::Key(Key::plain(KeyCode::Esc)));
        }
        self.state = State::GivenUp(Box::new(std::mem::take(&mut self.state)));
        false
    }

    fn step(&mut self, state: State, byte: u8, out: &mut Vec<Input>) -> State {
        match state {
            State::Ground | State::GivenUp(_) => ground(byte, out),
            State::Escape => escape(byte, out),
            State::Control(data) => self.control(data, byte, out),
            State::Application => {
                out.extend(application_key(byte));
                State::Ground
            }
            State::Text { kind, mut data } => match byte {
                ESC => State::TextEscape { kind, data },
                // Only operating system commands may end in BEL.
                0x07 if kind == b']' => {
                    out.extend(text_reply(kind, &data).map(Input::Reply));
                    State::Ground
                }
                0x18 | 0x1a => State::Ground,
                _ => {
                    push(&mut data, byte);
                    State::Text { kind, data }
                }
            },
            State::TextEscape { kind, data } => {
                if byte == b'\\' {
                    out.extend(text_reply(kind, &data).map(Input::Reply));
                    return State::Ground;
                }
                // The text was broken off; something new begins.
                escape(byte, out)
            }
            State::Paste { data, matched } => paste(data, matched, byte, out),
            // Never part of such a report: it was broken off.
            State::Mouse(_) if byte == ESC => State::Escape,
            State::Mouse(1) => State::Ground,
            State::Mouse(left) => State::Mouse(left - 1),
            State::Utf8 { data, length } => utf8(data, length, byte, out),
        }
    }

    /// Within a control sequence.
    fn control(&mut self, mut data: Vec<u8>, byte: u8, out: &mut Vec<Input>) -> State {
        match byte {
            // The Linux console's function keys: `ESC [ [ A`.
            b'[' if data.is_empty() => {
                data.push(byte);
                State::Control(data)
            }
            0x20..=0x3f => {
                push(&mut data, byte);
                State::Control(data)
            }
            b'M' if data.is_empty() => State::Mouse(3),
            b'~' if data == b"200" => State::Paste {
                data: Vec::new(),
                matched: 0,
            },
            0x40..=0x7e => {
                if let Some(report) = data.strip_prefix(b"<") {
                    out.extend(mouse(report, byte).map(Input::Mouse));
                } else if let Some(reply) = control_reply(&data, byte) {
                    if reply == Reply::Status {
                        self.answered += 1;
                        self.asked = self.asked.max(self.answered);
                    }
                    out.push(Input::Reply(reply));
                } else {
                    out.extend(control_key(&data, byte));
                }
                State::Ground
            }
            ESC => State::Escape,
            0x18 | 0x1a => State::Ground,
            // Other control characters do not belong here, and mean nothing.
            _ => State::Control(data),
        }
    }
}

impl State {
    /// Whether it is the beginning of a report of the mouse, and nothing that can be typed.
    fn is_mouse(&self) -> bool {
        match self {
            State::Mouse(_) => true,
            State::Control(data) => data.starts_with(b"<"),
            _ => false,
        }
    }
}

/// Whether a byte that comes some time after an ESC is a key of its own, and not what may stand
/// behind an ESC.
fn is_typed(byte: u8) -> bool {
    !matches!(
        byte,
        b'[' | b'O' | b'P' | b']' | b'_' | b'^' | b'X' | b'\\' | ESC
    )
}

fn push(data: &mut Vec<u8>, byte: u8) {
    if data.len() < MOST {
        data.push(byte);
    }
}

fn ground(byte: u8, out: &mut Vec<Input>) -> State {
    let length = match byte {
        ESC => return State::Escape,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => {
            out.extend(single(byte).map(Input::Key));
            return State::Ground;
        }
    };
    State::Utf8 {
        data: vec![byte],
        length,
    }
}

/// The key that a single byte stands for.
fn single(byte: u8) -> Option<Key> {
    Some(match byte {
        0x0d | 0x0a => Key::plain(KeyCode::Enter),
        0x09 => Key::plain(KeyCode::Tab),
        0x7f | 0x08 => Key::plain(KeyCode::Backspace),
        0x00 => Key::ctrl(' '),
        0x01..=0x1a => Key::ctrl(char::from(byte - 1 + b'a')),
        0x20..=0x7e => Key::plain(KeyCode::Char(char::from(byte))),
        _ => return None,
    })
}

fn escape(byte: u8, out: &mut Vec<Input>) -> State {
    match byte {
        b'[' => State::Control(Vec::new()),
        b'O' => State::Application,
        b'P' | b']' | b'_' | b'^' | b'X' => State::Text {
            kind: byte,
            data: Vec::new(),
        },
        ESC => {
            out.push(Input::Key(Key::plain(KeyCode::Esc)));
            State::Escape
        }
        // The end of a text that was given up.
        b'\\' => State::Ground,
        _ => {
            let alt = |key| Input::Key(Key { alt: true, ..key });
            out.extend(single(byte).map(alt));
            State::Ground
        }
    }
}

fn utf8(mut data: Vec<u8>, length: usize, byte: u8, out: &mut Vec<Input>) -> State {
    if !(0x80..=0xbf).contains(&byte) {
        // Not the rest of the character, so there was no character.
        return ground(byte, out);
    }
    data.push(byte);
    if data.len() < length {
        return State::Utf8 { data, length };
    }
    let character = std::str::from_utf8(&data)
        .ok()
        .and_then(|t| t.chars().next());
    if let Some(character) = character.filter(|c| !c.is_control()) {
        out.push(Input::Key(Key::plain(KeyCode::Char(character))));
    }
    State::Ground
}

fn paste(mut data: Vec<u8>, mut matched: usize, byte: u8, out: &mut Vec<Input>) -> State {
    if byte == PASTE_END[matched] {
        matched += 1;
        if matched == PASTE_END.len() {
            out.push(Input::Paste(String::from_utf8_lossy(&data).into_owned()));
            return State::Ground;
        }
        return State::Paste { data, matched };
    }
    for &held in &PASTE_END[..matched] {
        push(&mut data, held);
    }
    // ESC occurs in the end mark only once, at its beginning.
    matched = usize::from(byte == ESC);
    if matched == 0 {
        push(&mut data, byte);
    }
    State::Paste { data, matched }
}

fn application_key(byte: u8) -> Option<Input> {
    let code = match byte {
        b'P'..=b'S' => KeyCode::Function(byte - b'P' + 1),
        b'M' => KeyCode::Enter,
        _ => arrow(byte)?,
    };
    Some(Input::Key(Key::plain(code)))
}

fn arrow(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        _ => return None,
    })
}

/// Numbers between semicolons; `None` if anything else is among them.
fn numbers(data: &[u8]) -> Option<Vec<u16>> {
    let text = std::str::from_utf8(data).ok()?;
    text.split(';')
        .map(|n| {
            if n.is_empty() {
                Some(0)
            } else {
                n.parse().ok()
            }
        })
        .collect()
}

/// A report of the mouse in the form SGR.
fn mouse(data: &[u8], last: u8) -> Option<Mouse> {
    let released = match last {
        b'M' => false,
        b'm' => true,
        _ => return None,
    };
    match numbers(data)?[..] {
        [code, column, row] => Mouse::reported(code, (column, row), released),
        _ => None,
    }
}

/// The key that a control sequence stands for, pressed or let go. Whatever it is not sure of is no key.
fn control_key(data: &[u8], last: u8) -> Option<Input> {
    if data == b"[" {
        let code = matches!(last, b'A'..=b'E').then(|| KeyCode::Function(last - b'A' + 1));
        return code.map(Key::plain).map(Input::Key);
    }
    let (data, happened) = without_event(data)?;
    let key = control_code(&numbers(&data)?, last)?;
    match happened {
        // Keys that are pressed come as ever: nobody asks for them in this form.
        Happened::Pressed if last == b'u' => None,
        Happened::Pressed => Some(Input::Key(key)),
        Happened::Released => Some(Input::Released(key)),
    }
}

/// What happened to a key.
enum Happened {
    /// It was pressed, or repeats.
    Pressed,
    /// It was let go.
    Released,
}

/// Takes the event out of the parameters of a key: `1;1:3` is `1;1`, let go. `None` if that makes no
/// sense.
fn without_event(data: &[u8]) -> Option<(Vec<u8>, Happened)> {
    let Some(at) = data.iter().position(|&byte| byte == b':') else {
        return Some((data.to_vec(), Happened::Pressed));
    };
    let happened = match &data[at..] {
        b":1" | b":2" => Happened::Pressed,
        b":3" => Happened::Released,
        _ => return None,
    };
    Some((data[..at].to_vec(), happened))
}

/// The key that numbers and the last byte of a control sequence stand for.
fn control_code(numbers: &[u16], last: u8) -> Option<Key> {
    let (code, held) = match (last, numbers) {
        (b'Z', [0 | 1]) => {
            return Some(Key {
                shift: true,
                ..Key::plain(KeyCode::Tab)
            });
        }
        (b'~', [number, held @ ..]) => (numbered(*number)?, held),
        (b'u', [number, held @ ..]) => (unicode(*number)?, held),
        (b'P'..=b'S', [1, held]) => (
            KeyCode::Function(last - b'P' + 1),
            std::slice::from_ref(held),
        ),
        (_, [0 | 1, held @ ..]) => (arrow(last)?, held),
        _ => return None,
    };
    // 1 + shift 1 + alt 2 + control 4
    let held = match held {
        [] => 0,
        [held @ 1..=8] => held - 1,
        _ => return None,
    };
    Some(Key {
        code,
        shift: held & 1 != 0,
        alt: held & 2 != 0,
        ctrl: held & 4 != 0,
    })
}

/// The key of a code point, as kitty's protocol names it: without what is held down.
fn unicode(number: u16) -> Option<KeyCode> {
    Some(match number {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        // Private use: keys without a character.
        0xe000..=0xf8ff => return None,
        _ => KeyCode::Char(char::from_u32(number.into()).filter(|c| !c.is_control())?),
    })
}

fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::Function((number - 10) as u8),
        17..=21 => KeyCode::Function((number - 11) as u8),
        23 | 24 => KeyCode::Function((number - 12) as u8),
        _ => return None,
    })
}

fn control_reply(data: &[u8], last: u8) -> Option<Reply> {
    let (private, rest) = match data.strip_prefix(b"?") {
        Some(rest) => (true, rest),
        None => (false, data),
    };
    let (intermediate, rest) = match rest.strip_suffix(b"$") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let numbers = numbers(rest)?;
    match (private, intermediate, last, &*numbers) {
        (true, false, b'c', attributes) => Some(Reply::Attributes(attributes.to_vec())),
        (_, true, b'y', &[mode, state]) => Some(Reply::Mode { mode, state }),
        (false, false, b't', &[6, height, width]) => Some(Reply::CellSize { width, height }),
        (false, false, b't', &[4, height, width]) => Some(Reply::TextArea { width, height }),
        (true, false, b'u', [_]) => Some(Reply::KeyReleases),
        (true, false, b'S', &[1, 0, count]) => Some(Reply::ColourRegisters(count)),
        (true, false, b'S', &[2, 0, width, height]) => {
            Some(Reply::LargestPicture { width, height })
        }
        (false, false, b'n', [0 | 3]) => Some(Reply::Status),
        _ => None,
    }
}

fn text_reply(kind: u8, data: &[u8]) -> Option<Reply> {
    if let (b'_', Some(reply)) = (kind, data.strip_prefix(b"Gi=31;")) {
        return Some(Reply::KittyGraphics(reply == b"OK"));
    }
    if let (b']', Some(colour)) = (kind, data.strip_prefix(b"11;")) {
        return background::parse(colour).map(Reply::Background);
    }
    let version = data.strip_prefix(b">|").filter(|_| kind == b'P')?;
    Some(Reply::Version(
        String::from_utf8_lossy(version).into_owned(),
    ))
}

#[cfg(test)]
mod tests;
