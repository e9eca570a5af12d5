//! Connections that read: several at a time, so that who reads waits for nobody who writes.

use super::StoreFault;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Connections in use at the same time; further callers wait for one of these.
const MOST: usize = 8;

/// Lends connections of the type `T`.
pub struct Pool<T> {
    connections: Mutex<Connections<T>>,
    one_is_free: Condvar,
}

struct Connections<T> {
    idle: Vec<T>,
    busy: usize,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        let connections = Connections {
            idle: Vec::new(),
            busy: 0,
        };
        Pool {
            connections: Mutex::new(connections),
            one_is_free: Condvar::new(),
        }
    }
}

impl<T> Pool<T> {
    /// Lends a connection to `body`; `open` makes one if all are in use.
    pub fn lend<R>(
        &self,
        open: impl FnOnce() -> Result<T, StoreFault>,
        body: impl FnOnce(&mut T) -> Result<R, StoreFault>,
    ) -> Result<R, StoreFault> {
        let mut connections = self.lock();
        while connections.idle.is_empty() && connections.busy >= MOST {
            let waited = self.one_is_free.wait(connections);
            connections = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let idle = connections.idle.pop();
        connections.busy += 1;
        drop(connections);
        let connection = idle.map_or_else(open, Ok);
        let result = connection.and_then(|mut connection| {
            let result = body(&mut connection);
            self.lock().idle.push(connection);
            result
        });
        self.lock().busy -= 1;
        self.one_is_free.notify_one();
        result
    }

    fn lock(&self) -> MutexGuard<'_, Connections<T>> {
        let locked = self.connections.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}
