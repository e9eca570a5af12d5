//! Sources and their keys as the one text of a store.
//!
//! A store keeps one text for each scan. That of a volume looks like a path below its file,
//! `/in/bold.nii.gz/bold_frame-0003.nii.gz`, as earlier versions wrote it. Only a store may use what
//! follows; it goes once all stores have columns for place, members and frame.

use super::formats::parts;
use super::key::{SourceKey, frame_suffix, split_frame};
use super::source::Source;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// What stands between the files of a group; no path holds it.
const BETWEEN: u8 = 0;

impl SourceKey {
    /// Its text in a store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let path = match self.frame_number() {
            Some(frame) => {
                let name = self.place().file_name().unwrap_or_default();
                let name = name.to_string_lossy();
                let (stem, ending) = parts(&name);
                let volume = format!("{stem}{}{ending}", frame_suffix(frame));
                self.place().join(volume)
            }
            None => self.place().to_owned(),
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
        let key = SourceKey::from_bytes(parts.next().unwrap_or_default());
        let (place, frame) = (key.place(), key.frame_number());
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
