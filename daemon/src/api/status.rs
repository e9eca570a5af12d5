//! How the daemon is.

use super::Api;
use super::error::ApiError;
use super::peer::Peer;
use axum::Json;
use axum::extract::{ConnectInfo, State};
use medicosam_shared::api::{Status, VersionInfo};

/// `GET /version`
pub async fn version() -> Json<VersionInfo> {
    Json(VersionInfo::current())
}

/// `GET /healthz`: 200 as long as requests are answered and the store can be read.
pub async fn healthy(State(api): State<Api>) -> Result<&'static str, ApiError> {
    api.ask(|store| store.last_event()).await?;
    Ok("ok\n")
}

/// `GET /v1/status`
pub async fn status(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<Json<Status>, ApiError> {
    let (counts, last_event, paused) = api
        .ask(|store| Ok((store.counts()?, store.last_event()?, store.intake_pause()?)))
        .await?;
    let (roots, settling, workers) = api.live.snapshot();
    Ok(Json(Status {
        version: VersionInfo::current(),
        pid: std::process::id(),
        cases: counts
            .into_iter()
            .map(|(state, count)| (state.to_string(), count))
            .collect(),
        settling,
        roots,
        workers,
        last_event,
        viewers: api.live.seen_by(None).viewers,
        you: peer.name().to_owned(),
        profiles: api.profiles.to_vec(),
        paused,
    }))
}
