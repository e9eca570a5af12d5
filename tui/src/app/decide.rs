//! Decisions, and the requests that go with them.
//!
//! A decision names the revision that was on the screen. Decisions need a revision that has been on
//! the screen, and an approval one that was there long enough to be looked at, so that neither a key
//! too many nor one typed ahead decides on a case. An approval that something speaks against needs
//! another key to confirm it.

use super::action::{Action, Decide};
use super::dialog::Dialog;
use super::dialog::approval::Approval;
use super::dialog::line::Line;
use super::dialog::note::Note;
use super::dialog::reason::Reason;
use super::dialog::refusal::Refusal;
use super::dialog::said::{Decision, Target};
use super::dismissal;
use super::event::Effect;
use super::state::doubts::Doubts;
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::queue::batch::{Asked, Done};
use jiff::{SignedDuration, Timestamp};
use medicosam_shared::api::{DecisionRequest, UndoRequest};
use medicosam_shared::case::{CaseId, CaseState, CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::quality::DOUBTFUL;
use medicosam_shared::text::printable;

/// How long a case must have been on the screen before it can be approved.
const LOOK: SignedDuration = SignedDuration::from_millis(500);

/// Approves what is marked, selected or looked at; asks for the reason of anything else.
pub(super) fn decide(model: &mut Model, verdict: Verdict) -> Vec<Effect> {
    match (targets(model, verdict), verdict) {
        (Ok(targets), Verdict::Approve) => return approve(model, targets),
        (Ok(targets), Verdict::Reject | Verdict::Flag) => {
            let earlier = model.queue.reasons(verdict);
            model.dialog = Some(Dialog::Reason(Reason::of(verdict, targets, earlier)));
        }
        (Err(notice), Verdict::Approve) => model.notice = Some(notice),
        (Err(notice), Verdict::Reject | Verdict::Flag) => {
            model.dialog = Some(Dialog::Refusal(Refusal(notice.text)));
        }
    }
    Vec::new()
}

/// Approves, or asks once more and says what speaks against it.
fn approve(model: &mut Model, targets: Vec<Target>) -> Vec<Effect> {
    let mut doubts = Doubts::default();
    for (case, revision) in &targets {
        doubts.add(doubts_about(model, case, *revision));
    }
    if doubts.are_any() {
        model.dialog = Some(Dialog::Approval(Approval { targets, doubts }));
        return Vec::new();
    }
    let decision = Decision {
        targets,
        verdict: Verdict::Approve,
        reason: String::new(),
        overrule: false,
    };
    send(model, decision)
}

/// Approves the revision below a draft that is being discarded. Grave doubts about it are confirmed with
/// a key of their own, draft or not.
pub(super) fn approve_without_draft(model: &mut Model, decision: Decision) -> Vec<Effect> {
    let mut doubts = Doubts::default();
    for (case, revision) in &decision.targets {
        doubts.add(doubts_about(model, case, *revision));
    }
    doubts.draft = false;
    if doubts.are_grave() {
        let targets = decision.targets;
        model.dialog = Some(Dialog::Approval(Approval { targets, doubts }));
        return Vec::new();
    }
    send(model, decision)
}

/// What speaks against the approval of a revision that was on the screen.
fn doubts_about(model: &Model, case: &CaseId, revision: RevisionNumber) -> Doubts {
    let open = model.review().filter(|review| review.case == *case);
    let summary = model.queue.get(case);
    let limit = |summary: &CaseSummary| {
        let known = model.status.as_ref();
        known.map_or(DOUBTFUL, |status| status.score_limit(&summary.profile))
    };
    let low = summary.and_then(|summary| {
        let limit = limit(summary);
        let score = summary.score.filter(|score| *score < limit)?;
        Some((score, limit))
    });
    let sight = model.sight(case, revision);
    let lacks = sight.map(|sight| sight.lacks.clone()).unwrap_or_default();
    let pictured = sight.is_some_and(|sight| sight.pictured);
    let (seen, of) = sight.map_or((0, 0), |sight| sight.coverage.count());
    Doubts {
        draft: open.is_some_and(|review| review.drafting.has_changes()),
        nothing_asked: lacks.objects,
        without_prompt: lacks.prompt,
        empty: lacks.mask,
        low: low.into_iter().collect(),
        unpictured: !pictured,
        unseen: if pictured { of - seen } else { 0 },
        of,
    }
}

/// Goes to the next slice with a mask that was not seen, past the end to the first one.
pub(super) fn next_unseen(model: &mut Model) -> Vec<Effect> {
    let Some(slice) = unseen_slice(model) else {
        return Vec::new();
    };
    let review = model.review_mut();
    review.map_or_else(Vec::new, |review| review.look(slice))
}

fn unseen_slice(model: &Model) -> Option<u32> {
    let review = model.review()?;
    let axis = review.stack()?.axis;
    let unseen = model.unseen(&review.case, review.revision()?, axis);
    let index = review.index();
    let next = unseen.iter().find(|slice| **slice > index);
    next.or(unseen.first()).copied()
}

/// Sends a decision, for each case its own.
pub(super) fn send(model: &mut Model, decision: Decision) -> Vec<Effect> {
    let Decision {
        targets,
        verdict,
        reason,
        overrule,
    } = decision;
    let ids: Vec<CaseId> = targets.iter().map(|(case, _)| case.clone()).collect();
    let next = ids.first().and_then(|id| model.queue.neighbour(id, true));
    let next = next.map(|case| case.id.clone());
    model.batches.begin(Asked::Decide(verdict), &ids, next);
    model.deciding.extend(ids);
    model.queue.unmark();
    let effect = |(case, revision)| Effect::Decide {
        case,
        request: DecisionRequest {
            revision,
            verdict,
            reason: reason.clone(),
            overrule,
        },
    };
    targets.into_iter().map(effect).collect()
}

/// The targets of a decision, or why there can be none now.
fn targets(model: &Model, verdict: Verdict) -> Result<Vec<Target>, Notice> {
    if matches!(model.screen, Screen::Queue) {
        let marked: Vec<&CaseSummary> = model.queue.marked().collect();
        if !marked.is_empty() {
            return marked
                .iter()
                .map(|case| target(model, case, verdict))
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
    Ok(vec![target(model, summary, verdict)?])
}

fn target(model: &Model, summary: &CaseSummary, verdict: Verdict) -> Result<Target, Notice> {
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
    // A wrong patient or a moved head is plain from the name, or to somebody who looked elsewhere.
    if verdict != Verdict::Approve && matches!(model.screen, Screen::Queue) {
        return Ok((summary.id.clone(), revision));
    }
    let Some(sight) = model.sight(&summary.id, revision) else {
        return Err(Notice::bad(match model.screen {
            Screen::Queue => format!(
                "Look at {} first: its masks have not been on this screen.",
                printable(&summary.name)
            ),
            Screen::Review(_) => "Its masks have not been on the screen yet.".to_owned(),
        }));
    };
    // The reason of another decision takes longer to type.
    if verdict == Verdict::Approve {
        if matches!(model.screen, Screen::Queue) && summary.draft {
            return Err(Notice::bad(format!(
                "You have a draft on {}: open it, and commit or discard it first.",
                printable(&summary.name)
            )));
        }
        if !was_looked_at(model, Some(sight.since)) {
            return Err(too_early());
        }
    }
    Ok((summary.id.clone(), revision))
}

fn too_early() -> Notice {
    Notice::good("It has only just come to the screen: look at it, then approve.")
}

/// Why the open case cannot be approved yet, if it has only just come to the screen.
pub(super) fn why_too_early(model: &Model) -> Option<Notice> {
    (!was_looked_at(model, None)).then(too_early)
}

/// Whether the case has been on the screen long enough: since it was opened or, if it is not open,
/// since `first`.
fn was_looked_at(model: &Model, first: Option<Timestamp>) -> bool {
    let since = match &model.screen {
        Screen::Queue => first,
        Screen::Review(review) => review.shown_since,
    };
    // A clock that was set says nothing, in either direction.
    since.is_some_and(|since| model.now.duration_since(since).abs() >= LOOK)
}

fn of_several(notice: Notice, count: usize) -> Notice {
    Notice {
        text: format!("{} None of the {count} was decided on.", notice.text),
        ..notice
    }
}

/// Takes back what was decided, put away or brought back last with one key in this session; without
/// that, the reviewer's own decision on what is selected or looked at.
pub(super) fn take_back(model: &mut Model) -> Vec<Effect> {
    if model.batches.is_doing() {
        // Otherwise what was done before it would be taken back.
        let undo = Action::Decide(Decide::TakeBack);
        let undo = model.keymap.way(model.context(), undo);
        let said = format!("That is still on its way to the daemon; press {undo} again.");
        model.notice = Some(Notice::good(said));
        return Vec::new();
    }
    let last = match model.batches.take_last() {
        Some(Done::PutAway(cases)) => return dismissal::bring_back_again(model, cases),
        Some(Done::BroughtBack(cases)) => return dismissal::put_away_again(model, cases),
        Some(Done::Decided(targets)) => Some(targets),
        None => None,
    };
    let targets = last.or_else(|| {
        let summary = model.current()?;
        let decided = summary.state != CaseState::Review && summary.state.is_decidable();
        let revision = summary.revision.filter(|_| decided)?;
        Some(vec![(summary.id.clone(), revision)])
    });
    let Some(targets) = targets else {
        model.notice = Some(Notice::good("There is nothing to take back."));
        return Vec::new();
    };
    model.batches.begin_undo(Done::Decided(targets.clone()));
    let effect = |(case, revision)| Effect::Undo {
        case,
        request: UndoRequest {
            revision: Some(revision),
        },
    };
    targets.into_iter().map(effect).collect()
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

/// Says that no other case than `id` waits for review, or under which filter.
pub(super) fn nothing_waits(model: &Model, id: &CaseId) -> String {
    match model.queue.waiting_hidden(id) {
        0 => "Nothing else waits for review.".to_owned(),
        others => format!(
            "Nothing else waits for review under the filter {}; {others} without it.",
            printable(&model.filter)
        ),
    }
}
