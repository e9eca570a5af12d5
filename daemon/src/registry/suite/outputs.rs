//! Where results go, and what happens if something lies there.

use super::*;
use medicosam_shared::api::OutputChoice;

fn reserve(store: &Registry, work: &Work) -> Reserved {
    let place = (Path::new("/out"), "a");
    store.reserve_output(&work.lease, place, |_| true).unwrap()
}

/// A worker finds something where the results of a case go.
fn found_something(f: &Fixture, work: &Work) -> CaseId {
    let fault = Fault {
        code: "output-changed".into(),
        ..fault()
    };
    let outcome = f.store.fail(&work.lease, &fault, FaultClass::Asks);
    assert_eq!(outcome.unwrap(), Outcome::Paused);
    work.lease.case.clone()
}

pub fn a_result_in_the_way_waits_for_a_person(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    for _ in 0..5 {
        let work = claim(&f.store);
        found_something(f, &work);
        assert_eq!(state(&f.store, &id), CaseState::Paused);
        f.clock.pass(Duration::from_secs(1_000_000));
        assert!(!f.store.has_due_work().unwrap(), "not by itself");
        // A start looks once more, and so does a retry without a choice; no try is counted.
        f.store.release_all().unwrap();
        found_something(f, &claim(&f.store));
        f.store.retry(&id, "ana", None).unwrap();
    }
}

pub fn a_person_keeps_what_lies_there_or_replaces_it_once(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let choose = |choice| f.store.retry(&id, "ana", Some(choice));
    let refused = choose(OutputChoice::Replace).unwrap_err();
    assert_eq!(refused.code(), "wrong-state");
    let work = claim(&f.store);
    let first = reserve(&f.store, &work);
    assert_eq!((first.stem.as_str(), first.known.may_replace), ("a", false));
    assert_eq!((first.known.current, first.known.next.revision), (None, 1));
    f.store
        .fail(&work.lease, &fault(), FaultClass::Environment)
        .unwrap();
    let refused = choose(OutputChoice::Keep).unwrap_err();
    assert_eq!(refused.code(), "wrong-state");
    f.store.retry(&id, "ana", None).unwrap();

    found_something(f, &claim(&f.store));
    choose(OutputChoice::Keep).unwrap();
    let work = claim(&f.store);
    let kept = reserve(&f.store, &work);
    let expected = (format!("a-{id}"), false);
    assert_eq!((kept.stem, kept.known.may_replace), expected);
    found_something(f, &work);
    choose(OutputChoice::Replace).unwrap();
    let history = f.store.case(&id).unwrap().history;
    let said = history.last().unwrap();
    let expected = format!("/out/a-{id} is replaced");
    assert_eq!((said.who.as_str(), &said.detail), ("ana", &expected));
    let work = claim(&f.store);
    assert!(reserve(&f.store, &work).known.may_replace);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();

    f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let known = reserve(&f.store, &claim(&f.store)).known;
    assert!(!known.may_replace, "the choice was about one result");
    assert_eq!(known.next.revision, 2);
    let current = f.store.revision(&id, 1).unwrap();
    assert_eq!(known.current.unwrap().created, current.provenance.created);
    let events = f.store.case(&id).unwrap().history;
    assert_eq!(known.begun, events.last().map(|event| event.at));
}

pub fn the_decision_that_stands_is_recorded_with_its_revision(f: &Fixture) {
    let id = reviewed(&f.store);
    let record = || f.store.record_of(&id).unwrap().unwrap();
    assert_eq!(record().review, None);
    let kept_in = record().provenance.kept_in.unwrap();
    assert_eq!((&kept_in.case, kept_in.revision), (&id.0, 1));
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let review = record().review.unwrap();
    assert_eq!(
        (review.state, review.by.as_str(), review.revision),
        (CaseState::Approved, "ana", 1)
    );
    let request = UndoRequest { revision: None };
    f.store.undo(&id, "ana", &request).unwrap();
    assert_eq!(record().review, None);
    f.store.put_recorded(7).unwrap();
    assert_eq!(f.store.recorded().unwrap(), 7);
}
