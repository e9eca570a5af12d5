//! From the weights of a checkpoint to the files of a model.

use super::error::InstallError;
use crate::model::checkpoint::Checkpoint;
use crate::model::family::Family;
use crate::model::graph::{Encoder, Form, PatchEmbedding, PromptDecoder, TinyVitShape};
use crate::model::installed::installed_model::{DECODER, ENCODER, ENCODER_CPU, ENCODER_F16};
use crate::model::onnx::Model;
use crate::model::progress::{Progress, Watch};
use std::path::Path;

/// Writes the graphs of a checkpoint into a folder, and returns its encoder. Each graph is dropped
/// before the next one is made.
pub fn convert(
    checkpoint: &mut Checkpoint,
    folder: &Path,
    watch: Watch<'_>,
) -> Result<Encoder, InstallError> {
    let encoder = Encoder::infer(checkpoint)?;
    let decoder = PromptDecoder {
        sizes: encoder.sizes(),
    };
    // The decoder first: a checkpoint that lacks one is refused before minutes of work.
    watch(Progress::Writing { file: DECODER });
    write(decoder.build(checkpoint)?, folder, DECODER)?;
    for (file, form) in [
        (ENCODER, Form::F32),
        (ENCODER_CPU, Form::Kernels),
        (ENCODER_F16, Form::F16),
    ] {
        watch(Progress::Writing { file });
        write(encoder.build(checkpoint, form)?, folder, file)?;
    }
    Ok(encoder)
}

/// The family that an encoder most likely belongs to. MedSAM has the tensors of SAM, which do not
/// tell them apart.
pub fn usual_family(encoder: &Encoder) -> Family {
    match encoder {
        Encoder::TinyVit(TinyVitShape {
            embedding: PatchEmbedding::FullResolution,
            ..
        }) => Family::LiteMedSam,
        Encoder::TinyVit(_) | Encoder::Vit(_) => Family::Sam,
    }
}

fn write(model: Model, folder: &Path, name: &str) -> Result<(), InstallError> {
    match model.save(folder, name) {
        Ok(_) => Ok(()),
        Err(error) => Err(InstallError::write(&folder.join(name), error)),
    }
}
