//! Slices, as they are or as they come sooner over a slow line.

use super::{Client, ClientError, escape};
use crate::api::{SliceValues, slice_headers};
use crate::case::CaseId;
use crate::geometry::{Plane, SliceShape};
use crate::packed;
use hyper::Method;

/// How the values of a slice are sent.
#[derive(Debug, Clone, Copy)]
enum Sent {
    /// As they are.
    Raw,
    /// With its colours, if it has any.
    Colour,
    /// Packed, and reduced by so much along each side.
    Packed(u32),
    /// Likewise, with its colours, if it has any.
    PackedColour(u32),
}

impl Client {
    /// Values of one slice, in file order.
    pub async fn slice(
        &self,
        id: &CaseId,
        plane: Plane,
        index: u32,
    ) -> Result<SliceValues, ClientError> {
        self.slice_as(id, (plane, index), Sent::Raw).await
    }

    /// The same as it comes sooner over a slow line: packed, and reduced `by` along each side. A daemon
    /// that is too old for that sends all of it; its size tells.
    pub async fn slice_packed(
        &self,
        id: &CaseId,
        slice: (Plane, u32),
        by: u32,
    ) -> Result<SliceValues, ClientError> {
        match self.slice_as(id, slice, Sent::Packed(by)).await {
            Err(ClientError::Refused { status: 400, .. }) => {
                self.slice_as(id, slice, Sent::Raw).await
            }
            result => result,
        }
    }

    /// One slice of a picture, in file order, with its colours if it has any. A daemon that is too old
    /// for that sends their brightness.
    pub async fn coloured_slice(
        &self,
        id: &CaseId,
        plane: Plane,
        index: u32,
    ) -> Result<SliceValues, ClientError> {
        match self.slice_as(id, (plane, index), Sent::Colour).await {
            Err(ClientError::Refused { status: 400, .. }) => self.slice(id, plane, index).await,
            result => result,
        }
    }

    /// The same as it comes sooner over a slow line: packed, and reduced `by` along each side. A daemon
    /// that is too old for that sends all of it.
    pub async fn coloured_slice_packed(
        &self,
        id: &CaseId,
        (plane, index): (Plane, u32),
        by: u32,
    ) -> Result<SliceValues, ClientError> {
        let packed = Sent::PackedColour(by);
        match self.slice_as(id, (plane, index), packed).await {
            Err(ClientError::Refused { status: 400, .. }) => {
                self.coloured_slice(id, plane, index).await
            }
            result => result,
        }
    }

    async fn slice_as(
        &self,
        id: &CaseId,
        (plane, index): (Plane, u32),
        sent: Sent,
    ) -> Result<SliceValues, ClientError> {
        let query = match sent {
            Sent::Raw => String::new(),
            Sent::Colour => "?format=colour".to_owned(),
            Sent::Packed(by) => format!("?format=packed&reduce={by}"),
            Sent::PackedColour(by) => format!("?format=packed-colour&reduce={by}"),
        };
        let path = format!("/v1/cases/{}/slices/{plane}/{index}{query}", escape(&id.0));
        let reply = self.send(Method::GET, &path, None::<&()>).await?;
        let header = |name: &str| -> Option<String> {
            Some(
                reply
                    .response
                    .headers()
                    .get(name)?
                    .to_str()
                    .ok()?
                    .to_owned(),
            )
        };
        let nonsense = |found: String| ClientError::Nonsense {
            doing: format!("GET {path}"),
            found,
        };
        let number = |name: &str| header(name).and_then(|v| v.parse::<u32>().ok());
        let (Some(width), Some(height), Some(voxel_type)) = (
            number(slice_headers::WIDTH),
            number(slice_headers::HEIGHT),
            header(slice_headers::TYPE),
        ) else {
            return Err(nonsense("its size or type is missing".into()));
        };
        let body = reply.body().await?;
        let shape = SliceShape { width, height };
        if voxel_type == "rgb8" {
            let colours = match sent {
                Sent::Raw | Sent::Colour => raw_colours(&body, shape),
                Sent::Packed(_) | Sent::PackedColour(_) => unpacked_colours(&body, shape),
            };
            return Ok(SliceValues::coloured(shape, colours.map_err(nonsense)?));
        }
        let values = match sent {
            Sent::Raw | Sent::Colour => raw(&voxel_type, &body),
            Sent::Packed(_) | Sent::PackedColour(_) => unpacked(&voxel_type, &body, shape),
        };
        let values = values.map_err(nonsense)?;
        if values.len() != shape.pixels() {
            return Err(nonsense(format!(
                "{} values for {width}×{height} pixels",
                values.len()
            )));
        }
        Ok(SliceValues::grey(shape, values))
    }
}

/// The values of a body that is sent as it is.
fn raw(voxel_type: &str, body: &[u8]) -> Result<Vec<f32>, String> {
    match voxel_type {
        "int16" => {
            let values = body.as_chunks().0.iter();
            Ok(values.map(|&b| i16::from_le_bytes(b).into()).collect())
        }
        "float32" => {
            let values = body.as_chunks().0.iter();
            Ok(values.map(|&b| f32::from_le_bytes(b)).collect())
        }
        other => Err(format!("values of type {other:?}")),
    }
}

/// The values of a packed body.
fn unpacked(voxel_type: &str, body: &[u8], shape: SliceShape) -> Result<Vec<f32>, String> {
    let (width, count) = (shape.width as usize, shape.pixels());
    let values = match voxel_type {
        "int16" => packed::unpack_integers(body, width, count)
            .map(|values| values.into_iter().map(f32::from).collect()),
        "float32" => packed::unpack_floats(body, count),
        other => return Err(format!("values of type {other:?}")),
    };
    values.map_err(|error| format!("what does not unpack: {error}"))
}

/// The colours of a body that is sent as it is.
fn raw_colours(body: &[u8], shape: SliceShape) -> Result<Vec<[u8; 3]>, String> {
    match body.len() == 3 * shape.pixels() {
        true => Ok(body.as_chunks().0.to_vec()),
        false => Err(format!(
            "{} bytes for {} colours",
            body.len(),
            shape.pixels()
        )),
    }
}

/// The colours of a packed body.
fn unpacked_colours(body: &[u8], shape: SliceShape) -> Result<Vec<[u8; 3]>, String> {
    packed::unpack_colours(body, shape.width as usize, shape.pixels())
        .map_err(|error| format!("what does not unpack: {error}"))
}
