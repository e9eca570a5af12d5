use super::*;
use crate::app::state::review::layout::Layout;
use crate::app::state::review::overlay::{ByName, Overlay};
use crate::app::state::review::stack::Stack;
use crate::app::state::review::subject::{Pane, Showing};
use crate::app::state::review::tiles::Tiles;
use crate::app::state::review::zoom::Zoom;
use crate::picture::arrange::Frames;
use crate::picture::{Canvas, Form, GreyLevels, Ink, Mark, Opacity, Palette, Resample};
use medicosam_shared::api::SliceValues;
use medicosam_shared::geometry::{Affine, Axis, Dims};
use medicosam_shared::prompt::SlicePoint;
use medicosam_shared::window::Range;
use proptest::prelude::*;
use std::sync::Arc;

/// A scan, how it lies, how closely it is looked at, and one of its voxels.
#[derive(Debug, Clone)]
struct View {
    dims: Dims,
    affine: Affine,
    axis: Axis,
    zoom: Zoom,
    voxel: [u32; 3],
}

/// Anything from straight to oblique, flipped, its axes in any order, its voxels of any shape.
fn affine() -> impl Strategy<Value = Affine> {
    let order = Just([0usize, 1, 2]).prop_shuffle();
    let spacing = prop::array::uniform3(0.3f64..6.0);
    let flips = prop::array::uniform3(any::<bool>());
    (order, spacing, flips, -0.5f64..0.5).prop_map(|(order, spacing, flips, angle)| {
        let (sin, cos) = angle.sin_cos();
        let mut columns = [[0.0; 3]; 3];
        for (voxel, &world) in order.iter().enumerate() {
            columns[voxel][world] = spacing[voxel] * if flips[voxel] { -1.0 } else { 1.0 };
        }
        // Turned about the world's z.
        let turned = columns.map(|[x, y, z]| [cos * x - sin * y, sin * x + cos * y, z]);
        Affine([0, 1, 2].map(|row| [turned[0][row], turned[1][row], turned[2][row], 7.0]))
    })
}

fn view() -> impl Strategy<Value = View> {
    let dims = prop::array::uniform3(1u32..40);
    let axis = prop::sample::select(Axis::ALL.to_vec());
    let place = || prop::array::uniform3(0.0f64..1.0);
    let pans = prop::collection::vec((-3i64..=3, -3i64..=3), 0..4);
    (dims, affine(), axis, place(), place(), 0usize..9, pans).prop_map(
        |(dims, affine, axis, voxel, centre, closer, pans)| {
            let at = |share: [f64; 3]| {
                [0, 1, 2].map(|n| ((f64::from(dims[n]) * share[n]) as u32).min(dims[n] - 1))
            };
            let dims = Dims(dims);
            let stack = Stack { dims, affine, axis };
            let mut zoom = Zoom::default();
            for _ in 0..closer {
                zoom.closer(at(centre));
            }
            for (right, down) in pans {
                zoom.pan(&stack, right, down);
            }
            let voxel = at(voxel);
            View {
                dims,
                affine,
                axis,
                zoom,
                voxel,
            }
        },
    )
}

impl View {
    fn stack(&self, axis: Axis) -> Stack {
        Stack {
            dims: self.dims,
            affine: self.affine,
            axis,
        }
    }

    /// The slice through the voxel, which is white, all others black.
    fn pane(&self, axis: Axis) -> Pane {
        let stack = self.stack(axis);
        let (x, y) = stack.pixel(self.voxel);
        let shape = stack.shape();
        let mut values = vec![0.0; shape.pixels()];
        values[y as usize * shape.width as usize + x as usize] = 255.0;
        Pane {
            slice: SliceId {
                axis,
                index: self.voxel[axis.index()],
            },
            region: self.zoom.region(&stack),
            orientation: stack.orientation(),
            spacing: stack.spacing(),
            marks: Vec::new(),
            frames: Frames::default(),
            reduced: false,
            values: ByName(Arc::new(SliceValues::grey(shape, values))),
        }
    }

    fn subject(&self, layout: Layout) -> SliceSubject {
        let panes = match layout {
            Layout::One => vec![self.pane(self.axis)],
            _ => Axis::ALL.map(|axis| self.pane(axis)).to_vec(),
        };
        SliceSubject {
            showing: Showing {
                case: CaseId("one".to_owned()),
                slices: vec![SliceId {
                    axis: self.axis,
                    index: self.voxel[self.axis.index()],
                }],
                revision: None,
                draft: None,
                illegible: Vec::new(),
                has_picture: true,
            },
            layout,
            panes,
            range: Range::Fixed {
                low: 0.0,
                high: 255.0,
            },
            inverted: false,
            reference: None,
            overlay: Overlay::Nothing,
            form: Form::Outline,
            opacity: Opacity::default(),
        }
    }
}

fn canvas(size: (u32, u32), pixel_aspect: f64) -> Canvas {
    Canvas {
        size: Size {
            width: size.0,
            height: size.1,
        },
        pixel_aspect,
        band: 1,
    }
}

/// Where a pixel is, and its colour.
type Pixel = ((i64, i64), u8);

/// The pixels of a subject's picture, with their places, and the picture as it is pointed at.
fn drawn(subject: &SliceSubject, canvas: &Canvas) -> Option<(Vec<Pixel>, Seen, Palette)> {
    let size = subject.fit(canvas)?;
    let palette = Palette::new(GreyLevels::MOST);
    let picture = subject.compose(
        size,
        canvas.pixel_aspect,
        palette,
        Resample::Nearest,
        &Tiles::default(),
    )?;
    let seen = Seen::of(subject, size, canvas.pixel_aspect);
    let pixels = picture.pixels().iter().enumerate().map(|(n, &pixel)| {
        let (x, y) = (n as u32 % size.width, n as u32 / size.width);
        ((x.into(), y.into()), pixel)
    });
    Some((pixels.collect(), seen, palette))
}

proptest! {
    #[test]
    fn the_pixels_of_a_voxel_are_those_that_point_at_it(
        view in view(), size in (1u32..300, 1u32..300), aspect in 0.4f64..2.5,
    ) {
        let subject = view.subject(Layout::One);
        if let Some((pixels, seen, palette)) = drawn(&subject, &canvas(size, aspect)) {
            for (at, pixel) in pixels {
                let pane = seen.pane_at(at).unwrap();
                let is_it = pane.voxel(at) == view.voxel;
                prop_assert_eq!(pixel == palette.grey(255), is_it, "{:?}", at);
            }
        }
    }

    #[test]
    fn a_point_drawn_on_a_voxel_is_over_it(
        view in view(), layout in prop::sample::select(vec![Layout::One, Layout::Three]),
        size in (150u32..200, 150u32..200),
    ) {
        let mut subject = view.subject(layout);
        // As large as the voxels at least, or a pixel is over several of them.
        let size = (size.0, size.1);
        let Some(whole) = subject.fit(&canvas(size, 1.0)) else { return Ok(()); };
        for n in 0..subject.panes.len() {
            let spot = subject.spots(whole, 1.0)[n];
            let region = subject.panes[n].region;
            let Some(spot) = spot.filter(|s| s.size.width >= region.width && s.size.height >= region.height) else {
                continue;
            };
            let stack = view.stack(subject.panes[n].slice.axis);
            let (x, y) = stack.pixel(view.voxel);
            subject.panes[n].marks = vec![Mark::Point(SlicePoint { x, y, positive: true })];
            let (pixels, seen, palette) = drawn(&subject, &canvas(size, 1.0)).unwrap();
            subject.panes[n].marks.clear();
            let tool = palette.ink(Ink::Tool);
            for (at, _) in pixels.into_iter().filter(|(at, p)| *p == tool && spot.contains(*at)) {
                let pane = seen.pane_at(at).unwrap();
                prop_assert_eq!((pane.slice.axis, pane.voxel(at)), (stack.axis, view.voxel));
            }
        }
    }

    #[test]
    fn outside_of_a_picture_the_nearest_voxel_that_is_seen_is_meant(
        view in view(), x in -900i64..900, y in -900i64..900,
    ) {
        let subject = view.subject(Layout::One);
        let Some(size) = subject.fit(&canvas((200, 200), 1.0)) else { return Ok(()); };
        let seen = Seen::of(&subject, size, 1.0);
        let pane = seen.pane_at((0, 0)).unwrap();
        let stack = view.stack(view.axis);
        let voxel = pane.under((x, y));
        prop_assert!(voxel.0 < stack.shape().width && voxel.1 < stack.shape().height);
        let nearest = (
            x.clamp(0, i64::from(size.width) - 1),
            y.clamp(0, i64::from(size.height) - 1),
        );
        prop_assert_eq!(voxel, pane.under(nearest));
        prop_assert_eq!(seen.pane_at((x, y)).is_some(), (x, y) == nearest);
    }
}
