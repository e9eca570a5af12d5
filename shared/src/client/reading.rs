//! Who reads which case.

use super::{Client, ClientError, escape};
use crate::agreement::Agreement;
use crate::api::AssignRequest;
use crate::case::{CaseId, CaseSummary};

impl Client {
    /// Says who is to look at a case; `None`: nobody in particular.
    pub async fn assign(&self, id: &CaseId, to: Option<&str>) -> Result<CaseSummary, ClientError> {
        let request = AssignRequest {
            to: to.map(str::to_owned),
        };
        self.post(&format!("/v1/cases/{}/assign", escape(&id.0)), &request)
            .await
    }

    /// How far first and second readings agree, of one profile or of all.
    pub async fn agreement(&self, profile: Option<&str>) -> Result<Agreement, ClientError> {
        let path = match profile {
            Some(profile) => format!("/v1/agreement?profile={}", escape(profile)),
            None => "/v1/agreement".to_owned(),
        };
        self.get(&path).await
    }
}
