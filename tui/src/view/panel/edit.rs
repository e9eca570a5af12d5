//! The panel while prompts are drawn.

use super::super::{Theme, objects};
use super::elapsed;
use crate::app::action::{Action, App, Draw};
use crate::app::draft::edit::Edit;
use crate::app::draft::tool::Kind;
use crate::app::state::review::Review;
use crate::app::state::review::stack::Stack;
use crate::app::{Context, Keymap};
use medicosam_shared::place::Place;
use ratatui::text::Line;

/// Most points listed.
const POINTS: usize = 6;

/// Cursor, prompt and draft, in lines of at most `width` columns.
pub(super) fn lines<'a>(
    review: &Review,
    edit: &Edit,
    keymap: &Keymap,
    (stack, width): (&Stack, usize),
    theme: Theme,
) -> Vec<Line<'a>> {
    let mut lines = vec![Line::default()];
    lines.extend(prompt(review, edit, (stack, keymap), theme));
    lines.push(Line::default());
    lines.extend(draft(review, edit, width));
    lines.extend(work(review, keymap, theme));
    lines
}

/// The prompt being drawn.
fn prompt<'a>(
    review: &Review,
    edit: &Edit,
    (stack, keymap): (&Stack, &Keymap),
    theme: Theme,
) -> Vec<Line<'a>> {
    let (x, y) = edit.cursor;
    let masks = review.drawn_masks();
    let object = masks.and_then(|m| m.object(edit.label));
    let new = review.drafting.objects().remove(&edit.label);
    let object = object.map(|o| o.name.clone()).or(new).unwrap_or_default();
    let slice = review.slice().and_then(|s| review.slices.whole(s));
    let value = slice.and_then(|slice| {
        let at = y as usize * slice.shape.width as usize + x as usize;
        slice.values.get(at).copied()
    });
    let [mm_x, mm_y, mm_z] = stack.world(review.index(), edit.cursor);
    let mut lines = vec![
        objects::name(edit.label, &object, theme),
        Line::raw(match value {
            Some(value) => format!("cursor {x},{y}  {value:.0}"),
            None => format!("cursor {x},{y}"),
        }),
    ];
    if !review.is_picture() {
        let mm = format!("{mm_x:.1} {mm_y:.1} {mm_z:.1} mm");
        lines.push(Line::styled(mm, theme.faint()));
    }
    lines.push(Line::default());
    let unit = if review.is_picture() { "px" } else { "mm" };
    if let Some(tool) = edit.tool.describe(unit) {
        lines.push(Line::styled(tool, theme.key()));
        lines.extend(how_to_paint(edit, keymap).map(Line::raw));
    }
    let drawn = review.drafting.drawn(edit.label, review.index());
    if let Some((x, y)) = edit.corner {
        lines.push(Line::raw(format!("box from {x},{y} …")));
    } else if let Some(b) = drawn.and_then(|d| d.bbox) {
        lines.push(Line::raw(format!(
            "□ {},{} – {},{}",
            b.x0, b.y0, b.x1, b.y1
        )));
    }
    let points = drawn.map_or(&[][..], |d| &d.points);
    for point in points.iter().take(POINTS) {
        let sign = if point.positive { '+' } else { '−' };
        lines.push(Line::raw(format!("{sign} {},{}", point.x, point.y)));
    }
    if points.len() > POINTS {
        lines.push(Line::raw(format!("and {} more", points.len() - POINTS)));
    }
    lines
}

/// The keys of a tool that paints.
fn how_to_paint(edit: &Edit, keymap: &Keymap) -> Option<String> {
    let key = |action| keymap.way(Context::Edit, Action::Draw(action));
    match edit.tool.kind {
        Kind::Prompts => None,
        Kind::Brush(_) => Some(format!(
            "{} paints, {} erases",
            key(Draw::PositivePoint),
            key(Draw::NegativePoint)
        )),
        Kind::Lasso(_) => Some(format!(
            "{} corner, {} closes",
            key(Draw::Corner),
            key(Draw::Confirm)
        )),
    }
}

/// The work on the draft, or how long it took.
fn work<'a>(review: &Review, keymap: &Keymap, theme: Theme) -> Vec<Line<'a>> {
    if review.prompting {
        return vec![Line::styled("making the revision …", theme.good())];
    }
    let Some(progress) = review.drafting.working() else {
        return elapsed(review).into_iter().collect();
    };
    if progress.total == 0 {
        return vec![Line::styled("segmenting …", theme.good())];
    }
    let stop = keymap.way(Context::Edit, Action::App(App::Back));
    let pace = review.drafting.pace();
    let rate = pace.rate().map(|rate| format!(", {rate:.1} a second"));
    let left = pace.left().map(|left| format!("{left:.0} s left, "));
    [
        format!(
            "{} of {}{}",
            progress.done,
            progress.total,
            rate.unwrap_or_default()
        ),
        format!("{}{stop} stops", left.unwrap_or_default()),
    ]
    .into_iter()
    .map(|text| Line::styled(text, theme.good()))
    .collect()
}

/// The draft: the chosen mask of the slice, and how many slices it changes.
fn draft<'a>(review: &Review, edit: &Edit, width: usize) -> Vec<Line<'a>> {
    let Some(draft) = review.drafting.draft() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some((answer, chosen)) = draft.answer(Place::new(edit.label, review.index()))
        && let Some(mask) = answer.candidates.get(chosen as usize)
    {
        let number = chosen + 1;
        let count = answer.candidates.len();
        let estimate = objects::estimated(mask.predicted_iou, width);
        lines.push(Line::raw(format!("mask {number} of {count}  {estimate}")));
    }
    let changed = draft.canvas().places().count();
    if changed > 0 {
        let s = if changed == 1 { "" } else { "s" };
        lines.push(Line::raw(format!("draft: {changed} slice{s}")));
    }
    lines
}
