//! Answers of the daemon.

use super::event::{Answer, Effect};
use super::model::{Link, Model, Notice};
use super::review::Review;
use super::review::slices::SliceId;
use super::{decide, draft::answers, queue::live};
use medicosam_shared::api::Status;
use medicosam_shared::case::{Action, Event};
use medicosam_shared::text::printable;

/// Takes an answer in; returns what has to be done outside.
pub(super) fn receive(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Connected { list, status } => {
            let before = std::mem::replace(&mut model.link, Link::Connected);
            model.notice = connection_news(&before, &status).or(model.notice.take());
            model.status = Some(status);
            model.queue.replace(list.cases);
            model.scroll();
            // Whatever could not be read while the daemon was away can be now.
            return model.review_mut().map(Review::read).unwrap_or_default();
        }
        Answer::Disconnected(failure) => model.link = Link::Lost(failure),
        Answer::Happened(event) => return happened(model, &event),
        Answer::Everything(result) => {
            if let Ok((list, status)) = result {
                model.queue.replace(list.cases);
                model.status = Some(status);
                model.scroll();
            }
            return model.refreshed().into_iter().collect();
        }
        Answer::Some { cases, status } => {
            model.queue.put(cases);
            model.status = status.or(model.status.take());
            model.scroll();
            return model.refreshed().into_iter().collect();
        }
        Answer::Case { case, result } => {
            let Some(review) = model.review_of(&case) else {
                return Vec::new();
            };
            match result {
                Ok(detail) => {
                    let summary = detail.summary.clone();
                    let effects = review.put_detail(*detail);
                    model.queue.put(vec![summary]);
                    return effects;
                }
                Err(failure) if review.detail.is_none() => {
                    review.failure = Some(failure.fault.message);
                }
                // What is on the screen is older than it could be, but still true.
                Err(failure) => model.notice = Some(Notice::failure(&failure)),
            }
        }
        Answer::Slice {
            case,
            plane,
            index,
            result,
        } => {
            if let Some(review) = model.review_of(&case)
                && let Some(stack) = review.stack()
            {
                let axis = stack.affine.axis(plane);
                let result = result.map_err(|failure| failure.fault.message);
                review.slices.arrived(SliceId { axis, index }, result);
            }
        }
        Answer::Masks {
            case,
            revision,
            result,
        } => {
            if let Some(review) = model.review_of(&case) {
                match result {
                    Ok(masks) => {
                        review.put_masks(revision, masks);
                        review.compose();
                        return review.load();
                    }
                    Err(failure) => model.notice = Some(Notice::failure(&failure)),
                }
            }
        }
        Answer::Decided {
            case,
            request,
            result,
        } => return decide::decided(model, &case, request, result),
        Answer::Undone { case, result } => return decide::taken_back(model, &case, result),
        Answer::Noted { case, result } => {
            model.peek.stale(&case);
            model.notice = Some(match result {
                Ok(summary) => Notice::good(format!("Noted on {}.", printable(&summary.name))),
                Err(failure) => Notice::failure(&failure),
            });
        }
        Answer::Peeked(result) => model.peek.arrived(result),
        Answer::Live(now) => live::put(model, now),
        Answer::Retried { case, result } => decide::retried(model, &case, result),
        Answer::Draft { case, result } => return answers::draft_loaded(model, &case, result),
        Answer::DraftChanged {
            case,
            result,
            elapsed,
        } => return answers::draft_changed(model, &case, result, elapsed),
        Answer::DraftProgress { case, result } => {
            return answers::draft_progressed(model, &case, result);
        }
    }
    Vec::new()
}

/// What there is to say of a connection that has just been made.
fn connection_news(before: &Link, status: &Status) -> Option<Notice> {
    if let Some(difference) = status.version.differs() {
        return Some(Notice {
            text: difference,
            hint: "Restart the daemon if it was updated, else install both of one build."
                .to_owned(),
            bad: true,
        });
    }
    matches!(before, Link::Lost(_)).then(|| Notice::good("Connected again; nothing was missed."))
}

/// An entry of the event log: what it is about is read again.
fn happened(model: &mut Model, event: &Event) -> Vec<Effect> {
    // A replaced file takes its case out of the list.
    if event.action == Action::Superseded {
        return model.all_changed().into_iter().collect();
    }
    let Some(case) = &event.case else {
        return Vec::new();
    };
    model.peek.stale(case);
    let mut effects: Vec<Effect> = model.changed(case.clone()).into_iter().collect();
    let deciding = model.deciding.contains(case);
    if let Some(review) = model.review_of(case)
        && !review.prompting
    {
        effects.push(Effect::LoadCase(case.clone()));
        if let Some(text) = news(event).filter(|_| !deciding) {
            model.notice = Some(Notice::good(text));
        }
    }
    effects
}

/// What somebody who looks at the case wants to know at once.
fn news(event: &Event) -> Option<String> {
    let who = printable(&event.who);
    match event.action {
        Action::Approved => Some(format!("{who} has just approved this case.")),
        Action::Rejected => Some(format!("{who} has just rejected this case.")),
        Action::Flagged => Some(format!("{who} has just flagged this case.")),
        Action::Undone => Some(format!("{who} has just taken a decision back.")),
        Action::Noted => Some(format!("{who} notes: {}", printable(&event.detail))),
        Action::Prompted => Some(format!("{who} has just asked for another mask.")),
        Action::Revised => Some("There is a new revision.".to_owned()),
        _ => None,
    }
}
