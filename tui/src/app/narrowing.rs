//! Which cases the list shows: the filter, filters that were saved, and sorting.

use super::action::context::Context;
use super::action::{Action, Cases};
use super::dialog::Dialog;
use super::dialog::filter::FilterLine;
use super::dialog::saved_filters::{MOST_FILTERS, REMOVE, SavedFilters};
use super::event::Effect;
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::queue::filter::Filter;

/// Begins to type a filter, with the one that there is.
pub(super) fn begin(model: &mut Model) {
    if matches!(model.screen, Screen::Queue) {
        model.dialog = Some(Dialog::Filter(FilterLine::new(&model.filter)));
    }
}

/// Shows what fits a filter; returns what is wrong with it.
pub(super) fn narrow(model: &mut Model, text: &str) -> Option<String> {
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
pub(super) fn back(model: &mut Model) {
    if !model.queue.unmark() {
        narrow(model, "");
    }
}

/// Keeps the filter of the list for the next time.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    let filter = model.filter.clone();
    let shows = Action::Cases(Cases::SavedFilters);
    let shows = model.keymap.way(Context::Queue, shows);
    let text = match filter.parse::<Filter>() {
        Ok(parsed) if parsed.is_empty() => "There is no filter to save.".to_owned(),
        Err(problem) => format!("Not saved: {problem}"),
        Ok(_) if model.saved_filters.contains(&filter) => "It is saved already.".to_owned(),
        Ok(_) if model.saved_filters.len() >= MOST_FILTERS => {
            format!(
                "There are nine already; {shows} shows them, and {REMOVE} there removes the last."
            )
        }
        Ok(_) => {
            model.saved_filters.push(filter);
            let number = model.saved_filters.len();
            let text = format!("Saved: {shows} {number} brings it back.");
            model.notice = Some(Notice::good(text));
            return vec![Effect::SaveFilters(model.saved_filters.clone())];
        }
    };
    model.notice = Some(Notice::bad(text));
    Vec::new()
}

/// Shows the saved filters.
pub(super) fn show_saved(model: &mut Model) {
    let count = model.saved_filters.len();
    model.dialog = Some(Dialog::SavedFilters(SavedFilters { count }));
}

/// Shows what fits a saved filter.
pub(super) fn choose(model: &mut Model, place: usize) {
    if let Some(filter) = model.saved_filters.get(place).cloned() {
        narrow(model, &filter);
    }
}

/// Removes the last of the saved filters.
pub(super) fn remove_last(model: &mut Model) -> Vec<Effect> {
    model.saved_filters.pop();
    vec![Effect::SaveFilters(model.saved_filters.clone())]
}

/// Sorts by the next thing.
pub(super) fn sort(model: &mut Model) {
    let (sort, _) = model.queue.sort();
    model.queue.sort_by(sort.next(), false);
    model.scroll();
}

/// Reverses the order of the list.
pub(super) fn reverse_sort(model: &mut Model) {
    let (sort, reversed) = model.queue.sort();
    model.queue.sort_by(sort, !reversed);
    model.scroll();
}
