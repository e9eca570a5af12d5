//! `medicosamd run`: the daemon.

use super::error::CommandError;
use super::stdout;
use super::{Places, logging};
use crate::config::Config;
use crate::server::{self, Ended, Outcome, ServerError, Until};
use clap::Args;
use medicosam_shared::case::CaseState;
use std::time::{Duration, Instant};

/// A daemon that fails within this time has not started.
const STARTING: Duration = Duration::from_secs(10);

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

/// Runs the daemon until it is stopped.
pub fn run(args: &RunArgs) -> Result<(), CommandError> {
    logging::start();
    let config = args.places.load()?;
    let until = if args.oneshot {
        Until::Done
    } else {
        Until::Stopped
    };
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| CommandError::new("system-refused", format!("cannot start: {e}"), ""))?;
    let outcome = run_with(config, |config| {
        runtime.block_on(server::run(config, until))
    });
    // A thread that waits for the file system of a share may never end.
    runtime.shutdown_background();
    let outcome = outcome?;
    match until {
        Until::Stopped => Ok(()),
        Until::Done => judge(&outcome),
    }
}

/// Runs the daemon, each time that its configuration changes with the new one. If it does not even start
/// with that, it goes on with the one before.
fn run_with(
    mut config: Config,
    run: impl Fn(Config) -> Result<Ended, ServerError>,
) -> Result<Outcome, ServerError> {
    let mut before: Option<Config> = None;
    loop {
        let began = Instant::now();
        match (run(config.clone()), before.take()) {
            (Ok(Ended::Stopped(outcome)), _) => return Ok(outcome),
            (Ok(Ended::Reload(now)), _) => before = Some(std::mem::replace(&mut config, *now)),
            (Err(error), Some(old)) if began.elapsed() < STARTING => {
                tracing::error!(
                    code = error.code(),
                    "{error}; the daemon goes on with the configuration before"
                );
                config = old;
            }
            (Err(error), _) => return Err(error),
        }
    }
}

/// Whether a one-shot run got through everything.
fn judge(outcome: &Outcome) -> Result<(), CommandError> {
    let counts = outcome.cases.iter();
    let list: Vec<String> = counts.map(|(s, n)| format!("{n} {s}")).collect();
    stdout::line(match list.is_empty() {
        true => "no scans".to_owned(),
        false => list.join(", "),
    })?;
    let left: u64 = [CaseState::Failed, CaseState::Paused, CaseState::Waiting]
        .iter()
        .filter_map(|state| outcome.cases.get(state))
        .sum();
    let left = (left > 0).then(|| format!("{left} of the scans could not be segmented"));
    let wrong: Vec<String> = left.into_iter().chain(outcome.problems.clone()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(
        "not-all-segmented",
        wrong.join("; "),
        "Start `medicosamd run`, then `medicosam list` and `medicosam status` say why.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_does_not_start_is_given_up_for_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let load = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            Config::load(&path, folder.path()).unwrap()
        };
        let runs = std::cell::RefCell::new(Vec::new());
        let outcome = run_with(load("a"), |config| {
            let name = config.source.file_name().unwrap().to_owned();
            runs.borrow_mut().push(name);
            match runs.borrow().len() {
                1 => Ok(Ended::Reload(Box::new(load("b")))),
                2 => Err(ServerError::System {
                    doing: "start",
                    source: std::io::Error::other("refused"),
                }),
                _ => Ok(Ended::Stopped(Outcome::default())),
            }
        });
        assert!(outcome.is_ok());
        assert_eq!(runs.into_inner(), ["a", "b", "a"]);
    }

    #[test]
    fn what_was_not_segmented_or_not_read_at_all_is_no_success() {
        let cases = |state| [(state, 2)].into();
        assert!(judge(&Outcome::default()).is_ok());
        let done = Outcome {
            cases: cases(CaseState::Review),
            problems: Vec::new(),
        };
        assert!(judge(&done).is_ok());
        let unread = Outcome {
            problems: vec!["/in: /in/a.nii cannot be read (stale)".to_owned()],
            ..done
        };
        let error = judge(&unread).unwrap_err();
        let fault = error.fault();
        assert_eq!(fault.code, "not-all-segmented");
        assert_eq!(fault.message, unread.problems[0]);
        let failed = Outcome {
            cases: cases(CaseState::Failed),
            ..unread
        };
        let error = judge(&failed).unwrap_err();
        let message = &error.fault().message;
        assert!(message.starts_with("2 of the scans could not be segmented; /in: "));
    }
}
