//! Second readings: drawn when a person decides, begun by a worker, moved with their scan.

use super::queued::{cancel_all, make_due};
use super::rows::{case, held, history, log};
use super::{Registry, RegistryError, Result};
use crate::case::share::Share;
use crate::case::{Case, Entry, Lease, Now, Refusal, arrival, second_reading};
use crate::store::{CaseQuery, Rows};
use medicosam_shared::case::{Action, CaseId, CaseSummary, Revision, Verdict};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::Provenance;
use std::collections::{BTreeMap, BTreeSet};

/// The share of the decided cases of each profile that is read a second time; none of a profile that is
/// not named.
pub type Shares = BTreeMap<String, Share>;

/// What a second reading begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstReading {
    /// How it came about.
    pub provenance: Provenance,
    /// The masks.
    pub masks: MaskSet,
}

impl Registry {
    /// What the second reading in hand begins with: the last revision of its first case that the machine
    /// alone has made.
    pub fn first_reading(&self, lease: &Lease) -> Result<FirstReading> {
        self.read(|rows| {
            held(rows, lease)?;
            let second = case(rows, &lease.case)?;
            let first = second.owner_of_files();
            let none = || -> RegistryError {
                let (case, number) = (first.clone(), 1);
                Refusal::NoSuchRevision { case, number }.into()
            };
            let found = machines_revision(rows, first)?.ok_or_else(none)?;
            let masks = rows.masks(first, found.number)?.ok_or_else(none)?;
            Ok(FirstReading {
                provenance: found.provenance,
                masks,
            })
        })
    }

    /// Says of second readings whether the user `who` has read the first case.
    pub(super) fn mark_first_readers(
        rows: &dyn Rows,
        who: &str,
        cases: &mut [CaseSummary],
    ) -> Result<()> {
        let read = rows.first_cases_with(who, &second_reading::READING)?;
        let read: BTreeSet<CaseId> = read.into_iter().collect();
        for case in cases {
            case.you_read_first = case
                .reads
                .as_ref()
                .is_some_and(|first| read.contains(first));
        }
        Ok(())
    }
}

/// Begins the second reading of a case that a person has just decided on, if it is drawn and has none.
pub(super) fn draw(
    rows: &mut dyn Rows,
    first: &Case,
    verdict: Verdict,
    shares: &Shares,
    now: Now,
) -> Result<()> {
    let share = shares.get(&first.profile).copied().unwrap_or_default();
    if !second_reading::is_drawn(first, verdict, share) || of(rows, &first.id)?.is_some() {
        return Ok(());
    }
    if machines_revision(rows, &first.id)?.is_none() {
        // After the loss of a store, say: a copy of what people made would show the first reading.
        let why = "no second reading: there is no revision that the machine alone has made";
        let noted = Entry::new(crate::case::DAEMON, Action::Noted, &first.id, None, why);
        return log(rows, [noted], now);
    }
    let id = free_id(rows, &first.id)?;
    let (second, work, entries) = second_reading::begin(first, id, now);
    rows.put_case(&second)?;
    if let Some(scan) = rows.scan(&first.id)? {
        rows.put_scan(&second.id, &scan)?;
    }
    rows.put_work(&work)?;
    log(rows, entries, now)
}

/// The second reading of a case, in or off the list.
pub(super) fn of(rows: &dyn Rows, first: &CaseId) -> Result<Option<Case>> {
    Ok(rows.cases(&CaseQuery::Reading(first.clone()))?.pop())
}

/// Refuses a person who has read the first case of a second reading.
pub(super) fn check_reader(rows: &dyn Rows, second: &Case, who: &str) -> Result<()> {
    match &second.reads {
        None => Ok(()),
        Some(first) => Ok(second_reading::check_reader(
            second,
            &history(rows, first)?,
            who,
        )?),
    }
}

/// Has the second reading of a case go where the case is.
pub(super) fn follow(rows: &mut dyn Rows, first: &CaseId, now: Now) -> Result<()> {
    let Some(mut second) = of(rows, first)? else {
        return Ok(());
    };
    let first = case(rows, first)?;
    let history = history(rows, &second.id)?;
    if let Some((needs_work, entry)) = second_reading::follow(&mut second, &first, &history, now) {
        rows.put_case(&second)?;
        log(rows, [entry], now)?;
        if needs_work {
            make_due(rows, &second.id, |task| task.first_stage().is_some())?;
        }
    }
    Ok(())
}

/// Takes the second reading of a case off the list whose file was replaced by the content of `new`,
/// unless somebody has decided on it.
pub(super) fn replaced(rows: &mut dyn Rows, first: &CaseId, new: &CaseId, now: Now) -> Result<()> {
    let Some(mut second) = of(rows, first)? else {
        return Ok(());
    };
    if let Some(entry) = arrival::replaced(&mut second, new, now) {
        cancel_all(rows, &second.id)?;
        rows.put_case(&second)?;
        log(rows, [entry], now)?;
    }
    Ok(())
}

fn machines_revision(rows: &dyn Rows, id: &CaseId) -> Result<Option<Revision>> {
    let mut revisions = Vec::new();
    for number in 1..=case(rows, id)?.revision.unwrap_or(0) {
        // Of a case that was recovered only the newest one is there.
        revisions.extend(rows.revision(id, number)?);
    }
    Ok(second_reading::begins_with(revisions))
}

fn free_id(rows: &dyn Rows, first: &CaseId) -> Result<CaseId> {
    let mut attempt = 0;
    loop {
        let id = second_reading::id(first, attempt);
        if rows.case(&id)?.is_none() {
            return Ok(id);
        }
        attempt += 1;
    }
}
