//! The panel beside the picture: what is known of the case.

mod edit;

use super::text::{put, wrapped};
use super::{Theme, objects};
use crate::app::action::{Action, Look};
use crate::app::state::review::display::Compared;
use crate::app::state::review::layout::Layout;
use crate::app::state::review::stack::{self, Stack};
use crate::app::state::review::{Chosen, Review};
use crate::app::{Context, Keymap};
use crate::picture::{Form, Ink};
use medicosam_shared::case::{self, CaseDetail};
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::iter;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// Most notes shown.
const NOTES: usize = 3;

pub fn draw(review: &Review, keymap: &Keymap, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let lines = lines(review, keymap, usize::from(area.width) - 1, theme);
    let rows = usize::from(area.height);
    let pages = pages(lines.len(), rows);
    let page = review.panel_page.rem_euclid(pages.len() as i64) as usize;
    let Some(shown) = pages.get(page).cloned() else {
        return;
    };
    for (y, line) in (area.y..area.bottom()).zip(&lines[shown]) {
        put(buffer, area.x, y, area.width - 1, line);
    }
    if pages.len() > 1 {
        let next = keymap.way(Context::Review, Action::Look(Look::PanelOn));
        let text = format!("page {} of {}, {next} next", page + 1, pages.len());
        let line = Line::styled(text, theme.key());
        put(buffer, area.x, area.bottom() - 1, area.width - 1, &line);
    }
}

/// The lines on each page of a panel with so many rows, the last of them for the number of the page.
fn pages(lines: usize, rows: usize) -> Vec<Range<usize>> {
    if lines <= rows || rows < 2 {
        return iter::once(0..lines.min(rows)).collect();
    }
    let starts = (0..lines).step_by(rows - 1);
    starts
        .map(|start| start..(start + rows - 1).min(lines))
        .collect()
}

/// The most important of it in one line.
pub fn in_short(review: &Review) -> String {
    match review.stack() {
        Some(stack) => format!("{}  {}", place(review, &stack).join("  "), window(review)),
        None => String::new(),
    }
}

fn lines<'a>(review: &Review, keymap: &Keymap, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let (Some(detail), Some(stack)) = (&review.detail, review.stack()) else {
        return Vec::new();
    };
    let mut lines = place_lines(review, &stack, width, theme);
    lines.extend([Line::raw(window(review)), masks(review, theme)]);
    lines.extend(zoom(review, &stack, theme));
    if let Some(edit) = review.mode.edit().filter(|_| review.draws()) {
        lines.extend(edit::lines(review, edit, keymap, (&stack, width), theme));
        return lines;
    }
    lines.extend(position(review, &stack, theme));
    lines.push(Line::default());
    lines.extend(total(detail, theme));
    lines.extend(notes(detail, width, theme));
    lines.extend(objects::lines(review, &stack, width, theme));
    lines.push(Line::default());
    if let Some(revision) = detail.current() {
        let quality = revision.provenance.quality.as_ref();
        let reasons = quality.map_or(&[][..], |quality| &quality.reasons);
        for (number, reason) in reasons.iter().enumerate() {
            if number == 0 {
                lines.push(Line::styled("why look closely", theme.title()));
            }
            lines.extend(
                wrapped(&printable(reason), width)
                    .into_iter()
                    .map(Line::raw),
            );
        }
        if !reasons.is_empty() {
            lines.push(Line::default());
        }
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

/// The score of the case, as in the list.
fn total<'a>(detail: &CaseDetail, theme: Theme) -> Option<Line<'a>> {
    let score = detail.summary.score?;
    let text = format!("score {}", crate::figures::score(Some(score)));
    Some(Line::styled(text, theme.worth(Some(score))))
}

/// Remarks that people left, the newest first.
fn notes<'a>(detail: &CaseDetail, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let events = detail.history.iter().rev();
    let notes = events.filter(|event| event.action == case::Action::Noted);
    notes
        .take(NOTES)
        .flat_map(|event| {
            let (who, text) = (printable(&event.who), printable(&event.detail));
            let lines = wrapped(&format!("{who}: {text}"), width);
            lines
                .into_iter()
                .map(|line| Line::styled(line, theme.attention()))
        })
        .collect()
}

/// Plane and slice (and the first and the last one; counted from 0, as everywhere), and where it lies.
fn place(review: &Review, stack: &Stack) -> [String; 2] {
    if review.is_picture() {
        let shape = stack.shape();
        return [
            "picture".to_owned(),
            format!("{}×{}", shape.width, shape.height),
        ];
    }
    let axis = stack::world_axis(stack.plane());
    let letter = ["x", "y", "z"][axis];
    let mm = stack.world(review.index(), stack.pixel(review.at))[axis];
    let last = stack.count().saturating_sub(1);
    [
        format!("{} {} of 0–{last}", stack.plane(), review.index()),
        format!("{letter} {mm:.1} mm"),
    ]
}

/// The place in one line, or in two where one has no room for it.
fn place_lines<'a>(review: &Review, stack: &Stack, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let [slice, position] = place(review, stack);
    let both = format!("{slice}  {position}");
    if both.width() <= width {
        return vec![Line::styled(both, theme.title())];
    }
    vec![
        Line::styled(slice, theme.title()),
        Line::styled(position, theme.title()),
    ]
}

fn window(review: &Review) -> String {
    if review.is_coloured() {
        return "in its own colours".to_owned();
    }
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
    if review.zoom().factor() > 1.0 {
        words.push(format!("zoom {}×", review.zoom().factor()));
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
    if review.is_picture() {
        return vec![Line::raw(format!("+ {i},{j}{value}"))];
    }
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

fn elapsed<'a>(review: &Review) -> Option<Line<'a>> {
    let elapsed = review.elapsed?;
    Some(Line::raw(format!("last prompt {} ms", elapsed.as_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_panel_has_pages_with_a_line_for_their_number() {
        let pages = |lines, rows| -> Vec<(usize, usize)> {
            let pages = pages(lines, rows).into_iter();
            pages.map(|page| (page.start, page.end)).collect()
        };
        assert_eq!(pages(5, 5), [(0, 5)]);
        assert_eq!(pages(6, 5), [(0, 4), (4, 6)]);
        assert_eq!(pages(9, 5), [(0, 4), (4, 8), (8, 9)]);
        assert_eq!(pages(9, 1), [(0, 1)], "no room for a number");
        assert_eq!(pages(0, 5), [(0, 0)]);
    }
}
