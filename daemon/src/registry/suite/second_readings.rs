//! Second readings.

use super::*;
use crate::case::decision::Approval;
use medicosam_shared::api::{DraftChange, RetryRequest};
use medicosam_shared::draft::Slices;
use medicosam_shared::place::Place;
use std::path::PathBuf;

/// A file whose case is read a second time.
fn twice(path: &str, content: &str) -> Identification {
    Identification {
        profile: TWICE.into(),
        ..file(path, content)
    }
}

/// A case with one revision, up for review, that is read a second time once somebody has decided.
fn first_of(f: &Fixture, path: &str) -> CaseId {
    let id = f.store.found(&twice(path, path)).unwrap();
    let made = result(&format!("profile {TWICE}"), 0.8);
    f.store.finish(&claim(&f.store).lease, &made).unwrap();
    id
}

fn approve(f: &Fixture, id: &CaseId, who: &str) -> Result<CaseSummary> {
    let revision = f.store.case(id).unwrap().summary.revision.unwrap();
    f.store
        .decide(id, who, &decision(revision, Verdict::Approve))
}

/// The second reading of a case, on the list.
fn second_of(f: &Fixture, first: &CaseId) -> Option<CaseSummary> {
    let (cases, _) = f.store.cases().unwrap();
    let mut found = cases
        .into_iter()
        .filter(|case| case.reads.as_ref() == Some(first));
    let second = found.next();
    assert_eq!(found.next(), None, "at most one");
    second
}

/// Does what a worker does to a second reading.
fn copy(f: &Fixture) -> CaseId {
    let work = claim(&f.store);
    assert_eq!(work.task, Task::Copy);
    let begun = f.store.first_reading(&work.lease).unwrap();
    let revision = NewRevision {
        provenance: begun.provenance,
        masks: begun.masks,
        ..result("", 0.0)
    };
    f.store.finish(&work.lease, &revision).unwrap();
    work.lease.case
}

/// A case that ana has approved, and its second reading, up for review.
fn both(f: &Fixture) -> (CaseId, CaseId) {
    let first = first_of(f, "/in/a.nii");
    approve(f, &first, "ana").unwrap();
    (first, copy(f))
}

pub fn a_decision_draws_a_second_reading_that_shows_nothing_of_the_first(f: &Fixture) {
    let first = first_of(f, "/in/a.nii");
    f.store.request_prompt(&first, "ben", &prompt(1)).unwrap();
    let mut corrected = result("ben", 0.9);
    let place = Place::new(Label::new(1).unwrap(), 1);
    corrected.provenance.edited.insert(place);
    f.store.finish(&claim(&f.store).lease, &corrected).unwrap();
    f.store.note(&first, "ben", "look at the apex").unwrap();
    assert_eq!(second_of(f, &first), None);
    let rejected = DecisionRequest {
        reason: "leaks".into(),
        ..decision(2, Verdict::Reject)
    };
    f.store.decide(&first, "ana", &rejected).unwrap();

    let drawn = second_of(f, &first).unwrap();
    assert_eq!((drawn.state, drawn.revision), (CaseState::Waiting, None));
    assert_eq!(copy(f), drawn.id);
    let second = f.store.case(&drawn.id).unwrap();
    assert_eq!(second.summary.state, CaseState::Review);
    assert_eq!(
        (second.summary.reviewer.as_ref(), second.summary.revision),
        (None, Some(1))
    );
    let begun = &second.current().unwrap().provenance;
    assert_eq!(
        begun.author,
        format!("profile {TWICE}"),
        "not what ben made"
    );
    assert!(begun.edited.is_empty());
    assert_eq!(second.scan, Some(info()));
    for event in &second.history {
        let words = format!("{} {}", event.who, event.detail);
        for secret in ["ana", "ben", "leaks", "apex"] {
            assert!(!words.contains(secret), "{event:?}");
        }
    }

    // Taking the first decision back leaves it alone, and another one draws no other.
    f.store
        .undo(&first, "ana", &UndoRequest::default())
        .unwrap();
    approve(f, &first, "eva").unwrap();
    assert_eq!(second_of(f, &first).unwrap().state, CaseState::Review);
    if let Some(store) = f.opened_again() {
        let kept = store.case(&drawn.id).unwrap().summary.reads;
        assert_eq!(kept.as_ref(), Some(&first));
    }
}

pub fn those_who_read_first_are_refused_and_others_are_not(f: &Fixture) {
    let (first, second) = both(f);
    let draft = DraftRequest {
        revision: 1,
        version: 0,
        change: DraftChange::Empty {
            label: None,
            slices: Slices::All,
        },
    };
    let refusals = [
        approve(f, &second, "ana").map(drop),
        f.store.note(&second, "ana", "see the first").map(drop),
        f.store.request_prompt(&second, "ana", &prompt(1)).map(drop),
        f.store.change_draft(&second, "ana", &draft).map(drop),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        assert_eq!(error.code(), "first-reader");
        assert!(error.to_string().contains("ana"), "{error}");
    }
    for (who, read) in [("ana", true), ("ben", false)] {
        let (mut cases, _) = f.store.cases().unwrap();
        f.store.mark_for(who, &mut cases).unwrap();
        for case in cases {
            assert_eq!(case.you_read_first, read && case.id == second, "{who}");
            assert_eq!(case.awaits_you(), !read && case.id == second, "{who}");
        }
    }
    f.store.request_prompt(&second, "ben", &prompt(1)).unwrap();
    f.store
        .finish(&claim(&f.store).lease, &result("ben", 0.9))
        .unwrap();
    let decided = approve(f, &second, "ben").unwrap();
    assert_eq!(
        (decided.state, decided.revision),
        (CaseState::Approved, Some(2))
    );
    let undone = f.store.undo(&second, "ben", &UndoRequest::default());
    assert_eq!(undone.unwrap().state, CaseState::Review);
    assert_eq!(state(&f.store, &first), CaseState::Approved);
}

pub fn neither_a_flag_nor_a_policy_nor_a_second_reading_draws_one(f: &Fixture) {
    let flagged = first_of(f, "/in/a.nii");
    let flag = DecisionRequest {
        reason: "?".into(),
        ..decision(1, Verdict::Flag)
    };
    f.store.decide(&flagged, "ana", &flag).unwrap();
    assert_eq!(second_of(f, &flagged), None);

    let by_policy = f.store.found(&twice("/in/b.nii", "b")).unwrap();
    let made = NewRevision {
        approval: Some(Approval {
            policy: "below:0.5".into(),
            reason: String::new(),
        }),
        ..result("profile twice", 0.8)
    };
    f.store.finish(&claim(&f.store).lease, &made).unwrap();
    assert_eq!(second_of(f, &by_policy), None);

    // A person's decision on either does.
    for (id, who) in [(&flagged, "ana"), (&by_policy, "ben")] {
        approve(f, id, who).unwrap();
        assert!(second_of(f, id).is_some());
        let second = copy(f);
        approve(f, &second, "eva").unwrap();
        assert_eq!(second_of(f, &second), None);
    }
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}

pub fn it_goes_along_with_its_scan_and_is_no_scan_of_its_own(f: &Fixture) {
    let (first, second) = both(f);
    let here = twice("/in/a.nii", "/in/a.nii");
    assert_eq!(f.store.found(&here).unwrap(), first, "nothing new");
    let moved = twice("/in/b.nii", "/in/a.nii");
    assert_eq!(f.store.found_when(&moved, Look::Absent).unwrap(), first);
    for id in [&first, &second] {
        assert_eq!(f.store.case(id).unwrap().summary.path, "/in/b.nii");
        assert!(f.store.is_as_read(id, &moved.stamp).unwrap());
    }
    let last = f.store.case(&second).unwrap().history.pop().unwrap();
    assert_eq!(last.action, Action::Moved);
    let copied = twice("/in/c.nii", "/in/a.nii");
    let copied = f
        .store
        .found_when(&copied, Look::Found(moved.stamp))
        .unwrap();
    assert!(
        copied != first && copied != second,
        "a copy has a case of its own"
    );
    assert_eq!(f.store.cases().unwrap().0.len(), 3);
}

pub fn it_leaves_the_list_with_content_that_was_replaced_and_comes_back_with_it(f: &Fixture) {
    let (first, second) = both(f);
    f.store.found(&twice("/in/a.nii", "other")).unwrap();
    assert_eq!(second_of(f, &first), None, "nobody has decided on it");
    assert_eq!(
        state(&f.store, &first),
        CaseState::Approved,
        "this one stays"
    );
    f.store.found(&twice("/in/a.nii", "/in/a.nii")).unwrap();
    assert_eq!(second_of(f, &first).map(|case| case.id), Some(second));

    // One that a worker has not begun goes with its file.
    let third = first_of(f, "/in/t.nii");
    approve(f, &third, "ana").unwrap();
    let drawn = second_of(f, &third).unwrap().id;
    let withdrawn = f.store.gone(&[PathBuf::from("/in/t.nii")]).unwrap();
    assert_eq!(withdrawn, std::slice::from_ref(&drawn));
    assert_eq!(second_of(f, &third), None);
    f.store.found(&twice("/in/t.nii", "/in/t.nii")).unwrap();
    assert_eq!(second_of(f, &third).map(|case| case.id), Some(drawn));
}

pub fn its_results_have_a_name_of_their_own(f: &Fixture) {
    let first = first_of(f, "/in/a.nii");
    approve(f, &first, "ana").unwrap();
    let work = claim(&f.store);
    let place = (Path::new("/out"), "a");
    let reserved = f
        .store
        .reserve_output(&work.lease, place, |_| true)
        .unwrap();
    assert_eq!(reserved.stem, format!("a-{}", work.lease.case));
    assert_eq!(reserved.known.next.reads, Some(first.0));
}

pub fn a_second_reading_that_failed_is_tried_again_as_what_it_is(f: &Fixture) {
    let first = first_of(f, "/in/a.nii");
    approve(f, &first, "ana").unwrap();
    let work = claim(&f.store);
    f.store
        .fail(&work.lease, &fault(), FaultClass::BadInput)
        .unwrap();
    assert_eq!(state(&f.store, &work.lease.case), CaseState::Failed);
    f.store
        .retry(&work.lease.case, "ana", &RetryRequest::default())
        .unwrap();
    assert_eq!(copy(f), work.lease.case);
}

pub fn agreement_is_of_pairs_that_two_people_have_decided(f: &Fixture) {
    let (first, second) = both(f);
    let agreement = f.store.agreement(None).unwrap();
    assert_eq!((agreement.pairs.len(), agreement.waiting), (0, 1));
    let rejected = DecisionRequest {
        reason: "leaks".into(),
        ..decision(1, Verdict::Reject)
    };
    f.store.decide(&second, "ben", &rejected).unwrap();
    let agreement = f.store.agreement(Some(TWICE)).unwrap();
    let [pair] = agreement.pairs.as_slice() else {
        panic!("{agreement:?}");
    };
    assert_eq!((&pair.first, &pair.second), (&first, &second));
    assert_eq!(pair.readers, ["ana", "ben"]);
    assert_eq!(pair.verdicts, [Verdict::Approve, Verdict::Reject]);
    assert_eq!(agreement.profiles[0].figures.kappa, Some(0.0));
    assert_eq!(f.store.agreement(Some("p")).unwrap().pairs, []);

    // One person alone agrees with nobody.
    let overruled = DecisionRequest {
        overrule: true,
        ..decision(1, Verdict::Approve)
    };
    f.store.decide(&first, "ben", &overruled).unwrap();
    let agreement = f.store.agreement(None).unwrap();
    assert_eq!((agreement.pairs.len(), agreement.waiting), (0, 0));
}
