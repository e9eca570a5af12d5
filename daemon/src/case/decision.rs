//! What people say about a case: decisions, and taking them back.
//!
//! Nothing is ever deleted. The state of a case without its last decision follows from its history.

use super::{Case, Entry, Now, Refusal};
use jiff::Timestamp;
use medicosam_shared::api::{DecisionRequest, UndoRequest};
use medicosam_shared::case::{Action, CaseState, Event, Revision, Verdict};

/// The approval of a result that no person looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The policy, in the words of the configuration.
    pub policy: String,
    /// Why, in words.
    pub reason: String,
}

/// What the name of a decider begins with that is no person. No user's name has a space.
const POLICY: &str = "policy ";

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state that it put the case into.
    pub state: CaseState,
    /// Who decided.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why, if they said.
    pub reason: Option<String>,
}

impl Standing {
    /// Whether anybody may change it without overruling a person.
    fn is_anybodys(&self) -> bool {
        self.who.starts_with(POLICY)
    }

    /// The verdict, if a person gave it.
    pub fn verdict(&self) -> Option<Verdict> {
        let all = [Verdict::Approve, Verdict::Reject, Verdict::Flag];
        let given = all
            .into_iter()
            .find(|verdict| verdict.state() == self.state);
        given.filter(|_| !self.is_anybodys())
    }
}

/// The decisions on the current revision that nobody took back, oldest first, by the history of the
/// case.
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
            // A new mask has to be looked at again.
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

/// The decision that stands on the current revision, by the history of the case.
pub fn last(history: &[Event]) -> Option<Standing> {
    standing(history).pop()
}

/// The state of a case with a revision that nobody works on, by its history: what was decided on that
/// revision, or review.
pub fn resting(history: &[Event]) -> CaseState {
    last(history).map_or(CaseState::Review, |decision| decision.state)
}

/// A decision of `who` on the current revision, made by `author`.
pub fn decide(
    case: &mut Case,
    author: &str,
    history: &[Event],
    who: &str,
    request: &DecisionRequest,
    now: Now,
) -> Result<Entry, Refusal> {
    case.check_revision(request.revision, author)?;
    if case.state == CaseState::Segmenting {
        return Err(case.refuse("wait for the new mask, then decide"));
    }
    if case.state != CaseState::Review
        && !request.overrule
        && let Some(last) = standing(history).pop()
        && last.who != who
        && !last.is_anybodys()
    {
        return Err(Refusal::AlreadyDecided {
            case: case.id.clone(),
            state: case.state,
            who: last.who,
            at: last.at,
            reason: last.reason,
        });
    }
    let reason = Some(request.reason.clone()).filter(|reason| !reason.is_empty());
    put(case, request.verdict.state(), Some(who), reason, now);
    let action = request.verdict.into();
    let revision = Some(request.revision);
    let detail = request.reason.as_str();
    Ok(Entry::new(who, action, &case.id, revision, detail))
}

/// Takes back a decision of `who`'s own: the case is what it was before it. `current` is the current
/// revision.
pub fn undo(
    case: &mut Case,
    current: Option<&Revision>,
    history: &[Event],
    who: &str,
    request: &UndoRequest,
    now: Now,
) -> Result<Entry, Refusal> {
    if let Some(asked) = request.revision {
        let author = current.map_or("", |current| current.provenance.author.as_str());
        case.check_revision(asked, author)?;
    }
    let mut decisions = standing(history);
    let (Some(current), true, Some(last)) = (current, case.state.is_decidable(), decisions.pop())
    else {
        return Err(Refusal::NothingDecided {
            case: case.id.clone(),
            state: case.state,
        });
    };
    if last.who != who && !last.is_anybodys() {
        return Err(Refusal::OthersDecision {
            case: case.id.clone(),
            who: last.who,
        });
    }
    match decisions.pop() {
        Some(earlier) => put(case, earlier.state, Some(&earlier.who), earlier.reason, now),
        None => {
            // Undecided, a case belongs to its author if a person asked for its mask.
            let author = current.parent.map(|_| current.provenance.author.as_str());
            put(case, CaseState::Review, author, None, now);
        }
    }
    Ok(Entry::new(
        who,
        Action::Undone,
        &case.id,
        Some(current.number),
        last.state.as_str(),
    ))
}

/// Approves the current revision, which no person looks at.
pub fn approve_by_policy(case: &mut Case, approval: &Approval, now: Now) -> Entry {
    let who = format!("{POLICY}{}", approval.policy);
    let reason = Some(approval.reason.clone());
    put(case, CaseState::Approved, Some(&who), reason, now);
    let detail = approval.reason.as_str();
    Entry::new(&who, Action::Approved, &case.id, case.revision, detail)
}

/// Puts back a decision that was lost with its store; nothing where that is no decision.
pub fn restore(case: &mut Case, decided: &Standing, now: Now) -> Option<Entry> {
    let action = match decided.state {
        CaseState::Approved => Action::Approved,
        CaseState::Rejected => Action::Rejected,
        CaseState::Flagged => Action::Flagged,
        CaseState::Waiting
        | CaseState::Embedding
        | CaseState::Segmenting
        | CaseState::Review
        | CaseState::Failed
        | CaseState::Paused => return None,
    };
    let (who, reason) = (decided.who.as_str(), decided.reason.clone());
    let detail = reason.clone().unwrap_or_default();
    put(case, decided.state, Some(who), reason, now);
    Some(Entry::new(who, action, &case.id, case.revision, detail))
}

fn put(
    case: &mut Case,
    state: CaseState,
    reviewer: Option<&str>,
    reason: Option<String>,
    now: Now,
) {
    let fault = case.fault.take();
    case.put(state, fault.as_ref(), now);
    case.reviewer = reviewer.map(str::to_owned);
    case.reason = reason;
}
