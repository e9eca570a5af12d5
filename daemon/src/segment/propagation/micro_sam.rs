//! micro_sam's propagation, `segment_mask_in_volume` of its `multi_dimensional_segmentation.py`.
//!
//! Kept as there: the first mask on the way out that has too little in common with the one before
//! ends the object and does not count; between two slices that are known, nothing ends; the slice in
//! the middle of an even gap is asked about with both neighbours' masks together, and then with
//! several points even where one is chosen. One difference: where a mask is empty between two known
//! slices the next one is empty too, instead of the model's answer to no prompt at all.

use super::projection::question;
use super::{Answer, Answers, Ask, AskOf, Question, Rule, Seeds, Span};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::propagation::{MicroSam, Projection};
use std::collections::BTreeMap;
use std::ops::Range;

/// Added to unions, as there.
const EPSILON: f64 = 1e-7;

/// micro_sam's propagation, by its settings.
pub struct OutFromKnown(pub MicroSam);

impl<E> Rule<E> for OutFromKnown {
    fn segment_span(&self, span: &Span, _: SliceShape, ask: &mut Ask<'_, E>) -> Result<Answers, E> {
        let middle = span.middle();
        let question = Question::of_box(middle, span.bbox, span.points(middle));
        let first = ask(&question)?;
        let seeds = Seeds::from([(middle, first.mask.clone())]);
        let mut found = out_from_known(&seeds, span.slices.clone(), self.0, ask)?;
        found.insert(middle, Answer::from(&first));
        Ok(found)
    }

    fn follow(&self, seeds: &Seeds, count: u32, ask: &mut AskOf<'_, E>) -> Result<Answers, E> {
        let mut ask = |question: &Question| ask(question, count);
        out_from_known(seeds, 0..count, self.0, &mut ask)
    }
}

/// Follows an object from its known slices through `slices`; none of the answers is on the slices of
/// the seeds.
fn out_from_known<E>(
    seeds: &Seeds,
    slices: Range<u32>,
    settings: MicroSam,
    ask: &mut Ask<'_, E>,
) -> Result<Answers, E> {
    let mut walk = Walk {
        settings,
        masks: BTreeMap::new(),
        found: Answers::new(),
        ask,
    };
    let is_there = |mask: &SliceMask| mask.area() > 0;
    let (Some((&first, first_mask)), Some((&last, last_mask))) =
        (seeds.first_key_value(), seeds.last_key_value())
    else {
        return Ok(Answers::new());
    };
    // An empty slice in the middle is no annotation.
    let ends = |index: u32| index == first || index == last;
    for (&index, mask) in seeds {
        if is_there(mask) || ends(index) {
            walk.masks.insert(index, mask.clone());
        }
    }
    let annotated: Vec<u32> = walk.masks.keys().copied().collect();
    let stop = Some(settings.stop_iou);
    if is_there(first_mask) {
        walk.run(first, (slices.start..first).rev(), stop)?;
    }
    if is_there(last_mask) {
        walk.run(last, last + 1..slices.end, stop)?;
    }
    for pair in annotated.windows(2) {
        let &[a, b] = pair else { continue };
        match (is_there(&walk.masks[&a]), is_there(&walk.masks[&b])) {
            (false, false) => {}
            (false, true) => walk.run(b, (a + 1..b).rev(), None)?,
            (true, false) => walk.run(a, a + 1..b, None)?,
            (true, true) => walk.between(a, b)?,
        }
    }
    Ok(walk.found)
}

struct Walk<'a, 'ask, E> {
    settings: MicroSam,
    /// All masks so far, those of the seeds included.
    masks: BTreeMap<u32, SliceMask>,
    found: Answers,
    ask: &'a mut Ask<'ask, E>,
}

impl<E> Walk<'_, '_, E> {
    /// From slice to slice, beginning beside `from`; up to a mask with less than `stop` in common
    /// with the one before.
    fn run(
        &mut self,
        from: u32,
        way: impl Iterator<Item = u32>,
        stop: Option<f64>,
    ) -> Result<(), E> {
        let mut before = from;
        for index in way {
            let mask = self.masks[&before].clone();
            let (next, answer) = self.segment(index, &mask, self.settings.projection)?;
            if stop.is_some_and(|least| iou(&mask, &next) < least) {
                break;
            }
            self.keep(index, next, answer);
            before = index;
        }
        Ok(())
    }

    /// From both of two known slices to the middle.
    fn between(&mut self, a: u32, b: u32) -> Result<(), E> {
        let middle = (a + b) / 2;
        let is_even = (b - a).is_multiple_of(2);
        let first_half = a + 1..if is_even { middle } else { middle + 1 };
        self.run(a, first_half, None)?;
        self.run(b, (middle + 1..b).rev(), None)?;
        if is_even {
            let (below, above) = (&self.masks[&(middle - 1)], &self.masks[&(middle + 1)]);
            let both = SliceMask::from_fn(below.shape(), |x, y| below.get(x, y) || above.get(x, y));
            let projection = match self.settings.projection {
                Projection::SinglePoint => Projection::Points,
                other => other,
            };
            let (mask, answer) = self.segment(middle, &both, projection)?;
            self.keep(middle, mask, answer);
        }
        Ok(())
    }

    fn segment(
        &mut self,
        index: u32,
        before: &SliceMask,
        projection: Projection,
    ) -> Result<(SliceMask, Answer), E> {
        let question = question(index, before, projection, self.settings.box_extension);
        Ok(match question {
            Some(question) => {
                let answer = (self.ask)(&question)?;
                let kept = Answer::from(&answer);
                (answer.mask, kept)
            }
            None => {
                let nothing = Answer {
                    mask: Rle::default(),
                    predicted_iou: 0.0,
                    stability: 0.0,
                    agreement: None,
                    steadiness: None,
                };
                (SliceMask::empty(before.shape()), nothing)
            }
        })
    }

    fn keep(&mut self, index: u32, mask: SliceMask, answer: Answer) {
        self.masks.insert(index, mask);
        self.found.insert(index, answer);
    }
}

fn iou(a: &SliceMask, b: &SliceMask) -> f64 {
    let pairs = || a.pixels().iter().zip(b.pixels());
    let both = pairs().filter(|&(&a, &b)| a && b).count();
    let either = pairs().filter(|&(&a, &b)| a || b).count();
    both as f64 / (either as f64 + EPSILON)
}
