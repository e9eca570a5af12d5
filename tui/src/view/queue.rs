//! The list of cases.

use super::theme::glyph;
use super::{Theme, chrome, put, put_wrapped};
use crate::app::{Link, Model};
use crate::layout;
use crate::verbs::{age, millilitres, score};
use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};
use unicode_width::UnicodeWidthStr;

pub fn draw(model: &Model, theme: Theme, buffer: &mut Buffer) {
    let mut left = vec![Span::styled("medicosam  ", theme.title())];
    left.extend(chrome::daemon(model, theme));
    let right = Line::raw(chrome::counts(model));
    chrome::header(&Line::from(left), &right, buffer);

    let places = layout::queue((buffer.area.width, buffer.area.height));
    list(model, places.list, theme, buffer);
    if places.detail.height > 0
        && let Some(case) = model.queue.selected()
    {
        detail(model, case, places.detail, theme, buffer);
    }
}

fn list(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let cases = model.queue.cases();
    let title = match cases.len() {
        0 => " Queue ".to_owned(),
        all => format!(" Queue {}/{all} ", model.queue.position() + 1),
    };
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title, theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);
    if cases.is_empty() {
        let area = Rect::new(inner.x + 1, inner.y + 1, inner.width - 2, inner.height - 1);
        nothing(model, area, theme, buffer);
        return;
    }
    let columns = Columns::of(inner.width);
    let header = columns.line(["", "state", "case", "profile", "mL", "score", "age", "by"]);
    put(
        buffer,
        inner.x,
        inner.y,
        inner.width,
        &Line::styled(header, theme.faint()),
    );
    let rows = cases.iter().enumerate().skip(model.queue.top());
    for (y, (position, case)) in (inner.y + 1..inner.bottom()).zip(rows) {
        let selected = position == model.queue.position();
        let line = columns.line([
            if selected { "▸" } else { "" },
            &state(model, case),
            &printable(&case.name),
            &printable(&case.profile),
            &millilitres(case.volume_ml),
            &score(case.score),
            &age(model.now, case.updated),
            &case.reviewer.as_deref().map(printable).unwrap_or_default(),
        ]);
        let style = if selected {
            theme.selected()
        } else {
            theme.state(case.state)
        };
        put(buffer, inner.x, y, inner.width, &Line::styled(line, style));
    }
}

/// Why the list is empty, and what to do.
fn nothing(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let (text, more) = match &model.link {
        Link::Connected => (
            "No cases yet.",
            "Copy a scan into a watched folder.".to_owned(),
        ),
        Link::Connecting => ("Looking for the daemon.", String::new()),
        Link::Lost(failure) => (
            "The daemon cannot be reached; trying again.",
            printable(&failure.text()),
        ),
    };
    let below = put_wrapped(buffer, area, text, Style::new()) + 1;
    let rest = Rect::new(
        area.x,
        below,
        area.width,
        area.bottom().saturating_sub(below),
    );
    put_wrapped(buffer, rest, &more, theme.faint());
}

/// Glyph and word of a state, with the progress of what is being worked on.
fn state(model: &Model, case: &CaseSummary) -> String {
    let workers = model.status.iter().flat_map(|s| &s.workers);
    let progress = workers
        .filter(|w| w.case.as_ref() == Some(&case.id))
        .find_map(|w| w.progress)
        .filter(|p| p.total > 0 && case.state == CaseState::Embedding);
    match progress {
        Some(p) => format!(
            "{} {}%",
            glyph(case.state),
            u64::from(p.done) * 100 / u64::from(p.total)
        ),
        None => format!("{} {}", glyph(case.state), case.state),
    }
}

/// Widths of the columns; 0 for those that have no room.
struct Columns([usize; 8]);

impl Columns {
    fn of(width: u16) -> Self {
        let mut widths = [1, 12, 0, 14, 7, 5, 4, 8];
        if width < 76 {
            (widths[3], widths[7]) = (0, 0);
        }
        if width < 56 {
            (widths[4], widths[6]) = (0, 0);
        }
        let gaps = widths.iter().filter(|w| **w > 0).count() + 1;
        let taken = widths.iter().sum::<usize>() + gaps;
        widths[2] = usize::from(width).saturating_sub(taken);
        Columns(widths)
    }

    /// Cells as one line; numbers and ages to the right.
    fn line(&self, cells: [&str; 8]) -> String {
        let mut line = String::new();
        for (column, (cell, &width)) in cells.into_iter().zip(&self.0).enumerate() {
            if width == 0 {
                continue;
            }
            let cell = cut(cell, width);
            let padding = " ".repeat(width - cell.width());
            match column {
                4..=6 => line.extend([&padding, &*cell, " "]),
                _ => line.extend([&*cell, &padding, " "]),
            }
        }
        line
    }
}

/// A text that fits into `width` columns, the middle left out: ends of names tell them apart.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let half = width.saturating_sub(1) / 2;
    let mut head = String::new();
    for c in text.chars() {
        if format!("{head}{c}").width() > width - 1 - half {
            break;
        }
        head.push(c);
    }
    let mut tail = String::new();
    for c in text.chars().rev() {
        if format!("{c}{tail}").width() > half {
            break;
        }
        tail.insert(0, c);
    }
    format!("{head}…{tail}")
}

fn detail(model: &Model, case: &CaseSummary, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let title = format!(" {} ", printable(&case.name));
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title, theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);

    let mut facts = vec![
        format!("case {}", case.id),
        format!("profile {}", printable(&case.profile)),
    ];
    if let Some(revision) = case.revision {
        facts.push(format!("revision {revision}"));
    }
    if case.volume_ml.is_some() {
        facts.push(format!("{} mL", millilitres(case.volume_ml)));
    }
    if case.score.is_some() {
        facts.push(format!("score {}", score(case.score)));
    }
    let mut doing = format!("{} since {}", case.state, age(model.now, case.updated));
    if let Some(reviewer) = &case.reviewer {
        doing.push_str(&format!(", by {}", printable(reviewer)));
    }
    let mut lines = vec![
        Line::raw(printable(&case.path)),
        Line::raw(facts.join(" · ")),
        Line::styled(doing, theme.state(case.state)),
    ];
    if let Some(fault) = &case.fault {
        lines.push(Line::styled(printable(&fault.message), theme.bad()));
        lines.push(Line::raw(printable(&fault.hint)));
    }
    for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
        put(buffer, inner.x + 1, y, inner.width - 1, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(
            cut("sub-0001_ses-01_ct.nii.gz", 12),
            "sub-00….gz".replace("….gz", "…ii.gz")
        );
        assert_eq!(cut("short", 12), "short");
        assert_eq!(cut("肝臓肝臓肝臓", 6).width(), 5);
    }
}
