//! Drafts: what a reviewer changes before it becomes a revision.

use super::*;
use crate::case::WorkId;
use medicosam_shared::api::DraftChange;
use medicosam_shared::draft::{Candidate, DraftRefusal, SliceAnswer, Slices, Step};
use medicosam_shared::mask::Rle;

fn label() -> Label {
    Label::new(1).unwrap()
}

fn try_change(
    store: &Registry,
    id: &CaseId,
    who: &str,
    change: DraftChange,
) -> Result<DraftOutcome> {
    let draft = store.draft(id, who).unwrap();
    let request = DraftRequest {
        revision: draft.as_ref().map_or(1, |d| d.revision),
        version: draft.map_or(0, |d| d.version),
        change,
    };
    store.change_draft(id, who, &request)
}

fn change(store: &Registry, id: &CaseId, who: &str, change: DraftChange) -> Option<WorkId> {
    try_change(store, id, who, change).unwrap().work
}

fn draw(index: u32) -> DraftChange {
    DraftChange::Draw {
        prompt: super::prompt(index).prompts.remove(0),
    }
}

fn segment(index: u32) -> DraftChange {
    DraftChange::Segment {
        label: label(),
        index,
    }
}

fn answered(index: u32, areas: &[u32]) -> Answered {
    let provenance = result("x", 0.5).provenance;
    let candidate = |&area| Candidate {
        mask: Rle(vec![0, area]),
        predicted_iou: 0.9,
        stability: 0.9,
        agreement: None,
        steadiness: None,
    };
    let answer = SliceAnswer {
        prompt: super::prompt(index).prompts.remove(0),
        drawn: None,
        before: None,
        propagated: false,
        candidates: areas.iter().map(candidate).collect(),
        chosen: 0,
    };
    Answered {
        label: label(),
        model: provenance.model,
        runtime: provenance.runtime,
        slices: vec![answer],
        report: None,
        rule: None,
    }
}

/// Draws on a slice and has it segmented to a mask of `area` pixels.
pub(super) fn preview(store: &Registry, id: &CaseId, who: &str, index: u32, area: u32) {
    change(store, id, who, draw(index));
    let work = change(store, id, who, segment(index)).unwrap();
    let claimed = store.claim(&worker(1), Lane::Interactive).unwrap().unwrap();
    assert_eq!((claimed.lease.work, claimed.author.as_str()), (work, who));
    store
        .answer_draft(&claimed.lease, &answered(index, &[area, 2 * area]), None)
        .unwrap();
    assert_eq!(store.outcome(work).unwrap(), WorkOutcome::Answered);
}

fn area(store: &Registry, id: &CaseId, who: &str) -> u64 {
    let draft = store.draft(id, who).unwrap().unwrap();
    let masks = draft.masks(&MaskSet::empty(DIMS, Axis::K));
    masks.objects.iter().map(|o| o.voxels()).sum()
}

fn commit(store: &Registry, id: &CaseId, who: &str) -> RevisionNumber {
    let work = change(store, id, who, DraftChange::Commit).unwrap();
    let claimed = claim(store);
    assert_eq!(claimed.lease.work, work);
    assert_eq!(state(store, id), CaseState::Segmenting);
    store.finish(&claimed.lease, &result(who, 0.9)).unwrap()
}

pub fn a_preview_makes_no_revision_and_a_commit_makes_one_of_all(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    preview(&f.store, &id, "ana", 2, 7);
    let detail = f.store.case(&id).unwrap();
    assert_eq!(
        (detail.summary.revision, detail.summary.state),
        (Some(1), CaseState::Review)
    );
    assert_eq!(area(&f.store, &id, "ana"), 12);

    let choose = DraftChange::Choose {
        label: label(),
        index: 2,
        candidate: 1,
    };
    change(&f.store, &id, "ana", choose);
    assert_eq!(area(&f.store, &id, "ana"), 19);
    change(&f.store, &id, "ana", DraftChange::Undo);
    assert_eq!(area(&f.store, &id, "ana"), 12);
    change(&f.store, &id, "ana", DraftChange::Redo);
    assert_eq!(area(&f.store, &id, "ana"), 19);

    assert_eq!(commit(&f.store, &id, "ana"), 2);
    assert_eq!(f.store.draft(&id, "ana").unwrap(), None);
    let detail = f.store.case(&id).unwrap();
    assert_eq!(
        (detail.summary.revision, detail.summary.state),
        (Some(2), CaseState::Review)
    );
    assert_eq!(detail.summary.reviewer.as_deref(), Some("ana"));
    let trail: Vec<Action> = detail.history.iter().map(|e| e.action).skip(3).collect();
    assert_eq!(
        trail,
        [
            Action::Drafted,
            Action::Prompted,
            Action::Claimed,
            Action::Revised
        ]
    );
    assert_eq!(detail.history[4].detail, "slice 1, 2");
}

pub fn of_two_reviewers_the_second_learns_who_was_first_and_keeps_the_draft(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    preview(&f.store, &id, "ben", 2, 7);
    assert_eq!(area(&f.store, &id, "ana"), 5, "drafts are one's own");
    commit(&f.store, &id, "ana");

    let refused = try_change(&f.store, &id, "ben", DraftChange::Commit).unwrap_err();
    let RegistryError::Refused(Refusal::Draft(DraftRefusal::OtherRevision {
        current, author, ..
    })) = &refused
    else {
        panic!("{refused}")
    };
    assert_eq!((*current, author.as_str()), (2, "ana"));
    assert_eq!(area(&f.store, &id, "ben"), 7, "nothing is lost");

    let draft = f.store.draft(&id, "ben").unwrap().unwrap();
    let rebase = DraftRequest {
        revision: 2,
        version: draft.version,
        change: DraftChange::Rebase,
    };
    f.store.change_draft(&id, "ben", &rebase).unwrap();
    assert_eq!(commit(&f.store, &id, "ben"), 3);
}

pub fn a_change_to_another_version_of_the_draft_is_refused(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    let version = f.store.draft(&id, "ana").unwrap().unwrap().version;
    for wrong in [0, version - 1, version + 1] {
        let request = DraftRequest {
            revision: 1,
            version: wrong,
            change: draw(2),
        };
        assert!(matches!(
            f.store.change_draft(&id, "ana", &request),
            Err(RegistryError::Refused(Refusal::Draft(DraftRefusal::Moved(
                _
            ))))
        ));
    }
}

pub fn a_discarded_draft_can_be_brought_back_until_another_is_begun(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    change(&f.store, &id, "ana", DraftChange::Discard);
    assert!(f.store.draft(&id, "ana").unwrap().unwrap().discarded);
    change(&f.store, &id, "ana", DraftChange::Restore);
    assert_eq!(area(&f.store, &id, "ana"), 5);
    change(&f.store, &id, "ana", DraftChange::Discard);
    assert!(matches!(
        try_change(&f.store, &id, "ana", DraftChange::Undo),
        Err(RegistryError::Refused(Refusal::Draft(
            DraftRefusal::NoDraft(_)
        )))
    ));
    change(&f.store, &id, "ana", draw(2));
    let draft = f.store.draft(&id, "ana").unwrap().unwrap();
    assert_eq!((draft.steps.len(), draft.discarded), (1, false));
}

pub fn cancelled_work_is_not_taken_and_whoever_has_it_notices(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    let propagate = || DraftChange::Propagate {
        label: label(),
        slices: Slices::All,
        force: false,
        through: None,
    };
    change(&f.store, &id, "ana", propagate());
    let work = claim(&f.store);
    let progress = Progress { done: 1, total: 3 };
    let version = f.store.draft_progress(&id, "ana").unwrap().version;
    f.store.draft_report(&work.lease, progress).unwrap();
    let told = f.store.draft_progress(&id, "ana").unwrap();
    assert_eq!(told.working, Some(progress));
    assert!(told.version > version);

    let late = DraftRequest {
        revision: 1,
        version,
        change: DraftChange::Cancel,
    };
    f.store.change_draft(&id, "ana", &late).unwrap();
    assert_eq!(f.store.draft_progress(&id, "ana").unwrap().working, None);
    assert!(matches!(
        f.store.draft_report(&work.lease, progress),
        Err(RegistryError::Refused(Refusal::LeaseLost(_)))
    ));
    assert_eq!(area(&f.store, &id, "ana"), 5);
    change(&f.store, &id, "ana", propagate());
    change(&f.store, &id, "ana", DraftChange::Discard);
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}

pub fn a_preview_that_fails_says_so_and_leaves_case_and_draft_as_they_were(f: &Fixture) {
    let id = reviewed(&f.store);
    change(&f.store, &id, "ana", draw(1));
    let before = f.store.case(&id).unwrap();
    for class in [FaultClass::Environment, FaultClass::BadInput] {
        let work = change(&f.store, &id, "ana", segment(1)).unwrap();
        let lease = claim(&f.store).lease;
        f.store.fail(&lease, &fault(), class).unwrap();
        assert_eq!(
            f.store.outcome(work).unwrap(),
            WorkOutcome::Failed(fault()),
            "{class:?}"
        );
        let told = f.store.draft_progress(&id, "ana").unwrap();
        assert_eq!((told.working, told.fault), (None, Some(fault())));
    }
    // A worker that died of it: once more, then it is given up.
    let work = change(&f.store, &id, "ana", segment(1)).unwrap();
    for _ in 0..2 {
        claim(&f.store);
        f.store.release(&worker(1), &fault()).unwrap();
    }
    assert_eq!(f.store.outcome(work).unwrap(), WorkOutcome::Failed(fault()));
    assert_eq!(f.store.case(&id).unwrap(), before);
    let draft = f.store.draft(&id, "ana").unwrap().unwrap();
    assert!(matches!(draft.steps.as_slice(), [Step::Drawn { .. }]));
}

pub fn what_makes_no_sense_is_refused_and_changes_nothing(f: &Fixture) {
    let id = reviewed(&f.store);
    change(&f.store, &id, "ana", draw(1));
    let before = f.store.draft(&id, "ana").unwrap();
    let known = DraftChange::Object {
        label: label(),
        name: "again".into(),
    };
    let choose = DraftChange::Choose {
        label: label(),
        index: 1,
        candidate: 0,
    };
    let propagate = DraftChange::Propagate {
        label: label(),
        slices: Slices::All,
        force: false,
        through: None,
    };
    for nonsense in [
        DraftChange::Redo,
        DraftChange::Commit,
        segment(2),
        draw(9),
        known,
        choose,
        propagate,
    ] {
        let refused = try_change(&f.store, &id, "ana", nonsense.clone());
        assert!(refused.is_err(), "{nonsense:?}");
    }
    assert_eq!(
        f.store.draft(&id, "ana").unwrap().unwrap().steps,
        before.unwrap().steps
    );
}

pub fn a_draft_is_still_there_after_opening_again_and_its_work_is_done_again(f: &Fixture) {
    let id = reviewed(&f.store);
    preview(&f.store, &id, "ana", 1, 5);
    change(&f.store, &id, "ana", draw(2));
    let work = change(&f.store, &id, "ana", segment(2)).unwrap();
    let lost = claim(&f.store);
    let before = f.store.draft(&id, "ana").unwrap().unwrap();
    assert_eq!((before.steps.len(), before.position), (3, 3));
    assert!(before.working.is_some());

    let again = f.opened_again();
    let store = again.as_ref().unwrap_or(&f.store);
    store.release_all().unwrap();
    assert_eq!(store.draft(&id, "ana").unwrap().unwrap(), before);
    assert_eq!(state(store, &id), CaseState::Review);
    let again = claim(store);
    assert_eq!((again.lease.work, &again.task), (work, &lost.task));
    assert!(matches!(
        store.answer_draft(&lost.lease, &answered(2, &[9]), None),
        Err(RegistryError::Refused(Refusal::LeaseLost(_)))
    ));
    let logits = [1, 2, 3];
    store
        .answer_draft(&again.lease, &answered(2, &[9]), Some(&logits))
        .unwrap();
    assert_eq!(area(store, &id, "ana"), 14);
    let draft = lost.task.draft().unwrap();
    assert_eq!(
        store.draft_logits(draft, 4).unwrap().as_deref(),
        Some(&logits[..])
    );
    assert_eq!(store.draft_logits(draft, 3).unwrap(), None);
}
