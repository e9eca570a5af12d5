//! A case being looked at.

use super::drafting::Drafting;
use super::edit::Edit;
use super::event::Effect;
use super::slices::Slices;
use super::subject::{Showing, SliceSubject, Subject};
use medicosam_shared::api::DraftChange;
use medicosam_shared::case::{CaseDetail, CaseId, RevisionNumber};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane, SliceShape};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use medicosam_shared::window::{Range, Window};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The slices of a scan as they are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack {
    /// Size of the scan.
    pub dims: Dims,
    /// Voxel to world.
    pub affine: Affine,
    /// The axis that slices are cut across.
    pub axis: Axis,
}

impl Stack {
    /// The slices of a case: cut as its current revision was, or as the scanner did.
    pub fn of(detail: &CaseDetail) -> Option<Stack> {
        let scan = detail.scan.as_ref().filter(|s| s.affine.is_usable())?;
        let axis = detail.current().map(|r| r.provenance.axis);
        Some(Stack {
            dims: scan.dims,
            affine: scan.affine,
            axis: axis.unwrap_or_else(|| scan.affine.acquisition_axis()),
        })
    }

    /// Number of slices.
    pub fn count(&self) -> u32 {
        self.dims.along(self.axis)
    }

    /// Size of a slice.
    pub fn shape(&self) -> SliceShape {
        self.dims.slice_shape(self.axis)
    }

    /// The plane that slices lie in.
    pub fn plane(&self) -> Plane {
        self.affine.plane(self.axis)
    }

    /// How a slice is turned for the screen.
    pub fn orientation(&self) -> Orientation {
        Orientation::of_slice(&self.affine, self.axis)
    }

    /// Millimetres between the columns and the rows of a slice.
    pub fn spacing(&self) -> [f64; 2] {
        let spacing = self.affine.spacing();
        let (columns, rows) = self.axis.in_plane();
        [spacing[columns.index()], spacing[rows.index()]]
    }

    /// World position (mm, RAS+) of a pixel of a slice.
    pub fn world(&self, slice: u32, (x, y): (u32, u32)) -> [f64; 3] {
        self.affine
            .to_world(self.axis.voxel(slice, x, y).map(f64::from))
    }
}

/// Which values are black and white.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WindowChoice {
    /// Those that the model saw.
    #[default]
    Case,
    /// A preset: its name, width and level.
    Preset(&'static str, u16, i16),
}

impl WindowChoice {
    /// The values for a case.
    pub fn range(self, detail: &CaseDetail) -> Range {
        let case = || detail.current().map(|r| r.provenance.range);
        match self {
            WindowChoice::Case => case().unwrap_or(Range::Slice),
            WindowChoice::Preset(_, width, level) => Range::of(Window::Level {
                level: level.into(),
                width: width.into(),
            })
            .unwrap_or(Range::Slice),
        }
    }
}

/// A case being looked at.
#[derive(Debug, Clone)]
pub struct Review {
    /// Which one.
    pub case: CaseId,
    /// What is known of it; `None` until it has come.
    pub detail: Option<CaseDetail>,
    /// Why it cannot be looked at.
    pub failure: Option<String>,
    /// The slice that is looked at.
    pub index: u32,
    /// Whether masks are drawn.
    pub masks_visible: bool,
    /// Which values are black and white.
    pub window: WindowChoice,
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
    masks: Option<(RevisionNumber, Arc<MaskSet>)>,
}

impl Review {
    /// A case of which nothing is known yet.
    pub fn new(case: CaseId) -> Self {
        Review {
            case,
            detail: None,
            failure: None,
            index: 0,
            masks_visible: true,
            window: WindowChoice::default(),
            edit: None,
            drafting: Drafting::default(),
            prompting: false,
            elapsed: None,
            slices: Slices::default(),
            masks: None,
        }
    }

    /// The slices, once the scan is known.
    pub fn stack(&self) -> Option<Stack> {
        Stack::of(self.detail.as_ref()?)
    }

    /// The current revision, once the case has come.
    pub fn revision(&self) -> Option<RevisionNumber> {
        self.detail.as_ref()?.summary.revision
    }

    /// The masks of the current revision, if they are here.
    pub fn masks(&self) -> Option<&Arc<MaskSet>> {
        let (revision, masks) = self.masks.as_ref()?;
        (Some(*revision) == self.revision()).then_some(masks)
    }

    /// Takes in masks of a revision.
    pub fn put_masks(&mut self, revision: RevisionNumber, masks: Arc<MaskSet>) {
        self.masks = Some((revision, masks));
    }

    /// Has one's draft changed.
    pub fn change_draft(&mut self, change: DraftChange) -> Vec<Effect> {
        let Some(revision) = self.revision() else {
            return Vec::new();
        };
        let case = self.case.clone();
        let effects = self.drafting.ask(&case, revision, change);
        self.compose();
        effects
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
        let mut effects = Vec::new();
        if let Some(revision) = self.revision().filter(|_| self.masks().is_none()) {
            effects.push(Effect::LoadMasks {
                case: self.case.clone(),
                revision,
            });
        }
        if first {
            self.index = self.first_look().unwrap_or(0);
        }
        self.slices.try_again();
        effects.extend(self.look(self.index));
        effects
    }

    /// The slice with the largest mask, or the middle one.
    fn first_look(&self) -> Option<u32> {
        let middle = self.stack()?.count() / 2;
        let current = self.detail.as_ref()?.current();
        let scores = current
            .iter()
            .flat_map(|r| &r.provenance.objects)
            .flat_map(|o| &o.slices);
        let largest = scores.max_by_key(|s| (s.area, std::cmp::Reverse(s.index.abs_diff(middle))));
        Some(largest.map_or(middle, |s| s.index))
    }

    /// Looks at slice `index`, or the last one; returns what is needed for it.
    pub fn look(&mut self, index: u32) -> Vec<Effect> {
        let Some(stack) = self.stack() else {
            return Vec::new();
        };
        self.index = index.min(stack.count().saturating_sub(1));
        let wanted = self.slices.look(self.index, stack.count());
        let load = |index| Effect::LoadSlice {
            case: self.case.clone(),
            plane: stack.plane(),
            index,
        };
        wanted.into_iter().map(load).collect()
    }

    /// The slices that have a mask, in order.
    pub fn mask_slices(&self) -> BTreeSet<u32> {
        let objects = self.drawn_masks().into_iter().flat_map(|m| &m.objects);
        objects.flat_map(|o| o.slices.keys().copied()).collect()
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
        let here = self.masks().and_then(|m| {
            let mut objects = m.objects.iter();
            objects.find(|o| o.slices.contains_key(&self.index))
        });
        let first = || self.labels().first().copied();
        here.map(|o| o.label).or_else(first).unwrap_or(Label::MIN)
    }

    /// Where to begin drawing: the middle of the masks on this slice, or of the slice.
    pub fn middle(&self) -> (u32, u32) {
        let shape = self.stack().map(|s| s.shape());
        let centre = shape.map_or((0, 0), |s| (s.width / 2, s.height / 2));
        let rles = self
            .masks()
            .into_iter()
            .flat_map(|m| m.objects.iter().filter_map(|o| o.slices.get(&self.index)));
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

    /// What the picture shows.
    pub fn subject(&self) -> Subject {
        let (Some(detail), Some(stack)) = (&self.detail, self.stack()) else {
            return Subject::Nothing;
        };
        let Some(slice) = self.slices.get(self.index) else {
            let failed = self.slices.failure(self.index).is_some();
            return if failed {
                Subject::Nothing
            } else {
                Subject::Same
            };
        };
        if slice.shape != stack.shape() {
            return Subject::Nothing;
        }
        let masks = self.drawn_masks().filter(|_| self.masks_visible);
        let of_draft = self.edit.is_some() && self.drafting.masks().is_some();
        let marks = self
            .edit
            .as_ref()
            .map(|e| e.marks(self.drafting.drawn(e.label, self.index)));
        Subject::Slice(Box::new(SliceSubject {
            showing: Showing {
                case: self.case.clone(),
                index: self.index,
                // A draft is not what can be decided on.
                revision: masks.filter(|_| !of_draft).and(self.revision()),
                draft: (of_draft && self.masks_visible).then_some(self.drafting.generation),
            },
            marks: marks.unwrap_or_default(),
            range: self.window.range(detail),
            orientation: stack.orientation(),
            spacing: stack.spacing(),
            slice: slice.clone(),
            masks: masks.cloned(),
        }))
    }
}
