//! What is mounted where a folder lies, as the kernel tells it (`/proc/self/mountinfo`).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// What a folder lies on, in terms that stay the same when a share is mounted again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountIdentity {
    /// A mounted file system.
    Mount(Mount),
    /// The device number, where the system lists no mounts.
    Device(u64),
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where it is mounted.
    pub point: String,
    /// The folder of the file system that is mounted: `/`, except for bind mounts and subvolumes.
    pub root: String,
    /// The kind of file system, for example `nfs4`.
    pub kind: String,
    /// The device or share, for example `server:/export`.
    pub source: String,
}

impl fmt::Display for MountIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MountIdentity::Mount(mount) => mount.fmt(f),
            MountIdentity::Device(number) => write!(f, "device {number}"),
        }
    }
}

/// For example `nfs4 server:/export on /data`.
impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.source)?;
        if self.root != "/" {
            write!(f, " (its folder {})", self.root)?;
        }
        write!(f, " on {}", self.point)
    }
}

/// One line of the list of mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number, as `statx` gives it; another one each time something is mounted.
    pub(super) id: u64,
    pub(super) mount: Mount,
}

/// Reads the list of mounts. Lines that make no sense are left out.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Entry> {
    // Some optional fields stand before the dash.
    let (of_mount, of_file_system) = line.split_once(" - ")?;
    let mut fields = of_mount.split(' ');
    let id = fields.next()?.parse().ok()?;
    let root = unescape(fields.nth(2)?);
    let point = unescape(fields.next()?);
    let mut fields = of_file_system.split(' ');
    let kind = fields.next()?.to_owned();
    let source = unescape(fields.next()?);
    Some(Entry {
        id,
        mount: Mount {
            point,
            root,
            kind,
            source,
        },
    })
}

/// Blanks and the like are written as `\040`.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'\\').then(|| after.get(..3)).flatten();
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The mount that a folder lies on: the one with this number, if the system gives numbers,
/// otherwise the innermost one around it. Of several at one place the last covers the others.
pub(super) fn containing<'a>(
    mounts: &'a [Entry],
    id: Option<u64>,
    folder: &Path,
) -> Option<&'a Entry> {
    let numbered = id.and_then(|id| mounts.iter().find(|entry| entry.id == id));
    numbered.or_else(|| {
        mounts
            .iter()
            .filter(|entry| folder.starts_with(&entry.mount.point))
            .max_by_key(|entry| Path::new(&entry.mount.point).components().count())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:45 / /data rw,relatime shared:9 master:2 - nfs4 server:/export rw,vers=4.2
31 22 8:1 /srv/scanner /data/in\\040put rw - ext4 /dev/sda1 rw
32 22 0:46 / /data rw - tmpfs none rw
garbage
";

    #[test]
    fn the_list_of_mounts_is_understood() {
        let mounts = parse(LIST);
        let texts: Vec<String> = mounts.iter().map(|m| m.mount.to_string()).collect();
        assert_eq!(
            texts,
            [
                "ext4 /dev/sda1 on /",
                "nfs4 server:/export on /data",
                "ext4 /dev/sda1 (its folder /srv/scanner) on /data/in put",
                "tmpfs none on /data",
            ]
        );
    }

    #[test]
    fn the_innermost_and_last_mount_counts_unless_the_system_numbers_it() {
        let mounts = parse(LIST);
        let id = |number, folder: &str| {
            containing(&mounts, number, Path::new(folder)).map(|entry| entry.id)
        };
        assert_eq!(id(None, "/home"), Some(22));
        assert_eq!(id(None, "/data/in"), Some(32));
        assert_eq!(id(None, "/database"), Some(22));
        assert_eq!(id(None, "/data/in put/a"), Some(31));
        assert_eq!(id(Some(30), "/data/in"), Some(30));
        assert_eq!(id(Some(99), "/home"), Some(22));
    }

    proptest! {
        #[test]
        fn no_list_is_a_reason_to_panic(text in ".{0,80}", field in "[\\\\0-9a ü]{0,12}") {
            parse(&text);
            unescape(&field);
        }
    }
}
