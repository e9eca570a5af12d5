//! Threads that read scans: those of one root do not wait for those of another, which may not answer, nor
//! do small ones for large ones.

use super::message::Message;
use super::read::read;
use crate::config::Config;
use crate::plan::SidecarFolders;
use crate::watch::Settled;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

/// A scan whose files have more bytes than this is large: to hash it takes seconds, or minutes on a share.
const LARGE: u64 = 256 << 20;

/// Two kinds of scans, so that a large one holds up only its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    Small,
    Large,
}

impl Size {
    fn of(settled: &Settled) -> Self {
        let bytes = settled.files.iter().map(|(_, state)| state.size);
        match bytes.fold(0, u64::saturating_add) > LARGE {
            true => Size::Large,
            false => Size::Small,
        }
    }

    /// Scans of one root that are read at the same time.
    fn threads(self) -> usize {
        match self {
            Size::Small => 2,
            Size::Large => 1,
        }
    }
}

/// Reads scans, those of each root and size on threads of their own, which start with the first such scan.
pub struct Readers {
    needs: Needs,
    threads: BTreeMap<(PathBuf, Size), Sender<Settled>>,
}

/// What each thread needs.
#[derive(Clone)]
struct Needs {
    config: Arc<Config>,
    sidecars: Arc<SidecarFolders>,
    results: Sender<Message>,
    stop: Arc<AtomicBool>,
}

impl Readers {
    /// Readers that send what they read to `results`, and read no further once `stop` is set.
    pub fn new(config: Arc<Config>, results: Sender<Message>, stop: Arc<AtomicBool>) -> Self {
        Readers {
            needs: Needs {
                config,
                sidecars: Arc::default(),
                results,
                stop,
            },
            threads: BTreeMap::new(),
        }
    }

    /// Has a scan read.
    pub fn read(&mut self, settled: Settled) -> io::Result<()> {
        let root = self.needs.config.root_of(&settled.place);
        let root = root.map(|root| root.path.clone()).unwrap_or_default();
        let whose = (root, Size::of(&settled));
        let scans = match self.threads.get(&whose) {
            Some(scans) => scans,
            None => {
                let scans = start(&self.needs, whose.1.threads())?;
                self.threads.entry(whose).or_insert(scans)
            }
        };
        // Its receiver lives as long as the reading threads.
        let _ = scans.send(settled);
        Ok(())
    }
}

/// Starts threads that read scans.
fn start(needs: &Needs, threads: usize) -> io::Result<Sender<Settled>> {
    let (sender, scans) = channel();
    let scans = Arc::new(Mutex::new(scans));
    for _ in 0..threads {
        let (needs, scans) = (needs.clone(), Arc::clone(&scans));
        let thread = thread::Builder::new().name("read scans".to_owned());
        thread.spawn(move || read_scans(&needs, &scans))?;
    }
    Ok(sender)
}

/// Reads scans until there are no more to come.
fn read_scans(needs: &Needs, scans: &Mutex<Receiver<Settled>>) {
    loop {
        let next = scans.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(settled) = next else {
            return;
        };
        let found = read(&needs.config, &needs.sidecars, &settled, &needs.stop);
        let message = Message::Read(settled.place, found);
        if needs.results.send(message).is_err() {
            return;
        }
    }
}
