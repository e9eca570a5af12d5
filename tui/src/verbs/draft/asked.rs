//! What is asked of the draft.

use super::painted;
use super::unfit::unfit;
use super::{DraftAction, DraftArgs, Error};
use crate::verbs::drawn::first_label;
use medicosam_shared::api::DraftChange;
use medicosam_shared::case::CaseDetail;
use medicosam_shared::draft::{Draft, Slices, stored_prompt};
use medicosam_shared::hand::Stroke;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SlicePrompt};

/// The changes that an action asks for, in order.
pub fn changes(
    action: DraftAction,
    args: &DraftArgs,
    detail: &CaseDetail,
    draft: Option<&Draft>,
) -> Result<Vec<DraftChange>, Error> {
    let label = args.label.unwrap_or(first_label(detail));
    let index = args.slice.unwrap_or_default();
    let slices = slices(args);
    let one = match action {
        DraftAction::Segment => return Ok(segment(args, Place::new(label, index))),
        DraftAction::Copy => return copy(args, label, detail, draft),
        DraftAction::Clear => DraftChange::Empty {
            label: Some(only_label(args, detail)?),
            slices,
        },
        DraftAction::Paint => DraftChange::Paint {
            label,
            index,
            stroke: match args.erase {
                true => Stroke::Remove,
                false => Stroke::Add,
            },
            pixels: painted::pixels(args, detail)?,
        },
        DraftAction::Interpolate => DraftChange::Interpolate { label, slices },
        DraftAction::Propagate => DraftChange::Propagate {
            label,
            slices,
            force: args.force,
            through: None,
        },
        DraftAction::Restore => match args.revision {
            Some(to) => DraftChange::Revert {
                to,
                label: args.label,
                slices,
            },
            None => DraftChange::Restore,
        },
        DraftAction::Cancel => DraftChange::Cancel,
        DraftAction::Undo => DraftChange::Undo,
        DraftAction::Redo => DraftChange::Redo,
        DraftAction::Discard => DraftChange::Discard,
        DraftAction::Rebase => DraftChange::Rebase,
        DraftAction::Commit => DraftChange::Commit,
    };
    Ok(vec![one])
}

/// The slices that are named.
fn slices(args: &DraftArgs) -> Slices {
    match (args.slice, args.range) {
        (Some(index), _) => Slices::one(index),
        (None, Some((first, last))) if args.outside => Slices::Outside(first, last),
        (None, Some((first, last))) => Slices::Within(first, last),
        (None, None) => Slices::All,
    }
}

/// Draws what is given, and segments by all that is drawn.
fn segment(args: &DraftArgs, place: Place) -> Vec<DraftChange> {
    let prompt = SlicePrompt {
        bbox: args.bbox,
        points: args.points.clone(),
        ..SlicePrompt::nothing(place)
    };
    let drawn = (!prompt.is_empty()).then_some(DraftChange::Draw { prompt });
    let Place { label, index } = place;
    let segment = DraftChange::Segment { label, index };
    drawn.into_iter().chain([segment]).collect()
}

/// Copies a mask, or draws again what was drawn.
fn copy(
    args: &DraftArgs,
    label: Label,
    detail: &CaseDetail,
    draft: Option<&Draft>,
) -> Result<Vec<DraftChange>, Error> {
    let (from, to) = (args.slice.unwrap_or_default(), args.to.unwrap_or_default());
    if !args.prompts {
        return Ok(vec![DraftChange::Copy { label, from, to }]);
    }
    let place = Place::new(label, from);
    let current = detail.summary.revision.unwrap_or_default();
    let stored = stored_prompt(draft, (&detail.revisions, current), place);
    let prompt = stored.ok_or_else(|| unfit(format!("nothing was drawn for {place}")))?;
    let prompt = SlicePrompt {
        index: to,
        ..prompt.clone()
    };
    let segment = DraftChange::Segment { label, index: to };
    Ok(vec![DraftChange::Draw { prompt }, segment])
}

/// The object that is named, or the only one that there is.
fn only_label(args: &DraftArgs, detail: &CaseDetail) -> Result<Label, Error> {
    let current = detail.current();
    let count = current.map_or(0, |revision| revision.provenance.objects.len());
    match args.label {
        Some(label) => Ok(label),
        None if count <= 1 => Ok(first_label(detail)),
        None => Err(unfit(format!(
            "the case has {count} objects: name one with --object"
        ))),
    }
}
