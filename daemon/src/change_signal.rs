//! The signal that the store has changed.
//!
//! It does not say what changed: listeners read the store. So a slow listener never misses
//! anything, and a burst of changes costs it one look.

use tokio::sync::watch;

/// Announces changes of the store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ChangeSignal {
    sender: watch::Sender<u64>,
}

impl Default for ChangeSignal {
    fn default() -> Self {
        ChangeSignal {
            sender: watch::Sender::new(0),
        }
    }
}

impl ChangeSignal {
    /// Says that the store has changed.
    pub fn announce(&self) {
        self.sender.send_modify(|count| *count += 1);
    }

    /// Listens from now on.
    pub fn listen(&self) -> ChangeListener {
        ChangeListener {
            receiver: self.sender.subscribe(),
        }
    }
}

/// Waits for changes.
#[derive(Debug)]
pub struct ChangeListener {
    receiver: watch::Receiver<u64>,
}

impl ChangeListener {
    /// Returns when something has changed since the last call. Never returns once nobody can
    /// announce anything any more.
    pub async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
