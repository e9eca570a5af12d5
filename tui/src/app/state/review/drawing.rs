//! Where and for which object prompts are drawn.

use super::Review;
use super::display::Compared;
use super::layout::Layout;
use super::mode::Mode;
use super::stack::Stack;
use crate::app::draft::drafting::Drafting;
use crate::app::draft::edit::Edit;
use crate::app::draft::known::Known;
use crate::app::event::Effect;
use medicosam_shared::draft::{DraftChange, DraftRefusal};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::Label;
use std::sync::Arc;

impl Review {
    /// Begins to draw, on one slice in the masks' own plane; for the object that was drawn for before.
    pub fn begin_drawing(&mut self) -> Vec<Effect> {
        self.display.compared = Compared::Not;
        let effects = self.go_where_drawn();
        let labels = self.labels();
        let before = self.drawn_for.filter(|label| labels.contains(label));
        let label = before.unwrap_or_else(|| self.nearest_label());
        self.mode = Mode::Edit(Edit::new(self.middle(), label));
        effects
    }

    /// Ends drawing. What was drawn stays in the draft.
    pub fn end_drawing(&mut self) {
        if let Some(edit) = std::mem::take(&mut self.mode).edit() {
            self.drawn_for = Some(edit.label);
        }
    }

    /// Shows one slice in the masks' own plane, the one through the current voxel: prompts are drawn
    /// there.
    pub fn go_where_drawn(&mut self) -> Vec<Effect> {
        self.layout = Layout::One;
        self.look_across(None)
    }

    /// Whether prompts are drawn on what is seen: while they are drawn, other planes and several slices
    /// can be looked at, too.
    pub fn draws(&self) -> bool {
        self.mode.is_edit() && self.layout == Layout::One && self.is_own_plane()
    }

    /// Does something about the reviewer's draft that depends on the case.
    pub fn with_draft<T>(&mut self, work: impl FnOnce(&mut Drafting, Known<'_>) -> T) -> T {
        let masks: Vec<_> = self
            .masks
            .iter()
            .map(|(number, masks)| (*number, Arc::clone(&masks.set)))
            .collect();
        let known = Known {
            case: &self.case,
            detail: self.detail.as_ref(),
            masks: &masks,
        };
        work(&mut self.drafting, known)
    }

    /// Has the reviewer's draft changed, unless that is refused.
    pub fn change_draft(&mut self, change: DraftChange) -> Result<Vec<Effect>, DraftRefusal> {
        let effects = self.with_draft(|drafting, known| drafting.ask(known, change))?;
        self.compose();
        Ok(effects)
    }

    /// The masks that are drawn: while prompts are changed, with what the draft changes.
    pub fn drawn_masks(&self) -> Option<&Arc<MaskSet>> {
        let draft = self.drafting.masks().filter(|_| self.mode.is_edit());
        draft.or_else(|| self.masks())
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
}
