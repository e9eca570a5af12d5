//! `medicosamd model import`.

use super::{CommandError, Place, VerbOutput, show};
use crate::commands::runtime;
use crate::data_folder::models_folder;
use crate::model::checkpoint::Checkpoint;
use crate::model::graph::Encoder;
use crate::model::{
    DEFAULT_MODEL, Family, Fingerprint, InstallRequest, InstalledModel, KnownModel, Origin,
    PairRequest, embedded, fingerprint, install_fingerprinted, install_pair, known_checkpoint,
    known_model, known_names, usual_family,
};
use crate::setup::{self, ProgressPrinter};
use clap::Args;
use medicosam_shared::understands::Understands;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Turn a checkpoint, or a pair of ONNX graphs, into a model
///
/// Checkpoints are what torch.save wrote (a state_dict, alone or in a trainer's file under
/// model_state, model or state_dict) and safetensors files: MedicoSAM, SAM ViT-B, L and H, MedSAM,
/// LiteMedSAM, MobileSAM, and models fine-tuned from them. Nothing in them is run as code.
/// Published files are recognised by their digest.
///
/// MedSAM has the same tensors as SAM but wants slices prepared in another way, which no file says:
/// import it with --family medsam.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ImportArgs {
    /// The checkpoint [default: that of the model NAME, if it was pulled, else of the default model]
    #[arg(conflicts_with_all = ["encoder", "decoder"])]
    checkpoint: Option<PathBuf>,

    /// Name of the model [default: that of the published model, else from the file's name]
    #[arg(long)]
    name: Option<String>,

    /// How slices are prepared [default: that of the published model, else by the architecture]
    #[arg(long, value_enum)]
    family: Option<FamilyName>,

    /// An encoder that was exported elsewhere: (1, 3, S, S) prepared slices, or (H, W, 3) colours as
    /// samexporter --use-preprocess makes it
    #[arg(long, value_name = "FILE", requires_all = ["decoder", "name"])]
    encoder: Option<PathBuf>,

    /// The decoder that belongs to it, in the interface of SAM's own export, with all four masks
    #[arg(long, value_name = "FILE", requires_all = ["encoder", "name"])]
    decoder: Option<PathBuf>,

    /// Width and height of the encoder's input, where the graph leaves it open
    #[arg(long, value_name = "PIXELS", requires = "encoder", value_parser = clap::value_parser!(u32).range(16..=8192))]
    size: Option<u32>,

    /// The prompts it was trained on, separated by commas [default: as its authors say, else as usual
    /// for its family]. The client offers no others
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PROMPTS")]
    understands: Vec<Trained>,
}

/// Prompts as they are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Trained {
    /// Boxes
    Boxes,
    /// Points
    Points,
    /// Masks to correct
    Masks,
    /// Several masks to choose from
    Several,
}

/// The typed value, if any.
fn understands(typed: &[Trained]) -> Option<Understands> {
    (!typed.is_empty()).then(|| Understands {
        boxes: typed.contains(&Trained::Boxes),
        points: typed.contains(&Trained::Points),
        masks: typed.contains(&Trained::Masks),
        several: typed.contains(&Trained::Several),
    })
}

/// Families as they are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FamilyName {
    /// SAM, MedicoSAM, MobileSAM and models fine-tuned from them: as micro_sam prepares slices
    Sam,
    /// MedSAM: squeezed to a square, values from 0 to 1
    Medsam,
    /// LiteMedSAM: 256 pixels, values from 0 to 1
    Litemedsam,
}

impl From<FamilyName> for Family {
    fn from(name: FamilyName) -> Self {
        match name {
            FamilyName::Sam => Family::Sam,
            FamilyName::Medsam => Family::MedSam,
            FamilyName::Litemedsam => Family::LiteMedSam,
        }
    }
}

pub fn run(place: &Place<'_>, args: &ImportArgs) -> Result<VerbOutput, CommandError> {
    let mut printer = ProgressPrinter::stderr();
    let result = match (&args.encoder, &args.decoder, &args.name) {
        (Some(encoder), Some(decoder), Some(name)) => {
            let request = PairRequest {
                encoder,
                decoder,
                name,
                family: args.family.map_or(Family::Sam, Family::from),
                input: args.size,
                understands: understands(&args.understands),
            };
            import_pair(place, &request, &mut printer)
        }
        _ => import_checkpoint(place, args, &mut printer),
    };
    printer.finish();
    result
}

fn import_pair(
    place: &Place<'_>,
    request: &PairRequest<'_>,
    printer: &mut ProgressPrinter<std::io::Stderr>,
) -> Result<VerbOutput, CommandError> {
    let runtime = runtime::load(place.data, None)?;
    let model = install_pair(request, &runtime, place.models, &mut |progress| {
        printer.show_line(|| progress.to_string());
    })?;
    let mut report = show::report(&model);
    report.text.insert_str(
        0,
        "The graphs segmented a test picture, and were copied as they are.\n",
    );
    Ok(report)
}

fn import_checkpoint(
    place: &Place<'_>,
    args: &ImportArgs,
    printer: &mut ProgressPrinter<std::io::Stderr>,
) -> Result<VerbOutput, CommandError> {
    let path = match &args.checkpoint {
        Some(path) => path.clone(),
        None => checkpoint(place.data, args.name.as_deref().unwrap_or(DEFAULT_MODEL))?,
    };
    let mut watch = |progress: crate::model::Progress| printer.show_line(|| progress.to_string());
    // A file that is no checkpoint is refused before gigabytes are read.
    let encoder = Encoder::infer(&Checkpoint::open(&path).map_err(install_error)?)
        .map_err(|e| CommandError::new(e.code(), &e, ""))?;
    let file = fingerprint(&path, &mut watch)?;
    let asked = args.family.map(Family::from);
    let choice = Choice::new(&path, &file, args.name.as_deref(), asked, &encoder)?;
    let request = InstallRequest {
        understands: understands(&args.understands),
        ..choice.request()
    };
    let model = install_fingerprinted(&path, file, &request, place.models, &mut watch)?;
    let mut report = show::report(&model);
    report
        .text
        .insert_str(0, &format!("{}\n", choice.explanation(&encoder)));
    report.value["recognised"] = json!(choice.known.map(|known| known.name));
    Ok(report)
}

/// Name and family that a checkpoint is installed under.
struct Choice {
    name: String,
    family: Family,
    /// The published model that the file is.
    known: Option<&'static KnownModel>,
    /// Whether a person said the family.
    family_said: bool,
}

impl Choice {
    fn new(
        path: &Path,
        file: &Fingerprint,
        name: Option<&str>,
        family: Option<Family>,
        encoder: &Encoder,
    ) -> Result<Self, CommandError> {
        let known = known_checkpoint(file);
        if let (Some(known), Some(asked)) = (known, family)
            && known.family != asked
        {
            return Err(CommandError::new(
                "model-family",
                format!(
                    "{} is the published {}, which is of the family {} and not {}",
                    path.display(),
                    known.name,
                    known.family.name(),
                    asked.name()
                ),
                "Leave --family out.",
            ));
        }
        let name = name.map_or_else(
            || known.map_or_else(|| slug(path), |known| known.name.to_owned()),
            str::to_owned,
        );
        if name.is_empty() {
            return Err(CommandError::new(
                "model-name-missing",
                format!("{} has no name that a model could have", path.display()),
                "Name the model with --name.",
            ));
        }
        Ok(Choice {
            name,
            family: known
                .map(|known| known.family)
                .or(family)
                .unwrap_or_else(|| usual_family(encoder)),
            known,
            family_said: family.is_some(),
        })
    }

    /// Names of published models are kept for the published files.
    fn request(&self) -> InstallRequest<'_> {
        InstallRequest {
            name: &self.name,
            family: self.family,
            checksum: known_model(&self.name).map(|known| known.checksum),
            understands: None,
        }
    }

    fn explanation(&self, encoder: &Encoder) -> String {
        if let Some(known) = self.known {
            return format!("Recognised by its digest: {}.", known.summary);
        }
        let mut text = format!(
            "Recognised by its tensors: {}. It is not one of the published files.",
            encoder.summary()
        );
        if !self.family_said && self.family == Family::Sam {
            text.push_str(
                "\nSlices are prepared as for SAM and MedicoSAM. If this is MedSAM, whose tensors \
                 are the same, import it with --family medsam.",
            );
        }
        text
    }
}

/// A model's name from a file's: lower case, with '-' in place of other characters.
fn slug(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let fits =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let name: String = stem
        .to_lowercase()
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(64)
        .collect();
    name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned()
}

/// The checkpoint of a known model: carried by this program, or in the data folder.
fn checkpoint(data: &Path, name: &str) -> Result<PathBuf, CommandError> {
    let known = known_model(name).ok_or_else(|| {
        CommandError::new(
            "model-unknown",
            format!("no checkpoint is named, and {name:?} is not a known model"),
            format!("Known models: {}.", known_names()),
        )
    })?;
    let folder = setup::checkpoints(data);
    if known.origin == Origin::Embedded {
        return embedded::put_into(&folder).map_err(|error| {
            let message = format!("cannot write {name} into {}: {error}", folder.display());
            CommandError::new("checkpoint-not-written", message, "")
        });
    }
    let path = folder.join(known.file);
    if path.is_file() {
        return Ok(path);
    }
    let message = format!("there is no checkpoint of {name} in {}", folder.display());
    let hint = format!("Run `medicosamd model pull {name}`, or name a checkpoint.");
    Err(CommandError::new("checkpoint-missing", message, hint))
}

/// Installs the default model.
pub fn default_model(data: &Path) -> Result<InstalledModel, CommandError> {
    let file = checkpoint(data, DEFAULT_MODEL)?;
    let known = known_model(DEFAULT_MODEL).map(InstallRequest::from);
    let request = known.ok_or_else(|| CommandError::new("model-unknown", DEFAULT_MODEL, ""))?;
    let models = models_folder(data);
    Ok(crate::model::install(&file, &request, &models)?)
}

fn install_error(error: crate::model::checkpoint::CheckpointError) -> CommandError {
    CommandError::new(error.code(), &error, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_files_in_the_form_that_models_have() {
        for (path, name) in [
            ("/a/sam_vit_b_01ec64.pth", "sam_vit_b_01ec64"),
            ("My Model (v2).pt", "my-model--v2-"),
            (".hidden.pt", "hidden"),
            ("Ärzte.pt", "rzte"),
            ("---.pt", ""),
        ] {
            assert_eq!(slug(Path::new(path)), name);
            assert!(name.is_empty() || crate::model::check_name(name).is_ok());
        }
    }
}
