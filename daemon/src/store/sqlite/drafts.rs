//! Drafts in the database: what a reviewer changes before it becomes a revision.
//!
//! [`Draft::apply`] decides what a change does; here the draft and its case are read, and what has
//! changed is written.

use super::super::Task;
use super::super::draft::{DraftId, DraftOutcome};
use super::super::error::StoreError;
use super::draft_rows::{self, Head};
use super::{audit, cases, work};
use medicosam_shared::api::{DraftProgress, DraftResponse};
use medicosam_shared::case::{CaseId, CaseState, CaseSummary, RevisionNumber};
use medicosam_shared::draft::{
    Answered, Current, Draft, DraftRefusal, DraftRequest, DraftWork, Surroundings,
};
use medicosam_shared::provenance::Provenance;
use rusqlite::Transaction;

/// The draft of a reviewer.
pub fn draft(t: &Transaction<'_>, case: &CaseId, who: &str) -> Result<Option<Draft>, StoreError> {
    match Head::of(t, case, who)? {
        Some(head) => head.whole(t),
        None => Ok(None),
    }
}

/// The draft that work is for.
pub fn of_work(t: &Transaction<'_>, id: DraftId) -> Result<Option<Draft>, StoreError> {
    Head::by_id(t, id)?.whole(t)
}

/// How a draft stands.
pub fn progress(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
) -> Result<DraftProgress, StoreError> {
    let Some(head) = Head::of(t, case, who)?.filter(|head| head.revision.is_some()) else {
        return Ok(DraftProgress {
            version: 0,
            working: None,
            fault: None,
        });
    };
    Ok(DraftProgress {
        version: head.version,
        working: draft_rows::working(t, head.id)?,
        fault: draft_rows::last_fault(t, head.id)?,
    })
}

/// The draft after its last change, with the last step.
pub fn last_change(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
) -> Result<DraftResponse, StoreError> {
    let none = || DraftRefusal::NoDraft(case.clone());
    let head = Head::of(t, case, who)?.ok_or_else(none)?;
    Ok(DraftResponse::Changed {
        version: head.version,
        position: head.position,
        step: draft_rows::step(t, head.id, head.position)?,
        working: draft_rows::working(t, head.id)?,
    })
}

/// Changes a draft.
pub fn change(
    t: &Transaction<'_>,
    case: &CaseId,
    who: &str,
    request: &DraftRequest,
) -> Result<DraftOutcome, StoreError> {
    let head = Head::of(t, case, who)?;
    let mut slot = match &head {
        Some(head) => head.whole(t)?,
        None => None,
    };
    let known = Known::read(t, case, Draft::base(slot.as_ref(), request))?;
    let last_version = head.as_ref().map_or(0, |head| head.version);
    let applied = Draft::apply(&mut slot, request, &known.around(last_version))?;
    let draft = slot.ok_or_else(|| DraftRefusal::NoDraft(case.clone()))?;
    let id = match head {
        Some(head) => head.id,
        None => Head::insert(t, case, who)?,
    };
    draft_rows::write(t, id, &draft, &applied, None)?;
    if let Some(noted) = &applied.noted {
        let revision = (case, Some(noted.revision));
        audit::record(t, who, noted.action, revision, &noted.detail)?;
    }
    let work = match applied.work {
        Some(asked) => {
            // The case goes back to review when the work has ended.
            let prior = match known.summary.state {
                CaseState::Segmenting => CaseState::Review,
                state => state,
            };
            Some(work::add(t, case, &task(id, asked), who, prior)?)
        }
        None => None,
    };
    Ok(DraftOutcome {
        response: DraftResponse::Changed {
            version: draft.version,
            position: draft.position,
            step: applied.step,
            working: draft.working,
        },
        work,
    })
}

/// The case of a draft, as it stands in the database.
struct Known {
    summary: CaseSummary,
    base: Option<Provenance>,
    /// Who made the current revision.
    author: String,
}

impl Known {
    /// Reads the case, and what is known of its revision `base`.
    fn read(t: &Transaction<'_>, case: &CaseId, base: RevisionNumber) -> Result<Self, StoreError> {
        let summary = cases::summary(t, case)?;
        let provenance = |number| match cases::revision(t, case, number) {
            Ok(revision) => Ok(Some(revision.provenance)),
            Err(StoreError::NoSuchRevision { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        let known = provenance(base)?;
        let other = match summary.revision {
            Some(current) if current != base => provenance(current)?,
            Some(_) | None => None,
        };
        let author = other.as_ref().or(known.as_ref()).map(|p| p.author.clone());
        Ok(Known {
            summary,
            base: known,
            author: author.unwrap_or_default(),
        })
    }

    fn around(&self, last_version: u64) -> Surroundings<'_> {
        let current = self.summary.revision.map(|number| Current {
            number,
            author: &self.author,
        });
        Surroundings {
            case: &self.summary.id,
            state: self.summary.state,
            current,
            base: self.base.as_ref().map(Into::into),
            last_version,
        }
    }
}

const fn task(draft: DraftId, work: DraftWork) -> Task {
    match work {
        DraftWork::Preview(place) => Task::Preview {
            draft,
            label: place.label,
            index: place.index,
        },
        DraftWork::Propagate(label) => Task::Propagate { draft, label },
        DraftWork::Commit => Task::Commit { draft },
    }
}

/// Puts the masks that work has made into its draft. The lease has been checked.
pub fn answer(
    t: &Transaction<'_>,
    id: DraftId,
    answered: &Answered,
    logits: Option<&[u8]>,
) -> Result<(), StoreError> {
    // Whatever takes a draft away also takes back its work.
    let Some(mut draft) = of_work(t, id)? else {
        return Ok(());
    };
    let applied = draft.take_answer(answered.clone());
    draft_rows::write(t, id, &draft, &applied, logits)
}
