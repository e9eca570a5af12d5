//! Actions.

use super::event::Effect;
use super::model::{Dialog, Model, Notice, Screen};
use super::review::WindowChoice;
use super::{Action, command, decide, prompting};
use medicosam_shared::case::{CaseState, Verdict};

/// Slices or cases in a large step.
const FURTHER: isize = 10;

/// Does what a reviewer asks for; returns what has to be done outside.
pub(super) fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Help => {
            model.dialog = match model.dialog.take() {
                None => Some(Dialog::Help {
                    context: model.context(),
                    top: 0,
                }),
                Some(_) => None,
            };
        }
        Action::Back => back(model),
        Action::SelectNext => select(model, 1),
        Action::SelectPrevious => select(model, -1),
        Action::SelectFurther => select(model, FURTHER),
        Action::SelectFurtherBack => select(model, -FURTHER),
        Action::SelectFirst => select(model, isize::MIN),
        Action::SelectLast => select(model, isize::MAX),
        Action::Open => return open(model),
        Action::Approve => return decide::decide(model, Verdict::Approve),
        Action::Reject => return decide::decide(model, Verdict::Reject),
        Action::Flag => return decide::decide(model, Verdict::Flag),
        Action::Retry => return retry(model),
        Action::NextCase => return neighbour(model, true),
        Action::PreviousCase => return neighbour(model, false),
        Action::NextSlice => return slice_by(model, 1),
        Action::PreviousSlice => return slice_by(model, -1),
        Action::FurtherSlice => return slice_by(model, FURTHER as i32),
        Action::FurtherSliceBack => return slice_by(model, -FURTHER as i32),
        Action::FirstSlice => return slice_by(model, i32::MIN),
        Action::LastSlice => return slice_by(model, i32::MAX),
        Action::NextMaskSlice => return mask_slice(model, true),
        Action::PreviousMaskSlice => return mask_slice(model, false),
        Action::ToggleMask => {
            if let Some(review) = model.review_mut() {
                review.masks_visible = !review.masks_visible;
            }
        }
        Action::WindowCase => window(model, WindowChoice::Case),
        Action::WindowAbdomen => window(model, WindowChoice::Preset("abdomen", 400, 40)),
        Action::WindowLung => window(model, WindowChoice::Preset("lung", 1500, -600)),
        Action::WindowBrain => window(model, WindowChoice::Preset("brain", 80, 40)),
        Action::WindowMediastinum => window(model, WindowChoice::Preset("mediastinum", 350, 50)),
        Action::WindowBone => window(model, WindowChoice::Preset("bone", 1800, 400)),
        Action::Edit => prompting::begin(model),
        Action::MoveLeft
        | Action::MoveDown
        | Action::MoveUp
        | Action::MoveRight
        | Action::MoveFarLeft
        | Action::MoveFarDown
        | Action::MoveFarUp
        | Action::MoveFarRight
        | Action::Corner
        | Action::Confirm
        | Action::PositivePoint
        | Action::NegativePoint
        | Action::ClearPrompt
        | Action::NextObject
        | Action::Segment => return prompting::draw(model, action),
        Action::Command => command::begin(model),
        Action::Suspend => return vec![Effect::Suspend],
    }
    Vec::new()
}

fn back(model: &mut Model) {
    if model.dialog.take().is_some() {
        return;
    }
    if let Screen::Review(review) = &mut model.screen
        && !prompting::back(review)
    {
        model.close();
    }
}

fn select(model: &mut Model, step: isize) {
    if let Some(Dialog::Help { context, top }) = &mut model.dialog {
        let last = crate::layout::help_overflow(model.keymap.actions(*context).len(), model.size);
        *top = top.saturating_add_signed(step).min(last);
        return;
    }
    model.queue.select_by(step);
    model.scroll();
}

fn open(model: &mut Model) -> Vec<Effect> {
    match model.queue.selected() {
        Some(case) => {
            let id = case.id.clone();
            model.open(id)
        }
        None => Vec::new(),
    }
}

fn neighbour(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(review) = model.review() else {
        return Vec::new();
    };
    match model.queue.neighbour(&review.case, forward) {
        Some(case) => {
            let id = case.id.clone();
            model.open(id)
        }
        None => {
            model.notice = Some(Notice::good("No other case waits for review."));
            Vec::new()
        }
    }
}

fn retry(model: &mut Model) -> Vec<Effect> {
    let id = match &model.screen {
        Screen::Queue => model.queue.selected().map(|c| &c.id),
        Screen::Review(review) => Some(&review.case),
    };
    match id.and_then(|id| model.queue.get(id)) {
        Some(case) if matches!(case.state, CaseState::Failed | CaseState::Paused) => {
            vec![Effect::Retry(case.id.clone())]
        }
        Some(case) => {
            let text = format!(
                "It is {}; only failed and paused cases are tried again.",
                case.state
            );
            model.notice = Some(Notice::bad(text));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn slice_by(model: &mut Model, step: i32) -> Vec<Effect> {
    match model.review_mut() {
        Some(review) => {
            let index = review.index.saturating_add_signed(step);
            review.look(index)
        }
        None => Vec::new(),
    }
}

fn mask_slice(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    let slices = review.mask_slices();
    let next = if forward {
        slices.range(review.index + 1..).next()
    } else {
        slices.range(..review.index).next_back()
    };
    match next {
        Some(&index) => review.look(index),
        None => {
            let text = match (slices.is_empty(), forward) {
                (true, _) => "No slice has a mask.",
                (false, true) => "No slice further on has a mask.",
                (false, false) => "No slice before has a mask.",
            };
            model.notice = Some(Notice::good(text));
            Vec::new()
        }
    }
}

fn window(model: &mut Model, choice: WindowChoice) {
    if let Some(review) = model.review_mut() {
        review.window = choice;
    }
}
