//! Progress of the installation or check of a model.

use std::fmt;

/// The step under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A file is read and its digests are computed.
    Reading {
        /// Name of the file.
        file: String,
        /// Bytes read.
        bytes: u64,
        /// Its length.
        total: u64,
    },
    /// A graph is made.
    Writing {
        /// Name of its file.
        file: &'static str,
    },
    /// A file is copied.
    Copying {
        /// Name of the file.
        file: String,
    },
    /// The model segments a drawn picture.
    Trying,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Progress::Reading { file, bytes, total } => {
                let percent = (u128::from(*bytes) * 100)
                    .checked_div(u128::from(*total))
                    .unwrap_or(100);
                write!(f, "reading {file} ({percent}%)")
            }
            Progress::Writing { file } => write!(f, "writing {file}"),
            Progress::Copying { file } => write!(f, "copying {file}"),
            Progress::Trying => f.write_str("segmenting a test picture"),
        }
    }
}

/// Receives each step.
pub type Watch<'a> = &'a mut dyn FnMut(Progress);
