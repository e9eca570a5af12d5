//! From a prompt to masks on many slices.
//!
//! Each rule is a function over a closure `ask`, which answers a [`Question`] about a slice. None
//! knows where answers come from, so all are tested without a model.

mod agreement;
mod chain;
mod distance;
mod every_slice;
mod lattice;
mod micro_sam;
mod middle_out;
mod projection;
mod span;

pub use micro_sam::{Seeds, micro_sam};
pub use projection::innermost;
pub use span::Span;

use crate::model::{Embedding, Sam, SamError, Segmented};
use medicosam_shared::draft::Candidate;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use std::collections::BTreeMap;

/// What a rule asks about a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The slice.
    pub index: u32,
    /// Where the object is.
    pub bbox: Option<SliceBox>,
    /// Pixels that do or do not belong to it.
    pub points: Vec<SlicePoint>,
    /// What it may look like.
    pub mask: Option<SliceMask>,
    /// Which of the model's masks is the answer.
    pub choice: Choice,
}

/// Which of the masks that a model offers is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one that the model's family takes for such a prompt.
    Usual,
    /// The first, as with SAM's `multimask_output=False`.
    First,
}

impl Question {
    /// A box, with points.
    pub fn of_box(index: u32, bbox: SliceBox, points: &[SlicePoint]) -> Self {
        Question {
            index,
            bbox: Some(bbox),
            points: points.to_vec(),
            mask: None,
            choice: Choice::Usual,
        }
    }
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
    let mask = question.mask.as_ref().map(|mask| {
        let model = sam.model();
        model.family().start_from(mask, model.sizes())
    });
    match question.choice {
        Choice::Usual => sam.decode(embedding, &prompt, mask.as_ref()),
        Choice::First => sam.decode_first(embedding, &prompt, mask.as_ref()),
    }
}

/// What is said of a slice, by a model or by a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The mask.
    pub mask: Rle,
    /// See [`Segmented::predicted_iou`].
    pub predicted_iou: f32,
    /// See [`Segmented::stability`].
    pub stability: f32,
    /// Mean IoU of the mask with those of boxes much like its own, if others were tried.
    pub agreement: Option<f32>,
    /// Mean IoU of the mask with those of its own box moved a little, after a second look.
    pub steadiness: Option<f32>,
}

impl From<&Segmented> for Answer {
    fn from(segmented: &Segmented) -> Self {
        Answer {
            mask: segmented.mask.to_rle(),
            predicted_iou: segmented.predicted_iou,
            stability: segmented.stability,
            agreement: None,
            steadiness: None,
        }
    }
}

impl From<&Candidate> for Answer {
    fn from(candidate: &Candidate) -> Self {
        Answer {
            mask: candidate.mask.clone(),
            predicted_iou: candidate.predicted_iou,
            stability: candidate.stability,
            agreement: None,
            steadiness: None,
        }
    }
}

/// Segments an object over the slices of its 3-D box by a rule. `shape` is the size of a slice.
///
/// Slices without an entry in the result have nothing of the object.
pub fn segment_span<E>(
    rule: Propagation,
    span: &Span,
    shape: SliceShape,
    mut ask: impl FnMut(&Question) -> Result<Segmented, E>,
) -> Result<BTreeMap<u32, Answer>, E> {
    match rule {
        Propagation::Agreement => agreement::agreement(span, shape, &mut ask),
        Propagation::EverySlice => every_slice::every_slice(span, &mut ask),
        Propagation::MiddleOut => middle_out::middle_out(span, &mut ask),
        Propagation::MicroSam(settings) => {
            let middle = span.middle();
            let question = Question::of_box(middle, span.bbox, span.points(middle));
            let first = ask(&question)?;
            let seeds = Seeds::from([(middle, first.mask.clone())]);
            let mut found = micro_sam(&seeds, span.slices.clone(), settings, &mut ask)?;
            found.insert(middle, Answer::from(&first));
            Ok(found)
        }
    }
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
