//! The event stream: the audit log, then what is added to it, as server-sent events.

use super::Api;
use super::error::ApiError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use medicosam_shared::case::Event;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// Entries read from the store at a time.
const PAGE: u32 = 500;

/// Where to begin.
#[derive(Debug, Deserialize)]
pub struct Start {
    /// Position of the last entry that is known.
    #[serde(default)]
    after: u64,
}

/// `GET /v1/events?after=N`. `Last-Event-ID` counts more than `after`, as reconnecting browsers
/// send it.
pub async fn events(
    State(api): State<Api>,
    query: Result<Query<Start>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, ApiError> {
    let Query(start) = query?;
    let last_seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last_seen.unwrap_or(start.after);
    let changes = api.store.changes().listen();
    let pages = stream::unfold(
        (api, changes, after),
        |(api, mut changes, after)| async move {
            loop {
                // An error ends the stream; the client comes back with the last position it knows.
                let page = api.ask(move |store| store.events(after, PAGE)).await.ok()?;
                match page.last() {
                    Some(last) => {
                        let after = last.seq;
                        return Some((stream::iter(page), (api, changes, after)));
                    }
                    None => changes.changed().await,
                }
            }
        },
    );
    let messages = pages
        .flatten()
        .filter_map(|event| async move { message(&event) });
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(Duration::from_secs(30))))
}

fn message(event: &Event) -> Option<Result<Message, Infallible>> {
    let message = Message::default()
        .id(event.seq.to_string())
        .event(event.action.as_str())
        .json_data(event);
    // Events are plain structs, which JSON can always write.
    message.ok().map(Ok)
}
