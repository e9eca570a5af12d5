//! The objects of a case: how large, how sure, where.

use super::Theme;
use super::text::wrapped;
use crate::app::state::review::Review;
use crate::app::state::review::display::Compared;
use crate::app::state::review::scores::{LOW_IOU, LOW_STABILITY};
use crate::app::state::review::stack::Stack;
use crate::figures::{percent, score, size};
use crate::masks::{Measures, dice};
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::ObjectResult;
use medicosam_shared::text::printable;
use ratatui::text::{Line, Span};
use std::ops::Range;

/// All objects of the current revision, in lines of at most `width` columns.
pub fn lines<'a>(review: &Review, stack: &Stack, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let revision = review.detail.as_ref().and_then(|d| d.current());
    let Some(revision) = revision else {
        return Vec::new();
    };
    let objects = &revision.provenance.objects;
    // Many objects leave room for the most important of each only.
    let few = objects.len() <= 3;
    objects
        .iter()
        .flat_map(|object| {
            let own = stack.axis == revision.provenance.axis;
            let measures = review.measures().iter().find(|m| m.label == object.label);
            let mut lines = vec![
                name(object.label, &object.name, theme),
                sized(object, width, theme),
            ];
            lines.extend(reasons(object, measures, width, theme));
            lines.extend(changed(review, object.label));
            lines.extend(beside(review, object.label));
            if few {
                let areas = measures.map_or(&[][..], |m| m.areas(stack.axis));
                lines.push(here(review, stack, object, areas, (own, width), theme));
                let extent = measures.and_then(|m| m.extent(stack.axis));
                lines.extend(extent.map(|e| profile(areas, e, review.index(), width, theme)));
            }
            lines
        })
        .collect()
}

/// An object's colour, number and name.
pub fn name<'a>(label: Label, name: &str, theme: Theme) -> Line<'a> {
    Line::from(vec![
        Span::styled("■", theme.object(label)),
        Span::raw(format!(" {label} {}", printable(name))),
    ])
}

fn sized<'a>(object: &ObjectResult, width: usize, theme: Theme) -> Line<'a> {
    let mut line = Line::raw(format!("  {}  ", size(object)));
    line.extend(estimate(object, width, theme));
    line
}

/// The model's own estimate of the object's masks; nothing where there are none.
pub fn estimate<'a>(object: &ObjectResult, width: usize, theme: Theme) -> Option<Span<'a>> {
    let estimate = object.predicted_iou()?;
    let words = estimated(estimate, width);
    Some(Span::styled(words, theme.worth(Some(estimate))))
}

/// The model's own estimate in words that suit a panel of this width.
pub fn estimated(estimate: f32, width: usize) -> String {
    let word = if width < ROOM_FOR_WORDS {
        "est."
    } else {
        "estimate"
    };
    format!("{word} {}", score(Some(estimate)))
}

/// From this width on words are written out.
const ROOM_FOR_WORDS: usize = 32;

/// Why the object deserves a look, if it does.
fn reasons<'a>(
    object: &ObjectResult,
    measures: Option<&Measures>,
    width: usize,
    theme: Theme,
) -> Vec<Line<'a>> {
    let mut reasons = Vec::new();
    if object.slices.is_empty() {
        reasons.push("nothing found".to_owned());
    }
    let slices = |low: fn(f32, f32) -> bool| -> Vec<u32> {
        let slices = object.slices.iter();
        slices
            .filter(|s| low(s.predicted_iou, s.stability))
            .map(|s| s.index)
            .collect()
    };
    let unsure = slices(|iou, _| iou < LOW_IOU);
    let unstable = slices(|_, stability| stability < LOW_STABILITY);
    for (indices, words) in [(unsure, "unsure"), (unstable, "vague edge")] {
        if !indices.is_empty() {
            reasons.push(format!("{words}: {}", ranges(&indices)));
        }
    }
    if let Some(parts) = measures.map(|m| m.parts).filter(|parts| *parts > 1) {
        reasons.push(format!("{parts} parts"));
    }
    let room = width.saturating_sub(4);
    reasons
        .iter()
        .flat_map(|reason| {
            let lines = wrapped(reason, room).into_iter().enumerate();
            lines.map(|(number, line)| {
                let sign = if number == 0 { '!' } else { ' ' };
                Line::styled(format!("  {sign} {line}"), theme.attention())
            })
        })
        .collect()
}

/// How much of an object is as it was in the revision before, while these are compared.
fn changed<'a>(review: &Review, label: Label) -> Option<Line<'a>> {
    if review.display.compared == Compared::Not {
        return None;
    }
    let (now, before) = (review.masks()?, review.masks_before()?);
    let dice = dice(now.object(label), before.object(label));
    let number = review.before()?;
    Some(Line::raw(format!("  Dice {dice:.3} to rev {number}")))
}

/// How like its mask is to that of the reference that is drawn.
fn beside<'a>(review: &Review, label: Label) -> Option<Line<'a>> {
    let (reference, theirs) = review.reference()?;
    let ours = review.masks()?;
    if ours.axis != theirs.axis {
        return None;
    }
    let dice = dice(ours.object(label), theirs.object(label));
    let name = printable(&reference.name);
    Some(Line::raw(format!("  Dice {dice:.3} to {name}, dashed")))
}

/// Its part on the current slice.
fn here<'a>(
    review: &Review,
    stack: &Stack,
    object: &ObjectResult,
    areas: &[u64],
    (own, width): (bool, usize),
    theme: Theme,
) -> Line<'a> {
    let index = review.index();
    let area = areas.get(index as usize).copied().unwrap_or(0);
    if area == 0 {
        return Line::styled("  not on this slice", theme.faint());
    }
    let [x, y] = stack.spacing();
    let size = match review.picture() {
        Some(scan) => format!("  {} of it", percent(area, scan)),
        None => format!("  here {:.2} cm²", area as f64 * x * y / 100.0),
    };
    let mut line = Line::styled(size, theme.faint());
    // Scores are given for slices of the masks' own plane.
    let scored = object.slices.iter().find(|s| own && s.index == index);
    if let Some(estimate) = scored.map(|scored| scored.predicted_iou) {
        let words = match width < ROOM_FOR_WORDS {
            true => format!("  {}", score(Some(estimate))),
            false => format!("  {}", estimated(estimate, width)),
        };
        line.push_span(Span::styled(words, theme.worth(Some(estimate))));
    }
    line
}

/// How the area changes from slice to slice, in at most `width` bars; the one of the slice that is
/// looked at is marked.
fn profile<'a>(
    areas: &[u64],
    extent: Range<u32>,
    index: u32,
    width: usize,
    theme: Theme,
) -> Line<'a> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let room = width.saturating_sub(2).max(1);
    let per_bar = extent.len().div_ceil(room);
    let slices = &areas[extent.start as usize..extent.end as usize];
    let bars: Vec<u64> = slices
        .chunks(per_bar)
        .map(|slices| slices.iter().max().copied().unwrap_or(0))
        .collect();
    let most = bars.iter().max().copied().unwrap_or(0).max(1);
    let here = index
        .checked_sub(extent.start)
        .map(|n| n as usize / per_bar);
    let bars = bars.into_iter().enumerate().map(|(number, area)| {
        let bar = match area {
            0 => ' ',
            _ => BARS[(area * 7 / most) as usize],
        };
        let style = if here == Some(number) {
            theme.key()
        } else {
            theme.faint()
        };
        Span::styled(bar.to_string(), style)
    });
    Line::from_iter(std::iter::once(Span::raw("  ")).chain(bars))
}

/// Numbers in order, as ranges: `3-5, 9`.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts: Vec<String> = runs
        .map(|run| match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => String::new(),
        })
        .collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|s| &*s.content).collect()
    }

    #[test]
    fn numbers_that_follow_one_another_are_a_range() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[4]), "4");
        assert_eq!(ranges(&[3, 4, 5, 9, 11, 12]), "3-5, 9, 11-12");
    }

    #[test]
    fn the_profile_has_at_most_so_many_bars_and_marks_the_slice() {
        let areas: Vec<u64> = (0..100).collect();
        let theme = Theme::new(crate::view::Colours::All);
        let line = profile(&areas, 1..100, 99, 22, theme);
        assert_eq!(line.spans.len(), 21);
        assert_eq!(line.spans.last().map(|s| s.style), Some(theme.key()));
        assert!(text(&line).ends_with('█'));
        let small = profile(&areas, 10..13, 0, 22, theme);
        assert_eq!(text(&small).trim().chars().count(), 3);
        assert!(small.spans.iter().all(|s| s.style != theme.key()));
    }
}
