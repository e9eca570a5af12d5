//! Renews the leases of a worker while it works.

use crate::case::Lease;
use crate::registry::Registry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Time between renewals; a lease lasts several of them.
const EVERY: Duration = Duration::from_secs(10);

/// Renews leases from a thread of its own, because the model may run for longer than a lease.
#[derive(Clone)]
pub struct Heartbeat {
    leases: Arc<Mutex<Vec<Lease>>>,
}

impl Heartbeat {
    /// Starts the thread; it lives as long as the process.
    pub fn start(registry: Arc<Registry>) -> std::io::Result<Self> {
        let leases: Arc<Mutex<Vec<Lease>>> = Arc::default();
        let heartbeat = Heartbeat {
            leases: Arc::clone(&leases),
        };
        let beat = move || {
            loop {
                std::thread::sleep(EVERY);
                let held = leases
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                for lease in held {
                    // A lost lease shows when the work is committed.
                    if let Err(error) = registry.renew(&lease) {
                        tracing::warn!("cannot renew the lease on case {}: {error}", lease.case);
                    }
                }
            }
        };
        std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(beat)?;
        Ok(heartbeat)
    }

    /// Renews a lease until the guard is dropped.
    pub fn hold(&self, lease: &Lease) -> Held {
        self.lock().push(lease.clone());
        Held {
            heartbeat: self.clone(),
            lease: lease.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease that is being renewed.
pub struct Held {
    heartbeat: Heartbeat,
    lease: Lease,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.heartbeat.lock().retain(|lease| *lease != self.lease);
    }
}
