//! How a result differs from what its store wrote.

use jiff::Timestamp;
use medicosam_shared::case::FoundResult;
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::provenance::StoreRecord;
use medicosam_shared::text::printable;
use std::fmt;

/// Why what lies there is not what the store wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is the current revision, and its label map was edited.
    Edited {
        /// When the revision was written.
        written: Timestamp,
        /// When the label map was last changed, if the system knows.
        changed: Option<Timestamp>,
    },
    /// It is the result of another case that this store has: two output folders are one place.
    OtherCase {
        /// Which one.
        kept_in: StoreRecord,
    },
    /// It is a result that this store does not have.
    Unknown {
        /// Which one, if its record says so.
        kept_in: Option<StoreRecord>,
        /// Whether this store is the one that made it.
        is_own: bool,
        /// Who asked for it.
        author: Option<String>,
        /// When it was made.
        created: Option<Timestamp>,
    },
}

/// A result that is not what its store wrote, and what is known of its label map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// How it differs.
    pub change: Change,
    /// The label map.
    pub found: FoundResult,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change.fmt(f)
    }
}

impl Change {
    /// The code of the fault.
    pub fn code(&self) -> FaultCode {
        match self {
            Change::OtherCase { .. } => FaultCode::OutputOtherCase,
            Change::Edited { .. } | Change::Unknown { .. } => FaultCode::OutputChanged,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Edited { written, changed } => {
                write!(
                    f,
                    "it was changed since it was written on {}",
                    date(*written)
                )?;
                match changed {
                    Some(changed) => write!(f, ", last on {}", date(*changed)),
                    None => Ok(()),
                }
            }
            Change::OtherCase { kept_in } => {
                let (revision, case) = (kept_in.revision, printable(&kept_in.case));
                write!(
                    f,
                    "revision {revision} of case {case} lies there, which this daemon's store has too: two output folders are one place"
                )
            }
            Change::Unknown {
                kept_in,
                is_own,
                author,
                created,
            } => {
                match kept_in {
                    Some(kept) => {
                        let (revision, case) = (kept.revision, printable(&kept.case));
                        write!(f, "revision {revision} of case {case} lies there")?;
                    }
                    None => write!(f, "an earlier result lies there")?,
                }
                if let Some(author) = author {
                    write!(f, ", made by {}", printable(author))?;
                }
                if let Some(created) = created {
                    write!(f, " on {}", date(*created))?;
                }
                f.write_str(match (kept_in, is_own) {
                    (Some(_), true) => ", which this daemon's store has no more",
                    (Some(_), false) => ", of another daemon or of a store that was lost",
                    (None, _) => ", which this daemon's store does not know",
                })
            }
        }
    }
}

fn date(time: Timestamp) -> impl fmt::Display {
    time.strftime("%Y-%m-%d at %H:%M:%S UTC")
}
