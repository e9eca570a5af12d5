//! Threads that read scans: those of one root do not wait for those of another, which may not answer.

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

/// Scans of one root that are read at the same time.
const PER_ROOT: usize = 2;

/// Reads scans, those of each root on threads of their own, which start with its first scan.
pub struct Readers {
    needs: Needs,
    roots: BTreeMap<PathBuf, Sender<Settled>>,
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
            roots: BTreeMap::new(),
        }
    }

    /// Has a scan read.
    pub fn read(&mut self, settled: Settled) -> io::Result<()> {
        let root = self.needs.config.root_of(&settled.place);
        let root = root.map(|root| root.path.clone()).unwrap_or_default();
        let scans = match self.roots.get(&root) {
            Some(scans) => scans,
            None => {
                let scans = start(&self.needs)?;
                self.roots.entry(root).or_insert(scans)
            }
        };
        // Its receiver lives as long as the reading threads.
        let _ = scans.send(settled);
        Ok(())
    }
}

/// Starts the threads of one root.
fn start(needs: &Needs) -> io::Result<Sender<Settled>> {
    let (sender, scans) = channel();
    let scans = Arc::new(Mutex::new(scans));
    for _ in 0..PER_ROOT {
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
