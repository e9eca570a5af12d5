//! The life of a case, from its file to a decision.

use super::*;
use medicosam_shared::api::RetryRequest;

pub fn a_case_from_file_to_approval_leaves_a_full_trail(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    assert_eq!(state(&f.store, &id), CaseState::Waiting);
    let work = claim(&f.store);
    assert_eq!(
        (work.lease.case.clone(), work.task.clone()),
        (id.clone(), Task::Segment)
    );
    assert_eq!(state(&f.store, &id), CaseState::Embedding);
    f.store.stage(&work.lease, CaseState::Segmenting).unwrap();
    assert_eq!(
        f.store
            .finish(&work.lease, &result("profile p", 0.8))
            .unwrap(),
        1
    );
    let detail = f.store.case(&id).unwrap();
    assert_eq!(detail.summary.state, CaseState::Review);
    assert_eq!(detail.summary.score, Some(0.8));
    assert_eq!(detail.current().unwrap().number, 1);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let detail = f.store.case(&id).unwrap();
    assert_eq!(detail.summary.reviewer.as_deref(), Some("ana"));
    let actions: Vec<Action> = detail.history.iter().map(|e| e.action).collect();
    assert_eq!(
        actions,
        [
            Action::Identified,
            Action::Claimed,
            Action::Stage,
            Action::Revised,
            Action::Approved
        ]
    );
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}

pub fn work_of_a_superseded_case_is_lost_to_its_worker(f: &Fixture) {
    f.store.found(&file("/in/a.nii", "old")).unwrap();
    let work = claim(&f.store);
    f.store.found(&file("/in/a.nii", "new")).unwrap();
    let error = f
        .store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap_err();
    assert_eq!(error.code(), "lease-lost");
}

pub fn a_worker_given_up_for_dead_cannot_commit(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let zombie = claim(&f.store);
    f.store.release_all().unwrap();
    let heir = f.store.claim(&worker(2), Lane::Any).unwrap().unwrap();
    assert!(heir.lease.fence > zombie.lease.fence);
    for attempt in [
        f.store.renew(&zombie.lease).map(drop),
        f.store
            .reserve_output(&zombie.lease, (Path::new("/out"), "a"), |_| true)
            .map(drop),
        f.store.stage(&zombie.lease, CaseState::Segmenting),
        f.store
            .finish(&zombie.lease, &result("profile p", 0.1))
            .map(drop),
        f.store
            .fail(&zombie.lease, &fault(), FaultClass::BadInput)
            .map(drop),
    ] {
        assert_eq!(attempt.unwrap_err().code(), "lease-lost");
    }
    f.store
        .finish(&heir.lease, &result("profile p", 0.9))
        .unwrap();
    assert_eq!(f.store.case(&id).unwrap().revisions.len(), 1);
}

pub fn a_scan_that_kills_workers_fails_at_the_third(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let fault = Fault {
        code: "worker-hung".to_owned(),
        message: "it said nothing for 60 s".to_owned(),
        hint: String::new(),
    };
    for expected in [CaseState::Waiting, CaseState::Waiting, CaseState::Failed] {
        // Makes what waits for a later time due, as a restart of the daemon does.
        f.store.release_all().unwrap();
        assert!(f.store.has_due_work().unwrap());
        claim(&f.store);
        assert!(!f.store.has_due_work().unwrap());
        f.store.release(&worker(1), &fault).unwrap();
        assert_eq!(state(&f.store, &id), expected);
        let waits = u64::from(expected == CaseState::Waiting);
        assert_eq!(f.store.queue().unwrap().bulk, waits);
        assert!(!f.store.has_due_work().unwrap(), "not at once");
    }
    assert_eq!(f.store.case(&id).unwrap().summary.fault, Some(fault));
    f.store.retry(&id, "ana", &RetryRequest::default()).unwrap();
    assert_eq!(claim(&f.store).lease.case, id);
}

pub fn faults_of_the_surroundings_pause_and_are_not_counted(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    for _ in 0..5 {
        let work = claim(&f.store);
        let outcome = f
            .store
            .fail(&work.lease, &fault(), FaultClass::Environment)
            .unwrap();
        assert_eq!(outcome, Outcome::Paused);
        assert_eq!(state(&f.store, &id), CaseState::Paused);
        assert_eq!(
            f.store.claim(&worker(1), Lane::Any).unwrap(),
            None,
            "not due yet"
        );
        f.store.retry(&id, "ana", &RetryRequest::default()).unwrap();
    }
}

pub fn prompts_go_ahead_of_bulk_work_and_fall_back_if_they_fail(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Flag))
        .unwrap();
    f.store.found(&file("/in/b.nii", "b")).unwrap();
    let asked = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let work = f
        .store
        .claim(&worker(1), Lane::Interactive)
        .unwrap()
        .unwrap();
    assert_eq!((work.lease.work, work.author.as_str()), (asked, "ben"));
    assert_eq!(state(&f.store, &id), CaseState::Segmenting);
    assert_eq!(f.store.claim(&worker(1), Lane::Interactive).unwrap(), None);

    f.store
        .fail(&work.lease, &fault(), FaultClass::BadInput)
        .unwrap();
    assert_eq!(
        f.store.outcome(asked).unwrap(),
        WorkOutcome::Failed(fault())
    );
    assert_eq!(state(&f.store, &id), CaseState::Flagged, "as it was before");

    let asked = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let work = claim(&f.store);
    assert_eq!(f.store.outcome(asked).unwrap(), WorkOutcome::Open);
    assert_eq!(f.store.finish(&work.lease, &result("ben", 0.7)).unwrap(), 2);
    assert_eq!(f.store.outcome(asked).unwrap(), WorkOutcome::Done(2));
    assert_eq!(state(&f.store, &id), CaseState::Review);
    assert_eq!(f.store.revision(&id, 2).unwrap().parent, Some(1));
}

pub fn the_next_scan_is_seen_before_it_is_claimed_and_nothing_is_taken(f: &Fixture) {
    let upcoming = || f.store.upcoming().unwrap().map(|scan| scan.case);
    assert_eq!(upcoming(), None);
    let first = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let second = f.store.found(&file("/in/b.nii", "b")).unwrap();
    assert_eq!(upcoming(), Some(first.clone()));
    let work = claim(&f.store);
    assert_eq!(work.lease.case, first);
    let next = f.store.upcoming().unwrap().unwrap();
    assert_eq!((next.case, next.sha256.as_str()), (second.clone(), "b"));
    assert_eq!(next.source, Source::file("/in/b.nii"));
    assert_eq!(claim(&f.store).lease.case, second);
    assert_eq!(upcoming(), None, "all of it is being worked on");
    let outcome = f.store.fail(&work.lease, &fault(), FaultClass::Environment);
    assert_eq!(outcome.unwrap(), Outcome::Paused);
    assert_eq!(upcoming(), None, "not due yet");
}

pub fn cases_in_review_are_those_nobody_decided_on_newest_first(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store.found(&file("/in/b.nii", "b")).unwrap();
    let later = claim(&f.store);
    let listed = || -> Vec<CaseId> {
        let scans = f.store.in_review().unwrap();
        scans.into_iter().map(|scan| scan.case).collect()
    };
    assert_eq!(
        listed(),
        std::slice::from_ref(&id),
        "one is not segmented yet"
    );
    f.store
        .finish(&later.lease, &result("profile p", 0.8))
        .unwrap();
    let later = later.lease.case;
    assert_eq!(listed(), [later.clone(), id.clone()]);
    assert_eq!(f.store.in_review().unwrap()[0].revision, Some(1));
    f.store.request_prompt(&later, "ben", &prompt(1)).unwrap();
    let prompted = claim(&f.store);
    assert_eq!(state(&f.store, &later), CaseState::Segmenting);
    assert_eq!(listed().len(), 2, "a person is at it");
    let done = f
        .store
        .fail(&prompted.lease, &fault(), FaultClass::BadInput);
    assert_eq!(done.unwrap(), Outcome::GivenUp);
    f.store
        .decide(&later, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    assert_eq!(listed(), [id]);
}

pub fn the_second_reviewer_is_told_who_was_first(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let error = f
        .store
        .decide(&id, "ben", &decision(1, Verdict::Reject))
        .unwrap_err();
    assert_eq!(error.code(), "already-decided");
    assert!(error.to_string().contains("ana"));
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Reject))
        .unwrap();
    let overruled = DecisionRequest {
        overrule: true,
        ..decision(1, Verdict::Approve)
    };
    f.store.decide(&id, "ben", &overruled).unwrap();

    f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    let work = claim(&f.store);
    assert_eq!(
        f.store
            .decide(&id, "ana", &decision(1, Verdict::Approve))
            .unwrap_err()
            .code(),
        "wrong-state"
    );
    f.store.finish(&work.lease, &result("ana", 0.9)).unwrap();
    let error = f
        .store
        .decide(&id, "ben", &decision(1, Verdict::Approve))
        .unwrap_err();
    assert_eq!(error.code(), "other-revision");
    assert!(error.to_string().contains("ana"));
}

pub fn prompts_outside_the_scan_are_refused_at_once(f: &Fixture) {
    let id = reviewed(&f.store);
    let error = f.store.request_prompt(&id, "ana", &prompt(4)).unwrap_err();
    assert_eq!(error.code(), "prompt-outside");
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}

pub fn outputs_of_scans_with_the_same_name_do_not_collide(f: &Fixture) {
    f.store.found(&file("/in/a.nii", "a")).unwrap();
    f.store.found(&file("/in/a.nii.gz", "b")).unwrap();
    let (first, second) = (claim(&f.store), claim(&f.store));
    let reserve = |work: &Work| {
        let place = (Path::new("/out"), "a");
        let given = f.store.reserve_output(&work.lease, place, |_| true);
        given.unwrap().stem
    };
    assert_eq!(reserve(&first), "a");
    assert_eq!(reserve(&second), format!("a-{}", second.lease.case));
    assert_eq!(reserve(&first), "a", "once given, always the same");
}

pub fn ids_can_be_shortened_while_they_are_unique(f: &Fixture) {
    let id = reviewed(&f.store);
    assert_eq!(f.store.find(&id.0[..4]).unwrap(), id);
    assert_eq!(f.store.find("zz").unwrap_err().code(), "no-such-case");
    assert_eq!(f.store.find("").unwrap_err().code(), "ambiguous-case");
}

pub fn everything_is_still_there_after_opening_again(f: &Fixture) {
    let id = reviewed(&f.store);
    let Some(store) = f.opened_again() else {
        return;
    };
    assert_eq!(store.case(&id).unwrap(), f.store.case(&id).unwrap());
    assert_eq!(store.masks(&id, 1).unwrap(), MaskSet::empty(DIMS, Axis::K));
    assert_eq!(store.identified_files("").unwrap().len(), 1);
}

pub fn of_twenty_prompts_on_one_revision_one_wins_and_nineteen_learn_whose(f: &Fixture) {
    let id = reviewed(&f.store);
    let asked = f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    for _ in 0..10 {
        let refused = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap_err();
        assert_eq!(refused.code(), "being-corrected");
        assert!(refused.to_string().contains("ana"), "{refused}");
    }
    let work = claim(&f.store);
    assert_eq!(work.lease.work, asked);
    let refused = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap_err();
    assert_eq!(refused.code(), "being-corrected");
    f.store.finish(&work.lease, &result("ana", 0.7)).unwrap();
    for _ in 0..8 {
        let refused = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap_err();
        assert_eq!(refused.code(), "other-revision");
        assert!(refused.to_string().contains("ana"), "{refused}");
    }
    assert_eq!(f.store.case(&id).unwrap().summary.revision, Some(2));
    let on_the_new = PromptRequest {
        revision: 2,
        ..prompt(2)
    };
    f.store.request_prompt(&id, "ben", &on_the_new).unwrap();
    assert_eq!(claim(&f.store).revision, Some(2));
}

pub fn a_reservation_renews_an_old_lease_only(f: &Fixture) {
    f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    let reserve = || {
        let place = (Path::new("/out"), "a");
        let given = f
            .store
            .reserve_output(&work.lease, place, |_| true)
            .unwrap();
        let given = (given.folder.as_path(), given.stem.as_str());
        assert_eq!(given, (Path::new("/out"), "a"));
    };
    reserve();
    // Young: it runs out when it would have.
    f.clock.pass(Duration::from_secs(20));
    reserve();
    f.clock.pass(Duration::from_secs(39));
    reserve();
    f.clock.pass(Duration::from_secs(40));
    assert_eq!(f.store.claim(&worker(2), Lane::Any).unwrap(), None);
    f.clock.pass(Duration::from_secs(30));
    assert!(f.store.claim(&worker(2), Lane::Any).unwrap().is_some());
}
