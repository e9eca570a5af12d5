//! Cases that changed since they were read.

use crate::app::event::Effect;
use medicosam_shared::case::CaseId;
use std::collections::BTreeSet;

/// More stale cases than this are read as a list.
const FEW: usize = 200;

/// Cases that changed since they were read. One refresh runs at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Refresh {
    stale: BTreeSet<CaseId>,
    /// Reading one by one would take longer than reading all.
    all: bool,
    /// A refresh is on its way; the next one follows when it is here.
    running: bool,
}

impl Refresh {
    /// A case changed.
    pub(super) fn changed(&mut self, case: CaseId) -> Option<Effect> {
        self.stale.insert(case);
        self.next()
    }

    /// All cases may have changed.
    pub(super) fn all_changed(&mut self) -> Option<Effect> {
        self.all = true;
        self.next()
    }

    /// The refresh has arrived, or will not come.
    pub(super) fn arrived(&mut self) -> Option<Effect> {
        self.running = false;
        self.next()
    }

    fn next(&mut self) -> Option<Effect> {
        if self.running || (!self.all && self.stale.is_empty()) {
            return None;
        }
        self.running = true;
        let stale = std::mem::take(&mut self.stale);
        if std::mem::take(&mut self.all) || stale.len() > FEW {
            Some(Effect::LoadEverything)
        } else {
            Some(Effect::LoadSome(stale.into_iter().collect()))
        }
    }
}
