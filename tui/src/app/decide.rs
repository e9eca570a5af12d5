//! Decisions: on what, when, and what follows.
//!
//! A decision names the revision that was on the screen. What has not been on the screen cannot be
//! decided on, so that neither a key too many nor one typed ahead decides on a case by itself.

use super::event::{Effect, Failure};
use super::model::{Dialog, Line, Model, Notice, Reason, Screen};
use medicosam_shared::api::DecisionRequest;
use medicosam_shared::case::{CaseId, CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::text::printable;

/// Approves what is selected or looked at; asks for the reason of anything else.
pub(super) fn decide(model: &mut Model, verdict: Verdict) -> Vec<Effect> {
    let (case, revision) = match target(model) {
        Ok(target) => target,
        Err(notice) if verdict == Verdict::Approve => {
            model.notice = Some(notice);
            return Vec::new();
        }
        Err(notice) => {
            model.dialog = Some(Dialog::Refusal(notice.text));
            return Vec::new();
        }
    };
    if verdict == Verdict::Approve {
        return send(model, case, revision, verdict, String::new());
    }
    model.dialog = Some(Dialog::Reason(Reason {
        verdict,
        case,
        revision,
        text: Line::default(),
    }));
    Vec::new()
}

/// Takes the reason that was asked for.
pub(super) fn give_reason(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Reason(reason)) = model.dialog.take() else {
        return Vec::new();
    };
    let text = reason.text.as_str().trim().to_owned();
    if text.is_empty() {
        model.notice = Some(Notice::bad("Say why in a few words, or leave with esc."));
        model.dialog = Some(Dialog::Reason(reason));
        return Vec::new();
    }
    send(model, reason.case, reason.revision, reason.verdict, text)
}

fn send(
    model: &mut Model,
    case: CaseId,
    revision: RevisionNumber,
    verdict: Verdict,
    reason: String,
) -> Vec<Effect> {
    model.deciding.insert(case.clone());
    let request = DecisionRequest {
        revision,
        verdict,
        reason,
        overrule: false,
    };
    vec![Effect::Decide { case, request }]
}

/// What a decision would be about, or why there can be none now.
fn target(model: &Model) -> Result<(CaseId, RevisionNumber), Notice> {
    let (summary, prompting) = match &model.screen {
        Screen::Queue => (model.queue.selected(), false),
        Screen::Review(review) => (review.detail.as_ref().map(|d| &d.summary), review.prompting),
    };
    let Some(summary) = summary else {
        return Err(Notice::bad("There is no case to decide on yet."));
    };
    if prompting {
        return Err(Notice::bad(
            "The new mask is on its way; decide when it is here.",
        ));
    }
    if model.deciding.contains(&summary.id) {
        return Err(Notice::good("The decision is on its way."));
    }
    let revision = match summary.revision {
        Some(revision) if summary.state.is_decidable() => revision,
        _ => {
            let text = format!("It is {}; there is nothing to decide on.", summary.state);
            return Err(Notice::bad(text));
        }
    };
    if !model.has_seen(&summary.id, revision) {
        return Err(Notice::bad(match model.screen {
            Screen::Queue => "Look at it first: its masks have not been on this screen.",
            Screen::Review(_) => "Its masks have not been on the screen yet.",
        }));
    }
    Ok((summary.id.clone(), revision))
}

/// A decision was taken down, or not.
pub(super) fn decided(
    model: &mut Model,
    case: &CaseId,
    result: Result<CaseSummary, Failure>,
) -> Vec<Effect> {
    model.deciding.remove(case);
    let looked_at = model.review_of(case).is_some();
    let summary = match result {
        Ok(summary) => summary,
        Err(failure) => {
            model.notice = Some(Notice::failure(&failure));
            // Somebody else was first, or the case has moved on: see what it is now.
            return if looked_at {
                vec![Effect::LoadCase(case.clone())]
            } else {
                model.changed(case.clone()).into_iter().collect()
            };
        }
    };
    model.notice = Some(Notice::good(format!(
        "{}: {}",
        printable(&summary.name),
        summary.state
    )));
    let next = model.queue.neighbour(case, true).map(|c| c.id.clone());
    let selected = model.queue.selected().is_some_and(|c| c.id == *case);
    model.queue.put(vec![summary]);
    match next {
        Some(next) if looked_at => return model.open(next),
        None if looked_at => {
            model.close();
            if let Some(notice) = &mut model.notice {
                notice.text.push_str(". Nothing else waits for review.");
            }
        }
        Some(next) if selected => model.queue.select(&next),
        _ => {}
    }
    model.scroll();
    Vec::new()
}
