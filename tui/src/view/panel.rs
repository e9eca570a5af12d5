//! The panel beside the picture: what is known of the case.

use super::text::{put, wrapped};
use super::{Theme, objects};
use crate::app::action::{Action, App};
use crate::app::draft::edit::Edit;
use crate::app::state::review::display::Compared;
use crate::app::state::review::layout::Layout;
use crate::app::state::review::stack::{self, Stack};
use crate::app::state::review::{Chosen, Review};
use crate::app::{Context, Keymap};
use crate::picture::{Form, Ink};
use medicosam_shared::place::Place;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Most points listed.
const POINTS: usize = 6;

pub fn draw(review: &Review, keymap: &Keymap, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let lines = lines(review, keymap, usize::from(area.width) - 1, theme);
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        put(buffer, area.x, y, area.width - 1, line);
    }
}

/// The most important of it in one line.
pub fn in_short(review: &Review) -> String {
    match review.stack() {
        Some(stack) => format!("{}  {}", place(review, &stack), window(review)),
        None => String::new(),
    }
}

fn lines<'a>(review: &Review, keymap: &Keymap, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let (Some(detail), Some(stack)) = (&review.detail, review.stack()) else {
        return Vec::new();
    };
    let mut lines = vec![
        Line::styled(place(review, &stack), theme.title()),
        Line::raw(window(review)),
        masks(review, theme),
    ];
    lines.extend(zoom(review, &stack, theme));
    if let Some(edit) = review.mode.edit() {
        lines.push(Line::default());
        lines.extend(prompt(review, edit, &stack, theme));
        lines.push(Line::default());
        lines.extend(draft(review, edit));
        lines.extend(work(review, keymap, theme));
        return lines;
    }
    lines.extend(position(review, &stack, theme));
    lines.push(Line::default());
    lines.extend(objects::lines(review, &stack, width, theme));
    lines.push(Line::default());
    if let Some(revision) = detail.current() {
        let provenance = &revision.provenance;
        lines.push(Line::styled(
            format!("by {}", printable(&provenance.author)),
            theme.faint(),
        ));
        lines.push(Line::styled(
            format!(
                "{} on {}",
                printable(&provenance.model.name),
                printable(&provenance.runtime.device)
            ),
            theme.faint(),
        ));
    }
    // For example, that left and right are not known. A reviewer must see that.
    for note in detail.scan.iter().flat_map(|scan| &scan.notes) {
        let note = format!("! {}", printable(note));
        lines.extend(wrapped(&note, width).into_iter().map(Line::raw));
    }
    lines.extend(elapsed(review));
    lines
}

/// Plane, slice (and the last one; both counted from 0, as everywhere) and where it lies.
fn place(review: &Review, stack: &Stack) -> String {
    let axis = stack::world_axis(stack.plane());
    let letter = ["x", "y", "z"][axis];
    let mm = stack.world(review.index(), stack.pixel(review.at))[axis];
    format!(
        "{} {}/{}  {letter} {mm:.1}",
        stack.plane(),
        review.index(),
        stack.count().saturating_sub(1)
    )
}

fn window(review: &Review) -> String {
    let mut text = review.display.window.text(review.detail.as_ref());
    if review.display.inverted {
        text.push_str(" inverted");
    }
    text
}

/// How masks are drawn.
fn masks<'a>(review: &Review, theme: Theme) -> Line<'a> {
    let before = review.before().unwrap_or_default();
    let display = &review.display;
    match (display.masks_visible, display.compared, display.form) {
        (false, ..) => Line::raw("masks hidden"),
        (true, Compared::Before, _) => {
            Line::styled(format!("masks of revision {before}"), theme.attention())
        }
        (true, Compared::Changes, _) => Line::from(vec![
            Span::styled("■", theme.ink(Ink::Added)),
            Span::raw(" added "),
            Span::styled("■", theme.ink(Ink::Removed)),
            Span::raw(format!(" gone since {before}")),
        ]),
        (true, Compared::Not, Form::Outline) => Line::raw("masks outlined"),
        (true, Compared::Not, Form::Filled) => {
            Line::raw(format!("masks filled {} %", display.opacity.percent()))
        }
    }
}

/// The magnification and the tilt, if there are any.
fn zoom<'a>(review: &Review, stack: &Stack, theme: Theme) -> Option<Line<'a>> {
    let mut words = Vec::new();
    if review.zoom.factor() > 1.0 {
        words.push(format!("zoom {}×", review.zoom.factor()));
    }
    // Less cannot be seen, and comes of rounding.
    if stack.tilt() > 1.0 {
        words.push(format!("oblique {:.0}°", stack.tilt()));
    }
    (!words.is_empty()).then(|| Line::styled(words.join("  "), theme.faint()))
}

/// The current voxel, its value and where it lies (RAS+).
fn position<'a>(review: &Review, stack: &Stack, theme: Theme) -> Vec<Line<'a>> {
    if review.chosen != Chosen::Pointed && review.layout != Layout::Three {
        return Vec::new();
    }
    let [i, j, k] = review.at;
    let value = review
        .value()
        .map_or(String::new(), |v| format!("  value {}", value(v)));
    let [x, y, z] = stack.affine.to_world(review.at.map(f64::from));
    vec![
        Line::raw(format!("+ {i},{j},{k}{value}")),
        Line::styled(format!("  {x:.1} {y:.1} {z:.1} mm"), theme.faint()),
    ]
}

/// A voxel's value; MR values may be small fractions.
fn value(value: f32) -> String {
    if value.abs() < 10.0 && value.fract() != 0.0 {
        format!("{value:.3}")
    } else {
        format!("{value:.0}")
    }
}

/// The prompt being drawn.
fn prompt<'a>(review: &Review, edit: &Edit, stack: &Stack, theme: Theme) -> Vec<Line<'a>> {
    let (x, y) = edit.cursor;
    let masks = review.drawn_masks();
    let object = masks.and_then(|m| m.object(edit.label));
    let new = review.drafting.objects().remove(&edit.label);
    let object = object.map(|o| o.name.clone()).or(new).unwrap_or_default();
    let slice = review.slice().and_then(|s| review.slices.get(s));
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
        Line::styled(format!("{mm_x:.1} {mm_y:.1} {mm_z:.1} mm"), theme.faint()),
        Line::default(),
    ];
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

/// The work on the draft, or how long it took.
fn work<'a>(review: &Review, keymap: &Keymap, theme: Theme) -> Option<Line<'a>> {
    if review.prompting {
        return Some(Line::styled("making the revision …", theme.good()));
    }
    if let Some(progress) = review.drafting.working() {
        let stop = keymap.way(Context::Edit, Action::App(App::Back));
        let text = match progress.total {
            0 => "segmenting …".to_owned(),
            total => format!("slice {} of {total}, {stop} stops", progress.done),
        };
        return Some(Line::styled(text, theme.good()));
    }
    elapsed(review)
}

fn elapsed<'a>(review: &Review) -> Option<Line<'a>> {
    let elapsed = review.elapsed?;
    Some(Line::raw(format!("last prompt {} ms", elapsed.as_millis())))
}

/// The draft: the chosen mask of the slice, and how many slices it changes.
fn draft<'a>(review: &Review, edit: &Edit) -> Vec<Line<'a>> {
    let Some(draft) = review.drafting.draft() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some((answer, chosen)) = draft.answer(Place::new(edit.label, review.index()))
        && let Some(mask) = answer.candidates.get(chosen as usize)
    {
        let number = chosen + 1;
        let count = answer.candidates.len();
        let iou = crate::verbs::score(Some(mask.predicted_iou));
        lines.push(Line::raw(format!("mask {number} of {count}  {iou}")));
    }
    let changed = draft.canvas().places().count();
    if changed > 0 {
        let s = if changed == 1 { "" } else { "s" };
        lines.push(Line::raw(format!("draft: {changed} slice{s}")));
    }
    lines
}
