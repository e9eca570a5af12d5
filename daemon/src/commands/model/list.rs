//! `medicosamd model list`.

use super::{CommandError, Place, VerbOutput};
use crate::model::{KNOWN_MODELS, ListedModel, installed_models};
use serde_json::{Value, json};

pub fn run(place: &Place<'_>) -> Result<VerbOutput, CommandError> {
    let installed = installed_models(place.models)?;
    let mut text = String::new();
    let mut values = Vec::new();
    for ListedModel { name, model } in &installed {
        match model {
            Ok(model) => {
                let (family, architecture) = (model.family().name(), model.architecture());
                text.push_str(&format!(
                    "{name:<18} installed: {architecture}, family {family}\n"
                ));
                values.push(json!({
                    "name": name,
                    "state": "installed",
                    "family": family,
                    "architecture": architecture,
                }));
            }
            Err(error) => {
                text.push_str(&format!("{name:<18} unusable: {error}\n"));
                values.push(json!({
                    "name": name,
                    "state": error.code(),
                    "problem": error.to_string(),
                }));
            }
        }
    }
    for known in &KNOWN_MODELS {
        if !installed.iter().any(|model| model.name == known.name) {
            text.push_str(&format!(
                "{:<18} not installed: {} (licence: {})\n",
                known.name,
                known.summary,
                known.licence_text()
            ));
            values.push(json!({
                "name": known.name,
                "state": "known",
                "family": known.family.name(),
                "summary": known.summary,
                "licence": known.licence,
            }));
        }
    }
    let value = Value::Array(values);
    Ok(VerbOutput { text, value })
}
