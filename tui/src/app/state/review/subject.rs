//! What the picture on the screen shows.

use super::layout::Layout;
use super::overlay::{ByName, Overlay, masks_on};
use super::slices::SliceId;
use super::tiles::{Tile, Tiles};
use crate::picture::arrange::{self, Caption, Frames, Spot};
use crate::picture::{
    Canvas, Form, Indexed, Mark, Opacity, Palette, Region, Resample, Scene, Size, compose,
};
use medicosam_shared::api::SliceValues;
use medicosam_shared::case::{CaseId, RevisionNumber};
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::window::Range;

/// What is on the screen where the picture belongs.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// No picture.
    Nothing,
    /// The picture that is there already: its successor is on its way.
    Same,
    /// A slice, or several.
    Slice(Box<SliceSubject>),
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
    /// Reference masks, dashed, by the hash of their label map.
    pub reference: Option<(String, ByName<MaskSet>)>,
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
    /// The visible part of it.
    pub region: Region,
    /// How it is turned.
    pub orientation: Orientation,
    /// Millimetres between its columns and its rows.
    pub spacing: [f64; 2],
    /// What is drawn on it.
    pub marks: Vec<Mark>,
    /// What its frames say, among others.
    pub frames: Frames,
    /// Its values.
    pub values: ByName<SliceValues>,
    /// These are but a reduced form of them.
    pub reduced: bool,
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
    /// The state of the reviewer's draft that is drawn instead, if one is.
    pub draft: Option<u64>,
    /// Those of the slices whose masks cannot be judged there: too small, or cut off.
    pub illegible: Vec<SliceId>,
    /// There is a picture; without one, nobody sees anything.
    pub has_picture: bool,
}

impl Showing {
    /// Whether any masks are drawn.
    pub fn has_masks(&self) -> bool {
        self.revision.is_some() || self.draft.is_some()
    }

    /// The slices whose masks can be judged.
    pub fn legible(&self) -> impl Iterator<Item = SliceId> {
        let slices = self.slices.iter().copied();
        slices.filter(|slice| !self.illegible.contains(slice))
    }

    /// The same without a picture.
    pub fn unpictured(&self) -> Self {
        Showing {
            illegible: self.slices.clone(),
            has_picture: false,
            ..self.clone()
        }
    }
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
    /// In a picture of several slices, those in `tiles` are not drawn again, and new ones are put
    /// there.
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
            reduced: pane.reduced,
            region: pane.region,
            orientation: pane.orientation,
            marks: pane.marks.clone(),
            range: self.range,
            inverted: self.inverted,
            overlay: self.overlay.clone(),
            reference: self.reference.clone(),
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
                arrange::place(&mut picture, spot, &drawn, caption, pane.frames);
            }
        }
        Some(picture)
    }

    /// Where each of the panes is in a picture, `size` pixels large, of pixels that are
    /// `pixel_aspect` times as high as wide; `None` for those that have no room.
    pub fn spots(&self, size: Size, pixel_aspect: f64) -> Vec<Option<Spot>> {
        let room = match self.layout {
            Layout::One => return vec![Some(Spot { x: 0, y: 0, size }); self.panes.len()],
            Layout::Three => {
                let mut aspects = [1.0; 3];
                for (aspect, pane) in aspects.iter_mut().zip(&self.panes) {
                    *aspect = pane.aspect(pixel_aspect);
                }
                arrange::one_and_two(size, aspects).to_vec()
            }
            Layout::Mosaic => {
                let aspect = self.panes.first().map_or(1.0, |p| p.aspect(pixel_aspect));
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

    /// The caption of a pane beside others.
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
        let reference = self.reference.as_ref();
        let references = reference.map(|(_, ByName(set))| masks_on(set, pane.slice));
        let scene = Scene {
            shape: pane.values.0.shape,
            values: &pane.values.0.values,
            colours: pane.values.0.colours.as_deref(),
            range: self.range,
            inverted: self.inverted,
            orientation: pane.orientation,
            region: pane.region,
            masks: &masks,
            references: references.as_deref().unwrap_or_default(),
            numbered: self.overlay.has_several_objects(),
            form: self.form,
            marks: &pane.marks,
            resample,
        };
        compose(&scene, size, palette)
    }
}

impl Pane {
    /// Width by height of what is seen of it, in pixels that are `pixel_aspect` times as high as wide.
    fn aspect(&self, pixel_aspect: f64) -> f64 {
        let (width, height) = self.extent();
        width / height * pixel_aspect
    }

    /// Width and height in millimetres of what is seen of it.
    fn extent(&self) -> (f64, f64) {
        crate::picture::compose::extent(self.region, self.spacing, self.orientation)
    }
}
