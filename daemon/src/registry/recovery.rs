//! Cases that are made again of their results, after their store was lost.

use super::rows::log;
use super::{Registry, Result};
use crate::case::decision::{self, Standing};
use crate::case::{Case, DAEMON, Entry, Now, Task};
use crate::scan::Source;
use crate::store::{CaseQuery, NewRevision, OutputName, Rows};
use medicosam_shared::case::{Action, CaseId, RevisionNumber};
use std::path::PathBuf;

/// A case as its results tell it.
#[derive(Debug, Clone)]
pub struct RecoveredCase {
    /// Its id.
    pub id: CaseId,
    /// Where the scan lay when it was segmented.
    pub source: Source,
    /// Its profile.
    pub profile: String,
    /// The case of which it is a second reading, if it is one.
    pub reads: Option<CaseId>,
    /// Folder and stem of the results.
    pub output: PathBuf,
    /// Number of the revision that lies there.
    pub number: RevisionNumber,
    /// The revision.
    pub revision: NewRevision,
    /// The decision on it.
    pub decision: Option<Standing>,
    /// What to note in its history.
    pub note: String,
}

impl Registry {
    /// Whether there is no case at all.
    pub fn is_empty(&self) -> Result<bool> {
        let any = CaseQuery::Prefix(String::new());
        self.read(|rows| Ok(rows.cases(&any)?.is_empty()))
    }

    /// Makes cases again that the store does not have.
    pub fn recover(&self, cases: &[RecoveredCase]) -> Result<()> {
        self.write(|rows, now| cases.iter().try_for_each(|case| recover(rows, case, now)))
    }
}

fn recover(rows: &mut dyn Rows, found: &RecoveredCase, now: Now) -> Result<()> {
    let provenance = &found.revision.provenance;
    let then = Now {
        date: provenance.created,
        ..now
    };
    let mut case = Case::new(
        found.id.clone(),
        found.source.clone(),
        provenance.scan.sha256.clone(),
        found.profile.clone(),
        None,
        then,
    );
    case.reads.clone_from(&found.reads);
    case.output = Some(found.output.clone());
    case.revision = found.number.checked_sub(1).filter(|number| *number > 0);
    let place = found.source.to_string();
    let identified = Entry::new(DAEMON, Action::Identified, &case.id, None, place);
    let parent = case.revision;
    let author = provenance.author.as_str();
    let (number, revised) = case.revise(provenance, &Task::Segment, author, DAEMON, then);
    // Undecided, a case belongs to its author if a person asked for its mask.
    case.reviewer = (!author.starts_with("profile ")).then(|| author.to_owned());
    if rows.put_case(&case)? == OutputName::Taken {
        case.output = None;
        rows.put_case(&case)?;
    }
    rows.put_scan(&case.id, &provenance.scan.info)?;
    rows.add_revision(&case.id, number, parent, &found.revision)?;
    log(rows, [identified, revised], then)?;
    if let Some(decided) = &found.decision {
        let then = Now {
            date: decided.at,
            ..now
        };
        let entry = decision::restore(&mut case, decided, then);
        log(rows, entry, then)?;
    }
    let noted = Entry::new(DAEMON, Action::Noted, &case.id, Some(number), &*found.note);
    log(rows, [noted], now)?;
    rows.put_case(&case)?;
    Ok(())
}
