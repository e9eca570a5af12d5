//! The list of cases.

pub mod batch;
pub mod filter;
pub mod live;
pub mod peek;
mod reasons;
pub mod sort;

use filter::{Filter, Haystack};
use jiff::Timestamp;
use medicosam_shared::case::{CaseId, CaseSummary, Verdict};
use medicosam_shared::cohort::{Cohort, Outlier};
use sort::Sort;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// All cases; the ones shown, in order; and among these the selection and the marks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// All, in the order in which they came.
    cases: Vec<CaseSummary>,
    /// What words are looked for in, of each of `cases`.
    haystacks: Vec<Haystack>,
    /// Where in `cases` a case is.
    places: HashMap<CaseId, usize>,
    /// Places of those that are shown, in the order in which they are.
    shown: Vec<usize>,
    filter: Filter,
    sort: Sort,
    reversed: bool,
    /// What ages in filters are counted from.
    now: Timestamp,
    selected: usize,
    /// First case on the screen.
    top: usize,
    marked: HashSet<CaseId>,
    /// Where the range that is being marked begins.
    anchor: Option<CaseId>,
    /// Which page of details is shown, and of which case.
    page: (Option<CaseId>, isize),
    /// The volumes of the cases of each profile.
    cohorts: HashMap<String, Cohort>,
}

impl Queue {
    /// All cases, in no particular order.
    pub fn cases(&self) -> &[CaseSummary] {
        &self.cases
    }

    /// Reasons of earlier decisions of this kind, the last one first.
    pub fn reasons(&self, verdict: Verdict) -> Vec<String> {
        reasons::reasons(&self.cases, verdict)
    }

    /// The cases that are shown, in order.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &CaseSummary> + ExactSizeIterator {
        self.shown.iter().map(|&place| &self.cases[place])
    }

    /// Position of the selected case among those shown.
    pub fn position(&self) -> usize {
        self.selected
    }

    /// The selected case.
    pub fn selected(&self) -> Option<&CaseSummary> {
        self.shown
            .get(self.selected)
            .map(|&place| &self.cases[place])
    }

    /// Position of the first case on the screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// The case `id`, shown or not.
    pub fn get(&self, id: &CaseId) -> Option<&CaseSummary> {
        self.places.get(id).map(|&place| &self.cases[place])
    }

    /// Puts other cases in place of all. The selection stays on its case.
    pub fn replace(&mut self, cases: Vec<CaseSummary>) {
        self.change(|queue| {
            queue.haystacks = cases.iter().map(Haystack::of).collect();
            let places = cases.iter().enumerate();
            queue.places = places.map(|(n, case)| (case.id.clone(), n)).collect();
            queue.cases = cases;
            let places = &queue.places;
            queue.marked.retain(|id| places.contains_key(id));
            queue.compare_volumes();
        });
    }

    /// Puts newer versions of cases in their places, or adds them. The selection stays on its case.
    pub fn put(&mut self, cases: Vec<CaseSummary>) {
        self.change(|queue| {
            for case in cases {
                match queue.places.get(&case.id) {
                    // An older version may arrive after a newer one.
                    Some(&place) if queue.cases[place].updated > case.updated => {}
                    Some(&place) => {
                        queue.haystacks[place] = Haystack::of(&case);
                        queue.cases[place] = case;
                    }
                    None => {
                        queue.places.insert(case.id.clone(), queue.cases.len());
                        queue.haystacks.push(Haystack::of(&case));
                        queue.cases.push(case);
                    }
                }
            }
            queue.compare_volumes();
        });
    }

    fn compare_volumes(&mut self) {
        let mut volumes: HashMap<&str, Vec<f64>> = HashMap::new();
        for case in &self.cases {
            let of_profile = volumes.entry(&case.profile).or_default();
            of_profile.extend(case.volume_ml);
        }
        let cohorts = volumes.into_iter().filter_map(|(profile, volumes)| {
            Some((profile.to_owned(), Cohort::of(volumes.into_iter())?))
        });
        self.cohorts = cohorts.collect();
    }

    /// How the volume of a case stands out from those of the other cases of its profile, if it does.
    pub fn outlier(&self, case: &CaseSummary) -> Option<Outlier> {
        self.cohorts.get(&case.profile)?.outlier(case.volume_ml?)
    }

    /// Says whether the reviewer has a draft on a case.
    pub fn mark_draft(&mut self, id: &CaseId, has_changes: bool) {
        if let Some(&place) = self.places.get(id) {
            self.cases[place].draft = has_changes;
        }
    }

    /// The cases in review that are not shown, other than `id`.
    pub fn waiting_hidden(&self, id: &CaseId) -> usize {
        let waiting = |cases: &mut dyn Iterator<Item = &CaseSummary>| {
            cases.filter(|case| waits(case) && case.id != *id).count()
        };
        waiting(&mut self.cases.iter()) - waiting(&mut self.shown())
    }

    /// What is shown.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows other cases, and selects the first of them: the one that fits best.
    pub fn narrow(&mut self, filter: Filter, now: Timestamp) {
        (self.filter, self.now) = (filter, now);
        self.arrange();
        self.selected = 0;
    }

    /// Shows all cases. The selection stays on its case.
    pub fn widen(&mut self) {
        self.change(|queue| queue.filter = Filter::default());
    }

    /// What the list is sorted by, and whether the other way round.
    pub fn sort(&self) -> (Sort, bool) {
        (self.sort, self.reversed)
    }

    /// Sorts by something else. The selection stays on its case.
    pub fn sort_by(&mut self, sort: Sort, reversed: bool) {
        self.change(|queue| (queue.sort, queue.reversed) = (sort, reversed));
    }

    fn change(&mut self, change: impl FnOnce(&mut Queue)) {
        let selected = self.selected().map(|c| c.id.clone());
        change(self);
        self.arrange();
        if let Some(id) = selected {
            self.select(&id);
        }
        self.select_by(0);
    }

    /// Finds out what is shown in which order.
    fn arrange(&mut self) {
        let Queue {
            cases,
            haystacks,
            shown,
            ..
        } = self;
        let (filter, sort, reversed) = (&self.filter, self.sort, self.reversed);
        let all = cases.iter().zip(haystacks.iter()).enumerate();
        let fitting = all
            .filter_map(|(n, (case, haystack))| Some((filter.rank(case, haystack, self.now)?, n)));
        let mut ranked: Vec<(u32, usize)> = fitting.collect();
        ranked.sort_unstable_by(|&(a_rank, a), &(b_rank, b)| {
            // Those that fit best, then by what the list is sorted by.
            Reverse(a_rank).cmp(&Reverse(b_rank)).then_with(|| {
                let order = sort.compare(&cases[a], &cases[b]);
                if reversed { order.reverse() } else { order }
            })
        });
        shown.clear();
        shown.extend(ranked.into_iter().map(|(_, n)| n));
    }

    /// Turns the pages of details of the selected case.
    pub fn turn(&mut self, step: isize) {
        let selected = self.selected().map(|case| case.id.clone());
        let from = if self.page.0 == selected {
            self.page.1
        } else {
            0
        };
        self.page = (selected, from + step);
    }

    /// Which of `pages` is shown of the selected case; behind the last one comes the first.
    pub fn page(&self, pages: usize) -> usize {
        let selected = self.selected().map(|case| &case.id);
        let turned = selected == self.page.0.as_ref();
        let page = if turned { self.page.1 } else { 0 };
        page.rem_euclid(pages.max(1) as isize) as usize
    }

    /// Moves the selection by a number of cases, as far as the list goes.
    pub fn select_by(&mut self, step: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(step).min(last);
    }

    /// Selects the case at a position, or the last one.
    pub fn select_at(&mut self, position: usize) {
        self.selected = position.min(self.shown.len().saturating_sub(1));
    }

    /// Selects the case `id` if it is shown.
    pub fn select(&mut self, id: &CaseId) {
        if let Some(position) = self.position_of(id) {
            self.selected = position;
        }
    }

    fn position_of(&self, id: &CaseId) -> Option<usize> {
        let place = self.places.get(id)?;
        self.shown.iter().position(|shown| shown == place)
    }

    /// Scrolls until the selection is among the `rows` on the screen.
    pub fn scroll(&mut self, rows: usize) {
        let lowest_top = (self.selected + 1).saturating_sub(rows);
        self.top = self.top.clamp(lowest_top, self.selected.max(lowest_top));
        self.top = self.top.min(self.shown.len().saturating_sub(rows));
    }

    /// Marks the selected case, or takes its mark, and goes on to the next.
    pub fn mark(&mut self) {
        let Some(id) = self.selected().map(|c| c.id.clone()) else {
            return;
        };
        if !self.marked.remove(&id) {
            self.marked.insert(id);
        }
        self.select_by(1);
    }

    /// Begins a range of marks at the selected case, or ends it there.
    pub fn mark_range(&mut self) {
        match self.anchor {
            None => self.anchor = self.selected().map(|c| c.id.clone()),
            Some(_) => {
                let range: Vec<CaseId> = self.range().map(|c| c.id.clone()).collect();
                self.marked.extend(range);
                self.anchor = None;
            }
        }
    }

    /// Takes all marks; whether there were any.
    pub fn unmark(&mut self) -> bool {
        let had = self.anchor.is_some() || !self.marked.is_empty();
        self.anchor = None;
        self.marked.clear();
        had
    }

    /// Whether a case, which is shown at `position`, is marked.
    pub fn is_marked(&self, position: usize, id: &CaseId) -> bool {
        self.marked.contains(id) || self.range_ends().is_some_and(|r| r.contains(&position))
    }

    /// The marked cases that are shown, in order.
    pub fn marked(&self) -> impl Iterator<Item = &CaseSummary> {
        let range = self.range_ends();
        let any = range.is_some() || !self.marked.is_empty();
        let shown = self.shown().enumerate().filter(move |_| any);
        shown
            .filter(move |(position, case)| {
                self.marked.contains(&case.id)
                    || range.as_ref().is_some_and(|r| r.contains(position))
            })
            .map(|(_, case)| case)
    }

    fn range_ends(&self) -> Option<std::ops::RangeInclusive<usize>> {
        let anchor = self.position_of(self.anchor.as_ref()?)?;
        Some(anchor.min(self.selected)..=anchor.max(self.selected))
    }

    fn range(&self) -> impl Iterator<Item = &CaseSummary> {
        let ends = self.range_ends().into_iter().flatten();
        ends.filter_map(|position| self.shown.get(position))
            .map(|&place| &self.cases[place])
    }

    /// The case in review that comes `forward` (or before) the case `id`, round the end of what is
    /// shown; never `id` itself.
    pub fn neighbour(&self, id: &CaseId, forward: bool) -> Option<&CaseSummary> {
        let position = self.position_of(id);
        let (before, after) = match position {
            Some(position) => (&self.shown[..position], &self.shown[position + 1..]),
            None => (&self.shown[..0], &self.shown[..]),
        };
        let around = after.iter().chain(before).map(|&place| &self.cases[place]);
        let mut around = around.filter(waits);
        if forward {
            around.next()
        } else {
            around.next_back()
        }
    }

    /// Position of the case `id` among those shown that are in review, from 1, and how many there
    /// are.
    pub fn place_in_review(&self, id: &CaseId) -> (Option<usize>, usize) {
        let waiting = || self.shown().filter(waits);
        let place = waiting().position(|c| c.id == *id).map(|n| n + 1);
        (place, waiting().count())
    }
}

fn waits(case: &&CaseSummary) -> bool {
    case.awaits_you()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{noon, summary};
    use medicosam_shared::case::CaseState;

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
        queue.shown().map(|c| &*c.id.0).collect()
    }

    #[test]
    fn the_worst_that_waits_comes_first() {
        assert_eq!(
            ids(&queue()),
            ["bad", "good", "none", "broken", "busy", "done"]
        );
    }

    #[test]
    fn a_second_reading_by_somebody_else_does_not_wait_for_the_first_reader() {
        let mut queue = queue();
        let mut second = summary("good", CaseState::Review, Some(0.9));
        second.reads = Some(CaseId("done".into()));
        queue.put(vec![second.clone()]);
        let next = |queue: &Queue| {
            let next = queue.neighbour(&CaseId("bad".into()), true);
            next.map(|case| case.id.0.clone())
        };
        assert_eq!(next(&queue).as_deref(), Some("good"));
        second.you_read_first = true;
        queue.put(vec![second]);
        assert_eq!(next(&queue).as_deref(), Some("none"));
        assert_eq!(queue.place_in_review(&CaseId("good".into())), (None, 2));
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

    fn narrow(queue: &mut Queue, filter: &str) {
        queue.narrow(filter.parse().unwrap(), noon());
    }

    #[test]
    fn pages_go_round_and_each_case_begins_with_the_first() {
        let mut queue = queue();
        queue.turn(1);
        assert_eq!([queue.page(3), queue.page(1)], [1, 0]);
        queue.turn(2);
        assert_eq!(queue.page(3), 0);
        queue.turn(-1);
        assert_eq!(queue.page(3), 2);
        queue.select_by(1);
        assert_eq!(queue.page(3), 0);
    }

    #[test]
    fn a_filter_shows_what_fits_and_what_comes_later_too() {
        let mut queue = queue();
        queue.select_by(1);
        narrow(&mut queue, "state:review score>0.5");
        assert_eq!(ids(&queue), ["good"]);
        queue.put(vec![
            summary("better", CaseState::Review, Some(0.95)),
            summary("worse", CaseState::Review, Some(0.1)),
        ]);
        assert_eq!(ids(&queue), ["good", "better"]);
        assert_eq!(queue.selected().unwrap().id.0, "good");
        let worse = CaseId("worse".into());
        assert!(queue.get(&worse).is_some(), "not shown, but known");
        assert_eq!(queue.neighbour(&worse, true).unwrap().id.0, "good");
        queue.select_by(1);
        queue.widen();
        assert_eq!(queue.selected().unwrap().id.0, "better");
        assert_eq!(queue.shown().len(), queue.cases().len());
    }

    #[test]
    fn a_word_puts_what_fits_best_first_whatever_the_order() {
        let mut queue = Queue::default();
        queue.replace(vec![
            summary("l-i-v-e-r", CaseState::Review, Some(0.1)),
            summary("liver-2", CaseState::Approved, Some(0.9)),
            summary("spleen", CaseState::Review, Some(0.2)),
        ]);
        narrow(&mut queue, "liver");
        assert_eq!(ids(&queue), ["liver-2", "l-i-v-e-r"]);
    }

    #[test]
    fn the_list_is_sorted_both_ways() {
        let mut queue = queue();
        queue.select_by(2);
        queue.sort_by(Sort::Name, false);
        let by_name = ["bad", "broken", "busy", "done", "good", "none"];
        assert_eq!(ids(&queue), by_name);
        assert_eq!(queue.selected().unwrap().id.0, "none");
        queue.sort_by(Sort::Name, true);
        assert!(ids(&queue).into_iter().eq(by_name.into_iter().rev()));
    }

    #[test]
    fn marks_stay_on_their_cases_and_a_range_follows_the_selection() {
        let marked =
            |queue: &Queue| -> Vec<String> { queue.marked().map(|c| c.id.0.clone()).collect() };
        let mut queue = queue();
        assert_eq!(marked(&queue), [""; 0]);
        queue.mark();
        assert_eq!(queue.position(), 1, "on to the next");
        queue.select_by(1);
        queue.mark_range();
        queue.select_by(1);
        assert_eq!(marked(&queue), ["bad", "none", "broken"]);
        queue.mark_range();
        queue.select_by(9);
        queue.sort_by(Sort::Name, false);
        assert_eq!(marked(&queue), ["bad", "broken", "none"]);
        narrow(&mut queue, "state:review");
        assert_eq!(marked(&queue), ["bad", "none"], "what is not shown is safe");
        queue.widen();
        queue.select_by(isize::MIN);
        queue.mark();
        assert_eq!(marked(&queue), ["broken", "none"]);
        assert!(queue.unmark() && !queue.unmark());
    }
}
