//! Scans that could not be read: why, and when they are tried again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Scans that could not be read. Each stays until it was read or is gone, also while it is tried again.
#[derive(Debug, Default)]
pub struct Unreadable(BTreeMap<PathBuf, Unread>);

#[derive(Debug)]
struct Unread {
    why: String,
    /// `None` while it is being tried.
    again: Option<Instant>,
}

impl Unreadable {
    /// Adds a scan that could not be read. Returns whether it, or the reason, is new.
    pub fn add(&mut self, place: PathBuf, why: String, again: Instant) -> bool {
        let unread = Unread {
            why: why.clone(),
            again: Some(again),
        };
        let before = self.0.insert(place, unread);
        before.is_none_or(|before| before.why != why)
    }

    /// Removes a scan that was read, or is gone.
    pub fn remove(&mut self, place: &Path) {
        self.0.remove(place);
    }

    /// When the next one is tried again.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().filter_map(|unread| unread.again).min()
    }

    /// Those to try again now.
    pub fn take_due(&mut self, now: Instant) -> Vec<PathBuf> {
        let due = self.0.iter_mut().filter_map(|(place, unread)| {
            unread.again.take_if(|at| *at <= now)?;
            Some(place.clone())
        });
        due.collect()
    }

    /// All of them, and why.
    pub fn reasons(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.0
            .iter()
            .map(|(place, unread)| (place.as_path(), unread.why.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;
    use std::time::Duration;

    #[test]
    fn a_scan_is_shown_with_its_reason_until_it_is_read_or_gone() {
        let mut unreadable = Unreadable::default();
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let a = PathBuf::from("a");
        assert!(unreadable.add(a.clone(), "denied".to_owned(), later));
        assert!(unreadable.take_due(now).is_empty());
        assert_eq!(unreadable.next(), Some(later));
        assert_eq!(unreadable.take_due(later).as_slice(), slice::from_ref(&a));
        assert!(unreadable.take_due(later).is_empty(), "once");
        assert_eq!(unreadable.next(), None);
        let reasons = |unreadable: &Unreadable| -> Vec<String> {
            unreadable
                .reasons()
                .map(|(_, why)| why.to_owned())
                .collect()
        };
        assert_eq!(reasons(&unreadable), ["denied"], "it is being tried");
        assert!(!unreadable.add(a.clone(), "denied".to_owned(), later));
        assert!(unreadable.add(a.clone(), "stale".to_owned(), later));
        assert_eq!(reasons(&unreadable), ["stale"]);
        unreadable.remove(&a);
        assert_eq!(reasons(&unreadable), [""; 0]);
    }
}
