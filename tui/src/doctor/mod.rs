//! `medicosam doctor`: what terminal, line and daemon can do, and what to set so that they do better.
//!
//! - [`terminal`]: asks the terminal and measures the way to it.
//! - [`surroundings`]: the environment and tmux.
//! - [`advice`]: what follows from all that.

mod advice;
mod surroundings;
mod terminal;

use crate::exit::Exit;
use crate::term::probe::Preferences;
use crate::term::tmux::Tmux;
use crate::verbs::{Error, print};
use medicosam_shared::api::VersionInfo;
use medicosam_shared::client::Client;
use medicosam_shared::text::printable;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::io::Write;
use std::time::Instant;
use surroundings::{Surroundings, tmux_lines};
use terminal::Examined;

/// How often a round trip is measured; the one in the middle counts.
const ROUND_TRIPS: usize = 5;

/// Everything that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// This program.
    client: VersionInfo,
    /// The terminal, or why there is none.
    #[serde(serialize_with = "or_error")]
    terminal: Result<Examined, String>,
    /// What the environment says.
    surroundings: Surroundings,
    /// tmux, if this is inside of it.
    tmux: Option<Tmux>,
    /// The daemon.
    daemon: Daemon,
    /// What to do, most important first.
    advice: Vec<String>,
}

/// The daemon and the way to it.
#[derive(Debug, Clone, Serialize)]
struct Daemon {
    /// The machine it is on, if that is another one.
    host: Option<String>,
    /// Its version, or why it does not answer.
    #[serde(serialize_with = "or_error")]
    version: Result<VersionInfo, Unanswered>,
    /// Milliseconds for the smallest question.
    round_trip_ms: Option<f64>,
}

/// Why the daemon does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unanswered {
    /// What was found.
    why: String,
    /// What to do about it.
    hint: String,
}

impl Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Examines everything and prints what it found; whether something is to be mended is the exit status.
pub async fn run(
    client: &Client,
    preferences: Preferences,
    json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Error> {
    // ssh may ask for a passphrase, before the terminal is asked.
    let daemon = daemon(client).await;
    let tmux = Tmux::ask();
    let mut report = Report {
        client: VersionInfo::current(),
        terminal: terminal::examine(preferences, tmux.clone()),
        surroundings: Surroundings::read(),
        tmux,
        daemon,
        advice: Vec::new(),
    };
    report.advice = advice::advice(&report);
    print(out, json, &report, text)?;
    Ok(match report.advice.is_empty() {
        true => Exit::Done,
        false => Exit::Refused,
    })
}

async fn daemon(client: &Client) -> Daemon {
    let version = client.hello().await.map_err(|error| Unanswered {
        why: error.to_string(),
        hint: error.hint().to_owned(),
    });
    let mut times = Vec::new();
    if version.is_ok() {
        for _ in 0..ROUND_TRIPS {
            let start = Instant::now();
            if client.hello().await.is_ok() {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    Daemon {
        host: client.host().map(ToString::to_string),
        version,
        round_trip_ms: middle(times),
    }
}

/// A finding as it is; a failure as `{ "error": … }`.
fn or_error<T: Serialize, E: Display, S: Serializer>(
    found: &Result<T, E>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match found {
        Ok(found) => found.serialize(serializer),
        Err(error) => BTreeMap::from([("error", error.to_string())]).serialize(serializer),
    }
}

/// The middle one of some figures.
fn middle(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

fn text(report: &Report) -> String {
    let mut lines = vec![("client", report.client.to_string())];
    match &report.terminal {
        Ok(terminal) => lines.extend(terminal.lines()),
        Err(why) => lines.push(("terminal", why.clone())),
    }
    lines.extend(report.surroundings.lines());
    lines.extend(report.tmux.iter().flat_map(tmux_lines));
    let place = report.daemon.host.as_deref().unwrap_or("here");
    lines.push((
        "daemon",
        match &report.daemon.version {
            Ok(version) => format!("{version}, {place}"),
            Err(unanswered) => unanswered.to_string(),
        },
    ));
    if let Some(time) = report.daemon.round_trip_ms {
        lines.push(("", format!("{time:.1} ms for a question")));
    }
    let mut text = String::new();
    for (name, line) in lines {
        text.push_str(&format!("{name:<10}{}\n", printable(&line)));
    }
    text.push('\n');
    if report.advice.is_empty() {
        text.push_str("Nothing to mend.\n");
    }
    for advice in &report.advice {
        text.push_str(&format!("- {}\n", advice.replace('\n', "\n  ")));
    }
    text
}

#[cfg(test)]
mod tests;
