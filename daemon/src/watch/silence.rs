//! A folder that does not answer.

use super::file_calls::Unanswered;
use super::passed_over::Tally;
use super::report::RootState;
use crate::config::Root;
use jiff::{SignedDuration, Timestamp, Unit};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// A folder that does not answer, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    unanswered: Unanswered,
    since: Timestamp,
}

impl Silence {
    /// What is known after another look at the calls.
    pub fn next(
        before: Option<&Silence>,
        unanswered: Option<Unanswered>,
        now: Instant,
    ) -> Option<Silence> {
        match (before, unanswered) {
            (before, None) => {
                if let Some(silence) = before {
                    let folder = silence.folder().display();
                    tracing::info!(%folder, "answers again");
                }
                None
            }
            (Some(silence), Some(unanswered)) if silence.unanswered == unanswered => {
                Some(silence.clone())
            }
            (_, Some(unanswered)) => {
                let waited = now.saturating_duration_since(unanswered.since);
                let waited = SignedDuration::try_from(waited).unwrap_or_default();
                let silence = Silence {
                    since: Timestamp::now() - waited,
                    unanswered,
                };
                tracing::warn!("{}", silence.why());
                Some(silence)
            }
        }
    }

    /// The root or output folder.
    pub fn folder(&self) -> &Path {
        &self.unanswered.folder
    }

    /// What is wrong, and what helps, in words.
    pub fn why(&self) -> String {
        let since = self.since.round(Unit::Second).unwrap_or(self.since);
        format!(
            "{} has not answered since {since}; is the server of the share up?",
            self.folder().display()
        )
    }

    /// How a root is that cannot be looked at for this reason: `before` is how it was last.
    pub fn state(&self, root: &Root, before: Option<&RootState>) -> RootState {
        let is_root = self.folder() == root.path;
        RootState {
            path: root.path.clone(),
            problem: Some(self.why()),
            away: is_root || before.is_none_or(|state| state.away),
            silent: is_root,
            unreadable: BTreeMap::new(),
            passed_over: Tally::default(),
        }
    }
}
