//! The reviewer sits at another machine: through a real sshd.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_shared::geometry::Plane;
use medicosam_shared::packed;
use medicosam_tests::Size;
use medicosam_tests::client::{self, NOWHERE, json, quit};
use medicosam_tests::keys::ENTER;
use medicosam_tests::link::Link;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::{ScriptedTerminal, View};
use medicosam_tests::signals::{self, Signal};
use medicosam_tests::slow_port::SlowPort;
use medicosam_tests::sshd::{self, Sshd};
use medicosam_tests::system::{SCAN, System, lung_profile, program};
use medicosam_tests::under_review::reviewable;
use medicosam_tests::waiting::until;
use std::process::{Command, Output};

const SIZE: Size = Size::new(120, 30);

/// A machine that one can log in to, with the socket of `system` as the usual one.
fn machine(system: &System) -> Sshd {
    let programs = program("medicosamd");
    let programs = programs.parent().unwrap();
    Sshd::start(programs, &[("MEDICOSAM_SOCKET", &system.socket())])
}

/// `medicosam --host` to this machine.
fn remote(machine: &Sshd) -> Command {
    remote_at(machine, &machine.host())
}

/// The same by another way to it.
fn remote_at(machine: &Sshd, host: &str) -> Command {
    let mut command = Command::new(program("medicosam"));
    command
        .env("MEDICOSAM_SSH", machine.client())
        .env("XDG_STATE_HOME", NOWHERE)
        .env_remove("MEDICOSAM_SOCKET")
        .args(["--host", host]);
    command
}

fn verb(machine: &Sshd, arguments: &[&str]) -> Output {
    remote(machine).args(arguments).output().unwrap()
}

/// Approves, although slices of the mask were not seen.
fn approve(terminal: &mut ScriptedTerminal) {
    client::approve(terminal);
    terminal.wait_for("the warning", |view| view.contains("not seen"));
    terminal.type_keys(ENTER).unwrap();
}

fn error_of(output: &Output) -> (Option<i32>, String) {
    let code = json(output)["error"]["code"].as_str().unwrap().to_owned();
    (output.status.code(), code)
}

#[test]
fn a_connection_cut_in_mid_prompt_loses_nothing() {
    if !sshd::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let machine = machine(&system);
    let mut terminal =
        ScriptedTerminal::spawn(remote(&machine), SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the queue", |view| {
        view.contains(SCAN) && view.contains("ok")
    });
    terminal.type_keys(ENTER).unwrap();
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));

    // The prompt is with the daemon, but its mask is not made while the worker stands still.
    let worker = system.worker_pid();
    signals::send(worker, Signal::STOP);
    terminal.type_keys("bLLJbs").unwrap();
    let is_working = || {
        let view = system.wait(system.client().draft(&case.summary.id));
        view.draft.is_some_and(|draft| draft.working.is_some())
    };
    until("the prompt to be taken down", is_working);
    assert_eq!(
        sshd::cut(terminal.process_id()),
        1,
        "one ssh for everything"
    );
    terminal.wait_for("what is going on", |view| view.contains("broke"));
    signals::send(worker, Signal::CONT);
    until("the mask", || !is_working());
    terminal.wait_for("the new mask", |view| view.contains("Connected again"));
    let committed = |view: &View| view.contains("revision 2 of 2");
    until("the draft to be committed", || {
        terminal.type_keys("c").unwrap();
        let too_soon = |view: &View| {
            view.contains("still being made") || view.contains("No slice has been segmented")
        };
        terminal.wait_for("the revision", |view| committed(view) || too_soon(view));
        terminal.look(committed)
    });

    // And what is done then goes through the new connection.
    terminal.wait_for("the keys for decisions", |view| view.contains("a approve"));
    // Nothing is decided before a mask of this revision was on the screen.
    terminal.wait_for("the new mask's picture", |view| view.contains("  seen "));
    let shown = terminal.look(|view| view.pictures().len());
    terminal.type_keys(" ").unwrap();
    terminal.wait_for("a picture without the mask", |view| {
        view.pictures().len() > shown
    });
    approve(&mut terminal);
    let approved = system.until_state(SCAN, CaseState::Approved);
    assert_eq!(approved.history.last().unwrap().revision, Some(2));
    assert_eq!(
        sshd::cut(terminal.process_id()),
        1,
        "still one ssh for everything"
    );
    quit(&mut terminal);
}

#[test]
fn the_client_runs_there_in_a_terminal_that_is_here() {
    if !sshd::can_run() {
        return;
    }
    let (system, _) = reviewable(9, 12);
    let machine = machine(&system);
    let command = machine.log_in("medicosam");
    let mut terminal = ScriptedTerminal::spawn(command, SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the queue", |view| view.contains(SCAN));
    terminal.type_keys(ENTER).unwrap();
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());
    terminal.wait_for("the review", |view| view.contains("revision 1 of 1"));
    // The second picture comes when the terminal has answered behind the first: now it was seen.
    for key in ["j", "k"] {
        let shown = terminal.look(|view| view.pictures().len());
        terminal.type_keys(key).unwrap();
        terminal.wait_for("the next picture", |view| view.pictures().len() > shown);
    }
    approve(&mut terminal);
    system.until_state(SCAN, CaseState::Approved);
    quit(&mut terminal);
}

#[test]
fn verbs_work_and_errors_say_where_it_stopped() {
    if !sshd::can_run() {
        return;
    }
    let mut system = System::new(&lung_profile(9, 10));
    system.start();
    let machine = machine(&system);
    let status = verb(&machine, &["status", "--json"]);
    assert!(status.status.success(), "{status:?}");
    assert_eq!(
        json(&status)["version"]["version"],
        env!("CARGO_PKG_VERSION")
    );
    assert!(verb(&machine, &["list"]).status.success());

    let elsewhere = verb(
        &machine,
        &["--socket", "/nonexistent/it's", "list", "--json"],
    );
    assert_eq!(
        error_of(&elsewhere),
        (Some(3), "daemon-unreachable".to_owned())
    );
    let told = String::from_utf8(elsewhere.stderr).unwrap();
    assert!(told.contains("/nonexistent/it's"), "{told}");

    system.stop();
    let stopped = verb(&machine, &["list", "--json"]);
    assert_eq!(
        error_of(&stopped),
        (Some(3), "daemon-unreachable".to_owned())
    );

    let host = machine.host();
    drop(machine);
    let gone = Command::new(program("medicosam"))
        .args(["--host", &host, "list", "--json"])
        .output()
        .unwrap();
    assert_eq!(error_of(&gone), (Some(3), "host-unreachable".to_owned()));
    let missing = Command::new(program("medicosam"))
        .env("MEDICOSAM_SSH", "/nonexistent/ssh")
        .args(["--host", &host, "list", "--json"])
        .output()
        .unwrap();
    assert_eq!(error_of(&missing), (Some(3), "ssh-missing".to_owned()));
}

#[test]
fn over_a_slow_line_a_slice_is_seen_before_all_of_it_has_come() {
    if !sshd::can_run() {
        return;
    }
    let (system, case) = reviewable(9, 12);
    let machine = machine(&system);
    let line = SlowPort::before(machine.port(), Link::SLOW).unwrap();
    let mut command = remote_at(&machine, &machine.host_at(line.port()));
    command.args(["open", &case.summary.id.0]);
    let mut terminal = ScriptedTerminal::spawn(command, SIZE, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("a picture", |view| !view.pictures().is_empty());
    let at_first = line.passed();
    terminal.wait_for("the slices around it and the rest of it", |view| {
        view.contains("  seen ") && line.passed() > at_first
    });

    // On a slice that nothing was read of before.
    let id = &case.summary.id;
    let values = system.wait(system.client().slice(id, Plane::Axial, 0));
    let integers: Vec<i16> = values.values.iter().map(|value| *value as i16).collect();
    let whole = packed::pack_integers(&integers, values.shape.width as usize).unwrap();
    let (pictures, before) = (terminal.look(|view| view.pictures().len()), line.passed());
    terminal.type_keys("g").unwrap();
    terminal.wait_for("a picture of the first slice", |view| {
        view.contains("axial 0 ") && view.pictures().len() > pictures
    });
    let came = line.passed() - before;
    assert!(came < whole.len() / 2, "{came} bytes of {}", whole.len());
    // Without another key the rest follows, and with it a picture with more in it.
    let longest = |view: &View| {
        view.pictures()[pictures..]
            .iter()
            .map(|p| p.bytes.len())
            .max()
    };
    let reduced = terminal.look(longest).unwrap_or_default();
    terminal.wait_for("all of it", |view| {
        longest(view).unwrap_or_default() > reduced
    });
    let came = line.passed() - before;
    assert!(came >= whole.len(), "{came} bytes of {}", whole.len());
    quit(&mut terminal);
}
