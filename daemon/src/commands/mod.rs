//! The verbs of `medicosamd`, one file each.

// All goes through `stdout`: the macros panic when nobody reads.
#![deny(clippy::print_stdout)]

mod bench;
mod check_config;
mod demo;
mod dial_stdio;
mod error;
mod eval;
mod explain;
mod generate;
mod logging;
mod model;
mod probe;
mod recover;
mod reload;
mod run;
mod runtime;
mod setup;
mod stdout;
mod worker;

use clap::{Args, Parser, Subcommand};
use error::CommandError;
use medicosam_shared::paths;
use std::path::PathBuf;
use std::process::ExitCode;

/// Watches folders for new medical scans, segments them and queues them for review.
///
/// Try it:           medicosamd demo
/// On a server:      medicosamd setup, then medicosamd run --config medicosam.toml
/// Look at results:  medicosam
#[derive(Debug, Parser)]
#[command(name = "medicosamd", version, verbatim_doc_comment)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the daemon
    Run(run::RunArgs),
    /// Show the whole thing at work on a CT that comes with it
    Demo(demo::DemoArgs),
    /// Fetch the runtime and the default model
    Setup(setup::SetupArgs),
    /// List, show, import, fetch, verify and remove models
    Model(model::ModelArgs),
    /// Try the devices that models can run on
    Probe(probe::ProbeArgs),
    /// Measure how fast models are here
    Bench(bench::BenchArgs),
    /// Measure how good a model is on scans with labels
    Eval(eval::EvalArgs),
    /// Check a configuration without running anything
    CheckConfig(check_config::CheckConfigArgs),
    Explain(explain::ExplainArgs),
    Reload(reload::ReloadArgs),
    Recover(recover::RecoverArgs),
    DialStdio(dial_stdio::DialStdioArgs),
    Completions(generate::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Run models for the daemon, which starts this by itself
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
    /// Try one device in this process, for `probe` and the daemon
    #[command(hide = true)]
    ProbeHere(probe::ProbeHereArgs),
}

/// Where configuration and data lie.
#[derive(Debug, Clone, Args)]
struct Places {
    /// The configuration [default: the user's medicosam.toml, else /etc/medicosam/medicosam.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    data: DataFolder,
}

/// Where data lie.
#[derive(Debug, Clone, Args)]
struct DataFolder {
    /// The data folder [default: the user's, for example ~/.local/share/medicosam]
    #[arg(long, value_name = "DIR", env = paths::DATA_VARIABLE, global = true)]
    data: Option<PathBuf>,
}

impl DataFolder {
    fn path(&self) -> PathBuf {
        let path = self.data.clone().unwrap_or_else(paths::default_data_folder);
        std::path::absolute(&path).unwrap_or(path)
    }
}

impl Places {
    fn load(&self) -> Result<crate::config::Config, CommandError> {
        let path = self
            .config
            .clone()
            .unwrap_or_else(crate::config::Config::default_path);
        Ok(crate::config::Config::load(&path, &self.data.path())?)
    }
}

/// Runs the verb on the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.verb {
        Verb::Run(args) => run::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Setup(args) => setup::run(&args),
        Verb::Model(args) => model::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Eval(args) => eval::run(&args),
        Verb::CheckConfig(args) => check_config::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Reload(args) => reload::run(&args),
        Verb::Recover(args) => recover::run(&args),
        Verb::Worker(args) => worker::run(&args),
        Verb::Probe(args) => probe::run(&args),
        Verb::ProbeHere(args) => probe::run_here(&args),
        Verb::DialStdio(args) => return dial_stdio::run(&args),
        Verb::Completions(args) => generate::completions(&args),
        Verb::Man => generate::man(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            ExitCode::FAILURE
        }
    }
}
