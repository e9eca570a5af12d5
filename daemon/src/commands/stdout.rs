//! Standard output, where the results of verbs go.

use super::error::CommandError;
use medicosam_shared::text::printable_lines;
use std::fmt::Display;
use std::io::{self, Write};

/// Prints text, without control characters that a configuration or the name of a file may hold. A reader that has read enough and is gone (`| head`) is no failure: nothing is printed
/// then, and the verb goes on to its own end and exit status.
pub fn text(text: impl Display) -> Result<(), CommandError> {
    bytes(printable_lines(&text.to_string()).as_bytes())
}

/// Prints text with a line break behind it.
pub fn line(text: impl Display) -> Result<(), CommandError> {
    bytes(format!("{text}\n").as_bytes())
}

/// Prints bytes.
pub fn bytes(bytes: &[u8]) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(unwritable(error)),
    }
}

/// The error of an output that cannot be written.
pub fn unwritable(error: io::Error) -> CommandError {
    CommandError::new(
        "output-unwritable",
        format!("writing to the standard output: {error}"),
        "Check the disk or the program that it goes to.",
    )
}
