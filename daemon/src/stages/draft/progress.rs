//! How far work for a draft is, reported now and then.

use crate::case::Lease;
use crate::stages::failure::Failure;
use crate::stages::report::StageReport;
use crate::stages::tools::Tools;
use medicosam_shared::progress::Progress;
use std::time::{Duration, Instant};

/// Shortest time between two reports: each is a transaction.
const EVERY: Duration = Duration::from_millis(200);

/// Reports progress, and no more often than anybody can read it.
#[derive(Default)]
pub struct Reports {
    last: Option<Instant>,
}

impl Reports {
    /// Reports progress if the last report is old enough. Fails if the work is not wanted any more.
    pub fn report(
        &mut self,
        tools: &mut Tools,
        lease: &Lease,
        progress: Progress,
    ) -> Result<(), Failure> {
        if self.last.is_some_and(|at| at.elapsed() < EVERY) {
            return Ok(());
        }
        tools.registry.draft_report(lease, progress)?;
        tools.reporter.tell(StageReport::Changed);
        self.last = Some(Instant::now());
        Ok(())
    }
}
