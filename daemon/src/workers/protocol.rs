//! What daemon and worker say to each other over the worker's standard input and output, one JSON
//! object a line.
//!
//! The end of its input tells a worker that the daemon is gone; it then ends.

use crate::stages::StageReport;
use medicosam_shared::case::{CaseId, Fault};
use medicosam_shared::progress::Progress;
use serde::{Deserialize, Serialize};

/// From the daemon to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    Bulk,
    /// The one that answers prompts on embedded slices.
    Prompt,
}

/// A line from a worker to the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The thread that speaks.
    pub from: Thread,
    /// What it reports.
    pub report: WorkerReport,
}

/// A report of a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerReport {
    /// The thread waits for work, and is silent until there is some.
    Waiting,
    /// The worker took a case, or has none any more.
    Case(Option<CaseId>),
    /// A stage reports.
    Stage(StageReport),
    /// Nothing else being due, it embeds the slices of a case in review that no prompt touched.
    Ahead {
        /// The case.
        case: CaseId,
        /// Slices embedded, of all that the case has.
        progress: Progress,
    },
    /// The worker ends by itself; no case is in hand.
    Ending(Ending),
}

/// Why a worker ends by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// There is nothing to do, or the daemon ordered it to rest.
    Resting,
    /// Its device failed.
    DeviceFailed(Fault),
    /// The store failed, so that nothing can be filed. What it had in hand is to be given back.
    StoreFailed(Fault),
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
        let fault = Fault {
            code: "x".into(),
            message: "two\nlines".into(),
            hint: String::new(),
        };
        let message = Message {
            from: Thread::Prompt,
            report: WorkerReport::Stage(StageReport::Fault(Some(fault))),
        };
        let line = to_line(&message).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(serde_json::from_str::<Message>(&line).unwrap(), message);
        assert_eq!(to_line(&Order::Wake).unwrap(), "\"wake\"\n");
    }
}
