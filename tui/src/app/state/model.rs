//! What the client knows.

use super::command::Command;
use super::decide::Target;
use super::event::{Effect, Failure};
use super::keymap::{Context, HelpRow, Keymap};
use super::pointer;
use super::queue::Queue;
use super::queue::batch::Batches;
use super::queue::live::Now;
use super::queue::narrowing::{FIRST_FILTERS, Typing};
use super::queue::peek::Peek;
use super::review::Review;
use super::review::coverage::Coverage;
use super::review::subject::{Showing, Subject};
use crate::term::{Key, KeyCode};
use jiff::Timestamp;
use medicosam_shared::api::{DecisionRequest, Status};
use medicosam_shared::case::{CaseId, CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::Label;
use std::collections::{BTreeSet, HashMap, HashSet};

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

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// The keys of a context.
    Help {
        /// Which one.
        context: Context,
        /// Lines scrolled off the top.
        top: usize,
    },
    /// A question for a reason.
    Reason(Reason),
    /// Why there is no such question. Whoever types a reason all the same types it in here, and not
    /// into the keys of the screen.
    Refusal(String),
    /// A command being typed.
    Command(Command),
    /// A question that `y` and `n` answer.
    Question(Question),
    /// The name of a new object, with its label or not.
    NewObject {
        /// The label, unless another one is typed before the name.
        label: Label,
        /// What has been typed.
        text: Line,
    },
    /// A note being typed.
    Note(Note),
    /// A filter being typed.
    Filter(Typing),
    /// The saved filters, one to be chosen.
    SavedFilters,
    /// Whether to approve although slices of the masks were not shown.
    Unseen {
        /// What would be approved.
        targets: Vec<Target>,
        /// Slices with a mask that were not shown.
        unseen: usize,
        /// Slices with a mask.
        of: usize,
    },
    /// Another reviewer was first.
    Conflict {
        /// On this case.
        case: CaseId,
        /// What was asked for.
        request: DecisionRequest,
        /// Who did what, when and why.
        text: String,
    },
}

/// What is asked before something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether to discard the draft.
    Discard,
    /// Whether to put the draft on top of a revision that came meanwhile; why it came to that.
    Rebase(String),
}

/// A note being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// On this case.
    pub case: CaseId,
    /// What has been typed.
    pub text: Line,
}

/// A decision that waits for its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The decision.
    pub verdict: Verdict,
    /// On these cases.
    pub targets: Vec<Target>,
    /// What has been typed.
    pub text: Line,
}

/// A line of text being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(String);

impl Line {
    /// Most characters in a line.
    const MOST: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds text, line breaks as blanks, without anything that cannot be printed.
    pub fn insert(&mut self, text: &str) {
        let room = Self::MOST.saturating_sub(self.0.chars().count());
        let flat = text.replace(['\n', '\r', '\t'], " ");
        let printable = flat.chars().filter(|c| !c.is_control());
        self.0.extend(printable.take(room));
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) {
        match key.code {
            KeyCode::Char(c) if !key.ctrl && !key.alt => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Char('u') if key.ctrl => self.0.clear(),
            KeyCode::Backspace => {
                self.0.pop();
            }
            _ => {}
        }
    }
}

/// A message at the bottom of the screen, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The message.
    pub text: String,
    /// What to do about it; shown where there is room.
    pub hint: String,
    /// Whether something went wrong.
    pub bad: bool,
}

impl Notice {
    /// Something to know.
    pub fn good(text: impl Into<String>) -> Self {
        Notice {
            text: text.into(),
            hint: String::new(),
            bad: false,
        }
    }

    /// Something went wrong.
    pub fn bad(text: impl Into<String>) -> Self {
        Notice {
            text: text.into(),
            hint: String::new(),
            bad: true,
        }
    }

    /// What went wrong and what to do.
    pub fn failure(failure: &Failure) -> Self {
        Notice {
            text: failure.fault.message.clone(),
            hint: failure.fault.hint.clone(),
            bad: true,
        }
    }
}

/// Everything the client knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// What time it is, for ages.
    pub now: Timestamp,
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
    /// Revisions that have been on the screen, and how much of them. Nothing else can be decided
    /// on.
    seen: HashMap<(CaseId, RevisionNumber), Coverage>,
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
    /// The case whose scan was read ahead last.
    pub read_ahead: Option<CaseId>,
    /// What is so right now.
    pub live: Now,
    refresh: Refresh,
}

/// Cases that changed since they were read.
#[derive(Debug, Clone, Default)]
struct Refresh {
    stale: BTreeSet<CaseId>,
    /// Reading one by one would take longer than reading all.
    all: bool,
    /// A refresh is on its way; the next one follows when it is here.
    running: bool,
}

/// More stale cases than this are read as a list.
const FEW: usize = 200;

impl Model {
    /// A client that knows nothing yet.
    pub fn new(now: Timestamp, size: (u16, u16)) -> Self {
        Model {
            now,
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
            deciding: HashSet::new(),
            batches: Batches::default(),
            filter: String::new(),
            saved_filters: FIRST_FILTERS.map(str::to_owned).to_vec(),
            peek: Peek::default(),
            read_ahead: None,
            live: Now::default(),
            refresh: Refresh::default(),
        }
    }

    /// Where a key would be pressed.
    pub fn context(&self) -> Context {
        match (&self.dialog, &self.screen) {
            (Some(Dialog::Help { .. }), _) => Context::Help,
            (_, Screen::Queue) => Context::Queue,
            (_, Screen::Review(review)) if review.edit.is_some() => Context::Edit,
            (_, Screen::Review(review)) if review.adjusting => Context::Window,
            (_, Screen::Review(_)) => Context::Review,
        }
    }

    /// The rows of the help for a context.
    pub fn help(&self, context: Context) -> Vec<HelpRow> {
        let mut rows = self.keymap.help(context);
        let gestures = pointer::gestures(context);
        if self.mouse && !gestures.is_empty() {
            rows.extend([HelpRow::Gap, HelpRow::Heading("mouse")]);
            let gestures = gestures.iter();
            rows.extend(gestures.map(|&(gesture, title)| HelpRow::Gesture(gesture, title)));
        }
        rows
    }

    /// The case being looked at.
    pub fn review(&self) -> Option<&Review> {
        match &self.screen {
            Screen::Review(review) => Some(review),
            Screen::Queue => None,
        }
    }

    /// The case being looked at.
    pub fn review_mut(&mut self) -> Option<&mut Review> {
        match &mut self.screen {
            Screen::Review(review) => Some(review),
            Screen::Queue => None,
        }
    }

    /// The case being looked at, if it is `case`.
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
        self.queue.select(&case);
        self.dialog = None;
        let mut review = Box::new(Review::new(case));
        let effects = review.read();
        self.screen = Screen::Review(review);
        effects
    }

    /// Goes back to the list.
    pub fn close(&mut self) {
        self.screen = Screen::Queue;
        self.dialog = None;
        self.scroll();
    }

    /// Keeps the selected case among the rows on the screen.
    pub fn scroll(&mut self) {
        let rows = crate::layout::queue_rows(self.size);
        self.queue.scroll(rows);
    }

    /// What the picture shows.
    pub fn subject(&self) -> Subject {
        match (&self.dialog, &self.screen) {
            (Some(Dialog::Help { .. }), _) | (_, Screen::Queue) => Subject::Nothing,
            (_, Screen::Review(review)) => review.subject(),
        }
    }

    /// A picture is on the screen.
    pub fn shown(&mut self, showing: Showing) {
        let Some(revision) = showing.revision else {
            return;
        };
        let key = (showing.case, revision);
        let review = match &self.screen {
            Screen::Review(review) if review.case == key.0 => Some(review),
            _ => None,
        };
        let coverage = self.seen.entry(key).or_default();
        for slice in showing.slices {
            coverage.show(slice, || match review {
                Some(review) if review.revision() == Some(revision) => {
                    review.masked_across(slice.axis)
                }
                _ => BTreeSet::new(),
            });
        }
    }

    /// Whether a revision has been on the screen.
    pub fn has_seen(&self, case: &CaseId, revision: RevisionNumber) -> bool {
        self.seen.contains_key(&(case.clone(), revision))
    }

    /// Slices of a revision with a mask: how many were shown, and how many there are.
    pub fn coverage(&self, case: &CaseId, revision: RevisionNumber) -> (usize, usize) {
        let coverage = self.seen.get(&(case.clone(), revision));
        coverage.map_or((0, 0), Coverage::count)
    }

    /// The slices of a revision with a mask, across an axis, that were not shown.
    pub fn unseen(&self, case: &CaseId, revision: RevisionNumber, axis: Axis) -> Vec<u32> {
        let coverage = self.seen.get(&(case.clone(), revision));
        coverage.map_or_else(Vec::new, |c| c.unseen(axis).collect())
    }

    /// A case changed; returns what to read, unless something is being read already.
    pub fn changed(&mut self, case: CaseId) -> Option<Effect> {
        self.refresh.stale.insert(case);
        self.next_refresh()
    }

    /// All cases may have changed.
    pub fn all_changed(&mut self) -> Option<Effect> {
        self.refresh.all = true;
        self.next_refresh()
    }

    /// What was being read is here, or will not come.
    pub fn refreshed(&mut self) -> Option<Effect> {
        self.refresh.running = false;
        self.next_refresh()
    }

    fn next_refresh(&mut self) -> Option<Effect> {
        let refresh = &mut self.refresh;
        if refresh.running || (!refresh.all && refresh.stale.is_empty()) {
            return None;
        }
        refresh.running = true;
        let stale = std::mem::take(&mut refresh.stale);
        if std::mem::take(&mut refresh.all) || stale.len() > FEW {
            Some(Effect::LoadEverything)
        } else {
            Some(Effect::LoadSome(stale.into_iter().collect()))
        }
    }
}
