//! Where prompts come from, and which of them counts.

use super::*;
use crate::config::{
    BoxSpec, FromLabels, Limits, Marks, Object, Profile, ReviewPolicy, Rules, SlicePlane, UsedAs,
};
use crate::scan::{Class, Source, SourceKey};
use medicosam_shared::geometry::{Affine, Axis, Dims};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SliceBox};
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::window::Window;
use medicosam_tests::nifti::write_scan;
use std::path::Path;

const SIZE: [u16; 3] = [40, 30, 8];

struct Fixture {
    folder: tempfile::TempDir,
    profile: Profile,
    info: ScanInfo,
}

/// A profile with `lesion` (1, a box on slices 2 to 4) and `cyst` (2, without prompts).
fn fixture() -> Fixture {
    let marks = |text: &str| {
        let bbox: BoxSpec = serde_json::from_str(text).unwrap();
        Marks::new(Some(bbox), vec![], vec![])
    };
    let object = |label, name: &str, marks| Object {
        label: Label::new(label).unwrap(),
        name: name.to_owned(),
        marks,
    };
    let lesion = marks(r#"{"min": [5, 6, 2], "max": [15, 16, 5]}"#);
    Fixture {
        folder: tempfile::tempdir().unwrap(),
        profile: Profile {
            name: "liver".into(),
            model: "litemedsam".into(),
            plane: SlicePlane::Acquisition,
            window: Window::MinMax,
            rules: Rules::default(),
            from_labels: None,
            frames: None,
            masks: MaskRules::default(),
            propagation: Propagation::default(),
            second_reading: Default::default(),
            review: ReviewPolicy::default(),
            objects: vec![
                object(1, "lesion", lesion),
                object(2, "cyst", Marks::default()),
            ],
        },
        info: ScanInfo {
            dims: Dims(SIZE.map(u32::from)),
            affine: Affine::from_spacing([1.0, 1.0, 4.0]),
            voxel_type: "int16".into(),
            picture: false,
            notes: vec![],
        },
    }
}

impl Fixture {
    fn sidecar(&self, text: &str) {
        std::fs::write(self.folder.path().join("ct.prompts.json"), text).unwrap();
    }

    /// A label map with label 1 at column 20, row 10 of slices 3 to 6, label 2 two pixels large on
    /// slice 5, and label 7 on slice 0.
    fn labels(&self, size: [u16; 3]) {
        let path = self.folder.path().join("ct_seg.nii");
        write_scan(&path, size, 4.0, |i, j, k| match (i, j, k) {
            (20, 10, 3..=6) => 1,
            (30 | 31, 12, 5) => 2,
            (0, 0, 0) => 7,
            _ => 0,
        });
    }

    fn gather(&self, masks: bool) -> Result<Prompts, PromptsError> {
        let scan = Source::file(self.folder.path().join("ct.nii.gz"));
        let files = Files::read(&self.profile, &scan, &Limits::default())?;
        resolve(&self.profile, files, &self.info, Axis::K, masks)
    }

    /// Label and slice of every prompt.
    fn asked(&self) -> Vec<(u16, u32)> {
        let prompts = self.gather(false).unwrap().by_slice();
        prompts.iter().map(|p| (p.label.get(), p.index)).collect()
    }

    fn error(&self) -> PromptsError {
        self.gather(false).unwrap_err()
    }
}

fn from_labels(used_as: UsedAs, margin: u32) -> FromLabels {
    FromLabels {
        path: "{stem}_seg.nii".parse().unwrap(),
        used_as,
        margin,
    }
}

#[test]
fn without_anything_beside_the_scan_the_profile_counts() {
    let fixture = fixture();
    assert_eq!(fixture.asked(), [(1, 2), (1, 3), (1, 4)]);
    let prompts = fixture.gather(false).unwrap();
    assert_eq!(prompts.objects.len(), 2, "the cyst is known, and waits");
    assert!(prompts.sources.is_empty());
}

#[test]
fn a_sidecar_takes_the_place_of_the_profiles_prompts_object_by_object() {
    let fixture = fixture();
    fixture.sidecar(r#"{"object": [{"name": "cyst", "points": [{"at": [3, 4, 7]}]}]}"#);
    assert_eq!(fixture.asked(), [(1, 2), (1, 3), (1, 4), (2, 7)]);
    fixture.sidecar(
        r#"{"object": [{"label": 1, "boxes": [
            {"slice": 6, "min": [1, 1], "max": [5, 5]},
            {"slice": 0, "min": [2, 2], "max": [5, 5]}]}]}"#,
    );
    assert_eq!(fixture.asked(), [(1, 0), (1, 6)]);
    let sources = fixture.gather(false).unwrap().sources;
    assert!(sources[0].path.ends_with("ct.prompts.json"));
    assert_eq!(sources[0].sha256.len(), 64);
    fixture.sidecar(r#"{"object": [{"label": 1}]}"#);
    assert_eq!(
        fixture.asked(),
        [],
        "in this scan there is no lesion to ask for"
    );
}

#[test]
fn a_profile_without_objects_takes_those_of_the_sidecar() {
    let mut fixture = fixture();
    fixture.profile.objects.clear();
    fixture.sidecar(
        r#"{"object": [{"label": 9, "points": [{"at": [3, 4, 7]}]},
                       {"label": 3, "name": "node", "points": [{"at": [3, 4, 6]}]}]}"#,
    );
    assert_eq!(
        fixture.asked(),
        [(9, 7), (3, 6)],
        "in the order of the file"
    );
    let names = fixture.gather(false).unwrap().names();
    let names: Vec<&str> = names.values().map(String::as_str).collect();
    assert_eq!(names, ["node", "label 9"]);
    fixture.sidecar(r#"{"object": [{"name": "node"}]}"#);
    assert_eq!(fixture.error().code(), "prompts-unknown-object");
}

#[test]
fn what_is_wrong_names_the_place_the_object_and_the_numbers() {
    let mut fixture = fixture();
    for (text, code, expected) in [
        (
            r#"{"object": [{"label": 3}]}"#,
            "prompts-unknown-object",
            r#"object with label 3 is not one of profile "liver", which has "lesion" (1), "cyst" (2)"#,
        ),
        (
            r#"{"object": [{"label": 1, "name": "cyst"}]}"#,
            "prompts-unknown-object",
            r#""cyst" with label 1"#,
        ),
        (
            r#"{"object": [{"label": 1}, {"name": "lesion"}]}"#,
            "prompts-wrong",
            "twice",
        ),
        (
            r#"{"object": [{"name": "cyst", "box": {"min": [0, 0, 0], "max": [41, 5, 5]}}]}"#,
            "prompt-outside",
            r#"object "cyst": the box [0.0, 0.0, 0.0] to [41.0, 5.0, 5.0] (voxels) lies outside; the scan has 40×30×8 voxels"#,
        ),
        (r#"{"object": [}"#, "prompts-wrong", "line 1"),
    ] {
        fixture.sidecar(text);
        let error = fixture.error();
        assert_eq!(error.code(), code, "{error}");
        let text = error.to_string();
        assert!(
            text.contains(expected) && text.contains("ct.prompts.json"),
            "{text}"
        );
    }
    std::fs::remove_file(fixture.folder.path().join("ct.prompts.json")).unwrap();
    fixture.info.dims = Dims([10, 10, 8]);
    let text = fixture.error().to_string();
    assert!(
        text.starts_with(r#"profile "liver", object "lesion": the box"#),
        "{text}"
    );
}

#[test]
fn a_label_map_gives_the_box_of_each_object_on_each_slice() {
    let mut fixture = fixture();
    fixture.profile.from_labels = Some(from_labels(UsedAs::Boxes, 1));
    fixture.labels(SIZE);
    // The lesion has a box of its own, label 7 is no object of the profile.
    assert_eq!(fixture.asked(), [(1, 2), (1, 3), (1, 4), (2, 5)]);
    let prompts = fixture.gather(true).unwrap();
    let cyst = SliceBox {
        x0: 29,
        y0: 11,
        x1: 33,
        y1: 14,
    };
    assert_eq!(
        prompts.objects[1].slices[&5].bbox,
        Some(cyst),
        "with its margin"
    );
    assert!(prompts.starts.is_empty());
    assert_eq!(prompts.sources[0].used, "boxes");

    // A point is added to the boxes of the map.
    fixture.sidecar(r#"{"object": [{"label": 1, "points": [{"at": [20, 11, 4]}]}]}"#);
    assert_eq!(fixture.asked(), [(1, 3), (1, 4), (1, 5), (1, 6), (2, 5)]);
    let slices = fixture.gather(false).unwrap().by_slice();
    assert!(slices[1].bbox.is_some() && slices[1].points.len() == 1);
}

#[test]
fn a_profile_without_objects_takes_every_label() {
    let mut fixture = fixture();
    fixture.profile.objects.clear();
    fixture.profile.from_labels = Some(from_labels(UsedAs::Boxes, 0));
    fixture.labels(SIZE);
    assert_eq!(
        fixture.asked(),
        [(1, 3), (1, 4), (1, 5), (1, 6), (2, 5), (7, 0)]
    );
    let names = fixture.gather(false).unwrap().names();
    assert_eq!(names[&Label::new(7).unwrap()], "label 7");
}

#[test]
fn masks_to_start_from_are_used_where_the_model_understands_them_and_it_is_said() {
    let mut fixture = fixture();
    fixture.profile.from_labels = Some(from_labels(UsedAs::Masks, 0));
    fixture.labels(SIZE);
    let understood = fixture.gather(true).unwrap();
    let start = &understood.starts[&Place::new(Label::new(2).unwrap(), 5)];
    assert_eq!(start.area(), 2);
    assert_eq!(understood.sources[0].used, "masks and boxes");
    let not = fixture.gather(false).unwrap();
    assert!(not.starts.is_empty());
    assert_eq!(not.by_slice(), understood.by_slice());
    assert!(
        not.sources[0]
            .used
            .contains("litemedsam was not trained on masks")
    );
}

#[test]
fn a_label_map_that_cannot_be_used_is_an_error() {
    let mut fixture = fixture();
    fixture.profile.from_labels = Some(from_labels(UsedAs::Boxes, 0));
    let missing = fixture.error();
    assert_eq!(
        (missing.code(), missing.class()),
        ("labels-missing", Class::Environment)
    );
    assert!(missing.to_string().contains("ct_seg.nii"), "{missing}");

    fixture.labels([40, 30, 7]);
    let error = fixture.error();
    assert_eq!(error.code(), "labels-other-grid");
    assert!(error.to_string().contains("40×30×7"), "{error}");

    let path = fixture.folder.path().join("ct_seg.nii");
    write_scan(&path, SIZE, 4.0, |i, _, _| i16::from(i == 3) * 5);
    let text = fixture.error().to_string();
    assert!(text.contains("has label 5, none of which"), "{text}");
    write_scan(&path, SIZE, 4.0, |i, _, _| -i16::from(i == 3));
    assert_eq!(fixture.error().code(), "scan-not-a-label-map");

    // The sidecar's word goes before the profile's.
    fixture.sidecar(r#"{"from_labels": "{stem}_atlas.nii"}"#);
    let error = fixture.error().to_string();
    assert!(
        error.contains("ct_atlas.nii") && error.contains("sidecar"),
        "{error}"
    );
}

#[test]
fn the_scan_of_a_file_beside_it_is_found() {
    let maps = ["labels/{stem}_seg.nii.gz".parse().unwrap()];
    let scans = |path: &str| scans_of(Path::new(path), &maps);
    let key = |path: &str, frame| SourceKey::new(path, frame);
    assert!(scans("/in/a.prompts.json").contains(&key("/in/a.nii.gz", None)));
    assert!(scans("/in/a.nii.gz.prompts.json").contains(&key("/in/a.nii.gz", None)));
    assert!(scans("/in/labels/a_seg.nii.gz").contains(&key("/in/a.nii", None)));
    assert!(scans("/in/a_frame-0003.prompts.json").contains(&key("/in/a.nii", Some(3))));
    assert!(scans("/in/other/a_seg.nii.gz").is_empty());
}
