//! The API: HTTP and JSON over a Unix socket, so that `curl --unix-socket` works.

mod agreement;
mod amounts;
mod body;
mod cases;
mod connections;
mod drafts;
mod error;
mod events;
mod live;
mod metrics;
mod opening;
mod peer;
mod queue;
mod references;
mod seats;
mod shelf;
mod slices;
mod socket;
mod status;

pub use socket::{ListenError, listen};

use crate::config::{Config, Limits};
use crate::live_state::LiveState;
use crate::registry::{Registry, RegistryError};
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use connections::Manners;
use error::ApiError;
use medicosam_shared::api::ProfileStatus;
use medicosam_shared::case::Fault;
use seats::Seats;
use shelf::ScanShelf;
use std::future::Future;
use std::sync::Arc;
use tokio::net::UnixListener;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    store: Arc<Registry>,
    live: Arc<LiveState>,
    scans: Arc<ScanShelf>,
    profiles: Arc<[ProfileStatus]>,
    limits: Arc<Limits>,
    /// What keeps the daemon from working now.
    troubles: Arc<dyn Fn() -> Vec<Fault> + Send + Sync>,
}

impl Api {
    /// An API over a store, for cases of the profiles of this configuration. `troubles` says what keeps the
    /// daemon from working now.
    pub fn new(
        store: Arc<Registry>,
        live: Arc<LiveState>,
        config: &Config,
        troubles: impl Fn() -> Vec<Fault> + Send + Sync + 'static,
    ) -> Self {
        let profiles = config.profiles.iter().map(|profile| ProfileStatus {
            name: profile.name.clone(),
            score_limit: profile.review.score_limit(),
            second_reading: profile.second_reading.fraction(),
        });
        Api {
            store,
            live,
            scans: Arc::new(ScanShelf::new(config.scan_memory)),
            profiles: profiles.collect(),
            limits: Arc::new(config.limits.clone()),
            troubles: Arc::new(troubles),
        }
    }

    /// Serves requests until `end` is done. Each connection takes a descriptor, and so may not take all
    /// of the `open_files` that there can be.
    pub async fn serve<T>(
        self,
        listener: UnixListener,
        open_files: usize,
        end: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let manners = Manners {
            seats: Seats::new(self.limits.connections, open_files),
            patience: self.limits.request_time,
        };
        tokio::select! {
            () = connections::accept(listener, self.router(), manners) => std::future::pending().await,
            ended = end => ended,
        }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/version", get(status::version))
            .route("/healthz", get(status::healthy))
            .route("/readyz", get(status::ready))
            .route("/metrics", get(metrics::metrics))
            .route("/v1/status", get(status::status))
            .route("/v1/cases", get(cases::list))
            .route("/v1/cases/{id}", get(cases::show))
            .route("/v1/cases/{id}/decision", post(cases::decide))
            .route("/v1/cases/{id}/undo", post(cases::undo))
            .route("/v1/cases/{id}/note", post(cases::note))
            .route("/v1/cases/{id}/prompts", post(cases::prompt))
            .route(
                "/v1/cases/{id}/draft",
                get(drafts::show).post(drafts::change),
            )
            .route("/v1/cases/{id}/draft/progress", get(drafts::progress))
            .route("/v1/cases/{id}/retry", post(cases::retry))
            .route("/v1/cases/{id}/assign", post(cases::assign))
            .route("/v1/cases/{id}/dismiss", post(cases::dismiss))
            .route("/v1/cases/{id}/bring-back", post(cases::bring_back))
            .route("/v1/cases/{id}/masks/{revision}", get(cases::masks))
            .route("/v1/cases/{id}/references", post(references::add))
            .route("/v1/cases/{id}/references/remove", post(references::remove))
            .route("/v1/cases/{id}/references/{name}", get(references::masks))
            .route("/v1/cases/{id}/slices/{plane}/{index}", get(slices::slice))
            .route("/v1/cases/{id}/read-ahead", post(slices::read_ahead))
            .route("/v1/cases/{id}/hurry", post(queue::hurry))
            .route("/v1/intake/pause", post(queue::pause))
            .route("/v1/intake/resume", post(queue::resume))
            .route("/v1/agreement", get(agreement::agreement))
            .route("/v1/events", get(events::events))
            .route("/v1/live", get(live::live))
            .fallback(error::no_such_path)
            .layer(middleware::from_fn_with_state(
                Arc::clone(&self.limits),
                body::read_whole,
            ))
            .with_state(self)
    }

    /// Runs a question to the store where it may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Registry) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let store = Arc::clone(&self.store);
        blocking(move || question(store.as_ref()).map_err(ApiError::from)).await
    }
}

/// Runs what may block where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ApiError::internal(&error)),
    }
}
