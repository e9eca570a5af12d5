//! Models whose graphs were made elsewhere: an encoder and a decoder in SAM's ONNX interface.
//!
//! The decoder is the one that SAM's `scripts/export_onnx_model.py` writes, and everybody after it.
//! For the encoder there are two customs, which `samexporter` both knows: a prepared slice
//! (1, 3, S, S), or colours (H, W, 3) that the graph normalises and pads itself.

use super::describe::write_manifest;
use super::error::{InstallError, PairError};
use super::staging::Locked;
use super::trial::try_model;
use crate::model::family::Family;
use crate::model::installed::installed_model::{
    DECODER, ENCODER, InstalledModel, MANIFEST, check_name,
};
use crate::model::installed::manifest::{Manifest, Source};
use crate::model::interface::{DecoderInterface, EncoderInterface, ImageForm, Interface};
use crate::model::onnx::{GraphFile, Port};
use crate::model::progress::{Progress, Watch};
use crate::model::run::runtime::Runtime;
use crate::model::sizes::Sizes;
use medicosam_shared::understands::Understands;
use std::path::{Path, PathBuf};

/// Two graphs, and what to install them as.
#[derive(Debug, Clone, Copy)]
pub struct PairRequest<'a> {
    /// The encoder.
    pub encoder: &'a Path,
    /// The decoder.
    pub decoder: &'a Path,
    /// Name of the model.
    pub name: &'a str,
    /// Which kind of model it is: how slices are prepared.
    pub family: Family,
    /// Width and height of the encoder's input, where the graph leaves it open.
    pub input: Option<u32>,
    /// The kinds of prompt it was trained on; if `None`, those usual for its family.
    pub understands: Option<Understands>,
}

/// SAM's embedding, where a graph leaves its shape open.
const USUAL_EMBEDDING: [usize; 3] = [256, 64, 64];
/// Masks of a SAM decoder.
const MASKS: usize = 4;

/// Copies two graphs into the model `request.name`, after they have segmented a test picture.
pub fn install_pair(
    request: &PairRequest<'_>,
    runtime: &Runtime,
    models: &Path,
    watch: Watch<'_>,
) -> Result<InstalledModel, InstallError> {
    check_name(request.name)?;
    let encoder = read(request.encoder)?;
    let decoder = read(request.decoder)?;
    let (interface, sizes) = understand(request, &encoder, &decoder)?;

    let locked = Locked::wait(models)?;
    let staged = locked.stage()?;
    let mut copied = Vec::new();
    for (path, graph, name) in [
        (request.encoder, &encoder, ENCODER),
        (request.decoder, &decoder, DECODER),
    ] {
        copy(path, &staged.path().join(name), watch)?;
        copy_weights(path, graph, staged.path(), &mut copied, watch)?;
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let source = Source::Onnx {
        encoder: absolute(request.encoder),
        decoder: absolute(request.decoder),
    };
    let architecture = format!("graphs made elsewhere, {0} × {0}", sizes.input);
    let (name, family) = (request.name, request.family);
    let mut manifest = Manifest::new(name, family, sizes, architecture, source, interface);
    manifest.understands = request.understands;
    let manifest = write_manifest(manifest, staged.path(), watch)?;

    watch(Progress::Trying);
    let trial = InstalledModel::new(staged.path().to_owned(), manifest.clone());
    let masks = try_model(&trial, runtime)?;
    if masks != MASKS {
        return Err(InstallError::Pair(PairError::Masks {
            path: request.decoder.to_owned(),
            found: masks,
        }));
    }
    let folder = locked.publish(staged, name)?;
    Ok(InstalledModel::new(folder, manifest))
}

fn read(path: &Path) -> Result<GraphFile, PairError> {
    GraphFile::read(path).map_err(|error| PairError::Unreadable {
        path: path.to_owned(),
        error,
    })
}

/// Finds out what the graphs call things, and how large their tensors are.
fn understand(
    request: &PairRequest<'_>,
    encoder: &GraphFile,
    decoder: &GraphFile,
) -> Result<(Interface, Sizes), PairError> {
    let decoder_ports = decoder_interface(decoder).map_err(|what| PairError::Interface {
        path: request.decoder.to_owned(),
        what,
    })?;
    let wrong_encoder = |what| PairError::Interface {
        path: request.encoder.to_owned(),
        what,
    };
    let (encoder_ports, said) = encoder_interface(encoder, request).map_err(wrong_encoder)?;
    let shapes = [
        (&encoder.outputs, &encoder_ports.embeddings),
        (&decoder.inputs, &decoder_ports.embeddings),
    ]
    .map(|(ports, name)| find(ports, name).map_or(&[][..], |port| &port.shape));
    let axis = |axis: usize| {
        let said = shapes.iter().find_map(|shape| *shape.get(axis + 1)?);
        said.unwrap_or(USUAL_EMBEDDING[axis])
    };
    let embedding = [axis(0), axis(1), axis(2)];
    for shape in shapes {
        let fits = |(axis, &length): (usize, &Option<usize>)| {
            length.is_none_or(|length| length == embedding[axis])
        };
        if !shape.iter().skip(1).enumerate().all(fits) || embedding[1] != embedding[2] {
            return Err(wrong_encoder(format!(
                "it gives embeddings {}, but the decoder takes {}",
                text(shapes[0]),
                text(shapes[1])
            )));
        }
    }
    if let Some(Some(found)) = find(&decoder.outputs, &decoder_ports.masks)
        .and_then(|port| port.shape.get(1))
        .filter(|&&masks| masks.is_some_and(|masks| masks != MASKS))
    {
        return Err(PairError::Masks {
            path: request.decoder.to_owned(),
            found: *found,
        });
    }
    let small = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let grid = small(embedding[1]);
    let sizes = Sizes {
        // A graph that pads colours of any size to its own does not tell that size, and would crop
        // a larger slice.
        input: said.unwrap_or_else(|| grid.saturating_mul(request.family.usual_stride())),
        channels: small(embedding[0]),
        grid,
    };
    let interface = Interface {
        encoder: encoder_ports,
        decoder: decoder_ports,
    };
    Ok((interface, sizes))
}

fn find<'g>(ports: &'g [Port], name: &str) -> Option<&'g Port> {
    ports.iter().find(|port| port.name == name)
}

fn encoder_interface(
    graph: &GraphFile,
    request: &PairRequest<'_>,
) -> Result<(EncoderInterface, Option<u32>), String> {
    let ([image], [embeddings, ..]) = (&graph.inputs[..], &graph.outputs[..]) else {
        return Err(format!(
            "an encoder has one input, the picture, and an output; this one has the inputs {} and \
             the outputs {}",
            list(&graph.inputs),
            list(&graph.outputs)
        ));
    };
    if !image.is_f32() || !embeddings.is_f32() {
        return Err(format!(
            "its input {} and output {} must be 32-bit floats; export it in float32",
            image.name, embeddings.name
        ));
    }
    let (form, sides) = image_form(image)?;
    if form == ImageForm::Colours && !request.family.takes_colours() {
        return Err(format!(
            "it normalises colours itself, as SAM does, which the family {} does not want; export \
             it without preprocessing",
            request.family.name()
        ));
    }
    let said = sides.into_iter().flatten().next();
    let said = said.and_then(|side| u32::try_from(side).ok());
    if let (Some(said), Some(asked)) = (said, request.input)
        && said != asked
    {
        return Err(format!(
            "it takes {said} × {said} pixels, and not {asked} × {asked}"
        ));
    }
    let input = said.or(request.input);
    if let (Some(height), Some(width)) = (sides[0], sides[1])
        && height != width
    {
        return Err(format!(
            "it takes pictures {} that are not square",
            text(&image.shape)
        ));
    }
    let interface = EncoderInterface {
        image: image.name.clone(),
        form,
        batch: form == ImageForm::Prepared && image.shape[0].is_none(),
        embeddings: embeddings.name.clone(),
    };
    Ok((interface, input))
}

/// The form of an encoder's input, and its height and width where the graph fixes them.
fn image_form(image: &Port) -> Result<(ImageForm, [Option<usize>; 2]), String> {
    match image.shape[..] {
        [_, Some(3) | None, height, width] => Ok((ImageForm::Prepared, [height, width])),
        [height, width, Some(3) | None] => Ok((ImageForm::Colours, [height, width])),
        _ => Err(format!(
            "its input {} has the shape {}; expected (1, 3, size, size), or (height, width, 3) as \
             samexporter --use-preprocess makes it",
            image.name,
            text(&image.shape)
        )),
    }
}

fn decoder_interface(graph: &GraphFile) -> Result<DecoderInterface, String> {
    let own = Interface::own().decoder;
    let input = |name: &str| -> Result<String, String> {
        let port = find(&graph.inputs, name).ok_or_else(|| {
            format!(
                "it has no input {name}; its inputs are {}. Expected SAM's own export",
                list(&graph.inputs)
            )
        })?;
        match port.is_f32() {
            true => Ok(port.name.clone()),
            false => Err(format!(
                "its input {name} must be 32-bit floats; export it in float32"
            )),
        }
    };
    let output = |name: &str| -> Result<String, String> {
        let port = find(&graph.outputs, name).filter(|port| port.is_f32());
        let port = port.ok_or_else(|| {
            format!(
                "it has no output {name} of 32-bit floats; its outputs are {}. Expected SAM's own \
                 export, with low-resolution logits",
                list(&graph.outputs)
            )
        })?;
        Ok(port.name.clone())
    };
    const ORIGINAL_SIZE: &str = "orig_im_size";
    let interface = DecoderInterface {
        embeddings: input(&own.embeddings)?,
        coords: input(&own.coords)?,
        labels: input(&own.labels)?,
        mask: input(&own.mask)?,
        has_mask: input(&own.has_mask)?,
        original_size: match find(&graph.inputs, ORIGINAL_SIZE) {
            Some(_) => Some(input(ORIGINAL_SIZE)?),
            None => None,
        },
        masks: output(&own.masks)?,
        iou: output(&own.iou)?,
    };
    let known = 5 + usize::from(interface.original_size.is_some());
    match graph.inputs.len() == known {
        true => Ok(interface),
        false => Err(format!(
            "it has inputs that SAM's own export does not have: {}",
            list(&graph.inputs)
        )),
    }
}

fn list(ports: &[Port]) -> String {
    let all: Vec<_> = ports
        .iter()
        .map(|port| format!("{} {}", port.name, text(&port.shape)))
        .collect();
    match all.is_empty() {
        true => "none".to_owned(),
        false => all.join(", "),
    }
}

fn text(shape: &[Option<usize>]) -> String {
    let axes: Vec<_> = shape
        .iter()
        .map(|axis| axis.map_or_else(|| "?".to_owned(), |length| length.to_string()))
        .collect();
    format!("({})", axes.join(", "))
}

fn copy(from: &Path, to: &Path, watch: Watch<'_>) -> Result<(), InstallError> {
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    watch(Progress::Copying {
        file: name.into_owned(),
    });
    match std::fs::copy(from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(InstallError::write(to, error)),
    }
}

/// Copies the files that hold a graph's weights; they must lie beside it, and keep their names. The
/// graphs may share one: `copied` are those that are there already.
fn copy_weights(
    graph: &Path,
    description: &GraphFile,
    folder: &Path,
    copied: &mut Vec<PathBuf>,
    watch: Watch<'_>,
) -> Result<(), InstallError> {
    for file in &description.external {
        let refused = |what: String| PairError::Weights {
            path: graph.to_owned(),
            file: file.clone(),
            what,
        };
        if Path::new(file)
            .file_name()
            .is_none_or(|name| name != file.as_str())
        {
            let what = "is not the plain name of a file beside it; save the model again with its \
                        weights in one file beside it";
            return Err(refused(what.to_owned()).into());
        }
        let (from, to) = (graph.with_file_name(file), folder.join(file));
        if copied.contains(&from) {
            continue;
        }
        if [ENCODER, DECODER, MANIFEST].contains(&file.as_str()) || to.exists() {
            let what = "is a name that another file of the model has; rename it with the graph";
            return Err(refused(what.to_owned()).into());
        }
        if !from.is_file() {
            return Err(refused("is not there".to_owned()).into());
        }
        copy(&from, &to, watch)?;
        copied.push(from);
    }
    Ok(())
}
