//! Files come, move, vanish and return.

use super::*;
use crate::scan::SourceKey;
use std::path::PathBuf;

/// The file of a case, in the state that it was found in.
fn seen(file: &Identification) -> Look {
    Look::Found(file.stamp.clone())
}

fn place(f: &Fixture, id: &CaseId) -> String {
    f.store.case(id).unwrap().summary.path
}

fn listed(f: &Fixture) -> Vec<CaseId> {
    let (cases, _) = f.store.cases().unwrap();
    cases.into_iter().map(|case| case.id).collect()
}

fn gone(f: &Fixture, path: &str) -> Vec<CaseId> {
    f.store.gone(&[PathBuf::from(path)]).unwrap()
}

fn sidecar(f: &Fixture, scan: &str, path: &str, content: &str) -> Vec<CaseId> {
    let file = PromptsFile {
        path: path.into(),
        sha256: content.into(),
    };
    let scan = SourceKey::new(scan, None);
    f.store.prompts_changed(&[scan], &file).unwrap()
}

pub fn every_name_has_a_case_of_its_own_and_a_copy_outlives_its_original(f: &Fixture) {
    let (a, b) = (file("/in/a.nii", "same"), file("/in/b.nii", "same"));
    let first = f.store.found(&a).unwrap();
    let second = f.store.found_when(&b, seen(&a)).unwrap();
    assert_ne!(first, second);
    assert_eq!(f.store.found(&a).unwrap(), first, "nothing new");
    assert_eq!(
        (place(f, &first), place(f, &second)),
        ("/in/a.nii".into(), "/in/b.nii".into())
    );
    assert_eq!(gone(f, "/in/a.nii"), std::slice::from_ref(&first));
    assert_eq!(listed(f), std::slice::from_ref(&second));
    let work = claim(&f.store);
    assert_eq!(work.lease.case, second);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
}

pub fn a_file_that_moves_takes_its_case_along_at_every_stage(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let moved = |to: &str| {
        let found = f.store.found_when(&file(to, "a"), Look::Absent).unwrap();
        assert_eq!(found, id);
        assert_eq!(place(f, &id), to);
        assert_eq!(listed(f), std::slice::from_ref(&id));
        let last = f.store.case(&id).unwrap().history.pop().unwrap();
        assert_eq!(last.action, Action::Moved);
    };
    moved("/in/waiting.nii");
    let work = claim(&f.store);
    assert_eq!(work.source, Source::file("/in/waiting.nii"));
    moved("/in/embedding.nii");
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    moved("/in/review.nii");
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    moved("/in/approved.nii");
    let case = f.store.case(&id).unwrap();
    assert_eq!(case.summary.state, CaseState::Approved);
    assert_eq!((case.summary.revision, case.revisions.len()), (Some(1), 1));
    assert_eq!(f.store.identified_files("").unwrap().len(), 1);

    // While its work waits for a scan that is not there, the move makes it due.
    let other = f.store.found(&file("/in/b.nii", "b")).unwrap();
    let work = claim(&f.store);
    let class = FaultClass::Environment;
    f.store.fail(&work.lease, &fault(), class).unwrap();
    assert!(!f.store.has_due_work().unwrap());
    let moved = file("/in/n/b.nii", "b");
    assert_eq!(f.store.found_when(&moved, Look::Absent).unwrap(), other);
    assert_eq!(claim(&f.store).source, moved.source);
}

pub fn a_renamed_file_is_known_although_another_took_its_name(f: &Fixture) {
    let old = file("/in/a.nii", "old");
    let id = f.store.found(&old).unwrap();
    // `mv a b; cp c a`, and the new name is seen first.
    let new = file("/in/a.nii", "new content");
    let renamed = file("/in/b.nii", "old");
    assert_eq!(f.store.found_when(&renamed, seen(&new)).unwrap(), id);
    let newer = f.store.found(&new).unwrap();
    assert_eq!(listed(f).len(), 2);
    assert_eq!(
        (place(f, &id), place(f, &newer)),
        ("/in/b.nii".into(), "/in/a.nii".into())
    );
}

pub fn a_file_whose_share_is_away_is_copied_and_not_moved(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let copy = f
        .store
        .found_when(&file("/other/a.nii", "a"), Look::Unsure)
        .unwrap();
    assert_ne!(id, copy);
    assert_eq!(place(f, &id), "/in/a.nii");
}

pub fn a_removed_file_takes_an_unfinished_case_off_the_list_until_it_returns(f: &Fixture) {
    let waiting = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let broken = Identification {
        scan: Err(fault()),
        ..file("/in/broken.nii", "x")
    };
    let broken = f.store.found(&broken).unwrap();
    assert_eq!(gone(f, "/in/a.nii"), std::slice::from_ref(&waiting));
    assert_eq!(gone(f, "/in/broken.nii"), std::slice::from_ref(&broken));
    assert!(listed(f).is_empty());
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
    assert_eq!(gone(f, "/in/a.nii"), [], "said once");

    // Back elsewhere.
    let back = f.store.found(&file("/in/b.nii", "a")).unwrap();
    assert_eq!(back, waiting);
    let work = claim(&f.store);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    // What people can look at stays.
    assert_eq!(gone(f, "/in/b.nii"), []);
    assert_eq!(listed(f), std::slice::from_ref(&waiting));
    let back = f.store.found_when(&file("/in/c.nii", "a"), Look::Absent);
    assert_eq!(back.unwrap(), waiting);
    assert_eq!(state(&f.store, &waiting), CaseState::Review);
}

pub fn a_file_that_goes_while_it_is_worked_on_is_withdrawn_afterwards(f: &Fixture) {
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    assert_eq!(gone(f, "/in/a.nii"), [], "a worker has it in hand");
    f.store
        .fail(&work.lease, &fault(), FaultClass::Environment)
        .unwrap();
    assert!(listed(f).is_empty());
    f.clock.pass(Duration::from_secs(300));
    assert_eq!(f.store.claim(&worker(1), Lane::Any).unwrap(), None);
    assert_eq!(f.store.found(&file("/in/a.nii", "a")).unwrap(), id);
    assert_eq!(claim(&f.store).lease.case, id);
}

pub fn a_replaced_file_supersedes_its_case_until_somebody_decided(f: &Fixture) {
    let half = Identification {
        scan: Err(fault()),
        ..file("/in/a.nii", "half")
    };
    let half = f.store.found(&half).unwrap();
    assert_eq!(state(&f.store, &half), CaseState::Failed);
    let whole = f.store.found(&file("/in/a.nii", "whole")).unwrap();
    assert_eq!(
        listed(f),
        std::slice::from_ref(&whole),
        "the half-written file is off the list"
    );

    let work = claim(&f.store);
    f.store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    f.store
        .decide(&whole, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let newer = f.store.found(&file("/in/a.nii", "newer")).unwrap();
    assert_eq!(listed(f).len(), 2, "a decision is never hidden");

    f.store.found(&file("/in/a.nii", "half")).unwrap();
    let listed = listed(f);
    assert!(
        listed.contains(&half) && !listed.contains(&newer),
        "an old content is back"
    );
}

pub fn a_sidecar_that_moves_with_its_scan_says_nothing_new(f: &Fixture) {
    use medicosam_shared::provenance::PromptSource;
    let id = f.store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    let mut new = result("profile p", 0.8);
    new.provenance.sources.push(PromptSource {
        path: "/in/a.prompts.json".into(),
        sha256: "1".into(),
        used: String::new(),
    });
    f.store.finish(&work.lease, &new).unwrap();
    f.store
        .found_when(&file("/in/n/a.nii", "a"), Look::Absent)
        .unwrap();
    assert_eq!(sidecar(f, "/in/n/a.nii", "/in/n/a.prompts.json", "1"), []);
    assert_eq!(state(&f.store, &id), CaseState::Review);
    // At its new place it can change as before.
    let changed = sidecar(f, "/in/n/a.nii", "/in/n/a.prompts.json", "2");
    assert_eq!(changed, [id]);
}
