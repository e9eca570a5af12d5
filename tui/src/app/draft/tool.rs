//! What a hand draws with.

use crate::picture::Mark;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::hand::Stroke;
use medicosam_shared::mask::Rle;
use medicosam_shared::paint::{Brush, lasso};

/// Radii of the brush, in millimetres. The first one paints single voxels.
const RADII_MM: [f64; 14] = [
    0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0,
];

/// What a hand draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// Of what kind it is.
    pub kind: Kind,
    /// Which of the radii the brush has.
    radius: usize,
}

/// What kind of tool it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// Boxes and points, for the model.
    #[default]
    Prompts,
    /// A disc that paints, or takes away.
    Brush(Stroke),
    /// A closed line whose inside is painted, or taken away.
    Lasso(Stroke),
}

impl Default for Tool {
    fn default() -> Self {
        Tool {
            kind: Kind::default(),
            // 3 mm.
            radius: 5,
        }
    }
}

impl Tool {
    /// Whether it makes masks without the model.
    pub fn is_by_hand(self) -> bool {
        self.stroke().is_some()
    }

    /// Whether it adds or takes away; `None` if it does neither.
    pub fn stroke(self) -> Option<Stroke> {
        match self.kind {
            Kind::Prompts => None,
            Kind::Brush(stroke) | Kind::Lasso(stroke) => Some(stroke),
        }
    }

    /// The brush, or prompts again.
    pub fn brush(&mut self) {
        self.kind = match self.kind {
            Kind::Brush(Stroke::Add) => Kind::Prompts,
            Kind::Prompts | Kind::Brush(Stroke::Remove) | Kind::Lasso(_) => {
                Kind::Brush(Stroke::Add)
            }
        };
    }

    /// The eraser, or prompts again. A closed line goes on, the other way.
    pub fn eraser(&mut self) {
        self.kind = match self.kind {
            Kind::Brush(Stroke::Remove) => Kind::Prompts,
            Kind::Prompts | Kind::Brush(Stroke::Add) => Kind::Brush(Stroke::Remove),
            Kind::Lasso(stroke) => Kind::Lasso(other(stroke)),
        };
    }

    /// The closed line, or prompts again. It takes away where the eraser did.
    pub fn lasso(&mut self) {
        self.kind = match self.kind {
            Kind::Lasso(_) => Kind::Prompts,
            Kind::Prompts => Kind::Lasso(Stroke::Add),
            Kind::Brush(stroke) => Kind::Lasso(stroke),
        };
    }

    /// A larger brush.
    pub fn larger(&mut self) {
        self.radius = (self.radius + 1).min(RADII_MM.len() - 1);
    }

    /// A smaller brush.
    pub fn smaller(&mut self) {
        self.radius = self.radius.saturating_sub(1);
    }

    /// The radius of the brush in millimetres.
    pub fn radius_mm(self) -> f64 {
        RADII_MM[self.radius]
    }

    /// The pixels of a slice, `spacing` millimetres apart along its columns and rows, that a path goes
    /// over or round; `None` without a tool for that.
    pub fn pixels(self, path: &[(u32, u32)], spacing: [f64; 2], shape: SliceShape) -> Option<Rle> {
        let places = path.iter().map(|&(x, y)| (f64::from(x), f64::from(y)));
        let line: Vec<(f64, f64)> = places.collect();
        let radius_mm = self.radius_mm();
        match self.kind {
            Kind::Prompts => None,
            Kind::Brush(_) => Some(Brush { radius_mm, spacing }.stroke(&line, shape)),
            Kind::Lasso(_) => Some(lasso(&line, shape)),
        }
    }

    /// The brush around a place.
    pub fn outline(self, (x, y): (u32, u32), spacing: [f64; 2]) -> Option<Mark> {
        let parts = |mm: f64| (self.radius_mm() / mm * 256.0).round() as u32;
        match self.kind {
            Kind::Brush(_) => Some(Mark::Brush {
                x,
                y,
                columns: parts(spacing[0]),
                rows: parts(spacing[1]),
            }),
            Kind::Prompts | Kind::Lasso(_) => None,
        }
    }

    /// What it is, in a few words, with its radius in `unit`; `None` for prompts.
    pub fn describe(self, unit: &str) -> Option<String> {
        let radius = self.radius_mm();
        match self.kind {
            Kind::Prompts => None,
            Kind::Brush(Stroke::Add) => Some(format!("brush {radius} {unit}")),
            Kind::Brush(Stroke::Remove) => Some(format!("eraser {radius} {unit}")),
            Kind::Lasso(Stroke::Add) => Some("closed line, adds".to_owned()),
            Kind::Lasso(Stroke::Remove) => Some("closed line, removes".to_owned()),
        }
    }
}

/// The other way: what is added is taken away.
pub fn other(stroke: Stroke) -> Stroke {
    match stroke {
        Stroke::Add => Stroke::Remove,
        Stroke::Remove => Stroke::Add,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_between_tools_and_back_to_prompts() {
        let mut tool = Tool::default();
        tool.brush();
        assert_eq!(tool.kind, Kind::Brush(Stroke::Add));
        tool.lasso();
        tool.eraser();
        assert_eq!(tool.kind, Kind::Lasso(Stroke::Remove));
        tool.lasso();
        assert_eq!(tool.kind, Kind::Prompts);
        tool.eraser();
        tool.eraser();
        assert_eq!(tool.kind, Kind::Prompts);
    }

    #[test]
    fn the_brush_is_as_wide_in_millimetres_whatever_the_voxels_are() {
        let shape = SliceShape {
            width: 40,
            height: 40,
        };
        let mut tool = Tool::default();
        tool.brush();
        let pixels = tool.pixels(&[(20, 20)], [1.0, 2.0], shape).unwrap();
        let bounds = pixels.to_mask(shape).unwrap().bounds().unwrap();
        assert_eq!((bounds.x1 - bounds.x0, bounds.y1 - bounds.y0), (7, 3));
        for _ in 0..20 {
            tool.smaller();
        }
        let pixels = tool.pixels(&[(20, 20)], [1.0, 2.0], shape).unwrap();
        assert_eq!(pixels.area(), 1);
    }
}
