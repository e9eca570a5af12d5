use super::*;
use crate::case::{Action, CaseId, CaseState, RevisionNumber};
use crate::geometry::{Axis, Dims};
use crate::hand::Stroke;
use crate::mask::{MaskSet, ObjectMask, Rle};
use crate::place::{Label, Place};
use crate::progress::Progress;
use crate::prompt::{SlicePoint, SlicePrompt};
use crate::provenance::{ModelRecord, Provenance, RuntimeRecord};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

mod by_hand;

const DIMS: Dims = Dims([8, 8, 4]);

fn label(number: u16) -> Label {
    Label::new(number).unwrap()
}

fn place(number: u16, index: u32) -> Place {
    Place::new(label(number), index)
}

fn prompt(number: u16, index: u32, points: usize) -> SlicePrompt {
    let point = |x| SlicePoint {
        x: x as u32,
        y: 1,
        positive: true,
    };
    SlicePrompt {
        points: (0..points).map(point).collect(),
        ..SlicePrompt::nothing(place(number, index))
    }
}

fn masks_of(number: u16, index: u32, areas: &[u32]) -> Answered {
    let candidate = |&area| Candidate {
        mask: Rle(vec![0, area]),
        predicted_iou: 0.9,
        stability: 0.9,
        agreement: None,
        steadiness: None,
    };
    Answered {
        label: label(number),
        model: ModelRecord {
            name: "m".into(),
            family: "f".into(),
            hash: "h".into(),
            understands: None,
        },
        runtime: RuntimeRecord {
            name: "r".into(),
            device: "cpu".into(),
            precision: "f32".into(),
            threads: 1,
        },
        slices: vec![SliceAnswer {
            prompt: prompt(number, index, 1),
            drawn: None,
            before: None,
            propagated: false,
            candidates: areas.iter().map(candidate).collect(),
            chosen: 0,
        }],
        report: None,
        rule: None,
    }
}

fn propagated(number: u16, index: u32, area: u32) -> Answered {
    let mut answered = masks_of(number, index, &[area]);
    answered.slices[0].propagated = true;
    answered
}

/// The masks of every revision.
fn base() -> MaskSet {
    let mut masks = MaskSet::empty(DIMS, Axis::K);
    for index in [0, 3] {
        masks.set_runs(label(1), "one", index, Rle(vec![0, 8]));
    }
    masks
}

/// How every revision came about: slice 3 by a person, who set its first pixel.
fn provenance() -> Provenance {
    let affine = [
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ];
    let score =
        |index| json!({ "index": index, "area": 8, "predicted_iou": 0.5, "stability": 0.75 });
    let made = json!({
        "generated_by": "", "created": "2026-01-02T12:00:00Z", "author": "ben",
        "scan": {
            "path": "", "sha256": "", "dims": [8, 8, 4], "affine": affine, "voxel_type": "int16",
        },
        "axis": "k", "plane": "axial", "window": "minmax", "range": "slice",
        "model": { "name": "m", "family": "f", "hash": "h" },
        "runtime": { "name": "r", "device": "cpu", "threads": 1 },
        "prompts": [],
        "edited": [[1, 3]],
        "painted": [{ "place": [1, 3], "set": [0, 1] }],
        "objects": [{
            "label": 1, "name": "one", "voxels": 16, "volume_ml": 0.016,
            "slices": [score(0), score(3)],
        }],
        "timings": {
            "model_s": 0.0, "load_s": 0.0, "embed_s": 0.0, "slices_embedded": 0,
            "slices_cached": 0, "decode_s": 0.0, "decodes": 0, "write_s": 0.0, "total_s": 0.0,
        },
    });
    serde_json::from_value(made).unwrap()
}

fn areas(draft: &Draft) -> Vec<(u16, u32, u64)> {
    let masks = draft.masks(&MaskSet::empty(DIMS, Axis::K));
    let of = |object: &ObjectMask| {
        let label = object.label.get();
        let slices = object.slices.iter();
        slices
            .map(|(&index, runs)| (label, index, runs.area()))
            .collect::<Vec<_>>()
    };
    masks.objects.iter().flat_map(of).collect()
}

/// A case with object 1, which has the first row of slices 0 and 3.
struct Case {
    id: CaseId,
    state: CaseState,
    current: RevisionNumber,
    edited: BTreeSet<Place>,
    last_version: u64,
    masks: MaskSet,
    made: Provenance,
    /// Whether masks of revisions are at hand.
    has_masks: bool,
}

impl Case {
    fn at(current: RevisionNumber) -> Self {
        Case {
            id: CaseId("c".into()),
            state: CaseState::Review,
            current,
            edited: BTreeSet::new(),
            last_version: 0,
            masks: base(),
            made: provenance(),
            has_masks: true,
        }
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            case: &self.id,
            state: self.state,
            current: Some(Current {
                number: self.current,
                author: "ben",
            }),
            base: Some(Base {
                dims: DIMS,
                axis: Axis::K,
                labels: [label(1)].into(),
                edited: &self.edited,
            }),
            looked_at: match self.has_masks {
                true => LookedAt::Masks(&self.masks, &self.made),
                false => LookedAt::Unread,
            },
            last_version: self.last_version,
        }
    }

    /// Makes a change to the draft as it is, on the current revision.
    fn change(
        &self,
        slot: &mut Option<Draft>,
        change: DraftChange,
    ) -> Result<Applied, DraftRefusal> {
        let request = DraftRequest {
            revision: self.current,
            version: slot.as_ref().map_or(0, |draft| draft.version),
            change,
        };
        Draft::apply(slot, &request, &self.around())
    }
}

fn draw(number: u16, index: u32, points: usize) -> DraftChange {
    let prompt = prompt(number, index, points);
    DraftChange::Draw { prompt }
}

fn segment(number: u16, index: u32) -> DraftChange {
    let label = label(number);
    DraftChange::Segment { label, index }
}

fn choose(number: u16, index: u32, candidate: u32) -> DraftChange {
    DraftChange::Choose {
        label: label(number),
        index,
        candidate,
    }
}

/// A draft with a box on slice 2 and its masks.
fn segmented(case: &Case) -> Option<Draft> {
    let mut slot = None;
    case.change(&mut slot, draw(1, 2, 1)).unwrap();
    case.change(&mut slot, segment(1, 2)).unwrap();
    work_is_done(&mut slot, masks_of(1, 2, &[5, 9]));
    slot
}

fn work_is_done(slot: &mut Option<Draft>, answered: Answered) {
    let draft = slot.as_mut().unwrap();
    draft.take_answer(answered);
    draft.working = None;
}

#[test]
fn undoing_and_redoing_give_back_what_was_there() {
    let case = Case::at(1);
    let mut slot = segmented(&case);
    case.change(&mut slot, choose(1, 2, 1)).unwrap();
    case.change(&mut slot, draw(1, 2, 0)).unwrap();
    let seen = |slot: &Option<Draft>| {
        let draft = slot.as_ref().unwrap();
        (areas(draft), draft.drawn().len())
    };
    assert_eq!(seen(&slot), (vec![(1, 2, 9)], 0));
    assert_eq!(slot.as_ref().unwrap().answer(place(1, 2)).unwrap().1, 1);
    for _ in 0..2 {
        case.change(&mut slot, DraftChange::Undo).unwrap();
    }
    assert_eq!(seen(&slot), (vec![(1, 2, 5)], 1));
    assert!(slot.as_ref().unwrap().can_redo());
    case.change(&mut slot, DraftChange::Undo).unwrap();
    assert_eq!(seen(&slot).0, []);
    let applied = slot.as_mut().unwrap().take_answer(masks_of(1, 2, &[3]));
    assert_eq!((applied.kept, seen(&slot).0), (1, vec![(1, 2, 3)]));
    assert!(
        !slot.as_ref().unwrap().can_redo(),
        "undone steps are gone after a new one"
    );
}

#[test]
fn on_another_revision_propagated_masks_give_way_to_those_that_people_made() {
    let mut case = Case::at(1);
    let mut slot = segmented(&case);
    for index in [0, 1] {
        work_is_done(&mut slot, propagated(1, index, 4));
    }
    case.current = 2;
    case.edited = [place(1, 0), place(1, 2), place(2, 1)].into();
    let refused = case.change(&mut slot, DraftChange::Commit).unwrap_err();
    assert!(refused.is_conflict() && refused.code() == "other-revision");
    assert!(refused.to_string().contains("at revision 2, made by ben"));
    let applied = case.change(&mut slot, DraftChange::Rebase).unwrap();
    assert_eq!(applied.rewritten, [2]);
    let draft = slot.as_ref().unwrap();
    assert_eq!(areas(draft), [(1, 1, 4), (1, 2, 5)]);
    assert_eq!((draft.revision, draft.position), (2, 4));
    let again = case.change(&mut slot, DraftChange::Rebase).unwrap();
    assert_eq!(again.rewritten, [0u32; 0], "nothing is left to give way");
    let commit = case.change(&mut slot, DraftChange::Commit).unwrap();
    assert_eq!(commit.noted.unwrap().detail, "slice 1, 2");
}

#[test]
fn new_objects_have_their_names_and_slices_of_their_own() {
    let case = Case::at(1);
    let mut slot = None;
    let object = |number, name: &str| DraftChange::Object {
        label: label(number),
        name: name.into(),
    };
    case.change(&mut slot, object(4, "cyst")).unwrap();
    for (number, refusal) in [
        (1, DraftRefusal::LabelTaken(label(1))),
        (4, DraftRefusal::LabelTaken(label(4))),
    ] {
        assert_eq!(case.change(&mut slot, object(number, "x")), Err(refusal));
    }
    assert_eq!(
        case.change(&mut slot, object(5, " ")),
        Err(DraftRefusal::NameMissing(label(5)))
    );
    for (number, area) in [(4, 2), (1, 3)] {
        work_is_done(&mut slot, masks_of(number, 0, &[area]));
    }
    let draft = slot.unwrap();
    assert_eq!(areas(&draft), [(1, 0, 3), (4, 0, 2)]);
    let masks = draft.masks(&MaskSet::empty(DIMS, Axis::K));
    assert_eq!(masks.object(label(4)).unwrap().name, "cyst");
    assert_eq!(masks.object(label(1)).unwrap().name, "object 1");
}

#[test]
fn a_draft_begins_where_the_versions_of_the_last_one_ended() {
    let mut case = Case::at(3);
    case.last_version = 7;
    let mut slot = None;
    let applied = case.change(&mut slot, draw(1, 0, 1)).unwrap();
    let draft = slot.as_ref().unwrap();
    assert_eq!((draft.revision, draft.version), (3, 8));
    assert_eq!(applied.noted.unwrap().action, Action::Drafted);
    case.change(&mut slot, DraftChange::Discard).unwrap();
    // A discarded draft counts as none.
    let request = DraftRequest {
        revision: 3,
        version: 0,
        change: draw(1, 1, 1),
    };
    let applied = Draft::apply(&mut slot, &request, &case.around()).unwrap();
    assert_eq!((applied.kept, slot.unwrap().version), (0, 10));
    case.state = CaseState::Embedding;
    let mut slot = None;
    let refused = case.change(&mut slot, draw(1, 0, 1)).unwrap_err();
    assert_eq!((refused.code(), slot), ("wrong-state", None));
}

#[test]
fn only_cancelling_needs_no_version() {
    let case = Case::at(1);
    let mut slot = segmented(&case);
    let version = slot.as_ref().unwrap().version;
    let mut ask = |version, change| {
        let request = DraftRequest {
            revision: 1,
            version,
            change,
        };
        Draft::apply(&mut slot, &request, &case.around())
    };
    for wrong in [0, version - 1, version + 1] {
        let moved = Err(DraftRefusal::Moved(CaseId("c".into())));
        assert_eq!(ask(wrong, DraftChange::Undo), moved);
    }
    assert!(ask(0, DraftChange::Cancel).unwrap().cancels);
}

#[test]
fn work_for_a_draft_bars_its_commit_until_it_is_done_or_given_up() {
    let case = Case::at(1);
    let mut slot = segmented(&case);
    let propagate = DraftChange::Propagate {
        label: label(1),
        slices: Slices::Within(1, 3),
        force: true,
        through: None,
    };
    let applied = case.change(&mut slot, propagate).unwrap();
    let asked = Propagate {
        label: label(1),
        slices: Slices::Within(1, 3),
        force: true,
        through: None,
    };
    assert_eq!(applied.work, Some(DraftWork::Propagate(asked)));
    assert_eq!(
        slot.as_ref().unwrap().working,
        Some(Progress { done: 0, total: 0 })
    );
    let commit = |slot: &mut _| case.change(slot, DraftChange::Commit);
    assert_eq!(commit(&mut slot), Err(DraftRefusal::Busy));
    case.change(&mut slot, DraftChange::Cancel).unwrap();
    assert_eq!(commit(&mut slot).unwrap().work, Some(DraftWork::Commit));
}

fn any_change() -> impl Strategy<Value = DraftChange> {
    let (number, index) = (1u16..4, 0u32..5);
    let place = (number.clone(), index);
    prop_oneof![
        2 => (number.clone(), "[ab]?").prop_map(|(n, name)| DraftChange::Object {
            label: label(n),
            name
        }),
        6 => (place.clone(), 0usize..12).prop_map(|((n, i), points)| draw(n, i, points)),
        3 => (place.clone(), 0u32..3).prop_map(|((n, i), c)| choose(n, i, c)),
        6 => place.clone().prop_map(|(n, i)| segment(n, i)),
        2 => number.clone().prop_map(|n| DraftChange::Propagate {
            label: label(n),
            slices: Slices::All,
            force: false,
            through: None,
        }),
        4 => by_hand::stroke(place.clone()),
        2 => by_hand::emptying(number.clone()),
        1 => number.clone().prop_map(|n| DraftChange::Revert {
            to: 1,
            label: Some(label(n)),
            slices: Slices::All,
        }),
        1 => (place, 0u32..5).prop_map(|((n, from), to)| DraftChange::Copy {
            label: label(n),
            from,
            to,
        }),
        1 => number.prop_map(|n| DraftChange::Interpolate {
            label: label(n),
            slices: Slices::All,
        }),
        1 => Just(DraftChange::Cancel),
        4 => Just(DraftChange::Undo),
        3 => Just(DraftChange::Redo),
        1 => Just(DraftChange::Discard),
        1 => Just(DraftChange::Restore),
        1 => Just(DraftChange::Rebase),
        1 => Just(DraftChange::Commit),
    ]
}

/// The answer of a worker.
fn masks_for(work: DraftWork, area: u32) -> Option<Answered> {
    match work {
        DraftWork::Preview(place) => {
            Some(masks_of(place.label.get(), place.index, &[area, area + 1]))
        }
        DraftWork::Propagate(asked) => Some(propagated(asked.label.get(), area % 4, area)),
        DraftWork::Boxes(asked) => Some(masks_of(asked.label.get(), area % 4, &[area])),
        DraftWork::Commit => None,
    }
}

/// The steps of a draft as a store keeps them: changed only by what [`Applied`] says.
fn keep(kept: &mut Vec<Step>, applied: &Applied, draft: &Draft) {
    kept.truncate(applied.kept as usize);
    for &number in &applied.rewritten {
        let at = number as usize;
        kept[at] = draft.steps[at].clone();
    }
    kept.extend(applied.step.clone());
}

proptest! {
    /// A refusal changes nothing; each change is one version, and says everything that a store must write.
    #[test]
    fn every_change_is_refused_or_told_in_full(
        changes in prop::collection::vec((any_change(), prop::bool::ANY), 1..40),
    ) {
        let mut case = Case::at(1);
        case.edited = [place(1, 1), place(2, 2)].into();
        let (mut slot, mut kept) = (None, Vec::new());
        for (area, (change, answers)) in (1..).zip(changes) {
            let before = slot.clone();
            match case.change(&mut slot, change) {
                Err(refusal) => {
                    prop_assert_eq!(&slot, &before);
                    prop_assert!(!refusal.hint().is_empty());
                }
                Ok(applied) => {
                    let draft = slot.as_mut().unwrap();
                    prop_assert_eq!(draft.version, before.map_or(0, |d| d.version) + 1);
                    keep(&mut kept, &applied, draft);
                    let work = applied.work.filter(|_| answers);
                    if let Some(masks) = work.and_then(|work| masks_for(work, area)) {
                        let applied = draft.take_answer(masks);
                        draft.working = None;
                        keep(&mut kept, &applied, draft);
                    }
                    prop_assert_eq!(&kept, &draft.steps);
                    prop_assert!(draft.position as usize <= draft.steps.len());
                }
            }
        }
    }

    /// Undoing steps and redoing as many gives the same draft, but for its version. So does
    /// discarding it and bringing it back.
    #[test]
    fn what_is_undone_and_done_again_is_as_before(
        changes in prop::collection::vec(any_change(), 1..30),
        back in 1usize..10,
    ) {
        let case = Case::at(1);
        let mut slot = segmented(&case);
        for (area, change) in (1..).zip(changes) {
            let work = case.change(&mut slot, change).ok().and_then(|applied| applied.work);
            if let Some(masks) = work.and_then(|work| masks_for(work, area)) {
                work_is_done(&mut slot, masks);
            }
        }
        if slot.as_ref().unwrap().discarded {
            case.change(&mut slot, DraftChange::Restore).unwrap();
        }
        case.change(&mut slot, DraftChange::Cancel).unwrap();
        let before = slot.clone().unwrap();
        let count = back.min(before.position as usize);
        for _ in 0..count {
            case.change(&mut slot, DraftChange::Undo).unwrap();
        }
        for _ in 0..count {
            case.change(&mut slot, DraftChange::Redo).unwrap();
        }
        case.change(&mut slot, DraftChange::Discard).unwrap();
        case.change(&mut slot, DraftChange::Restore).unwrap();
        let mut after = slot.unwrap();
        prop_assert!(after.version > before.version);
        after.version = before.version;
        prop_assert_eq!(after, before);
    }

    /// A client that makes its changes at once sees what the daemon makes of them later, whatever
    /// the versions are that the daemon counts.
    #[test]
    fn a_client_that_is_ahead_sees_the_draft_that_the_daemon_will_have(
        changes in prop::collection::vec(any_change(), 1..30),
        last_version in 0u64..9,
    ) {
        let (ahead, mut daemon) = (Case::at(1), Case::at(1));
        daemon.last_version = last_version;
        let (mut seen, mut kept) = (None, None);
        let first: Vec<_> = changes.iter().map(|c| ahead.change(&mut seen, c.clone())).collect();
        let later: Vec<_> = changes.iter().map(|c| daemon.change(&mut kept, c.clone())).collect();
        prop_assert_eq!(first, later);
        let content = |slot: Option<Draft>| slot.map(|draft| Draft { version: 0, ..draft });
        prop_assert_eq!(content(seen), content(kept));
    }
}
