//! `medicosamd worker`: started by the daemon.

use super::error::CommandError;
use super::{Places, logging};
use crate::model::Device;
use crate::workers;
use clap::Args;

/// Run models for the daemon
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    places: Places,

    /// Number of the worker
    #[arg(long)]
    number: u32,

    /// The device that it runs models on
    #[arg(long)]
    device: Device,
}

/// Works until the daemon is gone.
pub fn run(args: &WorkerArgs) -> Result<(), CommandError> {
    logging::start();
    Ok(workers::run(args.places.load()?, args.number, args.device)?)
}
