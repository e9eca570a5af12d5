//! What daemon and worker say to each other over the worker's standard input and output, one JSON
//! object a line.
//!
//! The end of its input tells a worker that the daemon is gone, however it went; it then ends.

use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::progress::Progress;
use medicosam_shared::provenance::Timings;
use serde::{Deserialize, Serialize};

/// From the daemon to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Look into the store: there may be work.
    Wake,
    /// End as soon as no case is in hand.
    Rest,
}

/// A thread of a worker that does work, and may hang in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thread {
    /// The one with the encoder.
    Main,
    /// The one that answers prompts.
    Desk,
}

/// What a thread of a worker says: a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The thread.
    pub by: Thread,
    /// What it says.
    pub report: Report,
}

/// From a worker to the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// The thread is alive.
    Alive,
    /// The thread waits until there is work for it, and says nothing meanwhile.
    Waiting,
    /// It begins something that may take long and reports nothing on its way.
    LongStep,
    /// The runtime and the device that a model has really run on.
    Running {
        /// Name and version of the runtime.
        runtime: String,
        /// The device.
        device: String,
    },
    /// The store has changed.
    Changed,
    /// The worker took a case, or has none any more.
    Case(Option<CaseId>),
    /// How far it is with the case.
    Progress(Progress),
    /// A revision is committed.
    Finished {
        /// The device that ran the model.
        device: String,
        /// Where the time went.
        timings: Timings,
        /// Whether a person asked for it; otherwise it is a whole scan, by its profile.
        prompted: bool,
    },
    /// Nothing else being due, it embeds the slices of a case in review that no prompt touched.
    Ahead {
        /// The case.
        case: CaseId,
        /// Slices embedded, of all that the case has.
        progress: Progress,
    },
    /// What keeps it from working; `None` when that is over.
    Fault(Option<Fault>),
    /// It ends, because there is nothing to do or it was told to; no case is in hand.
    Resting,
    /// It ends, because its device failed; no case is in hand.
    DeviceFailed(Fault),
}

/// A message as a line.
pub fn to_line(message: &impl Serialize) -> Option<String> {
    let mut line = serde_json::to_string(message).ok()?;
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let report = Report::Fault(Some(Fault {
            code: "x".into(),
            message: "two\nlines".into(),
            hint: String::new(),
        }));
        let said = Said {
            by: Thread::Desk,
            report,
        };
        let line = to_line(&said).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(serde_json::from_str::<Said>(&line).unwrap(), said);
        assert_eq!(to_line(&Order::Wake).unwrap(), "\"wake\"\n");
    }
}
