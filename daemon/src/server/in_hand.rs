//! Which scans are being read.
//!
//! Several are read at a time, so they may be done in another order than they were found in. For
//! each place the order holds: nothing is filed that a later state of the same scan overtakes.

use crate::watch::Settled;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What happened to a scan while it was being read.
#[derive(Debug)]
enum Meanwhile {
    Nothing,
    /// It settled in another state.
    Settled(Settled),
    /// It went away.
    Gone,
}

/// What is to be done with what was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    File,
    /// It is outdated; read this instead.
    ReadAgain(Settled),
    /// It is outdated: the scan is gone.
    Gone,
}

/// The scans that are being read, by place.
#[derive(Debug, Default)]
pub struct InHand {
    places: BTreeMap<PathBuf, Meanwhile>,
}

impl InHand {
    /// Takes a scan that has settled. It is to be read now if it comes back.
    pub fn take(&mut self, settled: Settled) -> Option<Settled> {
        if let Some(meanwhile) = self.places.get_mut(&settled.place) {
            *meanwhile = Meanwhile::Settled(settled);
            return None;
        }
        self.places
            .insert(settled.place.clone(), Meanwhile::Nothing);
        Some(settled)
    }

    /// Notes that a scan is gone. Returns whether that counts at once, or only after the reading.
    pub fn gone(&mut self, place: &Path) -> bool {
        let meanwhile = self.places.get_mut(place);
        let is_in_hand = meanwhile.is_some();
        if let Some(meanwhile) = meanwhile {
            *meanwhile = Meanwhile::Gone;
        }
        !is_in_hand
    }

    /// Notes that a scan has been read, and says what to do with the result.
    pub fn read(&mut self, place: &Path) -> Verdict {
        match self.places.remove(place) {
            Some(Meanwhile::Settled(settled)) => {
                self.places.insert(place.to_owned(), Meanwhile::Nothing);
                Verdict::ReadAgain(settled)
            }
            Some(Meanwhile::Gone) => Verdict::Gone,
            Some(Meanwhile::Nothing) | None => Verdict::File,
        }
    }

    /// Whether no scan is being read.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The places of all scans that are being read.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        self.places.keys().map(PathBuf::as_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Kind;

    fn settled(place: &str, missing: &str) -> Settled {
        Settled {
            place: place.into(),
            files: Vec::new(),
            missing: vec![missing.into()],
            kind: Kind::Scan,
        }
    }

    #[test]
    fn of_one_scan_only_the_last_state_is_filed() {
        let mut hand = InHand::default();
        let a = Path::new("a");
        assert!(hand.take(settled("a", "1")).is_some());
        assert!(hand.take(settled("b", "1")).is_some());
        assert!(hand.take(settled("a", "2")).is_none());
        assert!(hand.take(settled("a", "3")).is_none());
        assert_eq!(hand.read(Path::new("b")), Verdict::File);
        assert_eq!(hand.read(a), Verdict::ReadAgain(settled("a", "3")));
        assert_eq!(hand.places().collect::<Vec<_>>(), [a]);
        assert_eq!(hand.read(a), Verdict::File);
        assert_eq!(hand.places().count(), 0);
    }

    #[test]
    fn a_scan_that_goes_while_it_is_read_is_gone_and_not_filed() {
        let mut hand = InHand::default();
        let a = Path::new("a");
        assert!(hand.gone(a), "nobody reads it");
        hand.take(settled("a", "1"));
        assert!(!hand.gone(a));
        assert_eq!(hand.read(a), Verdict::Gone);
        hand.take(settled("a", "1"));
        hand.gone(a);
        hand.take(settled("a", "2"));
        assert!(
            matches!(hand.read(a), Verdict::ReadAgain(_)),
            "it came back"
        );
    }
}
