//! The terminal is given back as it was found, however the program ends.
//!
//! Each test starts its own program again in a pseudo-terminal, where it takes the terminal over
//! and then ends in its way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_tui::term::tty::{Tty, restore};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Termios, tcgetattr};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

/// Set in the program that was started again: how it ends.
const ENDING: &str = "MEDICOSAM_TEST_ENDING";

/// What makes a terminal show its main screen again.
const MAIN_SCREEN: &str = "\x1b[?1049l";

/// What a program in a terminal left behind.
struct Left {
    status: ExitStatus,
    written: String,
    before: Termios,
    after: Termios,
}

/// Runs the test `name` of this program again in a terminal, to end by `ending`.
fn run_again(name: &str, ending: &str) -> Left {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let program: OwnedFd = ioctl_tiocgptpeer(&terminal, flags).unwrap();
    let before = tcgetattr(&program).unwrap();

    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(ENDING, ending)
        .stdin(program.try_clone().unwrap())
        .stdout(program.try_clone().unwrap())
        .stderr(program.try_clone().unwrap());
    let lead_session = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are the bare
    // system calls setsid and ioctl, which neither allocate nor lock.
    unsafe {
        command.pre_exec(lead_session);
    }
    let mut child = command.spawn().unwrap();
    // The command holds the terminal open; without it reading ends when the program does.
    drop(command);

    // The last words of the program are kept by the terminal until they are read.
    let mut output = BufReader::new(File::from(terminal.try_clone().unwrap()));
    let mut written = String::new();
    while !written.contains(MAIN_SCREEN) {
        let mut chunk = Vec::new();
        let read = output.read_until(b'l', &mut chunk).unwrap();
        assert!(read > 0, "the main screen did not come back: {written:?}");
        written.push_str(&String::from_utf8_lossy(&chunk));
    }
    let status = child.wait().unwrap();
    let after = tcgetattr(&program).unwrap();
    drop(program);
    // Linux says EIO once nobody has the other side open.
    let mut rest = Vec::new();
    let _ = output.read_to_end(&mut rest);
    written.push_str(&String::from_utf8_lossy(&rest));
    Left {
        status,
        written,
        before,
        after,
    }
}

fn assert_given_back(left: &Left) {
    let modes = "\x1b[?1016l\x1b[?1006l\x1b[?1002l";
    for sequence in [
        modes,
        "\x1b[?1049h",
        "\x1b[?2004l",
        "\x1b[?25h",
        MAIN_SCREEN,
    ] {
        assert!(left.written.contains(sequence), "{:?}", left.written);
    }
    let modes = |t: &Termios| {
        (
            t.input_modes,
            t.output_modes,
            t.control_modes,
            t.local_modes,
        )
    };
    assert_eq!(modes(&left.before), modes(&left.after));
}

/// Whether this is the program that was started again. Then it takes the terminal and ends as told.
fn is_again() -> bool {
    let Ok(ending) = std::env::var(ENDING) else {
        return false;
    };
    let guard = Tty::open().unwrap().enter().unwrap();
    guard.mouse_is_reported();
    match &*ending {
        "return" => drop(guard),
        "panic" => {
            let thread = std::thread::spawn(|| panic!("half a client"));
            let _ = thread.join();
            unreachable!("the panic ends the program");
        }
        "twice" => {
            restore();
            restore();
            drop(guard);
        }
        other => unreachable!("{other}"),
    }
    true
}

#[test]
fn after_the_end() {
    if !is_again() {
        let left = run_again("after_the_end", "return");
        assert_given_back(&left);
        assert!(left.status.success());
    }
}

#[test]
fn after_a_panic_in_any_thread_which_is_told_on_the_main_screen() {
    if !is_again() {
        let name = "after_a_panic_in_any_thread_which_is_told_on_the_main_screen";
        let left = run_again(name, "panic");
        assert_given_back(&left);
        assert_eq!(left.status.code(), Some(101));
        let (_, told) = left.written.split_once(MAIN_SCREEN).unwrap();
        assert!(told.contains("half a client"), "{:?}", left.written);
    }
}

#[test]
fn only_once() {
    if !is_again() {
        let left = run_again("only_once", "twice");
        assert_given_back(&left);
        assert_eq!(left.written.matches(MAIN_SCREEN).count(), 1);
    }
}
