//! How a case is looked at: which slices, in which planes, how bright, with which masks.

use super::count;
use super::subject::Layout;
use super::window::WindowChoice;
use super::{Compared, Review};
use crate::app::Action;
use crate::app::cursor::Step;
use crate::app::event::Effect;
use crate::app::model::{Model, Notice};
use crate::picture::Form;
use medicosam_shared::geometry::Plane;

/// Slices in a large step.
const FURTHER: i64 = 10;

/// Does what only changes what is seen of a case; returns what has to be done outside.
pub(in crate::app) fn look(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    match act(review, action) {
        Ok(effects) => effects,
        Err(text) => {
            model.notice = Some(Notice::good(text));
            Vec::new()
        }
    }
}

/// What has to be done outside, or why nothing happens.
fn act(review: &mut Review, action: Action) -> Result<Vec<Effect>, &'static str> {
    let number = if count::is_taken_by(action) {
        count::take(review)
    } else {
        None
    };
    let times = number.unwrap_or(1).max(1);
    if let Some(step) = Step::of(action) {
        return Ok(point(review, step.times(i64::from(times))));
    }
    match action {
        Action::NextSlice => return Ok(slice_by(review, i64::from(times))),
        Action::PreviousSlice => return Ok(slice_by(review, -i64::from(times))),
        Action::FurtherSlice => return Ok(slice_by(review, FURTHER * i64::from(times))),
        Action::FurtherSliceBack => return Ok(slice_by(review, -FURTHER * i64::from(times))),
        Action::FirstSlice => return Ok(review.look(number.unwrap_or(0))),
        Action::LastSlice => return Ok(review.look(number.unwrap_or(u32::MAX))),
        Action::NextMaskSlice => return mask_slice(review, times, true),
        Action::PreviousMaskSlice => return mask_slice(review, times, false),
        Action::NextLowSlice => return low_slice(review, times, true),
        Action::PreviousLowSlice => return low_slice(review, times, false),
        Action::ViewAxial => return Ok(plane(review, Plane::Axial)),
        Action::ViewCoronal => return Ok(plane(review, Plane::Coronal)),
        Action::ViewSagittal => return Ok(plane(review, Plane::Sagittal)),
        Action::ThreePlanes => return layout(review, Layout::Three),
        Action::Mosaic => return layout(review, Layout::Mosaic),
        Action::OneSlice => {
            if let Some(tile) = review.tile().filter(|_| review.layout == Layout::Mosaic) {
                review.layout = Layout::One;
                return Ok(review.look(tile));
            }
            review.layout = Layout::One;
            return Ok(review.load());
        }
        Action::WindowAuto => auto(review)?,
        Action::AdjustWindow => review.adjusting = !review.adjusting,
        Action::LevelUp => adjust(review, 1, 0),
        Action::LevelDown => adjust(review, -1, 0),
        Action::WidthUp => adjust(review, 0, 1),
        Action::WidthDown => adjust(review, 0, -1),
        Action::Invert => review.inverted = !review.inverted,
        Action::ZoomIn => review.zoom.closer(review.at),
        Action::ZoomOut => review.zoom.further(),
        Action::ZoomWhole => review.zoom.whole(),
        Action::ZoomMask if !review.fit_masks() => return Err("There is no mask to fit."),
        Action::PanLeft => pan(review, -1, 0),
        Action::PanRight => pan(review, 1, 0),
        Action::PanUp => pan(review, 0, -1),
        Action::PanDown => pan(review, 0, 1),
        Action::ToggleMask => review.masks_visible = !review.masks_visible,
        Action::MaskForm => {
            (review.masks_visible, review.form) = match (review.masks_visible, review.form) {
                (true, Form::Outline) => (true, Form::Filled),
                (true, Form::Filled) => (false, Form::Outline),
                (false, _) => (true, Form::Outline),
            };
        }
        Action::MoreOpaque => review.opacity = review.opacity.more().unwrap_or(review.opacity),
        Action::LessOpaque => review.opacity = review.opacity.less().unwrap_or(review.opacity),
        Action::ShowBefore => return compare(review, Compared::Before),
        Action::ShowChanges => return compare(review, Compared::Changes),
        _ => {}
    }
    Ok(Vec::new())
}

/// Steps back out of whatever is looked at in a special way. Says whether there was a step.
pub(in crate::app) fn back(review: &mut Review) -> bool {
    if review
        .count
        .take()
        .is_some_and(|count| count.number().is_some())
    {
        return true;
    }
    if review.adjusting {
        review.adjusting = false;
    } else if review.layout == Layout::Mosaic {
        review.layout = Layout::One;
    } else if review.compared != Compared::Not {
        review.compared = Compared::Not;
    } else {
        return false;
    }
    true
}

/// Prompts are drawn on one slice, in the plane that the masks are cut in.
pub(in crate::app) fn before_drawing(review: &mut Review) -> Vec<Effect> {
    review.layout = Layout::One;
    review.compared = Compared::Not;
    review.look_across(None)
}

fn slice_by(review: &mut Review, step: i64) -> Vec<Effect> {
    if review.layout == Layout::Mosaic {
        let tiles = review.tiles();
        let here = review.tile();
        let Some(place) = tiles.iter().position(|tile| Some(*tile) == here) else {
            return Vec::new();
        };
        let last = tiles.len() as i64 - 1;
        let next = (place as i64 + step).clamp(0, last);
        return review.look(tiles[next as usize]);
    }
    let index = i64::from(review.index()) + step;
    review.look(index.clamp(0, i64::from(u32::MAX)) as u32)
}

fn mask_slice(review: &mut Review, times: u32, forward: bool) -> Result<Vec<Effect>, &'static str> {
    let slices = review.mask_slices();
    match beyond(&slices, review.index(), times, forward) {
        Some(index) => Ok(review.look(index)),
        None => Err(match (slices.is_empty(), forward) {
            (true, _) => "No slice has a mask.",
            (false, true) => "No slice further on has a mask.",
            (false, false) => "No slice before has a mask.",
        }),
    }
}

/// Scores are given for slices of the masks' own plane, so that is what is looked at.
fn low_slice(review: &mut Review, times: u32, forward: bool) -> Result<Vec<Effect>, &'static str> {
    let slices = review.low_slices();
    if slices.is_empty() {
        return Err("The model is sure of all slices.");
    }
    match beyond(&slices, review.own_index(), times, forward) {
        Some(index) => Ok(review.look_own(index)),
        None => Err(if forward {
            "The model is sure of all slices further on."
        } else {
            "The model is sure of all slices before."
        }),
    }
}

/// The so many-th of `slices` from slice `index` on, or the last one there.
fn beyond(
    slices: &std::collections::BTreeSet<u32>,
    index: u32,
    times: u32,
    forward: bool,
) -> Option<u32> {
    let times = times as usize;
    if forward {
        let after = slices.range(index.checked_add(1)?..);
        after.take(times).last().copied()
    } else {
        slices.range(..index).rev().take(times).last().copied()
    }
}

/// Moves the voxel that is looked at within its slice, as it is seen.
fn point(review: &mut Review, step: Step) -> Vec<Effect> {
    let Some(stack) = review.stack() else {
        return Vec::new();
    };
    review.pointing = true;
    let pixel = stack.pixel(review.at);
    let (x, y) = step.taken_from(pixel, stack.shape(), stack.orientation());
    review.look_at(stack.axis.voxel(review.index(), x, y))
}

fn plane(review: &mut Review, plane: Plane) -> Vec<Effect> {
    let axis = review.stack().map(|stack| stack.affine.axis(plane));
    review.look_across(axis)
}

/// Changes to a layout, or from it back to one slice.
fn layout(review: &mut Review, layout: Layout) -> Result<Vec<Effect>, &'static str> {
    review.layout = if review.layout == layout {
        Layout::One
    } else {
        layout
    };
    Ok(review.load())
}

fn auto(review: &mut Review) -> Result<(), &'static str> {
    let slice = review.slice().and_then(|slice| review.slices.get(slice));
    let window = slice.and_then(|values| WindowChoice::auto(&values.values));
    review.window = window.ok_or("All values of the slice are the same.")?;
    Ok(())
}

fn adjust(review: &mut Review, level: i32, width: i32) {
    if let Some(limits) = review.limits() {
        review.window = limits.adjusted(level, width);
    }
}

fn pan(review: &mut Review, right: i64, down: i64) {
    if let Some(stack) = review.stack() {
        review.zoom.pan(&stack, right, down);
    }
}

fn compare(review: &mut Review, compared: Compared) -> Result<Vec<Effect>, &'static str> {
    if review.before().is_none() {
        return Err("This is the first revision; there is none before it.");
    }
    review.compared = if review.compared == compared {
        Compared::Not
    } else {
        compared
    };
    review.masks_visible = true;
    Ok(review.load_before().into_iter().collect())
}

#[cfg(test)]
mod tests;
