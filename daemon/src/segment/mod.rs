//! Masks and scores of a case, slice by slice.

mod components;
pub mod correction;
mod overlap;
pub mod propagation;
mod quality;
mod tidy;

pub use components::components;
pub use overlap::OverlapError;
pub use quality::{Cohort, MOVED_BOXES, Sight, Surroundings, assess, by_sight, second_look, sight};

use medicosam_shared::geometry::{Affine, Axis, Dims};
use medicosam_shared::mask::{MaskSet, Rle, RleTooLong};
use medicosam_shared::mask_rules::{MaskRules, Overlap};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::{ObjectResult, SliceScore};
use propagation::Answer;
use std::collections::{BTreeMap, BTreeSet};

/// A revision in the making.
#[derive(Debug, Clone)]
pub struct Segmentation {
    masks: MaskSet,
    scores: BTreeMap<Label, BTreeMap<u32, SliceScore>>,
    losses: overlap::Losses,
}

impl Segmentation {
    /// Nothing segmented yet.
    pub fn empty(dims: Dims, axis: Axis) -> Self {
        Segmentation {
            masks: MaskSet::empty(dims, axis),
            scores: BTreeMap::new(),
            losses: overlap::Losses::default(),
        }
    }

    /// The masks of an earlier revision, to be changed in places.
    pub fn continuing(masks: MaskSet, objects: &[ObjectResult]) -> Self {
        let by_index = |object: &ObjectResult| {
            let slices = object.slices.iter().map(|score| (score.index, *score));
            (object.label, slices.collect())
        };
        Segmentation {
            masks,
            scores: objects.iter().map(by_index).collect(),
            losses: overlap::Losses::default(),
        }
    }

    /// Name of an object that is known, or one made of its label.
    pub fn name(&self, label: Label) -> String {
        self.masks
            .object(label)
            .map_or_else(|| format!("object {label}"), |object| object.name.clone())
    }

    /// Replaces the object's mask on the slice by an answer.
    pub fn put(&mut self, label: Label, name: &str, index: u32, answer: impl Into<Answer>) {
        let answer = answer.into();
        let score = SliceScore {
            index,
            area: answer.mask.area(),
            predicted_iou: answer.predicted_iou,
            stability: answer.stability,
            agreement: answer.agreement,
            steadiness: answer.steadiness,
        };
        self.masks.set_runs(label, name, index, answer.mask);
        self.scores.entry(label).or_default().insert(index, score);
    }

    /// Replaces the object's mask on a slice by one that no model made, or not now; `score` is that of
    /// the model that made what lies under it.
    pub fn place(&mut self, place: Place, name: &str, mask: Rle, score: Option<SliceScore>) {
        let Place { label, index } = place;
        let area = mask.area();
        self.masks.set_runs(label, name, index, mask);
        let scores = self.scores.entry(label).or_default();
        match score {
            Some(score) => scores.insert(
                index,
                SliceScore {
                    index,
                    area,
                    ..score
                },
            ),
            None => scores.remove(&index),
        };
    }

    /// The score of an object's mask on a slice, if it has one.
    pub fn score(&self, place: Place) -> Option<SliceScore> {
        self.scores.get(&place.label)?.get(&place.index).copied()
    }

    /// Makes an object known that has no mask yet, so that a person can prompt it.
    pub fn declare(&mut self, label: Label, name: &str) {
        if self.masks.object(label).is_none() {
            // A mask without pixels on no slice in particular.
            self.masks.set_runs(label, name, 0, Rle::default());
        }
    }

    /// Replaces an object's mask on a slice by that of an earlier result.
    pub fn take_over(&mut self, earlier: &Segmentation, place: Place) {
        let Place { label, index } = place;
        let Some(object) = earlier.masks.object(label) else {
            return;
        };
        let runs = object.slices.get(&index).cloned().unwrap_or_default();
        self.masks.set_runs(label, &object.name, index, runs);
        let scores = self.scores.entry(label).or_default();
        let earlier = earlier.scores.get(&label);
        match earlier.and_then(|scores| scores.get(&index)) {
            Some(score) => scores.insert(index, *score),
            None => scores.remove(&index),
        };
    }

    /// Places of an object that have a mask or a score.
    pub fn places(&self, label: Label) -> BTreeSet<Place> {
        let object = self.masks.object(label);
        let masks = object.into_iter().flat_map(|object| object.slices.keys());
        let scores = self.scores.get(&label);
        let scores = scores.into_iter().flat_map(BTreeMap::keys);
        let indices = masks.chain(scores);
        indices.map(|&index| Place::new(label, index)).collect()
    }

    /// Tidies the mask of an object.
    pub fn tidy(
        &mut self,
        label: Label,
        rules: &MaskRules,
        affine: &Affine,
    ) -> Result<(), RleTooLong> {
        let of_slices = (
            self.masks.axis,
            self.masks.dims.slice_shape(self.masks.axis),
        );
        let Some(object) = self.masks.objects.iter_mut().find(|o| o.label == label) else {
            return Ok(());
        };
        object.slices = tidy::tidy(object, rules, of_slices, affine)?;
        self.measure_again();
        Ok(())
    }

    /// Decides about voxels that two objects claim; see [`overlap::settle`].
    pub fn settle_overlaps(
        &mut self,
        policy: Overlap,
        changed: &[Place],
        fixed: &BTreeSet<Place>,
    ) -> Result<(), OverlapError> {
        let scores = &self.scores;
        let score = |place: Place| scores.get(&place.label)?.get(&place.index).copied();
        let losses = overlap::settle(&mut self.masks, policy, changed, fixed, score)?;
        self.losses.join(losses);
        self.measure_again();
        Ok(())
    }

    /// Settles what is left of overlaps, as the label map shows them: the higher label has the voxel. An
    /// earlier revision may have some on slices that are left as they are. Volumes are those of the file then.
    pub fn settle_as_shown(&mut self) -> Result<(), OverlapError> {
        let labels = self.masks.objects.iter().map(|object| object.label);
        let all: Vec<Place> = labels.flat_map(|label| self.places(label)).collect();
        self.settle_overlaps(Overlap::HigherLabel, &all, &BTreeSet::new())
    }

    /// A sentence for each object that lost many of its voxels to another one.
    pub fn losses(&self) -> Vec<String> {
        self.losses.sentences(&self.masks)
    }

    /// Brings the areas of the scores up to date.
    fn measure_again(&mut self) {
        for (label, scores) in &mut self.scores {
            let object = self.masks.object(*label);
            for (index, score) in scores {
                let runs = object.and_then(|object| object.slices.get(index));
                score.area = runs.map_or(0, Rle::area);
            }
        }
    }

    /// The masks.
    pub fn masks(&self) -> &MaskSet {
        &self.masks
    }

    /// The masks, at the end.
    pub fn into_masks(self) -> MaskSet {
        self.masks
    }

    /// Sizes and scores of all objects, by label. `volume_ml` is the volume of so many voxels.
    pub fn results(&self, volume_ml: impl Fn(u64) -> Option<f64>) -> Vec<ObjectResult> {
        self.masks
            .objects
            .iter()
            .map(|object| {
                let voxels = object.voxels();
                let scores = self.scores.get(&object.label);
                ObjectResult {
                    label: object.label,
                    name: object.name.clone(),
                    voxels,
                    volume_ml: volume_ml(voxels),
                    slices: scores.map_or_else(Vec::new, |s| s.values().copied().collect()),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::propagation::testing::segmented;
    use super::*;
    use crate::model::Segmented;
    use medicosam_shared::geometry::SliceShape;
    use medicosam_shared::mask::SliceMask;

    fn answer(shape: SliceShape, area: u32, predicted_iou: f32) -> Segmented {
        let mask = SliceMask::from_fn(shape, |x, y| y * shape.width + x < area);
        segmented(mask, predicted_iou)
    }

    #[test]
    fn objects_have_volumes_and_unchanged_slices_stay() {
        let dims = Dims([10, 10, 4]);
        let shape = dims.slice_shape(Axis::K);
        let label = Label::new(3).unwrap();
        let volume_ml = |voxels: u64| Some(voxels as f64 / 100.0);

        let mut first = Segmentation::empty(dims, Axis::K);
        first.put(label, "cyst", 1, &answer(shape, 30, 0.8));
        first.put(label, "cyst", 2, &answer(shape, 20, 0.6));
        let results = first.results(volume_ml);
        assert_eq!((results[0].voxels, results[0].volume_ml), (50, Some(0.5)));
        let mean = results[0].predicted_iou().unwrap();
        assert!((mean - 0.7).abs() < 1e-6, "{mean}");

        let mut second = Segmentation::continuing(first.into_masks(), &results);
        assert_eq!(second.name(label), "cyst");
        let answer = answer(shape, 40, 1.0);
        second.put(label, &second.name(label), 2, &answer);
        let results = second.results(volume_ml);
        assert_eq!(results[0].voxels, 70);
        assert_eq!(results[0].slices[0].predicted_iou, 0.8, "slice 1 as it was");
        assert_eq!(results[0].slices[1].area, 40);
    }
}
