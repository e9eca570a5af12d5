//! `medicosamd recover`: a lost or damaged store made again of the results.

use super::Places;
use super::error::CommandError;
use super::stdout;
use crate::recover::{Recovery, recover};
use clap::Args;
use medicosam_shared::text::printable;
use serde_json::json;
use std::time::{Duration, Instant};

/// Make a lost or damaged store again from the results in the output folders
///
/// Cases come back with their newest revision and the decision on it, as far as the records beside the
/// results tell. Gone are earlier revisions, drafts, notes, and what lay under another object where masks
/// overlapped. Refused while a daemon runs, and for a store that is in order. Nothing is deleted: a damaged
/// store is moved aside.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct RecoverArgs {
    #[command(flatten)]
    places: Places,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Makes the store again, and says what came back.
pub fn run(args: &RecoverArgs) -> Result<(), CommandError> {
    let config = args.places.load();
    let recovered = config.and_then(|config| {
        let mut said = Instant::now();
        let mut progress = |read: usize, of: usize| {
            if said.elapsed() > Duration::from_secs(1) {
                eprintln!("{read} of {of} results read");
                said = Instant::now();
            }
        };
        recover(&config, &mut progress)
            .map_err(|error| CommandError::new(error.code(), &error, error.hint()))
    });
    let recovery = match recovered {
        Ok(recovery) => recovery,
        Err(error) => {
            if args.json {
                stdout::line(json!({ "error": error.fault() }))?;
            }
            return Err(error);
        }
    };
    if args.json {
        stdout::line(json!(recovery))?;
    } else {
        stdout::text(describe(&recovery))?;
    }
    match recovery.left_out.len() {
        0 => Ok(()),
        count => Err(CommandError::new(
            "not-all-recovered",
            format!("nothing could be made of {count} results"),
            "They lie where they lay, and are not overwritten unless you say so.",
        )),
    }
}

fn describe(recovery: &Recovery) -> String {
    let mut text = String::new();
    for path in &recovery.moved {
        text += &format!("the old store lies at {}\n", path.display());
    }
    for case in &recovery.cases {
        let (id, revision, state) = (&case.case, case.revision, case.state);
        text += &format!(
            "{id} ({}) revision {revision}: {state}",
            printable(&case.scan)
        );
        if let Some(note) = &case.note {
            text += &format!("; {note}");
        }
        text.push('\n');
    }
    for left in &recovery.left_out {
        let record = printable(&left.record.to_string_lossy());
        text += &format!("not recovered: {record}: {}\n", left.why);
    }
    text += &format!("{} cases are there again\n", recovery.cases.len());
    text
}
