//! Made-up cases for tests.

use super::event::{Answer, Effect, Event};
use super::{Keymap, Model, Showing, Subject, handle};
use crate::term::Key;
use jiff::Timestamp;
use medicosam_shared::activity::Activity;
use medicosam_shared::api::{CaseList, DraftView, SliceValues, Status, VersionInfo, WorkerStatus};
use medicosam_shared::case::{
    self, CaseDetail, CaseId, CaseState, CaseSummary, Fault, Revision, RevisionNumber,
};
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane, SliceShape};
use medicosam_shared::mask::{MaskSet, SliceMask};
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::{
    ModelRecord, ObjectResult, OutputFiles, Provenance, RuntimeRecord, ScanInfo, ScanRecord,
    SliceScore, Timings,
};
use medicosam_shared::quality::Quality;
use medicosam_shared::window::{Range, Window};
use std::sync::Arc;

/// 2026-01-02 12:00:00 UTC.
pub fn noon() -> Timestamp {
    Timestamp::from_second(1_767_355_200).unwrap()
}

/// An LPS scan of 64 × 48 × 21 voxels, 0.7 × 0.7 × 5 mm.
pub const SCAN: ScanGeometry = ScanGeometry {
    dims: Dims([64, 48, 21]),
    affine: Affine([
        [-0.7, 0.0, 0.0, 22.0],
        [0.0, -0.7, 0.0, 16.0],
        [0.0, 0.0, 5.0, -300.0],
    ]),
};

pub struct ScanGeometry {
    pub dims: Dims,
    pub affine: Affine,
}

pub fn summary(id: &str, state: CaseState, score: Option<f32>) -> CaseSummary {
    let has_mask = score.is_some();
    CaseSummary {
        id: CaseId(id.to_owned()),
        name: format!("{id}.nii.gz"),
        path: format!("/data/incoming/{id}.nii.gz"),
        frame: None,
        profile: "lung-nodule".to_owned(),
        state,
        fault: (state == CaseState::Failed).then(|| Fault {
            code: "gzip-truncated".to_owned(),
            message: "reading the scan: the file ends in the middle".to_owned(),
            hint: "Copy it again.".to_owned(),
        }),
        dismissed: false,
        revision: has_mask.then_some(1),
        score,
        volume_ml: has_mask.then_some(23.4),
        reviewer: None,
        reason: None,
        draft: false,
        reads: None,
        you_read_first: false,
        assigned: None,
        yours: false,
        created: noon() - jiff::SignedDuration::from_mins(9),
        updated: noon() - jiff::SignedDuration::from_mins(3),
    }
}

/// A case with `revisions` revisions; the mask is on slices 5 to 8, largest on 7, and has a vague
/// edge on 8.
pub fn detail(id: &str, state: CaseState, revisions: u32) -> CaseDetail {
    let mut summary = summary(id, state, (revisions > 0).then_some(0.71));
    summary.revision = (revisions > 0).then_some(revisions);
    let event = |seq, action, revision| case::Event {
        seq,
        at: noon() - jiff::SignedDuration::from_mins(9 - seq as i64),
        who: "daemon".to_owned(),
        action,
        case: Some(CaseId(id.to_owned())),
        revision,
        detail: String::new(),
    };
    CaseDetail {
        scan: Some(scan_info()),
        sha256: "0".repeat(64),
        revisions: (1..=revisions).map(revision).collect(),
        history: vec![
            event(1, case::Action::Identified, None),
            event(2, case::Action::Revised, Some(1)),
        ],
        references: Vec::new(),
        output_found: None,
        summary,
    }
}

fn scan_info() -> ScanInfo {
    ScanInfo {
        dims: SCAN.dims,
        affine: SCAN.affine,
        voxel_type: "int16".to_owned(),
        picture: false,
        notes: Vec::new(),
    }
}

fn revision(number: RevisionNumber) -> Revision {
    Revision {
        number,
        parent: (number > 1).then(|| number - 1),
        provenance: provenance(),
        output: OutputFiles {
            label_map: "/out/x_dseg.nii.gz".to_owned(),
            provenance: "/out/x_dseg.json".to_owned(),
            label_table: "/out/x_dseg.tsv".to_owned(),
            sha256: None,
            folder: None,
        },
    }
}

fn provenance() -> Provenance {
    let score = |index| SliceScore {
        index,
        area: area(index),
        predicted_iou: 0.71,
        stability: if index == 8 { 0.75 } else { 0.9 },
        // Slice 7 deserves the first look.
        agreement: (index == 7).then_some(0.6),
        steadiness: None,
    };
    Provenance {
        generated_by: "medicosam 0.1.0".to_owned(),
        created: noon(),
        author: "profile lung-nodule".to_owned(),
        scan: ScanRecord {
            path: "/data/incoming/x.nii.gz".to_owned(),
            frame: None,
            files: Vec::new(),
            sha256: "0".repeat(64),
            info: scan_info(),
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
        model: model_record(),
        runtime: RuntimeRecord {
            name: "ONNX Runtime 1.32.0".to_owned(),
            device: "cpu".to_owned(),
            precision: "f32".to_owned(),
            threads: 2,
        },
        prompts: Vec::new(),
        propagation: None,
        quality: Some(Quality {
            score: 0.71,
            reasons: vec![
                "area jumps between slices 7 and 8, 2.6 times".to_owned(),
                "the edge is uncertain on slice 8".to_owned(),
            ],
            alone: Vec::new(),
        }),
        drawn: Vec::new(),
        sources: Vec::new(),
        edited: Default::default(),
        painted: Default::default(),
        masks: Default::default(),
        objects: vec![ObjectResult {
            label: Label::MIN,
            name: "nodule".to_owned(),
            voxels: 1000,
            volume_ml: Some(2.45),
            slices: (5..=8).map(score).collect(),
        }],
        kept_in: None,
        timings: Timings::default(),
    }
}

fn model_record() -> ModelRecord {
    ModelRecord {
        name: "lite-medsam".to_owned(),
        family: "litemedsam".to_owned(),
        hash: "0".repeat(64),
        understands: None,
    }
}

fn area(index: u32) -> u64 {
    [100, 200, 300, 150][index as usize - 5]
}

pub fn masks() -> MaskSet {
    let mut set = MaskSet::empty(SCAN.dims, Axis::K);
    let shape = SCAN.dims.slice_shape(Axis::K);
    for index in 5..=8 {
        let radius = f64::sqrt(area(index) as f64 / std::f64::consts::PI);
        let mask = SliceMask::from_fn(shape, |x, y| {
            (f64::from(x) - 40.0).hypot(f64::from(y) - 20.0) <= radius
        });
        set.set_runs(Label::MIN, "nodule", index, mask.to_rle());
    }
    set
}

/// A slice of a scan with a smooth pattern of values from −1350 to 150.
pub fn slice_across(axis: Axis, index: u32) -> SliceValues {
    let shape = SCAN.dims.slice_shape(axis);
    let SliceShape { width, height } = shape;
    let value = |x: u32, y: u32| {
        let [i, j, k] = axis.voxel(index, x, y);
        let wave = (f64::from(i * (k + 3)) / 20.0).sin() * (f64::from(j) / 9.0).cos();
        (-600.0 + 750.0 * wave) as f32
    };
    let values = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y)));
    SliceValues {
        colours: None,
        shape,
        values: values.collect(),
    }
}

pub fn status() -> Status {
    Status {
        paused: None,
        troubles: Vec::new(),
        version: VersionInfo::current(),
        pid: 4711,
        cases: [("review".to_owned(), 2), ("approved".to_owned(), 1)].into(),
        settling: Vec::new(),
        roots: Vec::new(),
        workers: vec![WorkerStatus {
            number: 1,
            pid: Some(4712),
            activity: Activity::Idle,
            case: None,
            device: Some("cpu".to_owned()),
            fallback: None,
            restarts: 0,
            runtime: Some("ONNX Runtime 1.32.0".to_owned()),
            progress: None,
            fault: None,
        }],
        last_event: 7,
        viewers: Vec::new(),
        you: "me".to_owned(),
        profiles: Vec::new(),
    }
}

/// A client of a daemon with `cases`, on a terminal of 80 × 24.
pub fn connected(cases: Vec<CaseSummary>) -> Model {
    let mut model = Model::new(noon(), (80, 24));
    let list = CaseList {
        cases,
        last_event: 7,
    };
    handle(
        &mut model,
        Event::from(Answer::Connected {
            list,
            status: status(),
        }),
    );
    model
}

/// A client with the cases `ids` in review, worst first.
pub fn with_review(ids: &[&str]) -> Model {
    let case =
        |(n, id): (usize, &&str)| summary(id, CaseState::Review, Some(0.5 + n as f32 / 10.0));
    connected(ids.iter().enumerate().map(case).collect())
}

/// Presses keys, written as in keymaps and separated by blanks, after a pause and in one go. What the
/// client asks the daemon for meanwhile is answered from this file; everything else comes back.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    wait(model);
    let mut left = Vec::new();
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        let effects = handle(model, Event::Key(key));
        left.extend(serve(model, effects));
    }
    left
}

/// Lets a second pass.
pub fn wait(model: &mut Model) {
    let later = model.now + jiff::SignedDuration::from_secs(1);
    handle(model, Event::Clock(later));
}

/// Answers what is asked for; returns what cannot be answered from here.
pub fn serve(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let mut open = effects;
    let mut left = Vec::new();
    while let Some(effect) = open.pop() {
        let answer = match effect {
            Effect::LoadCase(case) => {
                let known = model.queue.get(&case);
                let state = known.map_or(CaseState::Review, |c| c.state);
                let revision = known.and_then(|c| c.revision).unwrap_or(0);
                let mut detail = detail(&case.0, state, revision);
                if let Some(known) = known {
                    detail.summary = known.clone();
                }
                Answer::Case {
                    result: Ok(Box::new(detail)),
                    case,
                }
            }
            Effect::Peek(case) => {
                let known = model.queue.get(&case);
                let (state, revision) = known.map_or((CaseState::Review, 0), |c| {
                    (c.state, c.revision.unwrap_or(0))
                });
                Answer::Peeked(Ok(Box::new(detail(&case.0, state, revision))))
            }
            Effect::LoadSlice {
                case, plane, index, ..
            } => Answer::Slice {
                case,
                plane,
                index,
                result: Ok(Arc::new(slice_across(SCAN.affine.axis(plane), index))),
            },
            Effect::LoadMasks { case, revision } => Answer::Masks {
                case,
                revision,
                result: Ok(Arc::new(masks())),
            },
            Effect::LoadReference { case, sha256, .. } => Answer::Reference {
                case,
                sha256,
                result: Ok(Arc::new(masks())),
            },
            Effect::LoadDraft(case) => Answer::Draft {
                case,
                result: Ok(DraftView {
                    draft: None,
                    understands: None,
                }),
            },
            other => {
                left.insert(0, other);
                continue;
            }
        };
        open.extend(handle(model, Event::from(answer)));
    }
    left
}

/// The terminal shows what there is to show.
pub fn show(model: &mut Model) -> Option<Showing> {
    let Subject::Slice(subject) = model.subject() else {
        return None;
    };
    handle(model, Event::Shown(subject.showing.clone()));
    Some(subject.showing)
}

/// The terminal shows every slice that has a mask.
pub fn show_all(model: &mut Model) {
    press(model, "g");
    for _ in 5..=8 {
        press(model, "]");
        show(model);
    }
}

/// The keys that mean something in the default keymap, for tests that press all of them.
pub fn all_keys() -> Vec<Key> {
    use super::Context;
    let keymap = Keymap::default();
    [
        Context::Queue,
        Context::Review,
        Context::Window,
        Context::Edit,
    ]
    .into_iter()
    .flat_map(|context| {
        let actions = keymap.actions(context);
        actions
            .into_iter()
            .flat_map(|action| keymap.keys(context, action).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    })
    .collect()
}
