//! The interface of a rule.

use super::{Answer, Followed, Limits, Question, Seeds, Span, box_to_box};
use crate::model::Segmented;
use medicosam_shared::geometry::SliceShape;
use std::collections::BTreeMap;

/// Answers by slice. Slices without an entry have nothing of the object.
pub type Answers = BTreeMap<u32, Answer>;

/// Answers a rule's question.
pub type Ask<'a, E> = dyn FnMut(&Question) -> Result<Segmented, E> + 'a;

/// Answers a rule's question, and knows how many slices the rule may ask about in all.
pub type AskOf<'a, E> = dyn FnMut(&Question, u32) -> Result<Segmented, E> + 'a;

/// A way from a prompt to masks on many slices. `E` is the error of the closure that answers.
pub trait Rule<E> {
    /// Segments an object over the slices of its 3-D box. `shape` is the size of a slice.
    fn segment_span(
        &self,
        span: &Span,
        shape: SliceShape,
        ask: &mut Ask<'_, E>,
    ) -> Result<Answers, E>;

    /// Follows an object from slices that a person segmented, as far as `limits` says; none of the
    /// answers is on the slices of `seeds`.
    ///
    /// A rule that needs a 3-D box leaves this to [`box_to_box`].
    fn follow(&self, seeds: &Seeds, limits: Limits, ask: &mut AskOf<'_, E>) -> Result<Followed, E> {
        box_to_box::follow(seeds, limits, ask)
    }
}
