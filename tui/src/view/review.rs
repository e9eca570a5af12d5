//! A case: header, picture place with its letters, panel.

use super::text::{put, put_wrapped};
use super::{PictureStatus, Theme, chrome, panel};
use crate::app::action::{Action, Decide};
use crate::app::state::review::Review;
use crate::app::state::review::layout::Layout;
use crate::app::{Context, Failure, Keymap, Link, Model, Subject};
use crate::layout;
use medicosam_shared::case::CaseState;
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub fn draw(
    model: &Model,
    review: &Review,
    picture: &PictureStatus,
    theme: Theme,
    buffer: &mut Buffer,
) {
    let size = (buffer.area.width, buffer.area.height);
    header(model, review, theme, buffer);
    let places = layout::review(size);
    let instead = instead(review, &model.keymap, picture);
    // In a picture of several slices letters are part of it.
    if review.layout == Layout::One && instead.is_none() && !review.is_picture() {
        letters(
            review,
            picture.place.unwrap_or(places.picture),
            theme,
            buffer,
        );
    }
    if let Some(text) = instead {
        in_place_of_picture(&text, places.picture, buffer);
    }
    if places.panel.width > 0 {
        panel::draw(review, &model.keymap, places.panel, theme, buffer);
    } else {
        let text = panel::in_short(review);
        put(buffer, 2, 1, size.0 - 2, &Line::styled(text, theme.faint()));
    }
}

fn header(model: &Model, review: &Review, theme: Theme, buffer: &mut Buffer) {
    let summary = review.detail.as_ref().map(|d| &d.summary);
    let summary = summary.or_else(|| model.queue.get(&review.case));
    let mut left = Vec::new();
    if matches!(model.link, Link::Lost(_)) {
        // First, where no long name can push it off the line.
        left.push(chrome::link(model, theme));
        left.push(Span::raw("  "));
    }
    if review.mode.is_edit() {
        left.push(Span::styled("EDIT ", theme.key()));
    }
    let name = summary.map_or_else(|| review.case.to_string(), |c| printable(&c.name));
    left.push(Span::styled(name, theme.title()));
    if let Some(case) = summary {
        left.push(Span::styled(
            format!("  {}", case.state),
            theme.state(case.state),
        ));
        if case.reads.is_some() {
            let text = match case.you_read_first {
                false => "  second reading",
                true => "  second reading, for somebody else",
            };
            left.push(Span::styled(text, theme.key()));
        }
        if case.needs_prompt() {
            left.push(Span::styled("  needs a prompt", theme.bad()));
        }
    }
    if review.drafting.has_changes() {
        left.push(Span::styled("  draft", theme.key()));
    }
    if let (Some(place), all) = model.queue.place_in_review(&review.case) {
        left.push(Span::raw(format!("  {place}/{all}")));
    }
    if let Some(revision) = review.revision() {
        let (shown, all) = model.coverage(&review.case, revision);
        if let Some(percent) = (shown * 100).checked_div(all) {
            left.push(Span::raw(format!("  seen {percent}%")));
        }
    }
    let viewers = model.live.viewers(&review.case);
    if !viewers.is_empty() {
        let names: Vec<String> = viewers.into_iter().map(printable).collect();
        let text = format!("  ◦ {} too", names.join(", "));
        left.push(Span::styled(text, theme.key()));
    }
    let mut right = Vec::new();
    if let Some(number) = review.count.and_then(|count| count.number()) {
        right.push(Span::styled(format!("{number}  "), theme.key()));
    }
    if let Some(detail) = &review.detail {
        match detail.summary.revision {
            Some(n) => right.push(Span::raw(format!(
                "revision {n} of {}",
                detail.revisions.len()
            ))),
            None => right.push(Span::raw("no revision")),
        }
    }
    if model.link == Link::Connecting {
        right.push(Span::raw("  "));
        right.extend(chrome::daemon(model, theme));
    }
    chrome::header(&Line::from(left), &Line::from(right), buffer);
}

/// Which side of the patient is where: above, left and right of the picture.
fn letters(review: &Review, place: Rect, theme: Theme, buffer: &mut Buffer) {
    let Some(stack) = review.stack() else {
        return;
    };
    let orientation = stack.orientation();
    let middle = place.y + place.height / 2;
    let letter = |letter: char| Line::styled(letter.to_string(), theme.title());
    if layout::review((buffer.area.width, buffer.area.height))
        .panel
        .width
        > 0
    {
        put(
            buffer,
            place.x + place.width / 2,
            place.y - 1,
            1,
            &letter(orientation.top),
        );
    }
    put(buffer, place.x - 2, middle, 1, &letter(orientation.left));
    put(buffer, place.right(), middle, 1, &letter(orientation.right));
}

/// The text in place of the picture.
fn instead(review: &Review, keymap: &Keymap, picture: &PictureStatus) -> Option<String> {
    if let Some(failure) = &review.failure {
        return Some(printable(failure));
    }
    let Some(detail) = &review.detail else {
        return Some("Reading the case.".to_owned());
    };
    let case = &detail.summary;
    if let (Some(fault), CaseState::Failed, None) = (&case.fault, case.state, case.revision) {
        let text = Failure::from(fault.clone()).text();
        return Some(format!("{} {}", printable(&text), ways_on(keymap)));
    }
    let failure = review.slice().and_then(|s| review.slices.failure(s));
    if let Some(failure) = failure.filter(|_| review.layout == Layout::One) {
        return Some(printable(failure));
    }
    if let (Some(fault), None) = (&detail.summary.fault, review.stack()) {
        return Some(printable(&Failure::from(fault.clone()).text()));
    }
    if review.stack().is_none() {
        return Some("The scan has not been read yet.".to_owned());
    }
    match review.subject() {
        Subject::Slice(_) => picture.none.map(str::to_owned),
        Subject::Nothing => Some("The slice does not fit the scan.".to_owned()),
        Subject::Same => None,
    }
}

/// What can be done about a failed case.
fn ways_on(keymap: &Keymap) -> String {
    let way = |action| keymap.way(Context::Review, Action::Decide(action));
    format!(
        "{} tries it again, {} puts it away.",
        way(Decide::Retry),
        way(Decide::Dismiss)
    )
}

fn in_place_of_picture(text: &str, area: Rect, buffer: &mut Buffer) {
    let below = area.height / 3;
    let area = Rect::new(area.x, area.y + below, area.width, area.height - below);
    put_wrapped(buffer, area, text, Style::new());
}
