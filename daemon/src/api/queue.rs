//! The queue of work: which case comes next, and whether scans are begun at all.

use super::Api;
use super::error::ApiError;
use super::peer::Peer;
use crate::registry::Registry;
use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use medicosam_shared::api::Intake;
use medicosam_shared::case::CaseSummary;

/// `POST /v1/cases/{id}/hurry`
pub async fn hurry(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<CaseSummary>, ApiError> {
    let hurry = move |store: &Registry| store.hurry(&store.find(&id)?, peer.name());
    api.ask(hurry).await.map(Json)
}

/// `POST /v1/intake/pause`
pub async fn pause(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<Json<Intake>, ApiError> {
    change(&api, true, peer).await
}

/// `POST /v1/intake/resume`
pub async fn resume(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
) -> Result<Json<Intake>, ApiError> {
    change(&api, false, peer).await
}

async fn change(api: &Api, paused: bool, peer: Peer) -> Result<Json<Intake>, ApiError> {
    let intake = api
        .ask(move |store| store.pause_intake(paused, peer.name()))
        .await?;
    api.live.intake(intake.paused.clone());
    Ok(Json(intake))
}
