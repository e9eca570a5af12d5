//! Logs on standard error.

use medicosam_shared::text::printable;
use std::fmt;
use std::io::{self, IsTerminal};
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// What is logged unless `MEDICOSAM_LOG` says otherwise.
const FILTER: &str = "info,ort=warn";

/// Starts logging to standard error; `MEDICOSAM_LOG` says how much.
pub fn start() {
    let wanted = std::env::var("MEDICOSAM_LOG").ok();
    let (filter, unusable) = match wanted.as_deref().map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(FILTER), Some(error)),
        None => (EnvFilter::new(FILTER), None),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .fmt_fields(debug_fn(field).delimited(" "));
    // A second start, in tests, keeps the first one.
    let _ = subscriber.try_init();
    if let Some(error) = unusable {
        tracing::warn!("MEDICOSAM_LOG is not understood, and `{FILTER}` holds: {error}");
    }
}

/// Writes a field of a line. Names of files are in most of them, and whoever names a file must not be
/// able to colour a terminal or forge a line.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = printable(&format!("{value:?}"));
    match field.name() {
        "message" => write!(writer, "{value}"),
        name => write!(writer, "{name}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn names_of_files_neither_colour_a_log_nor_forge_a_line() {
        let written = Written::default();
        let copy = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || copy.clone())
            .with_ansi(false)
            .with_target(false)
            .without_time()
            .fmt_fields(debug_fn(field).delimited(" "))
            .finish();
        let name = "x\x1b[31m\n2026 ERROR forged\u{9b}m.nii";
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(path = name, shown = %name, "found {name}");
        });
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
        let line = log.trim_end_matches('\n');
        assert!(!line.chars().any(char::is_control), "{log:?}");
        assert!(line.contains("found x·[31m·2026 ERROR forged"), "{log}");
        assert!(line.contains("shown=x·[31m"), "{log}");
    }
}
