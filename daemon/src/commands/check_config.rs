//! `medicosamd check-config`: what a configuration means, and whether it would work.

use super::Places;
use super::error::CommandError;
use super::stdout;
use crate::config::{Config, Fallback, Object};
use crate::data_folder::{checkpoint, models_folder, runtime_library};
use crate::model::{InstalledModel, Origin, can_remake, known_model};
use clap::Args;
use serde_json::json;

/// Check a configuration without running anything
#[derive(Debug, Clone, Args)]
pub struct CheckConfigArgs {
    #[command(flatten)]
    places: Places,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Reads the configuration and looks at everything that it names.
pub fn run(args: &CheckConfigArgs) -> Result<(), CommandError> {
    let config = match args.places.load() {
        Ok(config) => config,
        Err(error) => {
            if args.json {
                stdout::line(json!({ "ok": false, "error": error.fault() }))?;
            }
            return Err(error);
        }
    };
    let problems = problems(&config);
    if args.json {
        stdout::line(json!({
            "ok": problems.is_empty(),
            "config": config.source,
            "data": config.data,
            "state": config.state,
            "socket": config.socket,
            "problems": problems,
        }))?;
    } else {
        stdout::text(describe(&config))?;
        for problem in &problems {
            stdout::text(format_args!("problem: {problem}\n"))?;
        }
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(CommandError::new(
            "config-problems",
            format!(
                "the configuration is well written, but {count} of the things it names would not work"
            ),
            "The problems are listed above; `medicosamd setup` fetches a missing runtime and installs the default model.",
        )),
    }
}

fn describe(config: &Config) -> String {
    let mut text = format!(
        "configuration  {}\ndata           {}\nstate          {}\nsocket         {}\nembeddings     {}, at most {:.1} GB\nworkers        {}\n",
        config.source.display(),
        config.data.display(),
        config.state.display(),
        config.socket.display(),
        config.cache.folder.display(),
        config.cache.max_bytes as f64 / 1e9,
        config.workers
    );
    for number in 1..=config.workers {
        let devices = config.devices.of_worker(number);
        let devices: Vec<String> = devices.iter().map(ToString::to_string).collect();
        text.push_str(&format!(
            "worker {number:<8}on {}, else {}\n",
            devices.join(", else "),
            match config.devices.fallback {
                Fallback::Pause => "it waits",
                Fallback::Cpu => "cpu",
                Fallback::Fail => "the daemon ends",
            }
        ));
    }
    for root in &config.roots {
        text.push_str(&format!(
            "root           {} → {} by profile {}, settled after {:?}, walked every {:?}\n",
            root.path.display(),
            root.output.display(),
            root.profiles.join(", else "),
            root.stable_for,
            root.scan_every
        ));
    }
    for profile in &config.profiles {
        let objects: Vec<String> = profile.objects.iter().map(describe_object).collect();
        text.push_str(&format!(
            "profile        {} with model {}: {}\n",
            profile.name,
            profile.model,
            if objects.is_empty() {
                "no objects, a person prompts".to_owned()
            } else {
                objects.join(", ")
            }
        ));
    }
    text
}

fn describe_object(object: &Object) -> String {
    match object.marks.is_empty() {
        true => format!("{} (no prompts of its own)", object.name),
        false => object.name.clone(),
    }
}

fn problems(config: &Config) -> Vec<String> {
    let mut problems = config.would_go_wrong();
    problems.extend(config.outputs_in_one_place());
    match runtime_library(config) {
        None => problems.push("ONNX Runtime is not installed".to_owned()),
        Some(library) if !library.is_file() => {
            problems.push(format!("the runtime {} is not there", library.display()));
        }
        Some(_) => {}
    }
    let mut models: Vec<&str> = config.profiles.iter().map(|p| p.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    for model in models {
        let models = models_folder(&config.data);
        let can_be_made = || {
            let fetched = || checkpoint(config, model);
            let embedded = known_model(model).map(|m| m.origin == Origin::Embedded);
            can_remake(&models, model)
                || embedded.is_some_and(|is| is || fetched().is_some_and(|c| c.is_file()))
        };
        if let Err(error) = InstalledModel::open(&models, model)
            && !can_be_made()
        {
            problems.push(error.to_string());
        }
    }
    problems
}
