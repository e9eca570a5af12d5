//! Results written and read back, and what happens when they cannot be written.

mod durability;
mod failures;
mod relocating;
mod results;

use crate::scan::tests::sample::{Sample, file};
use crate::scan::{Header, Source};
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane};
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_shared::provenance::{
    ModelRecord, ObjectResult, Provenance, RuntimeRecord, ScanInfo, ScanRecord, SliceScore, Timings,
};
use medicosam_shared::window::{Range, Window};
use std::path::Path;

/// The header of a scan, as read from a file.
fn header_of(sample: &Sample) -> Header {
    let folder = tempfile::tempdir().unwrap();
    Header::read(&Source::file(file(
        folder.path(),
        "scan.nii",
        &sample.bytes(),
    )))
    .unwrap()
}

fn label(n: u16) -> Label {
    Label::new(n).unwrap()
}

/// One object on one slice across k: the pixels where `inside` says so.
fn masks(dims: Dims, n: u16, k: u32, inside: impl FnMut(u32, u32) -> bool) -> MaskSet {
    let mut set = MaskSet::empty(dims, Axis::K);
    let mask = SliceMask::from_fn(dims.slice_shape(Axis::K), inside);
    set.set_runs(label(n), "thing", k, mask.to_rle());
    set
}

fn provenance(info: &ScanInfo) -> Provenance {
    Provenance {
        generated_by: "medicosamd 0.1.0".to_owned(),
        created: "2026-01-02T03:04:05Z".parse().unwrap(),
        author: "profile lung".to_owned(),
        scan: ScanRecord {
            path: "/data/in/scan.nii".to_owned(),
            frame: None,
            files: Vec::new(),
            sha256: "ab".repeat(32),
            info: info.clone(),
        },
        axis: Axis::K,
        plane: Plane::Axial,
        shown: None,
        window: Window::Level {
            level: -600.0,
            width: 1500.0,
        },
        range: Range::Fixed {
            low: -1350.0,
            high: 150.0,
        },
        model: ModelRecord {
            name: "litemedsam".to_owned(),
            family: "litemedsam".to_owned(),
            hash: "cd".repeat(32),
            understands: None,
        },
        runtime: RuntimeRecord {
            name: "ONNX Runtime 1.24.0".to_owned(),
            device: "cpu".to_owned(),
            precision: "f32".to_owned(),
            threads: 2,
        },
        prompts: vec![SlicePrompt {
            label: label(1),
            index: 2,
            bbox: Some(SliceBox {
                x0: 0,
                y0: 0,
                x1: 2,
                y1: 2,
            }),
            points: Vec::new(),
        }],
        propagation: None,
        quality: None,
        drawn: Vec::new(),
        sources: Vec::new(),
        edited: Default::default(),
        painted: Default::default(),
        masks: Default::default(),
        objects: vec![ObjectResult {
            label: label(1),
            name: "thing".to_owned(),
            voxels: 4,
            volume_ml: Some(0.004),
            slices: vec![SliceScore {
                index: 2,
                area: 4,
                predicted_iou: 0.875,
                stability: 0.95,
                agreement: None,
                steadiness: None,
            }],
        }],
        kept_in: None,
        timings: Timings::default(),
    }
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A small scan with a plain geometry.
fn plain() -> Sample {
    Sample::int16([5, 4, 3], |i, j, k| (i + 10 * j + 100 * k) as i16)
}

fn affine_close(a: &Affine, b: &Affine) -> bool {
    a.0.iter()
        .flatten()
        .zip(b.0.iter().flatten())
        .all(|(a, b)| (a - b).abs() < 1e-5)
}
