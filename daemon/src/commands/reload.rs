//! `medicosamd reload`: the running daemon reads its configuration again.

use super::Places;
use super::error::CommandError;
use super::stdout;
use crate::server::StateLock;
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

/// Have the running daemon read its configuration again
///
/// What is being segmented is begun again, and nothing is lost. A configuration that is not right changes
/// nothing. The daemon's log says what has changed. SIGHUP does the same.
#[derive(Debug, Clone, Args)]
pub struct ReloadArgs {
    #[command(flatten)]
    places: Places,
}

/// Checks the configuration, and tells the daemon.
pub fn run(args: &ReloadArgs) -> Result<(), CommandError> {
    let config = args.places.load()?;
    for problem in config.would_go_wrong() {
        stdout::text(format_args!("problem: {problem}\n"))?;
    }
    let state = config.state.display();
    let holder = StateLock::holder(&config.state).and_then(|pid| Pid::from_raw(pid.cast_signed()));
    let Some(pid) = holder else {
        return Err(CommandError::new(
            "not-running",
            format!("no daemon uses the state folder {state}"),
            "Start it with `medicosamd run`. If the configuration names another state folder than before, restart the daemon.",
        ));
    };
    kill_process(pid, Signal::HUP).map_err(|error| {
        CommandError::new(
            "not-allowed",
            format!("process {} cannot be told: {error}", pid.as_raw_nonzero()),
            "Do it as the user that the daemon runs as, or by the service manager.",
        )
    })?;
    stdout::line(format_args!(
        "process {} reads {} again; its log says what has changed",
        pid.as_raw_nonzero(),
        config.source.display()
    ))
}
