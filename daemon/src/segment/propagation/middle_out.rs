//! LiteMedSAM's rule for a 3-D box (`CVPR24_LiteMedSAM_infer.py`): from the middle slice up, then
//! from there down; the box on a slice is that of the mask before, a little larger, or the 3-D box's
//! rectangle if there was none. The 3-D box says where it ends.

use super::next_box::next_box;
use super::{Answer, Answers, Ask, Question, Rule, Span};
use medicosam_shared::geometry::SliceShape;

/// Asks about slice after slice, from the middle outwards.
pub struct MiddleOut;

impl<E> Rule<E> for MiddleOut {
    fn segment_span(&self, span: &Span, _: SliceShape, ask: &mut Ask<'_, E>) -> Result<Answers, E> {
        let middle = span.middle();
        let mut found = Answers::new();
        let first = ask(&Question::of_box(middle, span.bbox, span.points(middle)))?;
        found.insert(middle, Answer::from(&first));
        let up: Vec<u32> = (middle + 1..span.slices.end).collect();
        let down: Vec<u32> = (span.slices.start..middle).rev().collect();
        for way in [up, down] {
            let mut before = first.mask.clone();
            for index in way {
                let bbox = next_box(&before).unwrap_or(span.bbox);
                let answer = ask(&Question::of_box(index, bbox, span.points(index)))?;
                found.insert(index, Answer::from(&answer));
                before = answer.mask;
            }
        }
        Ok(found)
    }
}
