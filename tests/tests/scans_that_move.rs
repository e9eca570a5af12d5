//! A case follows its scan: moved, renamed, copied, deleted, at any time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseDetail, CaseId, CaseState};
use medicosam_shared::geometry::Plane;
use medicosam_tests::signals::{Signal, send};
use medicosam_tests::system::{SCAN, System, lung_profile};
use medicosam_tests::waiting::until;
use std::fs;

fn move_scan(system: &System, from: &str, to: &str) {
    let to = system.path("incoming").join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(system.path("incoming").join(from), to).unwrap();
}

/// Waits until a case lies at `below`.
fn until_at(system: &System, id: &str, below: &str) -> CaseDetail {
    let place = system.path("incoming").join(below);
    let place = place.to_string_lossy().into_owned();
    system.until_case(id, &format!("it to lie at {below}"), |case| {
        case.summary.path == place
    })
}

#[test]
fn a_case_under_review_follows_its_scan_and_keeps_what_people_made_of_it() {
    let mut system = System::new(&lung_profile(10, 11));
    system.drop_scan(SCAN, "a.nii.gz");
    system.start();
    let id = system
        .until_state("a.nii.gz", CaseState::Review)
        .summary
        .id
        .0;
    assert!(system.medicosam(&["approve", &id]).status.success());
    let results = system.files_below("results");

    move_scan(&system, "a.nii.gz", "sorted/b.nii.gz");
    let moved = until_at(&system, &id, "sorted/b.nii.gz");
    assert_eq!(moved.summary.state, CaseState::Approved);
    assert_eq!(moved.summary.name, "b.nii.gz");
    assert_eq!(moved.history.last().unwrap().action, Action::Moved);
    assert_eq!(system.cases().len(), 1);
    // It can be looked at, and corrected; the results stay where they are.
    system.wait(system.client().slice(&CaseId(id.clone()), Plane::Axial, 10));
    let corrected = system.medicosam(&["prompt", &id, "--slice", "10", "--box", "318,333,405,399"]);
    assert!(corrected.status.success(), "{corrected:?}");
    assert_eq!(system.files_below("results"), results);

    // While nobody looked: the daemon was stopped.
    system.stop();
    move_scan(&system, "sorted/b.nii.gz", "c.nii.gz");
    system.start();
    let moved = until_at(&system, &id, "c.nii.gz");
    assert_eq!(moved.summary.revision, Some(2));
}

#[test]
fn a_scan_that_moves_before_its_turn_is_segmented_at_its_new_place() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    // The worker stands still, so the scan waits.
    let worker = system.worker_pid();
    send(worker, Signal::STOP);
    system.drop_scan(SCAN, "n/a.nii.gz");
    let id = system.until("the scan to be found", |cases| {
        cases.first().map(|case| case.id.0.clone())
    });
    move_scan(&system, "n", "m");
    until_at(&system, &id, "m/a.nii.gz");
    send(worker, Signal::CONT);
    let done = system.until_case(&id, "a mask", |case| {
        case.summary.state == CaseState::Review
    });
    assert_eq!(done.summary.revision, Some(1));
    assert_eq!(system.files_below("results").len(), 3);
}

#[test]
fn each_of_two_copies_has_its_results_and_one_outlives_the_other() {
    let mut system = System::new(&lung_profile(10, 11));
    system.drop_scan(SCAN, "a.nii.gz");
    system.drop_scan(SCAN, "b.nii.gz");
    system.start();
    let both = |state| {
        let first = system.until_state("a.nii.gz", state);
        (first, system.until_state("b.nii.gz", state))
    };
    let (a, b) = both(CaseState::Review);
    assert_ne!(a.summary.id, b.summary.id);
    assert_eq!(system.files_below("results").len(), 6);
    // Equal content was embedded once.
    let timings = [&a, &b].map(|case| case.revisions[0].provenance.timings);
    assert_eq!(timings.map(|t| t.slices_embedded).iter().sum::<u32>(), 1);

    fs::remove_file(system.path("incoming/a.nii.gz")).unwrap();
    let id = b.summary.id.0;
    system.wait(system.client().slice(&CaseId(id.clone()), Plane::Axial, 10));
    assert!(system.medicosam(&["approve", &id]).status.success());
}

#[test]
fn a_scan_that_is_deleted_before_it_had_a_result_leaves_the_list_until_it_returns() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let worker = system.worker_pid();
    send(worker, Signal::STOP);
    system.drop_scan(SCAN, "a.nii.gz");
    fs::write(system.path("incoming/bad.nii"), "no scan").unwrap();
    system.until("both to be found", |cases| (cases.len() == 2).then_some(()));
    fs::remove_file(system.path("incoming/bad.nii")).unwrap();
    let kept = system.path("kept.nii.gz");
    fs::rename(system.path("incoming/a.nii.gz"), &kept).unwrap();
    system.until("an empty list", |cases| cases.is_empty().then_some(()));
    fs::rename(&kept, system.path("incoming/back.nii.gz")).unwrap();
    send(worker, Signal::CONT);
    let back = system.until_state("back.nii.gz", CaseState::Review);
    let actions: Vec<Action> = back.history.iter().map(|event| event.action).collect();
    assert!(actions.contains(&Action::Withdrawn), "{actions:?}");
}

#[test]
fn a_root_that_is_away_fails_no_scan_and_its_cases_resume_when_it_is_back() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let worker = system.worker_pid();
    send(worker, Signal::STOP);
    system.drop_scan(SCAN, "a.nii.gz");
    let id = system.until("the scan to be found", |cases| {
        cases.first().map(|case| case.id.0.clone())
    });
    let (root, aside) = (system.path("incoming"), system.path("aside"));
    fs::rename(&root, &aside).unwrap();
    send(worker, Signal::CONT);
    let paused = system.until_case(&id, "a pause", |case| {
        case.summary.state == CaseState::Paused
    });
    assert_eq!(paused.summary.fault.unwrap().code, "root-away");
    until("the root to be shown as away", || {
        let status = system.wait(system.client().status());
        status.roots[0].away
    });

    fs::rename(&aside, &root).unwrap();
    let done = system.until_case(&id, "a mask", |case| {
        case.summary.state == CaseState::Review
    });
    let actions: Vec<Action> = done.history.iter().map(|event| event.action).collect();
    assert!(!actions.contains(&Action::Failed), "{actions:?}");
    assert!(!actions.contains(&Action::Withdrawn), "{actions:?}");
}

#[test]
fn results_follow_their_scan_where_the_configuration_says_so_and_replace_nothing() {
    let mut system = System::new(&lung_profile(10, 11));
    system.configure("[[root]]", "[[root]]\nresults = \"follow\"");
    system.drop_scan(SCAN, "a.nii.gz");
    system.start();
    let id = system
        .until_state("a.nii.gz", CaseState::Review)
        .summary
        .id
        .0;
    assert!(system.medicosam(&["approve", &id]).status.success());
    let label_map = fs::read(system.path("results/a_dseg.nii.gz")).unwrap();
    let moved_to = |detail: &CaseDetail| detail.current().unwrap().output.label_map.clone();

    move_scan(&system, "a.nii.gz", "sorted/b.nii.gz");
    let at = system.path("results/sorted/b_dseg.nii.gz");
    let path = at.to_string_lossy().into_owned();
    let moved = system.until_case(&id, "its results to follow", |case| moved_to(case) == path);
    assert_eq!(moved.summary.state, CaseState::Approved);
    assert_eq!(fs::read(&at).unwrap(), label_map);
    let names = ["b_dseg.json", "b_dseg.nii.gz", "b_dseg.tsv"].map(|n| format!("sorted/{n}"));
    assert_eq!(system.files_below("results"), names);
    let said = moved.history.last().unwrap();
    assert!(said.detail.contains("results moved with it"), "{said:?}");
    // The next revision replaces what moved, without a question.
    let corrected = system.medicosam(&["prompt", &id, "--slice", "10", "--box", "318,333,405,399"]);
    assert!(corrected.status.success(), "{corrected:?}");
    assert_eq!(system.files_below("results"), names);
    let corrected = fs::read(&at).unwrap();

    // Something lies where they would go: nothing is overwritten, and the case says so. Also after a
    // restart, for a scan that moved meanwhile.
    system.stop();
    let taken = system.path("results/c_dseg.nii.gz");
    fs::write(&taken, "somebody's").unwrap();
    move_scan(&system, "sorted/b.nii.gz", "c.nii.gz");
    system.start();
    let stayed = system.until_case(&id, "its results to stay", |case| {
        case.history
            .last()
            .is_some_and(|e| e.detail.contains("stay at"))
    });
    let said = &stayed.history.last().unwrap().detail;
    assert!(said.contains("c_dseg.nii.gz is there already"), "{said}");
    assert_eq!(
        (moved_to(&stayed), fs::read(&at).unwrap()),
        (path, corrected)
    );
    assert_eq!(fs::read(&taken).unwrap(), b"somebody's");
}
