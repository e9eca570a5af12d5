//! A lost or damaged store is made again of the results in the output folders, or a backup of it is put back.
//!
//! The new store is filled beside its place and takes it in one step at the end, so that a recovery that
//! is interrupted changes nothing. Nothing is deleted: what lay there is moved aside.

mod error;

pub use error::RecoverError;

use crate::case::decision::Standing;
use crate::config::Config;
use crate::output::{self, ResultOnDisk};
use crate::registry::{RecoveredCase, Registry, RegistryError};
use crate::scan::Source;
use crate::server::StateLock;
use crate::store::{NewRevision, SqliteStore, StoreFault, exchange};
use jiff::Timestamp;
use medicosam_shared::case::{CaseId, CaseState, RevisionNumber};
use medicosam_shared::provenance::StoreRecord;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Cases that are written at once.
const BATCH: usize = 200;

/// What was recovered, and what was not.
#[derive(Debug, Default, Serialize)]
pub struct Recovery {
    /// Cases that are there again.
    pub cases: Vec<CaseAgain>,
    /// Results that could not be used.
    pub left_out: Vec<LeftOut>,
    /// Where the files of the old store lie now.
    pub moved: Vec<PathBuf>,
}

/// A case that is there again.
#[derive(Debug, Clone, Serialize)]
pub struct CaseAgain {
    /// Its id.
    pub case: CaseId,
    /// Its scan.
    pub scan: String,
    /// The revision that is there; earlier ones are gone.
    pub revision: RevisionNumber,
    /// Where it stands.
    pub state: CaseState,
    /// What is to be known about it, if anything is.
    pub note: Option<String>,
}

/// A result that was left out.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    /// Its record.
    pub record: PathBuf,
    /// Why.
    pub why: String,
}

/// A backup that was put back.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// The backup.
    pub from: PathBuf,
    /// How many cases are in it.
    pub count: u64,
    /// Where the files of the old store lie now.
    pub moved: Vec<PathBuf>,
}

/// Puts a backup of the store in its place, whatever lies there.
pub fn restore(config: &Config, from: &Path) -> Result<Restored, RecoverError> {
    let _lock = StateLock::take(&config.state)?;
    let path = SqliteStore::file(&config.state);
    let registry = Registry::over(exchange::begin_with(&path, from)?);
    registry.check()?;
    let count = registry.counts()?.values().sum();
    drop(registry);
    let moved = exchange::take_place(&path, Timestamp::now())?;
    Ok(Restored {
        from: from.to_owned(),
        count,
        moved,
    })
}

/// Makes the store of a configuration again. `progress` is called with the number of results read so far, and of all.
pub fn recover(
    config: &Config,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Recovery, RecoverError> {
    let _lock = StateLock::take(&config.state)?;
    let path = SqliteStore::file(&config.state);
    refuse_a_healthy_store(&config.state, &path)?;
    let mut recovery = Recovery::default();
    let records = records(config, &mut recovery);
    let mut found: BTreeMap<CaseId, RecoveredCase> = BTreeMap::new();
    let count = records.len();
    for (number, record) in records.into_iter().enumerate() {
        progress(number, count);
        match read(&record) {
            Ok(None) => {}
            Ok(Some(case)) => choose(&mut found, case, &mut recovery),
            Err(why) => recovery.left_out.push(LeftOut { record, why }),
        }
    }
    leave_out_alone(&mut found, &mut recovery);
    let mut cases: Vec<RecoveredCase> = found.into_values().collect();
    // A second reading refers to its first case.
    cases.sort_by_key(|case| case.reads.is_some());
    let fresh = exchange::begin_again(&path)?;
    let registry = Registry::over(fresh);
    for batch in cases.chunks(BATCH) {
        registry.recover(batch)?;
    }
    // The last connection moves the log into the database.
    drop(registry);
    recovery.moved = exchange::take_place(&path, Timestamp::now())?;
    recovery.cases = cases.iter().map(CaseAgain::from).collect();
    Ok(recovery)
}

fn refuse_a_healthy_store(state: &Path, path: &Path) -> Result<(), RecoverError> {
    // Opening a store that is damaged may fail, or work.
    let is_empty = Registry::open_own(state).and_then(|registry| {
        registry.check()?;
        registry.is_empty()
    });
    match is_empty {
        Ok(true) => Ok(()),
        Ok(false) => Err(RecoverError::Healthy(path.to_owned())),
        Err(RegistryError::Fault(
            StoreFault::Lost { .. } | StoreFault::LogAlone { .. } | StoreFault::Damaged { .. },
        )) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The records in all output folders.
fn records(config: &Config, recovery: &mut Recovery) -> BTreeSet<PathBuf> {
    let mut records = BTreeSet::new();
    for root in &config.roots {
        for entry in WalkDir::new(&root.output) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && output::is_record(entry.path()) => {
                    records.insert(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => recovery.left_out.push(LeftOut {
                    record: error.path().unwrap_or(&root.output).to_owned(),
                    why: format!("cannot be looked at: {error}"),
                }),
            }
        }
    }
    records
}

/// The case of a result; `None` if another program wrote the record.
fn read(record: &Path) -> Result<Option<RecoveredCase>, String> {
    let Some(result) = output::read_back(record).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let Some(kept_in) = result.provenance.kept_in.clone() else {
        return Err("an older version wrote it, without the id of its case".to_owned());
    };
    Ok(Some(case_of(record, result, kept_in)))
}

fn case_of(record: &Path, result: ResultOnDisk, kept_in: StoreRecord) -> RecoveredCase {
    let scan = &result.provenance.scan;
    let whole = match scan.files.is_empty() {
        true => Source::file(&scan.path),
        false => Source::group(&scan.path, scan.files.iter().map(PathBuf::from).collect()),
    };
    let source = match scan.frame {
        Some(frame) => whole.frame(frame),
        None => whole,
    };
    let mut note = format!("recovered from {}", record.display());
    if kept_in.revision > 1 {
        note += "; earlier revisions are gone";
    }
    if result.was_edited {
        note += "; the label map was changed after the decision on it, which counts no more";
    }
    let decision = result.review.filter(|r| r.revision == kept_in.revision);
    RecoveredCase {
        id: CaseId(kept_in.case),
        source,
        profile: kept_in.profile,
        reads: kept_in.reads.map(CaseId),
        output: result.place,
        number: kept_in.revision,
        decision: decision.map(|review| Standing {
            state: review.state,
            who: review.by,
            at: review.at,
            reason: review.reason,
        }),
        revision: NewRevision {
            provenance: result.provenance,
            masks: result.masks,
            output: result.files,
            approval: None,
        },
        note,
    }
}

/// Leaves out second readings whose first cases are not there: they have no scan of their own.
fn leave_out_alone(found: &mut BTreeMap<CaseId, RecoveredCase>, recovery: &mut Recovery) {
    let ids: BTreeSet<CaseId> = found.keys().cloned().collect();
    found.retain(|_, case| {
        let missing = case.reads.as_ref().filter(|first| !ids.contains(*first));
        if let Some(first) = missing {
            recovery.left_out.push(LeftOut {
                record: PathBuf::from(&case.revision.output.provenance),
                why: format!("it is a second reading of case {first}, of which there is no result"),
            });
        }
        missing.is_none()
    });
}

/// Of several results of one case takes the one that was decided on last, or else made last.
fn choose(
    found: &mut BTreeMap<CaseId, RecoveredCase>,
    case: RecoveredCase,
    recovery: &mut Recovery,
) {
    let rank = |case: &RecoveredCase| {
        let decided = case.decision.as_ref().map(|decision| decision.at);
        (decided, case.revision.provenance.created)
    };
    let id = case.id.clone();
    let other = match found.remove(&id) {
        Some(other) if rank(&other) > rank(&case) => {
            found.insert(id.clone(), other);
            case
        }
        Some(other) => {
            found.insert(id.clone(), case);
            other
        }
        None => {
            found.insert(id, case);
            return;
        }
    };
    recovery.left_out.push(LeftOut {
        record: PathBuf::from(other.revision.output.provenance),
        why: format!(
            "another result of case {id} was decided on, or is newer; this one stays as it is"
        ),
    });
}

impl From<&RecoveredCase> for CaseAgain {
    fn from(case: &RecoveredCase) -> Self {
        let decided = case.decision.as_ref();
        CaseAgain {
            case: case.id.clone(),
            scan: case.source.to_string(),
            revision: case.number,
            state: decided.map_or(CaseState::Review, |decision| decision.state),
            note: case.note.split_once("; ").map(|(_, note)| note.to_owned()),
        }
    }
}
