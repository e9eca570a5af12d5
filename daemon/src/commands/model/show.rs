//! `medicosamd model show`.

use super::{CommandError, Place, VerbOutput};
use crate::model::{InstalledModel, KnownModel, Origin, Source};
use serde_json::{Value, json};

pub fn run(place: &Place<'_>, name: &str) -> Result<VerbOutput, CommandError> {
    Ok(report(&InstalledModel::open(place.models, name)?))
}

/// Everything there is to know about a model.
pub fn report(model: &InstalledModel) -> VerbOutput {
    let value = json!({
        "name": model.name(),
        "family": model.family().name(),
        "architecture": model.architecture(),
        "sizes": model.sizes(),
        "hash": model.hash(),
        "source": model.source(),
        "folder": model.folder(),
        "encoder": model.encoder(),
        "encoder_cpu": model.encoder_cpu(),
        "encoder_f16": model.encoder_f16(),
        "decoder": model.decoder(),
        "interface": model.interface(),
        "files": model.files(),
        "understands": model.understands(),
        "known": model.known().map(known_value),
    });
    VerbOutput {
        text: text(model),
        value,
    }
}

/// The description for people.
fn text(model: &InstalledModel) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        text.push_str(&format!("{key:<12}{value}\n"));
    };
    line("name", &model.name());
    line("family", &model.family().name());
    line("encoder is", &model.architecture());
    match model.source() {
        Source::Checkpoint {
            path, fingerprint, ..
        } => {
            line("checkpoint", &path.display());
            line("", &format!("SHA-256 {}", fingerprint.sha256));
            line("", &format!("XXH128 {}", fingerprint.xxh128));
        }
        Source::Onnx { encoder, decoder } => {
            line("made from", &encoder.display());
            line("", &decoder.display());
        }
    }
    line("encoder", &model.encoder().display());
    if let Some(own) = model.encoder_cpu() {
        line(
            "",
            &format!(
                "{} (in our own operators, for the processor)",
                own.display()
            ),
        );
    }
    if let Some(half) = model.encoder_f16() {
        line("", &format!("{} (half precision)", half.display()));
    }
    line("decoder", &model.decoder().display());
    if let Some(known) = model.known() {
        line("published as", &format!(" {}", known.summary));
        line("licence", &known.licence_text());
        match known.origin {
            Origin::Embedded => {
                line("carried", &"in this program");
                line("made from", &known.homepage);
            }
            Origin::Web(_) | Origin::Wheel(_) => line("about", &known.homepage),
        }
    }
    line("understands", &model.understands());
    text
}

fn known_value(known: &KnownModel) -> Value {
    json!({
        "name": known.name,
        "summary": known.summary,
        "licence": known.licence,
        "homepage": known.homepage,
        "carried": known.origin == Origin::Embedded,
    })
}
