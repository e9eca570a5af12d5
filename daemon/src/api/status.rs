//! How the daemon is.

use super::error::ApiError;
use super::peer::Peer;
use super::{Api, blocking};
use axum::Json;
use axum::extract::{ConnectInfo, State};
use medicosam_shared::api::{Status, VersionInfo};
use medicosam_shared::case::Fault;
use std::sync::Arc;

/// `GET /version`
pub async fn version() -> Json<VersionInfo> {
    Json(VersionInfo::current())
}

/// `GET /healthz`: 200 as long as requests are answered, and the store can be read and written.
pub async fn healthy(State(api): State<Api>) -> Result<&'static str, ApiError> {
    let troubles = Arc::clone(&api.troubles);
    let troubles = blocking(move || Ok(troubles())).await?;
    let first = troubles.first().cloned();
    api.live.in_trouble(troubles);
    if let Some(fault) = first {
        return Err(ApiError::unavailable(fault));
    }
    api.ask(|store| store.last_event()).await?;
    Ok("ok\n")
}

/// `GET /readyz`: 200 if scans that come are segmented: the daemon is healthy, has seen its folders, and a
/// device works.
pub async fn ready(State(api): State<Api>) -> Result<&'static str, ApiError> {
    healthy(State(api.clone())).await?;
    let not_ready = |code: &str, message: &str, hint: &str| {
        Err(ApiError::unavailable(Fault {
            code: code.to_owned(),
            message: message.to_owned(),
            hint: hint.to_owned(),
        }))
    };
    if !api.live.has_walked() {
        return not_ready(
            "not-walked",
            "the watched folders have not all been looked at yet",
            "Wait; `medicosam status` says if one does not answer.",
        );
    }
    if api.live.is_paused() {
        return not_ready(
            "no-device",
            "no device works, and scans wait",
            "`medicosam status` has the reason of each device.",
        );
    }
    Ok("ready\n")
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
        troubles: api.live.troubles(),
    }))
}
