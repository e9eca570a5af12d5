//! Changes of which the connection took the answer away.

use medicosam_shared::draft::{Draft, DraftChange, Origin, Put, Scope, Step};
use medicosam_shared::place::Place;

/// Whether a change turned the draft `before` into the one `after`; it is not known whether the
/// daemon got it. Masks may have come to the draft meanwhile in any case, and the version before may
/// be a newer one than the steps: news of work brings it.
pub fn has_come(change: &DraftChange, before: Option<&Draft>, after: Option<&Draft>) -> bool {
    let before = before.filter(|d| !d.discarded);
    let Some(after) = after.filter(|d| !d.discarded) else {
        return matches!(change, DraftChange::Commit | DraftChange::Discard);
    };
    match change {
        DraftChange::Object { label, name } => {
            let (label, name) = (*label, name.clone());
            is_new(&Step::Object { label, name }, before, after)
        }
        DraftChange::Draw { prompt } => {
            let prompt = prompt.clone();
            is_new(&Step::Drawn { prompt }, before, after)
        }
        &DraftChange::Choose {
            label,
            index,
            candidate,
        } => {
            let chosen = Step::Chosen {
                label,
                index,
                candidate,
            };
            is_new(&chosen, before, after)
        }
        DraftChange::Paint {
            label,
            index,
            stroke,
            pixels,
        } => {
            let painted = Step::Painted {
                label: *label,
                index: *index,
                stroke: *stroke,
                pixels: pixels.clone(),
            };
            is_new(&painted, before, after)
        }
        &DraftChange::Empty { label, slices } => {
            let scope = Scope { label, slices };
            is_new(&Step::Emptied { scope }, before, after)
        }
        &DraftChange::Revert { to, label, slices } => {
            let scope = Scope { label, slices };
            let revision = to;
            let origin = Origin::Revision { revision, scope };
            has_put(before, after, |put| put.origin == origin)
        }
        &DraftChange::Copy { label, from, to } => has_put(before, after, |put| {
            let place = Place::new(label, to);
            let is_there = put.masks.iter().any(|mask| mask.place == place);
            put.origin == Origin::Copy { index: from } && is_there
        }),
        &DraftChange::Interpolate { label, .. } => has_put(before, after, |put| {
            let of_it = put.masks.iter().any(|mask| mask.place.label == label);
            put.origin == Origin::Interpolation && of_it
        }),
        DraftChange::Undo => before.is_some_and(|before| {
            let is_back = after.position < before.position;
            // New masks take the place of steps that could be redone.
            after.can_redo() && (is_back || after.steps != before.steps)
        }),
        DraftChange::Redo => before.is_some_and(|before| {
            let again = before.position as usize + 1;
            let steps = before.steps.get(..again);
            steps.is_some_and(|steps| after.done().starts_with(steps))
        }),
        DraftChange::Restore => before.is_none(),
        DraftChange::Rebase => before.is_some_and(|before| after.revision != before.revision),
        DraftChange::Commit => {
            after.working.is_some() && before.is_some_and(|before| before.working.is_none())
        }
        DraftChange::Discard => false,
        // The screen shows whether it has come, and one key asks for it again.
        DraftChange::Segment { .. }
        | DraftChange::Propagate { .. }
        | DraftChange::Boxes { .. }
        | DraftChange::Cancel => before.is_none_or(|before| before.version != after.version),
    }
}

/// Whether a step stands behind those that counted before.
fn is_new(step: &Step, before: Option<&Draft>, after: &Draft) -> bool {
    new_steps(before, after).contains(step)
}

/// Whether such masks were put in place behind the steps that counted before.
fn has_put(before: Option<&Draft>, after: &Draft, is_it: impl Fn(&Put) -> bool) -> bool {
    let mut new = new_steps(before, after).iter();
    new.any(|step| matches!(step, Step::Put(put) if is_it(put)))
}

fn new_steps<'a>(before: Option<&Draft>, after: &'a Draft) -> &'a [Step] {
    let known = before.map_or(0, |draft| draft.position as usize);
    after.done().get(known..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::place::Label;
    use medicosam_shared::prompt::{SlicePoint, SlicePrompt};

    fn prompt(points: u32) -> SlicePrompt {
        let point = |x| SlicePoint {
            x,
            y: 0,
            positive: true,
        };
        SlicePrompt {
            points: (0..points).map(point).collect(),
            ..SlicePrompt::nothing(Place::new(Label::MIN, 3))
        }
    }

    /// A draft with a step for each count of points.
    fn draft(version: u64, counts: &[u32]) -> Draft {
        let mut draft = Draft::new(1);
        draft.version = version;
        for &count in counts {
            let prompt = prompt(count);
            draft.push(Step::Drawn { prompt });
        }
        draft
    }

    #[test]
    fn a_step_has_come_if_it_stands_behind_the_earlier_ones() {
        let draw = |points| DraftChange::Draw {
            prompt: prompt(points),
        };
        let before = draft(4, &[1, 2]);
        let come =
            |change: &DraftChange, after: &Draft| has_come(change, Some(&before), Some(after));
        assert!(!come(&draw(2), &before), "nothing is new");
        assert!(
            !come(&draw(2), &draft(5, &[1, 2])),
            "the same was drawn before"
        );
        assert!(come(&draw(2), &draft(5, &[1, 2, 2])));
        assert!(
            come(&draw(3), &draft(6, &[1, 2, 3, 7])),
            "masks came after it"
        );
        assert!(has_come(&draw(3), None, Some(&draft(1, &[3]))));
        let mut gone = draft(5, &[1, 2]);
        gone.discarded = true;
        assert!(!come(&draw(2), &gone) && come(&DraftChange::Discard, &gone));
    }

    #[test]
    fn undone_and_redone_steps_are_told_from_masks_that_came() {
        let undo =
            |before: &Draft, after: &Draft| has_come(&DraftChange::Undo, Some(before), Some(after));
        let before = draft(4, &[1, 2]);
        let mut undone = draft(5, &[1, 2]);
        undone.position = 1;
        assert!(undo(&before, &undone));
        let masks_came = draft(5, &[1, 2, 9]);
        assert!(!undo(&before, &masks_came));
        let mut both = draft(6, &[1, 2, 9]);
        both.position = 2;
        assert!(undo(&before, &both));

        let redo = |after: &Draft| has_come(&DraftChange::Redo, Some(&undone), Some(after));
        assert!(redo(&draft(6, &[1, 2])) && redo(&draft(7, &[1, 2, 9])));
        assert!(
            !redo(&draft(6, &[1, 9])),
            "masks took the place of the step"
        );
    }
}
