//! All prompts of one scan.

use super::error::PromptsError;
use super::object::ObjectPrompts;
use super::origin::Origin;
use super::place::VoxelBox;
use crate::config::Limits;
use crate::segment::propagation::Span;
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt, VolumeBox};
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::PromptSource;
use std::collections::{BTreeMap, BTreeSet};

/// All prompts of one scan, in its voxels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompts {
    /// By object, in the order of the profile; then those that only the label map has.
    pub objects: Vec<ObjectPrompts>,
    /// Masks to start from, on some of the slices outside spans.
    pub starts: BTreeMap<Place, SliceMask>,
    /// The files beside the scan that they come from.
    pub sources: Vec<PromptSource>,
    /// How boxes become masks on all slices of their object.
    pub propagation: Propagation,
}

impl Prompts {
    /// The prompts of a person's 3-D boxes in a scan that is sliced across `axis`.
    pub fn of_boxes(boxes: &[VolumeBox], axis: Axis, propagation: Propagation) -> Self {
        let mut objects: BTreeMap<Label, ObjectPrompts> = BTreeMap::new();
        for bbox in boxes {
            let object = objects.entry(bbox.label);
            let object = object.or_insert_with(|| ObjectPrompts::new(bbox.label, String::new()));
            let VolumeBox { min, max, .. } = *bbox;
            object.add_box(&VoxelBox { min, max }, axis);
        }
        let mut objects: Vec<ObjectPrompts> = objects.into_values().collect();
        if propagation == Propagation::Interpolate {
            objects.iter_mut().for_each(ObjectPrompts::fill_between);
        }
        Prompts {
            objects,
            propagation,
            ..Prompts::default()
        }
    }

    /// The names of all objects, those without prompts too.
    pub fn names(&self) -> BTreeMap<Label, String> {
        let objects = self.objects.iter();
        objects.map(|o| (o.label, o.name.clone())).collect()
    }

    /// Whether nothing is asked, and no file beside the scan says so.
    pub fn is_from_nowhere(&self) -> bool {
        self.sources.is_empty() && self.starts.is_empty() && self.by_slice().is_empty()
    }

    /// Checks how much is asked, before any of it costs anything.
    pub fn check_amount(&self, profile: &str, limits: &Limits) -> Result<(), PromptsError> {
        let too_much = |what, key, limit: usize| PromptsError::TooMuch {
            origin: match self.sources.first() {
                Some(source) => Origin::Sidecar((&source.path).into()),
                None => Origin::Profile(profile.to_owned()),
            },
            what,
            key,
            limit: limit as u64,
        };
        let asked: usize = self.objects.iter().map(ObjectPrompts::slice_count).sum();
        if asked > limits.prompts {
            let what = format!("{asked} masks, counted by object and slice");
            return Err(too_much(what, "prompts", limits.prompts));
        }
        for object in &self.objects {
            if let Some((index, points)) = object.most_points()
                && points > limits.points
            {
                let label = object.label;
                let what = format!("object {label} has {points} points on slice {index}");
                return Err(too_much(what, "points", limits.points));
            }
        }
        Ok(())
    }

    /// The rule that makes masks on slices without a box of their own; `None` if there are none.
    pub fn rule(&self) -> Option<Propagation> {
        let mut objects = self.objects.iter();
        let is_used = objects.any(|o| !o.spans.is_empty() || !o.between.is_empty());
        is_used.then_some(self.propagation)
    }

    /// The 3-D boxes.
    pub fn spans(&self) -> Vec<Span> {
        let spans = self.objects.iter().flat_map(|object| &object.spans);
        spans.cloned().collect()
    }

    /// The prompts on slices outside the spans.
    pub fn slices(&self) -> Vec<SlicePrompt> {
        let slices = self.objects.iter().flat_map(|o| o.slices.values());
        slices.cloned().collect()
    }

    /// What is asked on each slice, spans included: object by object, slice by slice.
    pub fn by_slice(&self) -> Vec<SlicePrompt> {
        let objects = self.objects.iter();
        objects.flat_map(ObjectPrompts::by_slice).collect()
    }

    /// The same without what is asked at these places, which a person has segmented.
    #[must_use]
    pub fn without(mut self, places: &BTreeSet<Place>) -> Self {
        let objects = self.objects.into_iter();
        self.objects = objects.map(|object| object.without(places)).collect();
        self.starts.retain(|place, _| !places.contains(place));
        self
    }
}
