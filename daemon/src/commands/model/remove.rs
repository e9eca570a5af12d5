//! `medicosamd model remove`.

use super::{CommandError, Place, VerbOutput};
use crate::config::Config;
use crate::model::{OpenError, check_name, remove};
use clap::Args;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Remove an installed model; its checkpoint stays
#[derive(Debug, Clone, Args)]
pub struct RemoveArgs {
    /// Its name
    name: String,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Remove it even if a profile of the configuration uses it
    #[arg(long)]
    force: bool,

    /// The configuration whose profiles count [default: the user's medicosam.toml, else
    /// /etc/medicosam/medicosam.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub fn run(place: &Place<'_>, args: &RemoveArgs) -> Result<VerbOutput, CommandError> {
    let name = &args.name;
    check_name(name)?;
    let folder = place.models.join(name);
    if !folder.is_dir() {
        return Err(CommandError::from(OpenError::NotInstalled {
            name: name.clone(),
            models: place.models.to_owned(),
        }));
    }
    if !args.force {
        check_use(place, args)?;
    }
    if !args.yes {
        confirm(&format!(
            "Remove the model {name} from {}?",
            folder.display()
        ))?;
    }
    remove(place.models, name)?;
    Ok(VerbOutput {
        text: format!("removed {name}\n"),
        value: json!({ "removed": name }),
    })
}

/// Fails if a profile uses the model. The usual configuration may be missing or broken;
/// one that was named may not.
fn check_use(place: &Place<'_>, args: &RemoveArgs) -> Result<(), CommandError> {
    let config = match &args.config {
        Some(path) => Config::load(path, place.data)?,
        None => match Config::load(&Config::default_path(), place.data) {
            Ok(config) => config,
            Err(_) => return Ok(()),
        },
    };
    let users = config.profiles.iter().filter(|p| p.model == args.name);
    let users: Vec<&str> = users.map(|profile| profile.name.as_str()).collect();
    if users.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(
        "model-in-use",
        format!(
            "the model {} is used by {} of {}",
            args.name,
            match users.as_slice() {
                [one] => format!("the profile {one}"),
                many => format!("the profiles {}", many.join(", ")),
            },
            config.source.display()
        ),
        "Give the profile another model first, or remove it anyway with --force.",
    ))
}

fn confirm(question: &str) -> Result<(), CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::new(
            "confirmation-needed",
            "cannot ask whether to remove it: this is not a terminal",
            "Say --yes.",
        ));
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stderr()
        .flush()
        .and_then(|()| std::io::stdin().read_line(&mut answer));
    match (read, answer.trim()) {
        (Ok(_), "y" | "Y" | "yes") => Ok(()),
        _ => Err(CommandError::new(
            "not-confirmed",
            "nothing was removed",
            "",
        )),
    }
}
