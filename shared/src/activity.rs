//! What a worker does right now.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a worker does right now: one word in the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    /// Its process has not been started yet.
    Starting,
    /// A device is being tried.
    Probing,
    /// It waits for work.
    Idle,
    /// It works on a case.
    Busy,
    /// Nothing is due, so it embeds the slices of a case in review that no prompt touched.
    Ahead,
    /// Its process ended for want of work, and starts again when there is some.
    Resting,
    /// No device works.
    Paused,
    /// Its process died, and is about to be started again.
    Stopped,
    /// A word of a newer daemon.
    #[serde(untagged)]
    Other(String),
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Activity::Starting => "starting",
            Activity::Probing => "probing",
            Activity::Idle => "idle",
            Activity::Busy => "busy",
            Activity::Ahead => "ahead",
            Activity::Resting => "resting",
            Activity::Paused => "paused",
            Activity::Stopped => "stopped",
            Activity::Other(word) => word,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_activity_is_its_word_in_the_api() {
        use Activity::{Ahead, Busy, Idle, Paused, Probing, Resting, Starting, Stopped};
        for activity in [
            Starting, Probing, Idle, Busy, Ahead, Resting, Paused, Stopped,
        ] {
            let json = serde_json::to_string(&activity).unwrap();
            assert_eq!(json, format!("\"{activity}\""));
            let back: Activity = serde_json::from_str(&json).unwrap();
            assert_eq!(back, activity);
        }
    }

    #[test]
    fn a_word_of_a_newer_daemon_is_kept() {
        let activity: Activity = serde_json::from_str("\"dreaming\"").unwrap();
        assert_eq!(activity, Activity::Other("dreaming".to_owned()));
        assert_eq!(serde_json::to_string(&activity).unwrap(), "\"dreaming\"");
    }
}
