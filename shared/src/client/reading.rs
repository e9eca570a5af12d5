//! Who reads which case.

use super::{Client, ClientError, escape};
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
}
