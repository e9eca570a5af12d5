//! Cases: reading them, deciding on them, asking for other masks.

use super::Api;
use super::amounts::{check_prompts, check_text};
use super::error::{ApiError, LOOK_UP};
use super::peer::Peer;
use crate::case::WorkId;
use crate::registry::{Registry, RegistryError, WorkOutcome};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{ConnectInfo, Path, Query, State};
use medicosam_shared::api::{
    AssignRequest, CaseList, DecisionRequest, NoteRequest, PromptRequest, PromptResponse,
    RetryRequest, UndoRequest,
};
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::parser_words::in_words;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a request for a mask waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Which cases to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Whole ids, with commas between; all cases if it is missing.
    ids: Option<String>,
}

/// `GET /v1/cases?ids=…`
pub async fn list(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<CaseList>, ApiError> {
    let Query(which) = query?;
    let (cases, last_event) = api
        .ask(move |store| {
            let (mut cases, last_event) = match which.ids {
                None => store.cases()?,
                Some(ids) => {
                    let ids: Vec<CaseId> = ids.split(',').map(|id| CaseId(id.to_owned())).collect();
                    store.some_cases(&ids)?
                }
            };
            store.mark_for(peer.name(), &mut cases)?;
            Ok((cases, last_event))
        })
        .await?;
    Ok(Json(CaseList { cases, last_event }))
}

/// `GET /v1/cases/{id}`; the id may be shortened.
pub async fn show(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<CaseDetail>, ApiError> {
    let detail = api
        .ask(move |store| {
            let mut detail = store.case(&store.find(&id)?)?;
            let summary = std::slice::from_mut(&mut detail.summary);
            store.mark_for(peer.name(), summary)?;
            Ok(detail)
        })
        .await?;
    Ok(Json(detail))
}

/// A case as a user sees it who has just changed it.
fn seen_by(
    store: &Registry,
    who: &str,
    mut case: CaseSummary,
) -> Result<CaseSummary, RegistryError> {
    store.mark_for(who, std::slice::from_mut(&mut case))?;
    Ok(case)
}

/// `GET /v1/cases/{id}/masks/{revision}`
pub async fn masks(
    State(api): State<Api>,
    path: Result<Path<(String, RevisionNumber)>, PathRejection>,
) -> Result<Json<MaskSet>, ApiError> {
    let Path((id, revision)) = path?;
    let masks = api
        .ask(move |store| store.masks(&store.find(&id)?, revision))
        .await?;
    Ok(Json(masks))
}

/// `POST /v1/cases/{id}/decision`
pub async fn decide(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseSummary>, ApiError> {
    let request: DecisionRequest = understand(&body)?;
    check_text(&api.limits, "reason", &request.reason)?;
    if request.verdict != Verdict::Approve && request.reason.trim().is_empty() {
        return Err(ApiError::bad_request(
            "no-reason",
            "a rejection or a flag needs a reason",
            "Say in a few words what is wrong; the next person will read it.",
        ));
    }
    let summary = api
        .ask(move |store| {
            let case = store.decide(&store.find(&id)?, peer.name(), &request)?;
            seen_by(store, peer.name(), case)
        })
        .await?;
    Ok(Json(summary))
}

/// `POST /v1/cases/{id}/undo`
pub async fn undo(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseSummary>, ApiError> {
    let request: UndoRequest = understand(&body)?;
    let summary = api
        .ask(move |store| {
            let case = store.undo(&store.find(&id)?, peer.name(), &request)?;
            seen_by(store, peer.name(), case)
        })
        .await?;
    Ok(Json(summary))
}

/// `POST /v1/cases/{id}/note`
pub async fn note(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseSummary>, ApiError> {
    let request: NoteRequest = understand(&body)?;
    check_text(&api.limits, "note", &request.text)?;
    if request.text.trim().is_empty() {
        return Err(ApiError::bad_request(
            "no-text",
            "a note needs a text",
            "Say in a few words what the next person should know.",
        ));
    }
    let summary = api
        .ask(move |store| {
            let case = store.note(&store.find(&id)?, peer.name(), &request.text)?;
            seen_by(store, peer.name(), case)
        })
        .await?;
    Ok(Json(summary))
}

/// `POST /v1/cases/{id}/assign`
pub async fn assign(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseSummary>, ApiError> {
    let AssignRequest { to } = understand(&body)?;
    check_text(&api.limits, "name", to.as_deref().unwrap_or_default())?;
    let summary = api
        .ask(move |store| {
            let case = store.assign(&store.find(&id)?, peer.name(), to.as_deref())?;
            seen_by(store, peer.name(), case)
        })
        .await?;
    Ok(Json(summary))
}

/// `POST /v1/cases/{id}/dismiss`
pub async fn dismiss(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<CaseSummary>, ApiError> {
    let put_away = move |store: &Registry| store.dismiss(&store.find(&id)?, peer.name());
    api.ask(put_away).await.map(Json)
}

/// `POST /v1/cases/{id}/bring-back`
pub async fn bring_back(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<CaseSummary>, ApiError> {
    let bring_back = move |store: &Registry| store.bring_back(&store.find(&id)?, peer.name());
    api.ask(bring_back).await.map(Json)
}

/// `POST /v1/cases/{id}/retry`; it needs no body.
pub async fn retry(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseSummary>, ApiError> {
    // No body and `null` ask for nothing in particular.
    let request: Option<RetryRequest> = match body.is_empty() {
        true => None,
        false => understand(&body)?,
    };
    let request = request.unwrap_or_default();
    let summary = api
        .ask(move |store| {
            let case = store.retry(&store.find(&id)?, peer.name(), &request)?;
            seen_by(store, peer.name(), case)
        })
        .await?;
    Ok(Json(summary))
}

/// `POST /v1/cases/{id}/prompts`: answers when the new mask is there.
pub async fn prompt(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<PromptResponse>, ApiError> {
    let request: PromptRequest = understand(&body)?;
    if request.prompts.is_empty() && request.boxes.is_empty() {
        return Err(ApiError::bad_request(
            "no-prompts",
            "the request has no prompts",
            "Give at least one slice with a box or a point, or a 3-D box.",
        ));
    }
    check_prompts(&api.limits, &request)?;
    let (id, work) = api
        .ask(move |store| {
            let id: CaseId = store.find(&id)?;
            let work = store.request_prompt(&id, peer.name(), &request)?;
            Ok((id, work))
        })
        .await?;
    let response = tokio::time::timeout(PATIENCE, done(&api, &id, work)).await;
    response.unwrap_or(Ok(PromptResponse::Queued)).map(Json)
}

/// Waits until work has ended.
pub(super) async fn done(api: &Api, id: &CaseId, work: WorkId) -> Result<PromptResponse, ApiError> {
    let mut changes = api.store.changes().listen();
    loop {
        match api.ask(move |store| store.outcome(work)).await? {
            // Prompts make revisions.
            WorkOutcome::Open | WorkOutcome::Answered => changes.changed().await,
            WorkOutcome::Done(revision) => {
                let id = id.clone();
                let changes = api
                    .ask(move |store| store.changes_of(&id, revision))
                    .await?;
                return Ok(PromptResponse::Revised { revision, changes });
            }
            WorkOutcome::Failed(fault) => return Ok(PromptResponse::Failed { fault }),
        }
    }
}

/// The request in a body, or an error that says where it is wrong.
pub(super) fn understand<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::bad_request(
            "bad-request",
            format!(
                "the request cannot be understood: {}",
                in_words(&error.to_string())
            ),
            LOOK_UP,
        )
    })
}
