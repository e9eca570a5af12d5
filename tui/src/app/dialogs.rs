//! Keys and text go to the dialog that lies over the screen, and what it says is done.

use super::dialog::Dialog;
use super::dialog::said::{Said, Wish};
use super::draft::{prompting, spreading};
use super::event::Effect;
use super::meant::Meant;
use super::state::model::Model;
use super::state::notice::Notice;
use super::{decide, narrowing, retrying, update};
use crate::term::Key;
use medicosam_shared::api::NoteRequest;

/// Takes a key; `None` if no dialog takes it. Within, `None` if it meant nothing to the dialog.
pub(super) fn press(model: &mut Model, key: Key, meant: Meant) -> Option<Option<Vec<Effect>>> {
    let said = model.dialog.as_mut()?.press(key);
    let decides = matches!(&said, Said::Do(wish) if wish.decides());
    let why_not = meant.why_not(key).filter(|_| decides);
    if why_not.is_some() {
        model.notice = why_not;
        return Some(Some(Vec::new()));
    }
    if said == Said::Nothing {
        return Some(None);
    }
    hear(model, said).map(Some)
}

/// Takes pasted text.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let said = model.dialog.as_mut().map(|dialog| dialog.paste(text));
    said.and_then(|said| hear(model, said)).unwrap_or_default()
}

fn hear(model: &mut Model, said: Said) -> Option<Vec<Effect>> {
    let mut effects = Vec::new();
    match said {
        Said::Keymap => return None,
        Said::Nothing => {}
        Said::Wrong(why) => model.notice = Some(Notice::bad(why)),
        Said::Narrow(filter) => {
            let problem = narrowing::narrow(model, &filter);
            if let Some(Dialog::Filter(line)) = &mut model.dialog {
                line.problem = problem;
            }
        }
        Said::Select(step) => {
            model.queue.select_by(step);
            model.scroll();
        }
        Said::RemoveLastFilter => effects = narrowing::remove_last(model),
        Said::Object { label, name } => {
            if let Some(added) = prompting::add_object(model, label, name) {
                model.dialog = None;
                effects = added;
            }
        }
        Said::Leave => model.dialog = None,
        Said::Do(wish) => {
            model.dialog = None;
            effects = grant(model, wish);
        }
    }
    Some(effects)
}

fn grant(model: &mut Model, wish: Wish) -> Vec<Effect> {
    match wish {
        Wish::Decide(decision) => decide::send(model, decision),
        Wish::Note { case, text } => {
            let request = NoteRequest { text };
            vec![Effect::Note { case, request }]
        }
        Wish::Act(action) => update::update(model, action),
        Wish::Slice(index) => look(model, index),
        Wish::Explain(text) => {
            model.notice = Some(Notice::bad(text));
            Vec::new()
        }
        Wish::Filter(filter) => {
            narrowing::narrow(model, &filter);
            Vec::new()
        }
        Wish::SaveFilter => narrowing::save(model),
        Wish::SavedFilter(place) => {
            narrowing::choose(model, place);
            Vec::new()
        }
        Wish::CommitAndApprove => prompting::commit_and_approve(model),
        Wish::DiscardAndApprove(decision) => {
            let mut effects = prompting::discard(model);
            effects.extend(decide::approve_without_draft(model, decision));
            effects
        }
        Wish::Retry(case, output) => retrying::retry_with(model, case, output),
        Wish::DiscardDraft => prompting::discard(model),
        Wish::RebaseDraft => prompting::rebase(model),
        Wish::Follow { slices, force } => spreading::follow_within(model, (slices, force)),
        Wish::SegmentBoxes(together) => spreading::segment_boxes(model, together),
        Wish::NextUnseen => decide::next_unseen(model),
    }
}

fn look(model: &mut Model, index: u32) -> Vec<Effect> {
    if let Some(review) = model.review_mut() {
        return review.look(index);
    }
    model.notice = Some(Notice::bad("Open a case to go to one of its slices."));
    Vec::new()
}
