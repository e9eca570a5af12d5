//! The picture of a case: which slices, with which masks and marks.

use super::display::Compared;
use super::layout::Layout;
use super::overlay::{ByName, Overlay};
use super::slices::SliceId;
use super::stack::Stack;
use super::subject::{Pane, Showing, SliceSubject, Subject};
use super::{Chosen, Review, zoom};
use crate::picture::arrange::Frames;
use crate::picture::{Form, Mark, Region};
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::mask::MaskSet;
use std::sync::Arc;

impl Review {
    /// What the picture shows.
    pub fn subject(&self) -> Subject {
        let (Some(detail), Some(stack)) = (&self.detail, self.stack()) else {
            return Subject::Nothing;
        };
        let mut panes = Vec::new();
        for slice in self.seen() {
            match self.pane(stack.across(slice.axis), slice) {
                Some(pane) => panes.push(pane),
                // What could not be read stays black beside others.
                None if self.slices.failure(slice).is_some() => {}
                None if self.slices.get(slice).is_some() => return Subject::Nothing,
                None => return Subject::Same,
            }
        }
        if panes.is_empty() {
            return Subject::Nothing;
        }
        let overlay = self.overlay();
        Subject::Slice(Box::new(SliceSubject {
            showing: Showing {
                case: self.case.clone(),
                slices: panes.iter().map(|pane| pane.slice).collect(),
                revision: overlay.revision(),
                draft: overlay.draft(),
                illegible: Vec::new(),
                has_picture: true,
            },
            layout: self.layout,
            panes,
            range: self.display.window.range(detail),
            inverted: self.display.inverted,
            // Two outlines that cross each other say little.
            form: match overlay {
                Overlay::Changes { .. } => Form::Filled,
                Overlay::Masks(..) | Overlay::Draft(..) | Overlay::Nothing => self.display.form,
            },
            overlay,
            reference: self.reference_drawn(),
            opacity: self.display.opacity,
        }))
    }

    /// A slice as it is drawn; `None` if it is not here, or not a slice of this scan.
    fn pane(&self, stack: Stack, slice: SliceId) -> Option<Pane> {
        let values = self.slices.get(slice)?;
        if values.shape != stack.shape() {
            return None;
        }
        let region = self.region_of(&stack);
        let (x, y) = stack.pixel(self.at);
        let mut marks = self.prompt_marks(slice);
        match self.layout {
            Layout::One => {
                if let Some(edit) = self.mode.edit().filter(|_| self.draws()) {
                    let drawn = self.drafting.drawn(edit.label, slice.index);
                    marks.extend(edit.marks(drawn, stack.spacing()));
                } else if self.chosen == Chosen::Pointed {
                    marks.push(Mark::Cursor { x, y });
                }
            }
            Layout::Three => marks.push(Mark::CrossHair { x, y }),
            Layout::Mosaic => {}
        }
        let selected = match self.layout {
            Layout::One => false,
            Layout::Three => self.slice() == Some(slice),
            Layout::Mosaic => self.tile() == Some(slice.index),
        };
        let frames = Frames {
            selected,
            low: self.layout == Layout::Mosaic && (self.is_low(slice) || self.is_older(slice)),
        };
        Some(Pane {
            slice,
            region,
            orientation: stack.orientation(),
            spacing: stack.spacing(),
            marks,
            frames,
            values: ByName(values.clone()),
            reduced: self.slices.is_reduced(slice),
        })
    }

    fn reference_drawn(&self) -> Option<(String, ByName<MaskSet>)> {
        let (reference, masks) = self.reference().filter(|_| self.display.masks_visible)?;
        Some((reference.sha256.clone(), ByName(masks.clone())))
    }

    fn overlay(&self) -> Overlay {
        let now = self.revision().zip(self.masks());
        let before = self.before().zip(self.masks_before());
        let named =
            |(revision, set): (RevisionNumber, &Arc<MaskSet>)| (revision, ByName(set.clone()));
        if !self.display.masks_visible {
            return Overlay::Nothing;
        }
        if let Some(masks) = self.drafting.masks().filter(|_| self.mode.is_edit()) {
            return Overlay::Draft(self.drafting.generation, ByName(masks.clone()));
        }
        match (self.display.compared, now, before) {
            (Compared::Before, _, Some(before)) => {
                let (revision, set) = named(before);
                Overlay::Masks(revision, set)
            }
            (Compared::Changes, Some(now), Some(before)) => Overlay::Changes {
                now: named(now),
                before: named(before),
            },
            (_, Some(now), _) => {
                let (revision, set) = named(now);
                Overlay::Masks(revision, set)
            }
            (_, None, _) => Overlay::Nothing,
        }
    }

    /// The visible part of the current slice.
    pub fn region(&self) -> Option<Region> {
        Some(self.region_of(&self.stack()?))
    }

    /// The visible part of a slice. While prompts are drawn it holds the cursor.
    fn region_of(&self, stack: &Stack) -> Region {
        let region = self.zoom().region(stack);
        match self.mode.edit().filter(|_| self.draws()) {
            Some(edit) => zoom::with(region, stack, edit.cursor),
            None => region,
        }
    }
}
