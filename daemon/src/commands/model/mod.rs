//! `medicosamd model`: the models that are installed.

mod import;
mod list;
mod pull;
mod remove;
mod show;
mod verify;

pub(super) use import::default_model;

use super::DataFolder;
use super::error::CommandError;
use crate::commands::stdout;
use crate::data_folder::models_folder;
use crate::model::{InstallError, OpenError};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::Path;

/// List, show, import, fetch, verify and remove models
#[derive(Debug, Clone, Args)]
pub struct ModelArgs {
    #[command(flatten)]
    data: DataFolder,

    #[command(subcommand)]
    verb: ModelVerb,

    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum ModelVerb {
    /// List the models that are installed or known
    List,
    /// Show one model, with the paths of its graphs
    Show {
        /// Its name
        name: String,
    },
    Import(import::ImportArgs),
    Pull(pull::PullArgs),
    Verify(verify::VerifyArgs),
    Remove(remove::RemoveArgs),
}

/// Where a verb works.
struct Place<'a> {
    /// The data folder.
    data: &'a Path,
    /// The folder of models.
    models: &'a Path,
}

/// The output of a verb: for people, and for scripts.
struct VerbOutput {
    text: String,
    value: Value,
}

/// Runs `medicosamd model …`.
pub fn run(args: &ModelArgs) -> Result<(), CommandError> {
    let data = args.data.path();
    let place = Place {
        data: &data,
        models: &models_folder(&data),
    };
    let result = match &args.verb {
        ModelVerb::List => list::run(&place),
        ModelVerb::Show { name } => show::run(&place, name),
        ModelVerb::Import(args) => import::run(&place, args),
        ModelVerb::Pull(args) => pull::run(&place, args),
        ModelVerb::Verify(verify) => return verify::run(&place, verify, args.json),
        ModelVerb::Remove(args) => remove::run(&place, args),
    };
    match result {
        Ok(report) => report.print(args.json),
        Err(error) => {
            if args.json {
                stdout::line(json!({ "error": error.fault() }))?;
            }
            Err(error)
        }
    }
}

impl VerbOutput {
    fn print(&self, as_json: bool) -> Result<(), CommandError> {
        match as_json {
            true => stdout::line(&self.value),
            false => stdout::text(&self.text),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        CommandError::new(error.code(), &error, "")
    }
}

impl From<InstallError> for CommandError {
    fn from(error: InstallError) -> Self {
        CommandError::new(error.code(), &error, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        model: ModelArgs,
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        for good in [
            "model import a.pt",
            "model import --encoder e.onnx --decoder d.onnx --name m --size 512",
            "model verify",
            "model verify a b --json",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "model import --encoder e.onnx --name m",
            "model import --encoder e.onnx --decoder d.onnx",
            "model import a.pt --encoder e.onnx --decoder d.onnx --name m",
            "model import a.pt --family resnet",
            "model import a.pt --size 512",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
