//! What the picture on the screen shows.

use super::slices::SliceId;
use super::stack::Stack;
use super::tiles::{Tile, Tiles};
use super::{Compared, Review};
use crate::masks::{changes, cut};
use crate::picture::arrange::{self, Caption, Frame, Spot};
use crate::picture::{
    Canvas, Form, Indexed, Ink, Mark, Opacity, Palette, Region, Resample, Scene, Size, compose,
};
use medicosam_shared::api::SliceValues;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::window::Range;
use std::sync::Arc;

/// What is on the screen where the picture belongs.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// No picture.
    Nothing,
    /// Whatever is there already: what belongs there is on its way.
    Same,
    /// A slice, or several.
    Slice(Box<SliceSubject>),
}

/// How many slices are seen at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One.
    #[default]
    One,
    /// One in each plane, through the same voxel.
    Three,
    /// Many of one plane.
    Mosaic,
}

/// Slices with masks and marks, as one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceSubject {
    /// What it is.
    pub showing: Showing,
    /// How the slices are arranged.
    pub layout: Layout,
    /// The slices, the one that is looked at first if there are three.
    pub panes: Vec<Pane>,
    /// Which values are black and white.
    pub range: Range,
    /// The other way round.
    pub inverted: bool,
    /// What is drawn of the masks.
    pub overlay: Overlay,
    /// How.
    pub form: Form,
    /// How much of a filled mask is its colour.
    pub opacity: Opacity,
}

/// One slice of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Pane {
    /// Which one.
    pub slice: SliceId,
    /// The part of it that is seen.
    pub region: Region,
    /// How it is turned.
    pub orientation: Orientation,
    /// Millimetres between its columns and its rows.
    pub spacing: [f64; 2],
    /// What is drawn on it.
    pub marks: Vec<Mark>,
    /// What its frame says, among others.
    pub frame: Option<Frame>,
    /// Its values.
    pub values: ByName<SliceValues>,
}

/// What is drawn of the masks.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// Nothing.
    Nothing,
    /// The masks of a revision.
    Masks(RevisionNumber, ByName<MaskSet>),
    /// Those of a state of one's draft.
    Draft(u64, ByName<MaskSet>),
    /// What the first has and the second has not, and the other way round.
    Changes {
        /// The newer revision.
        now: (RevisionNumber, ByName<MaskSet>),
        /// The older one.
        before: (RevisionNumber, ByName<MaskSet>),
    },
}

/// Something that never changes under the name that stands beside it, so that comparing names is
/// enough.
#[derive(Debug, Clone)]
pub struct ByName<T>(pub Arc<T>);

impl<T> PartialEq for ByName<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Which slices of which case are shown with which masks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Showing {
    /// The case.
    pub case: CaseId,
    /// The slices: the one that is looked at, all three planes, or all tiles of a mosaic.
    pub slices: Vec<SliceId>,
    /// The revision whose masks are drawn; `None` if none are.
    pub revision: Option<RevisionNumber>,
    /// Which state of one's draft is drawn instead; `None` if none is.
    pub draft: Option<u64>,
}

impl SliceSubject {
    /// The size of the largest picture that fits; `None` if there is no room.
    pub fn fit(&self, canvas: &Canvas) -> Option<Size> {
        match (self.layout, &self.panes[..]) {
            (Layout::One, [pane, ..]) => {
                let (width, height) = pane.extent();
                canvas.fit(width, height)
            }
            (Layout::One, []) => None,
            (Layout::Three | Layout::Mosaic, _) => {
                let Size { width, height } = canvas.size;
                let height = height / canvas.band * canvas.band;
                (width > 0 && height > 0).then_some(Size { width, height })
            }
        }
    }

    /// The picture, `size` pixels large, of pixels that are `pixel_aspect` times as high as wide.
    /// Slices among others that are in `tiles` already are not drawn again; those that are drawn
    /// are put there.
    pub fn compose(
        &self,
        size: Size,
        pixel_aspect: f64,
        palette: Palette,
        resample: Resample,
        tiles: &Tiles,
    ) -> Option<Indexed> {
        let palette = match self.form {
            Form::Outline => palette,
            Form::Filled => palette.tinted(self.opacity),
        };
        if let (Layout::One, [pane]) = (self.layout, &self.panes[..]) {
            return self.pane(pane, size, palette, resample);
        }
        let placed = self.panes.iter().zip(self.spots(size, pixel_aspect));
        let placed: Vec<_> = placed
            .filter_map(|(pane, spot)| Some((pane, spot?)))
            .collect();
        let wanted = placed.iter().map(|&(pane, spot)| Tile {
            case: self.showing.case.clone(),
            slice: pane.slice,
            region: pane.region,
            orientation: pane.orientation,
            marks: pane.marks.clone(),
            range: self.range,
            inverted: self.inverted,
            overlay: self.overlay.clone(),
            form: self.form,
            size: spot.size,
            palette,
            resample,
        });
        let drawn = tiles.take(wanted.collect(), |at| {
            let (pane, spot) = placed[at];
            self.pane(pane, spot.size, palette, resample)
        });
        let mut picture = Indexed::from_fn(size, palette, |_, _| 0);
        for (&(pane, spot), drawn) in placed.iter().zip(drawn) {
            if let Some(drawn) = drawn {
                let caption = self.caption(pane);
                arrange::place(&mut picture, spot, &drawn, caption, pane.frame);
            }
        }
        Some(picture)
    }

    /// Where each of the panes is in a picture, `size` pixels large, of pixels that are
    /// `pixel_aspect` times as high as wide; `None` for those that have no room.
    pub fn spots(&self, size: Size, pixel_aspect: f64) -> Vec<Option<Spot>> {
        let room = match self.layout {
            Layout::One => return vec![Some(Spot { x: 0, y: 0, size }); self.panes.len()],
            Layout::Three => arrange::one_and_two(size).to_vec(),
            Layout::Mosaic => {
                let aspect = self.panes.first().map_or(1.0, |pane| {
                    let (width, height) = pane.extent();
                    width / height * pixel_aspect
                });
                arrange::grid(size, self.panes.len() as u32, aspect)
            }
        };
        let spots = self.panes.iter().zip(room).map(|(pane, room)| {
            let canvas = Canvas {
                size: room.size,
                pixel_aspect,
                band: 1,
            };
            let (width, height) = pane.extent();
            Some(room.middle(canvas.fit(width, height)?))
        });
        spots.collect()
    }

    /// What is written into a pane among others.
    fn caption(&self, pane: &Pane) -> Caption {
        match self.layout {
            Layout::Mosaic => Caption::Number(pane.slice.index),
            Layout::One | Layout::Three => Caption::Sides {
                top: pane.orientation.top,
                left: pane.orientation.left,
                right: pane.orientation.right,
            },
        }
    }

    fn pane(
        &self,
        pane: &Pane,
        size: Size,
        palette: Palette,
        resample: Resample,
    ) -> Option<Indexed> {
        let masks = self.overlay.on(pane.slice);
        let scene = Scene {
            shape: pane.values.0.shape,
            values: &pane.values.0.values,
            range: self.range,
            inverted: self.inverted,
            orientation: pane.orientation,
            region: pane.region,
            masks: &masks,
            form: self.form,
            marks: &pane.marks,
            resample,
        };
        compose(&scene, size, palette)
    }
}

impl Pane {
    /// Width and height in millimetres of what is seen of it.
    fn extent(&self) -> (f64, f64) {
        crate::picture::compose::extent(self.region, self.spacing, self.orientation)
    }
}

impl Overlay {
    /// The newer revision that is drawn.
    fn revision(&self) -> Option<RevisionNumber> {
        match self {
            // A draft is not what can be decided on.
            Overlay::Nothing | Overlay::Draft(..) => None,
            Overlay::Masks(revision, _) => Some(*revision),
            Overlay::Changes { now, .. } => Some(now.0),
        }
    }

    /// The state of a draft that is drawn.
    fn draft(&self) -> Option<u64> {
        match self {
            Overlay::Draft(generation, _) => Some(*generation),
            _ => None,
        }
    }

    /// The masks on a slice of any plane, with their colours.
    fn on(&self, SliceId { axis, index }: SliceId) -> Vec<(Ink, SliceMask)> {
        match self {
            Overlay::Nothing => Vec::new(),
            Overlay::Masks(_, ByName(set)) | Overlay::Draft(_, ByName(set)) => {
                let masks = set.objects.iter().filter_map(|object| {
                    let mask = cut(set, object, axis, index)?;
                    Some((Ink::Mask(object.label), mask))
                });
                masks.collect()
            }
            Overlay::Changes {
                now: (_, ByName(now)),
                before: (_, ByName(before)),
            } => {
                let labels: std::collections::BTreeSet<_> = [now, before]
                    .into_iter()
                    .flat_map(|set| &set.objects)
                    .map(|o| o.label)
                    .collect();
                let mask = |set: &MaskSet, label| cut(set, set.object(label)?, axis, index);
                let changes = labels.into_iter().filter_map(|label| {
                    let (now, before) = (mask(now, label), mask(before, label));
                    changes(now.as_ref(), before.as_ref())
                });
                changes
                    .flat_map(|(added, removed)| [(Ink::Added, added), (Ink::Removed, removed)])
                    .collect()
            }
        }
    }
}

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
            },
            layout: self.layout,
            panes,
            range: self.window.range(detail),
            inverted: self.inverted,
            // Two outlines that cross each other say little.
            form: match overlay {
                Overlay::Changes { .. } => Form::Filled,
                Overlay::Masks(..) | Overlay::Draft(..) | Overlay::Nothing => self.form,
            },
            overlay,
            opacity: self.opacity,
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
        let mut marks = Vec::new();
        match self.layout {
            Layout::One => {
                if let Some(edit) = &self.edit {
                    marks = edit.marks(self.drafting.drawn(edit.label, slice.index));
                } else if self.pointing {
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
        let low = self.layout == Layout::Mosaic && self.is_low(slice);
        let frame = if selected {
            Some(Frame::Selected)
        } else {
            low.then_some(Frame::Low)
        };
        Some(Pane {
            slice,
            region,
            orientation: stack.orientation(),
            spacing: stack.spacing(),
            marks,
            frame,
            values: ByName(values.clone()),
        })
    }

    fn overlay(&self) -> Overlay {
        let now = self.revision().zip(self.masks());
        let before = self.before().zip(self.masks_before());
        let named =
            |(revision, set): (RevisionNumber, &Arc<MaskSet>)| (revision, ByName(set.clone()));
        if !self.masks_visible {
            return Overlay::Nothing;
        }
        if let Some(masks) = self.drafting.masks().filter(|_| self.edit.is_some()) {
            return Overlay::Draft(self.drafting.generation, ByName(masks.clone()));
        }
        match (self.compared, now, before) {
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
}
