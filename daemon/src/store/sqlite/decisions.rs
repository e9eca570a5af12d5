//! What people say about a case: decisions, taking them back, notes.
//!
//! Nothing is ever deleted. What a case is without its last decision follows from the audit log.

use super::super::Approval;
use super::super::error::{Doing, StoreError};
use super::cases::{check_revision, revision, summary};
use super::{audit, clock};
use jiff::Timestamp;
use medicosam_shared::api::{DecisionRequest, UndoRequest};
use medicosam_shared::case::{Action, CaseId, CaseState, CaseSummary, Event, RevisionNumber};
use rusqlite::{Transaction, params};

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    state: CaseState,
    who: String,
    at: Timestamp,
    reason: Option<String>,
}

/// What the name of who decided begins with if it was no person. No user's name has a space.
const POLICY: &str = "policy ";

impl Standing {
    /// Whether anybody else may change it without being asked.
    fn is_anybodys(&self) -> bool {
        self.who.starts_with(POLICY)
    }
}

/// Approves a new revision that no person looks at.
pub fn approve_by_policy(
    t: &Transaction<'_>,
    id: &CaseId,
    revision: RevisionNumber,
    approval: &Approval,
) -> Result<(), StoreError> {
    let who = format!("{POLICY}{}", approval.policy);
    let reason = Some(&*approval.reason);
    put(t, id, CaseState::Approved, Some(&who), reason)?;
    audit::record(
        t,
        &who,
        Action::Approved,
        (id, Some(revision)),
        &approval.reason,
    )
}

/// The decisions on the current revision that nobody took back, oldest first, by what happened to
/// a case.
fn standing(history: &[Event]) -> Vec<Standing> {
    let mut decisions = Vec::new();
    for event in history {
        let state = match event.action {
            Action::Approved => CaseState::Approved,
            Action::Rejected => CaseState::Rejected,
            Action::Flagged => CaseState::Flagged,
            Action::Undone => {
                decisions.pop();
                continue;
            }
            // A new mask is for everybody to look at anew.
            Action::Revised => {
                decisions.clear();
                continue;
            }
            _ => continue,
        };
        let reason = Some(event.detail.clone()).filter(|reason| !reason.is_empty());
        decisions.push(Standing {
            state,
            who: event.who.clone(),
            at: event.at,
            reason,
        });
    }
    decisions
}

/// Writes down a decision on the current revision.
pub fn decide(
    t: &Transaction<'_>,
    id: &CaseId,
    who: &str,
    request: &DecisionRequest,
) -> Result<CaseSummary, StoreError> {
    let before = check_revision(t, id, request.revision)?;
    if before.state == CaseState::Segmenting {
        return Err(StoreError::WrongState {
            case: id.clone(),
            state: before.state,
            needed: "wait for the new mask, then decide",
        });
    }
    if before.state != CaseState::Review && !request.overrule {
        let last = standing(&audit::of_case(t, id)?).pop();
        if let Some(last) = last.filter(|last| last.who != who && !last.is_anybodys()) {
            return Err(StoreError::AlreadyDecided {
                case: id.clone(),
                state: before.state,
                who: last.who,
                at: last.at,
                reason: last.reason,
            });
        }
    }
    let reason = Some(&*request.reason).filter(|reason| !reason.is_empty());
    put(t, id, request.verdict.state(), Some(who), reason)?;
    audit::record(
        t,
        who,
        request.verdict.into(),
        (id, Some(request.revision)),
        &request.reason,
    )?;
    summary(t, id)
}

/// Takes back one's own decision: the case is what it was before it.
pub fn undo(
    t: &Transaction<'_>,
    id: &CaseId,
    who: &str,
    request: &UndoRequest,
) -> Result<CaseSummary, StoreError> {
    let before = match request.revision {
        Some(revision) => check_revision(t, id, revision)?,
        None => summary(t, id)?,
    };
    let mut decisions = standing(&audit::of_case(t, id)?);
    let (Some(number), true, Some(last)) = (
        before.revision,
        before.state.is_decidable(),
        decisions.pop(),
    ) else {
        return Err(StoreError::NothingDecided {
            case: id.clone(),
            state: before.state,
        });
    };
    if last.who != who && !last.is_anybodys() {
        return Err(StoreError::OthersDecision {
            case: id.clone(),
            who: last.who,
        });
    }
    match decisions.pop() {
        Some(earlier) => put(
            t,
            id,
            earlier.state,
            Some(&earlier.who),
            earlier.reason.as_deref(),
        )?,
        None => {
            // Undecided, a case is its author's if a person asked for its mask.
            let current = revision(t, id, number)?;
            let author = current.parent.map(|_| current.provenance.author);
            put(t, id, CaseState::Review, author.as_deref(), None)?;
        }
    }
    audit::record(
        t,
        who,
        Action::Undone,
        (id, Some(number)),
        last.state.as_str(),
    )?;
    summary(t, id)
}

/// Writes down a note.
pub fn note(
    t: &Transaction<'_>,
    id: &CaseId,
    who: &str,
    text: &str,
) -> Result<CaseSummary, StoreError> {
    let case = summary(t, id)?;
    audit::record(t, who, Action::Noted, (id, case.revision), text)?;
    Ok(case)
}

fn put(
    t: &Transaction<'_>,
    id: &CaseId,
    state: CaseState,
    reviewer: Option<&str>,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    t.execute(
        "UPDATE cases SET state = ?2, reviewer = ?3, reason = ?4, updated = ?5 WHERE id = ?1",
        params![id.0, state.as_str(), reviewer, reason, clock::now()],
    )
    .doing("writing a decision")?;
    Ok(())
}
