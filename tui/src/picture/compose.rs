//! A slice with its masks and marks as a picture.

use super::quantise::quantise;
use super::region::Projection;
use super::scale::{Resample, resample};
use super::{Indexed, Ink, Mark, Palette, Region, Size, contour, letters, marks};
use crate::contrast::Rgb;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::window::Range;
use serde::{Deserialize, Serialize};

/// What a picture of a slice shows.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Size of the slice in voxels.
    pub shape: SliceShape,
    /// Its values in file order, x fastest; as many as `shape` says.
    pub values: &'a [f32],
    /// Red, green and blue of each, where it has colours; then range and inversion do not count.
    pub colours: Option<&'a [Rgb]>,
    /// Which of them are black and white.
    pub range: Range,
    /// The other way round.
    pub inverted: bool,
    /// How it is turned for the screen.
    pub orientation: Orientation,
    /// The part of it that is shown.
    pub region: Region,
    /// Masks; later ones are painted over earlier ones.
    pub masks: &'a [(Ink, SliceMask)],
    /// Masks that are compared with these: dashed outlines on top.
    pub references: &'a [(Ink, SliceMask)],
    /// Each has the number of its object beside it, so that colour alone need not tell them apart.
    pub numbered: bool,
    /// How they are painted.
    pub form: Form,
    /// What is drawn on top.
    pub marks: &'a [Mark],
    /// How pixels between voxels get their grey.
    pub resample: Resample,
}

/// How masks are painted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Their outline.
    #[default]
    Outline,
    /// All of them tinted, within their outline. Where a palette has no tints only the outline.
    Filled,
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

/// Width and height in millimetres of a part of a slice as it is turned for the screen; voxels are
/// `spacing` apart along the slice's columns and rows, file order.
pub fn extent(region: Region, spacing: [f64; 2], orientation: Orientation) -> (f64, f64) {
    let [across, down] = if orientation.transpose {
        [spacing[1], spacing[0]]
    } else {
        spacing
    };
    (
        f64::from(region.width) * across,
        f64::from(region.height) * down,
    )
}

/// The picture of a scene, `size` pixels large; `None` if slice or picture are empty, if the
/// values are not as many as the slice has pixels, or if the region does not lie on the slice.
pub fn compose(scene: &Scene<'_>, size: Size, palette: Palette) -> Option<Indexed> {
    if scene.values.is_empty() || scene.values.len() != scene.shape.pixels() || size.pixels() == 0 {
        return None;
    }
    let projection = Projection::new(scene.shape, scene.orientation, scene.region)?;
    let mut picture = match scene.colours {
        Some(colours) => coloured(scene, colours, &projection, (size, palette))?,
        None => in_greys(scene, &projection, (size, palette)),
    };
    let thickness = if size.width.min(size.height) < 400 {
        1
    } else {
        2
    };
    for (ink, mask) in scene.masks {
        if scene.form == Form::Filled && palette.has_tints() {
            contour::fill(&mut picture, mask, &projection, *ink);
        }
    }
    let outline = |mask| contour::outline(mask, &projection, size, thickness);
    let lines: Vec<_> = scene.masks.iter().map(|(_, mask)| outline(mask)).collect();
    for line in &lines {
        line.paint_casing(&mut picture);
    }
    for ((ink, _), line) in scene.masks.iter().zip(&lines) {
        line.paint(&mut picture, *ink);
    }
    let dash = if size.width.min(size.height) < marks::COARSE {
        2
    } else {
        marks::DASH
    };
    for (ink, mask) in scene.references {
        let line = outline(mask).dashed(dash);
        line.paint_casing(&mut picture);
        line.paint(&mut picture, *ink);
    }
    if scene.numbered {
        for ((ink, _), line) in scene.masks.iter().zip(&lines) {
            number(&mut picture, line, *ink);
        }
    }
    for &mark in scene.marks {
        marks::paint(&mut picture, mark, &projection);
    }
    Some(picture)
}

/// The slice in the greys of its window.
fn in_greys(
    scene: &Scene<'_>,
    projection: &Projection,
    (size, palette): (Size, Palette),
) -> Indexed {
    let mut pixels = resample(
        &grey(scene, projection),
        scene.region.size(),
        size,
        scene.resample,
    );
    for pixel in &mut pixels {
        let grey = if scene.inverted {
            u8::MAX - *pixel
        } else {
            *pixel
        };
        *pixel = palette.grey(grey);
    }
    Indexed {
        size,
        palette,
        colours: None,
        pixels,
    }
}

/// The slice in its own colours, as many as the palette has greys; `None` if they are not as many as
/// the slice has pixels.
fn coloured(
    scene: &Scene<'_>,
    colours: &[Rgb],
    projection: &Projection,
    (size, palette): (Size, Palette),
) -> Option<Indexed> {
    if colours.len() != scene.values.len() {
        return None;
    }
    let channels = [0, 1, 2].map(|channel| {
        let part: Vec<u8> = projection.places().map(|at| colours[at][channel]).collect();
        resample(&part, scene.region.size(), size, scene.resample)
    });
    let pixels: Vec<Rgb> = (0..size.pixels())
        .map(|at| [0, 1, 2].map(|channel: usize| channels[channel][at]))
        .collect();
    let count = palette.greys().count();
    let (found, mut pixels) = quantise(&pixels, count.saturating_sub(2).max(1));
    // The first and the last of the greys stay black and white, for casings and letters.
    for pixel in &mut pixels {
        *pixel += 1;
    }
    let mut colours = vec![[0; 3]];
    colours.extend(found);
    colours.resize(usize::from(count), [u8::MAX; 3]);
    Some(Indexed {
        size,
        palette,
        colours: Some(colours.into()),
        pixels,
    })
}

/// Pixels on the shorter side of a picture with numbers.
const LEAST_FOR_NUMBERS: u32 = 90;

/// Writes the number of an object above its outline.
fn number(picture: &mut Indexed, line: &contour::Line, ink: Ink) {
    let Size { width, height } = picture.size();
    let (Ink::Mask(label), Some((x, y))) = (ink, line.top()) else {
        return;
    };
    if width.min(height) < LEAST_FOR_NUMBERS {
        return;
    }
    let text = label.to_string();
    let scale = letters::scale(picture.size());
    let (w, h) = letters::size(&text, scale);
    let within = |at: i64, room: u32, size: i64| at.min(i64::from(room) - size).max(0);
    let corner = (within(x - w / 2, width, w), within(y - h - 1, height, h));
    let colour = picture.palette().ink(ink);
    letters::write(picture, corner, &text, scale, colour);
}

/// The region as 8-bit grey, turned for the screen. The window of a slice is that of the whole
/// slice, however little of it is shown.
fn grey(scene: &Scene<'_>, projection: &Projection) -> Vec<u8> {
    let grey = scene.range.apply(scene.values);
    let o = scene.orientation;
    let whole = Region::whole(scene.shape, o) == projection.region();
    if whole && !(o.transpose || o.flip_x || o.flip_y) {
        return grey;
    }
    projection.places().map(|at| grey[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{GreyLevels, Opacity};
    use super::*;
    use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

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

    fn scene<'a>(masks: &'a [(Ink, SliceMask)], marks: &'a [Mark]) -> Scene<'a> {
        Scene {
            shape: SHAPE,
            values: &BLACK,
            colours: None,
            range: Range::Fixed {
                low: 0.0,
                high: 255.0,
            },
            inverted: false,
            orientation: UPRIGHT,
            region: Region::whole(SHAPE, UPRIGHT),
            masks,
            references: &[],
            numbered: false,
            form: Form::Outline,
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

    fn mask(inside: impl FnMut(u32, u32) -> bool) -> [(Ink, SliceMask); 1] {
        [(Ink::Mask(Label::MIN), SliceMask::from_fn(SHAPE, inside))]
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
            region: Region::whole(SHAPE, turned),
            ..scene(&[], &[])
        };
        assert_eq!(extent(scene.region, [1.0, 5.0], turned), (15.0, 4.0));
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
    fn a_part_of_a_slice_is_shown_with_what_lies_on_it_and_a_mask_that_goes_on_has_no_edge_there() {
        let mut values = BLACK;
        values[6] = 255.0; // x 2, y 1
        let masks = mask(|x, _| x >= 2);
        let part = Scene {
            values: &values,
            region: Region {
                x: 1,
                y: 1,
                width: 2,
                height: 1,
            },
            ..scene(&[], &[])
        };
        assert_eq!(drawn(&part, 4, 2), "..##\n..##");
        let cut_off = Scene {
            values: &BLACK,
            masks: &masks,
            ..part
        };
        assert_eq!(
            drawn(&cut_off, 8, 4),
            "....o...\n....o...\n....o...\n....o..."
        );
        let marks = [Mark::Cursor { x: 1, y: 1 }, Mark::Cursor { x: 0, y: 0 }];
        let marked = Scene {
            values: &BLACK,
            marks: &marks,
            ..part
        };
        assert_eq!(
            drawn(&marked, 2, 1),
            "++",
            "one in the middle of its voxel, one outside"
        );
        let beyond = Scene {
            region: Region {
                x: 3,
                y: 0,
                width: 2,
                height: 1,
            },
            ..part
        };
        let size = Size {
            width: 2,
            height: 1,
        };
        assert_eq!(compose(&beyond, size, palette()), None);
    }

    #[test]
    fn a_filled_mask_is_tinted_within_its_outline_and_marks_stay_as_they_are() {
        let masks = mask(|x, y| (x, y) != (0, 0));
        let filled = Scene {
            form: Form::Filled,
            ..scene(&masks, &[])
        };
        let tinted = palette().tinted(Opacity::default());
        let size = Size {
            width: 16,
            height: 12,
        };
        let picture = compose(&filled, size, tinted).unwrap();
        let ink = Ink::Mask(Label::MIN);
        let at = |x: usize, y: usize| picture.pixels()[y * 16 + x];
        assert_eq!(at(0, 0), 0, "outside");
        assert_eq!(at(15, 5), tinted.ink(ink), "the outline");
        assert_eq!(at(8, 5), tinted.tint(0, ink), "inside");
        let outlined = compose(&scene(&masks, &[]), size, palette()).unwrap();
        assert_eq!(
            compose(&filled, size, palette()).unwrap(),
            outlined,
            "no tints"
        );
    }

    #[test]
    fn an_outline_has_a_casing_that_lies_outside_the_mask_and_on_no_other_outline() {
        let shape = SliceShape {
            width: 40,
            height: 30,
        };
        let label = |n| Ink::Mask(Label::new(n).unwrap());
        let mask = |columns: std::ops::Range<u32>| {
            SliceMask::from_fn(shape, |x, y| columns.contains(&x) && (10..20).contains(&y))
        };
        // Side by side.
        let masks = [(label(1), mask(5..15)), (label(2), mask(15..25))];
        let white = vec![255.0; shape.pixels()];
        let scene = Scene {
            shape,
            values: &white,
            region: Region::whole(shape, UPRIGHT),
            ..scene(&masks, &[])
        };
        let size = Size {
            width: 40,
            height: 30,
        };
        let picture = compose(&scene, size, palette()).unwrap();
        let at = |x: usize, y: usize| picture.pixels()[y * 40 + x];
        let (first, second) = (palette().ink(label(1)), palette().ink(label(2)));
        let white = palette().grey(255);
        let row: Vec<u8> = (3..28).map(|x| at(x, 12)).collect();
        let mut expected = vec![white; 25];
        (expected[1], expected[22]) = (0, 0);
        (expected[2], expected[11]) = (first, first);
        (expected[12], expected[21]) = (second, second);
        assert_eq!(row, expected);
        assert_eq!((at(4, 9), at(10, 9), at(10, 8)), (0, 0, white));
    }

    #[test]
    fn numbers_of_objects_stand_in_pictures_that_have_room_for_them() {
        let masks = mask(|x, y| (x, y) == (2, 1));
        let numbered = Scene {
            references: &[],
            numbered: true,
            ..scene(&masks, &[])
        };
        let changed = |width, height| {
            let size = Size { width, height };
            let with = compose(&numbered, size, palette()).unwrap();
            with != compose(&scene(&masks, &[]), size, palette()).unwrap()
        };
        assert!(changed(120, 90));
        assert!(!changed(40, 30));
    }

    #[test]
    fn a_picture_with_colours_keeps_them_whatever_the_window() {
        let colours: Vec<Rgb> = (0..12).map(|n| [200, 120, 10 * n]).collect();
        let coloured = Scene {
            colours: Some(&colours),
            inverted: true,
            ..scene(&[], &[])
        };
        let size = Size {
            width: 4,
            height: 3,
        };
        let picture = compose(&coloured, size, palette()).unwrap();
        let shown: Vec<Rgb> = picture.pixels().iter().map(|p| picture.rgb(*p)).collect();
        let off = |(a, b): (&Rgb, &Rgb)| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(shown.iter().zip(&colours).all(|pair| off(pair) <= Some(8)));
        assert_eq!(picture.percent(palette().ink(Ink::Tool)), [94, 89, 26]);
    }

    #[test]
    fn black_and_white_can_change_places() {
        let inverted = Scene {
            inverted: true,
            ..scene(&[], &[])
        };
        assert_eq!(drawn(&inverted, 4, 3), "####\n####\n####");
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
