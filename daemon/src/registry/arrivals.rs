//! Files that come, move and go, and files beside them.

use super::queued::{cancel_all, make_due};
use super::rows::{case, fingerprints, history, log, revision};
use super::{Registry, Result, second_readings};
use crate::case::arrival::{self, Arrival, Identification, Look, Twin, arrive, case_id};
use crate::case::sidecar::{self, News, PromptsFile, RemovedPrompts};
use crate::case::{Case, Now, Task};
use crate::scan::{Fingerprint, Source, SourceKey};
use crate::store::{CaseQuery, FileRow, Rows};
use medicosam_shared::case::{CaseId, Event};
use medicosam_shared::provenance::PromptSource;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Cases whose own files were looked at, and what was found.
type Looks = BTreeMap<CaseId, Look>;

impl Registry {
    /// All files that have been identified, with their states, but for those of cases with the profile
    /// `but`.
    pub fn identified_files(&self, but: &str) -> Result<Vec<(PathBuf, Fingerprint)>> {
        self.read(|rows| {
            let without: BTreeSet<CaseId> = rows
                .cases(&CaseQuery::Listed)?
                .into_iter()
                .filter(|case| case.profile == but)
                .map(|case| case.id)
                .collect();
            let mut files: Vec<_> = rows
                .files(None)?
                .into_iter()
                .filter(|file| !without.contains(&file.case))
                .map(|file| (file.path, file.fingerprint))
                .collect();
            files.dedup();
            Ok(files)
        })
    }

    /// Makes cases of settled scans, or lets cases follow their files: one for each, in their order.
    /// `look` looks at the files of a scan; it is called outside of any transaction.
    pub fn identify_all(
        &self,
        files: &[Identification],
        look: impl Fn(&Source) -> Look,
    ) -> Result<Vec<CaseId>> {
        let twins = self.read(|rows| {
            let mut twins = BTreeMap::new();
            for file in files {
                for twin in twins_of(rows, file)?.into_iter().filter(Case::is_listed) {
                    twins.insert(twin.id, twin.source);
                }
            }
            Ok(twins)
        })?;
        let mut looks: Looks = twins
            .into_iter()
            .map(|(id, source)| (id, look(&source)))
            .collect();
        self.write(|rows, now| {
            let cases = files
                .iter()
                .map(|file| identify(rows, file, &mut looks, now));
            let cases: Vec<CaseId> = cases.collect::<Result<_>>()?;
            for (file, case) in files.iter().zip(&cases) {
                replace_others(rows, file.source.place(), case, &cases, now)?;
            }
            Ok(cases)
        })
    }

    /// Makes a case of one settled scan; see [`Registry::identify_all`].
    pub fn identify(
        &self,
        file: &Identification,
        look: impl Fn(&Source) -> Look,
    ) -> Result<Vec<CaseId>> {
        self.identify_all(std::slice::from_ref(file), look)
    }

    /// Notes that files are gone from folders that are there. Returns the cases that were
    /// withdrawn.
    pub fn gone(&self, paths: &[PathBuf]) -> Result<Vec<CaseId>> {
        self.write(|rows, now| {
            let mut ids = BTreeSet::new();
            for path in paths {
                for file in rows.files(Some(path))? {
                    ids.extend(second_readings::of(rows, &file.case)?.map(|second| second.id));
                    ids.insert(file.case);
                }
                rows.forget_files(Some(path), None)?;
            }
            let mut withdrawn = Vec::new();
            for id in ids {
                let mut case = case(rows, &id)?;
                let entry = arrival::gone(&mut case, now);
                if entry.is_some() {
                    cancel_all(rows, &id)?;
                    rows.put_case(&case)?;
                    withdrawn.push(id);
                }
                log(rows, entry, now)?;
            }
            Ok(withdrawn)
        })
    }

    /// Notes that a file of prompts beside a scan is finished: `scans` are the
    /// places where its scan can lie. Unless it has been used already, or a person has decided, the scan
    /// is segmented again. Returns the cases that this concerns.
    pub fn prompts_changed(&self, scans: &[SourceKey], file: &PromptsFile) -> Result<Vec<CaseId>> {
        self.tell_cases(scans, |case, history, used| {
            sidecar::news(case, history, used, file)
        })
    }

    /// Notes that such a file was removed while its scan is there. Unless a person has decided, a
    /// scan is segmented again by what remains. Returns the cases that this concerns.
    pub fn prompts_removed(
        &self,
        scans: &[SourceKey],
        file: &RemovedPrompts,
    ) -> Result<Vec<CaseId>> {
        self.tell_cases(scans, |case, history, used| {
            sidecar::removed(case, history, used, file)
        })
    }

    /// Tells the cases of `scans` what is new beside them. Returns those that it concerns.
    fn tell_cases(
        &self,
        scans: &[SourceKey],
        news: impl Fn(&Case, &[Event], &[PromptSource]) -> News,
    ) -> Result<Vec<CaseId>> {
        self.write(|rows, now| {
            let mut concerned = Vec::new();
            let mut seen = BTreeSet::new();
            for scan in scans {
                for known in rows.files(Some(scan.place()))? {
                    if seen.insert(known.case.clone()) && concerns(rows, &known.case, &news, now)? {
                        concerned.push(known.case);
                    }
                }
            }
            Ok(concerned)
        })
    }
}

/// Cases of a file's content and profile at other places.
fn twins_of(rows: &dyn Rows, file: &Identification) -> Result<Vec<Case>> {
    let mut twins = rows.cases(&CaseQuery::Of {
        content: file.sha256.clone(),
        profile: file.profile.clone(),
    })?;
    let key = file.source.key();
    twins.retain(|case| case.source.key() != key);
    Ok(twins)
}

fn identify(
    rows: &mut dyn Rows,
    file: &Identification,
    looks: &mut Looks,
    now: Now,
) -> Result<CaseId> {
    let key: SourceKey = file.source.key();
    let here = rows.cases(&CaseQuery::At(key))?;
    let mut twins = Vec::new();
    for case in twins_of(rows, file)? {
        let look = looks.get(&case.id).unwrap_or(&Look::Unsure);
        let recorded = fingerprints(rows, &case)?;
        twins.push(Twin {
            file: arrival::whereabouts(&recorded, look, &file.stamp),
            case,
        });
    }
    let arrival = arrive(file, &here, &twins, free_id(rows, file)?, now);
    write_down(rows, file, &arrival, now)?;
    for old in here.iter().filter(|old| old.id != arrival.case) {
        second_readings::replaced(rows, &old.id, &arrival.case, now)?;
    }
    second_readings::follow(rows, &arrival.case, now)?;
    // What was found at its old place says nothing of its new one.
    looks.remove(&arrival.case);
    Ok(arrival.case)
}

/// The first id for a file that no case has.
fn free_id(rows: &dyn Rows, file: &Identification) -> Result<CaseId> {
    let mut attempt = 0;
    loop {
        let id = case_id(&file.sha256, &file.profile, &file.source, attempt);
        if rows.case(&id)?.is_none() {
            return Ok(id);
        }
        attempt += 1;
    }
}

fn write_down(
    rows: &mut dyn Rows,
    file: &Identification,
    arrival: &Arrival,
    now: Now,
) -> Result<()> {
    for case in &arrival.put {
        rows.put_case(case)?;
    }
    if let Ok(scan) = &file.scan
        && arrival.put.iter().any(|case| case.id == arrival.case)
    {
        rows.put_scan(&arrival.case, scan)?;
    }
    for id in &arrival.cancel {
        cancel_all(rows, id)?;
        rows.forget_files(None, Some(id))?;
    }
    rows.forget_files(None, Some(&arrival.case))?;
    for (path, &fingerprint) in file.source.members().iter().zip(file.stamp.files()) {
        rows.put_file(&FileRow {
            path: path.clone(),
            case: arrival.case.clone(),
            fingerprint,
        })?;
    }
    log(rows, arrival.entries.iter().cloned(), now)?;
    if arrival.needs_work {
        // A correction that waited for the file goes on; the scan is not segmented again for that.
        make_due(rows, &arrival.case, |task| task.first_stage().is_some())?;
    }
    Ok(())
}

/// Takes off the list what else stood for a file before it was read again as `cases`: other volumes of
/// a file that had more of them, say.
fn replace_others(
    rows: &mut dyn Rows,
    place: &Path,
    new: &CaseId,
    cases: &[CaseId],
    now: Now,
) -> Result<()> {
    for file in rows.files(Some(place))? {
        let mut old = case(rows, &file.case)?;
        if cases.contains(&old.id) || old.source.place() != place {
            continue;
        }
        if let Some(entry) = arrival::replaced(&mut old, new, now) {
            cancel_all(rows, &old.id)?;
            rows.put_case(&old)?;
            log(rows, [entry], now)?;
        }
        second_readings::replaced(rows, &old.id, new, now)?;
        rows.forget_files(None, Some(&old.id))?;
    }
    Ok(())
}

/// Segments the case again if there is news that says so; whether it concerns the case.
fn concerns(
    rows: &mut dyn Rows,
    id: &CaseId,
    news: &impl Fn(&Case, &[Event], &[PromptSource]) -> News,
    now: Now,
) -> Result<bool> {
    let mut case = case(rows, id)?;
    if !case.is_listed() {
        return Ok(false);
    }
    let used = match case.revision {
        Some(number) => revision(rows, id, number)?.provenance.sources,
        None => Vec::new(),
    };
    match news(&case, &history(rows, id)?, &used) {
        News::Old => return Ok(false),
        News::Known(entry) => {
            log(rows, [entry], now)?;
            return Ok(false);
        }
        News::Noted(entry) => log(rows, [entry], now)?,
        News::Again(entry) => {
            log(rows, [entry], now)?;
            // Work that waits reads the file when its turn comes; it may wait for this very file.
            make_due(rows, id, |task| *task == Task::Segment)?;
            sidecar::requeue(&mut case, now);
            rows.put_case(&case)?;
        }
    }
    Ok(true)
}
