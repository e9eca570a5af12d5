//! The prompts that made the masks.

use super::Review;
use super::display::Compared;
use super::slices::SliceId;
use crate::picture::Mark;
use medicosam_shared::case::{Revision, RevisionNumber};
use medicosam_shared::prompt::{Label, SlicePrompt};
use std::collections::BTreeSet;

impl Review {
    /// Whether the prompts that made the masks are drawn.
    pub fn are_prompts_shown(&self) -> bool {
        match self.mode.is_edit() {
            true => self.display.prompts_in_edit,
            false => self.display.prompts_in_look,
        }
    }

    /// Draws the prompts that made the masks, or no longer.
    pub fn toggle_prompts(&mut self) {
        let shown = !self.are_prompts_shown();
        match self.mode.is_edit() {
            true => self.display.prompts_in_edit = shown,
            false => self.display.prompts_in_look = shown,
        }
    }

    /// What is drawn on a slice of the prompts that made its masks.
    pub(super) fn prompt_marks(&self, slice: SliceId) -> Vec<Mark> {
        if !self.are_prompts_shown() {
            return Vec::new();
        }
        let prompts = self.asked_on(slice).into_iter();
        prompts
            .flat_map(|prompt| {
                let label = prompt.label;
                let bbox = prompt.bbox.map(|bbox| Mark::AskedBox(label, bbox));
                let points = prompt.points.iter();
                let points = points.map(move |point| Mark::AskedPoint(label, *point));
                bbox.into_iter().chain(points)
            })
            .collect()
    }

    /// The prompts that made the masks on a slice, of each object the latest. A revision names its own
    /// prompts only; what it left as it was comes of those before it.
    pub fn asked_on(&self, slice: SliceId) -> Vec<&SlicePrompt> {
        let mut found: Vec<&SlicePrompt> = Vec::new();
        for revision in self.ancestors() {
            let made = &revision.provenance;
            let here = made.prompts.iter().filter(|p| p.index == slice.index);
            for prompt in here.filter(|_| made.axis == slice.axis) {
                if found.iter().all(|later| later.label != prompt.label) {
                    found.push(prompt);
                }
            }
        }
        found
    }

    /// The slice in the middle of the prompts for an object.
    pub(super) fn middle_asked(&self, label: Label) -> Option<u32> {
        let prompts = self.ancestors().flat_map(|r| &r.provenance.prompts);
        let slices = prompts.filter(|p| p.label == label).map(|p| p.index);
        let slices: BTreeSet<u32> = slices.collect();
        slices.iter().nth(slices.len() / 2).copied()
    }

    /// The revision whose masks are drawn, and those that it changed.
    fn ancestors(&self) -> impl Iterator<Item = &Revision> {
        let number = match self.display.compared {
            Compared::Before => self.before(),
            Compared::Not | Compared::Changes => self.revision(),
        };
        let find = |number: Option<RevisionNumber>| {
            let revisions = &self.detail.as_ref()?.revisions;
            revisions.iter().find(|r| Some(r.number) == number)
        };
        // A parent has a lower number, so this ends.
        std::iter::successors(find(number), move |newer| {
            find(newer.parent).filter(|parent| parent.number < newer.number)
        })
    }
}
