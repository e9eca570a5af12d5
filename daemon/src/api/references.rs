//! Reference masks: read from label maps on this machine, and kept beside cases.

use super::amounts::check_text;
use super::cases::{PATIENCE, done, understand};
use super::error::ApiError;
use super::peer::Peer;
use super::{Api, blocking};
use crate::case::reference;
use crate::prompts::{PromptsError, onto_grid};
use crate::registry::{ReferenceFrame, RegistryError};
use crate::scan::LabelMap;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, State};
use jiff::Timestamp;
use medicosam_shared::api::{
    PromptResponse, ReferenceRequest, ReferenceResponse, RemoveReferenceRequest,
};
use medicosam_shared::case::CaseDetail;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::reference::Reference;
use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};

/// Most labels of a label map. A scan that somebody took for one has thousands, and would hold the daemon
/// up for minutes.
const MOST_LABELS: usize = 256;

/// `POST /v1/cases/{id}/references`: answers when the masks are kept and, if that is wanted, a revision
/// is made of them.
pub async fn add(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ReferenceResponse>, ApiError> {
    let request: ReferenceRequest = understand(&body)?;
    let name = request.name.as_deref().unwrap_or_default();
    check_text(&api.limits, "name", name)?;
    let path = PathBuf::from(&request.path);
    if !path.is_absolute() {
        return Err(ApiError::bad_request(
            "path-relative",
            format!("{:?} is no whole path", request.path),
            "Give the path from the root of the daemon's machine on.",
        ));
    }
    let frame = api
        .ask(move |store| store.reference_frame(&store.find(&id)?))
        .await?;
    let case = frame.case.clone();
    let who = peer.name().to_owned();
    let name = request.name.clone();
    let (reference, masks) = blocking(move || read(&frame, path, name.as_deref(), who)).await?;
    let kept = reference.clone();
    let (id, put_up) = (case.clone(), request.put_up);
    let work = api
        .ask(move |store| store.put_reference(&id, (&kept, &masks), put_up))
        .await?;
    let revision = match work {
        None => None,
        Some(work) => match tokio::time::timeout(PATIENCE, done(&api, &case, work)).await {
            Err(_) | Ok(Ok(PromptResponse::Queued)) => None,
            Ok(Ok(PromptResponse::Revised { revision, .. })) => Some(revision),
            Ok(Ok(PromptResponse::Failed { fault })) => return Err(ApiError::conflict(fault)),
            Ok(Err(error)) => return Err(error),
        },
    };
    Ok(Json(ReferenceResponse {
        reference,
        revision,
    }))
}

/// Reads a label map that must fit a case. Only a regular file is opened, and no link.
fn read(
    frame: &ReferenceFrame,
    path: PathBuf,
    name: Option<&str>,
    by: String,
) -> Result<(Reference, MaskSet), ApiError> {
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = reference::name(name, &file_name).map_err(RegistryError::from)?;
    let map = LabelMap::read(&path)
        .map_err(|error| ApiError::bad_request(error.code(), &error, error.hint()))?;
    let unfit = |error: PromptsError| ApiError::bad_request(error.code(), &error, error.hint());
    let map = onto_grid(&path, map, &frame.scan).map_err(unfit)?;
    let labels = map.labels();
    if labels.len() > MOST_LABELS {
        return Err(too_many(&path, labels.len()));
    }
    if labels.is_empty() || !frame.knows_any_of(&labels) {
        return Err(nothing_in_common(frame, &path, &labels));
    }
    let mut masks = MaskSet::empty(frame.scan.dims, frame.axis);
    for (place, mask) in map.masks(frame.axis, |_| true) {
        let known = frame.objects.get(&place.label).cloned();
        let name = known.unwrap_or_else(|| format!("label {}", place.label));
        masks.set_runs(place.label, &name, place.index, mask.to_rle());
    }
    let reference = Reference {
        name,
        path: path.to_string_lossy().into_owned(),
        sha256: map.sha256,
        labels: labels.into_iter().collect(),
        by,
        at: Timestamp::now(),
    };
    Ok((reference, masks))
}

fn too_many(path: &FilePath, found: usize) -> ApiError {
    ApiError::bad_request(
        "labels-many",
        format!(
            "the label map {} has {found} labels, more than the {MOST_LABELS} that are read",
            path.display()
        ),
        "Give a label map of objects, not a scan; leave out labels that are not compared.",
    )
}

fn nothing_in_common(frame: &ReferenceFrame, path: &FilePath, found: &BTreeSet<Label>) -> ApiError {
    let listed = |labels: Vec<String>| match labels.is_empty() {
        true => "no labels".to_owned(),
        false => format!("labels {}", labels.join(", ")),
    };
    let found = listed(found.iter().map(ToString::to_string).collect());
    let known = listed(frame.objects.keys().map(ToString::to_string).collect());
    ApiError::bad_request(
        "labels-unknown",
        format!(
            "the label map {} has {found}, the case {known}: there is nothing in common",
            path.display()
        ),
        "Give the objects in the label map the labels that they have in the profile.",
    )
}

/// `GET /v1/cases/{id}/references/{name}`
pub async fn masks(
    State(api): State<Api>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<MaskSet>, ApiError> {
    let Path((id, name)) = path?;
    let masks = api
        .ask(move |store| Ok(store.reference(&store.find(&id)?, &name)?.1))
        .await?;
    Ok(Json(masks))
}

/// `POST /v1/cases/{id}/references/remove`
pub async fn remove(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<CaseDetail>, ApiError> {
    let RemoveReferenceRequest { name } = understand(&body)?;
    let detail = api
        .ask(move |store| {
            let id = store.find(&id)?;
            store.remove_reference(&id, peer.name(), &name)?;
            store.case(&id)
        })
        .await?;
    Ok(Json(detail))
}
