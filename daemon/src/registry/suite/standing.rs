//! What was decided stands, whatever becomes of the work around it, and nothing waits indefinitely.

use super::*;
use crate::case::work::PAUSE;
use crate::scan::SourceKey;
use medicosam_shared::api::DraftChange;

fn approve(store: &Registry, id: &CaseId, who: &str, revision: RevisionNumber) {
    let decision = decision(revision, Verdict::Approve);
    store.decide(id, who, &decision).unwrap();
}

fn fails(store: &Registry, work: &Work, class: FaultClass) -> Outcome {
    store.fail(&work.lease, &fault(), class).unwrap()
}

fn is_idle(f: &Fixture) -> bool {
    f.clock.pass(Duration::from_secs(3600));
    f.store.claim(&worker(1), Lane::Any).unwrap().is_none()
}

pub fn a_correction_that_fails_leaves_what_was_decided_meanwhile(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    approve(&f.store, &id, "ben", 1);
    let work = claim(&f.store);
    fails(&f.store, &work, FaultClass::BadInput);
    assert_eq!(state(&f.store, &id), CaseState::Approved);

    f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    f.store.undo(&id, "ben", &UndoRequest::default()).unwrap();
    let work = claim(&f.store);
    fails(&f.store, &work, FaultClass::BadInput);
    assert_eq!(state(&f.store, &id), CaseState::Review, "ben took it back");
}

pub fn bulk_work_gives_way_to_a_decision(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    let work = claim(&f.store);
    let sidecar = PromptsFile {
        path: "/in/a.prompts.json".into(),
        sha256: "1".to_owned(),
    };
    let scans = [SourceKey::new("/in/a.nii", None)];
    assert_eq!(f.store.prompts_changed(&scans, &sidecar).unwrap().len(), 1);
    f.store.finish(&work.lease, &result("ana", 0.9)).unwrap();
    approve(&f.store, &id, "ben", 2);
    assert!(is_idle(f), "nobody asked for another revision");
    let case = f.store.case(&id).unwrap();
    assert_eq!(case.summary.state, CaseState::Approved);
    assert_eq!(case.summary.revision, Some(2));
    let last = case.history.last().unwrap();
    assert_eq!(last.detail, "not segmented again: it has been decided on");
}

pub fn a_paused_correction_goes_on_where_its_scan_has_moved(f: &Fixture) {
    let id = reviewed(&f.store);
    approve(&f.store, &id, "ana", 1);
    f.store.request_prompt(&id, "ben", &prompt(1)).unwrap();
    let work = claim(&f.store);
    assert_eq!(
        fails(&f.store, &work, FaultClass::Environment),
        Outcome::Paused
    );
    let moved = f.store.found_when(&file("/in/b.nii", "a"), Look::Absent);
    assert_eq!(moved.unwrap(), id);
    let work = claim(&f.store);
    assert!(work.task.corrects(), "{:?}", work.task);
    fails(&f.store, &work, FaultClass::BadInput);
    assert_eq!(state(&f.store, &id), CaseState::Approved);
    assert!(is_idle(f));
}

pub fn a_draft_that_is_given_up_leaves_its_case_as_it_was(f: &Fixture) {
    let id = reviewed(&f.store);
    approve(&f.store, &id, "ana", 1);
    let change = |change| {
        let draft = f.store.draft(&id, "ana").unwrap();
        let request = DraftRequest {
            revision: 1,
            version: draft.map_or(0, |d| d.version),
            change,
        };
        f.store.change_draft(&id, "ana", &request)
    };
    super::drafts::preview(&f.store, &id, "ana", 1, 5);
    change(DraftChange::Commit).unwrap();
    let work = claim(&f.store);
    assert_eq!(
        change(DraftChange::Discard).unwrap_err().code(),
        "wrong-state",
        "its files may be written already"
    );
    assert_eq!(fails(&f.store, &work, FaultClass::Asks), Outcome::Paused);
    change(DraftChange::Discard).unwrap();
    assert_eq!(state(&f.store, &id), CaseState::Approved);
    assert!(is_idle(f));
}

pub fn a_correction_does_not_wait_for_a_scan_that_was_deleted(f: &Fixture) {
    let id = reviewed(&f.store);
    approve(&f.store, &id, "ana", 1);
    f.store.gone(&["/in/a.nii".into()]).unwrap();
    let asked = f.store.request_prompt(&id, "ben", &prompt(1)).unwrap();
    let work = claim(&f.store);
    assert_eq!(
        fails(&f.store, &work, FaultClass::Environment),
        Outcome::GivenUp
    );
    assert_eq!(
        f.store.outcome(asked).unwrap(),
        WorkOutcome::Failed(fault())
    );
    assert_eq!(state(&f.store, &id), CaseState::Approved);
}

pub fn what_was_never_tried_comes_before_what_waited_for_its_surroundings(f: &Fixture) {
    let paused = f.store.found(&file("/in/a.nii", "a")).unwrap();
    for pauses in 1..=3 {
        let work = claim(&f.store);
        fails(&f.store, &work, FaultClass::Environment);
        f.clock.pass(PAUSE * pauses - Duration::from_secs(1));
        assert!(!f.store.has_due_work().unwrap(), "each pause is longer");
        f.clock.pass(Duration::from_secs(2));
        assert!(f.store.has_due_work().unwrap());
    }
    let new = f.store.found(&file("/in/b.nii", "b")).unwrap();
    assert_eq!(claim(&f.store).lease.case, new);
    assert_eq!(claim(&f.store).lease.case, paused);
}

pub fn work_that_a_failing_store_interrupted_counts_as_no_try(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    for _ in 0..5 {
        claim(&f.store);
        let given = f.store.give_back(&worker(1), "the store failed: disk full");
        assert_eq!(given.unwrap(), std::slice::from_ref(&id));
        assert_eq!(state(&f.store, &id), CaseState::Waiting);
    }
}

pub fn a_scan_that_is_bad_and_gone_leaves_the_list(f: &Fixture) {
    f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    assert_eq!(f.store.gone(&["/in/a.nii".into()]).unwrap(), []);
    fails(&f.store, &work, FaultClass::BadInput);
    assert!(f.store.cases().unwrap().0.is_empty());
}

pub fn volumes_that_a_file_has_no_more_leave_the_list(f: &Fixture) {
    let series: Vec<_> = (0..3)
        .map(|n| Identification {
            source: Source::file("/in/bold.nii").frame(n),
            ..file("/in/bold.nii", &format!("volume {n}"))
        })
        .collect();
    let volumes = f.store.identify_all(&series, |_| Look::Unsure).unwrap();
    let work = claim(&f.store);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    approve(&f.store, &volumes[0], "ana", 1);
    let whole = f.store.found(&file("/in/bold.nii", "one volume")).unwrap();
    let (listed, _) = f.store.cases().unwrap();
    let mut listed: Vec<CaseId> = listed.into_iter().map(|case| case.id).collect();
    let mut expected = vec![volumes[0].clone(), whole.clone()];
    listed.sort_by(|a, b| a.0.cmp(&b.0));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(listed, expected, "a decision is never hidden");
    let claimed = f.store.claim(&worker(1), Lane::Any).unwrap().unwrap();
    assert_eq!(claimed.lease.case, whole, "nothing else is left to do");
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}
