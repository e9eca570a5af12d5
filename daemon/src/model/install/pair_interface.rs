//! The inputs and outputs of two graphs that were made elsewhere.

use super::error::PairError;
use crate::model::family::Family;
use crate::model::interface::{DecoderInterface, EncoderInterface, ImageForm, Interface};
use crate::model::onnx::{GraphFile, Port};
use crate::model::sizes::Sizes;
use medicosam_shared::understands::Understands;
use std::path::Path;

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
pub const MASKS: usize = 4;

/// The names of the inputs and outputs of both graphs, and the sizes of their tensors.
pub fn understand(
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
