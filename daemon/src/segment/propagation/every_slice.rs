//! The 3-D box's rectangle on each slice, each for itself.

use super::{Answer, Answers, Ask, Question, Rule, Span};
use medicosam_shared::geometry::SliceShape;

/// Asks about the box on every slice.
pub struct EverySlice;

impl<E> Rule<E> for EverySlice {
    fn segment_span(&self, span: &Span, _: SliceShape, ask: &mut Ask<'_, E>) -> Result<Answers, E> {
        span.slices
            .clone()
            .map(|index| {
                let answer = ask(&Question::of_box(index, span.bbox, span.points(index)))?;
                Ok((index, Answer::from(&answer)))
            })
            .collect()
    }
}
