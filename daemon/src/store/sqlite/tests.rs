//! The store against a real file.

mod beside;
mod decisions;
mod drafts;

use super::*;
use crate::scan::Source;
use crate::store::Task;
use jiff::Timestamp;
use medicosam_shared::case::{Action, Verdict};
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane};
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_shared::provenance::{
    ModelRecord, ObjectResult, OutputFiles, Provenance, RuntimeRecord, ScanInfo, ScanRecord,
    SliceScore, Timings,
};
use medicosam_shared::window::{Range, Window};

const DIMS: Dims = Dims([16, 16, 4]);

struct Fixture {
    folder: tempfile::TempDir,
    store: SqliteStore,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&SqliteStore::file(folder.path())).unwrap();
    Fixture { folder, store }
}

fn info() -> ScanInfo {
    ScanInfo {
        dims: DIMS,
        affine: Affine::from_spacing([1.0, 1.0, 3.0]),
        voxel_type: "int16".into(),
        notes: Vec::new(),
    }
}

fn file(path: &str, content: &str) -> Identification {
    Identification {
        source: Source::file(path),
        fingerprint: Fingerprint {
            dev: 1,
            ino: 2,
            size: content.len() as u64,
            mtime_ns: 3,
            ctime_ns: 4,
        },
        sha256: content.into(),
        profile: "p".into(),
        scan: Ok(info()),
    }
}

fn fault() -> Fault {
    Fault {
        code: "test".into(),
        message: "it broke".into(),
        hint: "mend it".into(),
    }
}

fn result(author: &str, predicted_iou: f32) -> NewRevision {
    let label = Label::new(1).unwrap();
    NewRevision {
        approval: None,
        provenance: Provenance {
            generated_by: "test".into(),
            created: Timestamp::now(),
            author: author.into(),
            scan: ScanRecord {
                path: "/in/a.nii".into(),
                frame: None,
                files: Vec::new(),
                sha256: "a".into(),
                info: info(),
            },
            axis: Axis::K,
            plane: Plane::Axial,
            window: Window::MinMax,
            range: Range::Slice,
            model: ModelRecord {
                name: "m".into(),
                family: "f".into(),
                hash: "h".into(),
                understands: None,
            },
            runtime: RuntimeRecord {
                name: "r".into(),
                device: "cpu".into(),
                precision: "f32".to_owned(),
                threads: 2,
            },
            prompts: vec![],
            propagation: None,
            quality: None,
            sources: Vec::new(),
            edited: Default::default(),
            masks: Default::default(),
            objects: vec![ObjectResult {
                label,
                name: "thing".into(),
                voxels: 10,
                volume_ml: 0.03,
                slices: vec![SliceScore {
                    index: 1,
                    area: 10,
                    predicted_iou,
                    stability: 0.9,
                    agreement: None,
                    steadiness: None,
                }],
            }],
            timings: Timings::default(),
        },
        masks: MaskSet::empty(DIMS, Axis::K),
        output: OutputFiles {
            label_map: "/out/a_dseg.nii.gz".into(),
            provenance: "/out/a_dseg.json".into(),
            label_table: "/out/a_dseg.tsv".into(),
        },
    }
}

fn claim(store: &SqliteStore) -> Work {
    store.claim("worker 1", Lane::Any).unwrap().unwrap()
}

/// A case with one revision, up for review.
fn reviewed(store: &SqliteStore) -> CaseId {
    let id = store.identify(&file("/in/a.nii", "a")).unwrap();
    let work = claim(store);
    store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    id
}

fn decision(revision: u32, verdict: Verdict) -> DecisionRequest {
    DecisionRequest {
        revision,
        verdict,
        reason: String::new(),
        overrule: false,
    }
}

fn prompt(index: u32) -> PromptRequest {
    PromptRequest {
        revision: 1,
        prompts: vec![SlicePrompt {
            label: Label::new(1).unwrap(),
            index,
            bbox: Some(SliceBox {
                x0: 2,
                y0: 2,
                x1: 9,
                y1: 9,
            }),
            points: vec![],
        }],
    }
}

fn state(store: &SqliteStore, id: &CaseId) -> CaseState {
    store.case(id).unwrap().summary.state
}

#[test]
fn the_bundled_sqlite_is_a_safe_one() {
    assert!(
        rusqlite::version_number() >= SAFE_SQLITE,
        "{}",
        rusqlite::version()
    );
    let f = fixture();
    let connection = f.store.lock();
    let pragma = |name: &str| -> String {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |r| {
                r.get::<_, rusqlite::types::Value>(0)
            })
            .map(|v| format!("{v:?}"))
            .unwrap()
    };
    assert!(pragma("journal_mode").contains("wal"));
    assert!(pragma("synchronous").contains("2"), "FULL is 2");
}

#[test]
fn a_case_from_file_to_approval_leaves_a_full_trail() {
    let f = fixture();
    let id = f.store.identify(&file("/in/a.nii", "a")).unwrap();
    assert_eq!(state(&f.store, &id), CaseState::Waiting);
    let work = claim(&f.store);
    assert_eq!(
        (work.lease.case.clone(), work.task.clone()),
        (id.clone(), Task::Segment)
    );
    assert_eq!(state(&f.store, &id), CaseState::Embedding);
    f.store.stage(&work.lease, CaseState::Segmenting).unwrap();
    assert_eq!(
        f.store
            .finish(&work.lease, &result("profile p", 0.8))
            .unwrap(),
        1
    );
    let detail = f.store.case(&id).unwrap();
    assert_eq!(detail.summary.state, CaseState::Review);
    assert_eq!(detail.summary.score, Some(0.8));
    assert_eq!(detail.current().unwrap().number, 1);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let detail = f.store.case(&id).unwrap();
    assert_eq!(detail.summary.reviewer.as_deref(), Some("ana"));
    let actions: Vec<Action> = detail.history.iter().map(|e| e.action).collect();
    assert_eq!(
        actions,
        [
            Action::Identified,
            Action::Claimed,
            Action::Stage,
            Action::Revised,
            Action::Approved
        ]
    );
    assert_eq!(f.store.claim("worker 1", Lane::Any).unwrap(), None);
}

#[test]
fn everything_is_still_there_after_opening_again() {
    let f = fixture();
    let id = reviewed(&f.store);
    let path = SqliteStore::file(f.folder.path());
    drop(f.store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.case(&id).unwrap().revisions.len(), 1);
    assert_eq!(store.masks(&id, 1).unwrap(), MaskSet::empty(DIMS, Axis::K));
    assert_eq!(store.identified_files("").unwrap().len(), 1);
}

#[test]
fn the_same_content_under_another_name_is_the_same_case() {
    let f = fixture();
    let a = f.store.identify(&file("/in/a.nii", "same")).unwrap();
    let b = f.store.identify(&file("/in/b.nii", "same")).unwrap();
    assert_eq!(a, b);
    assert_eq!(f.store.cases().unwrap().0.len(), 1);
    claim(&f.store);
    assert_eq!(f.store.claim("worker 1", Lane::Any).unwrap(), None);
}

#[test]
fn a_replaced_file_supersedes_its_case_until_somebody_decided() {
    let f = fixture();
    let half = f.store.identify(&Identification {
        scan: Err(fault()),
        ..file("/in/a.nii", "half")
    });
    let half = half.unwrap();
    assert_eq!(state(&f.store, &half), CaseState::Failed);
    let whole = f.store.identify(&file("/in/a.nii", "whole")).unwrap();
    let listed: Vec<CaseId> = f
        .store
        .cases()
        .unwrap()
        .0
        .into_iter()
        .map(|c| c.id)
        .collect();
    assert_eq!(
        listed,
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
    let newer = f.store.identify(&file("/in/a.nii", "newer")).unwrap();
    assert_eq!(
        f.store.cases().unwrap().0.len(),
        2,
        "a decision is never hidden"
    );

    f.store.identify(&file("/in/a.nii", "half")).unwrap();
    let listed: Vec<CaseId> = f
        .store
        .cases()
        .unwrap()
        .0
        .into_iter()
        .map(|c| c.id)
        .collect();
    assert!(
        listed.contains(&half) && !listed.contains(&newer),
        "an old content is back"
    );
}

#[test]
fn work_of_a_superseded_case_is_lost_to_its_worker() {
    let f = fixture();
    f.store.identify(&file("/in/a.nii", "old")).unwrap();
    let work = claim(&f.store);
    f.store.identify(&file("/in/a.nii", "new")).unwrap();
    let error = f
        .store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap_err();
    assert_eq!(error.code(), "lease-lost");
}

#[test]
fn a_worker_given_up_for_dead_cannot_commit() {
    let f = fixture();
    let id = f.store.identify(&file("/in/a.nii", "a")).unwrap();
    let zombie = claim(&f.store);
    f.store.release_all().unwrap();
    let heir = f.store.claim("worker 2", Lane::Any).unwrap().unwrap();
    assert!(heir.lease.fence > zombie.lease.fence);
    for attempt in [
        f.store.renew(&zombie.lease).map(drop),
        f.store
            .reserve_output(&zombie.lease, Path::new("/out"), "a")
            .map(drop),
        f.store.stage(&zombie.lease, CaseState::Segmenting),
        f.store
            .finish(&zombie.lease, &result("profile p", 0.1))
            .map(drop),
        f.store
            .fail(&zombie.lease, &fault(), FaultClass::BadInput)
            .map(drop),
    ] {
        assert_eq!(attempt.unwrap_err().code(), "lease-lost");
    }
    f.store
        .finish(&heir.lease, &result("profile p", 0.9))
        .unwrap();
    assert_eq!(f.store.case(&id).unwrap().revisions.len(), 1);
}

#[test]
fn a_scan_that_kills_workers_fails_at_the_third() {
    let f = fixture();
    let id = f.store.identify(&file("/in/a.nii", "a")).unwrap();
    let fault = Fault {
        code: "worker-hung".to_owned(),
        message: "it said nothing for 60 s".to_owned(),
        hint: String::new(),
    };
    for expected in [CaseState::Waiting, CaseState::Waiting, CaseState::Failed] {
        // Makes what waits for a later time due, as a restart of the daemon does.
        f.store.release_all().unwrap();
        assert!(f.store.has_due_work().unwrap());
        claim(&f.store);
        assert!(!f.store.has_due_work().unwrap());
        f.store.release("worker 1", &fault).unwrap();
        assert_eq!(state(&f.store, &id), expected);
        let waits = u64::from(expected == CaseState::Waiting);
        assert_eq!(f.store.queue().unwrap().bulk, waits);
        assert!(!f.store.has_due_work().unwrap(), "not at once");
    }
    assert_eq!(f.store.case(&id).unwrap().summary.fault, Some(fault));
    f.store.retry(&id, "ana").unwrap();
    assert_eq!(claim(&f.store).lease.case, id);
}

#[test]
fn faults_of_the_surroundings_pause_and_are_not_counted() {
    let f = fixture();
    let id = f.store.identify(&file("/in/a.nii", "a")).unwrap();
    for _ in 0..5 {
        let work = claim(&f.store);
        let outcome = f
            .store
            .fail(&work.lease, &fault(), FaultClass::Environment)
            .unwrap();
        assert_eq!(outcome, Outcome::Paused);
        assert_eq!(state(&f.store, &id), CaseState::Paused);
        assert_eq!(
            f.store.claim("worker 1", Lane::Any).unwrap(),
            None,
            "not due yet"
        );
        f.store.retry(&id, "ana").unwrap();
    }
}

#[test]
fn prompts_go_ahead_of_bulk_work_and_fall_back_if_they_fail() {
    let f = fixture();
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Flag))
        .unwrap();
    f.store.identify(&file("/in/b.nii", "b")).unwrap();
    let asked = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let work = f
        .store
        .claim("worker 1", Lane::Interactive)
        .unwrap()
        .unwrap();
    assert_eq!((work.lease.work, work.author.as_str()), (asked, "ben"));
    assert_eq!(state(&f.store, &id), CaseState::Segmenting);
    assert_eq!(f.store.claim("worker 1", Lane::Interactive).unwrap(), None);

    f.store
        .fail(&work.lease, &fault(), FaultClass::BadInput)
        .unwrap();
    assert_eq!(
        f.store.outcome(asked).unwrap(),
        WorkOutcome::Failed(fault())
    );
    assert_eq!(state(&f.store, &id), CaseState::Flagged, "as it was before");

    let asked = f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let work = claim(&f.store);
    assert_eq!(f.store.outcome(asked).unwrap(), WorkOutcome::Open);
    assert_eq!(f.store.finish(&work.lease, &result("ben", 0.7)).unwrap(), 2);
    assert_eq!(f.store.outcome(asked).unwrap(), WorkOutcome::Done(2));
    assert_eq!(state(&f.store, &id), CaseState::Review);
    assert_eq!(f.store.revision(&id, 2).unwrap().parent, Some(1));
}

#[test]
fn the_next_scan_is_seen_before_it_is_claimed_and_nothing_is_taken() {
    let f = fixture();
    let upcoming = || f.store.upcoming().unwrap().map(|scan| scan.case);
    assert_eq!(upcoming(), None);
    let first = f.store.identify(&file("/in/a.nii", "a")).unwrap();
    let second = f.store.identify(&file("/in/b.nii", "b")).unwrap();
    assert_eq!(upcoming(), Some(first.clone()));
    let work = claim(&f.store);
    assert_eq!(work.lease.case, first);
    let next = f.store.upcoming().unwrap().unwrap();
    assert_eq!((next.case, next.sha256.as_str()), (second.clone(), "b"));
    assert_eq!(next.source, Source::file("/in/b.nii"));
    assert_eq!(claim(&f.store).lease.case, second);
    assert_eq!(upcoming(), None, "all of it is being worked on");
    let outcome = f.store.fail(&work.lease, &fault(), FaultClass::Environment);
    assert_eq!(outcome.unwrap(), Outcome::Paused);
    assert_eq!(upcoming(), None, "not due yet");
}

#[test]
fn cases_in_review_are_those_nobody_decided_on_newest_first() {
    let f = fixture();
    let id = reviewed(&f.store);
    f.store.identify(&file("/in/b.nii", "b")).unwrap();
    let later = claim(&f.store);
    let listed = || -> Vec<CaseId> {
        let scans = f.store.in_review().unwrap();
        scans.into_iter().map(|scan| scan.case).collect()
    };
    assert_eq!(
        listed(),
        std::slice::from_ref(&id),
        "one is not segmented yet"
    );
    f.store
        .finish(&later.lease, &result("profile p", 0.8))
        .unwrap();
    let later = later.lease.case;
    assert_eq!(listed(), [later.clone(), id.clone()]);
    assert_eq!(f.store.in_review().unwrap()[0].revision, Some(1));
    f.store.request_prompt(&later, "ben", &prompt(1)).unwrap();
    let prompted = claim(&f.store);
    assert_eq!(state(&f.store, &later), CaseState::Segmenting);
    assert_eq!(listed().len(), 2, "a person is at it");
    let done = f
        .store
        .fail(&prompted.lease, &fault(), FaultClass::BadInput);
    assert_eq!(done.unwrap(), Outcome::GivenUp);
    f.store
        .decide(&later, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    assert_eq!(listed(), [id]);
}

#[test]
fn two_prompts_on_one_case_are_never_worked_on_at_once() {
    let f = fixture();
    let id = reviewed(&f.store);
    f.store.request_prompt(&id, "ben", &prompt(1)).unwrap();
    f.store.request_prompt(&id, "ben", &prompt(2)).unwrap();
    let first = claim(&f.store);
    assert_eq!(f.store.claim("worker 2", Lane::Any).unwrap(), None);
    f.store.finish(&first.lease, &result("ben", 0.7)).unwrap();
    let second = f.store.claim("worker 2", Lane::Any).unwrap().unwrap();
    assert_eq!(second.revision, Some(2), "it builds on what the first made");
}

#[test]
fn the_second_reviewer_is_told_who_was_first() {
    let f = fixture();
    let id = reviewed(&f.store);
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Approve))
        .unwrap();
    let error = f
        .store
        .decide(&id, "ben", &decision(1, Verdict::Reject))
        .unwrap_err();
    assert_eq!(error.code(), "already-decided");
    assert!(error.to_string().contains("ana"));
    f.store
        .decide(&id, "ana", &decision(1, Verdict::Reject))
        .unwrap();
    let overruled = DecisionRequest {
        overrule: true,
        ..decision(1, Verdict::Approve)
    };
    f.store.decide(&id, "ben", &overruled).unwrap();

    f.store.request_prompt(&id, "ana", &prompt(1)).unwrap();
    let work = claim(&f.store);
    assert_eq!(
        f.store
            .decide(&id, "ana", &decision(1, Verdict::Approve))
            .unwrap_err()
            .code(),
        "wrong-state"
    );
    f.store.finish(&work.lease, &result("ana", 0.9)).unwrap();
    let error = f
        .store
        .decide(&id, "ben", &decision(1, Verdict::Approve))
        .unwrap_err();
    assert_eq!(error.code(), "other-revision");
    assert!(error.to_string().contains("ana"));
}

#[test]
fn prompts_outside_the_scan_are_refused_at_once() {
    let f = fixture();
    let id = reviewed(&f.store);
    let error = f.store.request_prompt(&id, "ana", &prompt(4)).unwrap_err();
    assert_eq!(error.code(), "prompt-outside");
    assert_eq!(f.store.claim("worker 1", Lane::Any).unwrap(), None);
}

#[test]
fn outputs_of_scans_with_the_same_name_do_not_collide() {
    let f = fixture();
    f.store.identify(&file("/in/a.nii", "a")).unwrap();
    f.store.identify(&file("/in/a.nii.gz", "b")).unwrap();
    let (first, second) = (claim(&f.store), claim(&f.store));
    let reserve = |work: &Work| {
        f.store
            .reserve_output(&work.lease, Path::new("/out"), "a")
            .unwrap()
    };
    assert_eq!(reserve(&first), "a");
    assert_eq!(reserve(&second), format!("a-{}", second.lease.case));
    assert_eq!(reserve(&first), "a", "once given, always the same");
}

#[test]
fn a_reservation_renews_an_old_lease_and_writes_nothing_for_a_young_one() {
    let f = fixture();
    f.store.identify(&file("/in/a.nii", "a")).unwrap();
    let work = claim(&f.store);
    let reserve = || {
        let name = f
            .store
            .reserve_output(&work.lease, Path::new("/out"), "a")
            .unwrap();
        assert_eq!(name, "a");
    };
    reserve();
    let left = || {
        let sql = "SELECT lease_until FROM work";
        let until: i64 = f.store.lock().query_row(sql, [], |r| r.get(0)).unwrap();
        until - clock::since_boot_ms()
    };
    let log = SqliteStore::file(f.folder.path()).with_extension("sqlite-wal");
    let written = || std::fs::metadata(&log).unwrap().len();
    let before = written();
    reserve();
    assert_eq!(written(), before);
    let soon = clock::since_boot_ms() + 1000;
    let sql = "UPDATE work SET lease_until = ?1";
    f.store.lock().execute(sql, [soon]).unwrap();
    reserve();
    assert!(left() > 30_000, "{} ms", left());
}

#[test]
fn ids_can_be_shortened_while_they_are_unique() {
    let f = fixture();
    let id = reviewed(&f.store);
    assert_eq!(f.store.find(&id.0[..4]).unwrap(), id);
    assert_eq!(f.store.find("zz").unwrap_err().code(), "no-such-case");
    assert_eq!(f.store.find("").unwrap_err().code(), "ambiguous-case");
}

#[test]
fn revisions_and_the_log_cannot_be_changed() {
    let f = fixture();
    reviewed(&f.store);
    let connection = f.store.lock();
    for sql in [
        "UPDATE revisions SET provenance = '{}'",
        "DELETE FROM revisions",
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
    ] {
        assert!(connection.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let f = fixture();
    f.store
        .lock()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let path = SqliteStore::file(f.folder.path());
    let Err(error) = SqliteStore::open(&path) else {
        panic!("opened a newer store");
    };
    assert_eq!(error.code(), "store-newer");
}

#[test]
fn several_workers_share_the_work_without_overlap() {
    let f = fixture();
    for n in 0..40 {
        f.store
            .identify(&file(&format!("/in/{n}.nii"), &n.to_string()))
            .unwrap();
    }
    let path = SqliteStore::file(f.folder.path());
    let claimed: Vec<CaseId> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|n| {
                let path = &path;
                scope.spawn(move || {
                    let store = SqliteStore::open(path).unwrap();
                    let owner = format!("worker {n}");
                    let mut mine = Vec::new();
                    while let Some(work) = store.claim(&owner, Lane::Any).unwrap() {
                        store
                            .finish(&work.lease, &result("profile p", 0.8))
                            .unwrap();
                        mine.push(work.lease.case);
                    }
                    mine
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect()
    });
    let unique: std::collections::BTreeSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), unique.len()), (40, 40));
}
