//! tmux, and the terminals around it, as tmux says.
//!
//! It is asked by its own command, because answers of the terminal around it would be typed into whichever
//! pane is in use.

use super::known;
use serde::Serialize;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long tmux may take to learn what a terminal is that has just come.
const PATIENCE: Duration = Duration::from_millis(800);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// The tmux that this runs in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tmux {
    /// Its version.
    pub version: String,
    /// Whether it was built with sixel.
    pub sixel: bool,
    /// Whether it believes that all terminals around it have sixel.
    pub outer_sixel: bool,
    /// Bytes that it takes of one picture, where that can be set (3.6).
    pub buffer: Option<u64>,
    /// Whether programs may send something past it (`allow-passthrough`).
    pub passthrough: bool,
    /// The terminals around it, by what they say of themselves, else by their `TERM`.
    pub terminals: Vec<String>,
    /// Whether all of these show pictures of kitty's protocol in cells of text.
    pub placeholders: bool,
}

impl Tmux {
    /// Asks it, if this is inside of one. May take a while: a terminal that has just come has not said yet
    /// what it is.
    pub fn ask() -> Option<Self> {
        std::env::var_os("TMUX").filter(|v| !v.is_empty())?;
        let until = Instant::now() + PATIENCE;
        loop {
            let (session, about) = about()?;
            let clients = tmux(&["list-clients", "-t", &session, "-F", CLIENT])?;
            let outer: Vec<Outer> = clients.lines().map(Outer::read).collect();
            let all_known = outer.iter().all(|outer| !outer.name.is_empty());
            if all_known || Instant::now() >= until {
                return Some(about.around(&outer));
            }
            sleep(PAUSE);
        }
    }

    /// Whether it shows sixel pictures.
    pub fn shows_sixel(&self) -> bool {
        self.sixel && self.outer_sixel
    }

    /// Whether it lets pictures past that all terminals around it show in cells of text.
    pub fn shows_placeholders(&self) -> bool {
        self.passthrough && self.placeholders
    }

    fn around(mut self, outer: &[Outer]) -> Self {
        let all = |is: fn(&Outer) -> bool| !outer.is_empty() && outer.iter().all(is);
        self.outer_sixel = all(|outer| outer.features.split(',').any(|f| f == "sixel"));
        self.placeholders =
            all(|outer| outer.utf8 && known::has_placeholders(&outer.name, &outer.term));
        let named = |outer: &Outer| match outer.name.is_empty() {
            true => outer.term.clone(),
            false => outer.name.clone(),
        };
        self.terminals = outer.iter().map(named).collect();
        self
    }
}

/// Whether somebody can see the pane of this program. `None`: tmux does not say.
pub fn is_pane_visible() -> Option<bool> {
    let format = "#{window_active_clients}|#{window_zoomed_flag}|#{pane_active}";
    let told = display(format)?;
    let mut parts = told.split('|');
    let clients: u32 = parts.next()?.parse().ok()?;
    let is_behind_another = parts.next() == Some("1") && parts.next() == Some("0");
    Some(clients > 0 && !is_behind_another)
}

/// What is asked of each terminal.
const CLIENT: &str = "#{client_termname}|#{client_utf8}|#{client_termfeatures}|#{client_termtype}";

/// A terminal around it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outer {
    /// Its `TERM`.
    term: String,
    utf8: bool,
    features: String,
    /// Name and version, as it says.
    name: String,
}

impl Outer {
    fn read(line: &str) -> Self {
        let mut parts = line.splitn(4, '|').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Outer {
            term: next(),
            utf8: next() == "1",
            features: next(),
            name: next(),
        }
    }
}

/// The session of this program, and what tmux says of itself.
fn about() -> Option<(String, Tmux)> {
    let format = "#{session_id}|#{version}|#{sixel_support}|#{allow-passthrough}";
    let told = display(format)?;
    let mut parts = told.split('|');
    let session = parts.next()?.to_owned();
    let version = parts.next().unwrap_or_default().to_owned();
    let about = Tmux {
        sixel: parts.next() == Some("1"),
        // Before 3.3 there was no such option, and everything was let past.
        passthrough: !matches!(parts.next(), Some("0" | "off")),
        buffer: tmux(&["show-options", "-sv", "input-buffer-size"])
            .and_then(|size| size.parse().ok()),
        version,
        ..Tmux::default()
    };
    Some((session, about))
}

/// A format, for the pane of this program.
fn display(format: &str) -> Option<String> {
    match std::env::var("TMUX_PANE") {
        Ok(pane) => tmux(&["display-message", "-p", "-t", &pane, format]),
        Err(_) => tmux(&["display-message", "-p", format]),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn around(lines: &[&str]) -> Tmux {
        let outer: Vec<Outer> = lines.iter().map(|line| Outer::read(line)).collect();
        let about = Tmux {
            passthrough: true,
            sixel: true,
            ..Tmux::default()
        };
        about.around(&outer)
    }

    #[test]
    fn pictures_need_every_terminal_around() {
        let kitty = "xterm-kitty|1|256,RGB|kitty(0.41.1)";
        let xterm = "xterm-256color|1|256,sixel|XTerm(379)";
        assert!(around(&[kitty]).shows_placeholders());
        assert!(!around(&[kitty]).shows_sixel());
        assert!(around(&[xterm]).shows_sixel());
        assert!(!around(&[xterm]).shows_placeholders());
        let both = around(&[kitty, xterm]);
        assert!(!both.shows_placeholders() && !both.shows_sixel());
        assert_eq!(both.terminals, ["kitty(0.41.1)", "XTerm(379)"]);
        let none = around(&[]);
        assert!(!none.shows_placeholders() && !none.shows_sixel());
    }

    #[test]
    fn marks_above_characters_need_utf_8_and_pictures_a_way_past() {
        assert!(!around(&["xterm-kitty|0|256|kitty(0.41.1)"]).shows_placeholders());
        let mut off = around(&["xterm-kitty|1|256|kitty(0.41.1)"]);
        off.passthrough = false;
        assert!(!off.shows_placeholders() && off.placeholders);
    }
}
