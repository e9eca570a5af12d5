//! Decisions that are taken back, and notes.

use super::*;
use crate::case::decision::Approval;
use medicosam_shared::api::RetryRequest;
use medicosam_shared::provenance::Measure;

fn because(verdict: Verdict, reason: &str) -> DecisionRequest {
    DecisionRequest {
        reason: reason.to_owned(),
        ..decision(1, verdict)
    }
}

fn undo(store: &Registry, id: &CaseId, who: &str) -> Result<CaseSummary> {
    store.undo(id, who, &UndoRequest { revision: Some(1) })
}

pub fn decisions_are_taken_back_one_by_one_and_stay_in_the_history(f: &Fixture) {
    let id = reviewed(&f.store);
    let before = f.store.case(&id).unwrap();
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let rejected = because(Verdict::Reject, "leaks");
    let decided = f.store.decide(&id, "ana", &rejected).unwrap();
    assert_eq!(decided.reason.as_deref(), Some("leaks"));

    let once = undo(&f.store, &id, "ana").unwrap();
    assert_eq!((once.state, once.reason), (CaseState::Approved, None));
    assert_eq!(once.reviewer.as_deref(), Some("ana"));
    let twice = undo(&f.store, &id, "ana").unwrap();
    assert_eq!((twice.state, twice.reviewer), (CaseState::Review, None));
    let error = undo(&f.store, &id, "ana").unwrap_err();
    assert_eq!(error.code(), "nothing-decided");

    let history = f.store.case(&id).unwrap().history;
    let since: Vec<_> = history[before.history.len()..]
        .iter()
        .map(|e| (e.action, &*e.detail))
        .collect();
    assert_eq!(
        since,
        [
            (Action::Approved, ""),
            (Action::Rejected, "leaks"),
            (Action::Undone, "rejected"),
            (Action::Undone, "approved"),
        ]
    );
}

pub fn only_ones_own_decision_can_be_taken_back(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &because(Verdict::Approve, "fine"))
        .unwrap();
    let error = undo(&f.store, &id, "ben").unwrap_err();
    assert_eq!(error.code(), "others-decision");
    assert!(error.to_string().contains("ana"), "{error}");

    let overruled = DecisionRequest {
        overrule: true,
        ..because(Verdict::Flag, "look at slice 7")
    };
    f.store.decide(&id, "ben", &overruled).unwrap();
    assert_eq!(
        undo(&f.store, &id, "ana").unwrap_err().code(),
        "others-decision"
    );
    let back = undo(&f.store, &id, "ben").unwrap();
    assert_eq!(back.state, CaseState::Approved, "ana's stands again");
    assert_eq!(back.reviewer.as_deref(), Some("ana"));
    assert_eq!(back.reason.as_deref(), Some("fine"));
    assert_eq!(undo(&f.store, &id, "ana").unwrap().state, CaseState::Review);
}

pub fn a_new_mask_leaves_nothing_to_take_back(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &because(Verdict::Reject, "leaks"))
        .unwrap();
    f.store.request_prompt(&id, "ben", &prompt(1)).unwrap();
    let work = claim(&f.store);
    f.store.finish(&work.lease, &result("ben", 0.9)).unwrap();
    let case = f.store.case(&id).unwrap().summary;
    assert_eq!(case.reason, None, "the reason was about the old mask");
    assert_eq!(
        undo(&f.store, &id, "ana").unwrap_err().code(),
        "other-revision"
    );
    let newest = UndoRequest::default();
    assert_eq!(
        f.store.undo(&id, "ana", &newest).unwrap_err().code(),
        "nothing-decided"
    );
    f.store
        .decide(&id, "ana", &decision(2, Verdict::Approve))
        .unwrap();
    let back = f.store.undo(&id, "ana", &newest).unwrap();
    assert_eq!(back.state, CaseState::Review);
    assert_eq!(back.reviewer.as_deref(), Some("ben"), "who made the mask");
}

pub fn a_case_is_assigned_and_whoever_else_decides_is_named(f: &Fixture) {
    let id = reviewed(&f.store);
    let assigned = f.store.assign(&id, "eva", Some("ana")).unwrap();
    assert_eq!(assigned.assigned.as_deref(), Some("ana"));
    let written = f.store.last_event().unwrap();
    f.store.assign(&id, "eva", Some("ana")).unwrap();
    assert_eq!(f.store.last_event().unwrap(), written, "it is so already");
    let error = f.store.assign(&id, "eva", Some("a\nb")).unwrap_err();
    assert_eq!(error.code(), "no-user-name");

    // What a case is to somebody depends on who asks.
    for (who, yours) in [("ana", true), ("ben", false)] {
        let (mut cases, _) = f.store.cases().unwrap();
        f.store.mark_for(who, &mut cases).unwrap();
        assert_eq!(cases[0].yours, yours, "{who}");
    }
    for store in f.opened_again().iter().chain([&f.store]) {
        let kept = store.case(&id).unwrap().summary.assigned;
        assert_eq!(kept.as_deref(), Some("ana"));
    }

    f.store
        .decide(&id, "ben", &decision(1, Verdict::Approve))
        .unwrap();
    let history = f.store.case(&id).unwrap().history;
    let [.., decided, noted] = history.as_slice() else {
        panic!("{history:?}");
    };
    assert_eq!((decided.action, &*decided.who), (Action::Approved, "ben"));
    assert_eq!(noted.action, Action::Noted);
    assert!(noted.detail.contains("ana"), "{noted:?}");
    assert_eq!(undo(&f.store, &id, "ben").unwrap().state, CaseState::Review);
    let freed = f.store.assign(&id, "ana", None).unwrap();
    assert_eq!(freed.assigned, None);
}

pub fn a_note_is_written_down_and_changes_nothing_else(f: &Fixture) {
    let id = reviewed(&f.store);
    let before = f.store.case(&id).unwrap();
    f.store
        .note(&id, "ana", "second opinion asked for")
        .unwrap();
    let after = f.store.case(&id).unwrap();
    assert_eq!(after.summary, before.summary);
    let entry = after.history.last().unwrap();
    assert_eq!(
        (entry.action, &*entry.who, &*entry.detail, entry.revision),
        (Action::Noted, "ana", "second opinion asked for", Some(1))
    );
}

pub fn who_was_first_is_told_with_time_and_reason(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &because(Verdict::Reject, "leaks"))
        .unwrap();
    let at = f.store.case(&id).unwrap().history.last().unwrap().at;
    let error = f
        .store
        .decide(&id, "ben", &decision(1, Verdict::Approve))
        .unwrap_err()
        .to_string();
    let time = at.strftime("%H:%M:%S").to_string();
    for part in ["rejected by ana", &time, "leaks"] {
        assert!(error.contains(part), "{error}");
    }
}

pub fn some_cases_are_read_without_the_others(f: &Fixture) {
    let id = reviewed(&f.store);
    f.store.found(&file("/in/b.nii", "b")).unwrap();
    let unknown = CaseId("unknown".to_owned());
    let (cases, last) = f.store.some_cases(&[unknown, id.clone()]).unwrap();
    assert_eq!(cases, [f.store.case(&id).unwrap().summary]);
    assert_eq!(last, f.store.last_event().unwrap());
}

pub fn what_a_policy_approves_is_marked_and_anybodys_to_change(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    let mut new = result("profile p", 0.8);
    new.approval = Some(Approval {
        policy: "below:0.7".to_owned(),
        reason: "score 0.80".to_owned(),
    });
    f.store.finish(&work.lease, &new).unwrap();
    let case = f.store.case(&id).unwrap();
    assert_eq!(case.summary.state, CaseState::Approved);
    assert_eq!(case.summary.reviewer.as_deref(), Some("policy below:0.7"));
    assert_eq!(case.summary.reason.as_deref(), Some("score 0.80"));
    let last = case.history.last().unwrap();
    assert_eq!(
        (last.action, last.who.as_str()),
        (Action::Approved, "policy below:0.7")
    );
    // No person is overruled by deciding otherwise, and taking that back leaves what there was.
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Reject))
        .unwrap();
    assert_eq!(state(&f.store, &id), CaseState::Rejected);
    let undo = UndoRequest { revision: Some(1) };
    assert_eq!(
        f.store.undo(&id, "ana", &undo).unwrap().state,
        CaseState::Approved
    );
    assert_eq!(
        f.store.undo(&id, "ana", &undo).unwrap().state,
        CaseState::Review
    );
}

pub fn volumes_of_other_cases_are_those_of_their_current_revisions(f: &Fixture) {
    let mut made = Vec::new();
    for (name, volume_ml) in [("a", 10.0), ("b", 20.0), ("c", 30.0)] {
        let path = format!("/in/{name}.nii");
        let id = f.store.found(&file(&path, name)).unwrap();
        let work = claim(&f.store);
        let mut new = result("profile p", 0.8);
        new.provenance.objects[0].volume_ml = Some(volume_ml);
        f.store.finish(&work.lease, &new).unwrap();
        made.push((id, work.profile));
    }
    let (id, profile) = &made[1];
    let sizes = |profile: &str, label: u16, measure, limit| {
        let label = Label::new(label).unwrap();
        let mut sizes = f.store.sizes(profile, (label, measure), id, limit).unwrap();
        sizes.sort_by(f64::total_cmp);
        sizes
    };
    let volumes = Measure::Millilitres;
    assert_eq!(sizes(profile, 1, volumes, 9), [10.0, 30.0]);
    assert_eq!(sizes(profile, 1, volumes, 1).len(), 1);
    assert_eq!(sizes("other", 1, volumes, 9), [0.0; 0]);
    assert_eq!(sizes(profile, 2, volumes, 9), [0.0; 0]);

    // A picture has no volume: it is not compared with those that have one but by voxels.
    f.store.found(&file("/in/d.nii", "d")).unwrap();
    let work = claim(&f.store);
    let mut new = result("profile p", 0.8);
    let voxels = new.provenance.objects[0].voxels as f64;
    new.provenance.objects[0].volume_ml = None;
    f.store.finish(&work.lease, &new).unwrap();
    assert_eq!(sizes(profile, 1, volumes, 9), [10.0, 30.0]);
    assert_eq!(sizes(profile, 1, Measure::Voxels, 9), [voxels; 3]);
}

pub fn a_failed_case_is_put_away_until_it_is_tried_again(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let refused = f.store.dismiss(&id, "ana").unwrap_err();
    assert_eq!(refused.code(), "wrong-state", "it has not failed");
    let lease = claim(&f.store).lease;
    f.store
        .fail(&lease, &fault(), FaultClass::BadInput)
        .unwrap();
    let failed = || f.store.counts().unwrap().remove(&CaseState::Failed);
    assert_eq!(failed(), Some(1));
    assert!(f.store.dismiss(&id, "ana").unwrap().dismissed);
    assert_eq!(failed(), None);
    let kept = f.opened_again();
    let store = kept.as_ref().unwrap_or(&f.store);
    assert!(store.case(&id).unwrap().summary.dismissed);
    assert!(!f.store.bring_back(&id, "ben").unwrap().dismissed);
    assert_eq!(failed(), Some(1));
    f.store.dismiss(&id, "ana").unwrap();
    assert!(
        !f.store
            .retry(&id, "ana", &RetryRequest::default())
            .unwrap()
            .dismissed
    );
    let done = [
        Action::Dismissed,
        Action::Restored,
        Action::Dismissed,
        Action::Retried,
    ];
    let history = f.store.case(&id).unwrap().history;
    let last = history[history.len() - 4..]
        .iter()
        .map(|event| event.action);
    assert_eq!(last.collect::<Vec<_>>(), done);
}
