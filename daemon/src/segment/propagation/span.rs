//! 3-D boxes, as the slices see them.

use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use std::collections::BTreeMap;
use std::ops::Range;

/// One object over consecutive slices that all have the same box: a 3-D box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The object.
    pub label: Label,
    /// The 3-D box's rectangle.
    pub bbox: SliceBox,
    /// Its slices.
    pub slices: Range<u32>,
    /// Points on some of these slices.
    pub points: BTreeMap<u32, Vec<SlicePoint>>,
}

impl Span {
    /// The slice in the middle, the lower one of two (LiteMedSAM's `z_mid`).
    pub fn middle(&self) -> u32 {
        self.slices.start + (self.slices.end - self.slices.start).saturating_sub(1) / 2
    }

    /// The points on a slice.
    pub fn points(&self, index: u32) -> &[SlicePoint] {
        self.points.get(&index).map_or(&[], Vec::as_slice)
    }
}

/// Parts prompts into 3-D boxes of at least two slices, and those that stand for themselves.
pub fn split(prompts: &[SlicePrompt]) -> (Vec<Span>, Vec<SlicePrompt>) {
    let mut by_object: BTreeMap<Label, BTreeMap<u32, &SlicePrompt>> = BTreeMap::new();
    for prompt in prompts {
        let object = by_object.entry(prompt.label).or_default();
        object.insert(prompt.index, prompt);
    }
    let (mut spans, mut single) = (Vec::new(), Vec::new());
    for (label, slices) in by_object {
        let slices: Vec<&SlicePrompt> = slices.into_values().collect();
        let goes_on = |a: &&SlicePrompt, b: &&SlicePrompt| {
            a.bbox.is_some() && a.bbox == b.bbox && a.index + 1 == b.index
        };
        for run in slices.chunk_by(goes_on) {
            match run {
                [first, .., last] if let Some(bbox) = first.bbox => spans.push(Span {
                    label,
                    bbox,
                    slices: first.index..last.index + 1,
                    points: run
                        .iter()
                        .filter(|p| !p.points.is_empty())
                        .map(|p| (p.index, p.points.clone()))
                        .collect(),
                }),
                _ => single.extend(run.iter().map(|&prompt| prompt.clone())),
            }
        }
    }
    (spans, single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_box_on_consecutive_slices_is_one_box_in_space() {
        let bbox = |x0| SliceBox {
            x0,
            y0: 0,
            x1: 9,
            y1: 9,
        };
        let point = SlicePoint {
            x: 1,
            y: 1,
            positive: true,
        };
        let prompt = |label, index, bbox, points: &[SlicePoint]| SlicePrompt {
            label: Label::new(label).unwrap(),
            index,
            bbox,
            points: points.to_vec(),
        };
        let prompts = [
            prompt(2, 5, Some(bbox(1)), &[]),
            prompt(1, 5, Some(bbox(0)), &[]),
            prompt(1, 6, Some(bbox(0)), &[point]),
            prompt(1, 7, None, &[point]),
            prompt(1, 8, Some(bbox(0)), &[]),
            prompt(1, 9, Some(bbox(3)), &[]),
            prompt(1, 10, Some(bbox(3)), &[]),
            prompt(1, 11, Some(bbox(3)), &[]),
        ];
        let (spans, single) = split(&prompts);
        let found: Vec<_> = spans
            .iter()
            .map(|s| (s.slices.clone(), s.middle()))
            .collect();
        assert_eq!(found, [(5..7, 5), (9..12, 10)]);
        assert_eq!(spans[0].points(6), [point]);
        assert!(spans[0].points(5).is_empty());
        let left: Vec<_> = single.iter().map(|p| (p.label.get(), p.index)).collect();
        assert_eq!(left, [(1, 7), (1, 8), (2, 5)]);
    }
}
