//! The queue of work: which case comes next, and whether scans are begun at all.

use super::{Client, ClientError, escape};
use crate::api::Intake;
use crate::case::{CaseId, CaseSummary};

impl Client {
    /// Puts a case first in the queue that waits for a worker.
    pub async fn hurry(&self, id: &CaseId) -> Result<CaseSummary, ClientError> {
        self.post(&format!("/v1/cases/{}/hurry", escape(&id.0)), &())
            .await
    }

    /// Pauses the intake, or resumes it: while it is paused no scans are begun.
    pub async fn pause_intake(&self, paused: bool) -> Result<Intake, ClientError> {
        let verb = if paused { "pause" } else { "resume" };
        self.post(&format!("/v1/intake/{verb}"), &()).await
    }
}
