//! Whether the daemon itself can work: write into its state folder, and open files.

use crate::live_state::LiveState;
use medicosam_shared::case::Fault;
use rustix::process::{Resource, getrlimit};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(30);
/// Bytes that there must be room for.
const ROOM: usize = 64 << 10;
/// Of a hundred files that may be open, how many make a trouble.
const MANY: u64 = 90;

/// Looks again and again, and shows what it finds.
pub async fn watch(live: Arc<LiveState>, state: PathBuf) {
    loop {
        let folder = state.clone();
        // Without a thread for it there is nothing to be said either.
        if let Ok(troubles) = tokio::task::spawn_blocking(move || troubles(&folder)).await {
            live.in_trouble(troubles);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What keeps the daemon from working now.
pub fn troubles(state: &Path) -> Vec<Fault> {
    let written = write_into(state).err().map(|error| of_state(state, &error));
    written.into_iter().chain(many_files()).collect()
}

/// Writes a nameless file, which is gone at once: before it ever reaches the disk, but not before the disk
/// has promised room for it.
fn write_into(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&vec![0; ROOM])
}

fn of_state(state: &Path, error: &io::Error) -> Fault {
    let system = match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::from(error.kind()),
    };
    Fault {
        code: "state-unwritable".to_owned(),
        message: format!(
            "nothing can be written into the state folder {}: {system}",
            state.display()
        ),
        hint: "Make room on its disk, or make it writable; what waits then goes on by itself."
            .to_owned(),
    }
}

fn many_files() -> Option<Fault> {
    let limit = getrlimit(Resource::Nofile).current?;
    // One of them is the folder itself.
    let open = std::fs::read_dir("/proc/self/fd")
        .ok()?
        .count()
        .saturating_sub(1) as u64;
    (open * 100 > limit * MANY).then(|| Fault {
        code: "files-used-up".to_owned(),
        message: format!("{open} of the {limit} files that may be open are"),
        hint: "Close clients, or raise `LimitNOFILE=` in the unit or `ulimit -n`, and `open_files` under [limits].".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_to_is_a_trouble_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(troubles(folder.path()), []);
        let found = troubles(&folder.path().join("gone"));
        assert_eq!(found[0].code, "state-unwritable");
        assert!(found[0].message.contains("No such file"), "{found:?}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }
}
