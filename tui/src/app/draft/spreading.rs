//! From a few slices of an object to many: following it, and boxes on several slices.

use super::asking::{ask, draw_key, try_to};
use super::painting::last_report;
use super::refused::refused;
use crate::app::action::Draw;
use crate::app::dialog::Dialog;
use crate::app::dialog::boxes::BoxesOf;
use crate::app::dialog::range::Range;
use crate::app::event::Effect;
use crate::app::state::model::Model;
use crate::app::state::notice::Notice;
use crate::app::state::review::Review;
use medicosam_shared::draft::{Answered, Draft, DraftChange, DraftRefusal, Slices, Together};
use medicosam_shared::place::Label;
use medicosam_shared::prompt::SliceBox;
use medicosam_shared::propagation_report::PropagationReport;

/// Follows the object over all slices.
pub(super) fn follow_all(model: &mut Model, label: Label) -> Vec<Effect> {
    follow(model, label, (Slices::All, false))
}

/// Follows the object to the slices around those that were made by hand.
fn follow(model: &mut Model, label: Label, (slices, force): (Slices, bool)) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    ask(
        model,
        DraftChange::Propagate {
            label,
            slices,
            force,
            through: None,
        },
    )
}

/// Follows the object of the hand that draws within some slices.
pub(in crate::app) fn follow_within(model: &mut Model, wanted: (Slices, bool)) -> Vec<Effect> {
    match label(model) {
        Some(label) => follow(model, label, wanted),
        None => Vec::new(),
    }
}

/// Segments by the boxes of the object of the hand that draws.
pub(in crate::app) fn segment_boxes(model: &mut Model, together: Together) -> Vec<Effect> {
    match label(model) {
        Some(label) => ask(model, DraftChange::Boxes { label, together }),
        None => Vec::new(),
    }
}

fn label(model: &Model) -> Option<Label> {
    Some(model.review()?.mode.edit()?.label)
}

/// Whether masks are being made for the draft; says so.
fn is_busy(model: &mut Model) -> bool {
    let works = |review: &Review| review.drafting.working().is_some();
    let is_busy = model.review().is_some_and(works);
    if is_busy {
        model.notice = Some(refused(&DraftRefusal::Busy, &model.keymap));
    }
    is_busy
}

/// Asks which slices are to be segmented, if the object can be followed at all.
pub(super) fn ask_range(model: &mut Model, label: Label) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    let slices = Slices::All;
    let change = DraftChange::Propagate {
        label,
        slices,
        force: false,
        through: None,
    };
    if let Some((here, count)) = checked(model, &change) {
        model.dialog = Some(Dialog::Range(Range::new(here, count)));
    }
    Vec::new()
}

/// The slice that is drawn on, and how many there are, if a change can be made; a notice if not.
fn checked(model: &mut Model, change: &DraftChange) -> Option<(u32, u32)> {
    let review = model.review_mut()?;
    let of_stack = (review.own_index(), review.stack()?.count());
    match review.with_draft(|drafting, known| drafting.check(known, change)) {
        Ok(()) => Some(of_stack),
        Err(refusal) => {
            model.notice = Some(refused(&refusal, &model.keymap));
            None
        }
    }
}

/// Follows the object once more, through the stop that is nearest to the slice that is looked at.
pub(super) fn go_through(model: &mut Model, label: Label) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    let past = model.review().and_then(|review| {
        let report = last_report(review.drafting.draft()?, Some(label))?;
        report.past_stop(review.own_index())
    });
    let Some((stop, through)) = past else {
        let propagate = draw_key(model, Draw::Propagate);
        model.notice = Some(Notice::good(format!(
            "The last {propagate} did not stop anywhere: there is nothing to go through."
        )));
        return Vec::new();
    };
    let change = DraftChange::Propagate {
        label,
        slices: Slices::All,
        force: false,
        through: Some(through),
    };
    let Some(effects) = try_to(model, change) else {
        return Vec::new();
    };
    model.notice = Some(Notice::good(format!("Going on through slice {stop}.")));
    effects
}

/// Asks what the boxes of the object say together, if there are enough.
pub(super) fn ask_boxes(model: &mut Model, label: Label) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    let together = Together::Corners;
    if checked(model, &DraftChange::Boxes { label, together }).is_none() {
        return Vec::new();
    }
    let drawn = model.review().and_then(|review| {
        let boxes = review.drafting.draft()?.boxes(label);
        let rectangle = boxes.values().copied().reduce(SliceBox::joined)?;
        Some((boxes.into_keys().collect(), rectangle))
    });
    if let Some((slices, rectangle)) = drawn {
        model.dialog = Some(Dialog::Boxes(BoxesOf { slices, rectangle }));
    }
    Vec::new()
}

/// What work for the draft has last put into it, apart from single slices.
pub(super) fn last_spread(draft: &Draft) -> Option<&Answered> {
    let mut answers = draft.answers_back();
    answers.find(|answered| answered.report.is_some() || answered.rule.is_some())
}

/// The notice at its end: how far it went, why no farther, and which keys help.
pub(super) fn finished(model: &Model, done: &Answered) -> Notice {
    match &done.report {
        Some(report) => followed(model, report),
        None => by_boxes(done, &draw_key(model, Draw::Undo)),
    }
}

/// The notice about a propagation.
fn followed(model: &Model, report: &PropagationReport) -> Notice {
    let ways: Vec<String> = report.ways.iter().map(ToString::to_string).collect();
    let mut text = ways.join("; ");
    let mut hints = Vec::new();
    if report.can_be_forced() {
        let through = draw_key(model, Draw::PropagateThrough);
        hints.push(format!("{through} goes on through the stop"));
    }
    match report.older.len() {
        0 => {}
        1 => text.push_str("; 1 slice is older"),
        older => text.push_str(&format!("; {older} slices are older")),
    }
    if !report.older.is_empty() {
        let wipe = draw_key(model, Draw::EmptyOlder);
        hints.push(format!("{wipe} empties what is outside"));
    }
    let notice = match report.older.len() {
        0 => Notice::good(text),
        _ => Notice::bad(text),
    };
    let hint = match hints.is_empty() {
        true => String::new(),
        false => format!("{}.", hints.join(", ")),
    };
    Notice { hint, ..notice }
}

/// The notice about masks that boxes on several slices have become.
fn by_boxes(done: &Answered, undo: &str) -> Notice {
    let indices = || done.slices.iter().map(|slice| slice.prompt.index);
    let masks = done.slices.iter().filter_map(|slice| slice.mask());
    let found = masks.filter(|mask| !mask.mask.is_empty()).count();
    match (found, indices().min(), indices().max()) {
        (found, Some(first), Some(last)) if found > 0 => {
            let on = Slices::Within(first, last);
            Notice::good(format!("{found} masks, {on}. {undo} takes them back."))
        }
        _ => Notice::bad(format!("Nothing was found. {undo} takes it back.")),
    }
}
