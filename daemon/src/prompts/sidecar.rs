//! `<scan>.prompts.json`: prompts of one scan, in a file beside it.

use super::error::PromptsError;
use super::origin::Origin;
use crate::config::{BoxSpec, FromLabels, Limits, MAX_SIDECAR, Marks, PointSpec};
use crate::scan::Source;
use medicosam_shared::parser_words::in_words;
use medicosam_shared::prompt::Label;
use medicosam_shared::propagation::Propagation;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Follows the scan's name, with or without its ending, in the name of a sidecar.
pub const ENDING: &str = ".prompts.json";

/// A sidecar that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sidecar {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its objects.
    pub objects: Vec<SidecarObject>,
    /// Label map to take instead of the profile's.
    pub from_labels: Option<FromLabels>,
    /// How boxes become masks on all slices, instead of the profile's rule.
    pub propagation: Option<Propagation>,
}

/// An object of a sidecar, with a label, a name or both.
#[derive(Debug, Clone, PartialEq)]
pub struct SidecarObject {
    /// Its number.
    pub label: Option<Label>,
    /// Its name.
    pub name: Option<String>,
    /// Its boxes and points.
    pub marks: Marks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default)]
    object: Vec<Object>,
    from_labels: Option<FromLabels>,
    propagation: Option<Propagation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    label: Option<u16>,
    name: Option<String>,
    #[serde(rename = "box")]
    bbox: Option<BoxSpec>,
    #[serde(default)]
    boxes: Vec<BoxSpec>,
    #[serde(default)]
    points: Vec<PointSpec>,
}

/// The places where a scan's sidecar can lie: `ct.nii.gz.prompts.json`, which goes first, and
/// `ct.prompts.json`; for a volume of a file with several, its own before those of the file.
pub fn places(scan: &Source) -> Vec<PathBuf> {
    let of = |scan: &Source| {
        let names = [scan.name(), scan.stem()];
        names.map(|name| scan.folder().join(format!("{name}{ENDING}")))
    };
    let mut places = of(scan).to_vec();
    let whole = scan.without_frame();
    if scan.frame_number().is_some() {
        places.extend(of(&whole));
    }
    // After the name of each file of a group.
    for member in whole.members().iter().filter(|_| whole.is_group()) {
        let name = Source::file(member).name();
        places.push(scan.folder().join(format!("{name}{ENDING}")));
    }
    places
}

/// The scan's name or stem, with its folder, that a sidecar is named after; `None` if the file is no
/// sidecar.
pub fn named_after(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
    let is_name = !name.is_empty() && !name.starts_with('.');
    is_name.then(|| path.with_file_name(name))
}

/// Reads the sidecar of a scan, if there is one.
pub fn read(scan: &Source, limits: &Limits) -> Result<Option<Sidecar>, PromptsError> {
    for path in places(scan) {
        let Some(sidecar) = read_within(&path, limits.sidecar)? else {
            continue;
        };
        let objects = sidecar.objects.iter();
        let marks: usize = objects
            .map(|object| object.marks.boxes.len() + object.marks.points.len())
            .sum();
        if marks > limits.prompts {
            return Err(PromptsError::TooMuch {
                origin: Origin::Sidecar(path),
                what: format!("it has {marks} boxes and points"),
                key: "prompts",
                limit: limits.prompts as u64,
            });
        }
        return Ok(Some(sidecar));
    }
    Ok(None)
}

/// Reads the sidecar at `path`; `None` if there is no such file.
pub fn read_file(path: &Path) -> Result<Option<Sidecar>, PromptsError> {
    read_within(path, MAX_SIDECAR)
}

/// Reads the sidecar at `path` if it has at most `most` bytes.
fn read_within(path: &Path, most: u64) -> Result<Option<Sidecar>, PromptsError> {
    let path = path.to_owned();
    match read_bytes(&path, most) {
        Ok(Some(bytes)) => parse(path, &bytes).map(Some),
        Ok(None) => Err(PromptsError::TooMuch {
            origin: Origin::Sidecar(path),
            what: "it is too large".to_owned(),
            key: "sidecar",
            limit: most,
        }),
        // No file can have a name that the system refuses.
        Err(error) if is_missing(&error) => Ok(None),
        Err(source) => Err(PromptsError::SidecarUnreadable { path, source }),
    }
}

/// Whether there is no such file, and cannot be one: the ending makes long names of scans too long.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename
    )
}

/// A person who may write into the folder must not choose which other files are read. So links are
/// not followed, and the opened file is checked, not the name. `None` if it has more than `most` bytes.
fn read_bytes(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let not_plain = || io::Error::other("it is not a plain file");
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // The system's error for a link.
        Err(Errno::LOOP) => return Err(not_plain()),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(not_plain());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

fn parse(path: PathBuf, bytes: &[u8]) -> Result<Sidecar, PromptsError> {
    let wrong = |what: String| PromptsError::SidecarWrong {
        path: path.clone(),
        what,
    };
    let file: Contents =
        serde_json::from_slice(bytes).map_err(|e| wrong(in_words(&e.to_string())))?;
    // A person who may write into the folder must not choose which other files are read; a profile
    // may.
    if file
        .from_labels
        .as_ref()
        .is_some_and(|from| !from.path.stays_below())
    {
        return Err(wrong(
            "`from_labels` names a folder elsewhere; a sidecar may name one below the scan's, \
             a profile any"
                .to_owned(),
        ));
    }
    let mut objects = Vec::new();
    for object in file.object {
        let shown = match (&object.name, object.label) {
            (Some(name), _) => format!("{name:?}"),
            (None, Some(label)) => format!("with label {label}"),
            (None, None) => return Err(wrong("an object has neither label nor name".to_owned())),
        };
        let label = match object.label {
            Some(number) => Some(Label::new(number).ok_or_else(|| {
                wrong(format!(
                    "object {shown} has label 0, which is the background"
                ))
            })?),
            None => None,
        };
        let marks = Marks::new(object.bbox, object.boxes, object.points);
        marks
            .check()
            .map_err(|what| wrong(format!("object {shown}: {what}")))?;
        objects.push(SidecarObject {
            label,
            name: object.name,
            marks,
        });
    }
    let digest = Sha256::digest(bytes);
    Ok(Sidecar {
        sha256: digest.iter().map(|b| format!("{b:02x}")).collect(),
        path,
        objects,
        from_labels: file.from_labels,
        propagation: file.propagation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Extent;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Result<Sidecar, String> {
        parse("/in/a.prompts.json".into(), text.as_bytes()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_sidecar_says_the_same_words_as_a_profile() {
        let sidecar = parsed(
            r#"{
                "object": [
                    { "label": 1, "box": { "space": "mm", "min": [1, 2, 3], "max": [4, 5, 3] } },
                    { "name": "cyst", "boxes": [{ "slice": 4, "min": [1, 2], "max": [8, 9] }],
                      "points": [{ "at": [5, 6, 7], "positive": false }] }
                ],
                "from_labels": { "path": "{stem}_seg.nii.gz", "as": "masks", "margin": 2 }
            }"#,
        )
        .unwrap();
        assert_eq!(sidecar.objects.len(), 2);
        assert_eq!(sidecar.objects[1].marks.boxes.len(), 1);
        assert!(!sidecar.objects[1].marks.points[0].positive);
        assert_eq!(sidecar.from_labels.unwrap().margin, 2);
    }

    #[test]
    fn mistakes_name_the_file_the_object_and_the_numbers() {
        for (text, expected) in [
            ("{", "line 1"),
            (r#"{"objekt": []}"#, "objekt"),
            (r#"{"object": [{}]}"#, "neither label nor name"),
            (r#"{"object": [{"label": 0}]}"#, "background"),
            (
                r#"{"object": [{"name": "x", "box": {"min": [1, 2, 9], "max": [4, 5, 3]}}]}"#,
                r#""x": the box [1.0, 2.0, 9.0] to [4.0, 5.0, 3.0] (voxels) is empty"#,
            ),
            (
                r#"{"object": [{"label": 3, "points": [{"space": "fraction", "at": [0, 0, 2]}]}]}"#,
                "label 3: the point [0.0, 0.0, 2.0] (fractions) has fractions outside",
            ),
            (
                r#"{"object": [{"label": 3, "box": {"min": [1, 2], "max": [4, 5]}}]}"#,
                "`slice`",
            ),
            (
                r#"{"object": [{"label": 3, "points": [{"space": "mm", "slice": 1, "at": [4, 5]}]}]}"#,
                "in mm cannot have `slice`",
            ),
            (r#"{"from_labels": "seg.nii.gz"}"#, "{stem}"),
            (r#"{"from_labels": "../{stem}_seg.nii.gz"}"#, "elsewhere"),
            (r#"{"from_labels": "/etc/{stem}_seg.nii.gz"}"#, "elsewhere"),
            (
                r#"{"from_labels": {"path": "{stem}_s.nii", "as": "points"}}"#,
                "masks",
            ),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains("/in/a.prompts.json"), "{error}");
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_sidecar_is_found_by_the_scans_name_or_its_stem() {
        let folder = tempfile::tempdir().unwrap();
        let scan = Source::file(folder.path().join("ct.nii.gz"));
        assert_eq!(read(&scan, &Limits::default()).unwrap(), None);
        let write = |name: &str, label: u16| {
            let text = format!(r#"{{"object": [{{"label": {label}}}]}}"#);
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        let found = || {
            read(&scan, &Limits::default()).unwrap().unwrap().objects[0]
                .label
                .unwrap()
                .get()
        };
        write("ct.prompts.json", 1);
        assert_eq!(found(), 1);
        write("ct.nii.gz.prompts.json", 2);
        assert_eq!(found(), 2, "the whole name goes first");
        let volume = scan.frame(3);
        let sidecar = read(&volume, &Limits::default()).unwrap().unwrap();
        assert_eq!(sidecar.objects[0].label, Label::new(2), "that of the file");
        write("ct_frame-0003.prompts.json", 3);
        let sidecar = read(&volume, &Limits::default()).unwrap().unwrap();
        assert_eq!(sidecar.objects[0].label, Label::new(3), "its own");
        for place in places(&scan) {
            let named = named_after(&place).unwrap();
            assert!(["ct", "ct.nii.gz"].contains(&&*named.file_name().unwrap().to_string_lossy()));
        }
        assert_eq!(named_after(Path::new("/in/.prompts.json")), None);
        assert_eq!(named_after(scan.place()), None);
    }

    #[test]
    fn a_link_a_folder_and_a_file_that_is_too_large_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let scan = Source::file(folder.path().join("ct.nii"));
        let place = folder.path().join("ct.prompts.json");
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, r#"{"object": []}"#).unwrap();
        let refused = || read(&scan, &Limits::default()).unwrap_err().to_string();

        std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
        assert!(refused().contains("not a plain file"), "{}", refused());
        std::fs::remove_file(&place).unwrap();
        std::fs::create_dir(&place).unwrap();
        assert!(refused().contains("not a plain file"), "{}", refused());
        std::fs::remove_dir(&place).unwrap();
        let large = File::create(&place).unwrap();
        large.set_len(MAX_SIDECAR + 1).unwrap();
        assert!(refused().contains("[limits] sidecar"), "{}", refused());
    }

    #[test]
    fn more_than_the_limits_allow_is_the_fault_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let scan = Source::file(folder.path().join("ct.nii"));
        let points = "{\"at\": [1, 2, 3]},".repeat(9);
        let text = format!(
            r#"{{"object": [{{"label": 1, "points": [{}]}}]}}"#,
            points.trim_end_matches(',')
        );
        std::fs::write(folder.path().join("ct.prompts.json"), &text).unwrap();
        let of = |prompts, sidecar| {
            let limits = Limits {
                prompts,
                sidecar,
                ..Limits::default()
            };
            read(&scan, &limits).map(|found| found.is_some())
        };
        assert!(of(9, text.len() as u64).unwrap());
        let many = of(8, 1 << 20).unwrap_err();
        assert_eq!(many.code(), "prompts-too-many");
        assert!(many.to_string().contains("9 boxes and points"), "{many}");
        assert!(of(9, text.len() as u64 - 1).is_err());
    }

    #[test]
    fn a_scan_whose_name_leaves_no_room_for_the_ending_has_no_sidecar() {
        let folder = tempfile::tempdir().unwrap();
        for length in [243, 255] {
            let scan = Source::file(folder.path().join("x".repeat(length)));
            assert_eq!(read(&scan, &Limits::default()).unwrap(), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parsed(&text);
        }

        #[test]
        fn numbers_come_back_as_they_were_written(
            min in prop::array::uniform3(-1e6f64..1e6),
            size in prop::array::uniform3(0f64..1e3),
        ) {
            let max: [f64; 3] = std::array::from_fn(|a| min[a] + size[a]);
            let text = serde_json::json!({"object": [
                {"label": 1, "box": {"space": "mm", "min": min, "max": max}}
            ]});
            let sidecar = parsed(&text.to_string()).unwrap();
            let Extent::Volume { min: low, max: high } = sidecar.objects[0].marks.boxes[0].extent
            else {
                return Err(TestCaseError::fail("a box of three numbers is one in the volume"));
            };
            // The parser may miss the last bit.
            for (read, written) in low.iter().chain(&high).zip(min.iter().chain(&max)) {
                prop_assert!((read - written).abs() <= written.abs() * 1e-15);
            }
        }
    }
}
