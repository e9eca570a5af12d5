//! Asking for a change of the draft.

use super::refused::refused;
use crate::app::action::context::Context;
use crate::app::action::{Action, Draw};
use crate::app::event::Effect;
use crate::app::state::model::Model;
use medicosam_shared::draft::DraftChange;

/// Has the draft changed, or says why it cannot be.
pub(super) fn ask(model: &mut Model, change: DraftChange) -> Vec<Effect> {
    try_to(model, change).unwrap_or_default()
}

/// Has the draft changed; `None`, with a notice, if it cannot be.
pub(super) fn try_to(model: &mut Model, change: DraftChange) -> Option<Vec<Effect>> {
    match model.review_mut()?.change_draft(change) {
        Ok(effects) => Some(effects),
        Err(refusal) => {
            model.notice = Some(refused(&refusal, &model.keymap));
            None
        }
    }
}

/// The key of an action while drawing, as notices name it.
pub(super) fn draw_key(model: &Model, action: Draw) -> String {
    model.keymap.way(Context::Edit, Action::Draw(action))
}
