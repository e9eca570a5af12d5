//! `medicosamd recover`: a lost or damaged store made again of the results.

use super::Places;
use super::error::CommandError;
use super::stdout;
use crate::recover::{RecoverError, Recovery, recover, restore};
use clap::Args;
use medicosam_shared::text::printable;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Code of a recovery that left results out.
const NOT_ALL: &str = "not-all-recovered";

/// Make a lost or damaged store again from the results in the output folders
///
/// Cases come back with their newest revision and the decision on it, as far as the records beside the
/// results tell. Gone are earlier revisions, drafts, notes, and what lay under another object where masks
/// overlapped. Refused for a store that is in order. With --from, a backup of the store is put back instead,
/// whatever lies there. Both are refused while a daemon runs, and nothing is deleted: the old store and what
/// lies beside it are moved aside.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct RecoverArgs {
    #[command(flatten)]
    places: Places,

    /// Put back this backup of the store, as `sqlite3 … ".backup FILE"` writes it
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Makes the store again, or puts a backup back, and says what came back.
pub fn run(args: &RecoverArgs) -> Result<(), CommandError> {
    let done = match &args.from {
        Some(backup) => put_back(args, backup),
        None => make_again(args),
    };
    if args.json
        && let Err(error) = &done
        && error.fault().code != NOT_ALL
    {
        stdout::line(json!({ "error": error.fault() }))?;
    }
    done
}

fn put_back(args: &RecoverArgs, backup: &Path) -> Result<(), CommandError> {
    let restored = restore(&args.places.load()?, backup).map_err(failed)?;
    if args.json {
        return stdout::line(json!(restored));
    }
    let mut text = describe_moved(&restored.moved);
    let (count, from) = (restored.count, restored.from.display());
    text += &format!("{count} cases are there again, from {from}\n");
    stdout::text(text)
}

fn make_again(args: &RecoverArgs) -> Result<(), CommandError> {
    let mut said = Instant::now();
    let mut progress = |read: usize, of: usize| {
        if said.elapsed() > Duration::from_secs(1) {
            eprintln!("{read} of {of} results read");
            said = Instant::now();
        }
    };
    let recovery = recover(&args.places.load()?, &mut progress).map_err(failed)?;
    if args.json {
        stdout::line(json!(recovery))?;
    } else {
        stdout::text(describe(&recovery))?;
    }
    match recovery.left_out.len() {
        0 => Ok(()),
        count => Err(CommandError::new(
            NOT_ALL,
            format!("nothing could be made of {count} results"),
            "They lie where they lay, and are not overwritten unless you say so.",
        )),
    }
}

fn failed(error: RecoverError) -> CommandError {
    CommandError::new(error.code(), &error, error.hint())
}

fn describe_moved(moved: &[PathBuf]) -> String {
    let lines = moved
        .iter()
        .map(|path| format!("the old store lies at {}\n", path.display()));
    lines.collect()
}

fn describe(recovery: &Recovery) -> String {
    let mut text = describe_moved(&recovery.moved);
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
