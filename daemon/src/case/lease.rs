//! Who has work, and for how long.

use super::task::WorkId;
use medicosam_shared::case::CaseId;

/// A process that takes work. No two on any machine have the same one: host, boot and process say
/// which is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    name: String,
    place: String,
}

impl Owner {
    /// A worker by its name on its machine (`worker 1`), which is one of several boots of a host,
    /// and a process of that boot.
    pub fn new(name: &str, host: &str, boot: &str, process: u32) -> Self {
        Owner {
            name: name.to_owned(),
            place: format!("{host}/{boot}/{process}"),
        }
    }

    /// The name for people and for the audit log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The owner that [`std::fmt::Display`] wrote down.
    pub fn parse(text: &str) -> Self {
        let (name, place) = text.split_once('@').unwrap_or((text, ""));
        Owner {
            name: name.to_owned(),
            place: place.to_owned(),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}@{}", self.name, self.place)
    }
}

/// The right to work on a case until the lease runs out.
///
/// The fence grows with every claim of the work. Every commit of a worker carries the fence of its
/// claim, so one that was given up for dead cannot overwrite its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub work: WorkId,
    /// The case.
    pub case: CaseId,
    /// Which claim of the work this is.
    pub fence: i64,
}
