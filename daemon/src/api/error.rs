//! Errors as responses.

use crate::case::Refusal;
use crate::registry::RegistryError;
use crate::scan::ScanError;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use medicosam_shared::api::ErrorBody;
use medicosam_shared::case::Fault;
use std::time::Duration;

/// What to do about a request that is not understood.
pub const LOOK_UP: &str = "docs/api.md lists the paths and what they take.";

/// An error as the client receives it.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    fault: Fault,
}

impl ApiError {
    /// A request that cannot be understood.
    pub fn bad_request(code: &str, message: impl ToString, hint: &str) -> Self {
        ApiError::new(StatusCode::BAD_REQUEST, code, message, hint)
    }

    /// Something that is not there.
    pub fn not_found(code: &str, message: impl ToString, hint: &str) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, code, message, hint)
    }

    /// A request that asks for more than the limits allow.
    pub fn too_large(code: &str, message: impl ToString, hint: &str) -> Self {
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, code, message, hint)
    }

    /// A request that did not come to its end in time.
    pub fn too_slow(limit: Duration) -> Self {
        ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "request-too-slow",
            format!("the request was not complete after {} s", limit.as_secs()),
            "Send it again; over a slow line, raise `request_time` under [limits].",
        )
    }

    /// The daemon cannot do its work now.
    pub fn unavailable(fault: Fault) -> Self {
        ApiError {
            status: StatusCode::SERVICE_UNAVAILABLE,
            fault,
        }
    }

    /// Somebody else was first.
    pub fn conflict(fault: Fault) -> Self {
        ApiError {
            status: StatusCode::CONFLICT,
            fault,
        }
    }

    /// A fault of this program.
    pub fn internal(error: &impl ToString) -> Self {
        let hint = "Look at the daemon's log, and report this.";
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            error.to_string(),
            hint,
        )
    }

    fn new(status: StatusCode, code: &str, message: impl ToString, hint: &str) -> Self {
        ApiError {
            status,
            fault: Fault {
                code: code.to_owned(),
                message: message.to_string(),
                hint: hint.to_owned(),
            },
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.fault.code, "{}", self.fault.message);
        }
        (self.status, Json(ErrorBody { error: self.fault })).into_response()
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let status = match &error {
            RegistryError::Refused(refusal) => status_of(refusal),
            RegistryError::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::new(status, error.code(), &error, error.hint())
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NoSuchCase(_)
        | Refusal::NoSuchRevision { .. }
        | Refusal::NoSuchReference { .. } => StatusCode::NOT_FOUND,
        Refusal::OtherRevision { .. }
        | Refusal::BeingCorrected { .. }
        | Refusal::AlreadyDecided { .. }
        | Refusal::NothingDecided { .. }
        | Refusal::OthersDecision { .. }
        | Refusal::FirstReader { .. }
        | Refusal::OtherResult { .. }
        | Refusal::LeaseLost(_)
        | Refusal::WrongState { .. } => StatusCode::CONFLICT,
        Refusal::Draft(refusal) if refusal.is_conflict() => StatusCode::CONFLICT,
        Refusal::Ambiguous { .. }
        | Refusal::NoUserName(_)
        | Refusal::NoReferenceName(_)
        | Refusal::Prompt(_)
        | Refusal::Draft(_) => StatusCode::BAD_REQUEST,
    }
}

impl From<ScanError> for ApiError {
    fn from(error: ScanError) -> Self {
        ApiError::new(StatusCode::CONFLICT, error.code(), &error, error.hint())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        ApiError::bad_request("bad-path", rejection.body_text(), LOOK_UP)
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        ApiError::bad_request("bad-query", rejection.body_text(), LOOK_UP)
    }
}

/// The answer to a path that means nothing.
pub async fn no_such_path(uri: Uri) -> ApiError {
    ApiError::not_found(
        "no-such-path",
        format!("there is nothing at {}", uri.path()),
        LOOK_UP,
    )
}
