//! Where propagation starts: a 3-D box, or masks that are known.

use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use std::collections::BTreeMap;
use std::ops::Range;

/// Masks that are known, by slice. An empty one at either end says that the object stops before it.
pub type Seeds = BTreeMap<u32, SliceMask>;

/// A 3-D box around an object: consecutive slices with the same rectangle.
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

    /// What is asked on each of its slices.
    pub fn prompts(&self) -> impl Iterator<Item = SlicePrompt> {
        self.slices.clone().map(|index| SlicePrompt {
            label: self.label,
            index,
            bbox: Some(self.bbox),
            points: self.points(index).to_vec(),
        })
    }

    /// The runs of slices that stay, each with its points.
    pub fn runs(&self, stays: impl Fn(u32) -> bool) -> Vec<Span> {
        let left: Vec<u32> = self.slices.clone().filter(|&index| stays(index)).collect();
        let run = |run: &[u32]| {
            let (&first, &last) = (run.first()?, run.last()?);
            let points = self.points.range(first..=last);
            Some(Span {
                label: self.label,
                bbox: self.bbox,
                slices: first..last + 1,
                points: points.map(|(&index, on)| (index, on.clone())).collect(),
            })
        };
        left.chunk_by(|a, b| a + 1 == *b).filter_map(run).collect()
    }
}
