//! The thread that watches all roots.

use super::names::{Ignore, kind_of};
use super::settle::{Observation, Settler};
use crate::config::Root;
use crate::scan::Fingerprint;
use notify::event::{CreateKind, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use walkdir::WalkDir;

/// A new folder is walked again after this time: files may have come into it before the system
/// began to report on it.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// A file that is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Where it lies.
    pub path: PathBuf,
    /// Its state when it was last looked at.
    pub fingerprint: Fingerprint,
    /// What it is.
    pub kind: Kind,
}

/// What a file in a root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scan.
    Scan,
    /// A file beside a scan that prompts come from: a sidecar, or a label map.
    Prompts,
}

/// How a root is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootState {
    /// The folder.
    pub path: PathBuf,
    /// What keeps it from being watched, in words.
    pub problem: Option<String>,
}

/// What the watcher tells.
#[derive(Debug)]
pub enum WatcherReport {
    /// A file is finished.
    Settled(Settled),
    /// The roots were looked at; how they are, and which files are not finished.
    Walked {
        /// One entry per root.
        roots: Vec<RootState>,
        /// Files that are not finished.
        settling: Vec<PathBuf>,
    },
}

enum Message {
    Event(notify::Result<notify::Event>),
    LookAgain(PathBuf),
    Stop,
}

/// Handle on the watching thread; it stops when this is dropped.
pub struct WatcherHandle {
    messages: Sender<Message>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl WatcherHandle {
    /// Lets a file settle anew, because it changed while it was read.
    pub fn look_again(&self, path: PathBuf) {
        // The thread only ends after `Stop`, which only `drop` sends.
        let _ = self.messages.send(Message::LookAgain(path));
    }
}

impl Drop for WatcherHandle {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Watches roots; lives on a thread of its own.
pub struct Watcher {
    roots: Vec<Watched>,
    ignore: Ignore,
    settler: Settler,
    messages: Receiver<Message>,
    second_looks: Vec<(Instant, PathBuf)>,
    report: Box<dyn FnMut(WatcherReport) + Send>,
    sender: Sender<Message>,
}

struct Watched {
    root: Root,
    events: Option<RecommendedWatcher>,
    problem: Option<String>,
    next_walk: Instant,
}

impl Watcher {
    /// Starts watching. `known` are the files of earlier runs. `report` is called on the watching
    /// thread and must not block for long.
    pub fn start(
        roots: Vec<Root>,
        known: Vec<(PathBuf, Fingerprint)>,
        report: impl FnMut(WatcherReport) + Send + 'static,
    ) -> std::io::Result<WatcherHandle> {
        let (sender, messages) = mpsc::channel();
        let ignore = Ignore::outputs(roots.iter().map(|root| root.output.clone()));
        let now = Instant::now();
        let watcher = Watcher {
            roots: roots
                .into_iter()
                .map(|root| Watched {
                    root,
                    events: None,
                    problem: None,
                    next_walk: now,
                })
                .collect(),
            ignore,
            settler: Settler::knowing(known),
            messages,
            second_looks: Vec::new(),
            report: Box::new(report),
            sender: sender.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || watcher.run())?;
        Ok(WatcherHandle {
            messages: sender,
            thread: Some(thread),
        })
    }

    fn run(mut self) {
        loop {
            self.look_at_what_is_due();
            let wait = self.next_due().saturating_duration_since(Instant::now());
            let mut message = match self.messages.recv_timeout(wait) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Take all that has come, so that a burst of events costs one look per file.
            let mut touched = BTreeSet::new();
            while let Some(received) = message {
                match received {
                    Message::Stop => return,
                    Message::LookAgain(path) => {
                        self.settler.forget(&path);
                        touched.insert(path);
                    }
                    Message::Event(event) => self.take_event(event, &mut touched),
                }
                message = self.messages.try_recv().ok();
            }
            let looked = !touched.is_empty();
            for path in touched {
                self.look_at(&path);
            }
            if looked {
                self.tell_state();
            }
        }
    }

    /// When the next file, folder or root is to be looked at.
    fn next_due(&self) -> Instant {
        let files = self.settler.settling().map(|(_, due)| due);
        let folders = self.second_looks.iter().map(|(due, _)| *due);
        let roots = self.roots.iter().map(|watched| watched.next_walk);
        files
            .chain(folders)
            .chain(roots)
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(60))
    }

    fn look_at_what_is_due(&mut self) {
        let now = Instant::now();
        let mut walked = false;
        for index in 0..self.roots.len() {
            if self.roots[index].next_walk <= now {
                self.walk_root(index);
                walked = true;
            }
        }
        let (due, later) = std::mem::take(&mut self.second_looks)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.second_looks = later;
        for (_, folder) in due {
            self.walk(&folder);
        }
        let files: Vec<PathBuf> = self
            .settler
            .settling()
            .filter(|(_, due)| *due <= now)
            .map(|(path, _)| path.to_owned())
            .collect();
        let looked = !files.is_empty();
        for path in files {
            self.look_at(&path);
        }
        if walked || looked {
            self.tell_state();
        }
    }

    /// Walks a whole root, and asks the system for its events if it does not report them yet.
    fn walk_root(&mut self, index: usize) {
        let path = self.roots[index].root.path.clone();
        let problem = match std::fs::metadata(&path) {
            Err(error) => Some(format!("cannot be read: {error}")),
            Ok(metadata) if !metadata.is_dir() => Some("is not a folder".to_owned()),
            Ok(_) => None,
        };
        if problem.is_none() {
            if self.roots[index].events.is_none() {
                self.ask_for_events(index, &path);
            }
            self.forget_what_is_gone(&path);
            self.walk(&path);
        } else {
            // A root that is moved away or unmounted takes its watch with it.
            self.roots[index].events = None;
        }
        let watched = &mut self.roots[index];
        if let Some(problem) = &problem
            && watched.problem.as_ref() != Some(problem)
        {
            tracing::warn!(root = %path.display(), problem, "root is not watched");
        }
        watched.problem = problem;
        watched.next_walk = Instant::now() + watched.root.scan_every;
    }

    fn ask_for_events(&mut self, index: usize, path: &Path) {
        let sender = self.sender.clone();
        let config = notify::Config::default().with_follow_symlinks(false);
        // The handler only hands over: a slow one makes the system drop events.
        let handler = move |event| {
            let _ = sender.send(Message::Event(event));
        };
        let watcher = RecommendedWatcher::new(handler, config).and_then(|mut watcher| {
            watcher.watch(path, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        match watcher {
            Ok(watcher) => self.roots[index].events = Some(watcher),
            Err(error) => {
                let every = self.roots[index].root.scan_every;
                tracing::warn!(
                    root = %path.display(),
                    "no file events ({}); new files are found by walking the folder every {every:?}",
                    explain(&error)
                );
            }
        }
    }

    fn take_event(
        &mut self,
        event: notify::Result<notify::Event>,
        touched: &mut BTreeSet<PathBuf>,
    ) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(
                    "file events failed ({}); walking all roots",
                    explain(&error)
                );
                self.walk_everything_soon();
                return;
            }
        };
        if event.need_rescan() {
            self.walk_everything_soon();
        }
        match event.kind {
            EventKind::Access(access) if !is_end_of_writing(access) => {}
            EventKind::Create(CreateKind::Folder)
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                let due = Instant::now() + SECOND_LOOK;
                for path in event.paths {
                    self.second_looks.push((due, path.clone()));
                    touched.insert(path);
                }
            }
            _ => touched.extend(event.paths),
        }
    }

    fn walk_everything_soon(&mut self) {
        let now = Instant::now();
        for watched in &mut self.roots {
            watched.next_walk = now;
        }
    }

    fn forget_what_is_gone(&mut self, folder: &Path) {
        let gone: Vec<PathBuf> = self
            .settler
            .below(folder)
            .filter(|path| std::fs::symlink_metadata(path).is_err())
            .map(Path::to_owned)
            .collect();
        for path in gone {
            self.settler.forget(&path);
        }
    }

    /// Looks at every file below a folder.
    fn walk(&mut self, folder: &Path) {
        let Some(root) = self.root_of(folder).map(|root| root.path.clone()) else {
            return;
        };
        let ignore = self.ignore.clone();
        let entries = WalkDir::new(folder)
            .follow_links(false)
            .into_iter()
            .filter_entry(|entry| {
                !entry.file_type().is_dir() || !ignore.folder(&root, entry.path())
            });
        // A folder that cannot be read (yet) is tried again at the next walk.
        for entry in entries.filter_map(Result::ok) {
            if entry.file_type().is_file() {
                self.look_at(entry.path());
            }
        }
    }

    /// Looks at one path: observes a file, walks a folder, forgets what is gone.
    fn look_at(&mut self, path: &Path) {
        let Some(root) = self.root_of(path).cloned() else {
            return;
        };
        let Ok(metadata) = std::fs::symlink_metadata(path) else {
            self.settler.forget(path);
            return;
        };
        if metadata.is_dir() {
            if !self.ignore.folder(&root.path, path) && !self.ignore.path(&root.path, path) {
                self.walk(path);
            }
            return;
        }
        if !metadata.is_file() || self.ignore.path(&root.path, path) {
            return;
        }
        let Some(kind) = kind_of(path, &root) else {
            return;
        };
        let fingerprint = super::fingerprint(&metadata);
        let now = Instant::now();
        if let Observation::Settled = self
            .settler
            .observe(path, fingerprint, root.stable_for, now)
        {
            (self.report)(WatcherReport::Settled(Settled {
                path: path.to_owned(),
                fingerprint,
                kind,
            }));
        }
    }

    fn tell_state(&mut self) {
        let roots = self
            .roots
            .iter()
            .map(|watched| RootState {
                path: watched.root.path.clone(),
                problem: watched.problem.clone(),
            })
            .collect();
        let settling = self.settler.settling().map(|(path, _)| path.to_owned());
        let settling = settling.collect();
        (self.report)(WatcherReport::Walked { roots, settling });
    }

    fn root_of(&self, path: &Path) -> Option<&Root> {
        self.roots
            .iter()
            .map(|watched| &watched.root)
            .filter(|root| path.starts_with(&root.path))
            .max_by_key(|root| root.path.components().count())
    }
}

fn is_end_of_writing(access: notify::event::AccessKind) -> bool {
    use notify::event::{AccessKind, AccessMode};
    matches!(access, AccessKind::Close(AccessMode::Write))
}

/// The error in words. The system reports used-up watches as "no space left on device", which
/// sends people to the disk.
fn explain(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached; raise it with `sysctl fs.inotify.max_user_watches=1048576`".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A watcher over a temporary folder, and what it reports.
    struct Fixture {
        folder: tempfile::TempDir,
        reports: Receiver<WatcherReport>,
        _handle: WatcherHandle,
    }

    fn watch(prepare: impl FnOnce(&Path)) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let root = Root {
            path: folder.path().join("in"),
            profiles: vec!["p".into()],
            pictures: false,
            label_maps: vec!["{stem}_seg.nii.gz".parse().unwrap()],
            output: folder.path().join("in/results"),
            stable_for: Duration::from_millis(50),
            scan_every: Duration::from_secs(1),
        };
        fs::create_dir(&root.path).unwrap();
        prepare(&root.path);
        let (sender, reports) = mpsc::channel();
        let report = move |report| {
            let _ = sender.send(report);
        };
        let handle = Watcher::start(vec![root], Vec::new(), report).unwrap();
        Fixture {
            folder,
            reports,
            _handle: handle,
        }
    }

    impl Fixture {
        fn root(&self) -> PathBuf {
            self.folder.path().join("in")
        }

        /// Waits until `count` files are settled; their names, sorted.
        fn settled(&self, count: usize) -> Vec<String> {
            let mut names = Vec::new();
            while names.len() < count {
                let report = self.reports.recv_timeout(Duration::from_secs(30)).unwrap();
                if let WatcherReport::Settled(settled) = report {
                    let name = settled.path.strip_prefix(self.root()).unwrap();
                    names.push(name.to_string_lossy().into_owned());
                }
            }
            names.sort();
            names
        }
    }

    #[test]
    fn files_that_were_there_come_in_and_renamed_and_linked_ones_too() {
        let f = watch(|root| fs::write(root.join("old.nii"), "x").unwrap());
        assert_eq!(f.settled(1), ["old.nii"]);
        let outside = f.folder.path().join("outside.nii");
        fs::write(&outside, "y").unwrap();
        fs::hard_link(&outside, f.root().join("linked.nii")).unwrap();
        fs::rename(&outside, f.root().join("renamed.nii")).unwrap();
        fs::write(f.root().join("written.nii.gz"), "z").unwrap();
        assert_eq!(
            f.settled(3),
            ["linked.nii", "renamed.nii", "written.nii.gz"]
        );
    }

    #[test]
    fn no_file_in_new_nested_folders_is_lost() {
        let f = watch(|_| {});
        let mut expected = Vec::new();
        for n in 0..300 {
            let folder = format!("sub-{n:03}/ses-1/anat");
            fs::create_dir_all(f.root().join(&folder)).unwrap();
            fs::write(f.root().join(&folder).join("T1w.nii"), "x").unwrap();
            expected.push(format!("{folder}/T1w.nii"));
        }
        assert_eq!(f.settled(300), expected);
    }

    #[test]
    fn results_and_unfinished_files_are_never_taken_for_scans() {
        let f = watch(|root| {
            fs::create_dir(root.join("results")).unwrap();
            for name in ["results/a.nii", "b_dseg.nii.gz", ".c.nii", "d.nii.part"] {
                fs::write(root.join(name), "x").unwrap();
            }
            fs::write(root.join("scan.nii"), "x").unwrap();
        });
        assert_eq!(f.settled(1), ["scan.nii"]);
        fs::write(f.root().join("results/e.nii"), "x").unwrap();
        fs::write(f.root().join("last.nii"), "x").unwrap();
        assert_eq!(f.settled(1), ["last.nii"]);
    }

    #[test]
    fn a_replaced_file_settles_again() {
        let f = watch(|root| fs::write(root.join("a.nii"), "x").unwrap());
        assert_eq!(f.settled(1), ["a.nii"]);
        fs::write(f.root().join("a.nii"), "longer").unwrap();
        assert_eq!(f.settled(1), ["a.nii"]);
    }

    #[test]
    fn a_root_that_appears_later_is_found() {
        let f = watch(|root| fs::remove_dir(root).unwrap());
        let problem = loop {
            match f.reports.recv_timeout(Duration::from_secs(30)).unwrap() {
                WatcherReport::Walked { roots, .. } => break roots[0].problem.clone(),
                WatcherReport::Settled(_) => {}
            }
        };
        assert!(problem.unwrap().contains("cannot be read"));
        fs::create_dir(f.root()).unwrap();
        fs::write(f.root().join("a.nii"), "x").unwrap();
        assert_eq!(f.settled(1), ["a.nii"]);
    }
}
