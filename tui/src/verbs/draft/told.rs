//! What is said of a draft.

use crate::verbs::slice_change::changed;
use medicosam_shared::api::{DraftResponse, DraftView};
use medicosam_shared::case::CaseId;
use medicosam_shared::correction::SliceChange;
use medicosam_shared::draft::{Answered, Draft, Origin, Step, Under};
use medicosam_shared::place::Place;
use medicosam_shared::propagation_report::PropagationReport;

/// The whole draft.
pub fn draft(id: &CaseId, view: &DraftView) -> String {
    let Some(draft) = &view.draft else {
        return format!("{id}: no draft of yours\n");
    };
    let mut text = format!(
        "{id}: draft on revision {}, step {} of {}{}\n",
        draft.revision,
        draft.position,
        draft.steps.len(),
        if draft.discarded { ", discarded" } else { "" },
    );
    for line in lines(draft) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// What became of a change.
pub fn response(id: &CaseId, response: &DraftResponse) -> String {
    match response {
        DraftResponse::Revised { revision } => format!("{id}: revision {revision}\n"),
        DraftResponse::Changed { position, step, .. } => {
            let mut text = format!("{id}: draft at step {position}\n");
            if let Some(Step::Answered(answered)) = step {
                for line in changes(answered) {
                    text.push_str(&format!("  {line}\n"));
                }
            }
            text
        }
        DraftResponse::Queued | DraftResponse::Failed { .. } => {
            format!("{id}: queued; `medicosam draft {id}` tells when it is done\n")
        }
    }
}

/// The draft after a propagation, with its report.
pub fn followed(id: &CaseId, view: &DraftView) -> String {
    let mut text = draft(id, view);
    let last = view.draft.as_ref().and_then(|draft| draft.done().last());
    if let Some(Step::Answered(answered)) = last
        && let Some(report) = &answered.report
    {
        text.push_str(&reported(answered, report));
    }
    text
}

fn reported(answered: &Answered, report: &PropagationReport) -> String {
    let mut text: String = report.ways.iter().map(|way| format!("{way}\n")).collect();
    if !report.older.is_empty() {
        let older: Vec<String> = report.older.iter().map(u32::to_string).collect();
        text.push_str(&format!(
            "older masks of object {} are left on slice {}\n",
            answered.label,
            older.join(", ")
        ));
    }
    text
}

/// `slice 12: 1316 → 1290 pixels, score 0.83`
fn changes(answered: &Answered) -> Vec<String> {
    let slices = answered.slices.iter();
    let change = slices.filter_map(|answer| {
        let mask = answer.mask()?;
        let change = SliceChange {
            place: Place::new(answered.label, answer.prompt.index),
            before: answer.before?,
            after: mask.mask.area(),
            score: mask.predicted_iou,
        };
        Some(changed(&change))
    });
    change.collect()
}

fn lines(draft: &Draft) -> Vec<String> {
    let objects = draft.objects();
    let new = objects
        .iter()
        .map(|(label, name)| format!("new object {label} {name}"));
    let emptied = draft.done().iter().filter_map(|step| match step {
        Step::Emptied { scope } => Some(format!("emptied: {scope}")),
        Step::Object { .. }
        | Step::Drawn { .. }
        | Step::Answered(_)
        | Step::Chosen { .. }
        | Step::Painted { .. }
        | Step::Put(_) => None,
    });
    let mut lines: Vec<String> = new.chain(emptied).collect();
    let canvas = draft.canvas();
    for (place, content) in canvas.places() {
        let Place { label, index } = place;
        let under = match content.under {
            Under::Revision => "as in the revision".to_owned(),
            Under::Answer(answer, mask) => {
                let by = match answer.propagated {
                    true => "carried on",
                    false => "by hand",
                };
                let (area, score) = (mask.mask.area(), mask.predicted_iou);
                format!("{area} pixels, score {score:.2}, {by}")
            }
            Under::Put(origin, put) => {
                let area = put.mask.area();
                match origin {
                    Origin::Revision { revision, .. } => {
                        format!("{area} pixels, from revision {revision}")
                    }
                    Origin::Copy { index } => format!("{area} pixels, from slice {index}"),
                    Origin::Interpolation => format!("{area} pixels, interpolated"),
                }
            }
            Under::Nothing => "emptied".to_owned(),
        };
        let painted = match content.hand.is_empty() {
            true => String::new(),
            false => format!(
                ", painted: {} set, {} cleared",
                content.hand.set.area(),
                content.hand.cleared.area()
            ),
        };
        lines.push(format!("object {label}, slice {index}: {under}{painted}"));
    }
    if let Some(progress) = draft.working {
        lines.push(format!(
            "being segmented: {} of {} slices",
            progress.done, progress.total
        ));
    }
    lines
}
