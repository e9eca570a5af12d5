//! Files that change while they are being read.

use super::sample::{Sample, file};
use crate::scan::bytes::Contents;
use crate::scan::files::Files;
use crate::scan::{Class, Problem, ScanError};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Reads the file; `change` happens after it was opened.
fn read_while(
    path: &Path,
    change: impl FnOnce(),
    read: impl FnOnce(&mut Contents<'_>, u64) -> Result<(), Problem>,
) -> ScanError {
    let paths = [path.to_owned()];
    let mut files = Files::for_volume(&paths, None, 1 << 30);
    let found = files.read(0, |contents, size| {
        change();
        read(contents, size)
    });
    found.unwrap_err()
}

fn header(contents: &mut Contents<'_>, _: u64) -> Result<(), Problem> {
    contents.begin(348).map(drop)
}

#[test]
fn files_that_grow_shrink_or_are_replaced_are_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    // Larger than what is read at once, so that the reader has not seen the end before it changes.
    let bytes = Sample::int16([512, 512, 2], |_, _, _| 7).bytes();
    let append = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let shrink = |path: &Path| {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(1000).unwrap();
    };
    let replace =
        |path: &Path| fs::rename(file(path.parent().unwrap(), "new", b"x"), path).unwrap();
    let delete = |path: &Path| fs::remove_file(path).unwrap();
    let changes: [&dyn Fn(&Path); 4] = [&append, &shrink, &replace, &delete];
    for change in changes {
        let path = file(folder.path(), "scan.nii", &bytes);
        let error = read_while(&path, || change(&path), header);
        assert_eq!(error.code(), "scan-changed");
        assert_eq!(error.class(), Class::Changed);
    }
}

#[test]
fn a_change_explains_whatever_else_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "scan.nii", b"half of a");
    let error = read_while(
        &path,
        || fs::write(&path, "half of a file").unwrap(),
        |_, _| Err(Problem::NestedGzip),
    );
    assert_eq!(error.code(), "scan-changed");
}

#[test]
fn a_file_that_grows_for_ever_is_read_to_where_it_ended_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "scan.nii", b"0123456789");
    let mut first: Vec<u8> = Vec::new();
    let change = || {
        fs::write(&path, [b'x'; 1000]).unwrap();
    };
    read_while(&path, change, |contents, _| {
        let mut buffer = [0; 2000];
        let length = contents.fill(&mut buffer)?;
        first.extend(&buffer[..length]);
        Ok(())
    });
    assert_eq!(first.len(), 10);
}
