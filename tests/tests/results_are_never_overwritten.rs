//! Results that a store did not write, or that were edited since, stay until a person chooses; and a store
//! that was lost is made again of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{Action, CaseDetail, CaseState};
use medicosam_tests::system::{SCAN, System, lung_profile, program};
use medicosam_tests::waiting::until_some;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The files of a result, as they lie there.
fn files(case: &CaseDetail) -> Vec<Vec<u8>> {
    let output = &case.current().unwrap().output;
    [&output.label_map, &output.provenance, &output.label_table]
        .map(|path| fs::read(path).unwrap())
        .to_vec()
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn done(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

/// A case that has paused, and whose fault asks what to do.
fn asks(system: &System) -> (String, String) {
    let case = system.until_state(SCAN, CaseState::Paused).summary;
    let fault = case.fault.unwrap();
    assert_eq!(fault.code, "output-changed", "{fault:?}");
    assert!(fault.hint.contains("--keep"), "{fault:?}");
    assert!(fault.hint.contains("--replace"), "{fault:?}");
    (case.id.0, fault.message)
}

/// Approves a case, and waits until the approval lies beside its result.
fn approve(system: &System, case: &CaseDetail) -> CaseDetail {
    let id = case.summary.id.0.as_str();
    done(&system.medicosam(&["approve", id]));
    let record = case.current().unwrap().output.provenance.clone();
    until_some(|| {
        let review = json(&record)["review"].clone();
        match review["state"].as_str() {
            Some("approved") => Ok(()),
            _ => Err(format!("an approval: {review}\n{}", system.log())),
        }
    });
    system.wait(system.client().case(id))
}

#[test]
fn of_two_daemons_on_one_output_the_second_asks() {
    let profile = lung_profile(10, 11);
    let mut first = System::new(&profile);
    first.start();
    first.drop_scan(SCAN, SCAN);
    let case = first.until_state(SCAN, CaseState::Review);
    let case = approve(&first, &case);
    let before = files(&case);

    let output = first.path("results").to_string_lossy().into_owned();
    let mut second = System::with_output(&profile, &output);
    second.start();
    second.drop_scan(SCAN, SCAN);
    let (id, message) = asks(&second);
    assert!(message.contains("another daemon"), "{message}");
    assert!(message.contains("profile test"), "{message}");
    assert_eq!(files(&case), before);

    // A restart looks once more, and finds the same.
    second.stop();
    second.start();
    second.until_case(&id, "the second pause", |case| {
        let paused = case.history.iter().filter(|e| e.action == Action::Paused);
        paused.count() == 2 && case.summary.state == CaseState::Paused
    });
    asks(&second);
    done(&second.medicosam(&["retry", &id, "--keep"]));
    let beside = second.until_state(SCAN, CaseState::Review);
    let label_map = &beside.current().unwrap().output.label_map;
    assert!(
        label_map.ends_with(&format!("-{id}_dseg.nii.gz")),
        "{label_map}"
    );
    assert!(Path::new(label_map).exists());
    assert_eq!(files(&case), before);
}

#[test]
fn without_its_state_a_daemon_asks_before_it_overwrites_an_approved_result() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    let case = approve(&system, &case);
    let before = files(&case);
    let record = case.current().unwrap().output.provenance.clone();
    system.stop();
    fs::remove_dir_all(system.path("state")).unwrap();
    system.start();
    let (id, message) = asks(&system);
    assert!(message.contains("revision 1 of case"), "{message}");
    assert_eq!(files(&case), before);

    // What lies there changes once more before it is replaced: that was not what the choice was about.
    let label_map = case.current().unwrap().output.label_map.clone();
    let seen = system.wait(system.client().case(&id)).output_found.unwrap();
    assert_eq!(seen.label_map, label_map);
    fs::write(&label_map, "somebody was at work").unwrap();
    done(&system.medicosam(&["retry", &id, "--replace"]));
    let asked = system.until_case(&id, "another question", |case| {
        let found = case.output_found.as_ref();
        found.is_some_and(|found| found.sha256 != seen.sha256)
    });
    assert_eq!(fs::read(&label_map).unwrap(), b"somebody was at work");
    assert_eq!(asked.summary.state, CaseState::Paused);

    let store = json(&record)["kept_in"]["store"].clone();
    done(&system.medicosam(&["retry", &id, "--replace"]));
    let again = system.until_state(SCAN, CaseState::Review);
    assert_eq!(again.current().unwrap().output.provenance, record);
    let replaced = json(&record);
    assert_ne!(replaced["kept_in"]["store"], store);
    assert_eq!(replaced["review"], Value::Null);
    assert!(
        again
            .history
            .iter()
            .any(|event| event.action == Action::Retried && event.detail.ends_with("is replaced"))
    );
    let refused = system.medicosam(&["retry", &id, "--keep", "--json"]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}

#[test]
fn a_label_map_that_was_edited_by_hand_is_not_overwritten_by_a_prompt() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    let path = case.current().unwrap().output.label_map.clone();
    let edited = b"edited by hand in another program";
    fs::write(&path, edited).unwrap();
    let id = case.summary.id.0.as_str();
    let mut prompt = Command::new(program("medicosam"))
        .arg("--socket")
        .arg(system.socket())
        .args(["prompt", id, "--slice", "10", "--box", "330,345,395,390"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (_, message) = asks(&system);
    assert!(
        message.contains("changed since it was written"),
        "{message}"
    );
    done(&system.medicosam(&["retry", id, "--keep"]));
    // The prompt was not forgotten meanwhile.
    let revised = system.until_case(id, "the revision", |case| case.summary.revision == Some(2));
    prompt.wait().unwrap();
    assert_eq!(fs::read(&path).unwrap(), edited);
    let beside = &revised.current().unwrap().output.label_map;
    assert!(beside.ends_with(&format!("-{id}_dseg.nii.gz")), "{beside}");
}

/// What `medicosamd` says that cannot start, or cannot recover.
fn refused(system: &System, verb: &str) -> String {
    let output = system.medicosamd(&[verb]).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_damaged_store_is_named_at_the_start_and_made_again_with_its_decisions() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    let id = case.summary.id.clone();
    let corrected = ["prompt", &id.0, "--slice", "10", "--box", "330,345,395,390"];
    done(&system.medicosam(&corrected));
    let case = system.until_case(&id.0, "the revision", |case| {
        case.summary.revision == Some(2) && case.summary.state == CaseState::Review
    });
    let case = approve(&system, &case);
    let masks = system.wait(system.client().masks(&id, 2));
    let before = files(&case);
    assert!(refused(&system, "recover").contains("[state-in-use]"));
    system.stop();
    let store = system.path("state/medicosam.sqlite");
    let log = system.path("state/medicosam.sqlite-wal");
    // The last one to close the store moves the log into it, and a worker may take a moment to end.
    until_some(|| {
        assert!(refused(&system, "recover").contains("[store-healthy]"));
        match log.exists() {
            false => Ok(()),
            true => Err("the log to be gone".to_owned()),
        }
    });
    let whole = fs::read(&store).unwrap();
    let middle = whole.len() / 2;
    let mut garbage = whole.clone();
    garbage[middle - 4096..middle + 4096].fill(0xa5);
    for (damaged, code) in [
        (&whole[..0], "[store-lost]"),
        (&whole[..middle], "[store-damaged]"),
        (&garbage[..], "[store-damaged]"),
    ] {
        fs::write(&store, damaged).unwrap();
        let said = refused(&system, "run");
        assert!(
            said.contains(code) && said.contains("medicosamd recover"),
            "{said}"
        );
    }
    fs::write(&store, &whole).unwrap();
    fs::write(&log, [0xa5; 100_000]).unwrap();
    let said = refused(&system, "run");
    assert!(said.contains("[store-damaged]"), "{said}");

    let recovered = system.medicosamd(&["recover", "--json"]).output().unwrap();
    done(&recovered);
    let said: Value = serde_json::from_slice(&recovered.stdout).unwrap();
    assert_eq!(said["cases"][0]["case"], id.0.as_str(), "{said}");
    assert_eq!(said["moved"].as_array().unwrap().len(), 2, "{said}");
    system.start();
    // What comes later is dealt with, and what is there again is not.
    system.drop_scan("mr_brain.nii.gz", "later.nii.gz");
    system.until("the other scan to be dealt with", |cases| {
        let later = cases.iter().find(|case| case.name == "later.nii.gz")?;
        let is_done = matches!(later.state, CaseState::Review | CaseState::Failed);
        is_done.then_some(())
    });
    let again = system.wait(system.client().case(&id.0));
    let (summary, old) = (&again.summary, &case.summary);
    assert_eq!(
        (summary.state, summary.revision, &summary.reviewer),
        (CaseState::Approved, Some(2), &old.reviewer)
    );
    assert_eq!((&summary.path, summary.score), (&old.path, old.score));
    assert_eq!(system.wait(system.client().masks(&id, 2)), masks);
    assert_eq!(system.cases().len(), 2);
    assert_eq!(files(&case)[0], before[0]);
    assert!(
        again.history.iter().any(
            |event| event.action == Action::Noted && event.detail.starts_with("recovered from")
        )
    );
    assert!(
        !again
            .history
            .iter()
            .any(|event| event.action == Action::Claimed)
    );

    // A backup is put back whatever lies there, and nothing of it is mixed in.
    system.stop();
    let backup = system.path("backup.sqlite");
    fs::write(&backup, &whole).unwrap();
    fs::write(&log, [0xa5; 100_000]).unwrap();
    let from = ["recover", "--json", "--from", backup.to_str().unwrap()];
    let restored = system.medicosamd(&from).output().unwrap();
    done(&restored);
    let said: Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(said["count"], 1, "{said}");
    assert!(refused(&system, "recover").contains("[store-healthy]"));
    system.start();
    let back = system.wait(system.client().case(&id.0));
    assert_eq!(back.summary.state, CaseState::Approved);
    assert_eq!(back.revisions.len(), 2, "with the earlier revision");
}
