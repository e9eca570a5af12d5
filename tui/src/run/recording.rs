//! A recording of a session for bug reports and teaching, in the format of asciinema (version 2).
//!
//! It holds the text of the screen with its times. Pictures are left out: a recording is handed on more
//! easily than a scan may be. Pictures made of characters are text, and stay.

use super::error::RunError;
use jiff::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A recording that goes on.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
    begun: Instant,
}

impl Recording {
    /// Begins a recording of a window of `columns` and `rows`. The file must be new.
    pub fn begin(path: &Path, (columns, rows): (u16, u16)) -> Result<Self, RunError> {
        let of_file = |error| RunError::Recording {
            path: path.to_owned(),
            error,
        };
        let mut file = File::create_new(path).map_err(of_file)?;
        let header = json!({
            "version": 2,
            "width": columns,
            "height": rows,
            "timestamp": Timestamp::now().as_second(),
            "title": format!("medicosam {}", env!("CARGO_PKG_VERSION")),
        });
        writeln!(file, "{header}").map_err(of_file)?;
        Ok(Recording {
            path: path.to_owned(),
            file,
            begun: Instant::now(),
        })
    }

    /// Records what goes to the terminal.
    pub fn wrote(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = without_pictures(bytes);
        if text.is_empty() {
            return Ok(());
        }
        self.line("o", &String::from_utf8_lossy(&text))
    }

    /// Records another size of the window.
    pub fn resized(&mut self, columns: u16, rows: u16) -> io::Result<()> {
        self.line("r", &format!("{columns}x{rows}"))
    }

    /// Where it is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn line(&mut self, kind: &str, data: &str) -> io::Result<()> {
        let event = json!([self.begun.elapsed().as_secs_f64(), kind, data]);
        writeln!(self.file, "{event}")
    }
}

/// The bytes without device control strings (sixels), application commands (kitty) and inline images
/// (iTerm2): everything that holds a picture.
fn without_pictures(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, more)) = rest.split_first() {
        let begins = |start: &[u8]| rest.starts_with(start);
        if begins(b"\x1bP") || begins(b"\x1b_") || begins(b"\x1b]1337;") {
            rest = behind_string(rest);
        } else {
            kept.push(first);
            rest = more;
        }
    }
    kept
}

/// What comes behind a control string: it ends with ST, or with BEL.
fn behind_string(bytes: &[u8]) -> &[u8] {
    for (n, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            0x07 => return &bytes[n + 1..],
            b'\\' if bytes[n - 1] == 0x1b => return &bytes[n + 1..],
            _ => {}
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_left_out_and_text_stays() {
        let frame =
            "a\x1bP0;1q#0;2;0;0;0~-\x1b\\b\x1b_Ga=T;AAAA\x1b\\c\x1b]1337;File=x:AA\x07d\x1b[1mé";
        assert_eq!(
            without_pictures(frame.as_bytes()),
            "abcd\x1b[1mé".as_bytes()
        );
        assert_eq!(without_pictures(b"x\x1bPq~~"), b"x", "cut off");
    }

    #[test]
    fn a_recording_is_a_header_and_an_event_a_line() {
        let path = std::env::temp_dir().join(format!("medicosam-cast-{}", std::process::id()));
        let mut recording = Recording::begin(&path, (80, 24)).unwrap();
        recording.wrote(b"\x1b[2Jqueue").unwrap();
        recording.wrote(b"\x1bPq~\x1b\\").unwrap();
        recording.resized(120, 40).unwrap();
        let again = Recording::begin(&path, (80, 24));
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(again.is_err(), "a file that is there is not overwritten");
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            (&lines[0]["version"], &lines[0]["width"]),
            (&json!(2), &json!(80))
        );
        assert_eq!(
            (&lines[1][1], &lines[1][2]),
            (&json!("o"), &json!("\x1b[2Jqueue"))
        );
        assert_eq!(lines[2][2], "120x40");
    }
}
