//! Whole or not at all: leftovers, and the order of system calls that the promise rests on.

use super::*;
use crate::output::staged::Staged;
use crate::output::{is_output, sweep, write};
use std::fs;
use std::io::Write as _;
use std::process::Command;

#[test]
fn leftovers_are_swept_and_files_being_written_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let live = Staged::write(folder.path(), "live", |out| out.write_all(b"new")).unwrap();
    for name in [
        ".x_dseg.json.abc123.medicosam-tmp",
        "scan.nii",
        ".hidden",
        "x.medicosam-tmp",
    ] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    // A folder of that name is none of ours.
    fs::create_dir(folder.path().join(".d.medicosam-tmp")).unwrap();
    assert_eq!(names(folder.path()).len(), 6);
    assert_eq!(sweep(folder.path()).unwrap(), 1);
    assert_eq!(sweep(folder.path()).unwrap(), 0);
    assert_eq!(names(folder.path()).len(), 5);

    let temporary = names(folder.path())
        .into_iter()
        .find(|name| name.starts_with(".live."))
        .unwrap();
    assert!(is_output(Path::new(&temporary)));
    live.rename().unwrap();
    assert_eq!(fs::read(folder.path().join("live")).unwrap(), b"new");
}

#[test]
fn a_folder_that_is_not_there_has_no_leftovers() {
    assert_eq!(sweep(Path::new("/nonexistent/folder")).unwrap(), 0);
}

#[test]
fn a_file_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let result = Staged::write(folder.path(), "a", |out| {
        out.write_all(&[1; 1 << 20])?;
        Err(std::io::Error::from_raw_os_error(28))
    });
    let error = result.err().unwrap();
    assert_eq!(error.code(), "output-no-space");
    assert!(error.hint().contains("df"));
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Set for the process that is watched.
const FOLDER: &str = "MEDICOSAM_TEST_OUTPUT_FOLDER";

#[test]
#[ignore = "run by the next test, in a process of its own"]
fn writes_where_it_is_told() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let scan = header_of(&plain());
    let masks = masks(scan.info().dims, 1, 0, |_, _| true);
    write(
        Path::new(&folder),
        "a",
        &scan,
        &masks,
        &provenance(scan.info()),
    )
    .unwrap();
}

#[test]
fn files_are_forced_to_the_disk_before_they_are_renamed_and_the_folder_after() {
    let probe = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        eprintln!("skipped: strace is not installed, or may not trace here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let out = folder.join("out");
    let log = folder.join("strace.log");
    let ran = Command::new("strace")
        .args([
            "-f",
            "-y",
            "-e",
            "trace=write,fsync,rename,renameat,renameat2",
            "-o",
        ])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "output::tests::durability::writes_where_it_is_told",
            "--ignored",
        ])
        .env(FOLDER, &out)
        .output();
    assert!(
        ran.as_ref().is_ok_and(|ran| ran.status.success()),
        "{ran:?}"
    );
    let log = fs::read_to_string(log).unwrap();
    let here = folder.display().to_string();
    let calls: Vec<&str> = log.lines().filter(|line| line.contains(&here)).collect();
    let last = |call: &str, what: &str| {
        calls
            .iter()
            .rposition(|line| line.contains(&format!(" {call}(")) && line.contains(what))
            .unwrap_or_else(|| panic!("no {call} of {what} in {calls:#?}"))
    };
    let renames: Vec<usize> = (0..calls.len())
        .filter(|&n| calls[n].contains(" rename"))
        .collect();
    assert_eq!(renames.len(), 3, "{calls:#?}");
    for (name, rename) in ["a_dseg.json", "a_dseg.tsv", "a_dseg.nii.gz"]
        .iter()
        .zip(&renames)
    {
        let temporary = format!("/.{name}.");
        assert!(last("write", &temporary) < last("fsync", &temporary));
        assert!(last("fsync", &temporary) < renames[0]);
        assert!(calls[*rename].contains(&format!("/{name}\"")), "{calls:#?}");
        // Nothing is written under the final name.
        assert!(
            !calls
                .iter()
                .any(|c| c.contains(" write(") && c.contains(&format!("/{name}>")))
        );
    }
    assert!(last("fsync", &format!("<{}>", out.display())) > renames[2]);
    // The new folder's own name.
    assert!(last("fsync", &format!("<{}>", folder.display())) < renames[0]);
}
