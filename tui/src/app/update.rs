//! Actions.

use super::event::Effect;
use super::model::{Dialog, Model, Notice, Screen};
use super::review::window::WindowChoice;
use super::{Action, command, decide, draft::prompting, queue::narrowing, review::look};
use medicosam_shared::case::Verdict;

/// Cases in a large step.
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
        Action::Back => return back(model),
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
        Action::Retry => return decide::retry(model),
        Action::Note => return decide::note(model),
        Action::TakeBack => return decide::take_back(model),
        Action::Filter => narrowing::begin(model),
        Action::SavedFilters => model.dialog = Some(Dialog::SavedFilters),
        Action::Sort => narrowing::sort(model, false),
        Action::ReverseSort => narrowing::sort(model, true),
        Action::Mark => {
            model.queue.mark();
            model.scroll();
        }
        Action::MarkRange => model.queue.mark_range(),
        Action::NextCase => return neighbour(model, true),
        Action::PreviousCase => return neighbour(model, false),
        Action::WindowCase => window(model, WindowChoice::Case),
        Action::WindowAbdomen => window(model, WindowChoice::Preset("abdomen", 400, 40)),
        Action::WindowLung => window(model, WindowChoice::Preset("lung", 1500, -600)),
        Action::WindowBrain => window(model, WindowChoice::Preset("brain", 80, 40)),
        Action::WindowMediastinum => window(model, WindowChoice::Preset("mediastinum", 350, 50)),
        Action::WindowBone => window(model, WindowChoice::Preset("bone", 1800, 400)),
        Action::NextSlice
        | Action::PreviousSlice
        | Action::FurtherSlice
        | Action::FurtherSliceBack
        | Action::FirstSlice
        | Action::LastSlice
        | Action::NextMaskSlice
        | Action::PreviousMaskSlice
        | Action::NextLowSlice
        | Action::PreviousLowSlice
        | Action::ToggleMask
        | Action::MaskForm
        | Action::MoreOpaque
        | Action::LessOpaque
        | Action::ShowBefore
        | Action::ShowChanges
        | Action::WindowAuto
        | Action::AdjustWindow
        | Action::LevelUp
        | Action::LevelDown
        | Action::WidthUp
        | Action::WidthDown
        | Action::Invert
        | Action::ViewAxial
        | Action::ViewCoronal
        | Action::ViewSagittal
        | Action::ThreePlanes
        | Action::Mosaic
        | Action::OneSlice
        | Action::ZoomIn
        | Action::ZoomOut
        | Action::ZoomWhole
        | Action::ZoomMask
        | Action::PanLeft
        | Action::PanDown
        | Action::PanUp
        | Action::PanRight => return look::look(model, action),
        Action::MoveLeft
        | Action::MoveDown
        | Action::MoveUp
        | Action::MoveRight
        | Action::MoveFarLeft
        | Action::MoveFarDown
        | Action::MoveFarUp
        | Action::MoveFarRight => return move_cursor(model, action),
        Action::Edit => return prompting::begin(model),
        Action::Corner
        | Action::Confirm
        | Action::PositivePoint
        | Action::NegativePoint
        | Action::ClearPrompt
        | Action::NextObject
        | Action::Segment
        | Action::Propagate
        | Action::NextCandidate
        | Action::PreviousCandidate
        | Action::NewObject
        | Action::UndoPrompt
        | Action::RedoPrompt
        | Action::CommitDraft
        | Action::DiscardDraft => return prompting::draw(model, action),
        Action::Command => command::begin(model),
        Action::Suspend => return vec![Effect::Suspend],
    }
    Vec::new()
}

/// While drawing it is the hand that moves.
fn move_cursor(model: &mut Model, action: Action) -> Vec<Effect> {
    let is_drawing = model.review().is_some_and(|review| review.edit.is_some());
    if is_drawing {
        prompting::draw(model, action)
    } else {
        look::look(model, action)
    }
}

fn back(model: &mut Model) -> Vec<Effect> {
    if model.dialog.take().is_some() {
        return Vec::new();
    }
    if let Some(effects) = prompting::back(model) {
        return effects;
    }
    match &mut model.screen {
        Screen::Queue => narrowing::back(model),
        Screen::Review(review) => {
            if !look::back(review) {
                model.close();
            }
        }
    }
    Vec::new()
}

fn select(model: &mut Model, step: isize) {
    if let Some(Dialog::Help { context, top }) = &model.dialog {
        let (context, top) = (*context, *top);
        let last = crate::layout::help_overflow(model.help(context).len(), model.size);
        let top = top.saturating_add_signed(step).min(last);
        model.dialog = Some(Dialog::Help { context, top });
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

fn window(model: &mut Model, choice: WindowChoice) {
    if let Some(review) = model.review_mut() {
        review.window = choice;
    }
}
