//! `medicosamd model verify`.

use super::{CommandError, Place};
use crate::commands::runtime;
use crate::commands::stdout;
use crate::model::{
    InstalledModel, LEAST_DICE, Progress, Runtime, Source, Trial, installed_models, try_model,
};
use crate::setup::{self, ProgressPrinter};
use clap::Args;
use serde_json::{Value, json};

/// What helps where the files are in order and the masks are not.
const REMEDY: &str = "Install the model again (`medicosamd model pull` or `model import`) from a checkpoint that is in order.";

/// Read the files of models, compare them with their manifests, and let each segment a picture
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Their names [default: all that are installed]
    names: Vec<String>,

    /// Only read the files
    #[arg(long)]
    no_run: bool,
}

/// Checks all models before it fails, so that one run shows all problems.
pub fn run(place: &Place<'_>, args: &VerifyArgs, as_json: bool) -> Result<(), CommandError> {
    let names = match args.names.as_slice() {
        [] => installed_models(place.models)?
            .into_iter()
            .map(|listed| listed.name)
            .collect(),
        names => names.to_vec(),
    };
    let has_runtime = setup::runtime_library(place.data).is_some();
    let runtime = match args.no_run || !has_runtime {
        true => None,
        false => Some(runtime::load(place.data, None)?),
    };
    let mut printer = ProgressPrinter::stderr();
    let mut values = Vec::new();
    let mut first_problem = None;
    for name in &names {
        let result = verify(place, name, runtime.as_ref(), &mut printer);
        printer.finish();
        let (text, value) = match &result {
            Ok(Some(Trial { dice, .. })) => (
                format!("in order, and it segments (a drawn square with Dice {dice:.2})"),
                Value::Null,
            ),
            Ok(None) => ("in order (not run)".to_owned(), Value::Null),
            Err(error) => (error.fault().message.clone(), json!(error.fault())),
        };
        if !as_json {
            stdout::line(format_args!("{name:<16} {text}"))?;
        }
        values.push(json!({
            "name": name,
            "ok": result.is_ok(),
            "run": matches!(result, Ok(Some(_))),
            "dice": result.as_ref().ok().and_then(|trial| Some(trial.as_ref()?.dice)),
            "error": value,
        }));
        first_problem = first_problem.or(result.err());
    }
    if as_json {
        stdout::line(Value::Array(values))?;
    } else if !args.no_run && !has_runtime {
        stdout::line("ONNX Runtime is not installed: the models were read, but not run.")?;
    }
    match first_problem {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

fn verify(
    place: &Place<'_>,
    name: &str,
    runtime: Option<&Runtime>,
    printer: &mut ProgressPrinter<std::io::Stderr>,
) -> Result<Option<Trial>, CommandError> {
    let model = InstalledModel::open(place.models, name)?;
    let mut watch = |progress: Progress| printer.show_line(|| format!("{name}: {progress}"));
    model.verify(&mut watch)?;
    let Some(runtime) = runtime else {
        return Ok(None);
    };
    watch(Progress::Trying);
    let trial = try_model(&model, runtime).map_err(|e| CommandError::new(e.code(), &e, REMEDY))?;
    // Weights of one's own may be trained for something that a drawn square is not.
    let is_known = matches!(model.source(), Source::Checkpoint { known: Some(_), .. });
    if is_known && trial.dice < LEAST_DICE {
        return Err(CommandError::new(
            "model-trial-failed",
            format!(
                "model {name} finds a bright square in the dark with a Dice coefficient of {:.2} \
                 instead of at least {LEAST_DICE}",
                trial.dice
            ),
            REMEDY,
        ));
    }
    Ok(Some(trial))
}
