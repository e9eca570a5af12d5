//! File events of the system, which are hints: where to look.

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where events say that something happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Paths to look at.
    pub paths: BTreeSet<PathBuf>,
    /// Paths that may be new folders: files may have come into them before the system began to
    /// report on them.
    pub new_folders: Vec<PathBuf>,
    /// Whether events were lost, so that only a walk through all roots helps.
    pub is_incomplete: bool,
}

impl Touched {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.is_incomplete
    }

    /// Adds what an event says.
    pub fn add(&mut self, event: Event) {
        self.is_incomplete |= event.need_rescan();
        match event.kind {
            EventKind::Access(access) if !is_end_of_writing(access) => return,
            EventKind::Create(CreateKind::Folder)
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                self.new_folders.extend(event.paths.iter().cloned());
            }
            EventKind::Any
            | EventKind::Access(_)
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => {}
        }
        self.paths.extend(event.paths);
    }
}

/// Asks the system to report what happens below a folder. `handle` only hands over: a slow one
/// makes the system drop events.
pub fn subscribe(
    folder: &Path,
    handle: impl FnMut(notify::Result<Event>) + Send + 'static,
) -> notify::Result<RecommendedWatcher> {
    let config = notify::Config::default().with_follow_symlinks(false);
    let mut watcher = RecommendedWatcher::new(handle, config)?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// The error in words. The system reports used-up watches as "no space left on device", which
/// sends people to the disk.
pub fn explain(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached; raise it with `sysctl fs.inotify.max_user_watches=1048576`".to_owned()
        }
        notify::ErrorKind::Generic(_)
        | notify::ErrorKind::Io(_)
        | notify::ErrorKind::PathNotFound
        | notify::ErrorKind::WatchNotFound
        | notify::ErrorKind::InvalidConfig(_) => error.to_string(),
    }
}

fn is_end_of_writing(access: AccessKind) -> bool {
    matches!(access, AccessKind::Close(AccessMode::Write))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::Flag;

    fn touched(kind: EventKind) -> Touched {
        let mut touched = Touched::default();
        touched.add(Event::new(kind).add_path("/in/a".into()));
        touched
    }

    #[test]
    fn reading_is_nothing_and_what_may_be_a_folder_is_walked_again() {
        let read = EventKind::Access(AccessKind::Close(AccessMode::Read));
        assert!(touched(read).is_empty());
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(touched(written).paths.len(), 1);
        assert!(touched(written).new_folders.is_empty());
        for kind in [
            EventKind::Create(CreateKind::Folder),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
        ] {
            assert_eq!(touched(kind).new_folders, [Path::new("/in/a")], "{kind:?}");
        }
    }

    #[test]
    fn lost_events_ask_for_a_walk() {
        let mut touched = Touched::default();
        touched.add(Event::new(EventKind::Other).set_flag(Flag::Rescan));
        assert!(touched.is_incomplete && !touched.is_empty());
    }
}
