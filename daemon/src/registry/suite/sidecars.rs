//! Files beside a scan from which prompts come.

use super::*;
use crate::case::sidecar::RemovedPrompts;
use crate::scan::SourceKey;
use medicosam_shared::provenance::PromptSource;

const SIDECAR: &str = "/in/a.prompts.json";

fn seen(store: &Registry, sha256: &str) -> Vec<CaseId> {
    let file = PromptsFile {
        path: SIDECAR.into(),
        sha256: sha256.to_owned(),
    };
    let scans = ["/in/a.nii.gz", "/in/a.nii"].map(|path| SourceKey::new(path, None));
    store.prompts_changed(&scans, &file).unwrap()
}

/// A revision that was made of the sidecar with this hash.
fn made_of(sha256: &str) -> NewRevision {
    let mut revision = result("profile p", 0.8);
    revision.provenance.sources.push(PromptSource {
        path: SIDECAR.into(),
        sha256: sha256.into(),
        used: String::new(),
    });
    revision
}

fn finish_next(store: &Registry, sha256: &str) {
    let work = claim(store);
    assert_eq!(work.task, Task::Segment);
    store.finish(&work.lease, &made_of(sha256)).unwrap();
}

pub fn a_new_file_has_the_scan_segmented_again_and_a_known_one_has_not(f: &Fixture) {
    let store = &f.store;
    assert!(seen(store, "1").is_empty(), "its scan is not there yet");
    let id = reviewed(store);
    assert_eq!(seen(store, "1"), std::slice::from_ref(&id));
    assert_eq!(state(store, &id), CaseState::Waiting);
    assert!(seen(store, "1").is_empty(), "that is queued already");
    finish_next(store, "1");
    assert_eq!(state(store, &id), CaseState::Review);
    assert!(seen(store, "1").is_empty(), "that is what it was made of");
    assert_eq!(seen(store, "2").len(), 1);
    finish_next(store, "2");
    assert_eq!(seen(store, "1").len(), 1, "back to what it was");
    finish_next(store, "1");
    assert_eq!(store.case(&id).unwrap().summary.revision, Some(4));
    assert!(!store.has_due_work().unwrap());
}

pub fn what_a_worker_read_before_it_was_seen_is_not_done_twice(f: &Fixture) {
    let store = &f.store;
    let id = store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(store);
    assert_eq!(seen(store, "1"), std::slice::from_ref(&id));
    assert_eq!(state(store, &id), CaseState::Embedding, "a worker is at it");
    store.finish(&work.lease, &made_of("1")).unwrap();
    assert!(!store.has_due_work().unwrap());

    // It read an older one.
    let work = {
        seen(store, "2");
        claim(store)
    };
    seen(store, "3");
    store.finish(&work.lease, &made_of("2")).unwrap();
    finish_next(store, "3");
    assert!(!store.has_due_work().unwrap());
}

pub fn a_decision_outlasts_it_and_a_case_that_waits_for_it_goes_on(f: &Fixture) {
    let store = &f.store;
    let id = reviewed(store);
    store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    assert_eq!(seen(store, "1"), std::slice::from_ref(&id));
    assert_eq!(state(store, &id), CaseState::Approved);
    let last = store.case(&id).unwrap().history.pop().unwrap();
    assert_eq!((last.action, last.who.as_str()), (Action::Beside, "daemon"));
    assert!(
        last.detail.contains("a person has decided"),
        "{}",
        last.detail
    );
    assert!(!store.has_due_work().unwrap());

    store.found(&file("/in/b.nii", "b")).unwrap();
    let work = claim(store);
    store
        .fail(&work.lease, &fault(), FaultClass::Environment)
        .unwrap();
    assert!(!store.has_due_work().unwrap(), "it pauses");
    let map = PromptsFile {
        path: "/in/b_seg.nii.gz".into(),
        sha256: "9".into(),
    };
    let scan = SourceKey::new("/in/b.nii", None);
    store.prompts_changed(&[scan], &map).unwrap();
    assert!(store.has_due_work().unwrap());
}

fn removed(store: &Registry) -> Vec<CaseId> {
    let file = RemovedPrompts {
        path: SIDECAR.into(),
        is_sidecar: true,
    };
    let scan = SourceKey::new("/in/a.nii", None);
    store.prompts_removed(&[scan], &file).unwrap()
}

pub fn a_removed_file_has_the_scan_segmented_again_by_what_remains(f: &Fixture) {
    let store = &f.store;
    let id = store.found(&file("/in/a.nii", "a")).unwrap();
    finish_next(store, "1");
    assert_eq!(removed(store), std::slice::from_ref(&id));
    assert_eq!(state(store, &id), CaseState::Waiting);
    assert!(removed(store).is_empty(), "that is known already");
    let without = result("profile p", 0.8);
    store.finish(&claim(store).lease, &without).unwrap();
    assert!(!store.has_due_work().unwrap());
    assert_eq!(seen(store, "1").len(), 1, "it is back");
    // What a worker made of it that read it before it went is made once more.
    let work = claim(store);
    assert_eq!(removed(store).len(), 1);
    store.finish(&work.lease, &made_of("1")).unwrap();
    store.finish(&claim(store).lease, &without).unwrap();
    assert!(!store.has_due_work().unwrap());
    seen(store, "1");
    finish_next(store, "1");

    // Nothing remains: the revision stays, and the case says why.
    removed(store);
    store.leave_as_it_is(&claim(store).lease).unwrap();
    let case = store.case(&id).unwrap();
    assert_eq!(
        (case.summary.state, case.summary.revision),
        (CaseState::Review, Some(5))
    );
    let said = case.history.last().unwrap();
    assert_eq!(said.action, Action::Noted);
    assert!(said.detail.contains("nothing else says where"), "{said:?}");
    assert!(!store.has_due_work().unwrap());
}

pub fn a_case_that_goes_off_the_list_takes_what_a_sidecar_had_queued_along(f: &Fixture) {
    let store = &f.store;
    store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(store);
    assert_eq!(removed(store).len(), 1, "queued behind the work in hand");
    store.gone(&["/in/a.nii".into()]).unwrap();
    let class = FaultClass::BadInput;
    store.fail(&work.lease, &fault(), class).unwrap();
    assert!(store.cases().unwrap().0.is_empty());
    assert!(!store.has_due_work().unwrap());
}

pub fn files_of_cases_without_a_profile_are_looked_at_again(f: &Fixture) {
    let store = &f.store;
    let unmatched = Identification {
        profile: String::new(),
        scan: Err(fault()),
        ..file("/in/x.nii", "x")
    };
    let failed = store.found(&unmatched).unwrap();
    store.found(&file("/in/a.nii", "a")).unwrap();
    assert_eq!(store.identified_files("").unwrap().len(), 1);
    let matched = store.found(&file("/in/x.nii", "x")).unwrap();
    assert_ne!(failed, matched);
    let (cases, _) = store.cases().unwrap();
    assert_eq!(cases.len(), 2, "the failed one is superseded");
}
