//! Fetches large files over HTTP, and goes on where it was interrupted.
//!
//! The bytes go into a part file; beside it, notes say which address and which version of the file
//! they come from. Whether the whole is the right file is for the caller to check: nothing is
//! renamed here.
//!
//! Certificates are checked as the system does, and proxies are those of the environment
//! (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).

mod error;
mod resume;

pub use error::DownloadError;

use resume::{Answer, Notes};
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::Body;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transfer {
    /// Bytes that are there, those of earlier runs included.
    pub bytes: u64,
    /// Bytes of the whole file, if the server says.
    pub total: Option<u64>,
    /// Bytes per second, of this run.
    pub rate: f64,
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: f64| bytes / 1e6;
        write!(f, "{:.1}", megabytes(self.bytes as f64))?;
        if let Some(total) = self.total.filter(|&total| total > 0) {
            let percent = u128::from(self.bytes) * 100 / u128::from(total);
            write!(f, " of {:.1} MB ({percent}%)", megabytes(total as f64))?;
        } else {
            f.write_str(" MB")?;
        }
        write!(f, ", {:.1} MB/s", megabytes(self.rate))
    }
}

/// A connection that sends nothing for this long is closed and opened again.
const STALLED: Duration = Duration::from_secs(60);
/// Attempts that bring nothing new before it ends.
const ATTEMPTS: u32 = 5;

/// Fetches `url` into the file `part`, which may hold the beginning of it from an earlier
/// run. Interruptions are tried again, as long as something arrives now and then.
pub fn fetch(url: &str, part: &Path, watch: &mut dyn FnMut(Transfer)) -> Result<(), DownloadError> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(part)
        .map_err(|e| DownloadError::write(part, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DownloadError::Busy {
                path: part.to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(DownloadError::write(part, error)),
    }
    let agent = agent();
    let mut notes = Notes::of(part);
    if notes.as_ref().is_none_or(|notes| notes.url != url) {
        notes = None;
        empty(&mut file, part)?;
    }
    let mut fruitless = 0;
    let mut reached = false;
    loop {
        let before = length(&file, part)?;
        match attempt(&agent, url, part, &mut file, &mut notes, watch) {
            Ok(()) => break,
            Err(Attempt::Failed(error)) => return Err(error),
            // Without a network, waiting is of no use; a network that was there may come back.
            Err(Attempt::Unreached(reason)) if !reached => {
                return Err(DownloadError::Unreachable {
                    url: url.to_owned(),
                    reason,
                });
            }
            Err(Attempt::Unreached(reason) | Attempt::Interrupted(reason)) => {
                reached = true;
                let grew = length(&file, part)? > before;
                fruitless = if grew { 1 } else { fruitless + 1 };
                if fruitless >= ATTEMPTS {
                    return Err(DownloadError::Interrupted {
                        url: url.to_owned(),
                        reason,
                    });
                }
                // At once after the first interruption, then ever more patiently.
                std::thread::sleep(Duration::from_secs((1 << fruitless) - 2));
            }
        }
    }
    file.sync_all().map_err(|e| DownloadError::write(part, e))?;
    Notes::remove(part).map_err(|e| DownloadError::write(part, e))
}

/// Removes a part file and its note.
pub fn discard(part: &Path) -> Result<(), DownloadError> {
    let removed = match std::fs::remove_file(part) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    removed
        .and_then(|()| Notes::remove(part))
        .map_err(|e| DownloadError::write(part, e))
}

fn agent() -> ureq::Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_connect(Some(STALLED))
        .timeout_recv_response(Some(STALLED))
        .timeout_per_read(Some(STALLED))
        .user_agent(concat!("medicosam/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Why an attempt did not bring the whole file.
enum Attempt {
    /// The server did not answer.
    Unreached(String),
    /// It did, and the next attempt may go on.
    Interrupted(String),
    /// The next one would end the same way.
    Failed(DownloadError),
}

impl From<DownloadError> for Attempt {
    fn from(error: DownloadError) -> Self {
        Attempt::Failed(error)
    }
}

fn attempt(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    file: &mut File,
    notes: &mut Option<Notes>,
    watch: &mut dyn FnMut(Transfer),
) -> Result<(), Attempt> {
    let have = length(file, part)?;
    // Compressed on the way, a range would be one of other bytes.
    let mut request = agent.get(url).header("accept-encoding", "identity");
    if have > 0 {
        request = request.header("range", format!("bytes={have}-"));
        if let Some(version) = notes.as_ref().and_then(|notes| notes.version.as_deref()) {
            request = request.header("if-range", version);
        }
    }
    let response = request.call().map_err(|error| unreachable(url, error))?;
    let total = match Answer::of(&response, have) {
        Answer::Continues { total } => total,
        Answer::Starts { total } => {
            empty(file, part)?;
            total
        }
        Answer::Complete => return Ok(()),
        Answer::Stale => {
            empty(file, part)?;
            let reason = "the server has another version of the file now".to_owned();
            return Err(Attempt::Interrupted(reason));
        }
        Answer::WebPage => {
            let url = url.to_owned();
            return Err(DownloadError::WebPage { url }.into());
        }
        Answer::Refused { status } if status >= 500 => {
            let reason = format!("the server answered with status {status}");
            return Err(Attempt::Interrupted(reason));
        }
        Answer::Refused { status } => {
            let url = url.to_owned();
            return Err(DownloadError::Refused { url, status }.into());
        }
    };
    let said = Notes::about(url, &response);
    said.write(part)
        .map_err(|e| DownloadError::write(part, e))?;
    *notes = Some(said);
    receive(response, part, file, total, watch)
}

fn receive(
    response: Response<Body>,
    part: &Path,
    file: &mut File,
    total: Option<u64>,
    watch: &mut dyn FnMut(Transfer),
) -> Result<(), Attempt> {
    let failed = |error| Attempt::Failed(DownloadError::write(part, error));
    let mut bytes = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let (start, started) = (bytes, Instant::now());
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => return Err(Attempt::Interrupted(error.to_string())),
        };
        file.write_all(&buffer[..read]).map_err(failed)?;
        bytes += read as u64;
        let seconds = started.elapsed().as_secs_f64();
        watch(Transfer {
            bytes,
            total,
            rate: (bytes - start) as f64 / seconds.max(1e-3),
        });
    }
    match total {
        Some(total) if bytes < total => Err(Attempt::Interrupted(format!(
            "the connection ended after {bytes} of {total} bytes"
        ))),
        _ => Ok(()),
    }
}

/// Sorts the errors of a request: those that a later attempt may not meet, and the others.
fn unreachable(url: &str, error: ureq::Error) -> Attempt {
    use ureq::Error;
    match error {
        Error::Io(_)
        | Error::Timeout(_)
        | Error::ConnectionFailed
        | Error::HostNotFound
        | Error::Protocol(_) => Attempt::Unreached(error.to_string()),
        other => Attempt::Failed(DownloadError::Unreachable {
            url: url.to_owned(),
            reason: other.to_string(),
        }),
    }
}

fn length(file: &File, part: &Path) -> Result<u64, DownloadError> {
    let metadata = file.metadata();
    metadata
        .map(|data| data.len())
        .map_err(|e| DownloadError::write(part, e))
}

fn empty(file: &mut File, part: &Path) -> Result<(), DownloadError> {
    file.set_len(0)
        .and_then(|()| file.rewind())
        .map_err(|e| DownloadError::write(part, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_is_shown_with_its_rate() {
        let mut transfer = Transfer {
            bytes: 93_760_000,
            total: Some(375_040_000),
            rate: 11_250_000.0,
        };
        assert_eq!(transfer.to_string(), "93.8 of 375.0 MB (25%), 11.2 MB/s");
        transfer.total = None;
        assert_eq!(transfer.to_string(), "93.8 MB, 11.2 MB/s");
    }
}
