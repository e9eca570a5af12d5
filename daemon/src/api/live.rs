//! Transient state as server-sent events: who looks at which case, and how
//! far the workers are.

use super::Api;
use super::error::ApiError;
use super::peer::Peer;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_util::{Stream, stream};
use medicosam_shared::api::Live;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// Least time between two messages: a worker reports every slice, and nobody reads faster.
const PAUSE: Duration = Duration::from_millis(500);

/// What the listener looks at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Looking {
    /// The case; the id may be shortened.
    case: Option<String>,
}

/// `GET /v1/live?case=ID`: as long as the stream is read, its user counts as looking at the case.
pub async fn live(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    query: Result<Query<Looking>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, ApiError> {
    let Query(looking) = query?;
    let case = match looking.case {
        Some(prefix) => Some(api.ask(move |store| store.find(&prefix)).await?),
        None => None,
    };
    let viewing = case.map(|case| api.live.begin_viewing(peer.name(), case));
    let changes = api.live.listen();
    let said: Option<Live> = None;
    // The viewing goes with the stream, which goes with its connection.
    let messages = stream::unfold(
        (api, viewing, changes, said),
        |(api, viewing, mut changes, said)| async move {
            loop {
                let now = api.live.seen_by(viewing.as_ref());
                if said.as_ref() != Some(&now) {
                    // Messages are plain structs, which JSON can always write.
                    let message = Message::default().json_data(&now).ok()?;
                    return Some((Ok(message), (api, viewing, changes, Some(now))));
                }
                changes.changed().await;
                tokio::time::sleep(PAUSE).await;
            }
        },
    );
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}
