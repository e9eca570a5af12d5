//! Where results go, and what happens if something lies there.

use super::*;
use crate::case::outputs::Replaces;
use medicosam_shared::api::{OutputChoice, RetryRequest};
use medicosam_shared::case::FoundResult;
use std::path::PathBuf;

fn reserve(store: &Registry, work: &Work) -> Reserved {
    let place = (Path::new("/out"), "a");
    store.reserve_output(&work.lease, place, |_| true).unwrap()
}

fn asking() -> Fault {
    Fault {
        code: "output-changed".into(),
        ..fault()
    }
}

/// A label map that a worker finds.
fn lies_there(sha256: &str) -> FoundResult {
    FoundResult {
        label_map: "/out/a_dseg.nii.gz".into(),
        sha256: Some(sha256.into()),
        modified: None,
    }
}

/// A person's choice, about the label map with a hash or about any.
fn choice(output: OutputChoice, found: Option<&str>) -> RetryRequest {
    RetryRequest {
        output: Some(output),
        found: found.map(str::to_owned),
    }
}

/// A worker finds something where the results of a case go.
fn found_something(f: &Fixture, work: &Work) -> CaseId {
    let outcome = f.store.ask(&work.lease, &asking(), &lies_there("1"));
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
        f.store.retry(&id, "ana", &RetryRequest::default()).unwrap();
    }
}

pub fn a_person_keeps_what_lies_there_or_replaces_it_once(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let choose = |output| f.store.retry(&id, "ana", &choice(output, None));
    let refused = choose(OutputChoice::Replace).unwrap_err();
    assert_eq!(refused.code(), "wrong-state");
    let work = claim(&f.store);
    let first = reserve(&f.store, &work);
    let expected = ("a", Replaces::Nothing);
    assert_eq!((first.stem.as_str(), first.known.replaces), expected);
    assert_eq!((first.known.current, first.known.next.revision), (None, 1));
    f.store
        .fail(&work.lease, &fault(), FaultClass::Environment)
        .unwrap();
    let refused = choose(OutputChoice::Keep).unwrap_err();
    assert_eq!(refused.code(), "wrong-state");
    f.store.retry(&id, "ana", &RetryRequest::default()).unwrap();

    found_something(f, &claim(&f.store));
    choose(OutputChoice::Keep).unwrap();
    let work = claim(&f.store);
    let kept = reserve(&f.store, &work);
    let expected = (format!("a-{id}"), Replaces::Nothing);
    assert_eq!((kept.stem, kept.known.replaces), expected);
    found_something(f, &work);
    choose(OutputChoice::Replace).unwrap();
    let history = f.store.case(&id).unwrap().history;
    let said = history.last().unwrap();
    let expected = format!("/out/a-{id} is replaced");
    assert_eq!((said.who.as_str(), &said.detail), ("ana", &expected));
    let work = claim(&f.store);
    let replaces = reserve(&f.store, &work).known.replaces;
    assert_eq!(replaces, Replaces::Anything);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();

    f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let known = reserve(&f.store, &claim(&f.store)).known;
    let replaces = known.replaces;
    assert_eq!(
        replaces,
        Replaces::Nothing,
        "the choice was about one result"
    );
    assert_eq!(known.next.revision, 2);
    let current = f.store.revision(&id, 1).unwrap();
    assert_eq!(known.current.unwrap().created, current.provenance.created);
    let events = f.store.case(&id).unwrap().history;
    assert_eq!(known.begun, events.last().map(|event| event.at));
}

pub fn only_the_result_that_was_seen_is_replaced(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    reserve(&f.store, &work);
    found_something(f, &work);
    let seen = f.store.case(&id).unwrap().output_found;
    assert_eq!(seen, Some(lies_there("1")));
    let choose = |seen| {
        let request = choice(OutputChoice::Replace, Some(seen));
        f.store.retry(&id, "ana", &request)
    };
    let refused = choose("0").unwrap_err();
    assert_eq!(refused.code(), "output-changed");
    assert!(refused.to_string().contains("it broke"), "{refused}");
    choose("1").unwrap();
    assert_eq!(f.store.case(&id).unwrap().output_found, None);
    let work = claim(&f.store);
    let replaces = reserve(&f.store, &work).known.replaces;
    assert_eq!(replaces, Replaces::This("1".into()));

    // Something else came in its place: the case asks again, and the choice is void.
    let asked = f.store.ask(&work.lease, &asking(), &lies_there("2"));
    assert_eq!(asked.unwrap(), Outcome::Paused);
    f.store.retry(&id, "ana", &RetryRequest::default()).unwrap();
    let replaces = reserve(&f.store, &claim(&f.store)).known.replaces;
    assert_eq!(replaces, Replaces::Nothing);
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

/// A case of `/in/a.nii` with a revision whose files lie under `/out/a`.
fn with_results(f: &Fixture) -> CaseId {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    reserve(&f.store, &work);
    let made = result("profile p", 0.8);
    f.store.finish(&work.lease, &made).unwrap();
    id
}

/// The place of results under `/new`.
fn new_place(scan: &Source) -> Option<(PathBuf, String)> {
    Some(("/new".into(), scan.stem()))
}

fn begin(f: &Fixture, id: &CaseId) -> ResultsStep {
    f.store.begin_to_follow(id, new_place).unwrap()
}

fn moving(f: &Fixture, id: &CaseId) -> ResultsMove {
    match begin(f, id) {
        ResultsStep::Move(moving) => *moving,
        other => panic!("{other:?}"),
    }
}

fn moved_files(moving: &ResultsMove) -> OutputFiles {
    let file = |ending: &str| format!("{}{ending}", moving.to.display());
    OutputFiles {
        label_map: file("_dseg.nii.gz"),
        provenance: file("_dseg.json"),
        label_table: file("_dseg.tsv"),
        sha256: None,
        folder: None,
    }
}

pub fn results_follow_their_scan_and_whatever_was_interrupted_is_done_again(f: &Fixture) {
    let id = with_results(f);
    let stays = f.store.begin_to_follow(&id, |_| None).unwrap();
    assert_eq!(stays, ResultsStep::Nothing);
    f.store.request_prompt(&id, "ana", &prompt(2)).unwrap();
    let work = claim(&f.store);
    reserve(&f.store, &work);
    assert_eq!(begin(f, &id), ResultsStep::Later, "a worker writes there");
    f.store.finish(&work.lease, &result("ana", 0.9)).unwrap();

    let began = moving(f, &id);
    let places = (began.from.as_path(), began.to.as_path());
    assert_eq!(places, (Path::new("/out/a"), Path::new("/new/a")));
    // A worker that writes meanwhile writes to the new place.
    f.store
        .retry(&id, "ana", &RetryRequest::default())
        .unwrap_err();
    assert_eq!(moving(f, &id), began, "done again");
    f.store
        .results_have_moved(&began, &moved_files(&began))
        .unwrap();
    assert_eq!(begin(f, &id), ResultsStep::Nothing);
    let case = f.store.case(&id).unwrap();
    for revision in &case.revisions {
        assert_eq!(revision.output.label_map, "/new/a_dseg.nii.gz");
    }
    let said = case.history.last().unwrap();
    assert_eq!(
        (said.action, said.detail.as_str()),
        (
            Action::Noted,
            "its results moved with it, from /out/a to /new/a"
        )
    );
    let request = PromptRequest {
        revision: 2,
        ..prompt(2)
    };
    f.store.request_prompt(&id, "ana", &request).unwrap();
    let next = reserve(&f.store, &claim(&f.store));
    assert_eq!(
        (next.folder.as_path(), next.stem.as_str()),
        (Path::new("/new"), "a")
    );
}

pub fn results_that_cannot_follow_stay_and_the_case_says_so(f: &Fixture) {
    let id = with_results(f);
    let began = moving(f, &id);
    f.store
        .results_stay(&began, "/new/a_dseg.json is there already")
        .unwrap();
    let case = f.store.case(&id).unwrap();
    assert_eq!(case.revisions[0].output.label_map, "/out/a_dseg.nii.gz");
    let said = &case.history.last().unwrap().detail;
    assert_eq!(
        said,
        "the results of revision 1 stay at /out/a: /new/a_dseg.json is there already"
    );
    f.store.request_prompt(&id, "ana", &prompt(2)).unwrap();
    let next = reserve(&f.store, &claim(&f.store));
    assert_eq!(
        (next.folder.as_path(), next.stem.as_str()),
        (Path::new("/out"), "a")
    );
}

pub fn results_get_another_name_where_another_case_has_theirs(f: &Fixture) {
    let id = with_results(f);
    f.store.found(&file("/in/b.nii", "b")).unwrap();
    let work = claim(&f.store);
    let place = (Path::new("/new"), "a");
    f.store
        .reserve_output(&work.lease, place, |_| true)
        .unwrap();
    assert_eq!(moving(f, &id).to, Path::new("/new").join(format!("a-{id}")));
}
