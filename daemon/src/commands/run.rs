//! `medicosamd run`: the daemon.

use super::error::CommandError;
use super::stdout;
use super::{Places, start_logging};
use crate::server::{self, Until};
use clap::Args;
use medicosam_shared::case::CaseState;
use std::collections::BTreeMap;

const EXAMPLE: &str = "\
A small configuration:

    [[root]]
    path = \"/data/incoming\"              # watched, with all folders below it
    profile = \"lung-nodule\"
    output = \"/data/segmentations\"

    [[profile]]
    name = \"lung-nodule\"
    window = { level = -600, width = 1500 }

    [[profile.object]]
    label = 1
    name = \"nodule\"
    box = { space = \"voxel\", min = [318, 333, 5], max = [405, 399, 16] }

docs/configuration.md explains every key.";

/// Run the daemon
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLE)]
pub struct RunArgs {
    #[command(flatten)]
    places: Places,

    /// End when everything that lies in the watched folders has been dealt with; the exit status
    /// says whether all of it could be segmented
    #[arg(long)]
    oneshot: bool,
}

/// Runs the daemon until it is told to stop.
pub fn run(args: &RunArgs) -> Result<(), CommandError> {
    start_logging();
    let config = args.places.load()?;
    let until = if args.oneshot {
        Until::Done
    } else {
        Until::Stopped
    };
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| CommandError::new("system-refused", format!("cannot start: {e}"), ""))?;
    let counts = runtime.block_on(server::run(config, until))?;
    match until {
        Until::Stopped => Ok(()),
        Until::Done => judge(&counts),
    }
}

/// Whether a one-shot run got through everything.
fn judge(counts: &BTreeMap<CaseState, u64>) -> Result<(), CommandError> {
    let list: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {s}")).collect();
    stdout::line(match list.is_empty() {
        true => "no scans".to_owned(),
        false => list.join(", "),
    })?;
    let left: u64 = [CaseState::Failed, CaseState::Paused, CaseState::Waiting]
        .iter()
        .filter_map(|state| counts.get(state))
        .sum();
    if left == 0 {
        return Ok(());
    }
    Err(CommandError::new(
        "not-all-segmented",
        format!("{left} of the scans could not be segmented"),
        "Start `medicosamd run`, then `medicosam list` says why.",
    ))
}
