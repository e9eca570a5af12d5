//! Which cases the list shows: filters as they are typed, filters that were saved, and sorting.

use super::filter::Filter;
use crate::app::event::Effect;
use crate::app::model::{Dialog, Line, Model, Notice, Screen};
use crate::term::{Key, KeyCode};

/// Saved filters that a client begins with.
pub const FIRST_FILTERS: [&str; 5] = [
    "state:review",
    "state:review score<0.7",
    "state:flagged",
    "state:failed,paused",
    "state:approved,rejected",
];

/// Most saved filters: each has a digit.
pub const MOST_FILTERS: usize = 9;

/// A filter being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// What has been typed.
    pub text: Line,
    /// What was typed before, to go back to.
    pub before: String,
    /// What is wrong with it so far.
    pub problem: Option<String>,
}

/// Begins to type a filter, with the one that there is.
pub(in crate::app) fn begin(model: &mut Model) {
    if !matches!(model.screen, Screen::Queue) {
        return;
    }
    let mut text = Line::default();
    text.insert(&model.filter);
    model.dialog = Some(Dialog::Filter(Typing {
        text,
        before: model.filter.clone(),
        problem: None,
    }));
}

/// Takes a key while a filter is typed.
pub(in crate::app) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Dialog::Filter(typing)) = &mut model.dialog else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Esc => {
            let before = typing.before.clone();
            model.dialog = None;
            narrow(model, &before);
        }
        KeyCode::Enter => model.dialog = None,
        KeyCode::Down => step(model, 1),
        KeyCode::Up => step(model, -1),
        KeyCode::Char('s') if key.ctrl => return save(model),
        _ => {
            typing.text.press(key);
            typed(model);
        }
    }
    Vec::new()
}

/// Takes pasted text while a filter is typed.
pub(in crate::app) fn paste(model: &mut Model, text: &str) {
    if let Some(Dialog::Filter(typing)) = &mut model.dialog {
        typing.text.insert(text);
        typed(model);
    }
}

fn typed(model: &mut Model) {
    let Some(Dialog::Filter(typing)) = &model.dialog else {
        return;
    };
    let text = typing.text.as_str().to_owned();
    let problem = narrow(model, &text);
    if let Some(Dialog::Filter(typing)) = &mut model.dialog {
        typing.problem = problem;
    }
}

fn step(model: &mut Model, step: isize) {
    model.queue.select_by(step);
    model.scroll();
}

/// Shows what fits a filter; returns what is wrong with it.
fn narrow(model: &mut Model, text: &str) -> Option<String> {
    let (filter, problem) = Filter::unfinished(text);
    text.trim().clone_into(&mut model.filter);
    if filter.is_empty() {
        model.queue.widen();
    } else if filter != *model.queue.filter() {
        model.queue.narrow(filter, model.now);
    }
    model.scroll();
    problem.map(|problem| problem.to_string())
}

/// One step back in the list: first the marks go, then the filter.
pub(in crate::app) fn back(model: &mut Model) {
    if !model.queue.unmark() {
        narrow(model, "");
    }
}

fn save(model: &mut Model) -> Vec<Effect> {
    let filter = model.filter.clone();
    let text = match filter.parse::<Filter>() {
        Ok(parsed) if parsed.is_empty() => "There is no filter to save.".to_owned(),
        Err(problem) => format!("Not saved: {problem}"),
        Ok(_) if model.saved_filters.contains(&filter) => "It is saved already.".to_owned(),
        Ok(_) if model.saved_filters.len() >= MOST_FILTERS => {
            "There are nine already; F shows them, and x there removes the last.".to_owned()
        }
        Ok(_) => {
            model.saved_filters.push(filter);
            model.dialog = None;
            let number = model.saved_filters.len();
            model.notice = Some(Notice::good(format!("Saved: F {number} brings it back.")));
            return vec![Effect::SaveFilters(model.saved_filters.clone())];
        }
    };
    model.dialog = None;
    model.notice = Some(Notice::bad(text));
    Vec::new()
}

/// Takes a key while the saved filters are shown.
pub(in crate::app) fn saved_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Char(digit @ '1'..='9') => {
            let at = digit as usize - '1' as usize;
            if let Some(filter) = model.saved_filters.get(at).cloned() {
                model.dialog = None;
                narrow(model, &filter);
            }
        }
        KeyCode::Char('x') if model.saved_filters.pop().is_some() => {
            return vec![Effect::SaveFilters(model.saved_filters.clone())];
        }
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => model.dialog = None,
        _ => {}
    }
    Vec::new()
}

/// Sorts by the next thing, or the other way round.
pub(in crate::app) fn sort(model: &mut Model, other_way: bool) {
    let (sort, reversed) = model.queue.sort();
    if other_way {
        model.queue.sort_by(sort, !reversed);
    } else {
        model.queue.sort_by(sort.next(), false);
    }
    model.scroll();
}
