//! Who reads which case, and what is compared with it.

use super::{Client, ClientError, escape};
use crate::agreement::Agreement;
use crate::api::{AssignRequest, ReferenceRequest, ReferenceResponse, RemoveReferenceRequest};
use crate::case::{CaseDetail, CaseId, CaseSummary};
use crate::mask::MaskSet;

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

    /// Has the daemon read a label map as reference masks of a case.
    pub async fn add_reference(
        &self,
        id: &CaseId,
        request: &ReferenceRequest,
    ) -> Result<ReferenceResponse, ClientError> {
        self.post(&format!("/v1/cases/{}/references", escape(&id.0)), request)
            .await
    }

    /// Takes reference masks away.
    pub async fn remove_reference(
        &self,
        id: &CaseId,
        name: &str,
    ) -> Result<CaseDetail, ClientError> {
        let request = RemoveReferenceRequest {
            name: name.to_owned(),
        };
        let path = format!("/v1/cases/{}/references/remove", escape(&id.0));
        self.post(&path, &request).await
    }

    /// Reference masks.
    pub async fn reference_masks(&self, id: &CaseId, name: &str) -> Result<MaskSet, ClientError> {
        let path = format!("/v1/cases/{}/references/{}", escape(&id.0), escape(name));
        self.get(&path).await
    }
}
