//! The bodies of requests: read to their end, and no longer than they may be.

use super::error::ApiError;
use crate::config::Limits;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use std::sync::Arc;
use tokio::time::timeout;

/// Why a body is not taken.
enum NotRead {
    TooLong,
    Broken(axum::Error),
}

/// Reads a request to its end before any handler answers it. A socket that is closed with unread
/// input takes the answer with it; so what is too long is read too, and thrown away.
pub async fn read_whole(
    State(limits): State<Arc<Limits>>,
    request: Request,
    next: Next,
) -> Response {
    let most = limits.request;
    let (parts, body) = request.into_parts();
    let length = parts.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > most as u64) && parts.headers.contains_key(EXPECT) {
        // The client waits for leave to send it.
        return too_long(most).into_response();
    }
    match timeout(limits.request_time, read(body, most)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Err(NotRead::TooLong)) => too_long(most).into_response(),
        Ok(Err(NotRead::Broken(error))) => ApiError::bad_request(
            "request-unreadable",
            format!("the request cannot be read: {error}"),
            "Send it again.",
        )
        .into_response(),
        Err(_) => ApiError::too_slow(limits.request_time).into_response(),
    }
}

fn too_long(most: usize) -> ApiError {
    ApiError::too_large(
        "request-too-large",
        format!("the request is longer than {most} bytes"),
        "Send fewer prompts at once, or raise `request` under [limits].",
    )
}

/// The whole body. Of one that is too long no more than `most` bytes are ever kept.
async fn read(body: Body, most: usize) -> Result<Bytes, NotRead> {
    let mut pieces = body.into_data_stream();
    let mut whole = Vec::new();
    let mut is_too_long = false;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(NotRead::Broken)?;
        is_too_long |= whole.len() + piece.len() > most;
        match is_too_long {
            true => whole = Vec::new(),
            false => whole.extend_from_slice(&piece),
        }
    }
    match is_too_long {
        true => Err(NotRead::TooLong),
        false => Ok(whole.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_last_byte_and_read_beyond() {
        let body = |sizes: &[usize]| {
            let pieces: Vec<_> = sizes
                .iter()
                .map(|&n| Ok::<_, Infallible>(vec![b'x'; n]))
                .collect();
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        let taken = read(body(&[3, 4]), 7).await;
        assert!(taken.is_ok_and(|bytes| bytes.len() == 7));
        for long in [&[8][..], &[3, 5], &[9, 1]] {
            assert!(matches!(read(body(long), 7).await, Err(NotRead::TooLong)));
        }
    }
}
