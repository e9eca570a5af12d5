//! How many connections there may be at a time, and for whom.

use std::sync::{Arc, Mutex, PoisonError};

/// Connections that only the daemon's own user and the superuser can have, when all others are taken:
/// somebody must be able to look at what is going on.
const KEPT: usize = 8;

/// One in so many files may be a connection.
const SHARE: usize = 4;

/// The connections that there may be at a time.
#[derive(Debug, Clone)]
pub struct Seats {
    limit: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of_others: usize,
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// The user that the daemon runs as, or the superuser.
    Owner,
    /// Another user.
    Other,
}

/// One connection; its seat is free again when this is dropped.
#[derive(Debug)]
pub struct Seat {
    guest: Guest,
    taken: Arc<Mutex<Taken>>,
}

impl Seats {
    /// Seats for `limit` connections, and a few more for the owner, where so many files may be open. Most of
    /// these are for scans, the store and workers.
    pub fn new(limit: usize, open_files: usize) -> Self {
        let there_are = (open_files / SHARE).saturating_sub(KEPT);
        Seats {
            limit: limit.min(there_are.max(1)),
            taken: Arc::default(),
        }
    }

    /// Takes a seat, if there is one for this guest.
    pub fn take(&self, guest: Guest) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_other = usize::from(guest == Guest::Other);
        let is_free = taken.all < self.limit + KEPT && is_other * taken.of_others < self.limit;
        if !is_free {
            return None;
        }
        taken.all += 1;
        taken.of_others += is_other;
        Some(Seat {
            guest,
            taken: Arc::clone(&self.taken),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        taken.of_others -= usize::from(self.guest == Guest::Other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_cannot_take_what_is_kept_for_the_owner() {
        let seats = Seats::new(2, 1024);
        let others: Vec<Seat> = std::iter::from_fn(|| seats.take(Guest::Other)).collect();
        assert_eq!(others.len(), 2);
        let own: Vec<Seat> = std::iter::from_fn(|| seats.take(Guest::Owner)).collect();
        assert_eq!(own.len(), KEPT);
        drop(others);
        assert!(seats.take(Guest::Other).is_some(), "it is free again");
        drop(own);
        let few = Seats::new(100, 64);
        let all: Vec<Seat> = std::iter::from_fn(|| few.take(Guest::Owner)).collect();
        assert_eq!(all.len(), 16, "of 64 files");
    }
}
