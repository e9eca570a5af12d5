//! Whether watched folders and output folders are really there.
//!
//! [`judge`](Judgement) holds the rules, [`mount`](MountIdentity) reads the list of mounts, and
//! [`Records`] is what the state folder remembers. Here is the look at the folder itself.

mod judge;
mod mount;
mod records;
mod witnesses;

pub use judge::{Evidence, Judgement, Mounts, Presence};
pub use mount::{Mount, MountIdentity};
pub use records::{Record, Records};

use judge::Found;
use mount::Entry;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What was mounted when a folder was looked at: another one each time something is mounted, so
/// that the system's watch on the folder can be known to be dead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance(Vec<u64>);

/// Looks whether a folder is there. `evidence` looks for known files below a folder; it is asked
/// only in doubt.
pub fn look(
    folder: &Path,
    remembered: Option<&Mounts>,
    evidence: impl Fn(&Path) -> Evidence,
) -> (Judgement, Instance) {
    match find(folder, remembered) {
        Ok((found, instance)) => (judge::judge(folder, remembered, &found, evidence), instance),
        Err(why) => (
            Judgement::only(Presence::Unreadable { why }),
            Instance::default(),
        ),
    }
}

/// Whether a path in a folder can be relied upon, by what is remembered of the folder. A folder of
/// which nothing is remembered is there if it can be read.
pub fn of(folder: &Path, record: Option<&Record>, path: &Path) -> Presence {
    let mounts = record.map(|record| &record.mounts);
    let evidence = |_: &Path| match mounts {
        Some(_) => Evidence::Missing(1),
        None => Evidence::NothingKnown,
    };
    let (judgement, _) = look(folder, mounts, evidence);
    let mut below = judgement.away_below.into_iter();
    match below.find(|(away, _)| path.starts_with(away)) {
        Some((_, why)) => Presence::Away { why },
        None => judgement.presence,
    }
}

/// Whether a folder that does not exist was only deleted: the folder around it is on the file
/// system that is remembered.
fn of_missing(folder: &Path, remembered: &Mounts) -> Presence {
    let around = folder.ancestors().find(|around| around.exists());
    let found = find(around.unwrap_or(Path::new("/")), None);
    match found {
        Ok((found, _)) if found.mounts.at == remembered.at => Presence::There,
        Ok((found, _)) => Presence::Away {
            why: judge::change(folder, &remembered.at, &found.mounts.at),
        },
        Err(why) => Presence::Unreadable { why },
    }
}

/// The folder as it is now, or why it cannot be read.
fn find(folder: &Path, remembered: Option<&Mounts>) -> Result<(Found, Instance), String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let metadata = fs::metadata(folder).map_err(cannot)?;
    if !metadata.is_dir() {
        return Err("is not a folder".to_owned());
    }
    // Reading it makes an automounter mount what belongs there, before the mounts are listed.
    let is_empty = fs::read_dir(folder).map_err(cannot)?.next().is_none();
    for place in remembered.iter().flat_map(|mounts| mounts.below.keys()) {
        let _ = fs::read_dir(folder.join(place)).map(|mut entries| entries.next().is_none());
    }
    let real = fs::canonicalize(folder).map_err(cannot)?;
    let list = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mounts = mounts_of(&real, &mount::parse(&list), metadata.dev());
    let mut instance = vec![metadata.dev(), metadata.ino()];
    let below = mounts.below.keys().map(|place| real.join(place));
    instance.extend(
        below
            .chain([real.clone()])
            .filter_map(|place| mount_instance(&place)),
    );
    Ok((Found { mounts, is_empty }, Instance(instance)))
}

/// What a folder and the places below it lie on.
fn mounts_of(real: &Path, list: &[Entry], device: u64) -> Mounts {
    let Some(at) = mount::containing(list, mount_number(real), real) else {
        return Mounts {
            at: MountIdentity::Device(device),
            below: BTreeMap::new(),
        };
    };
    let mut below = BTreeMap::new();
    for entry in list {
        let point = Path::new(&entry.mount.point);
        let Ok(place) = point.strip_prefix(real) else {
            continue;
        };
        // Something else may be mounted over it, or over a folder around it.
        let is_covered = mount_number(point).is_some_and(|number| number != entry.id);
        if !place.as_os_str().is_empty() && !is_covered {
            let mount = MountIdentity::Mount(entry.mount.clone());
            below.insert(PathBuf::from(place), mount);
        }
    }
    let at = MountIdentity::Mount(at.mount.clone());
    Mounts { at, below }
}

/// The number that the list of mounts gives the mount of a path, if the system tells it (Linux 5.8
/// and later). Numbers are used again.
fn mount_number(path: &Path) -> Option<u64> {
    statx(path, MNT_ID)
}

/// A number that no other mount has had since the system was started (Linux 6.8 and later), or
/// else the one that the list of mounts gives.
fn mount_instance(path: &Path) -> Option<u64> {
    statx(path, MNT_ID_UNIQUE).or_else(|| mount_number(path))
}

/// Flags of `statx`.
const MNT_ID: u32 = 0x1000;
const MNT_ID_UNIQUE: u32 = 0x4000;

#[cfg(target_os = "linux")]
fn statx(path: &Path, wanted: u32) -> Option<u64> {
    use rustix::fs::{AtFlags, CWD, StatxFlags};
    let flags = StatxFlags::from_bits_retain(wanted);
    let found = rustix::fs::statx(CWD, path, AtFlags::empty(), flags).ok()?;
    (found.stx_mask & wanted != 0).then_some(found.stx_mnt_id)
}

#[cfg(not(target_os = "linux"))]
fn statx(_: &Path, _: u32) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests;
