//! What must hold of second readings at any time.

use super::*;
use crate::case::second_reading::{READING, is_the_machines};

impl World {
    /// Checks the second readings among all cases, in and off the list.
    pub(super) fn check_second_readings(&self, all: &[Case]) {
        let mut read = BTreeSet::new();
        for second in all {
            let Some(first) = &second.reads else {
                continue;
            };
            assert!(read.insert(first), "one second reading a case");
            let first = all.iter().find(|case| case.id == *first).unwrap();
            self.check_second_reading(second, first);
        }
    }

    fn check_second_reading(&self, second: &Case, first: &Case) {
        assert_eq!(first.reads, None, "nothing is read a third time");
        let apart = first.is_listed() && second.is_listed() && first.source != second.source;
        assert!(
            !apart || second.is_decided(),
            "{second:?} is not with its scan"
        );
        if second.revision.is_some() {
            let begun = self.f.store.revision(&second.id, 1).unwrap().provenance;
            assert!(is_the_machines(&begun), "blind: {begun:?}");
        }
        let reads = |id: &CaseId, event: &Event| {
            event.case.as_ref() == Some(id) && READING.contains(&event.action)
        };
        for person in PEOPLE {
            let mut own = self.events.iter().filter(|event| event.who == person);
            let begun = own
                .find(|event| reads(&first.id, event))
                .map(|event| event.seq);
            // What they had asked for before they read the first one still comes.
            let mut later = self.events.iter().filter(|event| {
                event.who == person && event.action != Action::Revised && reads(&second.id, event)
            });
            assert!(
                later.all(|event| begun.is_none_or(|begun| event.seq < begun)),
                "{person} reads both {} and {}",
                first.id,
                second.id
            );
        }
    }
}
