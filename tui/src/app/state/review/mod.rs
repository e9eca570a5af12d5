//! The open case.

mod carried;
pub mod count;
pub mod coverage;
pub mod display;
mod drawing;
pub mod grip;
pub mod habits;
pub mod layout;
mod legible;
mod loading;
pub mod mode;
mod mosaic;
mod moving;
pub mod overlay;
mod picture;
mod prompts;
pub mod reference;
pub mod scores;
pub mod seen;
pub mod slices;
pub mod stack;
pub mod subject;
pub mod tiles;
pub mod window;
pub mod zoom;
pub mod zooms;

use super::last_place::OpenPlace;
use crate::app::draft::drafting::Drafting;
use crate::masks::Measures;
use crate::term::{Key, KeyCode};
use carried::DraftSeen;
use count::Count;
use display::{Compared, Display};
use grip::Grip;
use jiff::Timestamp;
use layout::Layout;
use medicosam_shared::case::{CaseDetail, CaseId, Revision, RevisionNumber};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::place::Label;
use medicosam_shared::provenance::ScanInfo;
use mode::Mode;
use reference::References;
use slices::{SliceId, Slices};
use stack::Stack;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use window::Limits;
use zoom::Zoom;
use zooms::Zooms;

/// The open case.
#[derive(Debug, Clone)]
pub struct Review {
    /// The case.
    pub case: CaseId,
    /// What is known of it; `None` until it has come.
    pub detail: Option<CaseDetail>,
    /// Why it cannot be looked at.
    pub failure: Option<String>,
    /// The axis that slices are cut across; `None`: the masks' axis.
    axis: Option<Axis>,
    /// The current voxel. The slices through it are seen.
    pub at: [u32; 3],
    /// Who chose that voxel.
    pub chosen: Chosen,
    /// How many slices are seen at once.
    pub layout: Layout,
    /// The magnifications, and the part of a slice that is seen.
    pub zooms: Zooms,
    /// How slices and masks are shown.
    pub display: Display,
    /// The page of the panel, if it has several; counted on beyond the last one, and below 0.
    pub panel_page: i64,
    /// What keys do.
    pub mode: Mode,
    /// A number being typed before a key.
    pub count: Option<Count>,
    /// A mouse button that is held on the picture.
    pub grip: Option<Grip>,
    /// The reviewer's own draft.
    pub drafting: Drafting,
    /// Since when a picture with masks of the case is on the screen.
    pub shown_since: Option<Timestamp>,
    /// The object that was drawn for last.
    pub drawn_for: Option<Label>,
    /// Slices of the draft that were seen.
    pub draft_seen: DraftSeen,
    /// A revision is being made of the draft.
    pub prompting: bool,
    /// That revision is to be approved when it is here.
    pub then_approve: bool,
    /// How long the last prompt took.
    pub elapsed: Option<Duration>,
    /// Where the reviewer was when the client ended, until the case has come.
    last_place: Option<OpenPlace>,
    /// Slices asked for ahead of need, on either side.
    ahead: u32,
    /// Slices at hand.
    pub slices: Slices,
    masks: BTreeMap<RevisionNumber, Measured>,
    references: References,
}

/// Who chose the current voxel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Chosen {
    /// Nobody yet. It follows the masks.
    #[default]
    Automatically,
    /// The reviewer, along with a slice or a plane.
    WithSlice,
    /// The reviewer, who points at it.
    Pointed,
}

/// Masks of a revision, and their measures.
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
            chosen: Chosen::default(),
            layout: Layout::default(),
            zooms: Zooms::default(),
            display: Display::default(),
            panel_page: 0,
            mode: Mode::default(),
            count: None,
            grip: None,
            drafting: Drafting::default(),
            shown_since: None,
            drawn_for: None,
            draft_seen: DraftSeen::default(),
            prompting: false,
            then_approve: false,
            elapsed: None,
            last_place: None,
            ahead: loading::AHEAD,
            slices: Slices::default(),
            masks: BTreeMap::new(),
            references: References::default(),
        }
    }

    /// A case of which one slice is shown, and nothing else is needed.
    pub fn preview(case: CaseId) -> Self {
        Review {
            ahead: 0,
            ..Review::new(case)
        }
    }

    /// A case where the reviewer was when the client ended.
    pub fn resumed(place: OpenPlace) -> Self {
        let mut review = Review::new(place.case.clone());
        review.layout = place.layout;
        review.display.form = place.form;
        review.last_place = Some(place);
        review
    }

    /// Where the reviewer is.
    pub fn place(&self) -> OpenPlace {
        OpenPlace {
            case: self.case.clone(),
            revision: self.revision(),
            at: self.at,
            axis: self.axis,
            layout: self.layout,
            form: self.display.form,
        }
    }

    /// The magnification of the current layout.
    pub fn zoom(&self) -> &Zoom {
        self.zooms.of(self.layout)
    }

    /// The same, to be changed.
    pub fn zoom_mut(&mut self) -> &mut Zoom {
        self.zooms.of_mut(self.layout)
    }

    /// The scan, if it is a picture: one slice, whose pixels lie nowhere in the world.
    pub fn picture(&self) -> Option<&ScanInfo> {
        let scan = self.detail.as_ref()?.scan.as_ref()?;
        scan.picture.then_some(scan)
    }

    /// Whether it is a picture.
    pub fn is_picture(&self) -> bool {
        self.picture().is_some()
    }

    /// Whether the current slice has colours.
    pub fn is_coloured(&self) -> bool {
        let slice = self.slice().and_then(|slice| self.slices.get(slice));
        slice.is_some_and(|slice| slice.colours.is_some())
    }

    /// The slices of the current plane, once the scan is known.
    pub fn stack(&self) -> Option<Stack> {
        let stack = Stack::of(self.detail.as_ref()?)?;
        Some(stack.across(self.axis.unwrap_or(stack.axis)))
    }

    /// The current slice, counted along the stack.
    pub fn index(&self) -> u32 {
        self.stack().map_or(0, |s| self.at[s.axis.index()])
    }

    /// The current slice; `None` while the scan is not known.
    pub fn slice(&self) -> Option<SliceId> {
        let axis = self.stack()?.axis;
        Some(self.slice_across(axis))
    }

    /// The slice across `axis` that the current voxel lies on.
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

    fn current(&self) -> Option<&Revision> {
        self.detail.as_ref()?.current()
    }

    /// The values of black and white, if the current slice has any.
    pub fn limits(&self) -> Option<Limits> {
        let values = self.slice().and_then(|slice| self.slices.get(slice));
        let values = values.map_or(&[][..], |slice| &slice.values);
        self.display.window.limits(self.detail.as_ref()?, values)
    }

    /// Value of the current voxel, if its slice is here.
    pub fn value(&self) -> Option<f32> {
        let stack = self.stack()?;
        let slice = self.slices.whole(self.slice()?)?;
        let (x, y) = stack.pixel(self.at);
        let at = y as usize * slice.shape.width as usize + x as usize;
        slice.values.get(at).copied()
    }

    /// Takes a key into the number being typed, if it is a digit.
    pub fn type_digit(&mut self, key: Key, now: Timestamp) {
        let Some(digit) = count::digit(key) else {
            return;
        };
        let more = self.count.and_then(|count| count.and(digit, now));
        let first = || Count::begin(digit, now, self.display.window);
        self.count = Some(more.unwrap_or_else(first));
    }

    /// Takes the number that was typed before a key, of two digits or more.
    pub fn take_count(&mut self) -> Option<u32> {
        let count = self.count.take()?;
        self.use_count(count, count.number())
    }

    /// Takes the number that was typed just before a key, which may have one digit.
    pub fn take_any_count(&mut self, now: Timestamp) -> Option<u32> {
        let count = self.count.take()?;
        self.use_count(count, count.any_number(now))
    }

    fn use_count(&mut self, count: Count, number: Option<u32>) -> Option<u32> {
        if number.is_some() {
            self.display.window = count.window();
        }
        number
    }

    /// A key that is no digit ends the number, whether it took it or not.
    pub fn end_count(&mut self, key: Key) {
        if !matches!(key.code, KeyCode::Char('0'..='9')) {
            self.count = None;
        }
    }

    /// Steps back out of a number, a mode, a layout or a comparison. Returns whether there was any.
    pub fn step_back(&mut self) -> bool {
        if self.take_count().is_some() {
            return true;
        }
        if self.mode.is_adjusting() {
            self.mode.toggle_adjusting();
        } else if self.layout == Layout::Mosaic {
            self.layout = Layout::One;
        } else if self.display.compared != Compared::Not {
            self.display.compared = Compared::Not;
        } else {
            return false;
        }
        true
    }
}
