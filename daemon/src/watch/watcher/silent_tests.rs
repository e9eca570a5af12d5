//! A share whose server is gone, beside one that answers.

use super::*;
use std::fs;
use std::sync::{Condvar, Mutex};

/// Servers, one of which may be gone: a call below its folder waits.
#[derive(Default)]
struct Servers {
    gone: Mutex<Option<PathBuf>>,
    back: Condvar,
}

impl Servers {
    fn ask(&self, folder: &Path) {
        let is_gone =
            |gone: &mut Option<PathBuf>| gone.as_ref().is_some_and(|gone| folder.starts_with(gone));
        let gone = self.gone.lock().unwrap();
        drop(self.back.wait_while(gone, is_gone).unwrap());
    }

    fn set_gone(&self, folder: Option<&Path>) {
        *self.gone.lock().unwrap() = folder.map(Path::to_owned);
        self.back.notify_all();
    }
}

/// Two roots, `a` and `b`.
struct Fixture {
    folder: tempfile::TempDir,
    servers: Arc<Servers>,
    reports: Receiver<WatcherReport>,
    handle: Option<WatcherHandle>,
}

/// Watches two roots. The server of the folder `gone`, if it is one, is gone from the beginning.
fn watch(gone: &str) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        Root {
            output: folder.path().join(format!("out-{name}")),
            path,
            profiles: vec!["p".into()],
            pictures: false,
            label_maps: Vec::new(),
            results: Default::default(),
            stable_for: Duration::from_millis(20),
            scan_every: Duration::from_millis(200),
        }
    };
    let beginning = Beginning {
        roots: vec![root("a"), root("b")],
        ..Beginning::default()
    };
    let servers = Arc::new(Servers::default());
    servers.set_gone(
        Some(&folder.path().join(gone))
            .filter(|_| !gone.is_empty())
            .map(|p| &**p),
    );
    let server: Server = {
        let servers = Arc::clone(&servers);
        Arc::new(move |folder: &Path| servers.ask(folder))
    };
    let (sender, reports) = mpsc::channel();
    let report = move |report| {
        let _ = sender.send(report);
    };
    let patience = Duration::from_millis(300);
    let handle = Watcher::start_on(&server, patience, beginning, report).unwrap();
    Fixture {
        folder,
        servers,
        reports,
        handle: Some(handle),
    }
}

impl Fixture {
    fn write(&self, name: &str) {
        fs::write(self.folder.path().join(name), "x").unwrap();
    }

    /// The next report of this kind.
    fn next<T>(&self, mut wanted: impl FnMut(WatcherReport) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left).unwrap();
            if let Some(found) = wanted(report) {
                return found;
            }
        }
    }

    fn settled(&self) -> PathBuf {
        self.next(|report| match report {
            WatcherReport::Settled(settled) => Some(settled.place),
            WatcherReport::Gone { .. }
            | WatcherReport::Mounts(_)
            | WatcherReport::Walked { .. } => None,
        })
    }

    /// The next state of both roots that is as it is to be.
    fn roots(&self, wanted: impl Fn(&[RootState]) -> bool) -> Vec<RootState> {
        self.next(|report| match report {
            WatcherReport::Walked { roots, .. } if wanted(&roots) => Some(roots),
            _ => None,
        })
    }
}

#[test]
fn a_root_that_does_not_answer_is_away_and_others_go_on() {
    let f = watch("");
    f.write("a/1.nii");
    assert_eq!(f.settled(), f.folder.path().join("a/1.nii"));
    let a = f.folder.path().join("a");
    f.servers.set_gone(Some(&a));
    let records = f.next(|report| match report {
        WatcherReport::Mounts(records) if records.silence(&a).is_some() => Some(records),
        _ => None,
    });
    assert!(!records.presence(&a).is_there(), "nobody asks it");
    let roots = f.roots(|roots| roots[0].silent);
    let problem = roots[0].problem.as_deref().unwrap_or_default();
    assert!(problem.contains("has not answered since"), "{problem}");
    assert!(roots[0].away);
    assert_eq!((roots[1].away, &roots[1].problem), (false, &None));
    f.write("a/2.nii");
    f.write("b/3.nii");
    assert_eq!(f.settled(), f.folder.path().join("b/3.nii"));

    f.servers.set_gone(None);
    let (mut settled, mut is_back) = (Vec::new(), false);
    f.next(|report| {
        match report {
            WatcherReport::Settled(found) => settled.push(found.place),
            WatcherReport::Walked { roots, .. } => is_back |= roots[0].problem.is_none(),
            WatcherReport::Gone { scans, .. } => panic!("{scans:?} are gone"),
            WatcherReport::Mounts(_) => {}
        }
        (is_back && !settled.is_empty()).then_some(())
    });
    assert_eq!(settled, [a.join("2.nii")], "the other is known");
}

#[test]
fn a_root_that_does_not_answer_from_the_beginning_keeps_nobody_waiting() {
    let mut f = watch("a");
    f.write("b/1.nii");
    assert_eq!(f.settled(), f.folder.path().join("b/1.nii"));
    let roots = f.roots(|_| true);
    assert!(
        roots[0].silent && roots[0].away && !roots[1].away,
        "{roots:?}"
    );
    // It ends though the thread of the root waits.
    drop(f.handle.take());
    assert!(
        f.reports
            .try_iter()
            .all(|report| !matches!(report, WatcherReport::Settled(_)))
    );
    f.servers.set_gone(None);
}

#[test]
fn an_output_folder_that_does_not_answer_is_named() {
    let f = watch("out-a");
    let roots = f.roots(|roots| roots[0].problem.is_some());
    let problem = roots[0].problem.as_deref().unwrap_or_default();
    assert!(problem.contains("out-a has not answered"), "{problem}");
    f.servers.set_gone(None);
    f.roots(|roots| roots[0].problem.is_none() && !roots[0].away);
}
