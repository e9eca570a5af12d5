//! A case being looked at.

pub mod ahead;
pub mod count;
pub mod coverage;
pub mod grip;
pub mod look;
pub mod seen;
pub mod slices;
pub mod stack;
pub mod subject;
pub mod tiles;
pub mod window;
pub mod zoom;

use crate::app::draft::drafting::Drafting;
use crate::app::draft::edit::Edit;
use crate::app::draft::known::Known;
use crate::app::event::Effect;
use crate::masks::Measures;
use crate::picture::{Form, Opacity, Region};
use medicosam_shared::case::{CaseDetail, CaseId, Revision, RevisionNumber};
use medicosam_shared::draft::{DraftChange, DraftRefusal};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::SliceScore;
use slices::{SliceId, Slices};
use stack::Stack;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use subject::Layout;
use window::{Limits, WindowChoice};
use zoom::Zoom;

/// Slices asked for ahead, on either side.
const AHEAD: u32 = 3;

/// Most slices in a mosaic.
const TILES: usize = 24;

/// A case being looked at.
#[derive(Debug, Clone)]
pub struct Review {
    /// Which one.
    pub case: CaseId,
    /// What is known of it; `None` until it has come.
    pub detail: Option<CaseDetail>,
    /// Why it cannot be looked at.
    pub failure: Option<String>,
    /// The axis that slices are cut across; `None`: the masks' axis.
    axis: Option<Axis>,
    /// The voxel that is looked at: its slices are those that are seen.
    pub at: [u32; 3],
    /// Whether that voxel is pointed at.
    pub pointing: bool,
    /// The reviewer has not chosen a voxel yet.
    untouched: bool,
    /// How many slices are seen at once.
    pub layout: Layout,
    /// How closely.
    pub zoom: Zoom,
    /// Whether masks are drawn.
    pub masks_visible: bool,
    /// How.
    pub form: Form,
    /// How much of a filled mask is its colour.
    pub opacity: Opacity,
    /// What is drawn of the revision before.
    pub compared: Compared,
    /// Which values are black and white.
    pub window: WindowChoice,
    /// The other way round.
    pub inverted: bool,
    /// Keys change the window.
    pub adjusting: bool,
    /// A number being typed before a key.
    pub count: Option<count::Count>,
    /// A mouse button that is held on the picture.
    pub grip: Option<grip::Grip>,
    /// Prompts being drawn.
    pub edit: Option<Edit>,
    /// One's draft.
    pub drafting: Drafting,
    /// A revision is being made of the draft.
    pub prompting: bool,
    /// How long the last prompt took.
    pub elapsed: Option<Duration>,
    /// Slices at hand.
    pub slices: Slices,
    masks: BTreeMap<RevisionNumber, Measured>,
}

/// What is drawn of the revision before the current one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compared {
    /// Nothing.
    #[default]
    Not,
    /// Its masks, in place of those of the current one.
    Before,
    /// What was added and what was removed since.
    Changes,
}

/// Masks of a revision, and what was found out about them.
#[derive(Debug, Clone)]
struct Measured {
    set: Arc<MaskSet>,
    measures: Vec<Measures>,
}

impl Review {
    /// A case of which nothing is known yet.
    pub fn new(case: CaseId) -> Self {
        Review {
            case,
            detail: None,
            failure: None,
            axis: None,
            at: [0; 3],
            pointing: false,
            untouched: true,
            layout: Layout::default(),
            zoom: Zoom::default(),
            masks_visible: true,
            form: Form::default(),
            opacity: Opacity::default(),
            compared: Compared::default(),
            window: WindowChoice::default(),
            inverted: false,
            adjusting: false,
            count: None,
            grip: None,
            edit: None,
            drafting: Drafting::default(),
            prompting: false,
            elapsed: None,
            slices: Slices::default(),
            masks: BTreeMap::new(),
        }
    }

    /// The slices in the plane that is looked at, once the scan is known.
    pub fn stack(&self) -> Option<Stack> {
        let stack = Stack::of(self.detail.as_ref()?)?;
        Some(stack.across(self.axis.unwrap_or(stack.axis)))
    }

    /// The slice that is looked at, counted along the stack.
    pub fn index(&self) -> u32 {
        self.stack().map_or(0, |s| self.at[s.axis.index()])
    }

    /// The slice that is looked at; `None` while the scan is not known.
    pub fn slice(&self) -> Option<SliceId> {
        let axis = self.stack()?.axis;
        Some(self.slice_across(axis))
    }

    /// The slice across `axis` that the voxel that is looked at lies on.
    pub fn slice_across(&self, axis: Axis) -> SliceId {
        SliceId {
            axis,
            index: self.at[axis.index()],
        }
    }

    /// The current revision, once the case has come.
    pub fn revision(&self) -> Option<RevisionNumber> {
        self.detail.as_ref()?.summary.revision
    }

    /// The revision that the current one changed.
    pub fn before(&self) -> Option<RevisionNumber> {
        self.detail.as_ref()?.current()?.parent
    }

    /// The masks of the current revision, if they are here.
    pub fn masks(&self) -> Option<&Arc<MaskSet>> {
        Some(&self.masks.get(&self.revision()?)?.set)
    }

    /// The masks of the revision before, if they are here.
    pub fn masks_before(&self) -> Option<&Arc<MaskSet>> {
        Some(&self.masks.get(&self.before()?)?.set)
    }

    /// What was found out about the masks of the current revision.
    pub fn measures(&self) -> &[Measures] {
        let current = self.revision().and_then(|n| self.masks.get(&n));
        current.map_or(&[], |m| &m.measures)
    }

    /// Takes in masks of a revision; [`Review::load`] says what else is needed now.
    pub fn put_masks(&mut self, revision: RevisionNumber, set: Arc<MaskSet>) {
        let objects = set.objects.iter();
        let measures = objects.map(|o| Measures::of(&set, o)).collect();
        self.masks.insert(revision, Measured { set, measures });
        self.point_at_mask();
    }

    /// Until the reviewer chooses another voxel the one in the middle of the mask is looked at, so
    /// that all planes show something of it.
    fn point_at_mask(&mut self) {
        let Some(stack) = self.detail.as_ref().and_then(Stack::of) else {
            return;
        };
        if self.untouched && self.masks().is_some() {
            let (x, y) = self.middle();
            self.at = stack.axis.voxel(self.at[stack.axis.index()], x, y);
        }
    }

    /// Reads the case and one's draft.
    pub fn read(&mut self) -> Vec<Effect> {
        let mut effects = vec![Effect::LoadCase(self.case.clone())];
        effects.extend(self.with_draft(Drafting::load));
        effects
    }

    /// Does something about one's draft that depends on the case.
    pub fn with_draft<T>(&mut self, work: impl FnOnce(&mut Drafting, Known<'_>) -> T) -> T {
        let known = Known {
            case: &self.case,
            detail: self.detail.as_ref(),
        };
        work(&mut self.drafting, known)
    }

    /// Has one's draft changed.
    pub fn change_draft(&mut self, change: DraftChange) -> Result<Vec<Effect>, DraftRefusal> {
        let effects = self.with_draft(|drafting, known| drafting.ask(known, change))?;
        self.compose();
        Ok(effects)
    }

    /// Puts what the draft changes on top of the masks of the revision.
    pub fn compose(&mut self) {
        let base = self.masks().cloned();
        self.drafting.compose(base.as_ref());
    }

    /// The masks that are drawn: while prompts are changed, with what the draft changes.
    pub fn drawn_masks(&self) -> Option<&Arc<MaskSet>> {
        let draft = self.edit.as_ref().and_then(|_| self.drafting.masks());
        draft.or_else(|| self.masks())
    }

    /// Takes in what is known of the case, and returns what else is needed. The first time, the
    /// slice with the largest mask is looked at.
    pub fn put_detail(&mut self, detail: CaseDetail) -> Vec<Effect> {
        if let Some(known) = &self.detail
            && known.summary.updated > detail.summary.updated
        {
            // Answers may overtake one another.
            return Vec::new();
        }
        let first = self.detail.is_none();
        self.failure = None;
        self.detail = Some(detail);
        let (now, before) = (self.revision(), self.before());
        self.masks
            .retain(|n, _| Some(*n) == now || Some(*n) == before);
        if before.is_none() {
            self.compared = Compared::Not;
        }
        let mut effects = Vec::new();
        if let Some(revision) = now.filter(|_| self.masks().is_none()) {
            effects.push(self.load_masks(revision));
        }
        effects.extend(self.load_before());
        if first && let Some(stack) = self.stack() {
            self.at = stack.dims.0.map(|n| n / 2);
            self.at[stack.axis.index()] = self.first_look(&stack);
            self.point_at_mask();
        }
        self.slices.try_again();
        effects.extend(self.load());
        effects
    }

    fn load_masks(&self, revision: RevisionNumber) -> Effect {
        Effect::LoadMasks {
            case: self.case.clone(),
            revision,
        }
    }

    /// Asks for the masks of the revision before, if they are compared with and not here.
    pub fn load_before(&self) -> Option<Effect> {
        let wanted = self.compared != Compared::Not && self.masks_before().is_none();
        Some(self.load_masks(self.before().filter(|_| wanted)?))
    }

    /// The slice with the largest mask, or the middle one.
    fn first_look(&self, stack: &Stack) -> u32 {
        let middle = stack.count() / 2;
        let largest = self
            .scores()
            .max_by_key(|s| (s.area, std::cmp::Reverse(s.index.abs_diff(middle))));
        largest.map_or(middle, |s| s.index)
    }

    fn current(&self) -> Option<&Revision> {
        self.detail.as_ref()?.current()
    }

    /// The scores of all objects on all slices.
    fn scores(&self) -> impl Iterator<Item = &SliceScore> {
        let objects = self.current().into_iter();
        objects
            .flat_map(|r| &r.provenance.objects)
            .flat_map(|o| &o.slices)
    }

    /// Looks at slice `index`, or the last one; returns what is needed for it.
    pub fn look(&mut self, index: u32) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let mut at = self.at;
        at[stack.axis.index()] = index;
        self.look_at(at)
    }

    /// The slice that is looked at in the plane that the masks are cut in.
    pub fn own_index(&self) -> u32 {
        let own = self.detail.as_ref().and_then(Stack::of);
        own.map_or(0, |stack| self.at[stack.axis.index()])
    }

    /// Looks at slice `index` in the plane that the masks are cut in.
    pub fn look_own(&mut self, index: u32) -> Vec<Effect> {
        self.axis = None;
        if self.layout == Layout::Mosaic {
            self.layout = Layout::One;
        }
        self.look(index)
    }

    /// Looks at a voxel, or the nearest one that there is; returns what is needed for it.
    pub fn look_at(&mut self, voxel: [u32; 3]) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        self.untouched = false;
        self.at = stack.nearest(voxel);
        self.load()
    }

    /// Looks at the slices across another axis; `None`: the one that the masks are cut across.
    pub fn look_across(&mut self, axis: Option<Axis>) -> Vec<Effect> {
        self.axis = axis;
        self.load()
    }

    /// What is needed for what is looked at, the most urgent first.
    pub fn load(&mut self) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let now = self.seen();
        let index = self.index();
        let around =
            (1..=AHEAD).flat_map(|step| [index.checked_add(step), index.checked_sub(step)]);
        let soon: Vec<SliceId> = around
            .flatten()
            .filter(|n| *n < stack.count() && self.layout != Layout::Mosaic)
            .map(|index| SliceId {
                axis: stack.axis,
                index,
            })
            .collect();
        let wanted = self.slices.look(&now, &soon);
        let load = |slice: SliceId| Effect::LoadSlice {
            case: self.case.clone(),
            plane: stack.affine.plane(slice.axis),
            index: slice.index,
        };
        wanted.into_iter().map(load).collect()
    }

    /// The slices that are seen, the one that is looked at first.
    pub fn seen(&self) -> Vec<SliceId> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        match self.layout {
            Layout::One => vec![self.slice_across(stack.axis)],
            Layout::Three => {
                let mut axes = Axis::ALL.to_vec();
                axes.sort_by_key(|axis| (*axis != stack.axis, *axis));
                axes.into_iter().map(|a| self.slice_across(a)).collect()
            }
            Layout::Mosaic => {
                let tile = |index| SliceId {
                    axis: stack.axis,
                    index,
                };
                self.tiles().into_iter().map(tile).collect()
            }
        }
    }

    /// The slices of a mosaic: evenly spaced from just before the masks to just behind them, or
    /// through the whole scan where there is no mask.
    pub fn tiles(&self) -> Vec<u32> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        let extents = self.measures().iter();
        let extents = extents.filter_map(|m| m.extent(stack.axis));
        let hull = extents.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
        let range = hull.map_or(0..stack.count(), |e| {
            e.start.saturating_sub(1)..(e.end + 1).min(stack.count())
        });
        let most = Slices::room(stack.shape()).clamp(1, TILES);
        let step = range.len().div_ceil(most).max(1);
        range.step_by(step).collect()
    }

    /// The tile of a mosaic that is selected: the one nearest to the slice that is looked at.
    pub fn tile(&self) -> Option<u32> {
        let index = self.index();
        let tiles = self.tiles().into_iter();
        tiles.min_by_key(|tile| tile.abs_diff(index))
    }

    /// The slices in the plane that is looked at that have a mask, in order.
    pub fn mask_slices(&self) -> BTreeSet<u32> {
        let Some(axis) = self.stack().map(|stack| stack.axis) else {
            return BTreeSet::new();
        };
        // Those of the draft nothing has measured yet.
        let drawn = self.drawn_masks().filter(|masks| masks.axis == axis);
        let Some(drawn) = drawn.filter(|_| self.edit.is_some()) else {
            return self.masked_across(axis);
        };
        let slices = drawn.objects.iter().flat_map(|object| &object.slices);
        slices
            .filter(|(_, runs)| runs.area() > 0)
            .map(|(index, _)| *index)
            .collect()
    }

    /// The slices across an axis that have a mask, in order.
    pub fn masked_across(&self, axis: Axis) -> BTreeSet<u32> {
        let areas = self.measures().iter().map(|m| m.areas(axis));
        areas
            .flat_map(|areas| (0..).zip(areas).filter(|(_, area)| **area > 0))
            .map(|(index, _)| index)
            .collect()
    }

    /// The slices that the model is unsure about, in order; scores are given for slices of the
    /// masks' own plane.
    pub fn low_slices(&self) -> BTreeSet<u32> {
        self.scores()
            .filter(|score| is_low(score))
            .map(|score| score.index)
            .collect()
    }

    /// Whether the model is unsure about a slice.
    pub fn is_low(&self, slice: SliceId) -> bool {
        let own = self.current().map(|r| r.provenance.axis);
        let mut here = self.scores().filter(|score| score.index == slice.index);
        own == Some(slice.axis) && here.any(is_low)
    }

    /// Shows the masks, each with a little around it, as large as possible. Says whether there are
    /// any.
    pub fn fit_masks(&mut self) -> bool {
        let Some(stack) = self.stack() else {
            return false;
        };
        let extents = self.measures().iter().filter_map(|m| {
            let [i, j, k] = Axis::ALL.map(|axis| m.extent(axis));
            Some([i?, j?, k?])
        });
        let hull = zoom::hull(extents);
        if let Some(extent) = hull.clone() {
            self.zoom.fit(&stack, extent);
        }
        hull.is_some()
    }

    /// The objects of the case.
    pub fn labels(&self) -> Vec<Label> {
        let masks = self.masks();
        let mut labels: Vec<Label> = masks
            .into_iter()
            .flat_map(|m| m.objects.iter().map(|o| o.label))
            .collect();
        labels.extend(self.drafting.objects().into_keys());
        if labels.is_empty() {
            labels.push(Label::MIN);
        }
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// The object to begin drawing for: the first that is on this slice, or the first of all.
    pub fn nearest_label(&self) -> Label {
        let index = self.index();
        let here = self.masks().and_then(|m| {
            let mut objects = m.objects.iter();
            objects.find(|o| o.slices.contains_key(&index))
        });
        let first = || self.labels().first().copied();
        here.map(|o| o.label).or_else(first).unwrap_or(Label::MIN)
    }

    /// Where to begin drawing, on the slice that the masks are cut along: the middle of the masks
    /// there, or of the slice.
    pub fn middle(&self) -> (u32, u32) {
        let stack = self.detail.as_ref().and_then(Stack::of);
        let shape = stack.map(|s| s.shape());
        let index = stack.map_or(0, |s| self.at[s.axis.index()]);
        let centre = shape.map_or((0, 0), |s| (s.width / 2, s.height / 2));
        let rles = self
            .masks()
            .into_iter()
            .flat_map(|m| m.objects.iter().filter_map(|o| o.slices.get(&index)));
        let width = u64::from(shape.map_or(1, |s| s.width.max(1)));
        let (mut x, mut y, mut area) = (0u64, 0u64, 0u64);
        for (start, length) in rles.flat_map(|r| r.object_runs()) {
            // A run may go over several rows; its middle is close enough.
            let at = start + length / 2;
            x += (at % width) * length;
            y += (at / width) * length;
            area += length;
        }
        match (x.checked_div(area), y.checked_div(area)) {
            (Some(x), Some(y)) => (x as u32, y as u32),
            _ => centre,
        }
    }

    /// The part of the slice that is looked at that is seen.
    pub fn region(&self) -> Option<Region> {
        Some(self.region_of(&self.stack()?))
    }

    /// The part of a slice that is seen. While prompts are drawn it holds the cursor.
    fn region_of(&self, stack: &Stack) -> Region {
        let region = self.zoom.region(stack);
        match &self.edit {
            Some(edit) => zoom::with(region, stack, edit.cursor),
            None => region,
        }
    }

    /// The values of black and white, if the slice that is looked at has any.
    pub fn limits(&self) -> Option<Limits> {
        let values = self.slice().and_then(|slice| self.slices.get(slice));
        let values = values.map_or(&[][..], |slice| &slice.values);
        self.window.limits(self.detail.as_ref()?, values)
    }

    /// Value of the voxel that is looked at, if its slice is here.
    pub fn value(&self) -> Option<f32> {
        let stack = self.stack()?;
        let slice = self.slices.get(self.slice()?)?;
        let (x, y) = stack.pixel(self.at);
        let at = y as usize * slice.shape.width as usize + x as usize;
        slice.values.get(at).copied()
    }
}

/// Whether the model itself is unsure of a mask: it expects a poor overlap with the truth, or the
/// mask changes where the threshold is moved a little.
pub fn is_low(score: &SliceScore) -> bool {
    score.predicted_iou < LOW_IOU || score.stability < LOW_STABILITY
}

/// Predicted IoU below which a slice deserves a look.
pub const LOW_IOU: f32 = 0.7;

/// Stability below which it does.
pub const LOW_STABILITY: f32 = 0.8;
