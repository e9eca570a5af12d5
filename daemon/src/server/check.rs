//! The look through the store for damage, at the start.

use super::{Failure, ServerError, system};
use crate::registry::{Registry, RegistryError};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};

/// How long the start waits for it.
const FIRST: Duration = Duration::from_millis(150);

/// A look that goes on while the daemon works already.
pub struct Look(Option<JoinHandle<Result<(), RegistryError>>>);

impl Look {
    /// Looks through the store: a small one before anything is done with it. A large one takes longer
    /// than a start may take.
    pub async fn begin(store: &Arc<Registry>) -> Result<Self, ServerError> {
        let store = Arc::clone(store);
        let mut look = tokio::task::spawn_blocking(move || store.check());
        match tokio::time::timeout(FIRST, &mut look).await {
            Ok(done) => outcome(done).map(|()| Look(None)),
            Err(_) => Ok(Look(Some(look))),
        }
    }

    /// Ends the daemon if damage is found after all.
    pub async fn end(self, failure: Failure) {
        if let Some(look) = self.0
            && let Err(error) = outcome(look.await)
        {
            failure.report(error);
        }
    }
}

fn outcome(done: Result<Result<(), RegistryError>, JoinError>) -> Result<(), ServerError> {
    let done = done.map_err(io::Error::other);
    Ok(done.map_err(system("look through the store"))??)
}
