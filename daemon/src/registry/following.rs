//! Results that move with their scan.
//!
//! Their new name is reserved first, so that no other case takes it and a worker that comes by writes
//! there; then the files move; then the store says where they lie. Whatever is interrupted is done
//! again: until the end the files of the current revision are not where the case has its results.

use super::recorded::RecordOfCase;
use super::rows::{case, log, open_work, revision};
use super::{Registry, Result};
use crate::case::outputs::{self, Following};
use crate::case::{Case, DAEMON, Entry, WorkState};
use crate::output::place_of;
use crate::scan::Source;
use crate::store::{OutputName, Rows};
use medicosam_shared::case::{Action, CaseId, Revision, RevisionNumber};
use medicosam_shared::provenance::OutputFiles;
use medicosam_shared::text::printable;
use std::path::{Path, PathBuf};

/// What there is to do about the results of a case whose scan has moved.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultsStep {
    /// Nothing.
    Nothing,
    /// Nothing yet; the case changes before there is.
    Later,
    /// Its files are to be moved.
    Move(Box<ResultsMove>),
}

/// Files of a case that are to be moved.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultsMove {
    /// The case.
    pub case: CaseId,
    /// Which files, and what they are.
    pub record: RecordOfCase,
    /// Folder and stem that they lie under.
    pub from: PathBuf,
    /// Folder and stem that they get; the results of the case go there from now on.
    pub to: PathBuf,
    revision: RevisionNumber,
}

impl Registry {
    /// Reserves the name that the results of a case get, whose scan lies elsewhere now. `place` is the
    /// folder and stem for a scan's results; `None` if they stay where they are.
    pub fn begin_to_follow(
        &self,
        id: &CaseId,
        place: impl Fn(&Source) -> Option<(PathBuf, String)>,
    ) -> Result<ResultsStep> {
        if self.read(|rows| Ok(place(&case(rows, id)?.source).is_none()))? {
            return Ok(ResultsStep::Nothing);
        }
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let Some((folder, stem)) = place(&case.source) else {
                return Ok(ResultsStep::Nothing);
            };
            let current = current(rows, &case)?;
            let lies = current.as_ref().and_then(|c| place_of(&c.output));
            let place = (folder.as_path(), stem.as_str());
            let names = match outputs::follow(&case, lies.as_deref(), is_held(rows, id)?, place) {
                Following::AtHome => return Ok(ResultsStep::Nothing),
                Following::Later => return Ok(ResultsStep::Later),
                Following::To(names) => names,
            };
            let (Some(current), Some(from)) = (current, lies) else {
                // The first result goes where the scan lies when it is written.
                case.output = None;
                rows.put_case(&case)?;
                return Ok(ResultsStep::Nothing);
            };
            for to in names {
                case.output = Some(to.clone());
                let name = rows.put_case(&case)?;
                if name == OutputName::Own {
                    return Ok(ResultsStep::Move(Box::new(ResultsMove {
                        case: id.clone(),
                        revision: current.number,
                        record: self.record_beside(rows, &case, current)?,
                        from,
                        to,
                    })));
                }
            }
            let why = "both names that they could have belong to other cases";
            log(rows, [stay(&case, current.number, &from, why)], now)?;
            Ok(ResultsStep::Nothing)
        })
    }

    /// Writes down where the files of a case lie now that they have moved.
    pub fn results_have_moved(&self, moved: &ResultsMove, files: &OutputFiles) -> Result<()> {
        self.write(|rows, now| {
            let old = &moved.record.output.provenance;
            for number in 1..=moved.revision {
                // Of a case that was recovered only the newest one is there.
                let earlier = rows.revision(&moved.case, number)?;
                let Some(earlier) = earlier.filter(|e| e.output.provenance == *old) else {
                    continue;
                };
                let files = OutputFiles {
                    sha256: earlier.output.sha256,
                    ..files.clone()
                };
                rows.put_output(&moved.case, number, &files)?;
            }
            let (from, to) = (shown(&moved.from), shown(&moved.to));
            let detail = format!("its results moved with it, from {from} to {to}");
            let revision = Some(moved.revision);
            let entry = Entry::new(DAEMON, Action::Noted, &moved.case, revision, detail);
            log(rows, [entry], now)
        })
    }

    /// Writes down that the files of a case stay where they are, and why. Its results go on there,
    /// unless a worker has begun to write to the new place.
    pub fn results_stay(&self, stayed: &ResultsMove, why: &str) -> Result<()> {
        self.write(|rows, now| {
            let mut case = case(rows, &stayed.case)?;
            let is_as_it_was = case.revision == Some(stayed.revision)
                && case.output.as_ref() == Some(&stayed.to)
                && !is_held(rows, &stayed.case)?;
            let entry = stay(&case, stayed.revision, &stayed.from, why);
            log(rows, [entry], now)?;
            if is_as_it_was {
                case.output = Some(stayed.from.clone());
                rows.put_case(&case)?;
            }
            Ok(())
        })
    }
}

fn current(rows: &dyn Rows, case: &Case) -> Result<Option<Revision>> {
    let number = case.revision;
    number.map(|n| revision(rows, &case.id, n)).transpose()
}

/// Whether a worker has the case, though its lease may have run out: it may be writing all the same.
fn is_held(rows: &dyn Rows, id: &CaseId) -> Result<bool> {
    let open = open_work(rows, id)?;
    let is_leased = |state: &WorkState| matches!(state, WorkState::Leased { .. });
    Ok(open.iter().any(|item| is_leased(&item.state)))
}

fn stay(case: &Case, revision: RevisionNumber, from: &Path, why: &str) -> Entry {
    let detail = format!(
        "the results of revision {revision} stay at {}: {why}",
        shown(from)
    );
    Entry::new(DAEMON, Action::Noted, &case.id, Some(revision), detail)
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}
