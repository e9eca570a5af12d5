//! Actions are done here, or by the module of their group.

use super::action::context::Context;
use super::action::{Action, App, Cases, Cursor, Decide, Slice};
use super::dialog::Dialog;
use super::dialog::command::Command;
use super::dialog::help::Help;
use super::draft::prompting;
use super::event::Effect;
use super::keymap::{self, Keymap};
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::review::layout::Layout;
use super::{copying, decide, dismissal, intake, look, narrowing, retrying};
use medicosam_shared::case::Verdict;

/// Cases in a large step.
const FURTHER: isize = 10;

/// Performs an action; returns the work for the outside.
pub(super) fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Decide(action) => decide(model, action),
        Action::Cases(action) => cases(model, action),
        Action::Draw(action) => prompting::draw(model, action),
        Action::Slice(action) => look::slice(model, action),
        Action::Look(action) => look::look(model, action),
        Action::Window(action) => look::window(model, action),
        Action::Cursor(action) => cursor(model, action),
        Action::App(action) => app(model, action),
    }
}

fn decide(model: &mut Model, action: Decide) -> Vec<Effect> {
    match action {
        Decide::Approve => decide::decide(model, Verdict::Approve),
        Decide::Reject => decide::decide(model, Verdict::Reject),
        Decide::Flag => decide::decide(model, Verdict::Flag),
        Decide::Note => decide::note(model),
        Decide::TakeBack => decide::take_back(model),
        Decide::Retry => retrying::retry(model),
        Decide::Dismiss => dismissal::dismiss(model),
        Decide::Hurry => intake::hurry(model),
        Decide::PauseIntake => intake::pause(model),
    }
}

fn cases(model: &mut Model, action: Cases) -> Vec<Effect> {
    match action {
        Cases::Filter => {
            if let Some(Dialog::Help(help)) = &mut model.dialog {
                help.typing = true;
            } else {
                narrowing::begin(model);
            }
        }
        Cases::SavedFilters => narrowing::show_saved(model),
        Cases::Sort => narrowing::sort(model),
        Cases::ReverseSort => narrowing::reverse_sort(model),
        Cases::Open => return open(model),
        Cases::Mark => {
            model.queue.mark();
            model.scroll();
        }
        Cases::MarkRange => model.queue.mark_range(),
        Cases::PageNext => model.queue.turn(1),
        Cases::PagePrevious => model.queue.turn(-1),
        Cases::SelectNext => select(model, 1),
        Cases::SelectPrevious => select(model, -1),
        Cases::SelectFurther => select(model, FURTHER),
        Cases::SelectFurtherBack => select(model, -FURTHER),
        Cases::SelectFirst => select(model, isize::MIN),
        Cases::SelectLast => select(model, isize::MAX),
        Cases::Next => return neighbour(model, true),
        Cases::Previous => return neighbour(model, false),
        Cases::CopyLink => return copying::copy_link(model),
    }
    Vec::new()
}

/// Where prompts are drawn, the hand moves; in a mosaic beside that, the selected tile.
fn cursor(model: &mut Model, action: Cursor) -> Vec<Effect> {
    let edited = model.review().filter(|_| model.context() == Context::Edit);
    match edited.map(|review| (review.draws(), review.layout)) {
        Some((true, _)) => {
            prompting::move_hand(model, action);
            Vec::new()
        }
        Some((false, Layout::Mosaic)) => look::slice(
            model,
            match action {
                Cursor::Left | Cursor::Up | Cursor::FarLeft | Cursor::FarUp => Slice::Previous,
                Cursor::Right | Cursor::Down | Cursor::FarRight | Cursor::FarDown => Slice::Next,
            },
        ),
        Some((false, Layout::One | Layout::Three)) | None => look::cursor(model, action),
    }
}

fn app(model: &mut Model, action: App) -> Vec<Effect> {
    match action {
        App::Help => {
            let context = model.context();
            model.dialog = match model.dialog.take() {
                None => Some(Dialog::Help(Help::of(context))),
                Some(_) => None,
            };
        }
        App::Command => {
            // All actions have a key at first; one whose key was taken away still has its name.
            let usual = Keymap::default();
            let actions = usual.actions(model.context());
            let others = actions.filter(|action| *action != Action::App(App::Command));
            model.dialog = Some(Dialog::Command(Command::among(others.collect())));
        }
        App::Suspend => return vec![Effect::Suspend],
        App::Back => return back(model),
        App::Quit => return vec![Effect::Quit],
    }
    Vec::new()
}

fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(Dialog::Help(help)) = &mut model.dialog
        && help.show_all()
    {
        return Vec::new();
    }
    if model.dialog.take().is_some() {
        return Vec::new();
    }
    if let Some(effects) = prompting::back(model) {
        return effects;
    }
    match &mut model.screen {
        Screen::Queue => narrowing::back(model),
        Screen::Review(review) => {
            if !review.step_back() {
                model.close();
            }
        }
    }
    Vec::new()
}

fn select(model: &mut Model, step: isize) {
    if let Some(Dialog::Help(help)) = &model.dialog {
        let last = keymap::help::overflow(&model.help(help), model.size);
        if let Some(Dialog::Help(help)) = &mut model.dialog {
            help.top = help.top.saturating_add_signed(step).min(last);
        }
        return;
    }
    model.queue.select_by(step);
    model.scroll();
}

fn open(model: &mut Model) -> Vec<Effect> {
    let selected = model.queue.selected().map(|case| case.id.clone());
    selected.map_or_else(Vec::new, |case| model.open(case))
}

fn neighbour(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(review) = model.review() else {
        return Vec::new();
    };
    let here = review.case.clone();
    let neighbour = model.queue.neighbour(&here, forward);
    match neighbour.map(|case| case.id.clone()) {
        Some(case) => model.open(case),
        None => {
            model.notice = Some(Notice::good(decide::nothing_waits(model, &here)));
            Vec::new()
        }
    }
}
