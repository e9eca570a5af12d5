//! The client `medicosam`: as a command, and in a scripted terminal.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use crate::Size;
use crate::keys::{CTRL_C, ENTER};
use crate::profile::Profile;
use crate::pty::ScriptedTerminal;
use crate::system::{SCAN, System, program};
use medicosam_shared::case::CaseDetail;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

/// How long somebody looks at a case at least.
const LOOK: Duration = Duration::from_millis(800);

/// Where no daemon listens.
pub const NO_SOCKET: &str = "/nonexistent/api.sock";

/// A folder that cannot be made.
pub const NOWHERE: &str = "/dev/null/state";

/// `medicosam` on the daemon behind a socket.
pub fn on(socket: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program("medicosam"));
    command.arg("--socket").arg(socket.as_ref());
    // A client begins where the one before it ended; in tests only where that is tested.
    command.env("XDG_STATE_HOME", NOWHERE);
    command
}

/// `medicosam open …`, which begins on a case.
pub fn on_case(system: &System, case: &CaseDetail) -> Command {
    let mut command = on(system.socket());
    command.args(["open", &case.summary.id.0]);
    command
}

/// The client in a terminal, on the queue with [`SCAN`] in it.
pub fn in_queue(system: &System, size: Size, profile: Profile) -> ScriptedTerminal {
    let terminal = ScriptedTerminal::spawn(on(system.socket()), size, profile);
    let terminal = terminal.expect("the client can be started");
    terminal.wait_for("the queue", |view| view.contains(SCAN));
    terminal
}

/// Opens the case under the cursor, which has one revision.
pub fn open_case(terminal: &mut ScriptedTerminal) {
    type_keys(terminal, ENTER);
    terminal.wait_for("the review", |view| view.contains("revision 1 of 1"));
}

/// The client in a terminal, in the review of [`SCAN`].
pub fn in_review(system: &System, size: Size, profile: Profile) -> ScriptedTerminal {
    let mut terminal = in_queue(system, size, profile);
    open_case(&mut terminal);
    terminal
}

/// Asks for an approval, as somebody who has looked at the case: one that has only just come to the screen
/// cannot be approved.
pub fn approve(terminal: &mut ScriptedTerminal) {
    thread::sleep(LOOK);
    type_keys(terminal, "a");
}

/// Ends the client, which must leave the terminal as it was.
pub fn quit(terminal: &mut ScriptedTerminal) {
    type_keys(terminal, CTRL_C);
    let status = terminal.wait_exit().expect("the client has a status");
    assert!(status.success(), "{status}");
    let modes = terminal.is_in_line_mode();
    assert!(modes.expect("the terminal has modes"), "as it was");
}

fn type_keys(terminal: &mut ScriptedTerminal, keys: &str) {
    let typed = terminal.type_keys(keys);
    typed.expect("the client reads its terminal");
}

/// What a verb with `--json` has said.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}
