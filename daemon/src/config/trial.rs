//! What would go wrong with a configuration that is well written: looked for on this machine, without
//! running anything.

use super::spec::{At, Extent, Space};
use super::{Config, Profile, Root};
use std::path::{Path, PathBuf};

/// Longest path of a Unix socket on Linux, without the closing zero.
pub const LONGEST_SOCKET: usize = 107;

/// Most voxels along an axis: more do not fit the header of NIfTI-1.
const MOST_VOXELS: f64 = 32_767.0;

impl Config {
    /// What would go wrong with roots, outputs, socket and boxes; in words.
    pub fn would_go_wrong(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.roots.is_empty() {
            problems.push("there is no [[root]]: no folder is watched".to_owned());
        }
        let length = self.socket.as_os_str().len();
        if length > LONGEST_SOCKET {
            problems.push(format!(
                "the socket's path {} has {length} bytes, and the system allows {LONGEST_SOCKET}: name a shorter one with `socket` under [daemon]",
                self.socket.display()
            ));
        }
        if let Err(why) = can_write_into(&self.state) {
            let state = self.state.display();
            problems.push(format!("the state folder {state} {why}"));
        }
        for root in &self.roots {
            problems.extend(self.of_root(root));
        }
        if self.limits.worker_memory.is_some()
            && self.devices.preferred().iter().any(|d| d.gpu().is_some())
        {
            problems.push(
                "`worker_memory` under [limits] keeps the driver of an NVIDIA GPU from starting: leave it out"
                    .to_owned(),
            );
        }
        problems.extend(self.profiles.iter().flat_map(boxes_that_no_scan_can_hold));
        problems
    }

    fn of_root(&self, root: &Root) -> Vec<String> {
        let (path, output) = (root.path.display(), root.output.display());
        let mut problems = Vec::new();
        if !root.path.is_dir() {
            problems.push(match root.path.exists() {
                true => format!("root {path} is not a folder"),
                false => format!("root {path} is not a folder (yet)"),
            });
        } else if let Err(error) = std::fs::read_dir(&root.path) {
            problems.push(format!("root {path} cannot be read: {error}"));
        }
        if let Err(why) = can_write_into(&root.output) {
            problems.push(format!("the output folder {output} of root {path} {why}"));
        }
        let is_watched = |other: &&Root| other.path == root.output;
        if let Some(watched) = self.roots.iter().find(is_watched) {
            problems.push(match watched.path == root.path {
                true => format!(
                    "root {path} is its own output folder: results would lie among the scans; name another `output`"
                ),
                false => format!(
                    "the output folder of root {path} is the root {output}: results would lie among its scans; name another `output`"
                ),
            });
        }
        problems
    }
}

/// Whether files can be made in a folder, or the folder itself where it does not exist yet. One is made,
/// and removed at once: permissions alone do not tell of a full or read-only disk.
fn can_write_into(folder: &Path) -> Result<(), String> {
    let existing: Option<PathBuf> = folder
        .ancestors()
        .find(|around| around.symlink_metadata().is_ok())
        .map(Path::to_owned);
    let existing = existing.unwrap_or_else(|| PathBuf::from("/"));
    if !existing.is_dir() {
        return Err(match existing == folder {
            true => "is a file, not a folder".to_owned(),
            false => format!("cannot be made: {} is a file", existing.display()),
        });
    }
    let probe = tempfile::Builder::new()
        .prefix(".medicosam-check-")
        .tempdir_in(&existing);
    match probe {
        Ok(_) => Ok(()),
        Err(error) if existing == folder => Err(format!("cannot be written to: {}", kind(&error))),
        Err(error) => Err(format!(
            "cannot be made in {}: {}",
            existing.display(),
            kind(&error)
        )),
    }
}

/// The error without the random name of the probe.
fn kind(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => std::io::Error::from_raw_os_error(number).to_string(),
        None => error.kind().to_string(),
    }
}

/// Boxes and points of a profile that lie in no scan, whatever its size.
fn boxes_that_no_scan_can_hold(profile: &Profile) -> Vec<String> {
    let mut problems = Vec::new();
    for object in &profile.objects {
        let of = format!("profile {:?}, object {:?}", profile.name, object.name);
        let mut check = |what: String, space: Space, low: Vec<f64>, high: Vec<f64>| {
            if space != Space::Voxel {
                return;
            }
            if low.iter().any(|&v| v < 0.0) {
                problems.push(format!(
                    "{of}: {what} lies before voxel 0; no scan can hold it"
                ));
            } else if high.iter().any(|&v| v > MOST_VOXELS) {
                problems.push(format!(
                    "{of}: {what} lies beyond voxel {MOST_VOXELS}; no scan can hold it"
                ));
            }
        };
        for bbox in &object.marks.boxes {
            let (low, high) = match bbox.extent {
                Extent::Volume { min, max } => (min.to_vec(), max.to_vec()),
                Extent::Slice { slice, min, max } => {
                    (vec![slice, min[0], min[1]], vec![slice, max[0], max[1]])
                }
            };
            check(format!("the box {bbox}"), bbox.space, low, high);
        }
        for point in &object.marks.points {
            let at = match point.at {
                At::Volume(at) => at.to_vec(),
                At::Slice { slice, at } => vec![slice, at[0], at[1]],
            };
            check(format!("the point {point}"), point.space, at.clone(), at);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn problems(base: &Path, text: &str) -> Vec<String> {
        let file = base.join("medicosam.toml");
        fs::write(&file, text).unwrap();
        Config::load(&file, base).unwrap().would_go_wrong()
    }

    const PROFILE: &str = "[[profile]]\nname = \"p\"\n";

    fn with_root(path: &str, output: &str) -> String {
        format!("{PROFILE}[[root]]\npath = {path:?}\nprofile = \"p\"\noutput = {output:?}\n")
    }

    #[test]
    fn what_would_work_has_no_problems() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let none: [String; 0] = [];
        for output in ["out", "new/out", "in/results"] {
            assert_eq!(problems(folder.path(), &with_root("in", output)), none);
            assert!(
                !folder.path().join("new").exists(),
                "nothing is left behind"
            );
        }
    }

    #[test]
    fn what_would_go_wrong_is_told_before_it_does() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        fs::create_dir(base.join("in")).unwrap();
        fs::create_dir(base.join("other")).unwrap();
        fs::write(base.join("file"), "").unwrap();
        let other = format!(
            "{}[[root]]\npath = \"other\"\nprofile = \"p\"\noutput = \"in\"\n",
            with_root("in", "out")
        );
        let long = format!("[daemon]\nsocket = \"{}\"\n", "x".repeat(120));
        let object = "[[profile.object]]\nlabel = 1\nname = \"o\"\n";
        for (text, expected) in [
            (PROFILE.to_owned(), "no [[root]]"),
            (with_root("missing", "out"), "not a folder (yet)"),
            (with_root("file", "out"), "file is not a folder"),
            (with_root("in", "file"), "is a file, not a folder"),
            (with_root("in", "file/out"), "cannot be made"),
            (
                with_root("in", "/proc/medicosam"),
                "cannot be made in /proc",
            ),
            (with_root("in", "in"), "its own output folder"),
            (other, "is the root"),
            (format!("{long}{}", with_root("in", "out")), "allows 107"),
            (
                format!("{PROFILE}{object}box = {{ min = [-5, 0, 0], max = [4, 4, 4] }}\n"),
                "before voxel 0",
            ),
            (
                format!("{PROFILE}{object}points = [{{ at = [0, 0, 40000] }}]\n"),
                "beyond voxel 32767",
            ),
            (
                format!(
                    "[limits]\nworker_memory = \"4 GiB\"\n[runtime]\ndevices = [\"cuda\"]\n{PROFILE}"
                ),
                "worker_memory",
            ),
        ] {
            let found = problems(base, &text).join("\n");
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
