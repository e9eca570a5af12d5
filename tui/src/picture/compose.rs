//! A slice with its masks and marks as a picture.

use super::scale::{Resample, resample};
use super::{Indexed, Ink, Mark, Palette, Size, contour, marks};
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::prompt::Label;
use medicosam_shared::window::Range;

/// What a picture shows.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Size of the slice in voxels.
    pub shape: SliceShape,
    /// Its values in file order, x fastest; as many as `shape` says.
    pub values: &'a [f32],
    /// Which of them are black and white.
    pub range: Range,
    /// How it is turned for the screen.
    pub orientation: Orientation,
    /// Millimetres between voxels along the slice's columns (x) and rows (y), file order.
    pub spacing: [f64; 2],
    /// Masks to outline; later ones are painted over earlier ones.
    pub masks: &'a [(Label, SliceMask)],
    /// What is drawn on top.
    pub marks: &'a [Mark],
    /// How pixels between voxels get their grey.
    pub resample: Resample,
}

/// The room that a picture has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canvas {
    /// Its size in pixels.
    pub size: Size,
    /// Height of one pixel divided by its width: 1 for sixel, about 1 for half-blocks.
    pub pixel_aspect: f64,
    /// A picture's height is a multiple of this: 6 for sixel, 2 for half-blocks.
    pub band: u32,
}

impl Canvas {
    /// The size of the largest picture of a slice of `width` × `height` millimetres that fits, in
    /// its true proportions; `None` if there is no room for one band.
    pub fn fit(&self, width: f64, height: f64) -> Option<Size> {
        let aspect = width / height * self.pixel_aspect;
        if !(aspect.is_finite() && aspect > 0.0) || self.size.width == 0 {
            return None;
        }
        let tallest = f64::from(self.size.width) / aspect;
        // What is whole but for rounding counts as whole.
        let tallest = tallest.min(f64::from(self.size.height)) + 1e-6;
        let height = tallest as u32 / self.band * self.band;
        if height == 0 {
            return None;
        }
        let width = (f64::from(height) * aspect).round() as u32;
        Some(Size {
            width: width.clamp(1, self.size.width),
            height,
        })
    }
}

impl Scene<'_> {
    /// Width and height in millimetres of the slice as it is turned for the screen.
    pub fn extent(&self) -> (f64, f64) {
        extent(self.shape, self.spacing, self.orientation)
    }

    /// The slice as 8-bit grey, turned for the screen.
    fn turned_grey(&self) -> Vec<u8> {
        let grey = self.range.apply(self.values);
        let o = self.orientation;
        if !(o.transpose || o.flip_x || o.flip_y) {
            return grey;
        }
        let screen = o.screen_shape(self.shape);
        let mut turned = Vec::with_capacity(grey.len());
        for y in 0..screen.height {
            for x in 0..screen.width {
                let (x, y) = o.to_slice(self.shape, (x, y));
                turned.push(grey[y as usize * self.shape.width as usize + x as usize]);
            }
        }
        turned
    }
}

/// Width and height in millimetres, turned for the screen, of a slice of `shape` whose voxels are
/// `spacing` apart along its columns and rows.
pub fn extent(shape: SliceShape, spacing: [f64; 2], orientation: Orientation) -> (f64, f64) {
    let width = f64::from(shape.width) * spacing[0];
    let height = f64::from(shape.height) * spacing[1];
    if orientation.transpose {
        (height, width)
    } else {
        (width, height)
    }
}

/// The picture of a scene, `size` pixels large; `None` if slice or picture are empty, or if the
/// values are not as many as the slice has pixels.
pub fn compose(scene: &Scene<'_>, size: Size, palette: Palette) -> Option<Indexed> {
    if scene.values.is_empty() || scene.values.len() != scene.shape.pixels() || size.pixels() == 0 {
        return None;
    }
    let screen = scene.orientation.screen_shape(scene.shape);
    let from = Size {
        width: screen.width,
        height: screen.height,
    };
    let mut pixels = resample(&scene.turned_grey(), from, size, scene.resample);
    for pixel in &mut pixels {
        *pixel = palette.grey(*pixel);
    }
    let mut picture = Indexed {
        size,
        palette,
        pixels,
    };
    let thickness = if size.width.min(size.height) < 400 {
        1
    } else {
        2
    };
    for (label, mask) in scene.masks {
        if mask.shape() == scene.shape {
            contour::paint(
                &mut picture,
                mask,
                scene.orientation,
                thickness,
                Ink::Mask(*label),
            );
        }
    }
    for &mark in scene.marks {
        marks::paint(&mut picture, mark, scene.shape, scene.orientation);
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::super::GreyLevels;
    use super::*;
    use medicosam_shared::prompt::{SliceBox, SlicePoint};

    const UPRIGHT: Orientation = Orientation {
        transpose: false,
        flip_x: false,
        flip_y: false,
        left: 'R',
        right: 'L',
        top: 'A',
        bottom: 'P',
    };
    const SHAPE: SliceShape = SliceShape {
        width: 4,
        height: 3,
    };
    const BLACK: [f32; 12] = [0.0; 12];

    fn scene<'a>(masks: &'a [(Label, SliceMask)], marks: &'a [Mark]) -> Scene<'a> {
        Scene {
            shape: SHAPE,
            values: &BLACK,
            range: Range::Fixed {
                low: 0.0,
                high: 255.0,
            },
            orientation: UPRIGHT,
            spacing: [1.0, 1.0],
            masks,
            marks,
            resample: Resample::Nearest,
        }
    }

    fn palette() -> Palette {
        Palette::new(GreyLevels::MOST)
    }

    /// The picture as text: `.` black, `#` white, `o` mask, `+` tool.
    fn drawn(scene: &Scene<'_>, width: u32, height: u32) -> String {
        let picture = compose(scene, Size { width, height }, palette()).unwrap();
        let character = |&pixel: &u8| match pixel {
            0 => '.',
            p if p == palette().ink(Ink::Tool) => '+',
            p if p < palette().greys().count() => '#',
            _ => 'o',
        };
        let line = |row: &[u8]| row.iter().map(character).collect::<String>();
        picture.rows().map(line).collect::<Vec<_>>().join("\n")
    }

    fn mask(inside: impl FnMut(u32, u32) -> bool) -> [(Label, SliceMask); 1] {
        [(Label::MIN, SliceMask::from_fn(SHAPE, inside))]
    }

    #[test]
    fn voxels_have_their_true_proportions() {
        let canvas = |width, height, band| Canvas {
            size: Size { width, height },
            pixel_aspect: 1.0,
            band,
        };
        let fit = |c: Canvas, w, h| c.fit(w, h).map(|s| (s.width, s.height));
        assert_eq!(fit(canvas(540, 400, 6), 100.0, 100.0), Some((396, 396)));
        assert_eq!(fit(canvas(540, 400, 6), 200.0, 100.0), Some((540, 270)));
        assert_eq!(fit(canvas(540, 400, 6), 1.0, 200.0), Some((2, 396)));
        assert_eq!(fit(canvas(540, 5, 6), 100.0, 100.0), None);
        assert_eq!(fit(canvas(0, 400, 6), 100.0, 100.0), None);
        assert_eq!(fit(canvas(540, 400, 6), f64::NAN, 100.0), None);
        let half = Canvas {
            pixel_aspect: 13.0 / 12.0,
            ..canvas(54, 40, 2)
        };
        assert_eq!(fit(half, 100.0, 100.0), Some((43, 40)));
    }

    #[test]
    fn a_slice_is_turned_before_it_is_drawn() {
        let mut values = BLACK;
        values[1] = 255.0; // x 1, y 0
        let turned = Orientation {
            transpose: true,
            flip_x: true,
            ..UPRIGHT
        };
        let scene = Scene {
            values: &values,
            orientation: turned,
            ..scene(&[], &[])
        };
        assert_eq!(scene.extent(), (3.0, 4.0));
        assert_eq!(drawn(&scene, 3, 4), "...\n..#\n...\n...");
    }

    #[test]
    fn an_enlarged_mask_is_outlined_along_its_voxels() {
        let masks = mask(|x, y| (1..3).contains(&x) && y == 1);
        assert_eq!(
            drawn(&scene(&masks, &[]), 16, 12),
            "................\n................\n................\n................\n\
             ....oooooooo....\n....o......o....\n....o......o....\n....oooooooo....\n\
             ................\n................\n................\n................"
        );
    }

    #[test]
    fn a_mask_at_the_border_is_closed_there_and_a_single_voxel_is_seen_in_a_small_picture() {
        let masks = mask(|x, _| x == 3);
        assert_eq!(
            drawn(&scene(&masks, &[]), 8, 3),
            "......oo\n......oo\n......oo"
        );
        let masks = mask(|x, y| (x, y) == (2, 1));
        assert_eq!(drawn(&scene(&masks, &[]), 2, 1), ".o");
    }

    #[test]
    fn masks_and_marks_are_turned_with_the_slice() {
        let masks = mask(|x, y| (x, y) == (0, 0));
        let marks = [Mark::Point(SlicePoint {
            x: 1,
            y: 0,
            positive: true,
        })];
        let scene = Scene {
            orientation: Orientation {
                flip_x: true,
                flip_y: true,
                ..UPRIGHT
            },
            ..scene(&masks, &marks)
        };
        assert_eq!(drawn(&scene, 4, 3), "....\n....\n..+o");
    }

    #[test]
    fn boxes_go_around_their_voxels() {
        let marks = [Mark::Box(SliceBox {
            x0: 1,
            y0: 0,
            x1: 3,
            y1: 2,
        })];
        assert_eq!(
            drawn(&scene(&[], &marks), 12, 9),
            "...++++++...\n...+....+...\n...+....+...\n...+....+...\n...+....+...\n\
             ...++++++...\n............\n............\n............"
        );
        let outside = [Mark::Box(SliceBox {
            x0: 1,
            y0: 0,
            x1: 5,
            y1: 2,
        })];
        assert!(!drawn(&scene(&[], &outside), 12, 9).contains('+'));
    }

    #[test]
    fn the_cursor_leaves_its_voxel_free_in_a_large_picture() {
        let marks = [Mark::Cursor { x: 1, y: 1 }];
        let picture = drawn(&scene(&[], &marks), 400, 300);
        let lines: Vec<&str> = picture.lines().collect();
        assert_eq!(lines[150].matches('+').count(), 10);
        assert_eq!(&lines[150][149..152], "...");
        let coarse = drawn(&scene(&[], &marks), 4, 3);
        assert_eq!(coarse, ".+..\n+++.\n.+..");
    }

    #[test]
    fn values_that_are_not_a_slice_make_no_picture() {
        let short = Scene {
            values: &BLACK[1..],
            ..scene(&[], &[])
        };
        let size = Size {
            width: 4,
            height: 3,
        };
        assert_eq!(compose(&short, size, palette()), None);
        let none = Size {
            width: 0,
            height: 3,
        };
        assert_eq!(compose(&scene(&[], &[]), none, palette()), None);
    }
}
