//! More about the selected case, below or beside the list.

use super::names::path;
use super::text::{put, wrapped};
use super::{Theme, objects};
use crate::app::Model;
use crate::figures::{age, millilitres, percent, score, size};
use jiff::ZonedDateTime;
use medicosam_shared::case::{CaseDetail, CaseSummary, Event, Revision};
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

pub fn draw(model: &Model, case: &CaseSummary, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let rows = usize::from(area.height.saturating_sub(2)).max(1);
    let width = usize::from(area.width.saturating_sub(4));
    let lines = lines(model, case, width, theme);
    let pages = lines.len().div_ceil(rows).max(1);
    let page = model.queue.page(pages);
    let title = match pages {
        1 => format!(" {} ", printable(&case.name)),
        _ => format!(" {} · {}/{pages} ", printable(&case.name), page + 1),
    };
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title, theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);
    let shown = lines.iter().skip(page * rows);
    for (y, line) in (inner.y..inner.bottom()).zip(shown) {
        put(buffer, inner.x + 1, y, inner.width - 1, line);
    }
}

/// The details of a case, the most important first.
fn lines<'a>(model: &Model, case: &CaseSummary, width: usize, theme: Theme) -> Vec<Line<'a>> {
    let mut lines = Lines {
        lines: Vec::new(),
        width,
    };
    let place = path(&printable(&case.path), width);
    lines.lines.push(Line::raw(place));
    summary(model, case, theme, &mut lines);
    if let Some(detail) = model.peek.of(&case.id) {
        if let Some(revision) = detail.current() {
            reasons(revision, theme, &mut lines);
            result(revision, theme, &mut lines);
        }
        history(detail, model, theme, &mut lines);
    }
    lines.lines
}

/// Lines of a width.
struct Lines<'a> {
    lines: Vec<Line<'a>>,
    width: usize,
}

impl Lines<'_> {
    /// A text in as many lines as it needs.
    fn text(&mut self, text: &str, style: Style) {
        let texts = wrapped(text, self.width).into_iter();
        self.lines
            .extend(texts.map(|text| Line::styled(text, style)));
    }

    fn heading(&mut self, text: &str, theme: Theme) {
        self.lines.push(Line::default());
        self.lines
            .push(Line::styled(text.to_owned(), theme.title()));
    }
}

/// Its row in words, and the reason of a failure.
fn summary(model: &Model, case: &CaseSummary, theme: Theme, lines: &mut Lines<'_>) {
    let mut facts = vec![
        format!("case {}", printable(&case.id.0)),
        format!("profile {}", printable(&case.profile)),
    ];
    if let Some(revision) = case.revision {
        facts.push(format!("revision {revision}"));
    }
    if case.volume_ml.is_some() {
        facts.push(format!("{} mL", millilitres(case.volume_ml)));
    }
    if let Some(outlier) = model.queue.outlier(case) {
        facts.push(format!("! {outlier}"));
    }
    if case.score.is_some() {
        facts.push(format!("score {}", score(case.score)));
    }
    lines.text(&facts.join(" · "), Style::new());
    let away = if case.dismissed { ", put away" } else { "" };
    let mut doing = format!("{}{away} for {}", case.state, age(model.now, case.updated));
    if case.needs_prompt() {
        doing.push_str(": needs a prompt, as its profile gave none");
    }
    if case.draft {
        doing.push_str("; you have a draft here");
    }
    if let Some(reviewer) = &case.reviewer {
        doing.push_str(&format!(", by {}", printable(reviewer)));
    }
    if let Some(whose) = &case.assigned {
        let whose = if case.yours { "you" } else { whose };
        doing.push_str(&format!("; assigned to {}", printable(whose)));
    }
    if let Some(reason) = &case.reason {
        doing.push_str(&format!(": {}", printable(reason)));
    }
    lines.text(&doing, theme.state(case.state));
    if case.reads.is_some() {
        let text = match case.you_read_first {
            false => "A second reading: what somebody else made of this scan is not shown.",
            true => "A second reading of what you have read; somebody else has to do it.",
        };
        lines.text(text, theme.key());
    }
    let viewers = model.live.viewers(&case.id);
    if !viewers.is_empty() {
        let names: Vec<String> = viewers.into_iter().map(printable).collect();
        lines.text(&format!("◦ open by {}", names.join(", ")), theme.key());
    }
    if let Some(fault) = &case.fault {
        lines.text(&printable(&fault.message), theme.bad());
        lines.text(&printable(&fault.hint), Style::new());
    }
}

/// Why its masks deserve a close look.
fn reasons(revision: &Revision, theme: Theme, lines: &mut Lines<'_>) {
    let quality = revision.provenance.quality.iter();
    for reason in quality.flat_map(|quality| &quality.reasons) {
        lines.text(&format!("! {}", printable(reason)), theme.bad());
    }
}

/// What came out, and how the current revision came about.
fn result(revision: &Revision, theme: Theme, lines: &mut Lines<'_>) {
    let made = &revision.provenance;
    if !made.objects.is_empty() {
        lines.heading("objects", theme);
    }
    for object in &made.objects {
        let mut line = objects::name(object.label, &object.name, theme);
        line.push_span(Span::raw(format!("  {}  ", size(object))));
        if made.scan.info.picture {
            let part = percent(object.voxels, &made.scan.info);
            line.push_span(Span::raw(format!("{part}  ")));
        }
        line.extend(objects::estimate(object, lines.width, theme));
        lines.lines.push(line);
    }
    lines.heading("made", theme);
    let by = format!(
        "by {} with {} on {}",
        printable(&made.author),
        printable(&made.model.name),
        printable(&made.runtime.device)
    );
    lines.text(&by, Style::new());
    let time = &made.timings;
    let times = format!(
        "{:.2} s: load {:.2}, embed {:.2} ({} new, {} cached), decode {:.2} ({}), write {:.2}",
        time.total_s,
        time.load_s,
        time.embed_s,
        time.slices_embedded,
        time.slices_cached,
        time.decode_s,
        time.decodes,
        time.write_s
    );
    lines.text(&times, theme.faint());
    if !made.prompts.is_empty() {
        lines.heading("prompts", theme);
        for prompt in &made.prompts {
            lines.text(&asked(prompt), Style::new());
        }
    }
}

/// A prompt in words.
fn asked(prompt: &SlicePrompt) -> String {
    let mut text = format!("{} on slice {}", prompt.label, prompt.index);
    if let Some(b) = prompt.bbox {
        text.push_str(&format!(": box {},{} – {},{}", b.x0, b.y0, b.x1, b.y1));
    }
    match prompt.points.len() {
        0 => {}
        1 => text.push_str(", 1 point"),
        points => text.push_str(&format!(", {points} points")),
    }
    text
}

/// The history, the newest entry first.
fn history(detail: &CaseDetail, model: &Model, theme: Theme, lines: &mut Lines<'_>) {
    let zone = ZonedDateTime::new(model.now, model.zone.clone());
    lines.heading(&format!("history ({})", zone.strftime("%Z")), theme);
    for event in detail.history.iter().rev() {
        lines.text(&happened(event, model), Style::new());
    }
}

fn happened(event: &Event, model: &Model) -> String {
    let today = model.now.as_second() - event.at.as_second() < 86_400;
    let at = ZonedDateTime::new(event.at, model.zone.clone());
    let format = if today { "%H:%M" } else { "%Y-%m-%d" };
    let mut text = format!(
        "{} {} by {}",
        at.strftime(format),
        event.action.as_str(),
        printable(&event.who)
    );
    if !event.detail.is_empty() {
        text.push_str(&format!(": {}", printable(&event.detail)));
    }
    text
}
