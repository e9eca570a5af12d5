//! What a reviewer has drawn and segmented survives the death of any process, and becomes one revision.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_shared::api::{DraftChange, DraftRequest, DraftResponse};
use medicosam_shared::case::{Action, CaseDetail, CaseId, CaseState};
use medicosam_shared::client::ClientError;
use medicosam_shared::draft::{Draft, Slices, Step};
use medicosam_shared::mask::dice;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use medicosam_tests::Size;
use medicosam_tests::client::{in_review, quit};
use medicosam_tests::nifti::read_label_map;
use medicosam_tests::profile::Profile;
use medicosam_tests::signals::{self, Signal};
use medicosam_tests::system::{System, sample};
use medicosam_tests::under_review::reviewable;
use medicosam_tests::waiting::until_some;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn label() -> Label {
    Label::new(1).unwrap()
}

/// The propagation of the object over all slices.
fn propagation() -> DraftChange {
    DraftChange::Propagate {
        label: label(),
        slices: Slices::All,
        force: false,
        through: None,
    }
}

fn draft(system: &System, case: &CaseId) -> Option<Draft> {
    system.wait(system.client().draft(case)).draft
}

fn change(
    system: &System,
    case: &CaseId,
    change: DraftChange,
) -> Result<DraftResponse, ClientError> {
    let known = draft(system, case).filter(|d| !d.discarded);
    let request = DraftRequest {
        revision: known.as_ref().map_or_else(
            || current(system, case).summary.revision.unwrap(),
            |d| d.revision,
        ),
        version: known.map_or(0, |d| d.version),
        change,
    };
    let answer = async { Ok(system.client().change_draft(case, &request).await) };
    system.wait(answer)
}

/// Draws the tumour's box on a slice and has it segmented; returns how long that took.
fn preview(system: &System, case: &CaseId, index: u32) -> Duration {
    let prompt = SlicePrompt {
        label: label(),
        index,
        bbox: Some(SliceBox {
            x0: 318,
            y0: 333,
            x1: 405,
            y1: 399,
        }),
        points: vec![],
    };
    let (offered, took) = segmented(system, case, prompt);
    assert_eq!(offered, 1, "a box means one thing");
    took
}

/// Draws a prompt and has it segmented: how many masks there are to choose from, and how long it took.
fn segmented(system: &System, case: &CaseId, prompt: SlicePrompt) -> (usize, Duration) {
    let index = prompt.index;
    change(system, case, DraftChange::Draw { prompt }).unwrap();
    let known = draft(system, case).unwrap();
    let request = DraftRequest {
        revision: known.revision,
        version: known.version,
        change: DraftChange::Segment {
            label: label(),
            index,
        },
    };
    let started = Instant::now();
    let response = system.wait(system.client().change_draft(case, &request));
    let took = started.elapsed();
    let DraftResponse::Changed {
        step: Some(Step::Answered(answered)),
        ..
    } = response
    else {
        panic!("{response:?}")
    };
    (answered.slices[0].candidates.len(), took)
}

/// Makes a revision from the command line, as another reviewer would.
fn prompt_at_once(system: &System, case: &CaseId, slice: &str, bbox: &str) {
    let prompted =
        system.medicosam(&["prompt", &case.0, "--slice", slice, "--box", bbox, "--json"]);
    assert!(prompted.status.success(), "{prompted:?}");
}

fn current(system: &System, case: &CaseId) -> CaseDetail {
    system.wait(system.client().case(&case.0))
}

#[test]
fn a_killed_client_costs_nothing_of_what_was_drawn_and_segmented() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    let mut terminal = in_review(&system, Size::new(100, 30), Profile::SIXEL_WITH_SIZES);
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the keys for prompts", |view| view.contains("segment"));
    terminal.type_keys("bLLJbs").unwrap();
    terminal.wait_for("the new mask", |view| view.contains("mask in"));
    terminal.type_keys("\x1b[6~bLJbs").unwrap();
    terminal.wait_for("the second one", |view| view.contains("draft: 2 slices"));
    terminal.type_keys("u").unwrap();
    terminal.wait_for("the first one alone", |view| {
        view.contains("draft: 1 slice") && !view.contains("slices")
    });
    // A box is drawn, and not segmented yet.
    terminal.type_keys("bLLJJb").unwrap();
    // The second answer was the fourth step too, until it was taken back.
    let is_there = |d: &Draft| d.position == 4 && matches!(d.steps[..], [.., Step::Drawn { .. }]);
    let before = until_some(|| {
        let now = draft(&system, id);
        let drawn = now.clone().filter(is_there);
        drawn.ok_or_else(|| format!("the box in the draft: {now:#?}"))
    });
    signals::send(terminal.process_id(), Signal::KILL);
    terminal.wait_exit().unwrap();

    assert_eq!(draft(&system, id).unwrap(), before);
    let untouched = current(&system, id);
    assert_eq!(untouched.summary.revision, Some(1));
    assert_eq!(untouched.summary.state, CaseState::Review);

    let mut terminal = in_review(&system, Size::new(100, 30), Profile::SIXEL_WITH_SIZES);
    terminal.wait_for("the offer to go on", |view| {
        view.contains("You have a draft here")
    });
    terminal.type_keys("e").unwrap();
    terminal.wait_for("the draft", |view| view.contains("draft: 1 slice"));
    terminal.type_keys("c").unwrap();
    terminal.wait_for("the revision", |view| view.contains("revision 2 of 2"));
    quit(&mut terminal);
    let committed = current(&system, id);
    let revision = committed.current().unwrap();
    assert_eq!((revision.number, revision.parent), (2, Some(1)));
    assert_eq!(revision.provenance.prompts.len(), 1, "what was segmented");
    assert_eq!(draft(&system, id), None);
}

#[test]
fn a_draft_is_made_and_committed_from_a_script() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id.0;
    let run = |arguments: &[&str]| {
        let output = system.medicosam(&[&["draft", id, "--json"], arguments].concat());
        let status = output.status.code().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        (status, json)
    };
    assert_eq!(run(&[]).1["draft"], Value::Null);
    let (status, refused) = run(&["commit"]);
    assert_eq!((status, &refused["error"]["code"]), (4, &json!("no-draft")));

    let box_of = ["segment", "--slice", "10", "--box", "318,333,405,399"];
    assert_eq!(run(&box_of).1["position"], 2, "drawn and segmented");
    assert_eq!(run(&["undo"]).1["position"], 1);
    assert_eq!(run(&["redo"]).1["position"], 2);
    let (status, followed) = run(&["propagate"]);
    assert_eq!(status, 0);
    assert_eq!(followed["draft"]["working"], Value::Null, "waited for");
    assert_eq!(followed["draft"]["position"], 3);
    assert_eq!(run(&["discard"]).0, 0);
    assert_eq!(run(&["restore"]).0, 0);
    let told = system.medicosam(&["draft", id]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("object 1, slice 10"), "{told}");
    assert!(told.contains("carried on"), "{told}");

    let (status, committed) = run(&["commit"]);
    assert_eq!((status, &committed["revision"]), (0, &json!(2)));
    assert_eq!(run(&[]).1["draft"], Value::Null);
}

#[test]
fn a_daemon_killed_between_preview_and_commit_has_the_draft_afterwards() {
    let (mut system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    let files = system.files_below("results");
    let of_file = |system: &System| read_label_map(&system.path("results/ct_lung_dseg.nii.gz")).1;
    let original = of_file(&system);
    preview(&system, id, 12);
    let times: Vec<Duration> = (0..9).map(|_| preview(&system, id, 10)).collect();
    println!("request to mask, embedded: {times:?}");
    assert_eq!(of_file(&system), original, "a preview writes no files");
    let before = draft(&system, id).unwrap();

    system.kill();
    system.start();
    assert_eq!(draft(&system, id).unwrap(), before);
    let untouched = current(&system, id);
    assert_eq!(
        (untouched.summary.revision, untouched.summary.state),
        (Some(1), CaseState::Review)
    );

    let base = system.wait(system.client().masks(id, 1));
    let response = change(&system, id, DraftChange::Commit).unwrap();
    assert_eq!(response, DraftResponse::Revised { revision: 2 });
    let masks = system.wait(system.client().masks(id, 2));
    assert_eq!(masks, before.masks(&base), "what was seen is what is kept");
    assert_eq!(of_file(&system), masks.label_map().unwrap());
    assert_eq!(system.files_below("results"), files);
    let committed = current(&system, id);
    let indices: Vec<u32> = committed
        .current()
        .unwrap()
        .provenance
        .prompts
        .iter()
        .map(|p| p.index)
        .collect();
    assert_eq!(indices, [10, 12]);
    let revised = |e: &&medicosam_shared::case::Event| e.action == Action::Revised;
    assert_eq!(committed.history.iter().filter(revised).count(), 2);
}

#[test]
fn a_draft_on_a_revision_that_is_not_the_current_one_any_more_is_a_conflict() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    preview(&system, id, 10);
    prompt_at_once(&system, id, "9", "330,345,395,390");
    let refused = change(&system, id, DraftChange::Commit).unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    assert_eq!(refused.code(), "other-revision");

    let known = draft(&system, id).unwrap();
    let rebase = DraftRequest {
        revision: 2,
        version: known.version,
        change: DraftChange::Rebase,
    };
    system.wait(system.client().change_draft(id, &rebase));
    let base = system.wait(system.client().masks(id, 2));
    let wanted = draft(&system, id).unwrap().masks(&base);
    let response = change(&system, id, DraftChange::Commit).unwrap();
    assert_eq!(response, DraftResponse::Revised { revision: 3 });
    assert_eq!(system.wait(system.client().masks(id, 3)), wanted);
}

/// Waits until what is being propagated is in the draft.
fn until_propagated(system: &System, id: &CaseId) {
    let mut version = draft(system, id).unwrap().version;
    loop {
        let progress = system.wait(system.client().draft_progress(id, version));
        version = progress.version;
        if progress.working.is_none() {
            assert_eq!(progress.fault, None);
            return;
        }
    }
}

#[test]
fn what_was_segmented_by_hand_in_an_earlier_revision_is_not_followed_over() {
    let (system, case) = reviewable(9, 13);
    let id = &case.summary.id;
    // On slice 11 a person wants a part only.
    prompt_at_once(&system, id, "11", "330,345,370,380");
    let theirs = system.wait(system.client().masks(id, 2));

    preview(&system, id, 9);
    change(&system, id, propagation()).unwrap();
    until_propagated(&system, id);
    let followed = draft(&system, id).unwrap();
    let touched: Vec<u32> = followed.answers().keys().map(|place| place.index).collect();
    assert!(
        touched.contains(&10),
        "{touched:?}: what lies between is filled"
    );
    assert!(!touched.contains(&11), "{touched:?}");
    change(&system, id, DraftChange::Commit).unwrap();
    let ours = system.wait(system.client().masks(id, 3));
    assert_eq!(ours.objects[0].slices[&11], theirs.objects[0].slices[&11]);
    let provenance = &current(&system, id).current().unwrap().provenance.clone();
    let edited: Vec<u32> = provenance.edited.iter().map(|place| place.index).collect();
    assert_eq!(edited, [9, 11], "what was followed is nobody's");

    // A client that asks for that very slice gets it.
    preview(&system, id, 11);
    change(&system, id, DraftChange::Commit).unwrap();
    let again = system.wait(system.client().masks(id, 4));
    assert_ne!(again.objects[0].slices[&11], theirs.objects[0].slices[&11]);
}

#[test]
fn an_object_is_followed_from_one_slice_to_its_ends() {
    // The profile has found the tumour on one slice only.
    let (system, case) = reviewable(10, 11);
    let id = &case.summary.id;
    preview(&system, id, 10);
    change(&system, id, propagation()).unwrap();
    until_propagated(&system, id);
    let followed = draft(&system, id).unwrap();
    let response = change(&system, id, DraftChange::Commit).unwrap();
    assert_eq!(response, DraftResponse::Revised { revision: 2 });
    let ours = system.wait(system.client().masks(id, 2));
    let slices: Vec<u32> = ours.objects[0].slices.keys().copied().collect();
    let (_, expert) = read_label_map(&sample("ct_lung_label.nii.gz"));
    let found = ours.label_map().unwrap();
    let found = dice(
        found.iter().map(|&v| v == 1),
        expert.iter().map(|&v| v == 1),
    );
    println!("followed to {slices:?}: Dice {found:.3}");
    assert!(slices.len() >= 5, "{slices:?}");
    assert!(found >= 0.7, "Dice {found}");
    let seeds = followed.answers();
    assert_eq!(seeds.values().filter(|(a, _)| !a.propagated).count(), 1);

    // Another one is stopped on its way, and changes nothing.
    preview(&system, id, 10);
    change(&system, id, propagation()).unwrap();
    change(&system, id, DraftChange::Cancel).unwrap();
    let stopped = draft(&system, id).unwrap();
    assert_eq!((stopped.working, stopped.answers().len()), (None, 1));
}

#[test]
fn what_was_followed_gives_way_to_what_somebody_made_meanwhile() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    preview(&system, id, 9);
    change(&system, id, propagation()).unwrap();
    until_propagated(&system, id);
    let followed = draft(&system, id).unwrap();
    assert!(followed.answers().contains_key(&Place::new(label(), 11)));
    prompt_at_once(&system, id, "11", "330,345,370,380");
    let theirs = system.wait(system.client().masks(id, 2));

    let rebase = DraftRequest {
        revision: 2,
        version: followed.version,
        change: DraftChange::Rebase,
    };
    system.wait(system.client().change_draft(id, &rebase));
    change(&system, id, DraftChange::Commit).unwrap();
    let ours = system.wait(system.client().masks(id, 3));
    assert_eq!(ours.objects[0].slices[&11], theirs.objects[0].slices[&11]);
    assert!(ours.objects[0].slices.contains_key(&14));
    assert!(!theirs.objects[0].slices.contains_key(&14));
}

#[test]
fn of_a_single_point_there_are_several_masks_to_choose_from() {
    let (system, case) = reviewable(9, 12);
    let id = &case.summary.id;
    let point = |x, y, positive| SlicePoint { x, y, positive };
    let of = |points| SlicePrompt {
        label: label(),
        index: 10,
        bbox: None,
        points,
    };
    let (offered, _) = segmented(&system, id, of(vec![point(360, 366, true)]));
    assert!(
        (2..=4).contains(&offered),
        "it may mean a part or the whole: {offered}"
    );
    let two = vec![point(360, 366, true), point(300, 300, false)];
    let (offered, _) = segmented(&system, id, of(two));
    assert_eq!(offered, 1, "a correction means one thing");
}
