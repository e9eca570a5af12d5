//! The environment and tmux.

use crate::term::tmux::Tmux;
use serde::Serialize;

/// The environment, as far as it matters for a screen.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Surroundings {
    /// `TERM`.
    pub term: String,
    /// Whether more than 256 colours are announced (`COLORTERM`).
    pub true_colour: bool,
    /// Whether this is the other end of an ssh connection.
    pub ssh: bool,
    /// Whether the locale knows more than ASCII.
    pub utf8: bool,
    /// Whether no colours are wanted (`NO_COLOR`).
    pub no_colour: bool,
}

impl Surroundings {
    /// Reads it.
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        Surroundings {
            term: variable("TERM").unwrap_or_default(),
            true_colour: variable("COLORTERM")
                .is_some_and(|v| matches!(&*v, "truecolor" | "24bit")),
            ssh: variable("SSH_CONNECTION").is_some(),
            utf8: locale.is_some_and(|locale| {
                let locale = locale.to_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }),
            no_colour: variable("NO_COLOR").is_some(),
        }
    }

    /// For people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut words = vec![format!("TERM={}", self.term)];
        words.push(
            if self.true_colour {
                "true colour"
            } else {
                "256 colours"
            }
            .to_owned(),
        );
        words.push(if self.utf8 { "UTF-8" } else { "no UTF-8" }.to_owned());
        if self.no_colour {
            words.push("NO_COLOR".to_owned());
        }
        if self.ssh {
            words.push("over ssh".to_owned());
        }
        vec![("", words.join(", "))]
    }
}

/// What tmux says of itself and of the terminals around it, for people.
pub fn tmux_lines(tmux: &Tmux) -> Vec<(&'static str, String)> {
    let sixel = if tmux.sixel {
        "with sixel"
    } else {
        "without sixel"
    };
    let past = if tmux.passthrough {
        "lets pictures past"
    } else {
        "lets no pictures past"
    };
    let mut lines = vec![("tmux", format!("{} {sixel}, {past}", tmux.version))];
    if !tmux.terminals.is_empty() {
        lines.push(("", format!("around it: {}", tmux.terminals.join(", "))));
    }
    lines
}
