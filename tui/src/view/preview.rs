//! The frame of the picture beside the list, and what stands there without one.

use super::text::put_wrapped;
use super::{PictureStatus, Theme};
use crate::app::state::review::Review;
use crate::app::{Model, Subject};
use medicosam_shared::text::printable;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Block, Widget};

pub fn draw(model: &Model, picture: &PictureStatus, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let review = model.preview.review();
    let title = review.and_then(title).unwrap_or_default();
    let block = Block::bordered()
        .border_style(theme.faint())
        .title(Span::styled(title, theme.title()));
    let inner = block.inner(area);
    block.render(area, buffer);
    if let Some(text) = review.and_then(|review| instead(review, picture)) {
        let inner = Rect::new(
            inner.x + 1,
            inner.y + inner.height / 3,
            inner.width.saturating_sub(2),
            inner.height - inner.height / 3,
        );
        put_wrapped(buffer, inner, &text, theme.faint());
    }
}

/// Which slice it is.
fn title(review: &Review) -> Option<String> {
    let stack = review.stack()?;
    Some(format!(
        " {} {} of 0–{} ",
        stack.plane(),
        review.index(),
        stack.count().saturating_sub(1)
    ))
}

/// Why there is no picture, if there will be none.
fn instead(review: &Review, picture: &PictureStatus) -> Option<String> {
    if let Some(failure) = &review.failure {
        return Some(printable(failure));
    }
    let failed = review
        .slice()
        .and_then(|slice| review.slices.failure(slice));
    if let Some(failure) = failed {
        return Some(printable(failure));
    }
    match review.subject() {
        Subject::Slice(_) => picture.none.map(str::to_owned),
        Subject::Nothing | Subject::Same => None,
    }
}
