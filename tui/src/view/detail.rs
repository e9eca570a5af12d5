//! More about the selected case, below or beside the list.

use super::Theme;
use super::text::{put, start_of, wrapped};
use crate::app::Model;
use crate::layout;
use crate::verbs::{age, millilitres, score};
use jiff::Timestamp;
use medicosam_shared::case::{CaseDetail, CaseSummary, Event, Revision};
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

/// Most reasons listed, the worst ones.
const REASONS: usize = 4;

/// Most prompts listed.
const PROMPTS: usize = 4;

pub fn draw(model: &Model, case: &CaseSummary, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let title = format!(" {} ", printable(&case.name));
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title, theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);

    let width = usize::from(inner.width.saturating_sub(2));
    let tall = layout::queue((buffer.area.width, buffer.area.height)).has_history();
    let mut lines = Lines {
        lines: Vec::new(),
        width,
    };
    // Where there are few rows, a long path is cut rather than the fault below it.
    match tall {
        true => lines.text(&printable(&case.path), Style::new()),
        false => lines.start(&printable(&case.path)),
    }
    summary(model, case, theme, &mut lines);
    if let Some(detail) = model.peek.of(&case.id).filter(|_| tall) {
        if let Some(revision) = detail.current() {
            result(revision, theme, &mut lines);
        }
        let room = usize::from(inner.height).saturating_sub(lines.lines.len() + 2);
        history(detail, model.now, room, theme, &mut lines);
    }
    for (y, line) in (inner.y..inner.bottom()).zip(&lines.lines) {
        put(buffer, inner.x + 1, y, inner.width - 1, line);
    }
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

    /// The beginning of a text, in one line.
    fn start(&mut self, text: &str) {
        self.lines.push(Line::raw(start_of(text, self.width)));
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
    if case.score.is_some() {
        facts.push(format!("score {}", score(case.score)));
    }
    lines.text(&facts.join(" · "), Style::new());
    let mut doing = format!("{} since {}", case.state, age(model.now, case.updated));
    if let Some(reviewer) = &case.reviewer {
        doing.push_str(&format!(", by {}", printable(reviewer)));
    }
    if let Some(reason) = &case.reason {
        doing.push_str(&format!(": {}", printable(reason)));
    }
    lines.text(&doing, theme.state(case.state));
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

/// How the current revision came about, and what came out.
fn result(revision: &Revision, theme: Theme, lines: &mut Lines<'_>) {
    let made = &revision.provenance;
    lines.heading("objects", theme);
    for object in &made.objects {
        let text = format!(
            "{} {}  {} mL  score {}",
            object.label,
            printable(&object.name),
            millilitres(Some(object.volume_ml)),
            score(object.predicted_iou())
        );
        lines.text(&text, theme.object(object.label));
    }
    let reasons = made.quality.iter().flat_map(|quality| &quality.reasons);
    for (number, reason) in reasons.take(REASONS).enumerate() {
        if number == 0 {
            lines.heading("why look closely", theme);
        }
        lines.text(&printable(reason), theme.bad());
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
        for prompt in made.prompts.iter().take(PROMPTS) {
            lines.text(&asked(prompt), Style::new());
        }
        if made.prompts.len() > PROMPTS {
            let more = format!("and {} more", made.prompts.len() - PROMPTS);
            lines.text(&more, theme.faint());
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

/// The history, the newest entry last; the oldest are left out without room.
fn history(detail: &CaseDetail, now: Timestamp, room: usize, theme: Theme, lines: &mut Lines<'_>) {
    lines.heading("history (UTC)", theme);
    let all = &detail.history;
    let fitting = all.len().min(room);
    for event in &all[all.len() - fitting..] {
        lines.start(&happened(event, now));
    }
}

fn happened(event: &Event, now: Timestamp) -> String {
    let today = now.as_second() - event.at.as_second() < 86_400;
    let format = if today { "%H:%M" } else { "%Y-%m-%d" };
    let mut text = format!(
        "{} {} by {}",
        event.at.strftime(format),
        event.action.as_str(),
        printable(&event.who)
    );
    if !event.detail.is_empty() {
        text.push_str(&format!(": {}", printable(&event.detail)));
    }
    text
}
