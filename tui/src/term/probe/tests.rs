use super::*;
use crate::term::{Input, Parser, testing};

fn terminal(picture: Choice, pixels: (u16, u16)) -> Terminal {
    testing::terminal(picture, None, pixels)
}

/// The terminal after the answers in `transcript`.
fn answered(mut terminal: Terminal, transcript: &str) -> Terminal {
    let mut input = Vec::new();
    Parser::default().feed(transcript.as_bytes(), &mut input);
    for input in input {
        if let Input::Reply(reply) = input {
            terminal.learn(&reply);
        }
    }
    terminal
}

const BLOCKS: Graphics = Graphics::Cells(Style::HalfBlocks, Depth::Colours256);

fn pixels(terminal: &Terminal) -> Pixels {
    match terminal.graphics() {
        Graphics::Pixels(pixels) => pixels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_terminal_gets_what_is_best_for_it() {
    let kitty = "\x1b_Gi=31;OK\x1b\\";
    for (name, answers, expected) in [
        (
            "kitty(0.31.0)",
            &*format!("{kitty}\x1b[?62;c"),
            Some(Protocol::Kitty),
        ),
        (
            "ghostty 1.1.3",
            &*format!("{kitty}\x1b[?62;22c"),
            Some(Protocol::Kitty),
        ),
        (
            "WezTerm 20240203-110809",
            &*format!("{kitty}\x1b[?65;4;6;18;22c"),
            Some(Protocol::Iterm2),
        ),
        ("iTerm2 3.5.2", "\x1b[?62;4c", Some(Protocol::Iterm2)),
        ("Rio 0.2.12", "\x1b[?62;4;6;22c", Some(Protocol::Iterm2)),
        ("Konsole 23.08.1", &*format!("{kitty}\x1b[?62;1;4c"), None),
        (
            "foot(1.23.0)",
            "\x1b[?62;4;22;28;29c",
            Some(Protocol::Sixel),
        ),
        ("contour 0.4.3", "\x1b[?65;1;4;6;22c", Some(Protocol::Sixel)),
        (
            "mintty 3.7.0",
            "\x1b[?64;1;2;4;6;9;15;21;22;28;29c",
            Some(Protocol::Sixel),
        ),
        ("xterm.js(5.6.0)", "\x1b[?62;4;9;22c", Some(Protocol::Sixel)),
        (
            "something new 1.0",
            &*format!("{kitty}\x1b[?62;22c"),
            Some(Protocol::Kitty),
        ),
        ("VTE(7600)", "\x1b[?65;1;9c", None),
    ] {
        let transcript = format!("\x1bP>|{name}\x1b\\{answers}\x1b[0n");
        let terminal = answered(terminal(Choice::Auto, (0, 0)), &transcript);
        match expected {
            Some(protocol) => assert_eq!(pixels(&terminal).protocol, protocol, "{name}"),
            None => assert_eq!(terminal.graphics(), BLOCKS, "{name}"),
        }
        let patches = matches!(terminal.graphics(), Graphics::Pixels(p) if p.patches);
        assert_eq!(patches, name.starts_with("kitty"), "{name}");
        assert!(!terminal.reason().is_empty());
    }
}

#[test]
fn within_tmux_the_terminal_around_it_is_not_believed() {
    let mut inside = terminal(Choice::Auto, (0, 0));
    inside.environment.tmux = true;
    let inside = answered(inside, "\x1b_Gi=31;OK\x1b\\\x1b[?1;2c\x1b[0n");
    assert_eq!(inside.graphics(), BLOCKS);
}

/// A tmux with these abilities, in one kitty.
fn in_tmux(tmux: Tmux) -> Terminal {
    let mut inside = terminal(Choice::Auto, (0, 0));
    inside.environment.tmux = true;
    inside.tmux_is_asked();
    let mut inside = answered(inside, "\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2;4c\x1b[0n");
    assert_eq!(inside.graphics(), Graphics::Undecided, "tmux has not said");
    inside.learn_tmux(Some(Tmux {
        terminals: vec!["kitty(0.41.1)".to_owned()],
        ..tmux
    }));
    inside
}

#[test]
fn within_tmux_pictures_go_past_it_to_a_terminal_that_shows_them_in_cells() {
    let past = in_tmux(Tmux {
        passthrough: true,
        placeholders: true,
        sixel: true,
        ..Tmux::default()
    });
    let found = pixels(&past);
    assert_eq!(found.protocol, Protocol::Placeholders);
    assert_eq!((found.bytes, found.patches), (usize::MAX, false));
    assert_eq!(
        past.reason(),
        "tmux lets pictures past, and kitty(0.41.1) shows them"
    );
}

#[test]
fn a_tmux_that_lets_nothing_past_is_named_and_its_sixel_needs_a_terminal_with_sixel() {
    let barred = in_tmux(Tmux {
        placeholders: true,
        sixel: true,
        ..Tmux::default()
    });
    assert_eq!(barred.graphics(), BLOCKS);
    assert!(barred.is_barred());
    assert!(barred.reason().ends_with("tmux lets none past"));
    let sixel = in_tmux(Tmux {
        placeholders: true,
        sixel: true,
        outer_sixel: true,
        ..Tmux::default()
    });
    assert_eq!(pixels(&sixel).protocol, Protocol::Sixel);
    assert!(!sixel.is_barred());
}

#[test]
fn a_tmux_that_cannot_be_asked_is_believed() {
    let mut inside = terminal(Choice::Auto, (0, 0));
    inside.environment.tmux = true;
    inside.tmux_is_asked();
    inside.learn_tmux(None);
    let inside = answered(inside, "\x1bP>|tmux 3.6\x1b\\\x1b[?1;2;4c\x1b[0n");
    assert_eq!(pixels(&inside).protocol, Protocol::Sixel);
}

#[test]
fn kitty_refusing_is_no_kitty() {
    let refusing = answered(
        terminal(Choice::Auto, (0, 0)),
        "\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\\x1b[?62c\x1b[0n",
    );
    assert_eq!(refusing.graphics(), BLOCKS);
}

#[test]
fn xterm_as_vt340_hides_its_cells_but_tells_by_its_window() {
    let xterm = answered(
        terminal(Choice::Auto, (484, 316)),
        "\x1bP>|XTerm(379)\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28c\x1b[?1;0;1024S\x1b[?2;0;480;312S\x1b[?2026;0$y\x1b[?1016;2$y\x1b[0n",
    );
    assert_eq!(xterm.cell(), (6, 13));
    assert!(!xterm.is_synchronized());
    assert!(xterm.has_mouse_pixels());
    assert_eq!(
        xterm.graphics(),
        Graphics::Pixels(Pixels {
            protocol: Protocol::Sixel,
            greys: GreyLevels::USUAL,
            bytes: usize::MAX,
            largest: (480, 312),
            patches: true,
        })
    );
}

#[test]
fn xterm_as_vt220_gets_half_blocks() {
    let xterm = answered(
        terminal(Choice::Auto, (484, 316)),
        "\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;2;6;9;15c\x1b[?1;3S\x1b[?2;3S\x1b[0n",
    );
    assert_eq!(xterm.graphics(), BLOCKS);
}

#[test]
fn foot_tells_everything() {
    let foot = answered(
        terminal(Choice::Auto, (0, 0)),
        "\x1bP>|foot(1.23.0)\x1b\\\x1b[?62;4;22;28;29c\x1b[6;17;9t\x1b[4;408;720t\x1b[?1;0;1024S\x1b[?2026;2$y\x1b[0n",
    );
    assert_eq!(foot.cell(), (9, 17));
    assert!(foot.is_synchronized() && !foot.has_mouse_pixels());
}

#[test]
fn tmux_with_sixel_has_a_limit() {
    let tmux = answered(
        terminal(Choice::Auto, (0, 0)),
        "\x1bP>|tmux 3.6\x1b\\\x1b[?1;2;4c\x1b[4;480;800t\x1b[0n",
    );
    assert_eq!(tmux.cell(), (10, 20));
    let pixels = pixels(&tmux);
    assert_eq!(
        (pixels.protocol, pixels.bytes),
        (Protocol::Sixel, TMUX_LIMIT)
    );
    assert!(!pixels.patches);
    let older = answered(
        terminal(Choice::Auto, (0, 0)),
        "\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c\x1b[0n",
    );
    assert_eq!(older.graphics(), BLOCKS);
}

#[test]
fn patches_are_drawn_where_they_were_seen_to_be_right_unless_they_are_switched_off() {
    let patching = |name: &str, patches| {
        let mut terminal = terminal(Choice::Auto, (0, 0));
        terminal.preferences.patches = patches;
        let said = format!("\x1bP>|{name}\x1b\\\x1b[?62;4c\x1b[0n");
        let terminal = answered(terminal, &said);
        (pixels(&terminal).patches, terminal.patching().unwrap())
    };
    assert!(patching("XTerm(379)", true).0);
    let (used, why) = patching("XTerm(379)", false);
    assert!(!used && why.contains("--no-delta"), "{why}");
    for name in ["foot(1.23.0)", "tmux 3.6", "something 1.0"] {
        let (used, why) = patching(name, true);
        assert!(!used && why.starts_with("off: "), "{name}: {why}");
    }
    let blocks = answered(terminal(Choice::Auto, (0, 0)), "\x1b[?62c\x1b[0n");
    assert_eq!(blocks.patching(), None);
}

#[test]
fn tmux_is_not_asked_what_it_takes_for_a_title() {
    let asked = |tmux| {
        questions(Environment {
            tmux,
            ..Environment::default()
        })
    };
    let (plain, tmux) = (asked(false), asked(true));
    assert!(plain.windows(3).any(|three| three == b"\x1b_G"));
    assert!(!tmux.windows(2).any(|two| two == b"\x1b_"));
    assert!([plain, tmux].iter().all(|all| all.ends_with(b"\x1b[5n")));
}

#[test]
fn silence_means_half_blocks_until_a_late_answer() {
    let mut silent = terminal(Choice::Auto, (0, 0));
    assert_eq!(silent.graphics(), Graphics::Undecided);
    silent.give_up_waiting();
    assert_eq!(silent.graphics(), BLOCKS);
    let late = answered(silent, "\x1b[?62;4c");
    assert_eq!(pixels(&late).protocol, Protocol::Sixel);
}

#[test]
fn what_the_user_says_comes_first_and_nonsense_is_not_believed() {
    let none = answered(terminal(Choice::None, (0, 0)), "\x1b[?62;4c\x1b[0n");
    assert_eq!(none.graphics(), Graphics::None);
    let forced = terminal(Choice::Sixel, (0, 0));
    assert_eq!(pixels(&forced).protocol, Protocol::Sixel);
    let odd = answered(
        terminal(Choice::Auto, (800, 0)),
        "\x1b[6;0;9999t\x1b[4;3;2t",
    );
    assert_eq!(odd.cell(), (10, 20));
}

#[test]
fn the_cell_stays_until_it_is_measured_again() {
    let mut foot = answered(terminal(Choice::Auto, (0, 0)), "\x1b[6;17;9t");
    let larger = WindowSize {
        columns: 100,
        rows: 50,
        pixels: (1204, 1104),
    };
    foot.resized(larger);
    assert_eq!(foot.cell(), (9, 17));
    assert_eq!(answered(foot, "\x1b[6;22;12t").cell(), (12, 22));
    let mut xterm = terminal(Choice::Auto, (484, 316));
    xterm.resized(larger);
    assert_eq!(xterm.cell(), (12, 22));
}

#[test]
fn the_background_is_what_the_terminal_says_or_unknown_until_it_has_said_all() {
    let fresh = terminal(Choice::Auto, (0, 0));
    assert_eq!(fresh.background(), Background::Unknown);
    let silent = answered(fresh.clone(), "\x1b[?62;22c\x1b[0n");
    assert_eq!(silent.background(), Background::Silent);
    for end in ["\x1b\\", "\x07"] {
        let answer = format!("\x1b]11;rgb:ffff/ffff/dddd{end}\x1b[0n");
        let answered = answered(fresh.clone(), &answer);
        assert_eq!(answered.background(), Background::Known([255, 255, 221]));
    }
    let mut given_up = fresh;
    given_up.give_up_waiting();
    assert_eq!(given_up.background(), Background::Silent);
}
