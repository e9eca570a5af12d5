//! micro_sam's propagation, `segment_mask_in_volume` of its `multi_dimensional_segmentation.py`.
//!
//! Kept as there: the first mask on the way out that has too little in common with the one before
//! ends the object and does not count; between two slices that are known, nothing ends; the slice in
//! the middle of an even gap is asked about with both neighbours' masks together, and then with
//! several points even where one is chosen. One difference: where a mask is empty between two known
//! slices the next one is empty too, instead of the model's answer to no prompt at all.

use super::projection::question;
use super::{Answer, Answers, Ask, AskOf, Followed, Limits, Question, Rule, Seeds, Span};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::mask::{Rle, SliceMask};
use medicosam_shared::propagation::{MicroSam, Projection};
use medicosam_shared::propagation_report::{Way, WayEnd};
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
        let bounds = Bounds {
            slices: span.slices.clone(),
            limits: Limits::none(span.slices.end),
        };
        let mut found = out_from_known(&seeds, bounds, self.0, ask)?.answers;
        found.insert(middle, Answer::from(&first));
        Ok(found)
    }

    fn follow(&self, seeds: &Seeds, limits: Limits, ask: &mut AskOf<'_, E>) -> Result<Followed, E> {
        let mut ask = |question: &Question| ask(question, limits.count);
        let bounds = Bounds {
            slices: 0..limits.count,
            limits,
        };
        out_from_known(seeds, bounds, self.0, &mut ask)
    }
}

/// How far it may go.
struct Bounds {
    /// The slices of the object's box, or of the scan.
    slices: Range<u32>,
    /// Those of them that may be changed, and whether the object may end.
    limits: Limits,
}

/// Follows an object from its known slices; none of the answers is on the slices of the seeds.
fn out_from_known<E>(
    seeds: &Seeds,
    bounds: Bounds,
    settings: MicroSam,
    ask: &mut Ask<'_, E>,
) -> Result<Followed, E> {
    let Bounds { slices, limits } = bounds;
    let mut walk = Walk {
        settings,
        limits,
        masks: BTreeMap::new(),
        found: Followed::default(),
        ask,
    };
    let is_there = |mask: &SliceMask| mask.area() > 0;
    let (Some((&first, first_mask)), Some((&last, last_mask))) =
        (seeds.first_key_value(), seeds.last_key_value())
    else {
        return Ok(Followed::default());
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
        let way = (slices.start..first).rev().collect();
        walk.run(first, way, (stop, WayEnd::Edge))?;
    }
    if is_there(last_mask) {
        let way = (last + 1..slices.end).collect();
        walk.run(last, way, (stop, WayEnd::Edge))?;
    }
    for pair in annotated.windows(2) {
        let &[a, b] = pair else { continue };
        match (is_there(&walk.masks[&a]), is_there(&walk.masks[&b])) {
            (false, false) => {}
            (false, true) => walk.run(b, (a + 1..b).rev().collect(), BETWEEN)?,
            (true, false) => walk.run(a, (a + 1..b).collect(), BETWEEN)?,
            (true, true) => walk.between(a, b)?,
        }
    }
    Ok(walk.found)
}

/// Between two known slices nothing ends.
const BETWEEN: (Option<f64>, WayEnd) = (None, WayEnd::Met);

struct Walk<'a, 'ask, E> {
    settings: MicroSam,
    limits: Limits,
    /// All masks so far, those of the seeds included.
    masks: BTreeMap<u32, SliceMask>,
    found: Followed,
    ask: &'a mut Ask<'ask, E>,
}

impl<E> Walk<'_, '_, E> {
    /// From slice to slice, beginning beside `from`; up to a mask with less than `stop` in common
    /// with the one before, or to where the way ends for the reason `last`.
    fn run(
        &mut self,
        from: u32,
        way: Vec<u32>,
        (stop, last): (Option<f64>, WayEnd),
    ) -> Result<(), E> {
        let (slices, is_cut) = self.limits.cut(way);
        let end = if is_cut { WayEnd::Range } else { last };
        let mut gone = Way {
            from,
            to: None,
            end,
        };
        let mut before = from;
        for index in slices {
            let mask = self.masks[&before].clone();
            let (next, answer) = self.segment(index, &mask, self.settings.projection)?;
            let common = iou(&mask, &next);
            if let Some(least) = stop.filter(|least| common < *least)
                && !self.limits.passes(index)
            {
                gone.end = WayEnd::Unlike {
                    at: index,
                    iou: common as f32,
                    least: least as f32,
                };
                break;
            }
            if self.keep(index, next, answer) {
                gone.to = Some(index);
            }
            before = index;
        }
        self.found.ways.push(gone);
        Ok(())
    }

    /// From both of two known slices to the middle.
    fn between(&mut self, a: u32, b: u32) -> Result<(), E> {
        let middle = (a + b) / 2;
        let is_even = (b - a).is_multiple_of(2);
        let first_half = a + 1..if is_even { middle } else { middle + 1 };
        // Where only one half is to be changed, the middle that is made of both may be missing.
        self.run(a, first_half.collect(), BETWEEN)?;
        self.run(b, (middle + 1..b).rev().collect(), BETWEEN)?;
        let ends = self.masks.contains_key(&(middle - 1)) && self.masks.contains_key(&(middle + 1));
        if is_even && ends {
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

    /// Keeps an answer to go on from; says whether the slice may be changed, and is.
    fn keep(&mut self, index: u32, mask: SliceMask, answer: Answer) -> bool {
        self.masks.insert(index, mask);
        let may_change = self.limits.slices.contains(index);
        if may_change {
            self.found.answers.insert(index, answer);
        }
        may_change
    }
}

fn iou(a: &SliceMask, b: &SliceMask) -> f64 {
    let pairs = || a.pixels().iter().zip(b.pixels());
    let both = pairs().filter(|&(&a, &b)| a && b).count();
    let either = pairs().filter(|&(&a, &b)| a || b).count();
    both as f64 / (either as f64 + EPSILON)
}
