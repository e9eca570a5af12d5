//! Results that move, whatever interrupts them and whatever is in the way.

use super::*;
use crate::output::{Relocated, relocate, write};
use medicosam_shared::provenance::{OutputFiles, StoreRecord};
use std::fs;
use std::path::PathBuf;

const ENDINGS: [&str; 3] = ["_dseg.json", "_dseg.tsv", "_dseg.nii.gz"];

/// Results under `old/a`, which are to go to `new/deep/b`.
struct Fixture {
    folder: tempfile::TempDir,
    provenance: Provenance,
    files: OutputFiles,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let header = header_of(&Sample::int16([4, 4, 3], |_, _, _| 7));
        let info = header.info();
        let mut provenance = provenance(info);
        provenance.kept_in = Some(StoreRecord {
            store: "ours".to_owned(),
            case: "3f2a".to_owned(),
            profile: "lung".to_owned(),
            revision: 1,
            reads: None,
        });
        let masks = masks(info.dims, 1, 1, |x, y| x + y < 3);
        let old = folder.path().join("old");
        let files = write(&old, "a", &header, &masks, &provenance).unwrap();
        Fixture {
            folder,
            provenance,
            files,
        }
    }

    fn at_old(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("old/a{ending}"))
    }

    fn new_place(&self) -> PathBuf {
        self.folder.path().join("new/deep/b")
    }

    fn at_new(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("new/deep/b{ending}"))
    }

    fn relocate(&self) -> Relocated {
        relocate(&self.files, &self.provenance, &self.new_place()).unwrap()
    }

    fn contents(&self) -> [Vec<u8>; 3] {
        ENDINGS.map(|ending| fs::read(self.at_old(ending)).unwrap())
    }

    fn put(&self, ending: &str, bytes: &[u8]) -> PathBuf {
        let path = self.at_new(ending);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

#[test]
fn results_move_together_and_an_interrupted_move_is_completed() {
    // Copied so far, and removed so far: files are removed when all are copied.
    for (copied, removed) in [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (3, 3)] {
        let f = Fixture::new();
        let contents = f.contents();
        for (ending, bytes) in ENDINGS.iter().zip(&contents).take(copied) {
            f.put(ending, bytes);
        }
        for ending in ENDINGS.iter().rev().take(removed) {
            fs::remove_file(f.at_old(ending)).unwrap();
        }
        let Relocated::There(files) = f.relocate() else {
            panic!("{copied} copied, {removed} removed");
        };
        assert_eq!(files.sha256, f.files.sha256);
        for (at, ending) in ENDINGS.iter().enumerate() {
            assert_eq!(fs::read(f.at_new(ending)).unwrap(), contents[at]);
            assert!(!f.at_old(ending).exists());
        }
        let named = [&files.provenance, &files.label_table, &files.label_map];
        assert_eq!(named.map(PathBuf::from), ENDINGS.map(|e| f.at_new(e)));
        assert_eq!(
            fs::read_dir(f.folder.path().join("new/deep"))
                .unwrap()
                .count(),
            3
        );
    }
}

#[test]
fn what_lies_at_the_new_place_stays_and_so_do_the_results() {
    for ending in ENDINGS {
        let f = Fixture::new();
        let before = f.contents();
        let path = f.put(ending, b"somebody's");
        assert_eq!(f.relocate(), Relocated::Taken(path.clone()), "{ending}");
        assert_eq!(fs::read(path).unwrap(), b"somebody's");
        assert_eq!(f.contents(), before);
        assert_eq!(
            fs::read_dir(f.folder.path().join("new/deep"))
                .unwrap()
                .count(),
            1
        );
    }
    // Somebody's label map is not taken for ours because ours was deleted.
    let f = Fixture::new();
    let path = f.put("_dseg.nii.gz", b"somebody's");
    fs::remove_file(f.at_old("_dseg.nii.gz")).unwrap();
    assert_eq!(f.relocate(), Relocated::Taken(path));
}

#[test]
fn a_label_map_that_was_edited_moves_as_it_is() {
    let f = Fixture::new();
    let edited = f.at_old("_dseg.nii.gz");
    fs::write(&edited, "edited by hand").unwrap();
    let changed = fs::metadata(&edited).unwrap().modified().unwrap();
    assert!(matches!(f.relocate(), Relocated::There(_)));
    let there = f.at_new("_dseg.nii.gz");
    assert_eq!(fs::read(&there).unwrap(), b"edited by hand");
    assert_eq!(fs::metadata(&there).unwrap().modified().unwrap(), changed);
}

#[test]
fn what_is_not_of_the_case_or_not_there_does_not_move() {
    let f = Fixture::new();
    let mut other = f.provenance.clone();
    other.created = "2026-05-05T05:05:05Z".parse().unwrap();
    if let Some(kept_in) = &mut other.kept_in {
        kept_in.case = "another".to_owned();
    }
    let not_theirs = relocate(&f.files, &other, &f.new_place()).unwrap();
    assert_eq!(not_theirs, Relocated::NotTheirs(f.at_old("_dseg.json")));
    fs::remove_file(f.at_old("_dseg.nii.gz")).unwrap();
    assert_eq!(f.relocate(), Relocated::Missing);
    let link = f.at_old("_dseg.nii.gz");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    assert_eq!(f.relocate(), Relocated::NotTheirs(link));
    assert!(!f.at_new("_dseg.json").exists());
}
