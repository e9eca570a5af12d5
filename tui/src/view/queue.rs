//! The list of cases.

use super::names::name;
use super::text::{put, put_wrapped, start_of};
use super::theme::glyph;
use super::{PictureStatus, Theme, chrome, detail, dialog, preview};
use crate::app::action::{Action, App};
use crate::app::state::queue::live;
use crate::app::state::queue::sort::Sort;
use crate::app::{Context, Dialog, Link, Model};
use crate::figures::{age, millilitres, score};
use crate::layout;
use medicosam_shared::case::{CaseState, CaseSummary};
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};
use unicode_width::UnicodeWidthStr;

pub fn draw(model: &Model, picture: &PictureStatus, theme: Theme, buffer: &mut Buffer) {
    let mut left = vec![Span::styled("medicosam  ", theme.title())];
    left.extend(chrome::daemon(model, theme));
    let right = Line::raw(chrome::counts(model));
    chrome::header(&Line::from(left), &right, buffer);

    let places = layout::queue((buffer.area.width, buffer.area.height));
    list(model, places.list, theme, buffer);
    if let Some(case) = model.queue.selected().filter(|_| places.detail.height > 0) {
        // A case without a revision needs its room for words.
        let pictured = places.picture.height > 0 && case.revision.is_some();
        if pictured {
            preview::draw(model, picture, places.picture, theme, buffer);
        }
        let area = if pictured {
            places.detail
        } else {
            places.whole_column()
        };
        detail::draw(model, case, area, theme, buffer);
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
    let visible = usize::from(inner.height.saturating_sub(1));
    let shown: Vec<(usize, &CaseSummary)> = cases
        .enumerate()
        .skip(model.queue.top())
        .take(visible)
        .collect();
    let rows: Vec<[String; 9]> = shown
        .iter()
        .map(|&(position, case)| cells(model, position, case))
        .collect();
    let columns = Columns::of(inner.width, &rows);
    let header = columns.line(&HEADER);
    put(
        buffer,
        inner.x,
        inner.y,
        inner.width,
        &Line::styled(header, theme.faint()),
    );
    for (y, (cells, (position, case))) in (inner.y + 1..).zip(rows.iter().zip(shown)) {
        let style = match position == model.queue.position() {
            true => theme.selected(),
            // It waits, but for somebody else.
            false if case.you_read_first => theme.faint(),
            false => theme.row(case.state, case.score),
        };
        let line = Line::styled(columns.line(cells), style);
        put(buffer, inner.x, y, inner.width, &line);
    }
}

const HEADER: [&str; 9] = [
    "", "state", "case", "profile", "mL", "score", "age", "by", "reason",
];

/// The row of a case.
fn cells(model: &Model, position: usize, case: &CaseSummary) -> [String; 9] {
    let selected = position == model.queue.position();
    let mark = match (selected, model.queue.is_marked(position, &case.id)) {
        (true, true) => "▸*",
        (true, false) => "▸",
        (false, true) => " *",
        (false, false) => "",
    };
    [
        mark.to_owned(),
        state(model, case),
        called(case),
        printable(&case.profile),
        volume(model, case),
        score(case.score),
        age(model.now, case.updated),
        by(model, case),
        case.reason.as_deref().map(printable).unwrap_or_default(),
    ]
}

/// The name of its scan, and that it is a second reading.
fn called(case: &CaseSummary) -> String {
    let name = printable(&case.name);
    match case.reads {
        None => name,
        Some(_) => format!("{name} (2nd)"),
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

/// Who looks at a case now, or else who decided on it, or else who is to look at it.
fn by(model: &Model, case: &CaseSummary) -> String {
    match model.live.viewers(&case.id).as_slice() {
        [] => match (&case.reviewer, &case.assigned) {
            (Some(who), _) => printable(who),
            (None, Some(who)) => format!("→{}", printable(who)),
            (None, None) => String::new(),
        },
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

/// The volume in millilitres, with a mark if it is far from those of other cases.
fn volume(model: &Model, case: &CaseSummary) -> String {
    let mark = if model.queue.outlier(case).is_some() {
        "!"
    } else {
        ""
    };
    format!("{mark}{}", millilitres(case.volume_ml))
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
        None if case.needs_prompt() => format!("{} needs a prompt", glyph(case.state)),
        None if case.draft => format!("{} {}, draft", glyph(case.state), case.state),
        None => format!("{} {}", glyph(case.state), case.state),
    }
}

/// Which of the columns is the name, and which the reason.
const NAME: usize = 2;
const REASON: usize = 8;

/// Least and most columns of each cell. Those of the name and the reason share what is left.
const WIDTHS: [(usize, usize); 9] = [
    (2, 2),
    (12, 16),
    (0, 0),
    (7, 20),
    (5, 7),
    (5, 5),
    (4, 4),
    (2, 12),
    (0, 0),
];

/// Columns of the longest name that needs no more, and of the reason that is worth showing.
const LONG_NAME: usize = 48;
const SHORT_REASON: usize = 12;

/// Widths of the columns; 0 for those that have no room, or nothing to say.
struct Columns([usize; 9]);

impl Columns {
    /// The columns of `rows` cells each on a list of this width: each as wide as it must be, the name
    /// as wide as it can be.
    fn of(width: u16, rows: &[[String; 9]]) -> Self {
        let widest = |column: usize| {
            let widths = rows.iter().map(|cells| cells[column].width());
            widths.max().unwrap_or(0)
        };
        let mut widths = [0; 9];
        for (column, (least, most)) in WIDTHS.into_iter().enumerate() {
            widths[column] = widest(column).clamp(least, most);
        }
        if widest(7) == 0 {
            widths[7] = 0;
        }
        if width < 76 {
            (widths[3], widths[7]) = (0, 0);
        }
        if width < 56 {
            (widths[4], widths[6]) = (0, 0);
        }
        let gaps = widths.iter().filter(|w| **w > 0).count() + 2;
        let taken = widths.iter().sum::<usize>() + gaps;
        let left = usize::from(width).saturating_sub(taken);
        let (longest, reason) = (widest(NAME).min(LONG_NAME), widest(REASON));
        let for_reason = left.saturating_sub(longest + 1).min(reason);
        if reason > 0 && for_reason >= SHORT_REASON {
            widths[REASON] = for_reason;
            widths[NAME] = left - for_reason - 1;
        } else {
            widths[NAME] = left;
        }
        Columns(widths)
    }

    /// Cells as one line; numbers and ages to the right.
    fn line<T: AsRef<str>>(&self, cells: &[T; 9]) -> String {
        let mut line = String::new();
        for (column, (cell, &width)) in cells.iter().zip(&self.0).enumerate() {
            if width == 0 {
                continue;
            }
            let cell = fitted(column, cell.as_ref(), width);
            let padding = " ".repeat(width - cell.width());
            match column {
                4..=6 => line.extend([&padding, &*cell, " "]),
                _ => line.extend([&*cell, &padding, " "]),
            }
        }
        line
    }
}

/// What of a text of this column fits into `width` columns.
fn fitted(column: usize, text: &str, width: usize) -> String {
    match column {
        NAME => name(text, width),
        _ => start_of(text, width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, by: &str, reason: &str) -> [String; 9] {
        [
            "", "? review", name, "lung", "23.4", "0.71", "3m", by, reason,
        ]
        .map(str::to_owned)
    }

    #[test]
    fn the_name_takes_the_columns_that_others_do_not_need() {
        let rows = [row("sub-010_ct_of_the_abdomen.nii.gz", "", "")];
        let columns = Columns::of(78, &rows);
        assert_eq!((columns.0[7], columns.0[REASON]), (0, 0), "nothing to say");
        assert!(columns.line(&rows[0]).contains(&rows[0][NAME]));
        assert!(columns.line(&HEADER).width() <= 78);
    }

    #[test]
    fn a_reason_is_shown_where_names_leave_room() {
        let rows = [row("sub-010.nii.gz", "ana", "leaks into the vessel")];
        assert!(
            Columns::of(100, &rows)
                .line(&rows[0])
                .contains("leaks into the vessel")
        );
        let narrow = Columns::of(60, &rows);
        assert_eq!(narrow.0[REASON], 0);
        for width in 38..200 {
            assert!(Columns::of(width, &rows).line(&rows[0]).width() <= usize::from(width));
        }
    }
}
