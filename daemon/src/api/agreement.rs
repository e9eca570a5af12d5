//! How far first and second readings agree.

use super::Api;
use super::error::ApiError;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use medicosam_shared::agreement::Agreement;
use serde::Deserialize;

/// Which readings are compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The profile; all profiles if it is missing.
    profile: Option<String>,
}

/// `GET /v1/agreement?profile=…`
pub async fn agreement(
    State(api): State<Api>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Agreement>, ApiError> {
    let Query(Which { profile }) = query?;
    let asked = profile.clone();
    let mut agreement = api
        .ask(move |store| store.agreement(asked.as_deref()))
        .await?;
    let is_empty = agreement.pairs.is_empty() && agreement.waiting == 0;
    if let Some(name) = profile.as_deref().filter(|_| is_empty) {
        refuse_unknown(&api, name)?;
    }
    if agreement.pairs.is_empty() {
        agreement.note = Some(why_nothing(&api, profile.as_deref()));
    }
    Ok(Json(agreement))
}

fn refuse_unknown(api: &Api, name: &str) -> Result<(), ApiError> {
    if api.profiles.iter().any(|profile| profile.name == name) {
        return Ok(());
    }
    let known: Vec<&str> = api.profiles.iter().map(|p| p.name.as_str()).collect();
    Err(ApiError::not_found(
        "no-such-profile",
        format!(
            "no profile is called {name:?}; there are {}",
            known.join(", ")
        ),
        "Give one of these names.",
    ))
}

/// Why no two readings can be compared, and what to do.
fn why_nothing(api: &Api, name: Option<&str>) -> String {
    let mut asked = api.profiles.iter();
    let is_on = asked.any(|profile| {
        name.is_none_or(|name| profile.name == name) && profile.second_reading > 0.0
    });
    match is_on {
        true => {
            "Nothing to compare yet: a share of the cases is read a second time once somebody has \
                 approved or rejected them, and both readings must be decided, by two people."
                .to_owned()
        }
        false => {
            let which = name.map_or_else(|| "a profile".to_owned(), |n| format!("profile {n:?}"));
            format!(
                "Nothing is read a second time: put `second_reading = \"10%\"` into [[profile]] of \
                 {which} and restart the daemon; what is decided from then on is drawn."
            )
        }
    }
}
