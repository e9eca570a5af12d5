//! Drafts: what a reviewer changes in a case before it becomes a revision.

use super::Api;
use super::amounts::check_draft;
use super::cases::{PATIENCE, understand};
use super::error::ApiError;
use super::peer::Peer;
use crate::case::WorkId;
use crate::model::known_model;
use crate::registry::{Registry, RegistryError, WorkOutcome};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Path, Query, State};
use medicosam_shared::api::{DraftChange, DraftProgress, DraftRequest, DraftResponse, DraftView};
use medicosam_shared::case::CaseId;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::understands::Understands;
use serde::Deserialize;

/// `GET /v1/cases/{id}/draft`
pub async fn show(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<DraftView>, ApiError> {
    let view = api
        .ask(move |store| {
            let id = store.find(&id)?;
            Ok(DraftView {
                draft: store.draft(&id, peer.name())?,
                understands: understands(store, &id)?,
            })
        })
        .await?;
    Ok(Json(view))
}

/// What the model of the current revision was trained on.
fn understands(store: &Registry, id: &CaseId) -> Result<Option<Understands>, RegistryError> {
    let Some(revision) = store.case(id)?.summary.revision else {
        return Ok(None);
    };
    let model = store.revision(id, revision)?.provenance.model;
    let known = known_model(&model.name).map(|known| known.understands);
    Ok(model.understands.or(known))
}

/// `POST /v1/cases/{id}/draft`
pub async fn change(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<DraftResponse>, ApiError> {
    let request: DraftRequest = understand(&body)?;
    check_draft(&api.limits, &request.change)?;
    let who = peer.name().to_owned();
    let asked = request.clone();
    let by = who.clone();
    let (id, outcome) = api
        .ask(move |store| {
            let id = store.find(&id)?;
            let outcome = store.change_draft(&id, &by, &asked)?;
            Ok((id, outcome))
        })
        .await?;
    let waits = matches!(
        request.change,
        DraftChange::Segment { .. } | DraftChange::Commit
    );
    let Some(work) = outcome.work.filter(|_| waits) else {
        return Ok(Json(outcome.response));
    };
    let response = tokio::time::timeout(PATIENCE, done(&api, work, &id, &who)).await;
    response.unwrap_or(Ok(DraftResponse::Queued)).map(Json)
}

/// Waits until work for a draft has ended.
async fn done(api: &Api, work: WorkId, id: &CaseId, who: &str) -> Result<DraftResponse, ApiError> {
    let mut changes = api.store.changes().listen();
    loop {
        match api.ask(move |store| store.outcome(work)).await? {
            WorkOutcome::Open => changes.changed().await,
            WorkOutcome::Done(revision) => return Ok(DraftResponse::Revised { revision }),
            WorkOutcome::Answered => {
                let (id, who) = (id.clone(), who.to_owned());
                return api
                    .ask(move |store| store.last_draft_change(&id, &who))
                    .await;
            }
            WorkOutcome::Failed(fault) if fault.is(FaultCode::OtherRevision) => {
                return Err(ApiError::conflict(fault));
            }
            WorkOutcome::Failed(fault) => return Ok(DraftResponse::Failed { fault }),
        }
    }
}

/// What is known already.
#[derive(Debug, Deserialize)]
pub struct Known {
    /// Version of the draft.
    #[serde(default)]
    after: u64,
}

/// `GET /v1/cases/{id}/draft/progress?after=VERSION`
pub async fn progress(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    query: Result<Query<Known>, QueryRejection>,
) -> Result<Json<DraftProgress>, ApiError> {
    let Query(known) = query?;
    let who = peer.name().to_owned();
    let id = api.ask(move |store| store.find(&id)).await?;
    let mut changes = api.store.changes().listen();
    let look = || {
        let (id, who) = (id.clone(), who.clone());
        api.ask(move |store| store.draft_progress(&id, &who))
    };
    let moved = async {
        loop {
            let progress = look().await?;
            if progress.version != known.after {
                return Ok::<_, ApiError>(progress);
            }
            changes.changed().await;
        }
    };
    let progress = match tokio::time::timeout(PATIENCE, moved).await {
        Ok(progress) => progress?,
        Err(_) => look().await?,
    };
    Ok(Json(progress))
}
