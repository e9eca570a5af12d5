//! What people say about the queue: which case comes next, and whether scans are begun at all.

use super::rows::{case, log, open_work};
use super::{Registry, Result};
use crate::case::{Entry, Lane};
use crate::store::Rows;
use medicosam_shared::api::{Intake, IntakePause};
use medicosam_shared::case::{Action, CaseId, CaseSummary};

impl Registry {
    /// Puts a case that waits for a worker before all others that do.
    pub fn hurry(&self, id: &CaseId, who: &str) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let case = case(rows, id)?;
            let mut is_first = false;
            for mut item in open_work(rows, id)? {
                if item.put_first(now) {
                    rows.put_work(&item)?;
                    is_first = true;
                }
            }
            if !is_first {
                let refusal = case.refuse("only cases that wait for a worker can be put first");
                return Err(refusal.into());
            }
            let entry = Entry::new(who, Action::Hurried, id, case.revision, "");
            log(rows, [entry], now)?;
            Ok(case.summary())
        })
    }

    /// Pauses the intake or resumes it. Nothing changes if that is so already.
    pub fn pause_intake(&self, paused: bool, who: &str) -> Result<Intake> {
        self.write(|rows, now| {
            let before = rows.intake_pause()?;
            if before.is_some() == paused {
                return Ok(Intake { paused: before });
            }
            let pause = paused.then(|| IntakePause {
                who: who.to_owned(),
                since: now.date,
            });
            rows.put_intake_pause(pause.as_ref())?;
            let action = match paused {
                true => Action::Halted,
                false => Action::Resumed,
            };
            log(rows, [Entry::about_all(who, action)], now)?;
            Ok(Intake { paused: pause })
        })
    }

    /// The pause of the intake, while there is one.
    pub fn intake_pause(&self) -> Result<Option<IntakePause>> {
        self.read(|rows| Ok(rows.intake_pause()?))
    }
}

/// The lane that may be worked in now by those who may work in `lane`.
pub(super) fn open_lane(rows: &dyn Rows, lane: Lane) -> Result<Lane> {
    Ok(match rows.intake_pause()? {
        Some(_) => Lane::Interactive,
        None => lane,
    })
}
