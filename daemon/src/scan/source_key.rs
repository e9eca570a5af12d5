//! The identity of a source among others, and its form in a store.

use super::source::{Source, frame_suffix, parts, split_frame};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// What tells one [`Source`] from another: where it lies, and which volume of several it is. Files
/// that come to a group later do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey {
    place: PathBuf,
    frame: Option<u64>,
}

impl SourceKey {
    /// The key of what lies at `place`, or of one volume of it.
    pub fn new(place: impl Into<PathBuf>, frame: Option<u64>) -> Self {
        SourceKey {
            place: place.into(),
            frame,
        }
    }

    /// The file or folder that the source goes by.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Which volume of several it is, counted from 0.
    pub fn frame_number(&self) -> Option<u64> {
        self.frame
    }
}

/// What stands between the files of a group; no path holds it.
const BETWEEN: u8 = 0;

// ---- The one text of a store -------------------------------------------------------------------
//
// A store keeps one text for each scan. That of a volume looks like a path below its file,
// `/in/bold.nii.gz/bold_frame-0003.nii.gz`, as earlier versions wrote it. Only a store may use
// what follows; it goes once a store has columns for place, members and frame.

impl SourceKey {
    /// Its text in a store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let path = match self.frame {
            Some(frame) => {
                let name = self.place.file_name().unwrap_or_default();
                let name = name.to_string_lossy();
                let (stem, ending) = parts(&name);
                let volume = format!("{stem}{}{ending}", frame_suffix(frame));
                self.place.join(volume)
            }
            None => self.place.clone(),
        };
        path.into_os_string().into_vec()
    }

    /// From its text in a store.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let path = path_of(bytes);
        let volume = || {
            let (place, name) = (path.parent()?, path.file_name()?.to_str()?);
            let (_, frame) = split_frame(parts(name).0)?;
            let key = SourceKey::new(place, Some(frame));
            (key.to_bytes() == bytes).then_some(key)
        };
        volume().unwrap_or_else(|| SourceKey::new(path.clone(), None))
    }
}

impl Source {
    /// Its text in a store: that of its key, and the files of a group behind it.
    pub fn to_stored(&self) -> Vec<u8> {
        let mut bytes = self.key().to_bytes();
        if self.is_group() {
            for member in self.members() {
                bytes.push(BETWEEN);
                bytes.extend(member.as_os_str().as_bytes());
            }
        }
        bytes
    }

    /// From its text in a store.
    pub fn from_stored(bytes: &[u8]) -> Self {
        let mut parts = bytes.split(|&byte| byte == BETWEEN);
        let SourceKey { place, frame } = SourceKey::from_bytes(parts.next().unwrap_or_default());
        let members: Vec<PathBuf> = parts.map(path_of).collect();
        let whole = if members.is_empty() {
            Source::file(place)
        } else {
            Source::group(place, members)
        };
        match frame {
            Some(frame) => whole.frame(frame),
            None => whole,
        }
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stores_of_earlier_versions_stay_readable() {
        let volume = SourceKey::new("/in/bold.nii.gz", Some(3));
        let text = b"/in/bold.nii.gz/bold_frame-0003.nii.gz";
        assert_eq!(volume.to_bytes(), text);
        assert_eq!(SourceKey::from_bytes(text), volume);
    }

    #[test]
    fn only_the_text_of_a_volume_names_one() {
        for path in [
            "/in/a_frame-0001.nii.gz",
            "/in/a/a_frame-0001.nii.gz",
            "/in/a.nii.gz/b_frame-0001.nii.gz",
            "/in/a.nii.gz/a_frame-1.nii.gz",
            "/in/a.nii.gz/a_frame-0001.nii",
            "/in/a.nii.gz",
        ] {
            let key = SourceKey::from_bytes(path.as_bytes());
            assert_eq!(key, SourceKey::new(path, None));
        }
    }

    proptest! {
        #[test]
        fn a_source_comes_back_from_a_store(
            stem in "[a-zA-Z0-9_.ü-]{1,12}",
            ending in prop::sample::select(vec![".nii", ".nii.gz", ".NII"]),
            frame in prop::option::of(0u64..100_000),
            more in prop::collection::vec("/in/[a-z.]{1,8}", 0..3),
        ) {
            let place = PathBuf::from(format!("/in/{stem}{ending}"));
            let mut members = vec![place.clone()];
            members.extend(more.iter().map(PathBuf::from));
            let whole = Source::group(place, members);
            let source = frame.map_or(whole.clone(), |frame| whole.frame(frame));
            prop_assert_eq!(&Source::from_stored(&source.to_stored()), &source);
            let key = source.key();
            prop_assert_eq!(SourceKey::from_bytes(&key.to_bytes()), key);
        }

        #[test]
        fn no_text_is_lost_or_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if !bytes.contains(&BETWEEN) && !bytes.is_empty() {
                let source = Source::from_stored(&bytes);
                prop_assert_eq!(source.to_stored(), bytes);
            }
        }
    }
}
