//! What to set, and why. Nothing is ever changed by itself.

use super::Report;

/// Bytes that tmux should take of one picture.
const TMUX_BUFFER: u64 = 16 << 20;

/// A line that is slower than this, in bytes a second, is worth packing.
const SLOW: f64 = 2e6;

/// What to do, most important first.
pub fn advice(report: &Report) -> Vec<String> {
    let mut advice = Vec::new();
    if let Ok(version) = &report.daemon.version
        && let Some(difference) = version.differs()
    {
        advice.push(format!(
            "{difference}: restart the daemon if it was updated, else install both of one build."
        ));
    }
    let Ok(terminal) = &report.terminal else {
        return advice;
    };
    let is_xterm = terminal
        .name
        .as_deref()
        .is_some_and(|n| n.starts_with("XTerm"));
    match &report.tmux {
        Some(tmux) if !tmux.sixel => advice.push(
            "This tmux shows no pictures. One of version 3.4 or later, built with --enable-sixel, \
             does; or run medicosam outside of it."
                .to_owned(),
        ),
        Some(tmux) => {
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
        }
        None if is_xterm && !terminal.sixel => {
            advice.push("xterm has sixel if it is started as xterm -ti vt340.".to_owned());
        }
        None => {}
    }
    if terminal.round_trip_ms.is_none() {
        advice.push(
            "The terminal answers no questions, so pictures are half-blocks. If it can do more, \
             say so with --picture and --cell."
                .to_owned(),
        );
    }
    let slow = terminal.bytes_per_second.is_some_and(|rate| rate < SLOW);
    if slow && report.surroundings.ssh {
        advice.push(
            "The line is slow, and packing halves pictures. Put into ~/.ssh/config, for this \
             host:\nCompression yes"
                .to_owned(),
        );
    }
    if report.surroundings.ssh
        && !report.surroundings.true_colour
        && terminal.pictures == "half-blocks"
    {
        advice.push(
            "Half-blocks have 256 colours here. If the terminal has more, put into ~/.ssh/config, \
             for this host:\nSetEnv COLORTERM=truecolor\nand into /etc/ssh/sshd_config there:\n\
             AcceptEnv COLORTERM"
                .to_owned(),
        );
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
