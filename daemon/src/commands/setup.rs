//! `medicosamd setup`: fetches the runtime and installs the default model.

use super::stdout;
use std::path::PathBuf;

use super::error::CommandError;
use clap::Args;
use medicosam_shared::paths::default_data_folder;
use serde_json::json;

use crate::setup::{
    self, Check, Installed, Outcome, PipCommand, Platform, ProgressPrinter, SetupError, Source,
    Wanted, offline, pinned,
};

/// Fetch ONNX Runtime into the data folder, checked by SHA-256, and install the default model
#[derive(Debug, Clone, Args)]
pub struct SetupArgs {
    /// The data folder [default: the user's, for example ~/.local/share/medicosam]
    #[arg(long, value_name = "DIR", env = "MEDICOSAM_DATA")]
    pub data: Option<PathBuf>,

    /// Fetch the runtime for NVIDIA GPUs (it needs CUDA 13 and cuDNN 9 on this machine)
    #[arg(long)]
    pub gpu: bool,

    /// Read what is installed and compare its SHA-256; install again what differs
    #[arg(long)]
    pub verify: bool,

    /// The command that runs pip
    #[arg(long, value_name = "COMMAND", default_value = "python3 -m pip")]
    pub pip: PipCommand,

    /// Install the runtime from a wheel that was carried over by hand
    #[arg(long, value_name = "FILE")]
    pub runtime_wheel: Option<PathBuf>,

    /// Show what to do on a server without network, and end
    #[arg(long)]
    pub offline_help: bool,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs `medicosamd setup`: progress goes to standard error, the result to standard output.
///
/// Fails when not everything is installed. Where the network is at fault, the help for a server
/// without network has been written to standard error.
pub fn run(args: &SetupArgs) -> Result<(), CommandError> {
    let runtime = if args.gpu {
        &pinned::ONNXRUNTIME_GPU
    } else {
        &pinned::ONNXRUNTIME_CPU
    };
    if args.offline_help {
        return stdout::text(offline::help(runtime, Platform::host()));
    }
    let data = args.data.clone().unwrap_or_else(default_data_folder);
    // People copy the paths of the summary into configurations.
    let data = std::path::absolute(&data).unwrap_or(data);
    let carried = args.runtime_wheel.clone();
    let wanted = [Wanted {
        package: runtime,
        source: carried.map_or(Source::Pip, Source::Carried),
    }];
    let check = if args.verify {
        Check::Contents
    } else {
        Check::Sizes
    };

    let mut printer = ProgressPrinter::stderr();
    let result = setup::install(&data, &wanted, &args.pip, check, &mut |progress| {
        printer.show(&progress)
    });
    printer.finish();
    if let Err(SetupError::NetworkUnreachable { .. }) = &result {
        eprintln!("{}", offline::help(runtime, Platform::host()));
    }
    let installed = result?;
    let model = super::model::default_model(&data)?;
    if args.json {
        let models = [model.name()];
        stdout::line(json!({ "data": data, "packages": installed, "models": models }))
    } else {
        stdout::text(summary(&installed))?;
        stdout::line(format_args!("model {} is ready to run", model.name()))
    }
}

/// What lies where, one line for each package.
fn summary(installed: &[Installed]) -> String {
    installed
        .iter()
        .map(|package| {
            let outcome = match package.outcome {
                Outcome::Kept => "already there",
                Outcome::Installed => "installed",
            };
            let megabytes = package.files.iter().map(|file| file.bytes).sum::<u64>() as f64 / 1e6;
            let main = package
                .files
                .last()
                .map(|file| file.path.display().to_string())
                .unwrap_or_default();
            format!(
                "{} {}: {outcome}, {megabytes:.1} MB\n  {main}\n",
                package.title, package.version
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        setup: SetupArgs,
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn pip_is_a_command_with_arguments() {
        let cli = Cli::parse_from(["setup", "--pip", "python3.12 -m pip"]);
        assert_eq!(cli.setup.pip, PipCommand::new("python3.12", ["-m", "pip"]));
        assert_eq!(Cli::parse_from(["setup"]).setup.pip, PipCommand::default());
        assert!(Cli::try_parse_from(["setup", "--pip", ""]).is_err());
    }
}
