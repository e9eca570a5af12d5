//! What most tests begin with: the sample CT, segmented and up for review.

use crate::system::{SCAN, System, lung_profile};
use medicosam_shared::case::{CaseDetail, CaseState};

/// A system with [`SCAN`] up for review, its tumour segmented on the slices `first..end`.
pub fn reviewable(first: u32, end: u32) -> (System, CaseDetail) {
    let mut system = System::new(&lung_profile(first, end));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    (system, case)
}
