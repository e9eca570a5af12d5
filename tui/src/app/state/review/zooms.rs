//! The magnifications of one slice and of a mosaic.

use super::layout::Layout;
use super::stack::Stack;
use super::zoom::Zoom;
use std::ops::Range;

/// The magnifications: tiles of a mosaic are small, so they have one of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zooms {
    slices: Zoom,
    mosaic: Zoom,
}

impl Default for Zooms {
    fn default() -> Self {
        Zooms {
            slices: Zoom::default(),
            mosaic: Zoom::to_fit(),
        }
    }
}

impl Zooms {
    /// That of a layout.
    pub fn of(&self, layout: Layout) -> &Zoom {
        match layout {
            Layout::One | Layout::Three => &self.slices,
            Layout::Mosaic => &self.mosaic,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, layout: Layout) -> &mut Zoom {
        match layout {
            Layout::One | Layout::Three => &mut self.slices,
            Layout::Mosaic => &mut self.mosaic,
        }
    }

    /// Fits those that follow the masks.
    pub fn follow(&mut self, stack: &Stack, extent: [Range<u32>; 3]) {
        for zoom in [&mut self.slices, &mut self.mosaic] {
            if zoom.is_fitted() {
                zoom.fit(stack, extent.clone());
            }
        }
    }

    /// What is kept for another case: whether each follows the masks.
    #[must_use]
    pub fn kept(&self) -> Zooms {
        let kept = |zoom: Zoom| match zoom.is_fitted() {
            true => Zoom::to_fit(),
            false => Zoom::default(),
        };
        Zooms {
            slices: kept(self.slices),
            mosaic: kept(self.mosaic),
        }
    }
}
