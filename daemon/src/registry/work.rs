//! Work: queued, claimed, done, given up.

use super::job::Work;
use super::queue::open_lane;
use super::queued::cancel_all;
use super::rows::{author_of, case, held, history, log, open_work, resting, revision};
use super::{Registry, Result, drafts, second_readings};
use crate::case::arrival::gone;
use crate::case::corrections::{self, check_still_current};
use crate::case::decision::{self, approve_by_policy};
use crate::case::work::LEASE;
use crate::case::{
    Case, Entry, FaultClass, Lane, Lease, Now, Outcome, Owner, Refusal, Task, Tick, WorkId,
    WorkItem, WorkState, outputs, sidecar,
};
use crate::store::{NewRevision, OutputName, Rows, WorkQuery};
use medicosam_shared::api::{PromptRequest, RetryRequest};
use medicosam_shared::case::{
    Action, CaseId, CaseState, CaseSummary, Fault, FoundResult, RevisionNumber,
};
use medicosam_shared::draft::{Answered, DraftRefusal};
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{SlicePrompt, VolumeBox};

impl Registry {
    /// Takes the next work that is due, if there is any, under a lease: interactive work first, then
    /// bulk work if `lane` allows it. No two leases are ever held on one case.
    pub fn claim(&self, owner: &Owner, lane: Lane) -> Result<Option<Work>> {
        // Most looks find nothing, and should keep nobody from writing.
        let now = self.clock.now();
        if self.read(|rows| Ok(rows.due(open_lane(rows, lane)?, now)?.is_none()))? {
            return Ok(None);
        }
        self.write(|rows, now| {
            let lane = open_lane(rows, lane)?;
            let Some((mut item, mut case)) = next(rows, lane, now)? else {
                return Ok(None);
            };
            let (lease, entry) = item.claim(&mut case, owner, now);
            rows.put_work(&item)?;
            if entry.is_some() {
                rows.put_case(&case)?;
            }
            log(rows, entry, now)?;
            Ok(Some(Work {
                lease,
                task: item.task,
                author: item.author,
                source: case.source,
                sha256: case.content,
                profile: case.profile,
                revision: case.revision,
            }))
        })
    }

    /// Makes a lease last longer.
    pub fn renew(&self, lease: &Lease) -> Result<()> {
        self.write(|rows, now| {
            let mut item = held(rows, lease)?;
            item.renew(LEASE, now);
            rows.put_work(&item)?;
            Ok(())
        })
    }

    /// Moves the leased case to another stage.
    pub fn stage(&self, lease: &Lease, state: CaseState) -> Result<()> {
        self.write(|rows, now| {
            let owner = held(rows, lease)?.holder(lease)?;
            let mut case = case(rows, &lease.case)?;
            case.put(state, None, now);
            rows.put_case(&case)?;
            let (who, detail) = (owner.name(), state.as_str());
            let entry = Entry::new(who, Action::Stage, &case.id, None, detail);
            log(rows, [entry], now)
        })
    }

    /// Commits the result of leased work as a new revision, and puts the case up for review. Refuses a
    /// correction of a revision that is not the current one any more.
    pub fn finish(&self, lease: &Lease, new: &NewRevision) -> Result<RevisionNumber> {
        self.write(|rows, now| {
            let mut item = held(rows, lease)?;
            let owner = item.holder(lease)?;
            let mut case = case(rows, &lease.case)?;
            check_it_still_corrects(rows, &item, &case)?;
            let (parent, provenance) = (case.revision, &new.provenance);
            let (number, entry) =
                case.revise(provenance, &item.task, &item.author, owner.name(), now);
            rows.add_revision(&case.id, number, parent, new)?;
            item.finish(Some(number));
            rows.put_work(&item)?;
            log(rows, [entry], now)?;
            drafts::close(rows, &item.task)?;
            if item.task == Task::Segment {
                cancel_what_is_used(rows, &case, new)?;
            }
            if let Some(approval) = &new.approval {
                log(rows, [approve_by_policy(&mut case, approval, now)], now)?;
            }
            rows.put_case(&case)?;
            Ok(number)
        })
    }

    /// Ends leased work by the profile that would make a revision of nothing; the current one stays.
    pub fn leave_as_it_is(&self, lease: &Lease) -> Result<()> {
        self.write(|rows, now| {
            let mut item = held(rows, lease)?;
            let owner = item.holder(lease)?;
            let mut case = case(rows, &lease.case)?;
            let resting = resting(rows, &case)?;
            let entry = sidecar::leave(&mut case, resting, owner.name(), now);
            item.finish(None);
            rows.put_work(&item)?;
            rows.put_case(&case)?;
            log(rows, [entry], now)
        })
    }

    /// Puts the masks that leased work has made into its draft, with the logits of everything that the model
    /// offers if they can be of use.
    pub fn answer_draft(
        &self,
        lease: &Lease,
        answered: &Answered,
        logits: Option<&[u8]>,
    ) -> Result<()> {
        self.write(|rows, _| {
            let mut item = held(rows, lease)?;
            drafts::answer(rows, &item.task, answered, logits)?;
            item.finish(None);
            rows.put_work(&item)?;
            Ok(())
        })
    }

    /// Says how far leased work for a draft is. Refused if it was taken back.
    pub fn draft_report(&self, lease: &Lease, progress: Progress) -> Result<()> {
        self.write(|rows, _| {
            let mut item = held(rows, lease)?;
            item.progress = progress;
            rows.put_work(&item)?;
            drafts::touch(rows, &item.task)
        })
    }

    /// Says why leased work could not be done; the class decides what happens to the case.
    pub fn fail(&self, lease: &Lease, fault: &Fault, class: FaultClass) -> Result<Outcome> {
        self.write(|rows, now| {
            let item = held(rows, lease)?;
            fail(rows, item, (fault, class), now)
        })
    }

    /// Has the case of leased work ask about a label map that lies where its results go.
    pub fn ask(&self, lease: &Lease, fault: &Fault, found: &FoundResult) -> Result<Outcome> {
        self.write(|rows, now| {
            let item = held(rows, lease)?;
            let outcome = fail(rows, item, (fault, FaultClass::Asks), now)?;
            let mut case = case(rows, &lease.case)?;
            outputs::ask(&mut case, found.clone());
            rows.put_case(&case)?;
            Ok(outcome)
        })
    }

    /// Gives back all work of a worker that died of `fault`. Each counts as a try of its case; the third
    /// makes the case fail.
    pub fn release(&self, owner: &Owner, fault: &Fault) -> Result<Vec<CaseId>> {
        self.write(|rows, now| {
            let items = rows.works(&WorkQuery::Leased(Some(owner.clone())))?;
            let mut released = Vec::with_capacity(items.len());
            for item in items {
                released.push(item.case.clone());
                fail(rows, item, (fault, FaultClass::Passing), now)?;
            }
            Ok(released)
        })
    }

    /// Gives back all work of all owners, without counting it as a try: for the start of the only
    /// daemon of this store. Everything that waits for a later time is due at once.
    pub fn release_all(&self) -> Result<Vec<CaseId>> {
        self.write(|rows, now| {
            let released = give_back(rows, None, "the daemon was stopped during the work", now)?;
            hurry(rows, |_| true)?;
            Ok(released)
        })
    }

    /// Gives back all work of a worker that was interrupted by something that is no fault of a scan,
    /// without counting it as a try: `why` in words.
    pub fn give_back(&self, owner: &Owner, why: &str) -> Result<Vec<CaseId>> {
        self.write(|rows, now| give_back(rows, Some(owner.clone()), why, now))
    }

    /// Makes all work due that waits for a later time by itself: what it waited for is there. Work that
    /// waits for a person goes on waiting.
    pub fn hurry_all(&self) -> Result<()> {
        self.write(|rows, _| hurry(rows, |not_before| not_before != Tick::NEVER))
    }

    /// Queues a person's prompts ahead of bulk work. One correction of a revision at a time.
    pub fn request_prompt(
        &self,
        id: &CaseId,
        who: &str,
        request: &PromptRequest,
    ) -> Result<WorkId> {
        self.write(|rows, now| {
            let case = case(rows, id)?;
            second_readings::check_reader(rows, &case, who)?;
            case.check_revision(request.revision, &author_of(rows, &case)?)?;
            let axis = revision(rows, id, request.revision)?.provenance.axis;
            if let Some(scan) = rows.scan(id)? {
                for prompt in &request.prompts {
                    prompt.check(scan.dims, axis).map_err(Refusal::from)?;
                    check_it_is_about_something(rows, id, request.revision, prompt)?;
                }
                VolumeBox::check_all(&request.boxes, scan.dims, axis).map_err(Refusal::from)?;
            }
            let open = open_work(rows, id)?;
            let (item, entry) = corrections::prompt(&case, &open, who, request)?;
            let work = rows.put_work(&item)?;
            log(rows, [entry], now)?;
            Ok(work)
        })
    }

    /// Queues a failed or paused case again, with a choice if it asks for one.
    pub fn retry(&self, id: &CaseId, who: &str, request: &RetryRequest) -> Result<CaseSummary> {
        self.write(|rows, now| {
            let mut case = case(rows, id)?;
            let mut open = open_work(rows, id)?;
            let (new, entry) = corrections::retry(&mut case, &mut open, who, request, now)?;
            for item in open.iter().chain(&new) {
                rows.put_work(item)?;
            }
            while rows.put_case(&case)? == OutputName::Taken {
                let other = case.output.map(|output| outputs::another(&output, id));
                case.output = other;
            }
            log(rows, [entry], now)?;
            Ok(case.summary())
        })
    }
}

/// The next work that is due, with its case. Bulk work that would replace what was decided on
/// meanwhile is taken back: a decision stands until a person says otherwise.
fn next(rows: &mut dyn Rows, lane: Lane, now: Now) -> Result<Option<(WorkItem, Case)>> {
    while let Some(mut item) = rows.due(lane, now)? {
        let mut case = case(rows, &item.case)?;
        let decided = match (&item.task, case.revision) {
            (Task::Segment, Some(_)) => decision::last(&history(rows, &case.id)?),
            _ => None,
        };
        let Some(decided) = decided else {
            return Ok(Some((item, case)));
        };
        let entry = item.give_way(&mut case, decided.state, now);
        rows.put_work(&item)?;
        rows.put_case(&case)?;
        log(rows, [entry], now)?;
    }
    Ok(None)
}

/// Gives back leased work of a worker, or of all, without counting it as a try.
fn give_back(
    rows: &mut dyn Rows,
    owner: Option<Owner>,
    why: &str,
    now: Now,
) -> Result<Vec<CaseId>> {
    let mut released = Vec::new();
    for mut item in rows.works(&WorkQuery::Leased(owner))? {
        let mut case = case(rows, &item.case)?;
        let resting = resting(rows, &case)?;
        let entry = item.give_back((&mut case, resting), why, now);
        rows.put_work(&item)?;
        rows.put_case(&case)?;
        log(rows, entry, now)?;
        released.push(case.id);
    }
    Ok(released)
}

/// Refuses points outside an object on a slice that has none of it.
fn check_it_is_about_something(
    rows: &dyn Rows,
    id: &CaseId,
    revision: RevisionNumber,
    prompt: &SlicePrompt,
) -> Result<()> {
    if !prompt.only_takes_away() {
        return Ok(());
    }
    let masks = rows.masks(id, revision)?;
    let object = masks.as_ref().and_then(|masks| masks.object(prompt.label));
    match object.is_some_and(|object| object.slices.contains_key(&prompt.index)) {
        true => Ok(()),
        false => {
            let refusal = DraftRefusal::NothingToCorrect(prompt.place());
            Err(Refusal::from(refusal).into())
        }
    }
}

/// Makes work due whose waiting time matches `which`.
fn hurry(rows: &mut dyn Rows, which: impl Fn(Tick) -> bool) -> Result<()> {
    for mut item in rows.works(&WorkQuery::Ready)? {
        let WorkState::Ready { not_before } = item.state else {
            continue;
        };
        if not_before != Tick::LONG_AGO && which(not_before) {
            item.hurry();
            rows.put_work(&item)?;
        }
    }
    Ok(())
}

/// Refuses the result of a correction whose revision is not the current one any more.
pub(super) fn check_it_still_corrects(rows: &dyn Rows, item: &WorkItem, case: &Case) -> Result<()> {
    let corrected = match item.task {
        Task::Prompt { revision, .. } => revision,
        Task::PutUp { revision, .. } => Some(revision),
        Task::Commit { draft } => rows.draft_by_id(draft)?.and_then(|row| row.revision),
        Task::Segment
        | Task::Copy
        | Task::Preview { .. }
        | Task::Propagate { .. }
        | Task::Boxes { .. } => None,
    };
    let author = author_of(rows, case)?;
    Ok(check_still_current(case, corrected, &author)?)
}

/// Writes down why leased work could not be done.
fn fail(
    rows: &mut dyn Rows,
    mut item: WorkItem,
    (fault, class): (&Fault, FaultClass),
    now: Now,
) -> Result<Outcome> {
    let WorkState::Leased { owner, .. } = item.state.clone() else {
        return Ok(Outcome::GivenUp);
    };
    let mut case = case(rows, &item.case)?;
    let is_gone = class != FaultClass::Asks && is_known_gone(rows, &case)?;
    // A correction that needs the file waits for nothing: nobody puts a deleted file back by itself.
    let class = match class {
        FaultClass::Environment if is_gone && item.task.corrects() => FaultClass::BadInput,
        class => class,
    };
    let resting = resting(rows, &case)?;
    let (outcome, entry) = item.fail((&mut case, resting), owner.name(), (fault, class), now);
    let was_case_changed = entry.is_some();
    log(rows, entry, now)?;
    // Its file went while the worker had it: the walk that saw that left the case to the worker.
    if is_gone && outcome != Outcome::TriesAgain {
        log(rows, gone(&mut case, now), now)?;
    }
    rows.put_work(&item)?;
    if !case.is_listed() {
        // More may have been queued meanwhile, by a sidecar.
        cancel_all(rows, &case.id)?;
    }
    if was_case_changed {
        rows.put_case(&case)?;
    }
    drafts::touch(rows, &item.task)?;
    Ok(outcome)
}

/// Whether a walk has found that the file of a case is gone.
fn is_known_gone(rows: &dyn Rows, case: &Case) -> Result<bool> {
    for member in case.source.members() {
        let files = rows.files(Some(member))?;
        if files.iter().any(|file| file.case == *case.owner_of_files()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes back queued bulk work if the new revision was made of every file seen beside the scan.
fn cancel_what_is_used(rows: &mut dyn Rows, case: &Case, new: &NewRevision) -> Result<()> {
    let history = history(rows, &case.id)?;
    if !sidecar::has_used_all(&history, &new.provenance.sources) {
        return Ok(());
    }
    for mut item in open_work(rows, &case.id)? {
        let waits = matches!(item.state, WorkState::Ready { .. });
        if waits && item.task.lane() == Lane::Any {
            item.cancel();
            rows.put_work(&item)?;
        }
    }
    Ok(())
}
