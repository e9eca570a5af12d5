use super::*;
use crate::watch;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A folder with a configuration that watches `in`.
struct Fixture {
    folder: tempfile::TempDir,
    config: Config,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("medicosam.toml");
    let text = r#"
        [[root]]
        path = "in"
        profile = "any"
        output = "out"

        [[profile]]
        name = "any"
        window = { percentile = [0.5, 99.5] }

        [[profile.object]]
        label = 1
        name = "thing"
        "#;
    fs::write(&file, text).unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let config = Config::load(&file, &folder.path().join("data")).unwrap();
    Fixture { folder, config }
}

impl Fixture {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("in").join(name)
    }

    fn settled(&self, place: &str, files: &[&str], missing: &[&str]) -> Settled {
        let state = |name: &&str| {
            let path = self.path(name);
            let state = watch::fingerprint(&path.symlink_metadata().unwrap());
            (path, state)
        };
        Settled {
            place: self.path(place),
            files: files.iter().map(state).collect(),
            missing: missing.iter().map(|name| self.path(name)).collect(),
            kind: Kind::Scan,
        }
    }

    fn read(&self, settled: &Settled, stop: bool) -> Read {
        read(
            &self.config,
            &SidecarFolders::default(),
            settled,
            &AtomicBool::new(stop),
        )
    }

    /// A real scan.
    fn scan(&self, name: &str) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/mr_brain.nii.gz");
        let path = self.path(name);
        fs::copy(source, &path).unwrap();
        path
    }
}

fn only(read: Read) -> Identification {
    match read {
        Read::Scans(mut scans) if scans.len() == 1 => scans.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_scan_is_known_by_its_bytes_and_has_the_profile_of_its_root() {
    let f = fixture();
    let path = f.scan("a.nii.gz");
    let settled = f.settled("a.nii.gz", &["a.nii.gz"], &[]);
    let found = only(f.read(&settled, false));
    let digest = Sha256::digest(fs::read(&path).unwrap());
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((found.sha256, found.profile.as_str()), (hex, "any"));
    assert!(found.scan.is_ok());
    assert!(matches!(f.read(&settled, true), Read::Stopped));
    fs::write(&path, "other").unwrap();
    assert!(matches!(f.read(&settled, false), Read::Changed));
    fs::remove_file(&path).unwrap();
    let gone = f.read(&settled, false);
    assert!(
        matches!(gone, Read::Changed | Read::Unreadable(_)),
        "{gone:?}"
    );
}

#[test]
fn a_file_much_larger_than_its_header_says_is_not_read_whole() {
    let f = fixture();
    let path = f.path("big.nii");
    let mut header = vec![0; 352];
    nifti_header(&mut header);
    fs::write(&path, header).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    // Nobody could read so much in a test.
    file.set_len(8 << 40).unwrap();
    let found = only(f.read(&f.settled("big.nii", &["big.nii"], &[]), false));
    assert_eq!(found.scan.unwrap_err().code, "scan-surplus");
}

/// The header of a scan of 128 × 128 × 64 voxels of 16 bits: 2 MB.
fn nifti_header(bytes: &mut [u8]) {
    let mut put = |at: usize, value: i16| bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    put(0, 348);
    for (n, size) in [3, 128, 128, 64, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * n, size);
    }
    put(70, 4);
    put(72, 16);
    for n in 0..4 {
        bytes[76 + 4 * n..80 + 4 * n].copy_from_slice(&1f32.to_le_bytes());
    }
    bytes[108..112].copy_from_slice(&352f32.to_le_bytes());
    bytes[344..348].copy_from_slice(b"n+1\0");
}

#[test]
fn half_a_scan_says_which_file_is_missing() {
    let f = fixture();
    fs::write(f.path("a.img"), "voxels").unwrap();
    let half = f.settled("a.hdr", &["a.img"], &["a.hdr"]);
    let fault = only(f.read(&half, false)).scan.unwrap_err();
    assert_eq!(fault.code, "scan-incomplete");
    assert!(fault.message.contains("a.img") && fault.message.contains("a.hdr"));
}

#[test]
fn a_file_that_prompts_come_from_names_the_places_of_its_scan() {
    let f = fixture();
    fs::write(f.path("a.prompts.json"), "{}").unwrap();
    let settled = Settled {
        kind: Kind::Prompts,
        ..f.settled("a.prompts.json", &["a.prompts.json"], &[])
    };
    let Read::Prompts(found) = f.read(&settled, false) else {
        panic!("no prompts");
    };
    let place = f.path("a.nii.gz");
    assert!(found.scans.iter().any(|scan| scan.place() == place));
}

#[test]
fn a_pair_is_one_scan_under_the_name_of_its_header() {
    let f = fixture();
    let mut header = vec![0; 352];
    nifti_header(&mut header);
    header[344..348].copy_from_slice(b"ni1\0");
    header[108..112].copy_from_slice(&0f32.to_le_bytes());
    fs::write(f.path("a.hdr"), &header[..348]).unwrap();
    fs::write(f.path("a.img"), vec![0; 128 * 128 * 64 * 2]).unwrap();
    let pair = f.settled("a.hdr", &["a.hdr", "a.img"], &[]);
    let found = only(f.read(&pair, false));
    assert_eq!(found.scan.map(|scan| scan.dims.0), Ok([128, 128, 64]));
    assert_eq!(found.source.place(), f.path("a.hdr"));
    assert_eq!(found.stamp.files().len(), 2);
    let (sha256, _) = crate::scan::hash(&found.source).unwrap();
    assert_eq!(found.sha256, sha256);
}
