//! How a case is looked at: which slices, in which planes, how bright, with which masks.

use super::action::{Cursor, Look, Slice, Window};
use super::cursor::Step;
use super::event::Effect;
use super::state::model::Model;
use super::state::notice::Notice;
use super::state::review::display::Compared;
use super::state::review::layout::Layout;
use super::state::review::window::WindowChoice;
use super::state::review::{Chosen, Review};
use medicosam_shared::geometry::Plane;
use std::collections::BTreeSet;

/// Slices in a large step.
const FURTHER: i64 = 10;

/// The work for the outside, or why nothing happens.
type Outcome = Result<Vec<Effect>, &'static str>;

/// Goes to another slice. The number typed before says how many slices on, or which one.
pub(super) fn slice(model: &mut Model, action: Slice) -> Vec<Effect> {
    let now = model.now;
    with_review(model, |review| {
        let number = match matches!(action, Slice::First | Slice::Last) {
            true => review.take_any_count(now),
            false => review.take_count(),
        };
        let times = number.unwrap_or(1).max(1);
        let steps = i64::from(times);
        match action {
            Slice::Next => Ok(slice_by(review, steps)),
            Slice::Previous => Ok(slice_by(review, -steps)),
            Slice::Further => Ok(slice_by(review, FURTHER * steps)),
            Slice::FurtherBack => Ok(slice_by(review, -FURTHER * steps)),
            Slice::First => Ok(review.look(number.unwrap_or(0))),
            Slice::Last => Ok(review.look(number.unwrap_or(u32::MAX))),
            Slice::NextMasked => mask_slice(review, times, true),
            Slice::PreviousMasked => mask_slice(review, times, false),
            Slice::NextLow => low_slice(review, times, true),
            Slice::PreviousLow => low_slice(review, times, false),
        }
    })
}

/// Changes planes, layout, masks or zoom.
pub(super) fn look(model: &mut Model, action: Look) -> Vec<Effect> {
    with_review(model, |review| {
        let many = matches!(
            action,
            Look::Axial | Look::Coronal | Look::Sagittal | Look::ThreePlanes | Look::Mosaic
        );
        if many && review.is_picture() {
            return Err("A picture has one slice, and no other planes.");
        }
        match action {
            Look::ShowBefore => return compare(review, Compared::Before),
            Look::NextReference => return review.next_reference(),
            Look::ShowChanges => return compare(review, Compared::Changes),
            Look::Axial => return Ok(plane(review, Plane::Axial)),
            Look::Coronal => return Ok(plane(review, Plane::Coronal)),
            Look::Sagittal => return Ok(plane(review, Plane::Sagittal)),
            Look::ThreePlanes => return Ok(layout(review, Layout::Three)),
            Look::Mosaic => return Ok(layout(review, Layout::Mosaic)),
            Look::OneSlice => return Ok(one_slice(review)),
            Look::ToggleMasks => {
                review.display.masks_visible = !review.display.masks_visible;
            }
            Look::PanelOn => review.panel_page += 1,
            Look::PanelBack => review.panel_page -= 1,
            Look::TogglePrompts => review.toggle_prompts(),
            Look::MaskForm => review.display.next_form(),
            Look::MoreOpaque => review.display.more_opaque(),
            Look::LessOpaque => review.display.less_opaque(),
            Look::ZoomIn => {
                let around = review.at;
                review.zoom_mut().closer(around);
            }
            Look::ZoomOut => review.zoom_mut().further(),
            Look::ZoomWhole => review.zoom_mut().whole(),
            Look::ZoomMask => {
                if !review.fit_masks() {
                    return Err("There is no mask to fit.");
                }
            }
            Look::PanLeft => pan(review, -1, 0),
            Look::PanRight => pan(review, 1, 0),
            Look::PanUp => pan(review, 0, -1),
            Look::PanDown => pan(review, 0, 1),
        }
        Ok(Vec::new())
    })
}

/// Changes the window.
pub(super) fn window(model: &mut Model, action: Window) -> Vec<Effect> {
    with_review(model, |review| {
        if review.is_coloured() {
            return Err("A picture with colours has no window.");
        }
        let is_ct = review.display.window.suits_presets(review.detail.as_ref());
        let preset = |name, width, level| match is_ct {
            true => Ok(WindowChoice::Preset(name, width, level)),
            false => Err("The presets are for CT, and this scan's values are not in HU."),
        };
        let choice = match action {
            Window::Case => Ok(WindowChoice::Case),
            Window::Abdomen => preset("abdomen", 400, 40),
            Window::Lung => preset("lung", 1500, -600),
            Window::Brain => preset("brain", 80, 40),
            Window::Mediastinum => preset("mediastinum", 350, 50),
            Window::Bone => preset("bone", 1800, 400),
            Window::Auto => auto(review),
            Window::LevelUp => Ok(adjusted(review, 1, 0)),
            Window::LevelDown => Ok(adjusted(review, -1, 0)),
            Window::Wider => Ok(adjusted(review, 0, 1)),
            Window::Narrower => Ok(adjusted(review, 0, -1)),
            Window::Invert => {
                review.display.inverted = !review.display.inverted;
                return Ok(Vec::new());
            }
            Window::Adjust => {
                review.mode.toggle_adjusting();
                return Ok(Vec::new());
            }
        };
        review.display.window = choice?;
        Ok(Vec::new())
    })
}

/// Moves the current voxel within its slice, as it is seen.
pub(super) fn cursor(model: &mut Model, action: Cursor) -> Vec<Effect> {
    with_review(model, |review| {
        let Some(stack) = review.stack() else {
            return Ok(Vec::new());
        };
        let step = Step::of(action);
        let times = match step.is_far() {
            true => 1,
            false => review.take_count().unwrap_or(1).max(1),
        };
        review.chosen = Chosen::Pointed;
        let pixel = stack.pixel(review.at);
        let step = step.times(i64::from(times));
        let (x, y) = step.taken_from(pixel, stack.shape(), stack.orientation());
        Ok(review.look_at(stack.axis.voxel(review.index(), x, y)))
    })
}

fn with_review(model: &mut Model, change: impl FnOnce(&mut Review) -> Outcome) -> Vec<Effect> {
    let Some(review) = model.review_mut() else {
        return Vec::new();
    };
    change(review).unwrap_or_else(|why| {
        model.notice = Some(Notice::good(why));
        Vec::new()
    })
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

fn mask_slice(review: &mut Review, times: u32, forward: bool) -> Outcome {
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
fn low_slice(review: &mut Review, times: u32, forward: bool) -> Outcome {
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

/// The n-th of `slices` after slice `index` (or before it), or the last one there.
fn beyond(slices: &BTreeSet<u32>, index: u32, times: u32, forward: bool) -> Option<u32> {
    let times = times as usize;
    if forward {
        let after = slices.range(index.checked_add(1)?..);
        after.take(times).last().copied()
    } else {
        slices.range(..index).rev().take(times).last().copied()
    }
}

fn plane(review: &mut Review, plane: Plane) -> Vec<Effect> {
    let axis = review.stack().map(|stack| stack.affine.axis(plane));
    review.look_across(axis)
}

/// Back to one slice; from a mosaic, to the selected one.
fn one_slice(review: &mut Review) -> Vec<Effect> {
    let tile = review.tile().filter(|_| review.layout == Layout::Mosaic);
    review.layout = Layout::One;
    match tile {
        Some(tile) => review.look(tile),
        None => review.load(),
    }
}

/// Changes to a layout, or from it back to one slice.
fn layout(review: &mut Review, layout: Layout) -> Vec<Effect> {
    review.layout = match review.layout == layout {
        true => Layout::One,
        false => layout,
    };
    review.load()
}

fn auto(review: &Review) -> Result<WindowChoice, &'static str> {
    let slice = review.slice().and_then(|slice| review.slices.get(slice));
    let window = slice.and_then(|values| WindowChoice::auto(&values.values));
    window.ok_or("All values of the slice are the same.")
}

fn adjusted(review: &Review, level: i32, width: i32) -> WindowChoice {
    let limits = review.limits();
    limits.map_or(review.display.window, |limits| {
        limits.adjusted(level, width)
    })
}

fn pan(review: &mut Review, right: i64, down: i64) {
    if let Some(stack) = review.stack() {
        review.zoom_mut().pan(&stack, right, down);
    }
}

fn compare(review: &mut Review, compared: Compared) -> Outcome {
    if review.before().is_none() {
        return Err("This is the first revision; there is none before it.");
    }
    review.display.compared = if review.display.compared == compared {
        Compared::Not
    } else {
        compared
    };
    review.display.masks_visible = true;
    Ok(review.load_before().into_iter().collect())
}

#[cfg(test)]
mod tests;
