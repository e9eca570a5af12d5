//! Nothing is lost, doubled or half-written, whichever process is killed, and whenever.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseState};
use medicosam_tests::nifti::read_label_map;
use medicosam_tests::signals::{self, Signal};
use medicosam_tests::system::{SCAN, System, lung_profile};
use medicosam_tests::waiting::until;
use std::path::PathBuf;

/// Waits until the worker has embedded some slices of several.
fn until_in_the_middle(system: &System) {
    system.until("the middle of the embedding", |cases| {
        cases
            .iter()
            .find(|c| c.state == CaseState::Embedding)
            .map(drop)
    });
    until("the first embedding", || embedded(system) > 0);
}

/// Slices that are embedded.
fn embedded(system: &System) -> u32 {
    let files = system.files_below("embeddings");
    files.iter().filter(|f| f.ends_with(".embedding")).count() as u32
}

/// The case was segmented once, its files are whole, and nothing else lies around.
fn assert_whole(system: &System) {
    let case = system.until_state(SCAN, CaseState::Review);
    assert_eq!(case.revisions.len(), 1);
    let revised = case.history.iter().filter(|e| e.action == Action::Revised);
    assert_eq!(revised.count(), 1);
    assert_eq!(
        system.files_below("results"),
        [
            "ct_lung_dseg.json",
            "ct_lung_dseg.nii.gz",
            "ct_lung_dseg.tsv"
        ]
    );
    let masks = system.wait(system.client().masks(&case.summary.id, 1));
    let (dims, voxels) = read_label_map(&system.path("results/ct_lung_dseg.nii.gz"));
    assert_eq!(dims, [512, 512, 21]);
    assert_eq!(voxels, masks.label_map().unwrap());
}

#[test]
fn a_killed_daemon_goes_on_where_it_was() {
    let mut system = System::new(&lung_profile(8, 12));
    system.start();
    system.drop_scan(SCAN, SCAN);
    until_in_the_middle(&system);
    let worker = system.worker_pid();
    system.kill();
    // Its worker ends by itself: it must not go on beside its successor.
    let process = PathBuf::from(format!("/proc/{worker}"));
    until("the end of the worker", || !process.exists());
    let kept = embedded(&system);
    system.start();
    assert_whole(&system);
    let case = system.until_state(SCAN, CaseState::Review);
    let timings = case.current().unwrap().provenance.timings;
    assert_eq!(timings.slices_cached, kept, "nothing is embedded twice");
    assert_eq!(timings.slices_cached + timings.slices_embedded, 4);
    assert!(case.history.iter().any(|e| e.action == Action::Released));
}

#[test]
fn a_killed_worker_is_replaced_and_the_scan_gets_one_strike() {
    let mut system = System::new(&lung_profile(8, 12));
    system.start();
    system.drop_scan(SCAN, SCAN);
    until_in_the_middle(&system);
    signals::send(system.worker_pid(), Signal::KILL);
    assert_whole(&system);
    let case = system.until_state(SCAN, CaseState::Review);
    let strikes = case.history.iter().filter(|e| e.action == Action::Released);
    assert_eq!(strikes.count(), 1, "{:#?}", case.history);
    assert!(case.history.iter().any(|e| e.detail.contains("died")));
}

#[test]
fn decisions_and_revisions_survive_a_kill_at_any_time() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let id = system.until_state(SCAN, CaseState::Review).summary.id.0;
    // As soon as the answer is there the system may die.
    for revision in 2..5 {
        let side = (340 + revision * 5).to_string();
        let bbox = format!("330,345,395,{side}");
        let prompted =
            system.medicosam(&["prompt", &id, "--slice", "10", "--box", &bbox, "--json"]);
        assert!(prompted.status.success(), "{prompted:?}");
        system.kill();
        system.start();
        let case = system.wait(system.client().case(&id));
        assert_eq!(case.summary.revision, Some(revision));
        assert_eq!(case.revisions.len(), revision as usize);
    }
    assert!(system.medicosam(&["approve", &id]).status.success());
    system.kill();
    system.start();
    assert_eq!(system.cases()[0].state, CaseState::Approved);
}

#[test]
fn the_second_daemon_is_refused_and_the_first_goes_on() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let second = system.medicosamd(&["run"]).output().unwrap();
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        text.contains("state-in-use") && text.contains("process"),
        "{text}"
    );
    system.drop_scan(SCAN, SCAN);
    system.until_state(SCAN, CaseState::Review);
}
