//! The case after this one: the daemon reads its scan while this one is looked at, so that after a
//! decision the next slice is there at once.

use crate::app::event::Effect;
use crate::app::model::Model;

/// What to have read, if anything.
pub(in crate::app) fn next(model: &mut Model) -> Option<Effect> {
    let review = model.review()?;
    // First what is looked at.
    review.slices.get(review.slice()?)?;
    let next = model.queue.neighbour(&review.case, true)?.id.clone();
    if model.read_ahead.as_ref() == Some(&next) {
        return None;
    }
    model.read_ahead = Some(next.clone());
    Some(Effect::ReadAhead(next))
}
