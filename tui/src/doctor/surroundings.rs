//! The environment and tmux.

use serde::Serialize;
use std::process::{Command, Stdio};

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

/// The tmux that this runs in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tmux {
    /// Its version.
    pub version: String,
    /// Whether it was built with sixel.
    pub sixel: bool,
    /// Whether it believes that the terminal around it has sixel.
    pub outer_sixel: bool,
    /// Bytes that it takes of one picture, where that can be set (3.6).
    pub buffer: Option<u64>,
}

impl Tmux {
    /// Asks it, if this is inside of one.
    pub fn ask() -> Option<Self> {
        std::env::var_os("TMUX").filter(|v| !v.is_empty())?;
        let format = "#{version}|#{sixel_support}|#{client_termfeatures}";
        let told = tmux(&["display-message", "-p", format])?;
        let mut parts = told.split('|');
        let version = parts.next().unwrap_or_default().to_owned();
        let sixel = parts.next() == Some("1");
        let features = parts.next().unwrap_or_default();
        Some(Tmux {
            version,
            sixel,
            outer_sixel: features.split(',').any(|feature| feature == "sixel"),
            buffer: tmux(&["show-options", "-sv", "input-buffer-size"])
                .and_then(|size| size.parse().ok()),
        })
    }

    /// For people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let sixel = if self.sixel {
            "with sixel"
        } else {
            "without sixel"
        };
        vec![("tmux", format!("{} {sixel}", self.version))]
    }
}

/// What a command of tmux prints; nothing if it does not know the command.
fn tmux(arguments: &[&str]) -> Option<String> {
    let output = Command::new("tmux")
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
