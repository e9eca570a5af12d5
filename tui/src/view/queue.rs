//! The list of cases.

use super::text::{put, put_wrapped};
use super::theme::glyph;
use super::{Theme, chrome, detail, dialog};
use crate::app::action::{Action, App};
use crate::app::state::queue::live;
use crate::app::state::queue::sort::Sort;
use crate::app::{Context, Dialog, Link, Model};
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
        detail::draw(model, case, places.detail, theme, buffer);
    }
    if matches!(model.dialog, Some(Dialog::SavedFilters(_))) {
        dialog::saved_filters::draw(model, places.list, theme, buffer);
    }
}

fn list(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let cases = model.queue.shown();
    let left = model
        .time_left()
        .map(|left| format!(" about {} left ", live::about(left)));
    let mut block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title(model), theme.title()));
    if let Some(left) = left {
        block = block.title_top(Line::raw(left).right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    if cases.len() == 0 {
        let area = Rect::new(inner.x + 1, inner.y + 1, inner.width - 2, inner.height - 1);
        nothing(model, area, theme, buffer);
        return;
    }
    let columns = Columns::of(inner.width);
    let header = columns.line([
        "", "state", "case", "profile", "mL", "score", "age", "by", "reason",
    ]);
    put(
        buffer,
        inner.x,
        inner.y,
        inner.width,
        &Line::styled(header, theme.faint()),
    );
    let rows = cases.enumerate().skip(model.queue.top());
    for (y, (position, case)) in (inner.y + 1..inner.bottom()).zip(rows) {
        let selected = position == model.queue.position();
        let line = columns.line([
            match (selected, model.queue.is_marked(position, &case.id)) {
                (true, true) => "▸*",
                (true, false) => "▸",
                (false, true) => " *",
                (false, false) => "",
            },
            &state(model, case),
            &printable(&case.name),
            &printable(&case.profile),
            &millilitres(case.volume_ml),
            &score(case.score),
            &age(model.now, case.updated),
            &by(model, case),
            &case.reason.as_deref().map(printable).unwrap_or_default(),
        ]);
        let style = if selected {
            theme.selected()
        } else {
            theme.state(case.state)
        };
        put(buffer, inner.x, y, inner.width, &Line::styled(line, style));
    }
}

/// The place of the selection, the filter and the order.
fn title(model: &Model) -> String {
    let queue = &model.queue;
    let (shown, all) = (queue.shown().len(), queue.cases().len());
    let mut title = match shown {
        0 => " Queue ".to_owned(),
        _ => format!(" Queue {}/{shown} ", queue.position() + 1),
    };
    if shown < all {
        title.push_str(&format!("of {all} "));
    }
    if !model.filter.is_empty() {
        title.push_str(&format!("· /{} ", printable(&model.filter)));
    }
    let (sort, reversed) = queue.sort();
    if (sort, reversed) != (Sort::default(), false) {
        let arrow = if reversed { "↓" } else { "↑" };
        title.push_str(&format!("· {} {arrow} ", sort.as_str()));
    }
    match queue.marked().count() {
        0 => {}
        marked => title.push_str(&format!("· {marked} marked ")),
    }
    title
}

/// Who looks at a case now, or else who decided on it.
fn by(model: &Model, case: &CaseSummary) -> String {
    match model.live.viewers(&case.id).as_slice() {
        [] => case.reviewer.as_deref().map(printable).unwrap_or_default(),
        [who] => format!("◦{}", printable(who)),
        [who, others @ ..] => format!("◦{}+{}", printable(who), others.len()),
    }
}

/// Why the list is empty, and what to do.
fn nothing(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let (text, more) = match &model.link {
        _ if !model.queue.cases().is_empty() => (
            "No case fits the filter.",
            format!(
                "{} shows all cases.",
                model.keymap.way(Context::Queue, Action::App(App::Back))
            ),
        ),
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

/// Glyph and word of a state, with progress while a worker has the case.
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
struct Columns([usize; 9]);

impl Columns {
    fn of(width: u16) -> Self {
        let mut widths = [2, 12, 0, 14, 7, 5, 4, 8, 22];
        if width < 104 {
            widths[8] = 0;
        }
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
    fn line(&self, cells: [&str; 9]) -> String {
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
pub fn cut(text: &str, width: usize) -> String {
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
