//! How far the masks by boxes are, in slices, from the work that is done.

use crate::prompts::Prompts;
use crate::segment::{MOVED_BOXES, propagation};
use medicosam_shared::progress::Progress;
use medicosam_shared::propagation::Propagation;
use std::time::{Duration, Instant};

/// An embedding that comes sooner than this was there already.
const COMPUTED: Duration = Duration::from_millis(20);

/// How many answers take as long as one embedding, roughly: of the default model on a processor.
const ANSWERS_PER_EMBEDDING: u32 = 8;

/// How far the slices are. A rule comes back to each slice, and some ask a lot about it, so slices are not
/// counted by visits but by their share of the work: embeddings that have to be computed, and answers.
#[derive(Debug)]
pub(super) struct Counted {
    slices: u32,
    /// Embeddings that are still to come, or to be found.
    embeddings: u32,
    /// Work done, in answers.
    embedded: u32,
    answered: u32,
    /// Answers to come in all.
    answers: u32,
    last: Option<Instant>,
}

impl Counted {
    /// Nothing is done yet.
    pub(super) fn new(prompts: &Prompts, rule: Propagation) -> Self {
        let spans = prompts.spans();
        let questions = spans.iter().map(|span| {
            propagation::questions(rule, span) + span.slices.len() as u32 * MOVED_BOXES
        });
        let in_spans: usize = spans.iter().map(|span| span.slices.len()).sum();
        let alone = prompts.slices().len() as u32;
        let slices = alone + in_spans as u32;
        Counted::of(slices, alone + questions.sum::<u32>())
    }

    fn of(slices: u32, answers: u32) -> Self {
        Counted {
            slices,
            embeddings: slices,
            embedded: 0,
            answered: 0,
            answers,
            last: None,
        }
    }

    /// Another step begins at `now`. So far rules have got `answered` answers; before the first one, steps
    /// are embeddings.
    pub(super) fn step(&mut self, answered: u32, now: Instant) {
        let took = self.last.replace(now).map(|last| now.duration_since(last));
        match took {
            Some(took) if answered == 0 && self.embeddings > 0 => {
                self.embeddings -= 1;
                if took >= COMPUTED {
                    self.embedded += ANSWERS_PER_EMBEDDING;
                }
            }
            // What has not been embedded by now never will be.
            Some(_) if answered > 0 => self.embeddings = 0,
            Some(_) | None => {}
        }
        self.answered = answered;
    }

    /// How far it is, in slices, and never at the end.
    pub(super) fn progress(&self) -> Progress {
        let done = self.embedded + self.answered;
        let to_come =
            self.embeddings * ANSWERS_PER_EMBEDDING + self.answers.saturating_sub(self.answered);
        let share = u64::from(self.slices) * u64::from(done) / u64::from(done + to_come).max(1);
        Progress {
            done: (share as u32).min(self.slices.saturating_sub(1)),
            total: self.slices,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices done after each step; steps are milliseconds that the one before took, and answers so far.
    fn counted(slices: u32, answers: u32, steps: impl IntoIterator<Item = (u64, u32)>) -> Vec<u32> {
        let mut counted = Counted::of(slices, answers);
        let mut now = Instant::now();
        let mut done = Vec::new();
        for (took, answered) in steps {
            now += Duration::from_millis(took);
            counted.step(answered, now);
            done.push(counted.progress().done);
        }
        done
    }

    #[test]
    fn slices_that_are_embedded_already_take_no_time() {
        // Ten slices, each asked about twenty times, in two rounds.
        let found = (0..10).map(|_| (1, 0));
        let asked = (1..=20).map(|visit| (150, visit * 10));
        let done = counted(10, 200, found.chain(asked));
        assert_eq!(done[..10], [0; 10]);
        assert_eq!(
            done[10..],
            [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 9]
        );
    }

    #[test]
    fn embeddings_have_their_share_of_the_time() {
        let embedded = (0..11).map(|_| (120, 0));
        let done = counted(10, 80, embedded);
        assert_eq!(
            done.last(),
            Some(&5),
            "eighty answers are as much as ten embeddings"
        );
        assert!(done.is_sorted());
    }

    #[test]
    fn it_never_goes_back_nor_to_the_end_before_it_is_there() {
        let steps = (0..5)
            .map(|_| (100, 0))
            .chain((1..60).map(|visit| (10, visit)));
        let done = counted(5, 40, steps);
        assert!(done.is_sorted() && done.last() == Some(&4), "{done:?}");
        assert_eq!(counted(0, 0, [(1, 0), (1, 0)]), [0, 0]);
    }
}
