use super::*;
use crate::term::mouse::{Button, Gesture, Turn};
use proptest::prelude::*;

/// What terminals answer: xterm, foot, kitty, WezTerm, Windows Terminal, tmux, iTerm2.
const REPLIES: [&str; 26] = [
    "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    "\x1b[?63;1;2;4;6;9;15;16;22;28c",
    "\x1b[?62;4;22c",
    "\x1b[?61;4;6;7;14;21;22;23;24;28;32;42c",
    "\x1b[?65;4;6;18;22c",
    "\x1b[?1;2c",
    "\x1b[>1;10;0c",
    "\x1bP>|XTerm(379)\x1b\\",
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1bP>|kitty(0.42.1)\x1b\\",
    "\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\",
    "\x1bP>|iTerm2 3.5.0\x1b\\",
    "\x1bP>|foot(1.23.0)\x1b\\",
    "\x1bP1$r0 q\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b_Gi=31;EINVAL:arrr, approve\x1b\\",
    "\x1b]11;rgb:1e1e/aaaa/ffff\x1b\\",
    "\x1b]11;rgb:1e1e/aaaa/ffff\x07",
    "\x1b[6;15;8t",
    "\x1b[4;630;880t",
    "\x1b[?2026;0$y",
    "\x1b[?1016;2$y",
    "\x1b[?1;0;256S",
    "\x1b[?2;0;880;630S",
    "\x1b[?1;3S",
    "\x1b[12;40R",
];
const STATUS: &[u8] = b"\x1b[0n";

fn keys(input: &[Input]) -> Vec<String> {
    let key = |input: &Input| match input {
        Input::Key(key) => Some(key.to_string()),
        _ => None,
    };
    input.iter().filter_map(key).collect()
}

/// Everything that the pieces mean; after each nothing comes for as long as the parser waits.
fn pieces<'a>(parser: &mut Parser, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Input> {
    let mut out = Vec::new();
    for piece in pieces {
        parser.feed(piece, &mut out);
        while parser.patience().is_some() {
            parser.pause(&mut out);
        }
    }
    out
}

fn typed(bytes: &[u8]) -> Vec<String> {
    keys(&pieces(&mut Parser::default(), [bytes]))
}

#[test]
fn no_answer_is_ever_a_key_however_late_and_wherever_it_is_cut() {
    for reply in REPLIES {
        let bytes = [reply.as_bytes(), STATUS].concat();
        for cut in 0..=bytes.len() {
            let mut parser = Parser::default();
            parser.asked(1);
            let (first, second) = bytes.split_at(cut);
            let input = pieces(&mut parser, [first, second]);
            assert_eq!(keys(&input), [""; 0], "{reply:?} cut at {cut}");
            assert_eq!(
                input.last(),
                Some(&Input::Reply(Reply::Status)),
                "{reply:?} cut at {cut}"
            );
        }
        let mut parser = Parser::default();
        parser.asked(1);
        let input = pieces(&mut parser, bytes.chunks(1));
        assert_eq!(keys(&input), [""; 0], "{reply:?} byte by byte");
    }
}

#[test]
fn keys_typed_between_answers_are_keys() {
    let mut parser = Parser::default();
    parser.asked(1);
    let input = pieces(
        &mut parser,
        [
            &b"j\x1b"[..],
            b"[?62;4;22",
            b"cj\x1b[",
            b"Aa\x1b[0n",
            b"\x1b",
            b"q",
        ],
    );
    assert_eq!(keys(&input), ["j", "j", "up", "a", "esc", "q"]);
}

#[test]
fn answers_are_understood() {
    let mut out = Vec::new();
    for reply in REPLIES {
        Parser::default().feed(reply.as_bytes(), &mut out);
    }
    for expected in [
        Reply::Attributes(vec![1, 2]),
        Reply::Attributes(vec![62, 4, 22]),
        Reply::Version("tmux 3.3a".into()),
        Reply::CellSize {
            width: 8,
            height: 15,
        },
        Reply::TextArea {
            width: 880,
            height: 630,
        },
        Reply::Mode {
            mode: 2026,
            state: 0,
        },
        Reply::ColourRegisters(256),
        Reply::LargestPicture {
            width: 880,
            height: 630,
        },
    ] {
        assert!(
            out.contains(&Input::Reply(expected.clone())),
            "{expected:?}"
        );
    }
}

#[test]
fn keys_of_common_terminals() {
    for (bytes, key) in [
        (&b"a"[..], "a"),
        (b"G", "G"),
        (b" ", "space"),
        (b"\r", "enter"),
        (b"\t", "tab"),
        (b"\x1b[Z", "shift-tab"),
        (b"\x7f", "backspace"),
        (b"\x04", "ctrl-d"),
        (b"\x1b[A", "up"),
        (b"\x1bOB", "down"),
        (b"\x1b[1;2C", "shift-right"),
        (b"\x1b[1;5D", "ctrl-left"),
        (b"\x1b[5~", "pgup"),
        (b"\x1b[6;2~", "shift-pgdn"),
        (b"\x1b[H", "home"),
        (b"\x1b[4~", "end"),
        (b"\x1b[3~", "delete"),
        (b"\x1bOP", "f1"),
        (b"\x1b[15~", "f5"),
        (b"\x1b[24~", "f12"),
        (b"\x1b[[B", "f2"),
        (b"\x1b[1;2P", "shift-f1"),
        (b"\x1bx", "alt-x"),
        (b"\x1b\r", "alt-enter"),
        ("ö".as_bytes(), "ö"),
        ("肝".as_bytes(), "肝"),
    ] {
        assert_eq!(typed(bytes), [key], "{bytes:?}");
        let mut parser = Parser::default();
        let mut out = Vec::new();
        for byte in bytes {
            parser.feed(&[*byte], &mut out);
        }
        assert_eq!(keys(&out), [key], "{bytes:?} byte by byte");
    }
}

#[test]
fn a_lone_escape_is_the_key_after_a_short_wait() {
    let mut parser = Parser::default();
    let mut out = Vec::new();
    parser.feed(b"\x1b", &mut out);
    assert_eq!((keys(&out), parser.patience()), (vec![], Some(ESCAPE_WAIT)));
    parser.pause(&mut out);
    assert_eq!((keys(&out), parser.patience()), (vec!["esc".into()], None));
    parser.feed(STATUS, &mut out);
    parser.feed(b"\x1b[A", &mut out);
    assert_eq!(
        keys(&out),
        ["esc", "up"],
        "it was the key, and nothing is left of it"
    );
    assert_eq!(typed(b"\x1b\x1b"), ["esc", "esc"]);

    // While an answer is on its way, more must come first.
    parser.asked(2);
    out.clear();
    parser.feed(b"\x1b", &mut out);
    assert_eq!(parser.patience(), None);
    parser.feed(STATUS, &mut out);
    assert_eq!(keys(&out), ["esc"]);
    assert_eq!(parser.patience(), None);
}

#[test]
fn an_odd_key_does_not_make_the_client_deaf() {
    for odd in [
        &b"\x1bP"[..],
        b"\x1b]",
        b"\x1b_",
        b"\x1b[",
        b"\x1bO",
        b"\x1b[12;",
    ] {
        assert_eq!(
            keys(&pieces(&mut Parser::default(), [odd, b"j"])),
            ["j"],
            "{odd:?}"
        );
    }
}

#[test]
fn pasted_text_is_never_a_key() {
    let text = "a\ra\x1b[Aq\x1b[201 \x1b\x1b[20";
    let bytes = [b"\x1b[200~", text.as_bytes(), b"\x1b[201~j"].concat();
    let expected = [
        Input::Paste(text.to_owned()),
        Input::Key(Key::plain(KeyCode::Char('j'))),
    ];
    for cut in 0..bytes.len() {
        let (first, second) = bytes.split_at(cut);
        let mut input = pieces(&mut Parser::default(), [first, second]);
        if cut == 1 {
            // What came alone cannot be told from the Escape key.
            assert_eq!(keys(&input.split_off(1)), ["j"]);
            continue;
        }
        assert_eq!(input, expected, "cut at {cut}");
    }
}

#[test]
fn mouse_and_focus_reports_are_no_keys() {
    for report in [
        "\x1b[M aq",
        "\x1b[<0;12;7M",
        "\x1b[<0;12;7m",
        "\x1b[32;12;7M",
        "\x1b[I",
        "\x1b[O",
        "\x1b[97;5u",
    ] {
        assert_eq!(typed(report.as_bytes()), [""; 0], "{report:?}");
    }
}

/// What a mouse sends, asked for or not: SGR by cells and by pixels, urxvt, the oldest form.
const MOUSE: [&[u8]; 13] = [
    b"\x1b[<0;12;7M",
    b"\x1b[<0;12;7m",
    b"\x1b[<32;120;97M",
    b"\x1b[<2;1;1M",
    b"\x1b[<10;1;1m",
    b"\x1b[<64;40;12M",
    b"\x1b[<81;1404;812M",
    b"\x1b[<35;5;5M",
    b"\x1b[<128;5;5M",
    b"\x1b[<0;-3;5M",
    b"\x1b[32;12;7M",
    b"\x1b[M aq",
    b"\x1b[M#\xe1\xff",
];

/// The pieces, each of them followed by a pause in which a terminal that answers is asked whatever
/// the parser wants it to be asked. The answers come behind the last piece, as terminals do it.
fn asked_in_doubt<'a>(
    parser: &mut Parser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Input> {
    let (mut out, mut asked) = (Vec::new(), 0);
    for piece in pieces {
        parser.feed(piece, &mut out);
        while parser.patience().is_some() {
            if parser.pause(&mut out) {
                asked += 1;
                parser.asked(parser.answered + asked);
            }
        }
    }
    for _ in 0..asked {
        parser.feed(STATUS, &mut out);
    }
    out
}

/// A parser at a terminal that has answered before.
fn answering() -> Parser {
    let mut parser = Parser::default();
    parser.feed(STATUS, &mut Vec::new());
    parser
}

#[test]
fn no_report_of_a_mouse_is_ever_a_key_however_late_and_wherever_it_is_cut() {
    for report in MOUSE {
        let whole = asked_in_doubt(&mut answering(), [report]);
        for cut in 0..=report.len() {
            let (first, second) = report.split_at(cut);
            let input = asked_in_doubt(&mut answering(), [first, second]);
            assert_eq!(keys(&input), [""; 0], "{report:?} cut at {cut}");
            let mice = |input: &[Input]| -> Vec<Input> {
                let is_mouse = |i: &&Input| matches!(i, Input::Mouse(_));
                input.iter().filter(is_mouse).cloned().collect()
            };
            assert_eq!(mice(&input), mice(&whole), "{report:?} cut at {cut}");
            // What began before the client was there, on a terminal that has not answered yet. An
            // ESC alone cannot be told from the key then.
            let input = pieces(&mut Parser::default(), [first, second]);
            let expected: &[&str] = if cut == 1 { &["esc"] } else { &[] };
            if !report.starts_with(b"\x1b[3") {
                assert_eq!(
                    keys(&input),
                    expected,
                    "{report:?} cut at {cut}, unanswered"
                );
            }
        }
        let input = asked_in_doubt(&mut answering(), report.chunks(1));
        assert_eq!(keys(&input), [""; 0], "{report:?} byte by byte");
    }
}

#[test]
fn a_report_that_is_broken_off_takes_no_key_for_itself() {
    for report in MOUSE {
        for cut in 1..report.len() {
            let mut parser = answering();
            let mut out = asked_in_doubt(&mut parser, [&report[..cut]]);
            let escape: &[&str] = if cut == 1 { &["esc"] } else { &[] };
            assert_eq!(keys(&out), escape, "{report:?} broken off at {cut}");
            parser.feed(b"j", &mut out);
            assert_eq!(keys(&out).last().unwrap(), "j", "{report:?} at {cut}");
            // And at once, by something new.
            let mut out = Vec::new();
            answering().feed(&[&report[..cut], b"\x1b[A"].concat(), &mut out);
            assert_eq!(keys(&out).last().unwrap(), "up", "{report:?} at {cut}");
        }
    }
}

#[test]
fn reports_of_a_mouse_are_understood() {
    let mouse = |report: &str| match pieces(&mut Parser::default(), [report.as_bytes()])[..] {
        [Input::Mouse(mouse)] => mouse,
        ref other => panic!("{report:?}: {other:?}"),
    };
    let plain = |gesture, at| Mouse {
        gesture,
        shift: false,
        alt: false,
        ctrl: false,
        at,
    };
    for (report, gesture) in [
        ("\x1b[<0;12;7M", Gesture::Press(Button::Left)),
        ("\x1b[<1;12;7M", Gesture::Press(Button::Middle)),
        ("\x1b[<2;12;7m", Gesture::Release(Button::Right)),
        ("\x1b[<32;12;7M", Gesture::Drag(Button::Left)),
        ("\x1b[<34;12;7M", Gesture::Drag(Button::Right)),
        ("\x1b[<64;12;7M", Gesture::Wheel(Turn::Up)),
        ("\x1b[<65;12;7M", Gesture::Wheel(Turn::Down)),
    ] {
        assert_eq!(mouse(report), plain(gesture, (11, 6)), "{report:?}");
    }
    let held = mouse("\x1b[<30;1;1M");
    assert_eq!(held.gesture, Gesture::Press(Button::Right));
    assert!(held.shift && held.alt && held.ctrl);
    assert!(mouse("\x1b[<81;1404;812M").ctrl);
    for useless in [
        "\x1b[<35;5;5M",
        "\x1b[<66;5;5M",
        "\x1b[<128;5;5M",
        "\x1b[<0;5M",
    ] {
        assert_eq!(pieces(&mut Parser::default(), [useless.as_bytes()]), []);
    }
}

#[test]
fn in_doubt_the_terminal_is_asked_whether_escape_was_the_key() {
    let mut parser = answering();
    let mut out = Vec::new();
    parser.feed(b"\x1b", &mut out);
    assert_eq!(parser.patience(), Some(ESCAPE_WAIT));
    assert!(parser.pause(&mut out) && out.is_empty());
    parser.asked(2);
    assert_eq!(parser.patience(), None, "until the answer is here");
    parser.feed(STATUS, &mut out);
    assert_eq!(keys(&out), ["esc"]);

    // Something is typed before the answer is here.
    out.clear();
    parser.feed(b"\x1b", &mut out);
    assert!(parser.pause(&mut out));
    parser.asked(3);
    parser.feed(b"j", &mut out);
    parser.feed(STATUS, &mut out);
    assert_eq!(keys(&out), ["esc", "j"]);

    // Nobody asks.
    out.clear();
    parser.feed(b"\x1b", &mut out);
    assert!(parser.pause(&mut out));
    assert_eq!(parser.patience(), Some(SEQUENCE_WAIT));
    assert!(!parser.pause(&mut out));
    assert_eq!(keys(&out), ["esc"]);
}

#[test]
fn broken_characters_are_no_keys() {
    assert_eq!(typed(b"\xc3\x28"), ["("]);
    assert_eq!(typed(b"\xff\x80\xc2\x9bj"), ["j"]);
    assert_eq!(typed(b"\xed\xa0\x80j"), ["j"]);
}

#[test]
fn keys_that_are_let_go_are_told_from_those_that_are_pressed() {
    let read = |bytes: &[u8]| {
        let mut parser = Parser::default();
        let mut out = Vec::new();
        parser.feed(bytes, &mut out);
        out
    };
    let key = |text: &str| text.parse::<Key>().unwrap();
    for (bytes, text) in [
        ("\x1b[97;1:3u", "a"),
        ("\x1b[99;5:3u", "ctrl-c"),
        ("\x1b[1;1:3A", "up"),
        ("\x1b[3;1:3~", "delete"),
        ("\x1b[27;1:3u", "esc"),
    ] {
        assert_eq!(
            read(bytes.as_bytes()),
            [Input::Released(key(text))],
            "{text}"
        );
    }
    assert_eq!(read(b"\x1b[1;1:2A"), [Input::Key(key("up"))], "it repeats");
    for nonsense in [
        "\x1b[97;1:1u",
        "\x1b[27u",
        "\x1b[97;1:4u",
        "\x1b[97:65;1:3u",
        "\x1b[57441;1:1u",
        "\x1b[u",
    ] {
        assert_eq!(read(nonsense.as_bytes()), [], "{nonsense:?}");
    }
    assert_eq!(read(b"\x1b[?0u"), [Input::Reply(Reply::KeyReleases)]);
}

proptest! {
    #[test]
    fn any_mix_of_answers_yields_no_key(
        order in prop::collection::vec(0..REPLIES.len(), 1..12),
        cuts in prop::collection::vec(1usize..9, 1..200),
    ) {
        let mut bytes: Vec<u8> = order.iter().flat_map(|&n| REPLIES[n].bytes()).collect();
        bytes.extend(STATUS);
        let mut parser = Parser::default();
        parser.asked(1);
        let mut rest = &*bytes;
        let mut sizes = cuts.iter().cycle();
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (part, behind) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            parts.push(part);
            rest = behind;
        }
        prop_assert_eq!(keys(&pieces(&mut parser, parts)), Vec::<String>::new());
        prop_assert_eq!(parser.patience(), None);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), asked in 0u64..3) {
        let mut parser = Parser::default();
        parser.asked(asked);
        pieces(&mut parser, bytes.chunks(7));
    }
}
