//! The story that every store has to tell, run against each of them by its address.
//!
//! The clock stands still unless a story moves it, so nothing here waits.

mod arrivals;
mod cohort;
mod decisions;
mod drafts;
mod histories;
mod life;
mod outputs;
mod queue;
mod references;
mod second_readings;
mod sidecars;
mod standing;

use super::*;
use crate::case::arrival::{Identification, Look};
use crate::case::share::Share;
use crate::case::sidecar::PromptsFile;
use crate::case::{Case, Outcome, Refusal, Tick};
use crate::case::{FaultClass, Lane, Owner, Task};
use crate::scan::{Fingerprint, Source};
use crate::store::{MemoryStore, NewRevision};
use jiff::Timestamp;
use medicosam_shared::api::{DecisionRequest, DraftRequest, PromptRequest, UndoRequest};
use medicosam_shared::case::{
    Action, CaseId, CaseState, CaseSummary, Event, Fault, RevisionNumber, Verdict,
};
use medicosam_shared::draft::Answered;
use medicosam_shared::geometry::{Affine, Axis, Dims, Plane};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use medicosam_shared::provenance::{
    ModelRecord, ObjectResult, OutputFiles, Provenance, RuntimeRecord, ScanInfo, ScanRecord,
    SliceScore, Timings,
};
use medicosam_shared::window::{Range, Window};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const DIMS: Dims = Dims([16, 16, 4]);

/// A clock that is moved by hand; each look at it takes a millisecond.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl Default for HandClock {
    fn default() -> Self {
        HandClock(Arc::new(AtomicI64::new(1_000_000)))
    }
}

impl HandClock {
    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as i64, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Now {
        let tick = self.0.fetch_add(1, Ordering::SeqCst);
        Now {
            date: Timestamp::from_millisecond(1_700_000_000_000 + tick).unwrap(),
            tick: Tick(tick),
        }
    }
}

/// A profile whose cases are all read a second time.
const TWICE: &str = "twice";

/// A registry over the store at an address: `memory:`, or `sqlite:` and a path.
pub fn open(address: &str, clock: HandClock) -> Registry {
    let shares = Shares::from([(TWICE.to_owned(), Share::ALL)]);
    let registry = match address.split_once(':') {
        Some(("memory", _)) => Registry::new(MemoryStore::default(), clock),
        Some(("sqlite", path)) => Registry::new(SqliteStore::open(Path::new(path)).unwrap(), clock),
        _ => panic!("no store has the address {address}"),
    };
    registry.with_second_readings(shares)
}

/// A registry with nothing in it.
pub struct Fixture {
    pub store: Registry,
    pub clock: HandClock,
    address: String,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn new(kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("{kind}:{}", folder.path().join("store.sqlite").display());
        let clock = HandClock::default();
        Fixture {
            store: open(&address, clock.clone()),
            clock,
            address,
            _folder: folder,
        }
    }

    /// What another process sees, or this one after a restart; nothing if the store ends with its
    /// process.
    fn opened_again(&self) -> Option<Registry> {
        let is_kept = !self.address.starts_with("memory:");
        is_kept.then(|| open(&self.address, self.clock.clone()))
    }
}

/// Runs stories against every store.
macro_rules! stories {
    ($($file:ident { $($story:ident,)* })*) => {
        mod memory {
            $($( #[test] fn $story() { super::$file::$story(&super::Fixture::new("memory")); } )*)*
        }
        mod sqlite {
            $($( #[test] fn $story() { super::$file::$story(&super::Fixture::new("sqlite")); } )*)*
        }
    };
}

stories! {
    life {
        a_case_from_file_to_approval_leaves_a_full_trail,
        everything_is_still_there_after_opening_again,
        work_of_a_superseded_case_is_lost_to_its_worker,
        a_worker_given_up_for_dead_cannot_commit,
        a_scan_that_kills_workers_fails_at_the_third,
        faults_of_the_surroundings_pause_and_are_not_counted,
        prompts_go_ahead_of_bulk_work_and_fall_back_if_they_fail,
        of_twenty_prompts_on_one_revision_one_wins_and_nineteen_learn_whose,
        the_next_scan_is_seen_before_it_is_claimed_and_nothing_is_taken,
        cases_in_review_are_those_nobody_decided_on_newest_first,
        the_second_reviewer_is_told_who_was_first,
        prompts_outside_the_scan_are_refused_at_once,
        outputs_of_scans_with_the_same_name_do_not_collide,
        a_reservation_renews_an_old_lease_only,
        ids_can_be_shortened_while_they_are_unique,
    }
    outputs {
        a_result_in_the_way_waits_for_a_person,
        a_person_keeps_what_lies_there_or_replaces_it_once,
        only_the_result_that_was_seen_is_replaced,
        the_decision_that_stands_is_recorded_with_its_revision,
        results_follow_their_scan_and_whatever_was_interrupted_is_done_again,
        results_that_cannot_follow_stay_and_the_case_says_so,
        results_get_another_name_where_another_case_has_theirs,
    }
    decisions {
        decisions_are_taken_back_one_by_one_and_stay_in_the_history,
        only_ones_own_decision_can_be_taken_back,
        a_new_mask_leaves_nothing_to_take_back,
        a_note_is_written_down_and_changes_nothing_else,
        who_was_first_is_told_with_time_and_reason,
        some_cases_are_read_without_the_others,
        what_a_policy_approves_is_marked_and_anybodys_to_change,
        a_case_is_assigned_and_whoever_else_decides_is_named,
        a_failed_case_is_put_away_until_it_is_tried_again,
        volumes_of_other_cases_are_those_of_their_current_revisions,
    }
    cohort {
        a_case_is_compared_again_when_there_are_more,
        what_was_decided_keeps_its_score,
    }
    references {
        reference_masks_are_kept_replaced_and_removed,
        masks_are_put_up_as_they_are_once_and_not_over_a_decision,
    }
    queue {
        a_case_that_is_put_first_is_the_next_and_the_last_one_before_all,
        a_case_that_waits_for_its_surroundings_need_not_wait_any_longer,
        a_case_that_asks_a_person_is_not_hurried,
        while_the_intake_is_paused_no_scan_is_begun_and_people_are_answered,
    }
    second_readings {
        a_decision_draws_a_second_reading_that_shows_nothing_of_the_first,
        those_who_read_first_are_refused_and_others_are_not,
        neither_a_flag_nor_a_policy_nor_a_second_reading_draws_one,
        it_goes_along_with_its_scan_and_is_no_scan_of_its_own,
        it_leaves_the_list_with_content_that_was_replaced_and_comes_back_with_it,
        its_results_have_a_name_of_their_own,
        a_second_reading_that_failed_is_tried_again_as_what_it_is,
        agreement_is_of_pairs_that_two_people_have_decided,
    }
    sidecars {
        a_new_file_has_the_scan_segmented_again_and_a_known_one_has_not,
        what_a_worker_read_before_it_was_seen_is_not_done_twice,
        a_decision_outlasts_it_and_a_case_that_waits_for_it_goes_on,
        a_removed_file_has_the_scan_segmented_again_by_what_remains,
        a_case_that_goes_off_the_list_takes_what_a_sidecar_had_queued_along,
        files_of_cases_without_a_profile_are_looked_at_again,
    }
    drafts {
        a_preview_makes_no_revision_and_a_commit_makes_one_of_all,
        a_draft_is_still_there_after_opening_again_and_its_work_is_done_again,
        of_two_reviewers_the_second_learns_who_was_first_and_keeps_the_draft,
        a_change_to_another_version_of_the_draft_is_refused,
        a_discarded_draft_can_be_brought_back_until_another_is_begun,
        cancelled_work_is_not_taken_and_whoever_has_it_notices,
        a_preview_that_fails_says_so_and_leaves_case_and_draft_as_they_were,
        what_makes_no_sense_is_refused_and_changes_nothing,
    }
    arrivals {
        every_name_has_a_case_of_its_own_and_a_copy_outlives_its_original,
        a_file_that_moves_takes_its_case_along_at_every_stage,
        a_renamed_file_is_known_although_another_took_its_name,
        a_file_whose_share_is_away_is_copied_and_not_moved,
        a_removed_file_takes_an_unfinished_case_off_the_list_until_it_returns,
        a_file_that_goes_while_it_is_worked_on_is_withdrawn_afterwards,
        a_replaced_file_supersedes_its_case_until_somebody_decided,
        a_sidecar_that_moves_with_its_scan_says_nothing_new,
    }
    standing {
        a_correction_that_fails_leaves_what_was_decided_meanwhile,
        bulk_work_gives_way_to_a_decision,
        a_paused_correction_goes_on_where_its_scan_has_moved,
        a_draft_that_is_given_up_leaves_its_case_as_it_was,
        a_correction_does_not_wait_for_a_scan_that_was_deleted,
        what_was_never_tried_comes_before_what_waited_for_its_surroundings,
        work_that_a_failing_store_interrupted_counts_as_no_try,
        a_scan_that_is_bad_and_gone_leaves_the_list,
        volumes_that_a_file_has_no_more_leave_the_list,
    }
}

fn info() -> ScanInfo {
    ScanInfo {
        dims: DIMS,
        affine: Affine::from_spacing([1.0, 1.0, 3.0]),
        voxel_type: "int16".into(),
        picture: false,
        notes: Vec::new(),
    }
}

/// A file whose inode follows from its content, as if it was only ever renamed.
fn file(path: &str, content: &str) -> Identification {
    let ino = content.bytes().map(u64::from).sum();
    let fingerprint = Fingerprint {
        dev: 1,
        ino,
        size: content.len() as u64,
        mtime_ns: 3,
        ctime_ns: 4,
    };
    Identification {
        source: Source::file(path),
        stamp: [fingerprint].into_iter().collect(),
        sha256: content.into(),
        profile: "p".into(),
        scan: Ok(info()),
    }
}

fn worker(number: u32) -> Owner {
    Owner::new(&format!("worker {number}"), "lab", "boot", 100 + number)
}

impl Registry {
    /// A file is found, and all others are where they were.
    fn found(&self, file: &Identification) -> Result<CaseId> {
        self.found_when(file, Look::Unsure)
    }

    /// A file is found, and the files of all cases with its content look like this.
    fn found_when(&self, file: &Identification, look: Look) -> Result<CaseId> {
        let found = self.identify_all(std::slice::from_ref(file), |_| look.clone());
        found.map(|mut ids| ids.remove(0))
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
                files: Vec::new(),
                frame: None,
                sha256: "a".into(),
                info: info(),
            },
            axis: Axis::K,
            plane: Plane::Axial,
            shown: None,
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
            drawn: Vec::new(),
            sources: Vec::new(),
            edited: Default::default(),
            painted: Default::default(),
            masks: Default::default(),
            objects: vec![ObjectResult {
                label,
                name: "thing".into(),
                voxels: 10,
                volume_ml: Some(0.03),
                slices: vec![SliceScore {
                    index: 1,
                    area: 10,
                    predicted_iou,
                    stability: 0.9,
                    agreement: None,
                    steadiness: None,
                }],
            }],
            kept_in: None,
            timings: Timings::default(),
        },
        masks: MaskSet::empty(DIMS, Axis::K),
        output: OutputFiles {
            label_map: "/out/a_dseg.nii.gz".into(),
            provenance: "/out/a_dseg.json".into(),
            label_table: "/out/a_dseg.tsv".into(),
            sha256: None,
            folder: None,
        },
    }
}

fn claim(store: &Registry) -> Work {
    store.claim(&worker(1), Lane::Any).unwrap().unwrap()
}

/// A new case of this name, whose result lies in a folder.
pub fn result_of_new_case(store: &Registry, name: &str, folder: &Path) -> CaseId {
    let id = store
        .found(&file(&format!("/in/{name}.nii"), name))
        .unwrap();
    let work = claim(store);
    let names = ["_dseg.nii.gz", "_dseg.json", "_dseg.tsv"].map(|end| format!("{name}{end}"));
    let revision = NewRevision {
        output: OutputFiles::in_folder(folder, names.each_ref().map(String::as_str), None),
        ..result("profile p", 0.8)
    };
    store.finish(&work.lease, &revision).unwrap();
    id
}

/// A case with one revision, up for review.
fn reviewed(store: &Registry) -> CaseId {
    let id = store.found(&file("/in/a.nii", "a")).unwrap();
    let work = claim(store);
    store
        .finish(&work.lease, &result("profile p", 0.8))
        .unwrap();
    id
}

pub fn decision(revision: u32, verdict: Verdict) -> DecisionRequest {
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
        boxes: Vec::new(),
        propagation: None,
    }
}

fn state(store: &Registry, id: &CaseId) -> CaseState {
    store.case(id).unwrap().summary.state
}
