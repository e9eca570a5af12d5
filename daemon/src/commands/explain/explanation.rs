//! What would happen to a scan, as it is printed.

use crate::config::Root;
use crate::plan::{Arrival, First, PassedOver};
use crate::segment::propagation::Span;
use medicosam_shared::geometry::{Axis, Plane};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::prompt::{SliceBox, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{PromptSource, ScanInfo};
use medicosam_shared::understands::Understands;
use medicosam_shared::window::{Range, Window};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What would happen to a scan.
#[derive(Debug, Serialize)]
pub(super) struct Explanation<'a> {
    pub path: PathBuf,
    /// The scan's number among the volumes of a 4-D file, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// All volumes of a 4-D file that are scans; `frame` is the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<u64>,
    pub root: &'a Path,
    pub scan: ScanInfo,
    /// Profiles that were tried before the one that matches.
    pub passed_over: Vec<PassedOver<'a>>,
    pub profile: &'a str,
    pub model: &'a str,
    /// What the model was trained on, if that is known.
    pub understands: Option<Understands>,
    pub axis: Axis,
    pub plane: Plane,
    pub window: Window,
    pub range: Range,
    pub masks: MaskRules,
    /// How 3-D boxes become masks, if there are any.
    pub propagation: Option<Propagation>,
    /// Files beside the scan that prompts come from.
    pub sources: Vec<PromptSource>,
    /// All objects, those without prompts too.
    pub objects: Vec<KnownObject>,
    /// The 3-D boxes.
    pub boxes: Vec<Box3d>,
    /// Slices whose boxes were made of those on other slices.
    pub interpolated: Vec<Interpolated>,
    /// What is asked on each slice, those of 3-D boxes included, in the slice's pixels.
    pub prompts: Vec<SlicePrompt>,
    /// Slices that are embedded.
    pub slices: BTreeSet<u32>,
    /// What a person should know beforehand.
    pub notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct KnownObject {
    pub label: u16,
    pub name: String,
}

/// The slices of an object whose boxes were made of those on other slices.
#[derive(Debug, Serialize)]
pub(super) struct Interpolated {
    pub label: u16,
    pub slices: BTreeSet<u32>,
}

/// A 3-D box: the same rectangle on slices `first` to `last`.
#[derive(Debug, Serialize)]
pub(super) struct Box3d {
    pub label: u16,
    #[serde(rename = "box")]
    pub bbox: SliceBox,
    pub first: u32,
    pub last: u32,
}

impl From<&Span> for Box3d {
    fn from(span: &Span) -> Self {
        Box3d {
            label: span.label.get(),
            bbox: span.bbox,
            first: span.slices.start,
            last: span.slices.end.saturating_sub(1),
        }
    }
}

impl<'a> Explanation<'a> {
    /// Puts a plan and the range of its window into words and numbers.
    pub fn new(root: &'a Root, arrival: Arrival<'a>, first: First<'a>, range: Range) -> Self {
        let notes = first.notes();
        let (source, segmenting) = (first.source, first.segmenting);
        let volumes = arrival.scans().filter_map(|s| s.source.frame_number());
        let prompts = segmenting.prompts.by_slice();
        let objects = segmenting.prompts.objects.iter();
        Explanation {
            path: source.place().to_owned(),
            frame: source.frame_number(),
            volumes: volumes.collect(),
            root: &root.path,
            passed_over: arrival.passed_over,
            profile: &first.profile.name,
            model: &first.profile.model,
            understands: first.understands,
            axis: segmenting.axis,
            plane: first.info.affine.plane(segmenting.axis),
            window: segmenting.window,
            range,
            masks: segmenting.masks,
            propagation: segmenting.propagation,
            interpolated: objects
                .clone()
                .filter(|object| !object.between.is_empty())
                .map(|object| Interpolated {
                    label: object.label.get(),
                    slices: object.between.clone(),
                })
                .collect(),
            objects: objects
                .clone()
                .map(|object| KnownObject {
                    label: object.label.get(),
                    name: object.name.clone(),
                })
                .collect(),
            boxes: objects.flat_map(|o| &o.spans).map(Box3d::from).collect(),
            slices: prompts.iter().map(|prompt| prompt.index).collect(),
            prompts,
            sources: segmenting.prompts.sources,
            scan: first.info,
            notes,
        }
    }
}
