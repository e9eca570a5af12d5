//! The lines that every screen has: header, message, hints.

use super::{PictureStatus, Theme, put};
use crate::app::keymap::Hint;
use crate::app::queue::narrowing::Typing;
use crate::app::{Action, Context, Dialog, Link, Model, Question};
use medicosam_shared::case::{CaseState, Verdict};
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    if workers.clone().any(|w| w.fault.is_some()) {
        spans.push(Span::styled("  worker in trouble", theme.bad()));
    }
    spans
}

/// Cases per kind of state.
pub fn counts(model: &Model) -> String {
    let mut numbers = [0usize; CaseState::ALL.len()];
    for case in model.queue.cases() {
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
    let typed = match &model.dialog {
        Some(Dialog::Reason(_)) => &[("⏎", " decide  "), ("esc", " do not")][..],
        Some(Dialog::Refusal(_)) => &[("esc", " back")],
        Some(Dialog::Command(_)) => &[("⏎", " do  "), ("tab", " complete  "), ("esc", " do not")],
        Some(Dialog::Question(_)) => &[("y", " yes  "), ("n", " no")],
        Some(Dialog::NewObject { .. }) => &[("⏎", " add  "), ("esc", " do not")],
        Some(Dialog::Note(_)) => &[("⏎", " note  "), ("esc", " do not")],
        Some(Dialog::Filter(_)) => &[
            ("⏎", " keep  "),
            ("esc", " as before  "),
            ("↑↓", " move  "),
            ("ctrl-s", " save"),
        ],
        Some(Dialog::SavedFilters) => &[
            ("1-9", " filter  "),
            ("x", " remove the last  "),
            ("esc", " back"),
        ],
        Some(Dialog::Unseen { .. }) => &[
            ("⏎", " approve all the same  "),
            ("]", " next unseen slice  "),
            ("esc", " back"),
        ],
        Some(Dialog::Conflict { .. }) => &[("O", " overrule with yours  "), ("esc", " leave it")],
        _ => &[],
    };
    if !typed.is_empty() {
        let spans = typed
            .iter()
            .flat_map(|&(key, text)| [Span::styled(key, theme.key()), Span::raw(text)]);
        let row = buffer.area.height - 1;
        put(buffer, 1, row, buffer.area.width, &spans.collect());
        return;
    }
    let context = model.context();
    let columns = buffer.area.width;
    let help = hint(model, context, (&[Action::Help], "help"), theme);
    let mut room = usize::from(columns).saturating_sub(width(&help) + 2);
    let mut line = Vec::new();
    let is_of_use = |(actions, _): &&Hint| {
        !actions.contains(&Action::PositivePoint)
            || model.review().is_none_or(|r| r.drafting.takes_points())
    };
    for &entry in context.hints().iter().filter(is_of_use) {
        let spans = hint(model, context, entry, theme);
        let needed = width(&spans) + 2;
        if needed > room {
            break;
        }
        room -= needed;
        line.extend(spans);
        line.push(Span::raw("  "));
    }
    let row = buffer.area.height - 1;
    put(buffer, 1, row, columns, &Line::from(line));
    let help_width = width(&help) as u16;
    put(
        buffer,
        columns - help_width - 1,
        row,
        help_width,
        &Line::from(help),
    );
}

fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

fn hint<'a>(
    model: &Model,
    context: Context,
    (actions, title): Hint,
    theme: Theme,
) -> Vec<Span<'a>> {
    let symbols: Vec<String> = actions
        .iter()
        .filter_map(|action| model.keymap.keys(context, *action).next())
        .map(|key| key.symbol())
        .collect();
    let short = symbols.iter().all(|s| s.chars().count() == 1);
    let symbols = symbols.join(if short { "" } else { "/" });
    vec![
        Span::styled(symbols, theme.key()),
        Span::raw(format!(" {title}")),
    ]
}

/// The line above the hints: what is being typed, or what there is to know. Returns where the
/// cursor is if something is being typed.
pub fn message(
    model: &Model,
    picture: &PictureStatus,
    theme: Theme,
    buffer: &mut Buffer,
) -> Option<Position> {
    let (columns, row) = (buffer.area.width, buffer.area.height - 2);
    let room = columns - 2;
    if let Some((question, text)) = typing(model)
        && model.notice.is_none()
    {
        let text = printable(text);
        let shown = end_of(
            &text,
            usize::from(room).saturating_sub(question.width() + 1),
        );
        let line = Line::from(vec![
            Span::styled(question, theme.title()),
            Span::raw(shown),
        ]);
        put(buffer, 1, row, room, &line);
        let cursor = Position::new(1 + line.width() as u16, row);
        if let Some(Dialog::Filter(Typing {
            problem: Some(problem),
            ..
        })) = &model.dialog
        {
            let x = cursor.x + 3;
            let room = columns.saturating_sub(x + 1);
            let text = start_of(&printable(problem), room.into());
            put(buffer, x, row, room, &Line::styled(text, theme.bad()));
        }
        return Some(cursor);
    }
    if let Some(Dialog::NewObject { label, text }) = &model.dialog
        && model.notice.is_none()
    {
        let question = format!("new object {label}, its name: ");
        let text = printable(text.as_str());
        let shown = end_of(&text, usize::from(room).saturating_sub(question.len() + 1));
        let line = Line::from(vec![
            Span::styled(question, theme.title()),
            Span::raw(shown),
        ]);
        put(buffer, 1, row, room, &line);
        return Some(Position::new(1 + line.width() as u16, row));
    }
    if let Some(Dialog::Command(command)) = &model.dialog {
        let text = printable(command.text.as_str());
        let shown = end_of(&text, usize::from(room).saturating_sub(2));
        let mut line = Line::from(vec![Span::styled(":", theme.title()), Span::raw(shown)]);
        let cursor = Position::new(1 + line.width() as u16, row);
        let candidates: Vec<&str> = command.candidates().collect();
        let rest = usize::from(room).saturating_sub(line.width() + 3);
        let candidates = start_of(&candidates.join(" "), rest);
        line.push_span(Span::styled(format!("   {candidates}"), theme.faint()));
        put(buffer, 1, row, room, &line);
        return Some(cursor);
    }
    if let Some(Dialog::Question(question)) = &model.dialog {
        let text = match question {
            Question::Discard => "Discard the draft?".to_owned(),
            Question::Rebase(why) => {
                format!("{}. Put your draft on top of it?", printable(why))
            }
        };
        // The question is at its end.
        let shown = end_of(&text, room.into());
        put(buffer, 1, row, room, &Line::styled(shown, theme.title()));
        return None;
    }
    let said = match &model.dialog {
        Some(Dialog::Refusal(text) | Dialog::Conflict { text, .. }) => Some(text.clone()),
        Some(Dialog::Unseen { unseen, of, .. }) => Some(format!(
            "{unseen} of {of} slices with a mask were not on the screen."
        )),
        _ => None,
    };
    if let Some(text) = said {
        let text = start_of(&printable(&text), room.into());
        put(buffer, 1, row, room, &Line::styled(text, theme.bad()));
        return None;
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
        (None, _) => ("", "", theme.faint()),
    };
    let line = Line::styled(sentences(text, hint, room.into()), style);
    put(buffer, 1, row, room, &line);
    None
}

/// What is being typed: the question, and the text so far.
fn typing(model: &Model) -> Option<(String, &str)> {
    match model.dialog.as_ref()? {
        Dialog::Reason(reason) => {
            let verb = match reason.verdict {
                Verdict::Approve => "approve",
                Verdict::Reject => "reject",
                Verdict::Flag => "flag",
            };
            let what = match reason.targets.len() {
                1 => String::new(),
                several => format!(" {several} cases"),
            };
            Some((format!("{verb}{what} because: "), reason.text.as_str()))
        }
        Dialog::Note(note) => Some(("note: ".to_owned(), note.text.as_str())),
        Dialog::Filter(typing) => Some(("/".to_owned(), typing.text.as_str())),
        _ => None,
    }
}

/// What happened, and what to do about it if both fit into `columns`.
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

/// The beginning of a text, with `…` where it does not fit into `columns`.
pub(super) fn start_of(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut start = String::new();
    for character in text.chars() {
        if start.width() + character.width().unwrap_or(0) + 1 > columns {
            break;
        }
        start.push(character);
    }
    start + "…"
}

/// The end of a text, as much as fits into `columns`.
fn end_of(text: &str, columns: usize) -> String {
    let mut start = text.len();
    let mut taken = 0;
    for (at, character) in text.char_indices().rev() {
        taken += character.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        start = at;
    }
    text[start..].to_owned()
}
