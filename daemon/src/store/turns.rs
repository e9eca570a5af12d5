//! Turns of the writers of one store: threads of a process, and processes.
//!
//! SQLite lets one connection write at a time, but in no order: one that waits sleeps up to 0.1 s between
//! two looks, and a worker that commits every few milliseconds takes the lock again meanwhile. Here the
//! next writer stands at a gate: it holds the gate while it waits for the pen, so whoever puts the
//! pen down and wants it again comes after it. Both exist twice, as mutexes between the threads of this
//! process, and as locks of the kernel (`flock`) between processes. A lock goes with its process.

use super::StoreFault;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two looks at a lock of another process; a commit takes several milliseconds.
const LOOK: Duration = Duration::from_micros(500);

const WAITING: &str = "waiting for a turn to write";

/// Gives out turns to use `T`.
pub struct Turns<T> {
    /// Held by the thread that comes next.
    next: Mutex<()>,
    writer: Mutex<T>,
    gate: File,
    pen: File,
}

/// The right to write until it is dropped.
pub struct Turn<'a, T> {
    writer: MutexGuard<'a, T>,
    pen: &'a File,
}

impl<T> Turns<T> {
    /// Turns for all who write to the store at `path`.
    pub fn new(path: &Path, writer: T) -> Result<Self, StoreFault> {
        let open = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(name)
                .map_err(|e| failed("opening the locks of the store", e))
        };
        Ok(Turns {
            next: Mutex::new(()),
            writer: Mutex::new(writer),
            gate: open("-gate")?,
            pen: open("-pen")?,
        })
    }

    /// Waits for the next turn.
    pub fn take(&self) -> Result<Turn<'_, T>, StoreFault> {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // A panic in another thread rolled its transaction back; the connection is good.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        drop(next);
        let deadline = Instant::now() + PATIENCE;
        lock_until(&self.gate, deadline)?;
        let pen = lock_until(&self.pen, deadline);
        unlock(&self.gate);
        pen?;
        Ok(Turn {
            writer,
            pen: &self.pen,
        })
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.writer
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.writer
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        unlock(self.pen);
    }
}

/// Takes a lock of the kernel, which has no waiting with an end.
fn lock_until(file: &File, deadline: Instant) -> Result<(), StoreFault> {
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < deadline => {
                std::thread::sleep(LOOK);
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => {
                return Err(StoreFault::Busy {
                    doing: WAITING,
                    seconds: PATIENCE.as_secs(),
                });
            }
            Err(error) => return Err(failed(WAITING, error.into())),
        }
    }
}

fn unlock(file: &File) {
    // A lock that cannot be given back goes when the process ends; there is nothing else to do.
    let _ = flock(file, FlockOperation::Unlock);
}

fn failed(doing: &'static str, source: std::io::Error) -> StoreFault {
    StoreFault::Failed {
        doing,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_writer_that_never_rests_gives_way_to_one_that_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        // Two processes, as far as the kernel is concerned: files opened twice.
        let (busy, other) = (
            Turns::new(&path, ()).unwrap(),
            Turns::new(&path, ()).unwrap(),
        );
        let (taken, done) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) == 0 {
                    let _turn = busy.take().unwrap();
                    taken.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            while taken.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            for _ in 0..20 {
                let before = taken.load(Ordering::SeqCst);
                let turn = other.take().unwrap();
                let passed_by = taken.load(Ordering::SeqCst) - before;
                drop(turn);
                // The one that has it, and one that may have reached the gate first.
                assert!(passed_by <= 2, "{passed_by} turns of the other came first");
            }
            done.store(1, Ordering::SeqCst);
        });
    }
}
