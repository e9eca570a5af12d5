//! A run of the client begins where the one before it ended.

use super::event::Effect;
use super::narrowing;
use super::state::last_place::LastPlace;
use super::state::model::Model;
use super::state::review::Review;
use medicosam_shared::case::{CaseId, CaseSummary};

/// Where the reviewer is, for the next run.
pub fn place(model: &Model) -> LastPlace {
    let (sort, reversed) = model.queue.sort();
    LastPlace {
        filter: model.filter.clone(),
        sort,
        reversed,
        selected: model.queue.selected().map(|case| case.id.clone()),
        open: model.review().map(Review::place),
    }
}

/// Shows and sorts the list as before; [`go_on`] does the rest once the cases are known.
pub fn begin(model: &mut Model, place: LastPlace) {
    narrowing::narrow(model, &place.filter);
    model.queue.sort_by(place.sort, place.reversed);
    model.resuming = Some(place);
}

/// The cases are known: goes to the selected one, and opens the one that was open if it still waits for
/// review.
pub(super) fn go_on(model: &mut Model, place: LastPlace) -> Vec<Effect> {
    if let Some(case) = &place.selected {
        model.queue.select(case);
    }
    model.scroll();
    let waits = |id: &CaseId| {
        let case = model.queue.get(id);
        case.is_some_and(CaseSummary::awaits_you)
    };
    match place.open.filter(|open| waits(&open.case)) {
        Some(open) => model.show(Review::resumed(open)),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::event::{Answer, Event};
    use crate::app::fixture::{connected, noon, press, serve, status, summary};
    use crate::app::handle;
    use crate::app::state::review::layout::Layout;
    use medicosam_shared::api::CaseList;
    use medicosam_shared::case::CaseState;
    use medicosam_shared::case::CaseSummary;

    fn two(second: CaseState) -> Vec<CaseSummary> {
        vec![
            summary("one", CaseState::Review, Some(0.5)),
            summary("two", second, Some(0.9)),
        ]
    }

    /// A client that ends on slice 3 of a case, in three planes, under a filter.
    fn ended() -> LastPlace {
        let mut model = connected(two(CaseState::Review));
        narrowing::narrow(&mut model, "state:review");
        press(&mut model, "j");
        let effects = press(&mut model, "enter");
        serve(&mut model, effects);
        let review = model.review_mut().unwrap();
        review.look(3);
        review.layout = Layout::Three;
        place(&model)
    }

    /// The next client, before the cases are known.
    fn begun() -> Model {
        let mut model = Model::new(noon(), (120, 40));
        begin(&mut model, ended());
        model
    }

    fn connect(model: &mut Model, second: CaseState) -> Vec<Effect> {
        let list = CaseList {
            cases: two(second),
            last_event: 7,
        };
        let status = status();
        handle(model, Event::from(Answer::Connected { list, status }))
    }

    #[test]
    fn the_next_run_begins_on_the_same_slice_of_the_same_case() {
        let mut model = begun();
        let effects = connect(&mut model, CaseState::Review);
        assert_eq!(model.filter, "state:review");
        serve(&mut model, effects);
        let review = model.review().unwrap();
        assert_eq!((&*review.case.0, review.index()), ("two", 3));
        assert_eq!(review.layout, Layout::Three);
    }

    #[test]
    fn what_was_decided_on_meanwhile_is_not_opened() {
        let mut model = begun();
        connect(&mut model, CaseState::Approved);
        assert!(model.review().is_none());
        assert_eq!(model.queue.selected().unwrap().id.0, "one");
    }

    #[test]
    fn a_key_before_the_cases_are_known_means_what_is_on_the_screen() {
        let mut model = begun();
        press(&mut model, "j");
        connect(&mut model, CaseState::Review);
        assert!(model.review().is_none());
    }
}
