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
use medicosam_shared::window::{Range, Window};
use serde::Deserialize;
use std::sync::Arc;

/// In what form a slice is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Raw,
    Png,
}

/// Query of a slice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceQuery {
    #[serde(default)]
    format: Format,
    level: Option<f64>,
    width: Option<f64>,
}

/// `GET /v1/cases/{id}/slices/{plane}/{index}?format=raw|png&level=…&width=…`
///
/// Rows and columns as in the file. `raw` is little-endian `int16` where that loses nothing, else
/// `float32`; `png` is 8-bit grey in the given window, or from the slice's minimum to its maximum.
pub async fn slice(
    State(api): State<Api>,
    path: Result<Path<(String, Plane, u32)>, PathRejection>,
    query: Result<Query<SliceQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Path((id, plane, index)) = path?;
    let Query(query) = query?;
    let scan = scan_of(&api, id).await?;
    let scans = Arc::clone(&api.scans);
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

fn raw(shape: SliceShape, values: &[f32]) -> Response {
    let fits_int16 = values
        .iter()
        .all(|&v| v.fract() == 0.0 && (f32::from(i16::MIN)..=f32::from(i16::MAX)).contains(&v));
    let (name, bytes): (&str, Vec<u8>) = if fits_int16 {
        let integers = values.iter().map(|&v| v as i16);
        ("int16", integers.flat_map(i16::to_le_bytes).collect())
    } else {
        (
            "float32",
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(slice_headers::WIDTH, HeaderValue::from(shape.width));
    headers.insert(slice_headers::HEIGHT, HeaderValue::from(shape.height));
    if let Ok(name) = HeaderValue::from_str(name) {
        headers.insert(slice_headers::TYPE, name);
    }
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
