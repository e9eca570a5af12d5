//! Cases for one person, second readings by another, and how far the two agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::case::{CaseDetail, CaseState};
use medicosam_tests::Size;
use medicosam_tests::client::{in_queue, json, on, quit};
use medicosam_tests::keys::ENTER;
use medicosam_tests::profile::Profile;
use medicosam_tests::pty::ScriptedTerminal;
use medicosam_tests::system::{SCAN, System, lung_profile};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

/// A user that every system has, to be the second reader.
const OTHER: u32 = 65534;

/// A system whose cases are all read a second time, with [`SCAN`] up for review.
fn read_twice() -> (System, CaseDetail) {
    let profile = lung_profile(10, 12);
    let twice = profile.replace("window =", "second_reading = \"100%\"\nwindow =");
    let mut system = System::new(&twice);
    system.start();
    system.drop_scan(SCAN, SCAN);
    let case = system.until_state(SCAN, CaseState::Review);
    (system, case)
}

/// Lets another user reach the daemon; `false` if this one may not act as another.
fn let_in(system: &System) -> bool {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        let folder = system.path("");
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        chown(system.socket(), None, Some(OTHER)).unwrap();
    } else {
        eprintln!("only root can act as a second user: that part is left out");
    }
    is_root
}

/// The client as that user.
fn as_other(system: &System) -> Command {
    let mut command = on(system.socket());
    command.uid(OTHER).gid(OTHER).env("HOME", "/nonexistent");
    command
}

fn other(system: &System, arguments: &[&str]) -> Output {
    as_other(system).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

/// The second reading of a case, once it is up for review.
fn second_of(system: &System, first: &CaseDetail) -> String {
    system.until("the second reading", |cases| {
        let mut second = cases.iter();
        let second = second.find(|c| c.reads.as_ref() == Some(&first.summary.id))?;
        (second.state == CaseState::Review).then(|| second.id.0.clone())
    })
}

#[test]
fn a_case_is_somebodys_and_anybodys_to_decide() {
    let (system, case) = read_twice();
    let id = &*case.summary.id.0;
    let run = |arguments: &[&str]| system.medicosam(arguments);
    let listed = |filter: &str| -> usize {
        let list = json(&run(&["list", "--filter", filter, "--json"]));
        list["cases"].as_array().unwrap().len()
    };
    assert_eq!((listed("assigned:nobody"), listed("assigned:me")), (1, 0));
    let mine = json(&run(&["assign", id, "me", "--json"]));
    assert_eq!(mine["yours"], true);
    assert_eq!((listed("assigned:nobody"), listed("assigned:me")), (0, 1));
    assert_eq!(code(&run(&["assign", id, "eva"])), 0);
    assert_eq!((listed("assigned:me"), listed("assigned:eva")), (0, 1));
    let mut terminal = in_queue(&system, Size::new(160, 40), Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("whose it is", |view| {
        view.contains("→eva") && view.contains("assigned to eva")
    });
    quit(&mut terminal);

    // A mark and no lock; the history names both.
    assert_eq!(code(&run(&["approve", id])), 0);
    let history = system.wait(system.client().case(id)).history;
    let named = history
        .iter()
        .any(|e| e.detail.ends_with("assigned to eva"));
    assert!(named, "{history:#?}");
    assert_eq!(code(&run(&["assign", "--nobody", id])), 0);
    assert_eq!(listed("assigned:nobody reading:first"), 1);

    let refused = run(&["assign", id, " ", "--json"]);
    assert_eq!(code(&refused), 1);
    assert_eq!(json(&refused)["error"]["code"], "no-user-name");
    assert_eq!(code(&run(&["assign", id])), 2, "no user");
}

#[test]
fn a_second_reader_sees_nothing_of_the_first_and_the_two_are_compared() {
    let (mut system, first) = read_twice();
    let id = first.summary.id.0.clone();
    let nothing = json(&system.medicosam(&["agreement", "--json"]));
    assert!(
        nothing["note"]
            .as_str()
            .unwrap()
            .starts_with("Nothing to compare yet")
    );

    // The first reader corrects, notes and approves.
    let corrected = ["prompt", &id, "--slice", "10", "--box", "330,345,390,390"];
    assert_eq!(code(&system.medicosam(&corrected)), 0);
    assert_eq!(
        code(&system.medicosam(&["note", &id, "the apex is doubtful"])),
        0
    );
    assert_eq!(code(&system.medicosam(&["approve", &id])), 0);
    let second = second_of(&system, &first);
    let detail = system.wait(system.client().case(&second));
    assert_eq!(detail.revisions.len(), 1);
    let begun = &detail.revisions[0];
    let masks = |id: &str, revision| {
        let id = medicosam_shared::case::CaseId(id.to_owned());
        system.wait(system.client().masks(&id, revision))
    };
    assert_eq!(masks(&second, 1), masks(&id, 1), "what the machine made");
    assert_ne!(masks(&second, 1), masks(&id, 2));
    assert!(
        begun
            .output
            .label_map
            .ends_with(&format!("-{second}_dseg.nii.gz"))
    );
    assert!(fs::exists(&begun.output.label_map).unwrap());

    // It is not theirs to read, and a name means the first case.
    let refused = system.medicosam(&["approve", &second, "--json"]);
    assert_eq!(code(&refused), 4);
    assert_eq!(json(&refused)["error"]["code"], "first-reader");
    assert_eq!(
        code(&system.medicosam(&["note", &second, "see the first"])),
        4
    );
    let shown = json(&system.medicosam(&["show", "ct_lung", "--json"]));
    assert_eq!(shown["id"], *id);
    let mut terminal = in_queue(&system, Size::new(120, 40), Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("that it waits for others", |view| {
        view.contains("(2nd)") && view.row(0).contains("review 0")
    });
    quit(&mut terminal);

    // It outlives the daemon, and moves with its scan.
    system.kill();
    system.start();
    fs::rename(
        system.path("incoming").join(SCAN),
        system.path("incoming/moved.nii.gz"),
    )
    .unwrap();
    for case in [&id, &second] {
        system.until_case(case, "the move", |case| case.summary.name == "moved.nii.gz");
    }
    assert_eq!(system.cases().len(), 2, "and is no scan of its own");

    if let_in(&system) {
        read_by_another(&system, &id, &second);
    }
}

/// Another user reads the case, on the screen and by verbs, and the two readings are compared.
fn read_by_another(system: &System, first: &str, second: &str) {
    let size = Size::new(120, 40);
    let mut open = as_other(system);
    open.args(["open", second]);
    let mut terminal = ScriptedTerminal::spawn(open, size, Profile::SIXEL_WITH_SIZES).unwrap();
    terminal.wait_for("the second reading", |view| {
        let is_it = view.row(0).contains("second reading") && view.contains("revision 1 of 1");
        is_it && view.row(0).contains("seen 50%")
    });
    terminal.look(|view| assert!(!view.contains("apex"), "{}", view.text()));
    terminal.type_keys("f").unwrap();
    terminal.wait_for("the question why", |view| view.contains("flag because:"));
    terminal.type_keys("too large").unwrap();
    terminal.type_keys(ENTER).unwrap();
    system.until_case(second, "the flag", |case| {
        case.summary.state == CaseState::Flagged
    });
    quit(&mut terminal);

    let rejected = other(system, &["reject", second, "--reason", "leaks", "--json"]);
    assert_eq!(json(&rejected)["state"], "rejected");
    let agreement = json(&system.medicosam(&["agreement", "--profile", "test", "--json"]));
    let [pair] = agreement["pairs"].as_array().unwrap().as_slice() else {
        panic!("{agreement:#}");
    };
    assert_eq!(
        (&pair["first"], &pair["second"]),
        (&first.into(), &second.into())
    );
    assert_eq!(pair["verdicts"], serde_json::json!(["approve", "reject"]));
    let dice = pair["objects"][0]["dice"].as_f64().unwrap();
    assert!(dice > 0.1 && dice < 1.0, "{dice}");
    let figures = &agreement["profiles"][0];
    assert_eq!(
        (&figures["pairs"], &figures["kappa"]),
        (&1.into(), &Value::from(0.0))
    );
    let told = system.medicosam(&["agreement"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains("KAPPA") && told.contains("rejected"),
        "{told}"
    );
}

#[test]
fn without_second_readings_the_answer_says_how_to_turn_them_on() {
    let mut system = System::new(&lung_profile(10, 11));
    system.start();
    let nothing = system.medicosam(&["agreement"]);
    let text = String::from_utf8(nothing.stdout.clone()).unwrap();
    assert!(text.contains("second_reading = \"10%\""), "{text}");
    let unknown = system.medicosam(&["agreement", "--profile", "liver", "--json"]);
    assert_eq!(code(&unknown), 1);
    assert_eq!(json(&unknown)["error"]["code"], "no-such-profile");
}
