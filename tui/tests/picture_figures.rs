//! Bytes, time and likeness of pictures of real slices, by encoder. Prints a table:
//!
//!     cargo test --release -p medicosam-tui --features libsixel --test picture_figures \
//!         -- --ignored --nocapture

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::api::SliceValues;
use medicosam_shared::case::CaseId;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::geometry::{Axis, Dims, SliceShape};
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::prompt::Label;
use medicosam_shared::window::{Range, Window};
use medicosam_tui::app::state::review::layout::Layout;
use medicosam_tui::app::state::review::overlay::{ByName, Overlay};
use medicosam_tui::app::state::review::slices::SliceId;
use medicosam_tui::app::state::review::subject::{Pane, Showing, SliceSubject};
use medicosam_tui::app::state::review::tiles::Tiles;
use medicosam_tui::picture::arrange::Frames;
use medicosam_tui::picture::{
    Detail, Form, GreyLevels, Indexed, Ink, Mark, Opacity, Palette, Region, Resample, Scene, Size,
    compose, iterm2, kitty, sixel,
};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A slice of a sample scan, and its label there.
struct Slice {
    shape: SliceShape,
    values: Vec<f32>,
    mask: SliceMask,
    range: Range,
}

/// Size and voxels of a sample: little-endian NIfTI-1 of int16 or uint8.
fn read(name: &str) -> ([usize; 3], Vec<f32>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let file = std::fs::File::open(path.join(name)).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .unwrap();
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let dims = [42, 44, 46].map(|at| short(at) as usize);
    let start = f32::from_le_bytes(bytes[108..112].try_into().unwrap()) as usize;
    let values = match short(70) {
        2 => bytes[start..].iter().map(|&v| v.into()).collect(),
        4 | 512 => {
            let shorts = bytes[start..].as_chunks().0.iter();
            shorts.map(|&v| i16::from_le_bytes(v).into()).collect()
        }
        other => panic!("{name} is of type {other}"),
    };
    (dims, values)
}

fn slice(scan: &str, labels: &str, index: usize, range: Range) -> Slice {
    let ([width, height, _], values) = read(scan);
    let (_, labels) = read(labels);
    let shape = SliceShape {
        width: width as u32,
        height: height as u32,
    };
    let at = index * width * height..(index + 1) * width * height;
    let labels = &labels[at.clone()];
    Slice {
        shape,
        values: values[at].to_vec(),
        mask: SliceMask::from_fn(shape, |x, y| labels[y as usize * width + x as usize] > 0.0),
        range,
    }
}

/// Two slices: a noisy CT of the lung with a tumour, and an MRI of the brain.
fn slices() -> [(&'static str, Slice); 2] {
    let lung = Window::Level {
        level: -600.0,
        width: 1500.0,
    };
    let lung = Range::of(lung).unwrap();
    let ct = slice("ct_lung.nii.gz", "ct_lung_label.nii.gz", 10, lung);
    let mr = slice(
        "mr_brain.nii.gz",
        "mr_brain_label.nii.gz",
        14,
        Range::Fixed {
            low: 0.0,
            high: 900.0,
        },
    );
    [("CT", ct), ("MR", mr)]
}

const UPRIGHT: Orientation = Orientation {
    transpose: false,
    flip_x: false,
    flip_y: false,
    left: 'R',
    right: 'L',
    top: 'A',
    bottom: 'P',
};

impl Slice {
    fn picture(&self, size: Size, detail: Detail, marks: &[Mark]) -> Indexed {
        let masks = [(Ink::Mask(Label::MIN), self.mask.clone())];
        let orientation = UPRIGHT;
        let scene = Scene {
            shape: self.shape,
            values: &self.values,
            colours: None,
            range: self.range,
            orientation,
            inverted: false,
            region: Region::whole(self.shape, orientation),
            references: &[],
            numbered: false,
            form: Form::Outline,
            masks: &masks,
            marks,
            resample: Resample::Linear,
        };
        detail
            .compose(size, |size, palette| compose(&scene, size, palette))
            .unwrap()
    }
}

fn rgb(picture: &Indexed) -> Vec<u8> {
    let palette = picture.palette();
    let pixels = picture.pixels().iter();
    pixels.flat_map(|&pixel| palette.rgb(pixel)).collect()
}

/// Red, green and blue of every pixel of a sixel picture.
fn decoded(sixel: &[u8], size: Size) -> Vec<u8> {
    let image = icy_sixel::SixelImage::decode(sixel).unwrap();
    let pixels = image.pixels.as_chunks::<4>().0;
    let rows = pixels.chunks_exact(image.width).take(size.height as usize);
    rows.flat_map(|row| &row[..size.width as usize])
        .flat_map(|pixel| &pixel[..3])
        .copied()
        .collect()
}

/// Peak signal to noise in dB, at most 99.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2));
    let mean = squares.sum::<f64>() / a.len() as f64;
    (10.0 * (255.0 * 255.0 / mean).log10()).min(99.0)
}

/// The median of eleven runs.
fn timed<T>(mut run: impl FnMut() -> T) -> (T, Duration) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..11 {
        let start = Instant::now();
        last = Some(run());
        times.push(start.elapsed());
    }
    times.sort();
    (last.unwrap(), times[5])
}

fn line(scan: &str, size: Size, how: &str, bytes: usize, time: Duration, likeness: f64) {
    println!(
        "{scan}  {:4}x{:<4} {how:24} {:7.1} kB {:6.2} ms {likeness:6.1} dB",
        size.width,
        size.height,
        bytes as f64 / 1000.0,
        time.as_secs_f64() * 1000.0
    );
}

const SIZES: [(u32, u32); 3] = [(396, 396), (734, 880), (918, 918)];

#[test]
#[ignore = "prints figures; times mean nothing in a debug build"]
fn bytes_time_and_likeness_by_encoder() {
    for (scan, slice) in slices() {
        for (width, height) in SIZES {
            let size = Size { width, height };
            let best = slice.picture(size, Detail::full(GreyLevels::MOST), &[]);
            let wanted = rgb(&best);
            let details = [101, 64, 32, 16, 8].map(|n| Detail::full(GreyLevels::new(n).unwrap()));
            let coarse = Detail {
                greys: GreyLevels::FEW,
                coarse: true,
            };
            for detail in details.into_iter().chain([coarse]) {
                let (picture, composing) = timed(|| slice.picture(size, detail, &[]));
                let (bytes, time) = timed(|| sixel::encode(&picture));
                let likeness = psnr(&wanted, &decoded(&bytes, size));
                let how = format!(
                    "sixel {}{} (compose {:.1} ms)",
                    detail.greys.count(),
                    if detail.coarse { " coarse" } else { "" },
                    composing.as_secs_f64() * 1000.0
                );
                line(scan, size, &how, bytes.len(), time, likeness);
            }
            let usual = slice.picture(size, Detail::full(GreyLevels::USUAL), &[]);
            let likeness = psnr(&wanted, &rgb(&usual));
            let (bytes, time) = timed(|| kitty::encode(&usual).unwrap());
            line(scan, size, "kitty 32", bytes.len(), time, likeness);
            let (bytes, time) = timed(|| iterm2::encode(&usual).unwrap());
            line(scan, size, "iterm2 32", bytes.len(), time, likeness);
            #[cfg(feature = "libsixel")]
            {
                let encode = medicosam_tui::picture::libsixel::encode;
                for (how, picture) in [("libsixel of 101", &best), ("libsixel of 32", &usual)] {
                    let (bytes, time) = timed(|| encode(picture).unwrap());
                    let likeness = psnr(&wanted, &decoded(&bytes, size));
                    line(scan, size, how, bytes.len(), time, likeness);
                }
            }
        }
    }
}

/// A mosaic of all 21 slices of the CT, with a mask on each, for a picture of 734 × 880 pixels.
fn mosaic(selected: usize) -> SliceSubject {
    let ([width, height, depth], values) = read("ct_lung.nii.gz");
    let dims = Dims([width, height, depth].map(|n| n as u32));
    let shape = dims.slice_shape(Axis::K);
    let mut masks = MaskSet::empty(dims, Axis::K);
    let panes = values.chunks_exact(shape.pixels()).enumerate();
    let panes = panes.map(|(index, values)| {
        let radius = 20.0 + index as f64;
        let mask = SliceMask::from_fn(shape, |x, y| {
            (f64::from(x) - 200.0).hypot(f64::from(y) - 250.0) < radius
        });
        masks.set_runs(Label::MIN, "disc", index as u32, mask.to_rle());
        Pane {
            slice: SliceId {
                axis: Axis::K,
                index: index as u32,
            },
            region: Region::whole(shape, UPRIGHT),
            orientation: UPRIGHT,
            spacing: [1.0, 1.0],
            marks: Vec::new(),
            frames: Frames {
                selected: index == selected,
                low: false,
            },
            reduced: false,
            values: ByName(Arc::new(SliceValues::grey(shape, values.to_vec()))),
        }
    });
    let panes: Vec<_> = panes.collect();
    SliceSubject {
        showing: Showing {
            case: CaseId("case".to_owned()),
            slices: panes.iter().map(|pane| pane.slice).collect(),
            revision: Some(1),
            draft: None,
            illegible: Vec::new(),
            has_picture: true,
        },
        layout: Layout::Mosaic,
        panes,
        range: Range::Fixed {
            low: -1350.0,
            high: 150.0,
        },
        inverted: false,
        reference: None,
        overlay: Overlay::Masks(1, ByName(Arc::new(masks))),
        form: Form::Outline,
        opacity: Opacity::default(),
    }
}

#[test]
#[ignore = "prints figures; times mean nothing in a debug build"]
fn time_of_a_mosaic() {
    let size = Size {
        width: 734,
        height: 880,
    };
    let palette = Palette::new(GreyLevels::USUAL);
    let [first, second] = [10, 11].map(mosaic);
    let compose = |subject: &SliceSubject, tiles: &Tiles| {
        subject
            .compose(size, 1.0, palette, Resample::Linear, tiles)
            .unwrap()
    };
    let (_, new) = timed(|| compose(&first, &Tiles::default()));
    let tiles = Tiles::default();
    let mut turn = [&first, &second].into_iter().cycle();
    let (_, moved) = timed(|| compose(turn.next().unwrap(), &tiles));
    println!("mosaic of 21: {new:.1?} from scratch, {moved:.1?} with another tile selected");
}

#[test]
fn a_moved_cursor_is_a_patch_of_less_than_two_kilobytes() {
    for (scan, slice) in slices() {
        for (width, height) in SIZES {
            let detail = Detail::full(GreyLevels::USUAL);
            let size = Size { width, height };
            let at = |x, y| slice.picture(size, detail, &[Mark::Cursor { x, y }]);
            let patch = at(110, 101).since(&at(100, 100), (10, 20)).unwrap();
            for bytes in [
                sixel::encode(&patch.picture),
                kitty::encode(&patch.picture).unwrap(),
            ] {
                assert!(bytes.len() <= 2000, "{scan} {size:?}: {}", bytes.len());
            }
        }
    }
}
