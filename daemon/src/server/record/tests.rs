use super::*;
use crate::change_signal::ChangeSignal;
use crate::registry::suite::{decision, result_of_new_case};
use crate::store::{Commit, MemoryStore, Rows, Store, StoreFault};
use crate::watch::presence::{Mount, MountIdentity};
use medicosam_shared::case::Verdict;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A store whose reads fail when they are to.
#[derive(Default)]
struct Failing {
    store: MemoryStore,
    fails: Arc<AtomicBool>,
}

impl Store for Failing {
    fn read(
        &self,
        body: &mut dyn FnMut(&dyn Rows) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(StoreFault::Busy {
                doing: "reading",
                seconds: 1,
            });
        }
        self.store.read(body)
    }

    fn transact(
        &self,
        body: &mut dyn FnMut(&mut dyn Rows) -> Result<Commit, StoreFault>,
    ) -> Result<(), StoreFault> {
        self.store.transact(body)
    }

    fn check(&self) -> Result<(), StoreFault> {
        self.store.check()
    }

    fn id(&self) -> &str {
        self.store.id()
    }

    fn changes(&self) -> &ChangeSignal {
        self.store.changes()
    }
}

/// Two decided cases, whose results lie on a share that is mounted below the output folder, and was
/// away when they were decided on.
struct Fixture {
    folder: tempfile::TempDir,
    fails: Arc<AtomicBool>,
    recorder: Recorder,
}

const CONFIG: &str = r#"
    [[profile]]
    name = "p"
    [[root]]
    path = "in"
    profile = "p"
    output = "out"
"#;

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("medicosam.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let config = Arc::new(Config::load(&file, folder.path()).unwrap());
        let share = config.roots[0].output.join("share");
        std::fs::create_dir_all(&share).unwrap();
        std::fs::create_dir_all(&config.state).unwrap();
        let store = Failing::default();
        let fails = Arc::clone(&store.fails);
        let store = Arc::new(Registry::over(store));
        for name in ["a", "b"] {
            let id = result_of_new_case(&store, name, &share);
            let approval = decision(1, Verdict::Approve);
            store.decide(&id, "ana", &approval).unwrap();
        }
        let fixture = Fixture {
            recorder: Recorder::new(&store, &config).unwrap(),
            folder,
            fails,
        };
        fixture.mount("server:/results");
        fixture
    }

    /// What is remembered to be mounted where the results lie; nothing is.
    fn mount(&self, source: &str) {
        let config = &self.recorder.config;
        let output = &config.roots[0].output;
        let mut records = Records::default();
        records.look_at_output(output);
        if !source.is_empty() {
            let mount = Mount {
                point: output.join("share").to_string_lossy().into_owned(),
                root: "/".to_owned(),
                kind: "nfs4".to_owned(),
                source: source.to_owned(),
            };
            records.remember_below(output, Path::new("share"), MountIdentity::Mount(mount));
        }
        records.save(&config.state).unwrap();
    }

    /// Whether every decision has been dealt with.
    fn is_done(&self) -> bool {
        let store = &self.recorder.store;
        store.recorded().unwrap() == store.last_event().unwrap()
    }
}

#[test]
fn a_decision_whose_record_is_missing_waits_while_its_share_is_away() {
    let mut f = Fixture::new();
    for _ in 0..2 {
        f.recorder.step().unwrap();
        assert_eq!(f.recorder.failed.len(), 2);
        assert!(!f.is_done());
    }
    f.mount("");
    f.recorder.step().unwrap();
    assert!(f.is_done(), "the records were deleted");
    drop(f.folder);
}

#[test]
fn a_store_that_fails_makes_no_decision_forgotten() {
    let mut f = Fixture::new();
    f.fails.store(true, Ordering::SeqCst);
    assert!(f.recorder.step().is_err());
    f.fails.store(false, Ordering::SeqCst);
    f.recorder.step().unwrap();
    f.fails.store(true, Ordering::SeqCst);
    assert!(f.recorder.step().is_err());
    f.fails.store(false, Ordering::SeqCst);
    f.recorder.step().unwrap();
    assert_eq!(f.recorder.failed.len(), 2);
    assert!(!f.is_done());
}
