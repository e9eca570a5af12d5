//! Names of result files: each of one case alone.

use super::rows::{case, held};
use super::work::check_it_still_corrects;
use super::{Registry, Result};
use crate::case::work::{LEASE, Lease};
use crate::store::{OutputName, StoreFault};
use std::path::{Path, PathBuf};

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
    ) -> Result<(PathBuf, String)> {
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
            Ok(case
                .output
                .filter(|output| young && is_kept(output, &keeps)))
        })?;
        if let Some(output) = known {
            return Ok(split(&output));
        }
        self.write(|rows, now| {
            let mut item = held(rows, lease)?;
            let mut case = case(rows, &lease.case)?;
            check_it_still_corrects(rows, &item, &case)?;
            item.renew(LEASE / 2, now);
            rows.put_work(&item)?;
            if let Some(output) = case.output.as_deref().filter(|o| is_kept(o, &keeps)) {
                return Ok(split(output));
            }
            let with_id = format!("{stem}-{}", case.id);
            for name in [stem, &with_id] {
                case.output = Some(folder.join(name));
                if rows.put_case(&case)? == OutputName::Own {
                    return Ok((folder.to_owned(), name.to_owned()));
                }
            }
            let why = format!("both {stem} and {with_id} belong to other cases");
            Err(StoreFault::Unreadable {
                what: "the name of an output",
                why,
            }
            .into())
        })
    }
}

fn is_kept(output: &Path, keeps: &impl Fn(&Path) -> bool) -> bool {
    output.parent().is_some_and(keeps)
}

fn split(output: &Path) -> (PathBuf, String) {
    let folder = output.parent().unwrap_or(Path::new(""));
    let name = output.file_name().unwrap_or_default();
    (folder.to_owned(), name.to_string_lossy().into_owned())
}
