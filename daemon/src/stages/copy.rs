//! The first revision of a second reading: a copy of what the machine made of the first case.

use super::commit::{record_of, write};
use super::failure::Failure;
use super::job::Assignment;
use super::load;
use super::report::StageReport;
use super::tools::Tools;
use crate::registry::FirstReading;
use crate::store::NewRevision;
use jiff::Timestamp;

/// Writes what the machine made of the first case beside it, under the name of the second reading, and
/// puts that up for review.
pub fn begin_second_reading(tools: &mut Tools, assignment: Assignment<'_>) -> Result<(), Failure> {
    let work = assignment.work;
    tools.reporter.tell(StageReport::LongStep);
    let header = load::header((&work.source, &work.sha256), |stamp| {
        Ok(tools.registry.is_as_read(&work.lease.case, stamp)?)
    })?;
    let FirstReading {
        mut provenance,
        masks,
    } = tools.registry.first_reading(&work.lease)?;
    // Otherwise files that were written before an interruption would be older than the case itself, and
    // be taken for those of somebody else.
    provenance.created = Timestamp::now();
    // It may have moved since.
    provenance.scan = record_of(&work.source, &work.sha256, &provenance.scan.info);
    let files = write(tools, work, (&header, &masks), &mut provenance)?;
    let revision = NewRevision {
        approval: None,
        provenance,
        masks,
        output: files,
    };
    tools.registry.finish(&work.lease, &revision)?;
    tools.reporter.tell(StageReport::Changed);
    Ok(())
}
