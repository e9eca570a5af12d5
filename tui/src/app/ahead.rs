//! What is read before anybody asks for it: more about the selected case, and the scan of the next.

use super::event::Effect;
use super::state::model::{Model, Screen};

/// What to read ahead now.
pub(super) fn next(model: &mut Model) -> Vec<Effect> {
    let preview = preview(model);
    let effects = preview.into_iter().chain(peek(model));
    effects.chain(next_scan(model)).collect()
}

/// The worst slice of the selected case, after a moment.
fn preview(model: &mut Model) -> Option<Effect> {
    let room = crate::layout::queue(model.size).picture.height > 0;
    let in_queue = matches!(model.screen, Screen::Queue);
    let selected = model.queue.selected().filter(|_| room && in_queue);
    model.preview.comes_to(selected).then_some(Effect::Rest)
}

/// More about the case that is selected in the list, if there is room to show it.
fn peek(model: &mut Model) -> Option<Effect> {
    let room = crate::layout::queue(model.size).detail.height > 0;
    if !matches!(model.screen, Screen::Queue) || !room {
        return None;
    }
    let case = model.queue.selected()?;
    model
        .peek
        .rests_on(case)
        .then(|| Effect::Peek(case.id.clone()))
}

/// The scan of the case after the one that is looked at, so that after a decision its slice is
/// there at once.
fn next_scan(model: &mut Model) -> Option<Effect> {
    let review = model.review()?;
    // First the current slice.
    review.slices.get(review.slice()?)?;
    let next = model.queue.neighbour(&review.case, true)?.id.clone();
    if model.read_ahead.as_ref() == Some(&next) {
        return None;
    }
    model.read_ahead = Some(next.clone());
    Some(Effect::ReadAhead(next))
}
