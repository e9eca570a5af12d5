//! What can go wrong with a download.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file could not be fetched. The part that has arrived is kept, and the next run resumes there.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The server cannot be reached.
    #[error(
        "cannot reach {url}: {reason}. Check the network and the proxy (HTTPS_PROXY), or fetch the \
         file elsewhere and import it"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The connection ended too often.
    #[error(
        "the download of {url} was interrupted: {reason}. The part that has arrived is kept; run the same \
         command again to go on"
    )]
    Interrupted {
        /// The address.
        url: String,
        /// What happened last.
        reason: String,
    },
    /// The server says no.
    #[error(
        "{url}: the server answered with status {status}. The file may have moved; name another \
         address with --url, or fetch it elsewhere and import it"
    )]
    Refused {
        /// The address.
        url: String,
        /// HTTP's number for why.
        status: u16,
    },
    /// The answer is a page for people.
    #[error(
        "{url}: the server answered with a web page instead of the file. Open the address in a \
         browser, save the file, and import it"
    )]
    WebPage {
        /// The address.
        url: String,
    },
    /// Another process fetches the same file.
    #[error("{} is being fetched by another process already; wait for that", path.display())]
    Busy {
        /// The part file.
        path: PathBuf,
    },
    /// The part file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The part file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl DownloadError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            DownloadError::Unreachable { .. } => "download-unreachable",
            DownloadError::Interrupted { .. } => "download-interrupted",
            DownloadError::Refused { .. } => "download-refused",
            DownloadError::WebPage { .. } => "download-web-page",
            DownloadError::Busy { .. } => "download-busy",
            DownloadError::Write { .. } => "download-not-written",
        }
    }

    pub(super) fn write(path: &Path, error: io::Error) -> Self {
        DownloadError::Write {
            path: path.to_owned(),
            error,
        }
    }
}
