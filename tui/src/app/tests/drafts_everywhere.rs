//! A draft can be looked at, approved and left from anywhere.

use super::prompting::Daemon;
use super::*;
use crate::app::dialog::approval::Approval;
use crate::app::dialog::question::Question;
use crate::app::state::doubts::Doubts;
use crate::app::state::review::layout::Layout;
use medicosam_shared::api::DraftResponse;
use medicosam_shared::draft::DraftChange;
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::Label;

/// Two cases; the first is open, all of it was seen, and its slice 7 was segmented again.
fn drafted() -> (Daemon, Model) {
    let mut model = with_review(&["one", "two"]);
    let mut daemon = Daemon::default();
    daemon.press(&mut model, "enter");
    show_all(&mut model);
    daemon.press(&mut model, "[ e b L J b s");
    (daemon, model)
}

/// What is asked of the draft by keys.
fn asked(effects: &[Effect]) -> Vec<&DraftChange> {
    let changes = effects.iter().filter_map(|effect| match effect {
        Effect::ChangeDraft { request, .. } => Some(&request.change),
        _ => None,
    });
    changes.collect()
}

/// Commits by a key; returns what follows when revision 2 is here, with the masks of the draft.
fn commit(model: &mut Model, key: &str) -> Vec<Effect> {
    let masks = model.review().unwrap().drafting.masks().cloned().unwrap();
    let sent = press(model, key);
    assert_eq!(asked(&sent), [&DraftChange::Commit]);
    let done = Answer::DraftChanged {
        case: id("one"),
        result: Ok(DraftResponse::Revised { revision: 2 }),
        elapsed: Duration::from_millis(61),
    };
    let effects = handle(model, Event::from(done));
    assert!(
        effects.contains(&Effect::LoadCase(id("one"))),
        "{effects:?}"
    );
    revised(model, masks)
}

fn revised(model: &mut Model, masks: Arc<medicosam_shared::mask::MaskSet>) -> Vec<Effect> {
    let mut read = detail("one", CaseState::Review, 2);
    read.summary.updated += jiff::SignedDuration::from_mins(1);
    let result = Ok(Box::new(read));
    let case = id("one");
    handle(model, Event::from(Answer::Case { case, result }));
    let (case, revision) = (id("one"), 2);
    let result = Ok(masks);
    handle(
        model,
        Event::from(Answer::Masks {
            case,
            revision,
            result,
        }),
    )
}

fn drafts_masks(model: &Model) -> bool {
    match model.subject() {
        Subject::Slice(subject) => subject.showing.draft.is_some(),
        Subject::Nothing | Subject::Same => false,
    }
}

#[test]
fn planes_layouts_window_and_zoom_work_while_drawing_and_show_the_draft() {
    let (_, mut model) = drafted();
    for (key, layout) in [
        ("v", Layout::Three),
        ("m", Layout::Mosaic),
        ("m", Layout::One),
    ] {
        press(&mut model, key);
        let review = model.review().unwrap();
        assert_eq!(
            (review.layout, review.mode.is_edit()),
            (layout, true),
            "{key}"
        );
        assert!(drafts_masks(&model), "{key}");
    }
    for (key, axis) in [("y", Axis::J), ("x", Axis::I), ("z", Axis::K)] {
        press(&mut model, key);
        let review = model.review().unwrap();
        assert_eq!(review.stack().unwrap().axis, axis);
        assert!(drafts_masks(&model), "{key}");
    }
    press(&mut model, "w");
    assert_eq!(model.context(), Context::Window);
    assert!(drafts_masks(&model));
    press(&mut model, "l k q");
    assert_eq!(model.context(), Context::Edit);
    press(&mut model, "F + -");
    assert!(model.review().unwrap().zoom().factor() > 1.0);
    press(&mut model, "G");
    assert_eq!(model.review().unwrap().index(), 20);
}

#[test]
fn a_key_that_draws_comes_back_to_the_slice_that_is_drawn_on_first() {
    let (mut daemon, mut model) = drafted();
    let before = model.review().unwrap().own_index();
    press(&mut model, "y");
    assert_eq!(daemon.press(&mut model, "t"), []);
    assert!(notice(&model).contains("press the key again"));
    let review = model.review().unwrap();
    assert!(review.draws());
    assert_eq!(review.index(), before);
    // Escape comes back as well, before it ends drawing.
    press(&mut model, "m");
    press(&mut model, "esc");
    assert!(model.review().unwrap().draws());
    press(&mut model, "esc");
    assert!(!model.review().unwrap().mode.is_edit());
}

#[test]
fn the_object_that_was_drawn_for_stays_chosen() {
    let (mut daemon, mut model) = drafted();
    daemon.press(&mut model, "O v e i n enter");
    let label = |model: &Model| model.review().unwrap().mode.edit().map(|edit| edit.label);
    let two = Label::new(2);
    assert_eq!(label(&model), two);
    daemon.press(&mut model, "q");
    daemon.press(&mut model, "e");
    assert_eq!(label(&model), two);
}

#[test]
fn after_a_commit_the_case_is_decided_on() {
    let (_, mut model) = drafted();
    commit(&mut model, "c");
    assert_eq!(model.context(), Context::Review);
    assert!(!model.review().unwrap().drafting.has_changes());
}

#[test]
fn one_key_commits_approves_and_goes_on() {
    let (_, mut model) = drafted();
    show(&mut model);
    // The slices beside the corrected one are older than it: they are looked at again, all at once.
    press(&mut model, "m");
    show(&mut model);
    let approved = commit(&mut model, "A");
    assert!(
        approved.contains(&decision("one", 2, Verdict::Approve, "")),
        "{approved:?} {:?} {}",
        model.dialog,
        notice(&model)
    );
    accept(&mut model, "one", CaseState::Approved);
    assert_eq!(reviewed(&model), "two");
}

#[test]
fn slices_older_than_the_correction_are_asked_about() {
    let (_, mut model) = drafted();
    show(&mut model);
    let approved = commit(&mut model, "A");
    assert!(!approved.iter().any(|e| matches!(e, Effect::Decide { .. })));
    let Some(Dialog::Approval(Approval { doubts, .. })) = &model.dialog else {
        panic!("{:?} {}", model.dialog, notice(&model));
    };
    assert_eq!((doubts.unseen, doubts.of), (3, 4));
}

#[test]
fn objects_that_a_correction_left_alone_stay_seen() {
    let (_, mut model) = drafted();
    show(&mut model);
    press(&mut model, "q");
    let mut masks = masks();
    masks.set_runs(
        Label::new(2).unwrap(),
        "vein",
        12,
        medicosam_shared::mask::Rle(vec![9, 30]),
    );
    revised(&mut model, Arc::new(masks));
    assert_eq!(model.coverage(&id("one"), 2), (4, 5));
}

#[test]
fn an_approval_with_a_draft_commits_it_or_discards_it_first() {
    for (key, change) in [("c", DraftChange::Commit), ("D", DraftChange::Discard)] {
        let (_, mut model) = drafted();
        press(&mut model, "q");
        show(&mut model);
        assert_eq!(press(&mut model, "a"), []);
        let Some(Dialog::Approval(Approval { doubts, .. })) = &model.dialog else {
            panic!("{:?}", model.dialog);
        };
        let only = Doubts {
            draft: true,
            of: 4,
            ..Doubts::default()
        };
        assert_eq!(doubts, &only);
        assert_eq!(press(&mut model, "enter"), [], "no key for both");
        let effects = press(&mut model, key);
        assert_eq!(asked(&effects), [&change]);
        let approves = |effects: &[Effect], revision| {
            effects.contains(&decision("one", revision, Verdict::Approve, ""))
        };
        match change {
            DraftChange::Discard => assert!(approves(&effects, 1), "{effects:?}"),
            _ => assert!(!approves(&effects, 1), "{effects:?}"),
        }
    }
}

#[test]
fn a_discarded_draft_does_not_settle_grave_doubts() {
    let (_, mut model) = drafted();
    press(&mut model, "q");
    // Its masks were never on the screen with a picture.
    model.forget_pictures();
    press(&mut model, "a");
    let effects = press(&mut model, "D");
    assert_eq!(asked(&effects), [&DraftChange::Discard]);
    assert_eq!(effects.len(), 1, "and no decision: {effects:?}");
    let Some(Dialog::Approval(Approval { doubts, .. })) = &model.dialog else {
        panic!("{:?}", model.dialog);
    };
    assert!(doubts.unpictured && !doubts.draft, "{doubts:?}");
    assert_eq!(press(&mut model, "enter"), []);
    let effects = press(&mut model, "Y");
    assert_eq!(effects, [decision("one", 1, Verdict::Approve, "")]);
}

#[test]
fn a_case_with_a_draft_is_not_approved_in_the_list() {
    let mut model = with_review(&["one", "two"]);
    press(&mut model, "enter");
    show_all(&mut model);
    press(&mut model, "q");
    model.queue.mark_draft(&id("one"), true);
    assert_eq!(press(&mut model, "a"), []);
    assert!(
        notice(&model).contains("draft on one.nii.gz"),
        "{}",
        notice(&model)
    );
}

#[test]
fn the_list_knows_of_the_draft_at_once() {
    let (mut daemon, mut model) = drafted();
    let drafted = |model: &Model| model.queue.get(&id("one")).unwrap().draft;
    assert!(drafted(&model));
    daemon.press(&mut model, "D");
    assert_eq!(model.dialog, Some(Dialog::Question(Question::Discard)));
    daemon.press(&mut model, "y");
    assert!(!drafted(&model));
}
