//! Decisions: on what, when, and what follows.
//!
//! A decision names the revision that was on the screen. What has not been on the screen cannot be
//! decided on, so that neither a key too many nor one typed ahead decides on a case by itself. An
//! approval of a mask with slices that were not shown is asked for once more, by another key.

use super::event::{Effect, Failure};
use super::model::{Dialog, Line, Model, Note, Notice, Reason, Screen};
use super::queue::batch::Asked;
use crate::term::{Key, KeyCode};
use medicosam_shared::api::{DecisionRequest, NoteRequest, UndoRequest};
use medicosam_shared::case::{CaseId, CaseState, CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::text::printable;

/// A case and the revision of it that was on the screen.
pub type Target = (CaseId, RevisionNumber);

/// Approves what is marked, selected or looked at; asks for the reason of anything else.
pub(super) fn decide(model: &mut Model, verdict: Verdict) -> Vec<Effect> {
    let targets = match targets(model) {
        Ok(targets) => targets,
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
        let (mut unseen, mut of) = (0, 0);
        for (case, revision) in &targets {
            let (shown, all) = model.coverage(case, *revision);
            unseen += all - shown;
            of += all;
        }
        if unseen > 0 {
            model.dialog = Some(Dialog::Unseen {
                targets,
                unseen,
                of,
            });
            return Vec::new();
        }
        return send(model, targets, verdict, "", false);
    }
    model.dialog = Some(Dialog::Reason(Reason {
        verdict,
        targets,
        text: Line::default(),
    }));
    Vec::new()
}

/// Takes a key while a reason is typed.
pub(super) fn reason_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match (&mut model.dialog, key.code) {
        (_, KeyCode::Esc) => model.dialog = None,
        (_, KeyCode::Enter) => return give_reason(model),
        (Some(Dialog::Reason(reason)), _) => reason.text.press(key),
        _ => {}
    }
    Vec::new()
}

fn give_reason(model: &mut Model) -> Vec<Effect> {
    let Some(Dialog::Reason(reason)) = model.dialog.take() else {
        return Vec::new();
    };
    let text = reason.text.as_str().trim().to_owned();
    if text.is_empty() {
        model.notice = Some(Notice::bad("Say why in a few words, or leave with esc."));
        model.dialog = Some(Dialog::Reason(reason));
        return Vec::new();
    }
    send(model, reason.targets, reason.verdict, &text, false)
}

/// Takes a key while it is asked once more. Not the key that approves: that may come twice.
pub(super) fn unseen_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Enter => {
            if let Some(Dialog::Unseen { targets, .. }) = model.dialog.take() {
                return send(model, targets, Verdict::Approve, "", false);
            }
        }
        KeyCode::Char(']') => {
            model.dialog = None;
            return next_unseen(model);
        }
        KeyCode::Esc => model.dialog = None,
        _ => {}
    }
    Vec::new()
}

/// Goes to the first slice with a mask that was not shown, from this one on and round the end.
fn next_unseen(model: &mut Model) -> Vec<Effect> {
    let Some((case, Some(revision), Some(axis), index)) = model.review().map(|r| {
        (
            r.case.clone(),
            r.revision(),
            r.stack().map(|s| s.axis),
            r.index(),
        )
    }) else {
        return Vec::new();
    };
    let unseen: Vec<u32> = model.unseen(&case, revision, axis);
    let next = unseen.iter().find(|slice| **slice > index);
    match (next.or(unseen.first()).copied(), model.review_mut()) {
        (Some(slice), Some(review)) => review.look(slice),
        _ => Vec::new(),
    }
}

/// Takes a key while a conflict is shown.
pub(super) fn conflict_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Char('O') => {
            if let Some(Dialog::Conflict { case, request, .. }) = model.dialog.take() {
                let targets = vec![(case, request.revision)];
                return send(model, targets, request.verdict, &request.reason, true);
            }
        }
        KeyCode::Esc | KeyCode::Enter => model.dialog = None,
        _ => {}
    }
    Vec::new()
}

fn send(
    model: &mut Model,
    targets: Vec<Target>,
    verdict: Verdict,
    reason: &str,
    overrule: bool,
) -> Vec<Effect> {
    let ids: Vec<CaseId> = targets.iter().map(|(case, _)| case.clone()).collect();
    let next = ids.first().and_then(|id| model.queue.neighbour(id, true));
    let next = next.map(|case| case.id.clone());
    model.batches.begin(Asked::Decide(verdict), &ids, next);
    model.deciding.extend(ids);
    model.queue.unmark();
    let request = |revision| DecisionRequest {
        revision,
        verdict,
        reason: reason.to_owned(),
        overrule,
    };
    let effect = |(case, revision)| Effect::Decide {
        case,
        request: request(revision),
    };
    targets.into_iter().map(effect).collect()
}

/// What a decision would be about, or why there can be none now.
fn targets(model: &Model) -> Result<Vec<Target>, Notice> {
    if matches!(model.screen, Screen::Queue) {
        let marked: Vec<&CaseSummary> = model.queue.marked().collect();
        if !marked.is_empty() {
            return marked
                .iter()
                .map(|case| target(model, case))
                .collect::<Result<_, _>>()
                .map_err(|notice| of_several(notice, marked.len()));
        }
    }
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
    Ok(vec![target(model, summary)?])
}

fn target(model: &Model, summary: &CaseSummary) -> Result<Target, Notice> {
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
            Screen::Queue => format!(
                "Look at {} first: its masks have not been on this screen.",
                printable(&summary.name)
            ),
            Screen::Review(_) => "Its masks have not been on the screen yet.".to_owned(),
        }));
    }
    Ok((summary.id.clone(), revision))
}

fn of_several(notice: Notice, count: usize) -> Notice {
    Notice {
        text: format!("{} None of the {count} was decided on.", notice.text),
        ..notice
    }
}

/// A decision was taken down, or not.
pub(super) fn decided(
    model: &mut Model,
    case: &CaseId,
    request: DecisionRequest,
    result: Result<CaseSummary, Failure>,
) -> Vec<Effect> {
    model.deciding.remove(case);
    let is_decision = |asked| matches!(asked, Asked::Decide(_));
    let batch = model.batches.answered(is_decision, case, &result);
    let looked_at = model.review_of(case).is_some();
    let single = batch.as_ref().is_some_and(|batch| batch.count == 1);
    let next = batch.as_ref().and_then(|batch| batch.next.clone());
    let summary = match result {
        Ok(summary) => summary,
        Err(failure) => {
            if let Some(batch) = batch.filter(|batch| batch.count > 1) {
                tell(model, batch.summary());
            } else if single
                && failure.fault.is(FaultCode::AlreadyDecided)
                && model.dialog.is_none()
            {
                model.dialog = Some(Dialog::Conflict {
                    case: case.clone(),
                    request,
                    text: failure.fault.message,
                });
            } else if single {
                model.notice = Some(Notice::failure(&failure));
            }
            // Somebody else was first, or the case has moved on: see what it is now.
            return if looked_at {
                vec![Effect::LoadCase(case.clone())]
            } else {
                model.changed(case.clone()).into_iter().collect()
            };
        }
    };
    let selected = model.queue.selected().is_some_and(|c| c.id == *case);
    let text = format!("{}: {}", printable(&summary.name), summary.state);
    // The one that followed when the key was pressed, if it still waits.
    let waits = |id: &CaseId| {
        let known = model.queue.get(id);
        known.is_some_and(|c| c.state == CaseState::Review && c.id != *case)
    };
    let next = next.filter(waits).or_else(|| {
        let next = model.queue.neighbour(case, true);
        next.map(|c| c.id.clone())
    });
    model.queue.put(vec![summary]);
    match batch {
        Some(batch) if batch.count > 1 => tell(model, batch.summary()),
        _ if single => model.notice = Some(Notice::good(text)),
        _ => {}
    }
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

fn tell(model: &mut Model, (text, bad): (String, bool)) {
    model.notice = Some(if bad {
        Notice::bad(text)
    } else {
        Notice::good(text)
    });
}

/// Takes back what was decided last with one key in this session; without that, one's own decision
/// on what is selected or looked at.
pub(super) fn take_back(model: &mut Model) -> Vec<Effect> {
    let targets = model.batches.take_last().or_else(|| {
        let summary = model.current()?;
        let decided = summary.state != CaseState::Review && summary.state.is_decidable();
        let revision = summary.revision.filter(|_| decided)?;
        Some(vec![(summary.id.clone(), revision)])
    });
    let Some(targets) = targets else {
        model.notice = Some(Notice::good("There is nothing to take back."));
        return Vec::new();
    };
    let ids: Vec<CaseId> = targets.iter().map(|(case, _)| case.clone()).collect();
    model.batches.begin(Asked::Undo, &ids, None);
    let effect = |(case, revision)| Effect::Undo {
        case,
        request: UndoRequest {
            revision: Some(revision),
        },
    };
    targets.into_iter().map(effect).collect()
}

/// A decision was taken back, or not.
pub(super) fn taken_back(
    model: &mut Model,
    case: &CaseId,
    result: Result<CaseSummary, Failure>,
) -> Vec<Effect> {
    let is_undo = |asked| asked == Asked::Undo;
    let batch = model.batches.answered(is_undo, case, &result);
    let single = batch.as_ref().is_some_and(|batch| batch.count == 1);
    if let Some(batch) = batch.filter(|batch| batch.count > 1) {
        tell(model, batch.summary());
    }
    match result {
        Err(failure) if single => model.notice = Some(Notice::failure(&failure)),
        Err(_) => {}
        Ok(summary) => {
            if single {
                let name = printable(&summary.name);
                let text = format!("Taken back: {name} is {} again.", summary.state);
                model.notice = Some(Notice::good(text));
            }
            model.queue.put(vec![summary]);
            model.queue.select(case);
            model.scroll();
            // Whoever takes a decision back wants to see the case again.
            if single && model.review().is_some_and(|r| r.edit.is_none()) {
                let notice = model.notice.take();
                let effects = model.open(case.clone());
                model.notice = notice;
                return effects;
            }
        }
    }
    Vec::new()
}

/// Asks for a note on what is selected or looked at.
pub(super) fn note(model: &mut Model) -> Vec<Effect> {
    match model.current().map(|c| c.id.clone()) {
        Some(case) => {
            model.dialog = Some(Dialog::Note(Note {
                case,
                text: Line::default(),
            }));
        }
        None => model.notice = Some(Notice::bad("There is no case to leave a note on yet.")),
    }
    Vec::new()
}

/// Takes a key while a note is typed.
pub(super) fn note_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Dialog::Note(note)) = &mut model.dialog else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Esc => model.dialog = None,
        KeyCode::Enter => {
            let text = note.text.as_str().trim().to_owned();
            let case = note.case.clone();
            model.dialog = None;
            if !text.is_empty() {
                let request = NoteRequest { text };
                return vec![Effect::Note { case, request }];
            }
        }
        _ => note.text.press(key),
    }
    Vec::new()
}

/// Tries what is marked, selected or looked at again.
pub(super) fn retry(model: &mut Model) -> Vec<Effect> {
    let again = |case: &CaseSummary| matches!(case.state, CaseState::Failed | CaseState::Paused);
    let in_queue = matches!(model.screen, Screen::Queue);
    let marked: Vec<CaseId> = model
        .queue
        .marked()
        .filter(|case| in_queue && again(case))
        .map(|case| case.id.clone())
        .collect();
    let ids = match (marked.is_empty(), model.current()) {
        (false, _) => marked,
        (true, Some(case)) if again(case) => vec![case.id.clone()],
        (true, Some(case)) => {
            let text = format!(
                "It is {}; only failed and paused cases are tried again.",
                case.state
            );
            model.notice = Some(Notice::bad(text));
            return Vec::new();
        }
        (true, None) => return Vec::new(),
    };
    model.batches.begin(Asked::Retry, &ids, None);
    model.queue.unmark();
    ids.into_iter().map(Effect::Retry).collect()
}

/// A case is tried again, or not.
pub(super) fn retried(model: &mut Model, case: &CaseId, result: Result<CaseSummary, Failure>) {
    let is_retry = |asked| asked == Asked::Retry;
    let batch = model.batches.answered(is_retry, case, &result);
    let several = batch.filter(|batch| batch.count > 1);
    let alone = several.is_none();
    if let Some(batch) = several {
        tell(model, batch.summary());
    }
    match result {
        Ok(summary) => {
            if alone {
                let text = format!("{}: {}", printable(&summary.name), summary.state);
                model.notice = Some(Notice::good(text));
            }
            model.queue.put(vec![summary]);
            model.scroll();
        }
        Err(failure) if alone => model.notice = Some(Notice::failure(&failure)),
        Err(_) => {}
    }
}
