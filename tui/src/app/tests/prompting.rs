//! Drafts, as key strings.

use super::*;
use crate::app::dialog::question::Question;
use crate::app::draft::known::Known;
use medicosam_shared::api::{DraftChange, DraftProgress, DraftRequest, DraftResponse, DraftView};
use medicosam_shared::draft::{Answered, Candidate, Draft, DraftWork, SliceAnswer};
use medicosam_shared::mask::Rle;
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};
use medicosam_shared::understands::Understands;

/// A daemon that keeps one draft.
#[derive(Default)]
pub(super) struct Daemon {
    draft: Option<Draft>,
    asked: Vec<DraftRequest>,
    understands: Option<Understands>,
    /// Pixels of the mask that an answer replaces, as far as it says.
    pub(super) before: Option<u64>,
}

impl Daemon {
    /// What was asked for, in order.
    pub(super) fn asked_changes(&self) -> impl Iterator<Item = &DraftChange> {
        self.asked.iter().map(|request| &request.change)
    }

    /// Presses keys, and answers what they ask of the draft; returns everything else.
    pub(super) fn press(&mut self, model: &mut Model, keys: &str) -> Vec<Effect> {
        let effects = press(model, keys);
        self.answer(model, effects)
    }

    pub(super) fn answer(&mut self, model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
        let (mut open, mut left) = (effects, Vec::new());
        while !open.is_empty() {
            let reply = match open.remove(0) {
                Effect::ChangeDraft { case, request } => Answer::DraftChanged {
                    case,
                    result: Ok(self.change(request)),
                    elapsed: Duration::from_millis(61),
                },
                Effect::LoadDraft(case) => self.view(case),
                other => {
                    left.push(other);
                    continue;
                }
            };
            open.extend(handle(model, Event::from(reply)));
            open = serve_all_but_drafts(model, open);
        }
        left
    }

    fn view(&self, case: CaseId) -> Answer {
        Answer::Draft {
            case,
            result: Ok(DraftView {
                draft: self.draft.clone(),
                understands: self.understands,
            }),
        }
    }

    fn change(&mut self, request: DraftRequest) -> DraftResponse {
        self.asked.push(request.clone());
        let (case, detail) = (
            id("one"),
            detail("one", CaseState::Review, request.revision),
        );
        let known = Known {
            case: &case,
            detail: Some(&detail),
            masks: &[],
        };
        let around = known.around(self.draft.as_ref(), &request).unwrap();
        let applied = Draft::apply(&mut self.draft, &request, &around);
        let applied = applied.unwrap_or_else(|refusal| panic!("{request:?}: {refusal}"));
        let draft = self.draft.as_mut().unwrap();
        let step = match applied.work {
            None => applied.step,
            Some(DraftWork::Preview(place)) => {
                let prompt = draft.drawn()[&place].clone();
                draft.working = None;
                let mut answered = answered(place.label, prompt);
                answered.slices[0].before = self.before;
                draft.take_answer(answered).step
            }
            Some(DraftWork::Propagate(_) | DraftWork::Boxes(_)) => {
                draft.working = Some(Progress { done: 0, total: 9 });
                None
            }
            Some(DraftWork::Commit) => {
                self.draft = None;
                return DraftResponse::Revised { revision: 2 };
            }
        };
        DraftResponse::Changed {
            version: draft.version,
            position: draft.position,
            step,
            working: draft.working,
        }
    }

    fn last(&self) -> &DraftChange {
        &self.asked.last().unwrap().change
    }
}

/// Two masks of 7 and of 11 pixels.
fn answered(label: Label, prompt: medicosam_shared::prompt::SlicePrompt) -> Answered {
    let candidate = |area, predicted_iou| Candidate {
        mask: Rle(vec![0, area]),
        predicted_iou,
        stability: 0.9,
        agreement: None,
        steadiness: None,
    };
    let provenance = detail("one", CaseState::Review, 1).revisions[0]
        .provenance
        .clone();
    Answered {
        label,
        model: provenance.model,
        runtime: provenance.runtime,
        slices: vec![SliceAnswer {
            prompt,
            drawn: None,
            before: None,
            propagated: false,
            candidates: vec![candidate(7, 0.9), candidate(11, 0.6)],
            chosen: 0,
        }],
        report: None,
        rule: None,
    }
}

/// Answers what is asked for from the fixture, but for drafts.
fn serve_all_but_drafts(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let is_draft = |effect: &Effect| matches!(effect, Effect::LoadDraft(_));
    let (drafts, others): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_draft);
    let mut left = serve(model, others);
    left.extend(drafts);
    left
}

/// A case open in edit mode, on slice 8.
pub(super) fn editing() -> (Daemon, Model) {
    editing_with(None)
}

/// The same, of a model that understands this much.
fn editing_with(understands: Option<Understands>) -> (Daemon, Model) {
    let mut daemon = Daemon {
        understands,
        ..Daemon::default()
    };
    let mut model = with_review(&["one", "two"]);
    daemon.press(&mut model, "enter j");
    let effects = model.review_mut().unwrap().read();
    daemon.answer(&mut model, effects);
    daemon.press(&mut model, "e");
    (daemon, model)
}

/// The notice and what to do about it.
pub(super) fn said(model: &Model) -> String {
    let notice = model.notice.as_ref();
    notice.map_or_else(String::new, |n| format!("{}. {}", n.text, n.hint))
}

fn area(model: &Model, label: u16, index: u32) -> u64 {
    let masks = model.review().unwrap().drawn_masks().unwrap();
    let object = masks.object(Label::new(label).unwrap());
    let runs = object.and_then(|o| o.slices.get(&index));
    runs.map_or(0, Rle::area)
}

fn points(model: &Model) -> Vec<SlicePoint> {
    let review = model.review().unwrap();
    let label = review.mode.edit().unwrap().label;
    let drawn = review.drafting.drawn(label, review.index());
    drawn.map_or(Vec::new(), |d| d.points.clone())
}

#[test]
fn a_slice_is_segmented_at_once_and_committed_when_the_reviewer_wants() {
    let (mut daemon, mut model) = editing();
    let cursor = model.review().unwrap().mode.edit().unwrap().cursor;
    assert_eq!(cursor, (40, 20));
    daemon.press(&mut model, "s");
    assert!(daemon.asked.is_empty() && said(&model).contains("Draw something"));
    let before = area(&model, 1, 8);
    daemon.press(&mut model, "H k b L L j j s");
    let [drawn, segmented] = daemon.asked.as_slice() else {
        panic!("{:?}", daemon.asked)
    };
    let DraftChange::Draw { prompt } = &drawn.change else {
        panic!("{drawn:?}")
    };
    let expected = SliceBox {
        x0: 30,
        y0: 19,
        x1: 51,
        y1: 22,
    };
    assert_eq!((prompt.index, prompt.bbox), (8, Some(expected)));
    assert_eq!((drawn.revision, drawn.version), (1, 0));
    let label = Label::MIN;
    assert_eq!(segmented.change, DraftChange::Segment { label, index: 8 });
    assert_eq!(notice(&model), "mask in 61 ms");
    assert_eq!((before > 7, area(&model, 1, 8)), (true, 7));

    // What is on the screen is no revision, so that nothing can be decided on it.
    assert_eq!(show(&mut model).unwrap().revision, None);
    assert_eq!(daemon.press(&mut model, "a"), []);

    let left = daemon.press(&mut model, "c");
    assert_eq!(daemon.last(), &DraftChange::Commit);
    assert_eq!(notice(&model), "revision 2 in 61 ms");
    assert_eq!(left, []);
    assert!(model.review().unwrap().drafting.draft().is_none());
}

#[test]
fn steps_are_undone_and_redone() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    let revised = |model: &Model| area(model, 1, 8);
    assert_eq!(revised(&model), 7);
    daemon.press(&mut model, "tab");
    assert_eq!(revised(&model), 11, "the other mask that the model offers");
    daemon.press(&mut model, "tab");
    assert_eq!(revised(&model), 7, "and the first again");
    daemon.press(&mut model, "u");
    assert_eq!(revised(&model), 11);
    daemon.press(&mut model, "u u");
    let original = masks().object(Label::MIN).unwrap().slices[&8].area();
    assert_eq!(revised(&model), original);
    daemon.press(&mut model, "u");
    assert!(!model.review().unwrap().drafting.has_changes());
    daemon.press(&mut model, "u");
    assert!(notice(&model).contains("nothing to undo"));
    daemon.press(&mut model, "U ctrl-r");
    assert_eq!(revised(&model), 7);
    daemon.press(&mut model, "U U U");
    assert!(notice(&model).contains("nothing to do again"));
    assert_eq!(revised(&model), 7);
}

#[test]
fn points_are_seen_before_the_daemon_has_them_and_sent_one_after_another() {
    let (mut daemon, mut model) = editing();
    // The daemon does not answer yet.
    let mut effects = Vec::new();
    for key in ["t", "l", "T", "l", "t", "t"] {
        effects.extend(press(&mut model, key));
    }
    let point = |x, positive| SlicePoint { x, y: 20, positive };
    assert_eq!(points(&model), [point(40, true), point(41, false)]);
    assert_eq!(effects.len(), 1, "one at a time");
    assert_eq!(daemon.answer(&mut model, effects), []);
    assert_eq!(daemon.asked.len(), 4);
    assert_eq!(points(&model), [point(40, true), point(41, false)]);
    daemon.press(&mut model, "X");
    assert_eq!(points(&model), []);
}

#[test]
fn points_are_not_offered_where_the_model_was_not_trained_on_them() {
    let (mut daemon, mut model) = editing_with(Some(Understands::BOXES));
    daemon.press(&mut model, "b L J b");
    assert_eq!(notice(&model), "");
    let asked = daemon.asked.len();
    daemon.press(&mut model, "t");
    let said = notice(&model);
    assert!(
        said.contains("lite-medsam was not trained on points (it understands boxes)"),
        "{said}"
    );
    assert_eq!((points(&model), daemon.asked.len()), (vec![], asked));
    let (mut daemon, mut model) = editing_with(Some(Understands::ALL));
    daemon.press(&mut model, "t");
    assert_eq!(points(&model).len(), 1);
}

#[test]
fn escape_steps_out_and_keeps_the_draft() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b esc");
    assert_eq!(model.context(), Context::Edit, "the half-drawn box first");
    daemon.press(&mut model, "b L J b s");
    daemon.press(&mut model, "esc");
    assert_eq!(model.context(), Context::Review);
    assert!(notice(&model).contains("draft is kept"));
    assert_ne!(area(&model, 1, 8), 7, "what can be decided on is shown");
    assert_eq!(show(&mut model).unwrap().revision, Some(1));
    daemon.press(&mut model, "e");
    assert_eq!(area(&model, 1, 8), 7);
}

#[test]
fn a_draft_from_before_is_offered() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    let mut model = with_review(&["one"]);
    handle(&mut model, Event::Key("enter".parse().unwrap()));
    let effects = serve_all_but_drafts(&mut model, vec![Effect::LoadCase(id("one"))]);
    assert_eq!(effects, []);
    let view = daemon.view(id("one"));
    answer(&mut model, view);
    assert!(notice(&model).contains("You have a draft here (1 slices)"));
    daemon.press(&mut model, "e");
    assert_eq!(area(&model, 1, 8), 7);
    daemon.press(&mut model, "u");
    assert_ne!(area(&model, 1, 8), 7);
}

#[test]
fn a_discarded_draft_comes_back() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "D");
    assert!(daemon.asked.is_empty() && notice(&model).contains("no draft"));
    daemon.press(&mut model, "b L J b s D n");
    assert_eq!(area(&model, 1, 8), 7, "not without being asked");
    // One after another: what follows a key without a meaning at once has none either.
    for key in ["D", "c", "u", "s", "y"] {
        daemon.press(&mut model, key);
    }
    assert_eq!(daemon.last(), &DraftChange::Discard);
    assert_ne!(area(&model, 1, 8), 7);
    daemon.press(&mut model, "u");
    assert_eq!(
        (daemon.last(), area(&model, 1, 8)),
        (&DraftChange::Restore, 7)
    );
}

#[test]
fn somebody_elses_revision_is_said_and_the_draft_can_go_on_top_of_it() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    let effects = press(&mut model, "c");
    assert!(matches!(effects.as_slice(), [Effect::ChangeDraft { .. }]));
    let fault = Fault {
        code: "other-revision".to_owned(),
        message: "case one is at revision 2, made by ana, not at 1".to_owned(),
        hint: String::new(),
    };
    model.queue.put(vec![case::CaseSummary {
        revision: Some(2),
        ..summary("one", CaseState::Review, Some(0.5))
    }]);
    let refused = Answer::DraftChanged {
        case: id("one"),
        result: Err(Failure {
            fault,
            conflict: true,
        }),
        elapsed: Duration::ZERO,
    };
    let effects = handle(&mut model, Event::from(refused));
    let effects = serve_all_but_drafts(&mut model, effects);
    daemon.answer(&mut model, effects);
    let Some(Dialog::Question(Question::Rebase(why))) = &model.dialog else {
        panic!("{:?}", model.dialog)
    };
    assert!(why.contains("made by ana"));
    assert_eq!(model.review().unwrap().revision(), Some(2));
    assert_eq!(area(&model, 1, 8), 7, "nothing is lost");
    daemon.press(&mut model, "y");
    let asked = daemon.asked.last().unwrap();
    assert_eq!((&asked.change, asked.revision), (&DraftChange::Rebase, 2));
    daemon.press(&mut model, "c");
    assert_eq!(daemon.last(), &DraftChange::Commit);
}

#[test]
fn a_change_that_was_under_way_when_the_connection_broke_is_made_once() {
    let broken = || Failure {
        fault: Fault {
            code: "connection-broken".to_owned(),
            message: "the connection to the daemon broke".to_owned(),
            hint: String::new(),
        },
        conflict: false,
    };
    for arrived in [false, true] {
        let (mut daemon, mut model) = editing();
        let effects = press(&mut model, "t l t");
        let [Effect::ChangeDraft { request, .. }] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        if arrived {
            daemon.change(request.clone());
        }
        let lost = Answer::DraftChanged {
            case: id("one"),
            result: Err(broken()),
            elapsed: Duration::ZERO,
        };
        assert_eq!(handle(&mut model, Event::from(lost)), []);
        assert_eq!(
            points(&model).len(),
            2,
            "what was drawn stays on the screen"
        );
        let effects = model.review_mut().unwrap().read();
        let left = daemon.answer(&mut model, effects);
        assert_eq!(left, [Effect::LoadCase(id("one"))]);
        let draft = daemon.draft.as_ref().unwrap();
        assert_eq!((draft.steps.len(), points(&model).len()), (2, 2));
    }
}

#[test]
fn a_draft_read_while_a_change_is_under_way_waits_for_its_answer() {
    let (mut daemon, mut model) = editing();
    let changes = press(&mut model, "t l t");
    let review = model.review_mut().unwrap();
    let effects = review.read();
    assert_eq!(effects, [Effect::LoadCase(id("one"))], "not the draft yet");
    assert_eq!(daemon.answer(&mut model, changes), []);
    assert_eq!(daemon.asked.len(), 2, "each once");
    assert_eq!(points(&model).len(), 2);
    assert_eq!(daemon.draft.as_ref().unwrap().steps.len(), 2);
}

#[test]
fn masks_that_came_while_the_connection_was_away_do_not_stand_for_the_change() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    assert!(matches!(
        press(&mut model, "t")[..],
        [Effect::ChangeDraft { .. }]
    ));
    let mut broken = failure("the connection to the daemon broke", false);
    broken.fault.code = "connection-broken".to_owned();
    let lost = Answer::DraftChanged {
        case: id("one"),
        result: Err(broken),
        elapsed: Duration::ZERO,
    };
    assert_eq!(handle(&mut model, Event::from(lost)), []);
    daemon.draft.as_mut().unwrap().version += 1;
    let effects = model.review_mut().unwrap().read();
    daemon.answer(&mut model, effects);
    assert!(matches!(daemon.last(), DraftChange::Draw { prompt } if prompt.points.len() == 1));
    assert_eq!(points(&model).len(), 1);
}

#[test]
fn what_is_drawn_while_masks_come_is_sent_again_on_top_of_them() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s");
    let effects = press(&mut model, "t");
    assert!(matches!(effects.as_slice(), [Effect::ChangeDraft { .. }]));
    daemon.draft.as_mut().unwrap().version += 1;
    let mut moved = failure("the draft was changed elsewhere", true);
    moved.fault.code = "draft-moved".to_owned();
    let refused = Answer::DraftChanged {
        case: id("one"),
        result: Err(moved),
        elapsed: Duration::ZERO,
    };
    let effects = handle(&mut model, Event::from(refused));
    assert_eq!(effects, [Effect::LoadDraft(id("one"))]);
    assert_eq!(daemon.answer(&mut model, effects), []);
    assert!(matches!(daemon.last(), DraftChange::Draw { prompt } if prompt.points.len() == 1));
    assert_eq!(points(&model).len(), 1);
}

#[test]
fn slices_of_the_draft_are_found_by_key_like_those_of_the_revision() {
    let (mut daemon, mut model) = editing();
    let before = model.review().unwrap().mask_slices();
    let beyond = before.last().unwrap() + 2;
    daemon.press(&mut model, &"pgdn ".repeat((beyond - 8) as usize));
    daemon.press(&mut model, "b L J b s");
    let mut with_draft = before;
    with_draft.insert(beyond);
    assert_eq!(model.review().unwrap().mask_slices(), with_draft);
    daemon.press(&mut model, "pgup ]");
    assert_eq!(model.review().unwrap().index(), beyond);
}

#[test]
fn a_new_object_has_a_label_and_a_name() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "O enter");
    assert!(said(&model).contains("Give it a name"));
    daemon.press(&mut model, "c y s t enter");
    let object = |label, name: &str| DraftChange::Object {
        label: Label::new(label).unwrap(),
        name: name.to_owned(),
    };
    assert_eq!(daemon.last(), &object(2, "cyst"));
    daemon.press(&mut model, "b L J b s");
    assert_eq!((area(&model, 2, 8), area(&model, 1, 8) > 7), (7, true));
    daemon.press(&mut model, "O 1 space x enter");
    assert!(notice(&model).contains("already"));
    daemon.press(&mut model, "esc O 7 space x enter");
    assert_eq!(daemon.last(), &object(7, "x"));
    let mut label = |keys: &str| {
        daemon.press(&mut model, keys);
        model.review().unwrap().mode.edit().unwrap().label.get()
    };
    assert_eq!(
        [label(""), label("o"), label("o"), label("o")],
        [7, 1, 2, 7]
    );
}

#[test]
fn slices_around_are_segmented_with_progress_and_can_be_stopped() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "S");
    assert!(said(&model).contains("Segment a slice"));
    daemon.press(&mut model, "b L J b s");
    let effects = daemon.press(&mut model, "S");
    let case = id("one");
    let version = daemon.draft.as_ref().unwrap().version;
    let watch = |after| Effect::WatchDraft {
        case: id("one"),
        after,
    };
    assert_eq!(effects, [watch(version)]);
    let told = |version, working| Answer::DraftProgress {
        case: id("one"),
        result: Ok(DraftProgress {
            version,
            position: 0,
            working,
            fault: None,
        }),
    };
    let progress = Progress { done: 4, total: 9 };
    let effects = handle(&mut model, Event::from(told(version + 1, Some(progress))));
    assert_eq!(effects, [watch(version + 1)]);
    let working = model.review().unwrap().drafting.working();
    assert_eq!(working, Some(progress));

    daemon.draft.as_mut().unwrap().version = version + 1;
    daemon.press(&mut model, "esc");
    assert_eq!(daemon.last(), &DraftChange::Cancel);
    assert_eq!(model.context(), Context::Edit);
    let effects = handle(&mut model, Event::from(told(version + 2, None)));
    assert_eq!(effects, [Effect::LoadDraft(case)]);
}

#[test]
fn a_failed_preview_leaves_everything_as_it_was() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b l j b");
    press(&mut model, "s");
    let failed = Answer::DraftChanged {
        case: id("one"),
        result: Ok(DraftResponse::Failed {
            fault: failure("the worker ran out of memory", false).fault,
        }),
        elapsed: Duration::from_secs(1),
    };
    let effects = handle(&mut model, Event::from(failed));
    assert_eq!(effects, [Effect::LoadDraft(id("one"))]);
    assert!(notice(&model).contains("out of memory"));
    daemon.answer(&mut model, effects);
    let review = model.review().unwrap();
    assert!(review.drafting.drawn(Label::MIN, 8).is_some());
    daemon.press(&mut model, "s");
    assert_eq!(area(&model, 1, 8), 7, "the same prompt again");
}

#[test]
fn pasted_text_can_name_an_object_and_answers_no_question() {
    let (mut daemon, mut model) = editing();
    daemon.press(&mut model, "b L J b s D");
    assert_eq!(handle(&mut model, Event::Paste("y\r".into())), []);
    assert!(matches!(model.dialog, Some(Dialog::Question(_))));
    daemon.press(&mut model, "n O");
    handle(&mut model, Event::Paste("left\nkidney".into()));
    daemon.press(&mut model, "enter");
    assert!(matches!(daemon.last(), DraftChange::Object { name, .. } if name == "left kidney"));
}

#[test]
fn a_box_that_is_half_drawn_is_closed_by_segmenting() {
    let (mut daemon, mut model) = editing();
    let masks_before = Arc::clone(model.review().unwrap().masks().unwrap());
    daemon.press(&mut model, "b L J s");
    assert_eq!(daemon.asked.len(), 2);
    assert_eq!(area(&model, 1, 8), 7);
    assert_eq!(model.review().unwrap().masks(), Some(&masks_before));
}
