//! The picture that goes past tmux, and the text that names it.

use crate::picture::placeholders::{self, Numbers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use std::time::Duration;
use tokio::time::Instant;

/// How long after a change of the window the picture is sent again: while tmux redraws a pane, it drops
/// what is to go past it.
const AGAIN: Duration = Duration::from_millis(700);

/// The picture.
#[derive(Debug)]
pub(super) struct PastTmux {
    numbers: Numbers,
    /// The commands that were sent for it.
    commands: Vec<u8>,
    again_at: Option<Instant>,
}

impl PastTmux {
    /// No picture yet.
    pub(super) fn new() -> Self {
        PastTmux {
            numbers: Numbers::of_process(std::process::id()),
            commands: Vec::new(),
            again_at: None,
        }
    }

    /// The commands for another picture, from the output of [`placeholders::encode`].
    pub(super) fn send(&mut self, cells: Rect, base64: &[u8]) -> Vec<u8> {
        self.numbers.advance();
        let number = self.numbers.now();
        self.commands = placeholders::transmit(number, (cells.width, cells.height), base64);
        self.commands.clone()
    }

    /// Writes the text that names it into these cells.
    pub(super) fn draw(&self, cells: Rect, buffer: &mut Buffer) {
        let number = self.numbers.now();
        let style = Style::reset().fg(Color::Indexed(number.colour()));
        for position in cells.intersection(buffer.area).positions() {
            let text = number.cell(position.y - cells.y, position.x - cells.x);
            buffer[position].set_symbol(&text).set_style(style);
        }
    }

    /// The window has another size.
    pub(super) fn resized(&mut self, now: Instant) {
        self.again_at = Some(now + AGAIN);
    }

    /// When it is due again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.again_at
    }

    /// The commands to be sent again, if it is time for that.
    pub(super) fn take_again(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.again_at.take_if(|at| *at <= now)?;
        (!self.commands.is_empty()).then(|| self.commands.clone())
    }

    /// The commands that take everything of it out of the terminal.
    pub(super) fn delete(&self) -> Vec<u8> {
        self.numbers.delete()
    }
}
