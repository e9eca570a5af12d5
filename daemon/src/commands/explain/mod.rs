//! `medicosamd explain`: what would happen to a file, without doing it.

mod describe;
mod explanation;

use super::Places;
use super::error::CommandError;
use crate::commands::stdout;
use crate::config::{Config, Root};
use crate::plan::{self, Disk, is_label_map_of_a_sidecar};
use crate::scan::{Source, Volume};
use crate::watch::{Kind, kind_of};
use clap::Args;
use describe::describe;
use explanation::Explanation;
use medicosam_shared::case::Fault;
use medicosam_shared::window::Range;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Show what would happen to a scan: its profile and why not another, its prompts in voxels, the slices that are embedded
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A scan in a watched folder
    #[arg(value_name = "PATH")]
    path: PathBuf,

    #[command(flatten)]
    places: Places,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints it.
pub fn run(args: &ExplainArgs) -> Result<(), CommandError> {
    let explained = args.places.load().and_then(|config| {
        let path = std::path::absolute(&args.path).unwrap_or_else(|_| args.path.clone());
        let explanation = explain(&config, &path)?;
        if args.json {
            let mut value = serde_json::to_value(&explanation).unwrap_or_default();
            value["ok"] = true.into();
            stdout::line(value)
        } else {
            stdout::text(describe(&explanation))
        }
    });
    if args.json
        && let Err(error) = &explained
    {
        stdout::line(json!({ "ok": false, "error": error.fault() }))?;
    }
    explained
}

fn explain<'a>(config: &'a Config, path: &Path) -> Result<Explanation<'a>, CommandError> {
    let root = root_of(config, path)?;
    let reader = Disk::new(config);
    let source = Source::find(path)
        .map_err(|error| CommandError::new(error.code(), &error, error.hint()))?;
    let plan = plan::plan(config, root, &source, &reader);
    let first = plan.first.map_err(of_fault)?;
    let range = match Range::of(first.segmenting.window) {
        Some(range) => range,
        None => {
            let loaded = Volume::read(&first.source)
                .map_err(|error| CommandError::new(error.code(), &error, error.hint()))?;
            loaded.volume.range(first.segmenting.window)
        }
    };
    Ok(Explanation::new(root, plan.arrival, first, range))
}

fn of_fault(fault: Fault) -> CommandError {
    CommandError::new(&fault.code, fault.message, &fault.hint)
}

/// The root of a scan; an error if the daemon would pass the file over.
fn root_of<'a>(config: &'a Config, path: &Path) -> Result<&'a Root, CommandError> {
    let root = config.root_of(path).ok_or_else(|| {
        let roots = config.roots.iter();
        let roots: Vec<String> = roots.map(|r| r.path.display().to_string()).collect();
        CommandError::new(
            "not-in-a-root",
            format!(
                "{} lies in no watched folder; these are {}",
                path.display(),
                roots.join(", ")
            ),
            "Name a file in one of them, or add a [[root]].",
        )
    })?;
    match kind_of(path, root) {
        Some(Kind::Scan) if !is_label_map_of_a_sidecar(path, &root.path) => Ok(root),
        Some(Kind::Scan | Kind::Prompts) => Err(CommandError::new(
            "not-a-scan",
            format!("{} is no scan: prompts are read from it", path.display()),
            "Name the scan that it lies beside.",
        )),
        None => Err(CommandError::new(
            "not-a-scan",
            format!(
                "{} is passed over: by its name it is no scan",
                path.display()
            ),
            "Scans end in .nii or .nii.gz, or are pairs of .hdr and .img, pictures (with `pictures = true` under the [[root]]) in .png, .jpg or .tif; hidden files, unfinished ones and results are passed over.",
        )),
    }
}
