//! The list of cases.

use medicosam_shared::case::{CaseId, CaseState, CaseSummary};
use std::cmp::Ordering;

/// Cases in the order in which they are worth a look, and which one is selected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    cases: Vec<CaseSummary>,
    selected: usize,
    /// First case on the screen.
    top: usize,
}

impl Queue {
    /// The cases.
    pub fn cases(&self) -> &[CaseSummary] {
        &self.cases
    }

    /// Position of the selected case.
    pub fn position(&self) -> usize {
        self.selected
    }

    /// The selected case.
    pub fn selected(&self) -> Option<&CaseSummary> {
        self.cases.get(self.selected)
    }

    /// Position of the first case on the screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// The case `id`.
    pub fn get(&self, id: &CaseId) -> Option<&CaseSummary> {
        self.cases.iter().find(|c| c.id == *id)
    }

    /// Puts other cases in place of all. The selection stays on its case.
    pub fn replace(&mut self, cases: Vec<CaseSummary>) {
        self.change(|all| *all = cases);
    }

    /// Puts newer versions of cases in their places, or adds them. The selection stays on its case.
    pub fn put(&mut self, cases: Vec<CaseSummary>) {
        self.change(|all| {
            for case in cases {
                match all.iter_mut().find(|c| c.id == case.id) {
                    // An older version may arrive after a newer one.
                    Some(known) if known.updated > case.updated => {}
                    Some(known) => *known = case,
                    None => all.push(case),
                }
            }
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<CaseSummary>)) {
        let selected = self.selected().map(|c| c.id.clone());
        change(&mut self.cases);
        self.cases.sort_by(order);
        let position = selected.and_then(|id| self.cases.iter().position(|c| c.id == id));
        self.selected = position.unwrap_or(self.selected);
        self.select_by(0);
    }

    /// Moves the selection by so many cases, as far as there are any.
    pub fn select_by(&mut self, step: isize) {
        let last = self.cases.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(step).min(last);
    }

    /// Selects the case `id` if it is there.
    pub fn select(&mut self, id: &CaseId) {
        if let Some(position) = self.cases.iter().position(|c| c.id == *id) {
            self.selected = position;
        }
    }

    /// Moves what is on the screen until the selection is among its `rows`.
    pub fn scroll(&mut self, rows: usize) {
        let lowest_top = (self.selected + 1).saturating_sub(rows);
        self.top = self.top.clamp(lowest_top, self.selected.max(lowest_top));
        self.top = self.top.min(self.cases.len().saturating_sub(rows));
    }

    /// The case in review that comes `forward` (or before) the case `id`, round the end of the
    /// list; never `id` itself.
    pub fn neighbour(&self, id: &CaseId, forward: bool) -> Option<&CaseSummary> {
        let position = self.cases.iter().position(|c| c.id == *id);
        let (before, after) = match position {
            Some(position) => (&self.cases[..position], &self.cases[position + 1..]),
            None => (&self.cases[..0], &self.cases[..]),
        };
        let mut around = after.iter().chain(before).filter(waits);
        if forward {
            around.next()
        } else {
            around.next_back()
        }
    }

    /// Position of the case `id` among those in review, from 1, and how many there are.
    pub fn place_in_review(&self, id: &CaseId) -> (Option<usize>, usize) {
        let mut waiting = self.cases.iter().filter(waits);
        let place = waiting.clone().position(|c| c.id == *id).map(|n| n + 1);
        (place, waiting.by_ref().count())
    }
}

fn waits(case: &&CaseSummary) -> bool {
    case.state == CaseState::Review
}

/// Those that wait for a person first, worst score first; then what needs attention, what is
/// being worked on, and what is done, newest first.
fn order(a: &CaseSummary, b: &CaseSummary) -> Ordering {
    let rank = |state| match state {
        CaseState::Review => 0,
        CaseState::Flagged => 1,
        CaseState::Failed => 2,
        CaseState::Paused => 3,
        CaseState::Segmenting => 4,
        CaseState::Embedding => 5,
        CaseState::Waiting => 6,
        CaseState::Rejected => 7,
        CaseState::Approved => 8,
    };
    let within = || match a.state {
        CaseState::Approved | CaseState::Rejected => b.updated.cmp(&a.updated),
        // A case without a score has no mask to judge: it comes last of its kind.
        CaseState::Review => {
            let score = |c: &CaseSummary| c.score.unwrap_or(f32::INFINITY);
            score(a).total_cmp(&score(b))
        }
        _ => Ordering::Equal,
    };
    rank(a.state)
        .cmp(&rank(b.state))
        .then_with(within)
        .then_with(|| a.created.cmp(&b.created))
        .then_with(|| a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::summary;
    use super::*;

    fn queue() -> Queue {
        let mut queue = Queue::default();
        queue.replace(vec![
            summary("done", CaseState::Approved, Some(0.9)),
            summary("good", CaseState::Review, Some(0.9)),
            summary("none", CaseState::Review, None),
            summary("bad", CaseState::Review, Some(0.3)),
            summary("busy", CaseState::Embedding, None),
            summary("broken", CaseState::Failed, None),
        ]);
        queue
    }

    fn ids(queue: &Queue) -> Vec<&str> {
        queue.cases().iter().map(|c| &*c.id.0).collect()
    }

    #[test]
    fn the_worst_that_waits_comes_first() {
        assert_eq!(
            ids(&queue()),
            ["bad", "good", "none", "broken", "busy", "done"]
        );
    }

    #[test]
    fn the_selection_stays_on_its_case() {
        let mut queue = queue();
        queue.select_by(1);
        assert_eq!(queue.selected().unwrap().id.0, "good");
        queue.put(vec![
            summary("worse", CaseState::Review, Some(0.1)),
            summary("bad", CaseState::Approved, Some(0.3)),
        ]);
        assert_eq!(ids(&queue)[..2], ["worse", "good"]);
        assert_eq!(queue.selected().unwrap().id.0, "good");
        queue.replace(vec![summary("only", CaseState::Review, None)]);
        assert_eq!(queue.selected().unwrap().id.0, "only");
        queue.replace(Vec::new());
        assert_eq!(queue.selected(), None);
        queue.select_by(1);
        queue.select_by(-3);
        assert_eq!(queue.position(), 0);
    }

    #[test]
    fn an_older_version_does_not_replace_a_newer_one() {
        let mut queue = queue();
        let mut newer = summary("bad", CaseState::Approved, Some(0.3));
        newer.updated += jiff::SignedDuration::from_secs(5);
        queue.put(vec![newer]);
        queue.put(vec![summary("bad", CaseState::Review, Some(0.3))]);
        assert_eq!(
            queue.get(&CaseId("bad".into())).unwrap().state,
            CaseState::Approved
        );
    }

    #[test]
    fn neighbours_are_in_review_and_go_round() {
        let queue = queue();
        let neighbour = |id: &str, forward| {
            let id = CaseId(id.into());
            queue.neighbour(&id, forward).map(|c| c.id.0.clone())
        };
        assert_eq!(neighbour("bad", true).as_deref(), Some("good"));
        assert_eq!(neighbour("none", true).as_deref(), Some("bad"));
        assert_eq!(neighbour("bad", false).as_deref(), Some("none"));
        assert_eq!(neighbour("busy", true).as_deref(), Some("bad"));
        assert_eq!(neighbour("gone", true).as_deref(), Some("bad"));
        assert_eq!(queue.place_in_review(&CaseId("good".into())), (Some(2), 3));
        assert_eq!(queue.place_in_review(&CaseId("busy".into())), (None, 3));
        let mut one = Queue::default();
        one.replace(vec![summary("only", CaseState::Review, None)]);
        assert_eq!(one.neighbour(&CaseId("only".into()), true), None);
    }

    #[test]
    fn the_screen_follows_the_selection() {
        let mut queue = queue();
        let top = |queue: &mut Queue, step| {
            queue.select_by(step);
            queue.scroll(3);
            queue.top()
        };
        assert_eq!(
            [1, 1, 1, 1, 9].map(|step| top(&mut queue, step)),
            [0, 0, 1, 2, 3]
        );
        assert_eq!(
            [-1, -1, -1, -9].map(|step| top(&mut queue, step)),
            [3, 3, 2, 0]
        );
        queue.scroll(0);
        queue.scroll(100);
        assert_eq!(queue.top(), 0);
    }
}
