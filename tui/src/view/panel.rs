//! What is known of a case, beside its picture.

use super::{Theme, put};
use crate::app::edit::Edit;
use crate::app::review::{Review, Stack, WindowChoice};
use crate::verbs::{millilitres, score};
use medicosam_shared::geometry::Plane;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::ObjectResult;
use medicosam_shared::text::printable;
use medicosam_shared::window::Range;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Most points listed.
const POINTS: usize = 6;

pub fn draw(review: &Review, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let lines = lines(review, usize::from(area.width) - 1, theme);
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

fn lines<'a>(review: &Review, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let (Some(detail), Some(stack)) = (&review.detail, review.stack()) else {
        return Vec::new();
    };
    let mut lines = vec![
        Line::styled(place(review, &stack), theme.title()),
        Line::raw(window(review)),
        Line::raw(if review.masks_visible {
            "masks shown"
        } else {
            "masks hidden"
        }),
        Line::default(),
    ];
    if let Some(edit) = &review.edit {
        lines.extend(prompt(review, edit, &stack, theme));
        return lines;
    }
    if let Some(revision) = detail.current() {
        for object in &revision.provenance.objects {
            lines.extend(object_lines(object, review.index, &stack, theme));
        }
        lines.push(Line::default());
        lines.push(Line::raw(areas(&revision.provenance.objects, width)));
        lines.push(Line::styled("area from slice to slice", theme.faint()));
        lines.push(Line::default());
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
    // Such as that left and right are not known: whoever decides must see it.
    for note in detail.scan.iter().flat_map(|scan| &scan.notes) {
        let note = format!("! {}", printable(note));
        lines.extend(super::wrapped(&note, width).into_iter().map(Line::raw));
    }
    if let Some(elapsed) = review.elapsed {
        lines.push(Line::raw(format!("last prompt {} ms", elapsed.as_millis())));
    }
    lines
}

/// Plane, slice (and the last one; both counted from 0, as everywhere) and where it lies.
fn place(review: &Review, stack: &Stack) -> String {
    let (letter, axis) = match stack.plane() {
        Plane::Sagittal => ("x", 0),
        Plane::Coronal => ("y", 1),
        Plane::Axial => ("z", 2),
    };
    let shape = stack.shape();
    let middle = (shape.width / 2, shape.height / 2);
    let mm = stack.world(review.index, middle)[axis];
    format!(
        "{} {}/{}  {letter} {mm:.1}",
        stack.plane(),
        review.index,
        stack.count().saturating_sub(1)
    )
}

fn window(review: &Review) -> String {
    let range = review.detail.as_ref().map(|d| review.window.range(d));
    match (review.window, range) {
        (WindowChoice::Preset(name, width, level), _) => format!("{name} {width}/{level}"),
        (WindowChoice::Case, Some(Range::Fixed { low, high })) => {
            format!("window {:.0}/{:.0}", high - low, (low + high) / 2.0)
        }
        (WindowChoice::Case, _) => "window of the slice".to_owned(),
    }
}

/// Name, volume and score of an object, and what of it is on the slice.
fn object_lines<'a>(
    object: &ObjectResult,
    index: u32,
    stack: &Stack,
    theme: Theme,
) -> Vec<Line<'a>> {
    let here = object.slices.iter().find(|s| s.index == index);
    let [x, y] = stack.spacing();
    let slice = match here {
        Some(slice) => format!(
            "  here {:.2} cm²  {}",
            slice.area as f64 * x * y / 100.0,
            score(Some(slice.predicted_iou))
        ),
        None => "  not on this slice".to_owned(),
    };
    vec![
        name(object.label, &object.name, theme),
        Line::raw(format!(
            "  {} mL  score {}",
            millilitres(Some(object.volume_ml)),
            score(object.predicted_iou())
        )),
        Line::styled(slice, theme.faint()),
    ]
}

fn name<'a>(label: Label, name: &str, theme: Theme) -> Line<'a> {
    Line::from(vec![
        Span::styled("■ ", theme.object(label)),
        Span::raw(format!("{label} {}", printable(name))),
    ])
}

/// How the area of all objects changes from slice to slice, from the first that has any to the
/// last, in at most `width` bars.
fn areas(objects: &[ObjectResult], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut by_slice = std::collections::BTreeMap::<u32, u64>::new();
    for slice in objects.iter().flat_map(|o| &o.slices) {
        *by_slice.entry(slice.index).or_default() += slice.area;
    }
    let (Some((&first, _)), Some((&last, _))) =
        (by_slice.first_key_value(), by_slice.last_key_value())
    else {
        return String::new();
    };
    let per_bar = (last - first) as usize / width.max(1) + 1;
    let bars: Vec<u64> = (first..=last)
        .collect::<Vec<_>>()
        .chunks(per_bar)
        .map(|slices| {
            slices
                .iter()
                .filter_map(|n| by_slice.get(n))
                .max()
                .copied()
                .unwrap_or(0)
        })
        .collect();
    let most = bars.iter().max().copied().unwrap_or(0).max(1);
    bars.iter()
        .map(|&area| match area {
            0 => ' ',
            _ => BARS[(area * 7 / most) as usize],
        })
        .collect()
}

/// What is being drawn.
fn prompt<'a>(review: &Review, edit: &Edit, stack: &Stack, theme: Theme) -> Vec<Line<'a>> {
    let (x, y) = edit.cursor;
    let masks = review.drawn_masks();
    let object = masks.and_then(|m| m.object(edit.label));
    let new = review.drafting.objects().remove(&edit.label);
    let object = object.map(|o| o.name.clone()).or(new).unwrap_or_default();
    let value = review.slices.get(review.index).and_then(|slice| {
        let at = y as usize * slice.shape.width as usize + x as usize;
        slice.values.get(at).copied()
    });
    let [mm_x, mm_y, mm_z] = stack.world(review.index, edit.cursor);
    let mut lines = vec![
        name(edit.label, &object, theme),
        Line::raw(match value {
            Some(value) => format!("cursor {x},{y}  {value:.0}"),
            None => format!("cursor {x},{y}"),
        }),
        Line::styled(format!("{mm_x:.1} {mm_y:.1} {mm_z:.1} mm"), theme.faint()),
        Line::default(),
    ];
    let drawn = review.drafting.drawn(edit.label, review.index);
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
    lines.push(Line::default());
    lines.extend(draft(review, edit));
    if review.prompting {
        lines.push(Line::styled("making the revision …", theme.good()));
    } else if let Some(progress) = review.drafting.working() {
        let text = match progress.total {
            0 => "segmenting …".to_owned(),
            total => format!("slice {} of {total}, esc stops", progress.done),
        };
        lines.push(Line::styled(text, theme.good()));
    } else if let Some(elapsed) = review.elapsed {
        lines.push(Line::raw(format!("last prompt {} ms", elapsed.as_millis())));
    }
    lines
}

/// What the draft has: the mask that is meant on the slice, and how much it changes.
fn draft<'a>(review: &Review, edit: &Edit) -> Vec<Line<'a>> {
    let Some(draft) = review.drafting.draft() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some((answer, chosen)) = draft.answer((edit.label, review.index))
        && let Some(mask) = answer.candidates.get(chosen as usize)
    {
        let number = chosen + 1;
        let count = answer.candidates.len();
        let iou = score(Some(mask.predicted_iou));
        lines.push(Line::raw(format!("mask {number} of {count}  {iou}")));
    }
    let changed = draft.answers().len();
    if changed > 0 {
        let s = if changed == 1 { "" } else { "s" };
        lines.push(Line::raw(format!("draft: {changed} slice{s}")));
    }
    lines
}
