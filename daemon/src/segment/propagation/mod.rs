//! From a prompt to masks on many slices.
//!
//! Each [`Rule`] has a file, and a line in [`rule`]. A rule asks its [`Question`]s through a closure
//! and does not know where the answers come from, so all rules are tested without a model. Its name
//! and its settings in files are those of [`Propagation`].

mod agreement;
mod answer;
mod box_to_box;
mod chain;
mod distance;
mod every_slice;
mod followed;
mod hypothesis;
mod lattice;
mod micro_sam;
mod middle_out;
mod next_box;
mod projection;
mod question;
mod rule;
mod span;

pub use answer::Answer;
pub use followed::{Followed, Limits};
pub use projection::innermost;
pub use question::{Choice, Question};
pub use rule::{Answers, Ask, AskOf, Rule};
pub use span::{Seeds, Span};

use crate::model::{Embedding, Sam, SamError, Segmented};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::propagation::Propagation;

/// The rule that a profile has chosen.
fn rule<E>(chosen: Propagation) -> Box<dyn Rule<E>> {
    match chosen {
        Propagation::Agreement => Box::new(agreement::Agreement),
        // What is asked between boxes is known before: a box that is a span has no other to go to.
        Propagation::EverySlice | Propagation::Interpolate => Box::new(every_slice::EverySlice),
        Propagation::MiddleOut => Box::new(middle_out::MiddleOut),
        Propagation::MicroSam(settings) => Box::new(micro_sam::OutFromKnown(settings)),
    }
}

/// See [`Rule::segment_span`].
pub fn segment_span<E>(
    chosen: Propagation,
    span: &Span,
    shape: SliceShape,
    mut ask: impl FnMut(&Question) -> Result<Segmented, E>,
) -> Result<Answers, E> {
    rule(chosen).segment_span(span, shape, &mut ask)
}

/// About how many questions a rule asks about an object, to tell how far it is.
pub fn questions(chosen: Propagation, span: &Span) -> u32 {
    let each = match chosen {
        Propagation::Agreement => agreement::questions(span),
        Propagation::EverySlice
        | Propagation::Interpolate
        | Propagation::MiddleOut
        | Propagation::MicroSam(_) => 1,
    };
    span.slices.len() as u32 * each
}

/// See [`Rule::follow`].
pub fn follow<E>(
    chosen: Propagation,
    seeds: &Seeds,
    limits: Limits,
    mut ask: impl FnMut(&Question, u32) -> Result<Segmented, E>,
) -> Result<Followed, E> {
    rule(chosen).follow(seeds, limits, &mut ask)
}

/// Has the model answer a question about an embedded slice.
pub fn answer(
    sam: &mut Sam,
    embedding: &Embedding,
    label: Label,
    question: &Question,
) -> Result<Segmented, SamError> {
    let prompt = SlicePrompt {
        label,
        index: question.index,
        bbox: question.bbox,
        points: question.points.clone(),
    };
    let start = |mask| sam.start_from(embedding, mask);
    let mask = question.mask.as_ref().map(start);
    match question.choice {
        Choice::Usual => sam.decode(embedding, &prompt, mask.as_ref()),
        Choice::First => sam.decode_first(embedding, &prompt, mask.as_ref()),
    }
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
