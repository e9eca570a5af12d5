//! Pictures, the volumes of 4-D files and pairs of header and image go the way of every scan.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::CaseState;
use medicosam_shared::geometry::Plane;
use medicosam_shared::mask::dice;
use medicosam_tests::nifti::{read_label_map, write_scan};
use medicosam_tests::system::System;
use serde_json::Value;
use std::fs::{self, File};
use std::io::BufReader;

/// A disc, and a box of fractions around it.
const PROFILE: &str = r#"
[[profile]]
name = "test"
frames = "each"

[[profile.object]]
label = 3
name = "disc"
box = { space = "fraction", min = [0.2, 0.2, 0.0], max = [0.7, 0.7, 1.0] }
"#;

fn system() -> System {
    let system = System::new(PROFILE);
    system.configure("profile = \"test\"", "profile = \"test\"\npictures = true");
    system
}

fn in_disc(x: u32, y: u32, centre: u32, radius: u32) -> bool {
    x.abs_diff(centre).pow(2) + y.abs_diff(centre).pow(2) <= radius * radius
}

#[test]
fn a_picture_becomes_a_label_map_that_is_a_picture() {
    let mut system = system();
    // As bright as its surroundings, but of another colour.
    let (side, centre, radius) = (240u32, 108u32, 48u32);
    let path = system.path("incoming/skin.png");
    let file = File::create(&path).unwrap();
    let mut encoder = png::Encoder::new(file, side, side);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = (0..side * side)
        .flat_map(|at| match in_disc(at % side, at / side, centre, radius) {
            true => [150, 40, 30],
            false => [220, 180, 160],
        })
        .collect();
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    fs::write(system.path("incoming/cut.jpg"), b"\xff\xd8\xff\xe0 no more").unwrap();
    system.start();
    let failed = system.until_state("cut.jpg", CaseState::Failed);
    assert_eq!(failed.summary.fault.unwrap().code, "scan-damaged-picture");

    let case = system.until_state("skin.png", CaseState::Review);
    let scan = case.scan.as_ref().unwrap();
    assert_eq!(scan.dims.0, [side, side, 1]);
    assert!(scan.picture);
    let client = system.client();
    let slice = system.wait(client.coloured_slice(&case.summary.id, Plane::Axial, 0));
    let colours = slice.colours.unwrap();
    assert_eq!(colours[0], [220, 180, 160]);
    assert_eq!(colours[(centre * side + centre) as usize], [150, 40, 30]);
    let grey = system.wait(client.slice(&case.summary.id, Plane::Axial, 0));
    assert_eq!(grey.colours, None);
    let mut pairs = grey.values.iter().zip(&slice.values);
    assert!(pairs.all(|(a, b)| (a - b).abs() <= 1.0), "the brightness");
    assert_eq!(
        system.files_below("results"),
        ["skin_dseg.json", "skin_dseg.png", "skin_dseg.tsv"]
    );
    let written = BufReader::new(File::open(system.path("results/skin_dseg.png")).unwrap());
    let mut reader = png::Decoder::new(written).read_info().unwrap();
    let mut labels = vec![0; (side * side) as usize];
    let info = reader.next_frame(&mut labels).unwrap();
    assert_eq!((info.width, info.height), (side, side));
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    let expected = (0..side * side).map(|at| in_disc(at % side, at / side, centre, radius));
    let found = dice(labels.iter().map(|&v| v == 3), expected);
    assert!(found > 0.9, "Dice {found}");

    // The client sees its brightness, and prompts it like any slice.
    let id = case.summary.id.0.as_str();
    let slice = system.wait(system.client().slice(&case.summary.id, Plane::Axial, 0));
    assert_eq!((slice.shape.width, slice.shape.height), (side, side));
    let arguments = [
        "prompt",
        id,
        "--slice",
        "0",
        "--box",
        "70,70,150,150",
        "--json",
    ];
    let prompted = system.medicosam(&arguments);
    let answer: Value = serde_json::from_slice(&prompted.stdout).unwrap();
    assert_eq!(answer["revision"], 2, "{answer}");
    let shown = system.wait(system.client().case(id));
    let timings = shown.current().unwrap().provenance.timings;
    assert_eq!(timings.slices_cached, 1, "the embedding was kept");
    system.stop();
}

#[test]
fn each_volume_of_a_series_is_a_case_with_results_of_its_own() {
    let mut system = system();
    let path = system.path("incoming/sub-1/cine.nii");
    fs::create_dir(path.parent().unwrap()).unwrap();
    // Three volumes of two slices, the disc grows; written as six slices.
    let radius = |k: u16| 18 + 2 * u32::from(k / 2);
    write_scan(&path, [96, 96, 6], 4.0, |i, j, k| {
        if in_disc(i.into(), j.into(), 43, radius(k)) {
            900
        } else {
            100
        }
    });
    let mut bytes = fs::read(&path).unwrap();
    for (at, number) in [(40, 4i16), (46, 2), (48, 3)] {
        bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
    }
    fs::write(&path, bytes).unwrap();

    let explained = system
        .medicosamd(&["explain", &path.to_string_lossy(), "--json"])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&explained.stdout).unwrap();
    assert_eq!(told["volumes"], serde_json::json!([0, 1, 2]), "{told}");
    assert_eq!(told["slices"], serde_json::json!([0, 1]));

    system.start();
    for frame in 0..3u16 {
        let name = format!("cine_frame-{frame:04}.nii");
        let case = system.until_state(&name, CaseState::Review);
        assert_eq!(case.scan.unwrap().dims.0, [96, 96, 2]);
        let map = system.path(&format!("results/sub-1/cine_frame-{frame:04}_dseg.nii.gz"));
        let (dims, labels) = read_label_map(&map);
        assert_eq!(dims, [96, 96, 2]);
        let expected =
            (0..2 * 96 * 96u32).map(|at| in_disc(at % 96, at / 96 % 96, 43, radius(2 * frame)));
        let found = dice(labels.iter().map(|&v| v == 3), expected);
        assert!(found > 0.85, "volume {frame}: Dice {found}");
        let slice = system.wait(system.client().slice(&case.summary.id, Plane::Axial, 1));
        assert_eq!(slice.shape.width, 96);
    }
    // A restart finds the same three; a sidecar of the file concerns each of them.
    system.stop();
    let sidecar =
        r#"{"object": [{"name": "disc", "box": {"min": [20, 20, 0], "max": [70, 70, 1]}}]}"#;
    fs::write(system.path("incoming/sub-1/cine.prompts.json"), sidecar).unwrap();
    system.start();
    let revisions = system.until("a new revision of each", |cases| {
        let all = cases
            .iter()
            .all(|c| c.state == CaseState::Review && c.revision == Some(2));
        all.then_some(cases.len())
    });
    assert_eq!(revisions, 3);
    system.stop();
}

#[test]
fn a_pair_of_header_and_image_is_one_scan() {
    let mut system = system();
    let [whole, header, image] =
        ["whole.nii", "incoming/ct.hdr", "incoming/ct.img"].map(|name| system.path(name));
    let inside = |x, y| in_disc(x, y, 43, 22);
    write_scan(&whole, [96, 96, 2], 4.0, |i, j, _| {
        if inside(i.into(), j.into()) { 900 } else { 100 }
    });
    let mut bytes = fs::read(&whole).unwrap();
    fs::write(&image, &bytes[352..]).unwrap();
    let explain = |system: &System, path: &std::path::Path| -> Value {
        let arguments = ["explain", &*path.to_string_lossy(), "--json"];
        let explained = system.medicosamd(&arguments).output().unwrap();
        serde_json::from_slice(&explained.stdout).unwrap()
    };
    let told = explain(&system, &image);
    let message = told["error"]["message"].as_str().unwrap();
    assert!(message.contains("its header, ct.hdr"), "{told}");

    system.start();
    bytes[108..112].copy_from_slice(&0f32.to_le_bytes());
    bytes[344..348].copy_from_slice(b"ni1\0");
    fs::write(&header, &bytes[..348]).unwrap();
    let case = system.until_state("ct.hdr", CaseState::Review);
    assert_eq!(case.scan.unwrap().dims.0, [96, 96, 2]);
    for path in [&header, &image] {
        let told = explain(&system, path);
        assert_eq!(told["slices"], serde_json::json!([0, 1]), "{told}");
    }
    let (dims, labels) = read_label_map(&system.path("results/ct_dseg.nii.gz"));
    assert_eq!(dims, [96, 96, 2]);
    let expected = (0..2 * 96 * 96u32).map(|at| inside(at % 96, at / 96 % 96));
    let found = dice(labels.iter().map(|&v| v == 3), expected);
    assert!(found > 0.85, "Dice {found}");
    system.stop();
}
