//! `medicosamd model`: the models that are installed.

use super::DataFolder;
use super::error::CommandError;
use crate::model::{
    InstallError, InstallRequest, InstalledModel, KNOWN_MODELS, ListedModel, OpenError, install,
    installed_models, known_model,
};
use crate::setup;
use crate::worker::models_folder;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// List, show and install models
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
    /// Turn a checkpoint into a model
    Import {
        /// The checkpoint; for a known model the one that setup fetched, if none is named
        checkpoint: Option<PathBuf>,
        /// Name of a known model
        #[arg(long, default_value = "litemedsam")]
        name: String,
    },
}

/// Runs `medicosamd model …`.
pub fn run(args: &ModelArgs) -> Result<(), CommandError> {
    let data = args.data.path();
    let models = models_folder(&data);
    let (text, value) = match &args.verb {
        ModelVerb::List => list(&models)?,
        ModelVerb::Show { name } => show(&InstalledModel::open(&models, name)?),
        ModelVerb::Import { checkpoint, name } => {
            show(&import(&data, checkpoint.as_deref(), name)?)
        }
    };
    if args.json {
        println!("{value}");
    } else {
        print!("{text}");
    }
    Ok(())
}

fn list(models: &Path) -> Result<(String, Value), CommandError> {
    let installed = installed_models(models)?;
    let mut text = String::new();
    let mut values = Vec::new();
    for ListedModel { name, model } in &installed {
        let (state, code) = match model {
            Ok(_) => ("installed".to_owned(), "installed"),
            Err(error) => (format!("unusable: {error}"), error.code()),
        };
        text.push_str(&format!("{name:<16} {state}\n"));
        values.push(json!({ "name": name, "state": code }));
    }
    for known in &KNOWN_MODELS {
        if !installed.iter().any(|model| model.name == known.name) {
            text.push_str(&format!(
                "{:<16} not installed: {} ({})\n",
                known.name, known.summary, known.licence
            ));
            values.push(json!({ "name": known.name, "state": "known" }));
        }
    }
    Ok((text, Value::Array(values)))
}

fn show(model: &InstalledModel) -> (String, Value) {
    let (encoder, decoder) = (model.encoder(), model.decoder());
    let mut text = format!(
        "name        {}\nfamily      {}\ncheckpoint  sha256 {}\nencoder     {}\ndecoder     {}\n",
        model.name(),
        model.family().name(),
        model.checkpoint_sha256(),
        encoder.display(),
        decoder.display()
    );
    if let Some(known) = known_model(model.name()) {
        text.push_str(&format!(
            "licence     {}\nabout       {}\n",
            known.licence, known.homepage
        ));
    }
    let value = json!({
        "name": model.name(),
        "family": model.family().name(),
        "hash": model.hash(),
        "checkpoint_sha256": model.checkpoint_sha256(),
        "encoder": encoder,
        "decoder": decoder,
    });
    (text, value)
}

/// Turns a checkpoint of a known model into an installed one.
pub(super) fn import(
    data: &Path,
    checkpoint: Option<&Path>,
    name: &str,
) -> Result<InstalledModel, CommandError> {
    let known = known_model(name).ok_or_else(|| {
        let names: Vec<&str> = KNOWN_MODELS.iter().map(|m| m.name).collect();
        CommandError::new(
            "model-unknown",
            format!("{name:?} is not a known model"),
            format!("Known models: {}.", names.join(", ")),
        )
    })?;
    let checkpoint = checkpoint
        .map(Path::to_owned)
        .or_else(|| setup::litemedsam_checkpoint(data))
        .ok_or_else(|| {
            CommandError::new(
                "checkpoint-missing",
                format!("there is no checkpoint of {name} in {}", data.display()),
                "Run `medicosamd setup`, or name a checkpoint.",
            )
        })?;
    Ok(install(
        &checkpoint,
        &InstallRequest::from(known),
        &models_folder(data),
    )?)
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
