//! Our rule for a 3-D box: some boxes on each slice, and from the surest slice outwards smaller ones.
//!
//! An object seldom fills the rectangle of its 3-D box on a slice, least of all at its ends, and a model
//! that was trained on tight boxes then takes something larger for it. Boxes that come from the mask on
//! the slice before are tight, but an error on one slice spreads to all that follow. So neither is
//! trusted alone:
//!
//! 1. On each slice the model answers boxes of some places and sizes inside the 3-D box
//!    ([`boxes_inside`]). Its predicted IoU is higher where a box fits something.
//! 2. Of the masks on all slices those are chosen that have the largest sum of predicted IoUs, and of
//!    IoUs of neighbours, weighted ([`best_chain`]).
//! 3. The slice where the model is surest, its neighbours counted in, is the core. From there to both
//!    ends, each slice is also asked about the box of its own mask, and about that of the mask before: a
//!    little larger, and smaller in two steps. An object gets smaller towards its ends: of the masks there,
//!    those count more that lie within the one before.
//! 4. Then the choice is made once more over all slices, with what has been learnt about inside and
//!    outside.
//! 5. The masks on a slice that have most in common with the chosen one, whose boxes differ a little,
//!    vote on each pixel.
//!
//! Half the weights change no result by more than 0.02 on the ten objects of `docs/volumes.md`, twice the
//! weights one, for the worse; without the last choice (the fourth step) errors spread.

use super::chain::best_chain;
use super::hypothesis::{Hypothesis, vote};
use super::lattice::{Places, boxes_inside, is_worth_asking, shrunk};
use super::next_box::margin;
use super::{Answers, Ask, Question, Rule, Span};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::SliceBox;

/// The weight of the IoU of two neighbours, beside the predicted IoU of each, as long as it is not known
/// where the core is.
const NEIGHBOURS: f64 = 0.1;

/// The same with a core.
const NEIGHBOURS_OUTWARDS: f64 = 0.2;

/// The weight of the share of a mask that lies within its neighbour nearer to the core.
const WITHIN: f64 = 0.2;

/// Up to so many slices get boxes of more places, since they have few neighbours to learn from.
const FEW_SLICES: usize = 4;

/// Questions about a slice from the core outwards, roughly: some boxes come twice.
const QUESTIONS_OUTWARDS: u32 = 4;

/// How much smaller than the mask before the boxes outwards are, on each side, in hundredths of their sides.
const SMALLER: [u32; 2] = [8, 15];

/// Segments an object on all slices of its 3-D box.
pub struct Agreement;

impl<E> Rule<E> for Agreement {
    fn segment_span(
        &self,
        span: &Span,
        shape: SliceShape,
        ask: &mut Ask<'_, E>,
    ) -> Result<Answers, E> {
        let mut slices = Slices {
            span,
            shape,
            found: vec![Vec::new(); span.slices.len()],
        };
        for at in 0..slices.found.len() {
            for bbox in boxes_inside(span.bbox, places(span)) {
                slices.consider(at, bbox, ask)?;
            }
        }
        let mut chosen = slices.choose(None);
        let core = slices.core(&chosen);
        slices.ask_outwards(core, &mut chosen, ask)?;
        let chosen = slices.choose(Some(core));
        let found = slices.found.iter().zip(&chosen);
        let answers = found.map(|(slice, &at)| vote(slice, &slice[at], shape));
        Ok(span.slices.clone().zip(answers).collect())
    }
}

fn places(span: &Span) -> Places {
    match span.slices.len() <= FEW_SLICES {
        true => Places::All,
        false => Places::Few,
    }
}

/// About how many questions are asked about an object on each slice, to tell how far it is.
pub(super) fn questions(span: &Span) -> u32 {
    boxes_inside(span.bbox, places(span)).len() as u32 + QUESTIONS_OUTWARDS
}

/// The hypotheses on the slices of a 3-D box.
struct Slices<'a> {
    span: &'a Span,
    shape: SliceShape,
    /// By slice; none is empty once all have been asked about.
    found: Vec<Vec<Hypothesis>>,
}

impl Slices<'_> {
    /// Asks about a box, if it is a new one.
    fn consider<E>(&mut self, at: usize, bbox: SliceBox, ask: &mut Ask<'_, E>) -> Result<(), E> {
        if self.found[at].iter().any(|h| h.bbox == bbox) {
            return Ok(());
        }
        let index = self.span.slices.start + at as u32;
        let answer = ask(&Question::of_box(index, bbox, self.span.points(index)))?;
        let hypothesis = Hypothesis::new(bbox, &answer, margin(self.shape));
        self.found[at].push(hypothesis);
        Ok(())
    }

    /// The hypothesis to take on each slice; with a core, masks that lie within those nearer to it are worth
    /// more.
    fn choose(&self, core: Option<usize>) -> Vec<usize> {
        let worth = |slice: &Vec<Hypothesis>| slice.iter().map(Hypothesis::worth).collect();
        let worths: Vec<Vec<f64>> = self.found.iter().map(worth).collect();
        best_chain(&worths, |at, before, here| {
            let (before, here) = (&self.found[at - 1][before], &self.found[at][here]);
            match core {
                None => NEIGHBOURS * before.iou(here),
                Some(core) if at > core => outwards(before, here),
                Some(_) => outwards(here, before),
            }
        })
    }

    /// The slice where the chosen mask and those beside it are surest; the first of several.
    fn core(&self, chosen: &[usize]) -> usize {
        let sure: Vec<f64> = self
            .found
            .iter()
            .zip(chosen)
            .map(|(slice, &at)| slice[at].worth())
            .collect();
        let mean = |at: usize| {
            let around = &sure[at.saturating_sub(1)..(at + 2).min(sure.len())];
            around.iter().sum::<f64>() / around.len() as f64
        };
        let first = (0, f64::NEG_INFINITY);
        let surest = (0..sure.len()).map(|at| (at, mean(at)));
        surest
            .fold(
                first,
                |best, here| if here.1 > best.1 { here } else { best },
            )
            .0
    }

    /// Asks about boxes made of the chosen masks, from the core to both ends, and chooses on the way.
    fn ask_outwards<E>(
        &mut self,
        core: usize,
        chosen: &mut [usize],
        ask: &mut Ask<'_, E>,
    ) -> Result<(), E> {
        self.ask_again(core, (chosen, None), ask)?;
        chosen[core] = best(&self.found[core], Hypothesis::worth);
        for at in core + 1..self.found.len() {
            self.step(at, (at - 1, chosen), ask)?;
        }
        for at in (0..core).rev() {
            self.step(at, (at + 1, chosen), ask)?;
        }
        Ok(())
    }

    /// One slice farther outwards.
    fn step<E>(
        &mut self,
        at: usize,
        (inner, chosen): (usize, &mut [usize]),
        ask: &mut Ask<'_, E>,
    ) -> Result<(), E> {
        self.ask_again(at, (chosen, Some(inner)), ask)?;
        let before = &self.found[inner][chosen[inner]];
        chosen[at] = best(&self.found[at], |here| {
            here.worth() + outwards(before, here)
        });
        Ok(())
    }

    /// Asks about the box of the mask chosen on a slice, and about those made of the one chosen on the slice
    /// nearer to the core.
    fn ask_again<E>(
        &mut self,
        at: usize,
        (chosen, inner): (&[usize], Option<usize>),
        ask: &mut Ask<'_, E>,
    ) -> Result<(), E> {
        let bounds = |at: usize| self.found[at][chosen[at]].bounds;
        let own = bounds(at).map(|own| own.enlarged(1, self.shape));
        let inner = inner.and_then(bounds);
        let larger = inner.map(|inner| inner.enlarged(margin(self.shape), self.shape));
        let smaller = SMALLER.iter().filter_map(|&by| Some(shrunk(inner?, by)));
        let boxes: Vec<SliceBox> = own.into_iter().chain(larger).chain(smaller).collect();
        for bbox in boxes {
            let inside = bbox.common(self.span.bbox);
            if let Some(bbox) = inside.filter(|&inside| is_worth_asking(inside)) {
                self.consider(at, bbox, ask)?;
            }
        }
        Ok(())
    }
}

/// How well the mask farther from the core goes with its neighbour.
fn outwards(inner: &Hypothesis, outer: &Hypothesis) -> f64 {
    WITHIN * outer.share_within(inner) + NEIGHBOURS_OUTWARDS * inner.iou(outer)
}

/// The hypothesis that is worth most; the first of several.
fn best(slice: &[Hypothesis], worth: impl Fn(&Hypothesis) -> f64) -> usize {
    let worths = vec![slice.iter().map(worth).collect()];
    best_chain(&worths, |_, _, _| 0.0)
        .first()
        .copied()
        .unwrap_or(0)
}
