//! What a case stands for: a file, one volume of a file with several, or several files that make
//! one scan.
//!
//! Everything that is named after a scan is named by its [`Source`], and nothing takes its path
//! apart for that.

use super::formats::parts;
use super::key::{SourceKey, frame_suffix};
use super::stamp::Stamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;

/// The file or files of a scan.
///
/// Written as JSON, a path is a text, or a list of bytes if it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    #[serde(with = "super::path_text::one")]
    place: PathBuf,
    /// All files of a group; empty if the place is the only one.
    #[serde(
        with = "super::path_text::many",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    members: Vec<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
}

impl Source {
    /// One file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Source {
            place: path.into(),
            members: Vec::new(),
            frame: None,
        }
    }

    /// Several files that make one scan, in the order of their format. `place` is the file or
    /// folder that the scan goes by, for example the `.hdr` of a pair.
    pub fn group(place: impl Into<PathBuf>, members: Vec<PathBuf>) -> Self {
        let place = place.into();
        let members = if members == [place.as_path()] {
            Vec::new()
        } else {
            members
        };
        Source {
            place,
            members,
            frame: None,
        }
    }

    /// One of its volumes, counted from 0, if it holds several (4-D).
    #[must_use]
    pub fn frame(&self, number: u64) -> Self {
        Source {
            frame: Some(number),
            ..self.clone()
        }
    }

    /// All of its volumes.
    #[must_use]
    pub fn without_frame(&self) -> Self {
        Source {
            frame: None,
            ..self.clone()
        }
    }

    /// The file or folder that it goes by.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Its files, at least one, in the order of their format.
    pub fn members(&self) -> &[PathBuf] {
        if self.members.is_empty() {
            slice::from_ref(&self.place)
        } else {
            &self.members
        }
    }

    /// Whether it has files beside the place.
    pub fn is_group(&self) -> bool {
        !self.members.is_empty()
    }

    /// Which volume of several it is, counted from 0.
    pub fn frame_number(&self) -> Option<u64> {
        self.frame
    }

    /// The folder that it lies in; files that belong to it are looked for there.
    pub fn folder(&self) -> &Path {
        self.place.parent().unwrap_or(Path::new(""))
    }

    /// Its name without ending, for example `bold_frame-0003`: what files beside it, and its
    /// results, are named after.
    pub fn stem(&self) -> String {
        let name = self.file_name();
        let (stem, _) = parts(&name);
        format!("{stem}{}", self.suffix())
    }

    /// Its name for people, for example `bold_frame-0003.nii.gz`.
    pub fn name(&self) -> String {
        let name = self.file_name();
        let (stem, ending) = parts(&name);
        format!("{stem}{}{ending}", self.suffix())
    }

    /// Its identity among all scans. It does not depend on the content.
    pub fn key(&self) -> SourceKey {
        SourceKey::new(self.place.clone(), self.frame)
    }

    /// The state of all its files, in the order of [`Source::members`].
    pub fn stamp(&self) -> io::Result<Stamp> {
        self.members()
            .iter()
            .map(|path| path.symlink_metadata().map(|found| (&found).into()))
            .collect()
    }

    /// The hash of its content, from the role and the hash of each of its files.
    ///
    /// A single file has the SHA-256 of its bytes. Several files have that of their roles and
    /// hashes, sorted, so that neither names nor the order of files matter. A volume of several
    /// has that of the whole and its number. All in lower-case hexadecimal.
    pub fn content_hash<'a>(
        &self,
        members: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_unstable();
        let whole = match members.as_slice() {
            [(_, sha256)] => (*sha256).to_owned(),
            several => {
                let lines: String = several
                    .iter()
                    .map(|(role, sha256)| format!("{role} {sha256}\n"))
                    .collect();
                hex(&Sha256::digest(lines))
            }
        };
        match self.frame {
            Some(frame) => frame_hash(&whole, frame),
            None => whole,
        }
    }

    fn file_name(&self) -> String {
        let name = self.place.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn suffix(&self) -> String {
        self.frame.map(frame_suffix).unwrap_or_default()
    }
}

/// The path, with the volume if it is one of several.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place.display())?;
        match self.frame {
            Some(frame) => write!(f, ", volume {frame}"),
            None => Ok(()),
        }
    }
}

/// The hash of a volume of several: the SHA-256 of that of the whole and the volume's number.
fn frame_hash(whole: &str, frame: u64) -> String {
    hex(&Sha256::digest(format!("{whole} frame {frame}")))
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn results_are_named_after_the_stem_and_people_see_the_name() {
        for (path, frame, stem, name) in [
            ("/in/a.nii.gz", None, "a", "a.nii.gz"),
            ("/in/A.NII", None, "A", "A.NII"),
            ("/in/a.b.nii", None, "a.b", "a.b.nii"),
            ("/in/skin.jpeg", None, "skin", "skin.jpeg"),
            ("/in/other.txt", None, "other.txt", "other.txt"),
            ("/in/ü.nii.gz", None, "ü", "ü.nii.gz"),
            (
                "/in/a.nii.gz",
                Some(12),
                "a_frame-0012",
                "a_frame-0012.nii.gz",
            ),
        ] {
            let source = Source {
                frame,
                ..Source::file(path)
            };
            assert_eq!(source.folder(), Path::new("/in"));
            assert_eq!((source.stem(), source.name()), (stem.into(), name.into()));
        }
    }

    #[test]
    fn a_group_is_its_files_and_a_single_file_is_none() {
        let files = ["/in/a.hdr", "/in/a.img"].map(PathBuf::from).to_vec();
        let pair = Source::group("/in/a.hdr", files.clone());
        assert!(pair.is_group());
        assert_eq!(pair.members(), files);
        let single = Source::group("/in/a.nii", vec!["/in/a.nii".into()]);
        assert_eq!(single, Source::file("/in/a.nii"));
        assert_eq!(single.members(), [PathBuf::from("/in/a.nii")]);
        assert_eq!(pair.frame(2).without_frame(), pair);
    }

    #[test]
    fn content_is_known_by_roles_and_hashes_and_never_by_names_or_order() {
        let a = Source::file("/in/a.nii");
        assert_eq!(a.content_hash([("scan", "00ff")]), "00ff");
        // As stores and caches of earlier versions have it.
        let digest = Sha256::digest("00ff frame 3");
        assert_eq!(a.frame(3).content_hash([("scan", "00ff")]), hex(&digest));
        let pair = |files: [(&'static str, &'static str); 2]| a.content_hash(files);
        let hash = pair([("header", "0a"), ("image", "0b")]);
        assert_eq!(hash, pair([("image", "0b"), ("header", "0a")]));
        assert_ne!(hash, pair([("header", "0b"), ("image", "0a")]));
    }

    #[test]
    fn as_json_it_comes_back_with_any_path() {
        let odd = PathBuf::from(OsStr::from_bytes(b"/in/\xff.hdr"));
        for source in [
            Source::file("/in/a.nii"),
            Source::file("/in/a.nii").frame(3),
            Source::group(&odd, vec![odd.clone(), "/in/a.img".into()]).frame(0),
        ] {
            let text = serde_json::to_string(&source).unwrap();
            assert_eq!(
                serde_json::from_str::<Source>(&text).unwrap(),
                source,
                "{text}"
            );
        }
        let text = serde_json::to_string(&Source::file("/in/a.nii")).unwrap();
        assert_eq!(text, r#"{"place":"/in/a.nii"}"#);
    }
}
