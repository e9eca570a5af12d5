//! The lines that every screen has: header, message, hints.

use super::text::{put, start_of};
use super::{PictureStatus, Theme, dialog};
use crate::app::action::{Action, Draw};
use crate::app::keymap::hints::{self, Hint};
use crate::app::{Dialog, Link, Model};
use medicosam_shared::api::Status;
use medicosam_shared::case::CaseState;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// The first line: `left`, and as much of `right` as fits.
pub fn header(left: &Line<'_>, right: &Line<'_>, buffer: &mut Buffer) {
    let columns = buffer.area.width;
    put(buffer, 1, 0, columns, left);
    let wanted = right.width() as u16;
    if left.width() as u16 + wanted + 4 <= columns {
        put(buffer, columns - wanted - 1, 0, wanted, right);
    }
}

/// Whether the daemon can be reached.
pub fn link<'a>(model: &Model, theme: Theme) -> Span<'a> {
    match (&model.link, &model.host) {
        (Link::Connecting, None) => Span::styled("looking for the daemon", theme.faint()),
        (Link::Lost(_), None) => Span::styled("daemon not reachable", theme.bad()),
        (Link::Connected, None) => Span::styled("daemon ok", theme.good()),
        (Link::Connecting, Some(host)) => {
            Span::styled(format!("calling {}", printable(host)), theme.faint())
        }
        (Link::Lost(_), Some(host)) => {
            Span::styled(format!("calling {} again", printable(host)), theme.bad())
        }
        (Link::Connected, Some(host)) => {
            Span::styled(format!("{} ok", printable(host)), theme.good())
        }
    }
}

/// How the daemon is, in a few words.
pub fn daemon<'a>(model: &Model, theme: Theme) -> Vec<Span<'a>> {
    let mut spans = vec![link(model, theme)];
    let workers = model.status.iter().flat_map(|s| &s.workers);
    let mut devices: Vec<(String, bool)> = workers
        .clone()
        .filter_map(|w| Some((printable(w.device.as_deref()?), w.fallback.is_some())))
        .collect();
    devices.dedup();
    for (device, fallback) in devices {
        // A device that nobody asked for may be a hundred times slower.
        spans.push(match fallback {
            true => Span::styled(format!("  {device} (not as configured)"), theme.bad()),
            false => Span::raw(format!("  {device}")),
        });
    }
    if let Some(pause) = model.status.as_ref().and_then(|s| s.paused.as_ref()) {
        let text = format!("  intake paused by {}", printable(&pause.who));
        spans.push(Span::styled(text, theme.bad()));
    }
    if let Some(trouble) = model.status.as_ref().and_then(Status::in_trouble) {
        let text = format!("  {}", printable(&trouble));
        spans.push(Span::styled(text, theme.bad()));
    }
    if workers.clone().any(|w| w.fault.is_some()) {
        spans.push(Span::styled("  worker in trouble", theme.bad()));
    }
    spans
}

/// Cases per kind of state.
pub fn counts(model: &Model) -> String {
    let mut numbers = [0usize; CaseState::ALL.len()];
    // A second reading of what the reviewer has read waits for others.
    let own = model.queue.cases().iter().filter(|c| !c.you_read_first);
    for case in own {
        numbers[case.state as usize] += 1;
    }
    let count =
        |states: &[CaseState]| -> usize { states.iter().map(|s| numbers[*s as usize]).sum() };
    let parts = [
        ("review", &[CaseState::Review][..]),
        ("running", &[CaseState::Embedding, CaseState::Segmenting]),
        ("waiting", &[CaseState::Waiting, CaseState::Paused]),
        (
            "done",
            &[CaseState::Approved, CaseState::Rejected, CaseState::Flagged],
        ),
        ("failed", &[CaseState::Failed]),
    ];
    let texts: Vec<String> = parts
        .into_iter()
        .map(|(word, states)| (word, count(states)))
        .filter(|(word, n)| *n > 0 || *word == "review")
        .map(|(word, n)| format!("{word} {n}"))
        .collect();
    texts.join("  ")
}

/// The last line: the most important keys that fit, and how to find the others.
pub fn hints(model: &Model, theme: Theme, buffer: &mut Buffer) {
    let (columns, row) = (buffer.area.width, buffer.area.height - 1);
    if let Some(hints) = model.dialog.as_ref().and_then(Dialog::hints) {
        let mut spans = Vec::new();
        for (keys, title) in hints {
            spans.extend([
                Span::styled(keys, theme.key()),
                Span::raw(format!(" {title}  ")),
            ]);
        }
        put(buffer, 1, row, columns, &Line::from(spans));
        return;
    }
    let help = hint(model, hints::LAST, theme);
    let mut room = usize::from(columns).saturating_sub(width(&help) + 2);
    let mut line = Vec::new();
    for entry in hints::row(model.context()) {
        if !is_of_use(model, entry) {
            continue;
        }
        let spans = hint(model, entry, theme);
        let needed = width(&spans) + 2;
        if needed > room {
            break;
        }
        room -= needed;
        line.extend(spans);
        line.push(Span::raw("  "));
    }
    put(buffer, 1, row, columns, &Line::from(line));
    let help_width = width(&help) as u16;
    let place = columns - help_width - 1;
    put(buffer, place, row, help_width, &Line::from(help));
}

/// Points are not hinted at where the model does not understand them.
fn is_of_use(model: &Model, hint: Hint) -> bool {
    !hint.contains(&Action::Draw(Draw::PositivePoint))
        || model.review().is_none_or(|r| r.drafting.takes_points())
}

fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

fn hint<'a>(model: &Model, actions: Hint, theme: Theme) -> Vec<Span<'a>> {
    let context = model.context();
    let symbols: Vec<String> = actions
        .iter()
        .filter_map(|action| model.keymap.keys(context, *action).next())
        .map(|key| key.symbol())
        .collect();
    let short = symbols.iter().all(|s| s.chars().count() == 1);
    let symbols = symbols.join(if short { "" } else { "/" });
    let word = hints::word(context, actions);
    vec![
        Span::styled(symbols, theme.key()),
        Span::raw(format!(" {word}")),
    ]
}

/// The line above the hints: a dialog, or the notice. Returns the place of the cursor if something
/// is being typed.
pub fn message(
    model: &Model,
    picture: &PictureStatus,
    theme: Theme,
    buffer: &mut Buffer,
) -> Option<Position> {
    let (columns, row) = (buffer.area.width, buffer.area.height - 2);
    let room = columns - 2;
    if let Some(shown) = dialog::shown(model, room.into(), theme) {
        put(buffer, 1, row, room, &shown.line);
        return shown.cursor.map(|column| Position::new(1 + column, row));
    }
    let (text, hint, style) = match (&model.notice, &model.link) {
        (Some(notice), _) => {
            let style = if notice.bad {
                theme.bad()
            } else {
                theme.good()
            };
            (&*notice.text, &*notice.hint, style)
        }
        (None, Link::Lost(failure)) => {
            let fault = &failure.fault;
            (&*fault.message, &*fault.hint, theme.bad())
        }
        (None, _) if model.review().is_some() && model.dialog.is_none() => {
            (&*picture.text, "", theme.faint())
        }
        (None, Link::Connecting | Link::Connected) => ("", "", theme.faint()),
    };
    let line = Line::styled(sentences(text, hint, room.into()), style);
    put(buffer, 1, row, room, &line);
    None
}

/// The message, followed by its hint if both fit into `columns`.
fn sentences(text: &str, hint: &str, columns: usize) -> String {
    let text = printable(text);
    let stop = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    let both = format!("{text}{stop} {}", printable(hint));
    if hint.is_empty() || both.width() > columns {
        start_of(&text, columns)
    } else {
        both
    }
}
