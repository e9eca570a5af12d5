//! The meaning of a server's answer for the bytes that are there already (RFC 9110, sections 13 to 15).

use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use ureq::http::{HeaderMap, Response, StatusCode};

/// The note beside a part file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Where the bytes come from.
    pub url: String,
    /// Of which version of the file they are: a strong entity tag or a date, as the server sent it.
    pub version: Option<String>,
}

impl Notes {
    /// The notes beside a part file; none if they cannot be understood.
    pub fn of(part: &Path) -> Option<Self> {
        let text = std::fs::read(path(part)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What an answer says about the file.
    pub fn about<B>(url: &str, response: &Response<B>) -> Self {
        Notes {
            url: url.to_owned(),
            version: version(response.headers()),
        }
    }

    /// Writes them down.
    pub fn write(&self, part: &Path) -> io::Result<()> {
        std::fs::write(path(part), serde_json::to_vec(self)?)
    }

    /// Removes them.
    pub fn remove(part: &Path) -> io::Result<()> {
        match std::fs::remove_file(path(part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn path(part: &Path) -> PathBuf {
    let mut path = part.as_os_str().to_owned();
    path.push(".json");
    path.into()
}

/// What may stand in `If-Range`: a weak tag (`W/"…"`) may not.
fn version(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text("etag")
        .filter(|tag| tag.starts_with('"'))
        .or_else(|| text("last-modified"))
        .map(str::to_owned)
}

/// A server's answer to a request for the bytes from some place on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The bytes that are missing follow.
    Continues {
        /// Length of the whole file.
        total: Option<u64>,
    },
    /// The file follows from its first byte.
    Starts {
        /// Length of the whole file.
        total: Option<u64>,
    },
    /// Nothing is missing.
    Complete,
    /// The bytes here are not the beginning of the file on the server.
    Stale,
    /// A page for people follows.
    WebPage,
    /// The server sends nothing.
    Refused {
        /// HTTP's number for why.
        status: u16,
    },
}

impl Answer {
    /// What an answer means if `have` bytes are there.
    pub fn of<B>(response: &Response<B>, have: u64) -> Self {
        let headers = response.headers();
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let range = text("content-range").and_then(ContentRange::parse);
        match response.status() {
            StatusCode::PARTIAL_CONTENT => match range {
                Some(ContentRange {
                    start: Some(start),
                    total,
                }) if start == have => Answer::Continues { total },
                _ => Answer::Stale,
            },
            StatusCode::OK if text("content-type").is_some_and(is_page) => Answer::WebPage,
            StatusCode::OK => Answer::Starts {
                total: text("content-length").and_then(|length| length.parse().ok()),
            },
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => match range {
                Some(ContentRange {
                    total: Some(total), ..
                }) if total == have => Answer::Complete,
                _ => Answer::Stale,
            },
            status => Answer::Refused {
                status: status.as_u16(),
            },
        }
    }
}

fn is_page(content_type: &str) -> bool {
    content_type.trim_start().starts_with("text/html")
}

/// `bytes 100-199/200`, `bytes 100-199/*` or `bytes */200`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

impl ContentRange {
    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let start = match range.split_once('-') {
            Some((start, _)) => Some(start.parse().ok()?),
            None => None,
        };
        Some(ContentRange {
            start,
            total: total.parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], have: u64) -> Answer {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Answer::of(&response.body(()).unwrap(), have)
    }

    #[test]
    fn an_answer_means_what_the_standard_says() {
        let total = Some(200);
        let range = |text| [("content-range", text)];
        let cases = [
            (206, range("bytes 100-199/200"), Answer::Continues { total }),
            (
                206,
                range("bytes 100-199/*"),
                Answer::Continues { total: None },
            ),
            // The server chose another start, or says nothing of it.
            (206, range("bytes 0-199/200"), Answer::Stale),
            (206, range("lines 100-199/200"), Answer::Stale),
            (200, [("content-length", "200")], Answer::Starts { total }),
            (
                200,
                [("content-type", "text/html; charset=utf-8")],
                Answer::WebPage,
            ),
            (416, range("bytes */100"), Answer::Complete),
            (416, range("bytes */90"), Answer::Stale),
            (
                404,
                [("content-length", "9")],
                Answer::Refused { status: 404 },
            ),
        ];
        for (status, headers, expected) in cases {
            assert_eq!(
                answer(status, &headers, 100),
                expected,
                "{status} {headers:?}"
            );
        }
        let refused = Answer::Refused { status: 416 };
        assert_eq!(answer(416, &range("bytes */0"), 0), refused);
    }

    #[test]
    fn only_strong_versions_are_kept() {
        let of = |headers: &[(&str, &str)]| {
            let mut response = Response::builder();
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            Notes::about("http://x", &response.body(()).unwrap()).version
        };
        let date = ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(of(&[("etag", "\"abc\""), date]).as_deref(), Some("\"abc\""));
        assert_eq!(of(&[("etag", "W/\"abc\""), date]).as_deref(), Some(date.1));
        assert_eq!(of(&[("etag", "W/\"abc\"")]), None);
    }
}
