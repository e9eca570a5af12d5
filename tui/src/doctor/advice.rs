//! What to set, and why. Nothing is changed without the user.

use super::Report;
use super::terminal::Examined;
use crate::term::tmux::Tmux;
use medicosam_shared::text::printable;

/// Bytes that tmux should take of one picture.
const TMUX_BUFFER: u64 = 16 << 20;

/// A line that is slower than this, in bytes a second, is worth packing.
const SLOW: f64 = 2e6;

/// What to do, most important first.
pub fn advice(report: &Report) -> Vec<String> {
    let mut advice = Vec::new();
    advice.extend(daemon(report));
    advice.extend(builds(report));
    let terminal = match &report.terminal {
        Ok(terminal) => terminal,
        Err(why) => {
            advice.push(format!(
                "There is no terminal to examine ({why}). Run this where the screen is to be, not \
                 in a script or behind a pipe; with ssh, add -t."
            ));
            return advice;
        }
    };
    match &report.tmux {
        Some(tmux) => advice.extend(for_tmux(tmux)),
        None => advice.extend(xterm(terminal)),
    }
    if terminal.round_trip_ms.is_none() {
        advice.push(
            "The terminal answers no questions, so pictures are half-blocks. If it can do more, \
             say so with --picture and --cell."
                .to_owned(),
        );
    }
    if report.surroundings.ssh {
        advice.extend(for_ssh(report, terminal));
    }
    if !report.surroundings.utf8 {
        advice.push(
            "The locale is not UTF-8. If signs look wrong, set LANG to one that is, or put into \
             medicosam-client.toml:\n[screen]\nglyphs = \"ascii\""
                .to_owned(),
        );
    }
    advice
}

/// A daemon that does not answer.
fn daemon(report: &Report) -> Option<String> {
    let unanswered = report.daemon.version.as_ref().err()?;
    let why = printable(&unanswered.to_string());
    Some(format!("{why}\n{}", unanswered.hint))
}

fn builds(report: &Report) -> Option<String> {
    let difference = report.daemon.version.as_ref().ok()?.differs()?;
    Some(format!(
        "{difference}: restart the daemon if it was updated, else install both of one build."
    ))
}

fn xterm(terminal: &Examined) -> Option<String> {
    let is_xterm = terminal.name.as_ref()?.starts_with("XTerm");
    (is_xterm && !terminal.sixel)
        .then(|| "xterm has sixel if it is started as xterm -ti vt340.".to_owned())
}

fn for_tmux(tmux: &Tmux) -> Vec<String> {
    if tmux.shows_placeholders() {
        return Vec::new();
    }
    if tmux.placeholders {
        return vec![
            "The terminal around tmux shows pictures, but tmux lets none past. Put into ~/.tmux.conf:\n\
             set -g allow-passthrough on\n\
             and for the tmux that runs now: tmux set -g allow-passthrough on"
                .to_owned(),
        ];
    }
    if !tmux.sixel {
        return vec![
            "This tmux shows no pictures itself. One of version 3.4 or later, built with \
             --enable-sixel, does; or any since 3.3 in kitty from 0.28 on or in Ghostty; or run \
             medicosam outside of it."
                .to_owned(),
        ];
    }
    let mut advice = Vec::new();
    if !tmux.outer_sixel {
        advice.push(
            "If the terminal around tmux has sixel, put into ~/.tmux.conf:\n\
             set -as terminal-features ',*:sixel'"
                .to_owned(),
        );
    }
    if tmux.buffer.is_none_or(|size| size < TMUX_BUFFER) {
        advice.push(format!(
            "tmux drops pictures over 1 MiB, so they are kept small. From 3.6 on, put into \
             ~/.tmux.conf:\nset -s input-buffer-size {TMUX_BUFFER}"
        ));
    }
    advice
}

fn for_ssh(report: &Report, terminal: &Examined) -> Vec<String> {
    let mut advice = Vec::new();
    if terminal.bytes_per_second.is_some_and(|rate| rate < SLOW) {
        advice.push(
            "The line is slow, and packing halves pictures. Put into ~/.ssh/config, for this \
             host:\nCompression yes"
                .to_owned(),
        );
    }
    if !report.surroundings.true_colour && terminal.pictures == "half-blocks" {
        advice.push(
            "Half-blocks have 256 colours here. If the terminal has more, put into ~/.ssh/config, \
             for this host:\nSetEnv COLORTERM=truecolor\nand into /etc/ssh/sshd_config there:\n\
             AcceptEnv COLORTERM"
                .to_owned(),
        );
    }
    advice
}
