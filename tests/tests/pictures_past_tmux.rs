//! Pictures in a real tmux whose terminal shows those of kitty in cells of text.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::CaseDetail;
use medicosam_tests::Size;
use medicosam_tests::client::on_case;
use medicosam_tests::keys::{CTRL_C, CTRL_L};
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{Picture, Protocol, ScriptedTerminal, View};
use medicosam_tests::system::System;
use medicosam_tests::under_review::reviewable;
use medicosam_tests::xterm;
use std::fs;
use std::process::Command;

const SIZE: Size = Size::new(100, 30);

/// The client in a tmux in such a terminal, and the tmux.
struct Tmux {
    terminal: ScriptedTerminal,
    socket: String,
}

impl Tmux {
    fn start(system: &System, case: &CaseDetail, settings: &str) -> Self {
        let path = system.path("tmux.conf");
        fs::write(&path, settings).unwrap();
        let socket = system.path("tmux").display().to_string();
        let mut tmux = Command::new("tmux");
        // A server of its own without anybody's settings; it ends with its last window.
        tmux.args(["-S", &socket, "-u", "-f"]).arg(path);
        tmux.arg("new-session");
        let client = on_case(system, case);
        // The window stays when the client has gone, so that what is left of it is seen.
        tmux.arg("sh")
            .arg("-c")
            .arg("\"$@\"; echo GONE; read _")
            .arg("sh");
        tmux.arg(client.get_program()).args(client.get_args());
        tmux.env_remove("TMUX").env("TERM", "xterm-256color");
        let terminal = ScriptedTerminal::spawn(tmux, SIZE, Profile::KITTY).unwrap();
        Tmux { terminal, socket }
    }

    fn tell(&self, command: &[&str]) {
        let told = Command::new("tmux")
            .args(["-S", &self.socket])
            .args(command)
            .status();
        assert!(told.unwrap().success(), "{command:?}");
    }

    fn end(mut self) {
        self.tell(&["kill-server"]);
        self.terminal.wait_exit().unwrap();
    }
}

/// The number of a picture, and its columns and rows.
fn named(picture: &Picture) -> (u32, u16, u16) {
    let text = String::from_utf8_lossy(&picture.bytes);
    let key = |name: &str| {
        text.split([',', ';'])
            .find_map(|part| part.strip_prefix(name))
            .unwrap()
            .to_owned()
    };
    assert!(text.contains("U=1"), "it has no place of its own");
    (
        key("i=").parse().unwrap(),
        key("c=").parse().unwrap(),
        key("r=").parse().unwrap(),
    )
}

/// The colours of the cells that stand for a piece of a picture, and how many there are.
fn pieces(view: &View) -> (Vec<u8>, usize) {
    let (rows, columns) = view.screen().size();
    let (rows, columns) = (rows.get(), columns.get());
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let cells = cells.filter_map(|(row, column)| view.screen().cell(row, column));
    let pieces: Vec<u8> = cells
        .filter(|cell| cell.contents().starts_with('\u{10eeee}'))
        .map(|cell| match cell.fgcolor() {
            vt100::Color::Idx(colour) => colour,
            other => panic!("{other:?}"),
        })
        .collect();
    let count = pieces.len();
    let mut colours = pieces;
    colours.sort_unstable();
    colours.dedup();
    (colours, count)
}

/// Whether the text names the last picture that was sent, and all of it.
fn is_shown(view: &View) -> bool {
    let Some(last) = view.pictures().last() else {
        return false;
    };
    let (number, columns, rows) = named(last);
    let whole = usize::from(columns) * usize::from(rows);
    pieces(view) == (vec![(number & 0xff) as u8], whole)
}

#[test]
fn a_picture_goes_past_tmux_and_stays_where_the_pane_is() {
    if !xterm::can_run_tmux() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let mut tmux = Tmux::start(&system, &case, "set -g allow-passthrough on");
    tmux.terminal
        .wait_for("a picture that the text names", is_shown);
    let first = tmux.terminal.look(|view| {
        let picture = view.pictures().last().unwrap();
        assert_eq!(picture.protocol, Protocol::Kitty);
        named(picture)
    });
    tmux.terminal.type_keys("j").unwrap();
    tmux.terminal.wait_for("another one", |view| {
        is_shown(view) && named(view.pictures().last().unwrap()).0 != first.0
    });

    // A pane beside it makes it narrower.
    tmux.tell(&["split-window", "-h", "-l", "50", "cat"]);
    tmux.terminal.wait_for("a narrower one", |view| {
        is_shown(view) && named(view.pictures().last().unwrap()).1 < first.1
    });
    tmux.tell(&["kill-pane"]);
    tmux.terminal.wait_for("one as wide as before", |view| {
        is_shown(view) && named(view.pictures().last().unwrap()).1 == first.1
    });

    // Another window hides it. It is back with its window, and is not sent for that.
    tmux.tell(&["new-window", "cat"]);
    tmux.terminal
        .wait_for("the other window", |view| pieces(view).1 == 0);
    tmux.tell(&["kill-window"]);
    tmux.terminal.wait_for("the picture again", is_shown);
    tmux.terminal.type_keys(CTRL_L).unwrap();
    tmux.terminal
        .wait_for("the picture after a redraw", is_shown);

    let numbers = tmux.terminal.look(|view| {
        let mut numbers: Vec<u32> = view
            .pictures()
            .iter()
            .map(|picture| named(picture).0)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    });
    let before = tmux.terminal.look(|view| view.written().len());
    tmux.terminal.type_keys(CTRL_C).unwrap();
    tmux.terminal
        .wait_for("the end", |view| view.contains("GONE"));
    tmux.terminal.look(|view| {
        assert_eq!(pieces(view).1, 0, "{view}");
        let after = String::from_utf8_lossy(&view.written()[before..]).into_owned();
        for number in numbers {
            let deleted = format!("\x1b_Ga=d,d=I,i={number},q=2\x1b\\");
            assert!(after.contains(&deleted), "{number} stays in the terminal");
        }
    });
    tmux.end();
}

#[test]
fn a_tmux_that_lets_nothing_past_is_said_and_half_blocks_stay() {
    if !xterm::can_run_tmux() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let tmux = Tmux::start(&system, &case, "set -g allow-passthrough off");
    tmux.terminal
        .wait_for("half-blocks, and what to do", |view| {
            view.text().matches('▀').count() > 200 && view.contains("set -g allow-passthrough on")
        });
    tmux.terminal
        .look(|view| assert!(view.pictures().is_empty()));
    // Once it is on, a redraw is enough.
    tmux.tell(&["set", "-g", "allow-passthrough", "on"]);
    let mut tmux = tmux;
    tmux.terminal.type_keys(CTRL_L).unwrap();
    tmux.terminal
        .wait_for("a picture that the text names", is_shown);
    tmux.end();
}
