//! The case of a draft, as far as the client has read it.

use medicosam_shared::case::{CaseDetail, CaseId, RevisionNumber};
use medicosam_shared::draft::{
    Applied, Current, Draft, DraftChange, DraftRefusal, DraftRequest, LookedAt, Surroundings,
};
use medicosam_shared::mask::MaskSet;
use std::sync::Arc;

/// The case, and what has been read of it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// What has been read of it; `None` until it has come.
    pub detail: Option<&'a CaseDetail>,
    /// Masks of revisions of it that have been read.
    pub masks: &'a [(RevisionNumber, Arc<MaskSet>)],
}

impl<'a> Known<'a> {
    /// The revision that is looked at; 0 if there is none.
    pub fn revision(self) -> RevisionNumber {
        let revision = self.detail.and_then(|detail| detail.summary.revision);
        revision.unwrap_or_default()
    }

    /// What is asked of the daemon to make a change to a draft.
    pub fn request(self, draft: Option<&Draft>, change: DraftChange) -> DraftRequest {
        DraftRequest {
            revision: self.revision(),
            version: draft.map_or(0, |draft| draft.version),
            change,
        }
    }

    /// Makes a change to a copy of the draft, by the rules that the daemon follows.
    pub fn apply(
        self,
        draft: &mut Option<Draft>,
        change: &DraftChange,
    ) -> Result<Applied, DraftRefusal> {
        let request = self.request(draft.as_ref(), change.clone());
        let around = self.around(draft.as_ref(), &request);
        let around = around.ok_or_else(|| DraftRefusal::NoDraft(self.case.clone()))?;
        Draft::apply(draft, &request, &around)
    }

    /// The revision whose masks a change needs, as far as it has been read.
    fn looked_at(
        self,
        detail: &'a CaseDetail,
        draft: Option<&Draft>,
        request: &DraftRequest,
    ) -> LookedAt<'a> {
        let masks = Draft::looks_at(draft, request).and_then(|number| {
            let (_, masks) = self.masks.iter().find(|(read, _)| *read == number)?;
            let mut revisions = detail.revisions.iter();
            let made = revisions.find(|revision| revision.number == number)?;
            Some(LookedAt::Masks(masks.as_ref(), &made.provenance))
        });
        masks.unwrap_or_default()
    }

    /// What the change of a draft depends on; `None` until the case has come.
    pub fn around(self, draft: Option<&Draft>, request: &DraftRequest) -> Option<Surroundings<'a>> {
        let detail = self.detail?;
        let number = Draft::base(draft, request);
        let revisions = &detail.revisions;
        let base = revisions.iter().find(|revision| revision.number == number);
        // The draft may be on a revision that has not been read yet. Scan and axis are the same.
        let base = base.or(revisions.last());
        let read = detail.current().map(|revision| Current {
            number: revision.number,
            author: &revision.provenance.author,
        });
        let of_draft = draft.filter(|d| !d.discarded).map(|draft| Current {
            number: draft.revision,
            author: "",
        });
        let is_newer = |newer: &Current<'_>| read.is_some_and(|read| read.number < newer.number);
        Some(Surroundings {
            case: self.case,
            state: detail.summary.state,
            current: of_draft.filter(is_newer).or(read),
            base: base.map(|revision| (&revision.provenance).into()),
            looked_at: self.looked_at(detail, draft, request),
            last_version: 0,
        })
    }
}
