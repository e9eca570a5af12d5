//! Slices of scans, as raw values or as PNG.

use super::Api;
use super::blocking;
use super::error::ApiError;
use crate::registry::ScanOfCase;
use crate::stages::presence::does_not_answer;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use medicosam_shared::api::slice_headers;
use medicosam_shared::geometry::{Plane, SliceShape};
use medicosam_shared::packed;
use medicosam_shared::window::{Range, Window};
use serde::Deserialize;
use std::sync::Arc;

/// In what form a slice is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Raw,
    Colour,
    Packed,
    #[serde(rename = "packed-colour")]
    PackedColour,
    Png,
}

/// Query of a slice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceQuery {
    #[serde(default)]
    format: Format,
    reduce: Option<u32>,
    level: Option<f64>,
    width: Option<f64>,
}

/// `GET /v1/cases/{id}/slices/{plane}/{index}?format=raw|colour|packed|packed-colour|png&reduce=…&level=…&width=…`
///
/// Rows and columns as in the file. `raw` is little-endian `int16` where that loses nothing, else
/// `float32`; `colour` is the same, but red, green and blue of a picture that has colours; `packed` is
/// `raw` compressed ([`packed`]), reduced along each side if that is asked for; `packed-colour` is `colour`
/// likewise; `png` is 8-bit grey in the given window, or from the slice's minimum to its maximum.
pub async fn slice(
    State(api): State<Api>,
    path: Result<Path<(String, Plane, u32)>, PathRejection>,
    query: Result<Query<SliceQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Path((id, plane, index)) = path?;
    let Query(query) = query?;
    let scan = scan_of(&api, id).await?;
    let scans = Arc::clone(&api.scans);
    let by = reduction(&query)?;
    blocking(move || {
        let volume = scans.get(&scan)?;
        let info = volume.info();
        let axis = info.affine.axis(plane);
        let values = volume.slice(axis, index).ok_or_else(|| {
            let count = info.dims.along(axis);
            ApiError::not_found(
                "no-such-slice",
                format!("there is no {plane} slice {index}; the scan has {count} of them"),
                "Slices count from 0.",
            )
        })?;
        let shape = info.dims.slice_shape(axis);
        match query.format {
            Format::Raw => Ok(raw(shape, &values)),
            Format::Colour => Ok(match volume.colours(axis, index) {
                Some(channels) => coloured(shape, &channels),
                None => raw(shape, &values),
            }),
            Format::Packed => reduced_and_packed(shape, &values, by),
            Format::PackedColour => match volume.colours(axis, index) {
                Some(channels) => colours_packed(shape, &channels, by),
                None => reduced_and_packed(shape, &values, by),
            },
            Format::Png => png(shape, &range(&query)?.apply(&values)),
        }
    })
    .await
}

/// `POST /v1/cases/{id}/read-ahead`: somebody will look at it next. Answers when it is read.
pub async fn read_ahead(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let scan = scan_of(&api, id).await?;
    let scans = Arc::clone(&api.scans);
    blocking(move || scans.read_ahead(&scan)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The scan of a case, if it can be read.
async fn scan_of(api: &Api, id: String) -> Result<ScanOfCase, ApiError> {
    let scan = api.ask(move |store| store.scan(&store.find(&id)?)).await?;
    match api.live.silence(scan.source.place()) {
        Some(why) => Err(ApiError::conflict(does_not_answer(&scan.source, &why))),
        None => Ok(scan),
    }
}

fn range(query: &SliceQuery) -> Result<Range, ApiError> {
    let window = match (query.level, query.width) {
        (Some(level), Some(width)) if width > 0.0 => Window::Level { level, width },
        (None, None) => Window::MinMax,
        _ => {
            return Err(ApiError::bad_request(
                "bad-window",
                "a window needs both level and width, and a width above 0",
                "For example ?format=png&level=-600&width=1500",
            ));
        }
    };
    Ok(Range::of(window).unwrap_or(Range::Slice))
}

/// By how much a slice is to be reduced along each side.
fn reduction(query: &SliceQuery) -> Result<u32, ApiError> {
    match (query.reduce, &query.format) {
        (None, _) => Ok(1),
        (Some(by), Format::Packed | Format::PackedColour)
            if (1..=packed::MOST_REDUCED).contains(&by) =>
        {
            Ok(by)
        }
        (Some(by), _) => Err(ApiError::bad_request(
            "bad-reduction",
            format!("a slice cannot be reduced by {by} in that format"),
            &format!(
                "Only with format=packed or packed-colour, by 1 to {}.",
                packed::MOST_REDUCED
            ),
        )),
    }
}

/// The same values as integers, if that loses nothing.
fn as_integers(values: &[f32]) -> Option<Vec<i16>> {
    let fits =
        |v: f32| v.fract() == 0.0 && (f32::from(i16::MIN)..=f32::from(i16::MAX)).contains(&v);
    let integers = values.iter().map(|&v| fits(v).then_some(v as i16));
    integers.collect()
}

fn raw(shape: SliceShape, values: &[f32]) -> Response {
    match as_integers(values) {
        Some(integers) => {
            let bytes = integers.into_iter().flat_map(i16::to_le_bytes).collect();
            of_type("int16", shape, bytes)
        }
        None => {
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            of_type("float32", shape, bytes)
        }
    }
}

fn reduced_and_packed(shape: SliceShape, values: &[f32], by: u32) -> Result<Response, ApiError> {
    match by {
        1 => as_packed(shape, values),
        _ => {
            let small = packed::reduce(values, shape, by);
            as_packed(packed::reduced_shape(shape, by), &small)
        }
    }
}

fn colours_packed(
    shape: SliceShape,
    channels: &[Vec<f32>; 3],
    by: u32,
) -> Result<Response, ApiError> {
    let colours = packed::reduce_colours(&colours(channels), shape, by);
    let shape = packed::reduced_shape(shape, by);
    let bytes = packed::pack_colours(&colours, shape.width as usize);
    Ok(of_type(
        "rgb8",
        shape,
        bytes.map_err(|e| ApiError::internal(&e))?,
    ))
}

fn as_packed(shape: SliceShape, values: &[f32]) -> Result<Response, ApiError> {
    let integers = as_integers(values);
    let (name, bytes) = match &integers {
        Some(integers) => (
            "int16",
            packed::pack_integers(integers, shape.width as usize),
        ),
        None => ("float32", packed::pack_floats(values)),
    };
    Ok(of_type(
        name,
        shape,
        bytes.map_err(|e| ApiError::internal(&e))?,
    ))
}

fn coloured(shape: SliceShape, channels: &[Vec<f32>; 3]) -> Response {
    of_type("rgb8", shape, colours(channels).into_flattened())
}

/// Red, green and blue of each pixel.
fn colours([red, green, blue]: &[Vec<f32>; 3]) -> Vec<[u8; 3]> {
    let colours = red.iter().zip(green).zip(blue);
    let bytes = colours.map(|((r, g), b)| [*r as u8, *g as u8, *b as u8]);
    bytes.collect()
}

/// The bytes of a slice, with its size and their type.
fn of_type(name: &'static str, shape: SliceShape, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(slice_headers::WIDTH, HeaderValue::from(shape.width));
    headers.insert(slice_headers::HEIGHT, HeaderValue::from(shape.height));
    headers.insert(slice_headers::TYPE, HeaderValue::from_static(name));
    response
}

fn png(shape: SliceShape, pixels: &[u8]) -> Result<Response, ApiError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, shape.width, shape.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .map_err(|e| ApiError::internal(&e))?;
    let mut response = bytes.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    Ok(response)
}
