//! Plans without files: a profile for every header, scans for every number of volumes.

use super::*;
use crate::config::{Limits, Values};
use crate::prompts::{Files, PromptsError};
use medicosam_shared::geometry::{Affine, Axis, Dims};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt};
use proptest::prelude::*;
use std::cell::RefCell;
use std::path::Path;

/// Answers as a test says, and remembers the questions.
struct Told {
    header: Result<Seen, Fault>,
    values: Option<Values>,
    understands: Option<Understands>,
    limits: Limits,
    asked: RefCell<Vec<String>>,
}

impl Told {
    fn new(dims: [u32; 3], volumes: u64) -> Self {
        let info = ScanInfo {
            dims: Dims(dims),
            affine: Affine::from_spacing([1.0, 1.0, 3.0]),
            voxel_type: "int16".into(),
            picture: false,
            notes: vec![],
        };
        Told {
            header: Ok(Seen { info, volumes }),
            values: None,
            understands: None,
            limits: Limits::default(),
            asked: RefCell::default(),
        }
    }

    fn asks(&self, what: &str, source: &Source) {
        self.asked
            .borrow_mut()
            .push(format!("{what} {}", source.name()));
    }
}

fn fault(code: &str) -> Fault {
    Fault {
        code: code.to_owned(),
        message: "told".to_owned(),
        hint: String::new(),
    }
}

impl Reader for Told {
    fn header(&self, _: &Source) -> Result<Seen, Fault> {
        self.header.clone()
    }

    fn scan(&self, source: &Source) -> Result<ScanInfo, Fault> {
        self.asks("scan", source);
        Err(fault("scan-volumes"))
    }

    fn values(&self, source: &Source) -> Option<Values> {
        self.asks("values", source);
        self.values
    }

    fn files(&self, _: &Profile, _: &Source) -> Result<Files, PromptsError> {
        Ok(Files::default())
    }

    fn understands(&self, _: &str) -> Option<Understands> {
        self.understands
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// A configuration with one root, `/in`.
fn config(profiles: &str, text: &str) -> Config {
    let text = format!("[[root]]\npath = \"/in\"\nprofile = {profiles}\noutput = \"/out\"\n{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("medicosam.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path, Path::new("/data")).unwrap()
}

const TWO: &str = r#"
[[profile]]
name = "mr"
[profile.match]
bids = { suffix = "T1w" }
values = { lowest = [0, 10] }
[[profile]]
name = "ct"
[profile.match]
shape = { min = [9, 9, 1] }
values = { lowest = [-2000, -500] }
"#;

fn arrival<'a>(config: &'a Config, name: &str, told: &Told) -> Arrival<'a> {
    let file = Source::file(format!("/in/{name}"));
    Arrival::of(config, &config.roots[0], &file, told.header(&file), told)
}

#[test]
fn the_first_profile_whose_rules_hold_is_chosen_and_values_are_read_once() {
    let config = config(r#"["mr", "ct"]"#, TWO);
    let mut told = Told::new([40, 40, 9], 1);
    told.values = Some(Values {
        lowest: -1000.0,
        highest: 3000.0,
    });
    let t1 = arrival(&config, "sub-1_T1w.nii.gz", &told);
    assert_eq!(t1.profile_name(), "ct");
    assert_eq!(t1.passed_over[0].profile, "mr");
    assert!(t1.passed_over[0].why.contains("lowest value is -1000"));
    assert_eq!(*told.asked.borrow(), ["values sub-1_T1w.nii.gz"]);
    assert_eq!(t1.first.info.as_ref().unwrap().dims.0, [40, 40, 9]);
    assert!(t1.others.is_empty());

    told.values = Some(Values {
        lowest: 0.0,
        highest: 900.0,
    });
    assert_eq!(
        arrival(&config, "sub-1_T1w.nii", &told).profile_name(),
        "mr"
    );
    let none = arrival(&config, "sub-1_T2w.nii", &told);
    assert_eq!(none.profile_name(), crate::config::NO_PROFILE);
    let fault = none.first.info.unwrap_err();
    assert_eq!(Err(fault.clone()), none.profile.map(|p| p.name.clone()));
    assert_eq!(fault.code, "no-profile");
    for part in [
        "/in/sub-1_T2w.nii",
        "not mr: suffix is T2w",
        "; not ct: its lowest",
    ] {
        assert!(fault.message.contains(part), "{}", fault.message);
    }
}

#[test]
fn a_header_that_cannot_be_read_fails_under_the_profile_that_its_name_allows() {
    let config = config(r#"["mr", "ct"]"#, TWO);
    let mut told = Told::new([1, 1, 1], 1);
    told.header = Err(fault("scan-truncated"));
    for (name, profile) in [("a_T1w.nii", "mr"), ("a_T2w.nii", "ct")] {
        let arrival = arrival(&config, name, &told);
        assert_eq!(arrival.profile_name(), profile);
        assert_eq!(arrival.first.info.unwrap_err().code, "scan-truncated");
    }
    assert!(told.asked.borrow().is_empty(), "no voxel is read");
    let config = self::config(r#""mr""#, TWO);
    let none = arrival(&config, "a_T2w.nii", &told);
    assert_eq!(none.profile_name(), crate::config::NO_PROFILE);
    let code = none.first.info.unwrap_err().code;
    assert_eq!(code, "scan-truncated", "it would fail under any profile");
}

#[test]
fn several_volumes_are_a_fault_unless_the_profile_says_which_it_wants() {
    let frames = |line: &str, volumes| {
        let config = config(r#""p""#, &format!("[[profile]]\nname = \"p\"\n{line}"));
        let told = Told::new([9, 9, 9], volumes);
        let arrival = arrival(&config, "bold.nii.gz", &told);
        let scans = arrival.scans();
        scans
            .map(|s| (s.source.frame_number(), s.info.is_ok()))
            .collect::<Vec<_>>()
    };
    assert_eq!(frames("", 3), [(None, false)]);
    assert_eq!(frames("", 1), [(None, true)]);
    assert_eq!(frames("frames = 2", 3), [(Some(2), true)]);
    assert_eq!(frames("frames = 3", 3), [(Some(3), false)]);
    assert_eq!(frames("frames = 3", 1), [(None, true)]);
    let each = frames("frames = \"each\"", 3);
    assert_eq!(each, [(Some(0), true), (Some(1), true), (Some(2), true)]);
}

#[test]
fn values_of_several_volumes_are_those_of_the_first() {
    let config = config(r#""ct""#, TWO);
    let told = Told::new([40, 40, 9], 5);
    arrival(&config, "bold.nii.gz", &told);
    let asked = told.asked.borrow();
    assert_eq!(asked[0], "values bold_frame-0000.nii.gz", "{asked:?}");
}

const BOXED: &str = r#"
[[profile]]
name = "mr"
[profile.match]
bids = { suffix = "T1w" }
[[profile]]
name = "liver"
window = { level = 40, width = 400 }
propagation = "middle-out"
[[profile.object]]
label = 1
name = "lesion"
box = { min = [1, 2, 3], max = [5, 6, 8] }
points = [{ at = [2, 3, 4] }]
[[profile.object]]
label = 2
name = "cyst"
box = { min = [1, 2, 3], max = [5, 6, 4] }
"#;

#[test]
fn a_plan_has_the_spans_and_slices_and_says_what_the_model_does_not_understand() {
    let config = config(r#"["mr", "liver"]"#, BOXED);
    let mut told = Told::new([40, 40, 9], 1);
    told.understands = Some(Understands::BOXES);
    let file = Source::file("/in/ct.nii.gz");
    let first = plan(&config, &config.roots[0], &file, &told).first.unwrap();
    let Segmenting {
        axis,
        propagation,
        prompts,
        ..
    } = &first.segmenting;
    assert_eq!(*axis, Axis::K);
    assert_eq!(propagation.unwrap().name(), "middle-out");
    assert_eq!(prompts.spans()[0].slices, 3..8);
    let single: Vec<_> = prompts.slices().iter().map(SlicePrompt::place).collect();
    assert_eq!(single, [Place::new(Label::new(2).unwrap(), 3)]);
    assert!(first.notes()[0].contains("not trained on points"));

    told.header.as_mut().unwrap().info.dims = Dims([4, 4, 9]);
    let outside = plan(&config, &config.roots[0], &file, &told).first;
    let fault = outside.unwrap_err();
    assert_eq!(fault.code, "prompt-outside");
    assert!(fault.message.contains("(not mr: "), "{}", fault.message);
}

#[test]
fn what_a_person_has_segmented_is_not_asked_and_keeps_its_axis() {
    let config = config(r#""liver""#, BOXED);
    let info = Told::new([40, 40, 9], 1).header.unwrap().info;
    let of = |kept| Segmenting::of(&config.profiles[1], &info, Files::default(), false, kept);
    assert_eq!(of(None).unwrap().prompts.by_slice().len(), 6);
    let edited = [3, 5].map(|index| Place::new(Label::MIN, index)).into();
    let kept = Kept {
        axis: Axis::K,
        edited: &edited,
    };
    let left = of(Some(kept)).unwrap();
    assert_eq!(left.prompts.by_slice().len(), 4);
    assert_eq!(left.prompts.spans()[0].slices, 6..8);
    let across = Kept {
        axis: Axis::I,
        ..kept
    };
    assert_eq!(of(Some(across)).unwrap().axis, Axis::I);
}

proptest! {
    #[test]
    fn every_file_has_a_first_scan_and_only_existing_volumes_are_usable(
        volumes in 0u64..6, frame in prop::option::of(0u64..8), each: bool,
    ) {
        let line = match (frame, each) {
            (_, true) => "frames = \"each\"".to_owned(),
            (Some(frame), false) => format!("frames = {frame}"),
            (None, false) => String::new(),
        };
        let config = config(r#""p""#, &format!("[[profile]]\nname = \"p\"\n{line}"));
        let arrival = arrival(&config, "bold.nii.gz", &Told::new([9, 9, 9], volumes));
        for scan in arrival.scans() {
            let exists = match scan.source.frame_number() {
                Some(frame) => volumes > 1 && frame < volumes,
                None => volumes <= 1,
            };
            prop_assert_eq!(scan.info.is_ok(), exists);
        }
        let count = arrival.scans().count() as u64;
        prop_assert_eq!(count, if each && volumes > 1 { volumes } else { 1 });
    }
}
