//! Names of result files: each of one case alone.

use super::rows::{case, held, history, revision};
use super::work::check_it_still_corrects;
use super::{Registry, Result};
use crate::case::Case;
use crate::case::Lease;
use crate::case::outputs::{begun, names};
use crate::case::work::LEASE;
use crate::output::{Known, Written};
use crate::store::{OutputName, Rows, StoreFault};
use medicosam_shared::case::RevisionNumber;
use medicosam_shared::provenance::StoreRecord;
use std::path::{Path, PathBuf};

/// Where a worker writes the results of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The folder.
    pub folder: PathBuf,
    /// Names of the files, without ending.
    pub stem: String,
    /// What this store wrote there, and what it is about to write.
    pub known: Known,
}

impl Registry {
    /// Folder and name (without ending) of the leased case's result files. They stay where they are,
    /// as long as `keeps` says so of their folder; otherwise they go to `folder`, as `stem` if no other
    /// case has that, or with the case's id behind it. The lease lasts long enough to write them. A
    /// correction of a revision that is not the current one any more is refused.
    pub fn reserve_output(
        &self,
        lease: &Lease,
        (folder, stem): (&Path, &str),
        keeps: impl Fn(&Path) -> bool,
    ) -> Result<Reserved> {
        // A person waits: where the name is known and the lease is young, nothing is written, and
        // nothing has to be forced to the disk.
        let now = self.clock.now();
        let known = self.read(|rows| {
            let item = held(rows, lease)?;
            let case = case(rows, &lease.case)?;
            check_it_still_corrects(rows, &item, &case)?;
            let mut renewed = item.clone();
            renewed.renew(LEASE / 2, now);
            let young = renewed.state == item.state;
            let output = case.output.as_deref();
            let output = output.filter(|output| young && is_kept(output, &keeps));
            output
                .map(|output| self.reserved(rows, &case, output))
                .transpose()
        })?;
        if let Some(reserved) = known {
            return Ok(reserved);
        }
        self.write(|rows, now| {
            let mut item = held(rows, lease)?;
            let mut case = case(rows, &lease.case)?;
            check_it_still_corrects(rows, &item, &case)?;
            item.renew(LEASE / 2, now);
            rows.put_work(&item)?;
            if let Some(output) = case.output.as_deref().filter(|o| is_kept(o, &keeps)) {
                return self.reserved(rows, &case, output);
            }
            let names = names(&case, folder, stem);
            for output in names.clone() {
                case.output = Some(output.clone());
                if rows.put_case(&case)? == OutputName::Own {
                    return self.reserved(rows, &case, &output);
                }
            }
            let [first, second] = names.each_ref().map(|name| name.display());
            let why = format!("both {first} and {second} belong to other cases");
            Err(StoreFault::Unreadable {
                what: "the name of an output",
                why,
            }
            .into())
        })
    }

    fn reserved(&self, rows: &dyn Rows, case: &Case, output: &Path) -> Result<Reserved> {
        let current = match case.revision {
            Some(number) => {
                let current = revision(rows, &case.id, number)?;
                Some(Written {
                    created: current.provenance.created,
                    sha256: current.output.sha256,
                })
            }
            None => None,
        };
        let name = output.file_name().unwrap_or_default();
        Ok(Reserved {
            folder: output.parent().unwrap_or(Path::new("")).to_owned(),
            stem: name.to_string_lossy().into_owned(),
            known: Known {
                next: self.record(case, case.revision.unwrap_or(0) + 1),
                current,
                begun: begun(&history(rows, &case.id)?),
                replaces: case.replaces.clone(),
            },
        })
    }

    /// The name of a revision among those of all stores.
    pub(super) fn record(&self, case: &Case, revision: RevisionNumber) -> StoreRecord {
        StoreRecord {
            store: self.store.id().to_owned(),
            case: case.id.0.clone(),
            profile: case.profile.clone(),
            revision,
            reads: case.reads.as_ref().map(|first| first.0.clone()),
        }
    }
}

fn is_kept(output: &Path, keeps: &impl Fn(&Path) -> bool) -> bool {
    output.parent().is_some_and(keeps)
}
