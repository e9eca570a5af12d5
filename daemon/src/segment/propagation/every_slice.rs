//! The 3-D box's rectangle on each slice, each for itself.

use super::{Answer, Question, Span};
use crate::model::Segmented;
use std::collections::BTreeMap;

/// Asks about the box on every slice.
pub fn every_slice<E>(
    span: &Span,
    ask: &mut impl FnMut(&Question) -> Result<Segmented, E>,
) -> Result<BTreeMap<u32, Answer>, E> {
    span.slices
        .clone()
        .map(|index| {
            let answer = ask(&Question::of_box(index, span.bbox, span.points(index)))?;
            Ok((index, Answer::from(&answer)))
        })
        .collect()
}
