//! The worst slice of the selected case, beside the list. It is read once the selection has rested on a
//! case for a moment, so that a held key asks for nothing.

use crate::app::event::Effect;
use crate::app::state::review::Review;
use crate::app::state::review::subject::{Showing, Subject};
use jiff::{SignedDuration, Timestamp};
use medicosam_shared::case::{CaseId, CaseSummary, RevisionNumber};

/// How long a picture must be on the screen before it counts as looked at.
const LOOK: SignedDuration = SignedDuration::from_millis(500);

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The case, with one slice and its masks.
    review: Option<Box<Review>>,
    /// The case that the selection has come to, and the revision that is wanted.
    wanted: Option<(CaseId, RevisionNumber)>,
    /// Its picture on the screen, and since when.
    shown: Option<(Showing, Timestamp)>,
}

impl Preview {
    /// The selection is on a case, or there is no room for a picture. Returns whether the case is to be
    /// read after a moment's rest.
    pub fn comes_to(&mut self, case: Option<&CaseSummary>) -> bool {
        let wanted = case.and_then(|case| Some((case.id.clone(), case.revision?)));
        if wanted == self.wanted {
            return false;
        }
        self.wanted = wanted;
        self.shown = None;
        self.wanted.is_some()
    }

    /// The selection has rested on its case: begins to read it.
    pub fn rested(&mut self) -> Vec<Effect> {
        let Some((case, revision)) = &self.wanted else {
            return Vec::new();
        };
        let there = self.review.as_ref().filter(|review| review.case == *case);
        if there.is_some_and(|review| review.revision() == Some(*revision)) {
            return Vec::new();
        }
        let review = Review::preview(case.clone());
        self.review = Some(Box::new(review));
        vec![Effect::LoadCase(case.clone())]
    }

    /// What is known of the case that the selection is on.
    pub fn review(&self) -> Option<&Review> {
        let (wanted, _) = self.wanted.as_ref()?;
        self.review
            .as_deref()
            .filter(|review| review.case == *wanted)
    }

    /// What is known of `case`, if it is the one that was read last.
    pub fn of(&mut self, case: &CaseId) -> Option<&mut Review> {
        self.review
            .as_deref_mut()
            .filter(|review| review.case == *case)
    }

    /// A picture is on the screen.
    pub fn shown(&mut self, showing: Showing, now: Timestamp) {
        let wanted = self.wanted.as_ref();
        let of_wanted = wanted.is_some_and(|(case, _)| *case == showing.case);
        let known = self
            .shown
            .as_ref()
            .is_some_and(|(known, _)| *known == showing);
        if of_wanted && !known {
            self.shown = Some((showing, now));
        }
    }

    /// The picture that has been on the screen long enough by now, and since when.
    pub fn looked_at(&self, now: Timestamp) -> Option<(Showing, Timestamp)> {
        let (showing, since) = self.shown.as_ref()?;
        // A clock that was set says nothing, in either direction.
        let long = now.duration_since(*since).abs() >= LOOK;
        long.then(|| (showing.clone(), *since))
    }

    /// Its picture.
    pub fn subject(&self) -> Subject {
        self.review().map_or(Subject::Nothing, Review::subject)
    }
}
