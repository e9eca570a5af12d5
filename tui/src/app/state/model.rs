//! What the client knows.

use super::deaf::Deaf;
use super::doubts::Lacks;
use super::held::Held;
use super::last_place::LastPlace;
use super::notice::Notice;
use super::preview::Preview;
use super::queue::Queue;
use super::queue::batch::Batches;
use super::queue::live::Now;
use super::queue::peek::Peek;
use super::refresh::Refresh;
use super::review::Review;
use super::review::habits::Habits;
use super::review::mode::Mode;
use super::review::slices::SliceId;
use super::review::subject::{Showing, Subject};
use super::sight::Sight;
use crate::app::action::context::Context;
use crate::app::dialog::Dialog;
use crate::app::dialog::help::Help;
use crate::app::dialog::saved_filters::FIRST_FILTERS;
use crate::app::event::{Effect, Failure};
use crate::app::keymap::Keymap;
use crate::app::keymap::help::{self, HelpRow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use medicosam_shared::activity::Activity;
use medicosam_shared::api::Status;
use medicosam_shared::case::{CaseId, CaseState, CaseSummary, RevisionNumber};
use medicosam_shared::geometry::Axis;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// Whether the daemon can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Not tried yet.
    Connecting,
    /// It can.
    Connected,
    /// It cannot; somebody keeps trying.
    Lost(Failure),
}

/// What fills the screen.
#[derive(Debug, Clone)]
pub enum Screen {
    /// The list of cases.
    Queue,
    /// A case.
    Review(Box<Review>),
}

/// Everything the client knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// What time it is, for ages.
    pub now: Timestamp,
    /// The reviewer's time zone.
    pub zone: TimeZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether the daemon can be reached.
    pub link: Link,
    /// The machine that the daemon is on, if that is another one.
    pub host: Option<String>,
    /// How the daemon is.
    pub status: Option<Status>,
    /// The list of cases.
    pub queue: Queue,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it.
    pub dialog: Option<Dialog>,
    /// A message.
    pub notice: Option<Notice>,
    /// Which key means what.
    pub keymap: Keymap,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Revisions that have been on the screen, and how much of each. Decisions are possible on
    /// these alone.
    seen: HashMap<(CaseId, RevisionNumber), Sight>,
    /// The key that may be held down.
    pub held: Held,
    /// Whether what is typed goes nowhere.
    pub deaf: Deaf,
    /// Cases whose decision is on its way to the daemon.
    pub deciding: HashSet<CaseId>,
    /// What was asked for together, and what can be taken back.
    pub batches: Batches,
    /// The filter of the list, as it was typed.
    pub filter: String,
    /// Filters to choose from.
    pub saved_filters: Vec<String>,
    /// More about the selected case.
    pub peek: Peek,
    /// The worst slice of the selected case.
    pub preview: Preview,
    /// The case whose scan was read ahead last.
    pub read_ahead: Option<CaseId>,
    /// Transient state of the daemon: viewers, and the pace of the workers.
    pub live: Now,
    /// Where the reviewer was when the client ended, until the cases are known or a key is pressed.
    pub resuming: Option<LastPlace>,
    refresh: Refresh,
    /// How cases are looked at, from one to the next.
    habits: Habits,
}

impl Model {
    /// A client that knows nothing yet.
    pub fn new(now: Timestamp, size: (u16, u16)) -> Self {
        Model {
            now,
            zone: TimeZone::UTC,
            size,
            link: Link::Connecting,
            host: None,
            status: None,
            queue: Queue::default(),
            screen: Screen::Queue,
            dialog: None,
            notice: None,
            keymap: Keymap::default(),
            mouse: true,
            seen: HashMap::new(),
            held: Held::default(),
            deaf: Deaf::default(),
            deciding: HashSet::new(),
            batches: Batches::default(),
            filter: String::new(),
            saved_filters: FIRST_FILTERS.map(str::to_owned).to_vec(),
            peek: Peek::default(),
            preview: Preview::default(),
            read_ahead: None,
            live: Now::default(),
            resuming: None,
            refresh: Refresh::default(),
            habits: Habits::default(),
        }
    }

    /// Where a key would be pressed.
    pub fn context(&self) -> Context {
        match (&self.dialog, &self.screen) {
            (Some(Dialog::Help(_)), _) => Context::Help,
            (_, Screen::Queue) => Context::Queue,
            (_, Screen::Review(review)) => match review.mode {
                Mode::Edit(_) => Context::Edit,
                Mode::AdjustWindow(_) => Context::Window,
                Mode::Look => Context::Review,
            },
        }
    }

    /// The rows of a help: all of its context, or those that its words leave.
    pub fn help(&self, help: &Help) -> Vec<HelpRow> {
        let all = help::rows(&self.keymap, help.context, self.mouse);
        match help.words.as_str().trim() {
            "" => all,
            words => help::about(words, &all, &self.keymap, help.context),
        }
    }

    /// The open case.
    pub fn review(&self) -> Option<&Review> {
        match &self.screen {
            Screen::Review(review) => Some(review),
            Screen::Queue => None,
        }
    }

    /// The open case.
    pub fn review_mut(&mut self) -> Option<&mut Review> {
        match &mut self.screen {
            Screen::Review(review) => Some(review),
            Screen::Queue => None,
        }
    }

    /// The open case, or the one beside the list, if it is `case`.
    pub fn pictured(&mut self, case: &CaseId) -> Option<&mut Review> {
        match &mut self.screen {
            Screen::Review(review) => Some(&mut **review).filter(|r| r.case == *case),
            Screen::Queue => self.preview.of(case),
        }
    }

    /// The open case, if it is `case`.
    pub fn review_of(&mut self, case: &CaseId) -> Option<&mut Review> {
        self.review_mut().filter(|r| r.case == *case)
    }

    /// The case that is selected or looked at.
    pub fn current(&self) -> Option<&CaseSummary> {
        match &self.screen {
            Screen::Queue => self.queue.selected(),
            Screen::Review(review) => self.queue.get(&review.case),
        }
    }

    /// Opens a case.
    pub fn open(&mut self, case: CaseId) -> Vec<Effect> {
        self.keep_habits();
        let mut review = Review::new(case);
        review.follow(self.habits);
        self.show(review)
    }

    /// Shows a case.
    pub fn show(&mut self, review: Review) -> Vec<Effect> {
        self.queue.select(&review.case);
        self.dialog = None;
        let mut review = Box::new(review);
        let effects = review.read();
        self.screen = Screen::Review(review);
        effects
    }

    /// Goes back to the list.
    pub fn close(&mut self) {
        self.keep_habits();
        self.screen = Screen::Queue;
        self.dialog = None;
        self.scroll();
    }

    fn keep_habits(&mut self) {
        // A picture can be looked at in one way only.
        if let Some(review) = self.review().filter(|review| !review.is_picture()) {
            self.habits = review.habits();
        }
    }

    /// Keeps the selected case among the rows on the screen.
    pub fn scroll(&mut self) {
        let rows = crate::layout::queue_rows(self.size);
        self.queue.scroll(rows);
    }

    /// What the picture shows.
    pub fn subject(&self) -> Subject {
        match (&self.dialog, &self.screen) {
            (Some(Dialog::Help(_)), _) => Subject::Nothing,
            (_, Screen::Queue) => self.preview.subject(),
            (_, Screen::Review(review)) => review.subject(),
        }
    }

    /// A picture is on the screen. Beside the list it counts once it has been there for a while.
    pub fn shown(&mut self, showing: Showing) {
        let now = self.now;
        match &mut self.screen {
            Screen::Review(review) => {
                if review.case == showing.case && showing.has_masks() {
                    review.shown_since.get_or_insert(now);
                    if let Some(generation) = showing.draft {
                        review.see_draft(generation, showing.legible());
                    }
                }
                self.see(showing, now);
            }
            Screen::Queue => self.preview.shown(showing, now),
        }
    }

    /// A key is pressed: the picture beside the list counts if it has been there long enough.
    pub fn see_preview(&mut self) {
        if let Some((showing, since)) = self.preview.looked_at(self.now) {
            self.see(showing, since);
        }
    }

    /// Writes down what has been on the screen since a time.
    fn see(&mut self, showing: Showing, since: Timestamp) {
        let Some(revision) = showing.revision else {
            return;
        };
        let review = match &self.screen {
            Screen::Review(review) => Some(&**review),
            Screen::Queue => self.preview.review(),
        };
        let review = review.filter(|review| review.case == showing.case);
        // Masks of another revision say nothing about this one.
        let review = review.filter(|review| review.revision() == Some(revision));
        let sight = self.seen.entry((showing.case, revision));
        let sight = sight.or_insert_with(|| Sight::new(since));
        sight.pictured |= showing.has_picture;
        if let Some(revision) = review.as_ref().and_then(|r| r.detail.as_ref()?.current()) {
            sight.lacks = Lacks::of(revision);
        }
        for slice in showing.slices {
            let is_legible = !showing.illegible.contains(&slice);
            sight.coverage.show(slice, is_legible, || {
                review.map_or_else(BTreeSet::new, |review| review.masked_across(slice.axis))
            });
        }
    }

    /// The masks of the current revision of the open case are here. What was seen of them before, in the
    /// draft and in the revision before, need not be seen again.
    pub fn carry_over(&mut self) {
        let Screen::Review(review) = &self.screen else {
            return;
        };
        let (Some(revision), Some(masks)) = (review.revision(), review.masks()) else {
            return;
        };
        let key = |revision| (review.case.clone(), revision);
        let before = review.before().and_then(|n| self.seen.get(&key(n)));
        let slices = review.seen_already(before.map(|sight| &sight.coverage));
        // A revision of somebody else has to be on the screen before it is decided on.
        if slices.is_empty() || !review.has_seen_draft() {
            return;
        }
        let axis = masks.axis;
        let masked = review.masked_across(axis);
        let since = before.map_or(self.now, |sight| sight.since);
        let lacks = review.detail.as_ref().and_then(|detail| detail.current());
        let lacks = lacks.map(Lacks::of).unwrap_or_default();
        let sight = self.seen.entry(key(revision));
        let sight = sight.or_insert_with(|| Sight::new(since));
        sight.pictured = true;
        sight.lacks = lacks;
        for index in slices {
            let slice = SliceId { axis, index };
            sight.coverage.show(slice, true, || masked.clone());
        }
    }

    /// What was seen of a revision, if it has been on the screen.
    pub fn sight(&self, case: &CaseId, revision: RevisionNumber) -> Option<&Sight> {
        self.seen.get(&(case.clone(), revision))
    }

    /// As if everything had been on the screen without its picture.
    #[cfg(test)]
    pub fn forget_pictures(&mut self) {
        for sight in self.seen.values_mut() {
            sight.pictured = false;
        }
    }

    /// Slices of a revision with a mask: how many were seen, and how many there are.
    pub fn coverage(&self, case: &CaseId, revision: RevisionNumber) -> (usize, usize) {
        let sight = self.sight(case, revision);
        sight.map_or((0, 0), |sight| sight.coverage.count())
    }

    /// The slices of a revision with a mask, across an axis, that were not seen.
    pub fn unseen(&self, case: &CaseId, revision: RevisionNumber, axis: Axis) -> Vec<u32> {
        let sight = self.sight(case, revision);
        sight.map_or_else(Vec::new, |s| s.coverage.unseen(axis).collect())
    }

    /// A case changed; returns what to read, unless something is being read already.
    pub fn changed(&mut self, case: CaseId) -> Option<Effect> {
        self.refresh.changed(case)
    }

    /// All cases may have changed; returns what to read, unless something is being read already.
    pub fn all_changed(&mut self) -> Option<Effect> {
        self.refresh.all_changed()
    }

    /// The answer to the last read has come, or never will; returns what to read next.
    pub fn refreshed(&mut self) -> Option<Effect> {
        self.refresh.arrived()
    }

    /// How long the scans that wait or are being worked on will take, at the pace of the last ones; nobody
    /// knows that while the intake is paused.
    pub fn time_left(&self) -> Option<Duration> {
        let scan_s = self.live.scan_s()?;
        let status = self
            .status
            .as_ref()
            .filter(|status| status.paused.is_none())?;
        let workers = &status.workers;
        let at_work = workers.iter().filter(|w| w.device.is_some()).count();
        let cases = self.queue.cases().iter();
        let waiting = cases.filter(|c| {
            matches!(
                c.state,
                CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting
            )
        });
        let done: f64 = workers
            .iter()
            .filter(|w| w.activity == Activity::Busy)
            .filter_map(|w| w.progress)
            .filter(|p| p.total > 0)
            .map(|p| f64::from(p.done) / f64::from(p.total))
            .sum();
        let left = waiting.count() as f64 - done;
        let seconds = left * scan_s / at_work.max(1) as f64;
        (left > 0.0).then(|| Duration::from_secs_f64(seconds.max(0.0)))
    }
}
