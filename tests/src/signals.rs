//! Signals to the programs of a system.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

/// Sends a signal to a process.
pub fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.cast_signed()).expect("a process has a number");
    kill_process(process, signal).expect("the process is there");
}
