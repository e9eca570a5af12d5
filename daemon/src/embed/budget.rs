//! How much the cache may hold, and what goes first.

use super::key::ContentKey;
use std::time::SystemTime;

/// The size limit of a cache that several workers write to.
///
/// No worker counts the writes of the others. Each worker looks at the whole folder whenever it has
/// written its share of the [slack](Budget::slack), and removes the excess. So all of them
/// together stay within the limit, and a look at the folder is shared by many embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// Bytes that all embeddings together may have.
    pub(super) limit: u64,
    /// Number of workers that write.
    pub(super) writers: u64,
}

impl Budget {
    /// Bytes that may be written between two looks: a twentieth of the limit.
    pub(super) fn slack(self) -> u64 {
        self.limit / 20
    }

    /// Bytes that are left after a look.
    pub(super) fn kept(self) -> u64 {
        self.limit - self.slack()
    }

    /// Bytes that one worker may write before it looks again.
    pub(super) fn share(self) -> u64 {
        self.slack() / self.writers.max(1)
    }
}

/// An embedding in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: ContentKey,
    pub(super) bytes: u64,
    pub(super) used: SystemTime,
}

/// Bytes of all entries.
pub(super) fn total(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.bytes).sum()
}

/// The least recently used entries, as many as must go to leave at most `allowed` bytes.
pub(super) fn victims(mut entries: Vec<Entry>, allowed: u64) -> Vec<Entry> {
    let mut left = total(&entries);
    entries.sort_unstable_by_key(|entry| (entry.used, entry.key));
    let keep_from = entries.iter().position(|entry| {
        let enough = left <= allowed;
        left -= entry.bytes;
        enough
    });
    entries.truncate(keep_from.unwrap_or(entries.len()));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn entry(number: usize, bytes: u64, used: u64) -> Entry {
        Entry {
            key: ContentKey::from_bytes([number as u8; ContentKey::LENGTH]),
            bytes,
            used: SystemTime::UNIX_EPOCH + Duration::from_secs(used),
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_until_the_rest_fits() {
        let entries = vec![entry(0, 10, 300), entry(1, 10, 100), entry(2, 10, 200)];
        let gone = |allowed| -> Vec<u8> {
            let gone = victims(entries.clone(), allowed);
            gone.iter().map(|entry| entry.key.bytes()[0]).collect()
        };
        assert_eq!(gone(30), [0u8; 0]);
        assert_eq!(gone(29), [1]);
        assert_eq!(gone(20), [1]);
        assert_eq!(gone(19), [1, 2]);
        assert_eq!(gone(0), [1, 2, 0]);
    }

    proptest! {
        #[test]
        fn what_is_left_fits_and_no_more_than_needed_goes(
            sizes in prop::collection::vec((0u64..100, 0u64..10), 0..60),
            allowed in 0u64..4000,
        ) {
            let entries: Vec<Entry> = sizes
                .iter()
                .enumerate()
                .map(|(number, &(bytes, used))| entry(number, bytes, used))
                .collect();
            let gone = victims(entries.clone(), allowed);
            let left = total(&entries) - total(&gone);
            prop_assert!(left <= allowed);
            if let Some(last) = gone.last() {
                prop_assert!(left + last.bytes > allowed, "the last one need not have gone");
                let oldest_left = entries.iter().filter(|e| !gone.contains(e)).map(|e| e.used).min();
                prop_assert!(oldest_left.is_none_or(|used| used >= last.used));
            }
        }

        #[test]
        fn several_writers_together_stay_within_the_limit(
            limit in 0u64..1_000_000, writers in 1u64..9,
        ) {
            let budget = Budget { limit, writers };
            prop_assert!(budget.kept() + budget.share() * writers <= limit);
        }
    }
}
