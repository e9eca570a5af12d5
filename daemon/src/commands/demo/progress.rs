//! One line of progress, rewritten in a terminal.

use std::io::{IsTerminal, Write};

/// Shows the progress on standard error.
pub struct Line {
    quiet: bool,
    terminal: bool,
    shown: String,
}

impl Line {
    /// `quiet` says nothing.
    pub fn new(quiet: bool) -> Self {
        Line {
            quiet,
            terminal: std::io::stderr().is_terminal(),
            shown: String::new(),
        }
    }

    /// Shows the current step: rewritten in a terminal, a line each time it changes elsewhere.
    pub fn show(&mut self, text: &str) {
        if self.quiet || text == self.shown {
            return;
        }
        if self.terminal {
            eprint!("\r\x1b[2K{text}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{text}");
        }
        text.clone_into(&mut self.shown);
    }

    /// Ends the line.
    pub fn finish(&mut self) {
        if self.terminal && !self.shown.is_empty() {
            eprint!("\r\x1b[2K");
        }
        self.shown.clear();
    }
}
