//! Which scan comes next, and whether any is begun, by the verbs.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use medicosam_shared::case::{Action, CaseDetail, CaseState};
use medicosam_tests::client::{json, on};
use medicosam_tests::system::{SCAN, System, lung_profile};
use serde_json::Value;

fn verb(system: &System, arguments: &[&str]) -> Value {
    let output = on(system.socket())
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    json(&output)
}

#[test]
fn while_the_intake_is_paused_scans_wait_and_the_one_that_is_put_first_is_begun_first() {
    let mut system = System::new(&lung_profile(9, 10));
    system.start();
    assert!(verb(&system, &["pause"])["paused"]["who"].is_string());
    for name in ["a.nii.gz", "b.nii.gz"] {
        system.drop_scan(SCAN, name);
        system.until_state(name, CaseState::Waiting);
    }
    // Over a restart, too.
    system.stop();
    system.start();
    let status = verb(&system, &["status"]);
    assert!(status["paused"]["since"].is_string(), "{status}");
    assert_eq!(status["cases"]["waiting"], 2);

    verb(&system, &["hurry", "b"]);
    assert!(verb(&system, &["resume"])["paused"].is_null());
    let first = system.until_state("a.nii.gz", CaseState::Review);
    let second = system.until_state("b.nii.gz", CaseState::Review);
    let claimed = |case: &CaseDetail| {
        let claims = case
            .history
            .iter()
            .find(|event| event.action == Action::Claimed);
        claims.unwrap().seq
    };
    assert!(claimed(&second) < claimed(&first), "b came first");
}
