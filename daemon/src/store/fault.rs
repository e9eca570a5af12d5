//! Faults of the database, which are nobody's request's.

use std::path::PathBuf;

/// Why a store could not be used. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The database was written by a newer version.
    #[error("{} has schema {found}, this version knows up to {known}", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known.
        known: i64,
    },
    /// The library of the database is one that can corrupt it.
    #[error("SQLite {0} can corrupt a database in WAL mode; 3.51.3 or newer is needed")]
    OldLibrary(String),
    /// The database holds a value that this program never writes.
    #[error("the store has {what} that cannot be read: {why}")]
    Unreadable {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The database is damaged.
    #[error("the store {} is damaged: {found}", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// There was a database, and it is gone.
    #[error("the store {} is empty or gone, but it was in use since {since}", .path.display())]
    Lost {
        /// The database.
        path: PathBuf,
        /// When it was made.
        since: String,
    },
    /// There was a database, and only its log is left.
    #[error("the store {} is empty or gone, but its write-ahead log {} holds {bytes} bytes", .path.display(), .log.display())]
    LogAlone {
        /// The database.
        path: PathBuf,
        /// The log.
        log: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file cannot take the place of the database.
    #[error("{} is no backup of a store: {why}", .path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Others wrote for so long that this could not.
    #[error("the store was busy for {seconds} s while {doing}")]
    Busy {
        /// What was being done.
        doing: &'static str,
        /// How long it waited.
        seconds: u64,
    },
    /// The database or its disk failed.
    #[error("the store failed while {doing}: {source}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreFault {
    /// Stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            StoreFault::Newer { .. } => "store-newer",
            StoreFault::OldLibrary(_) => "sqlite-old",
            StoreFault::Unreadable { .. } => "store-unreadable",
            StoreFault::Damaged { .. } => "store-damaged",
            StoreFault::Lost { .. } | StoreFault::LogAlone { .. } => "store-lost",
            StoreFault::NoBackup { .. } => "no-backup",
            StoreFault::Busy { .. } => "store-busy",
            StoreFault::Failed { .. } => "store-failed",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreFault::Newer { .. } => {
                "Run the version that wrote it, or a newer one; nothing was changed."
            }
            StoreFault::OldLibrary(_) => "Build with the bundled SQLite.",
            StoreFault::Unreadable { .. } => {
                "Keep a copy of the state folder and report this; the files written so far are not affected."
            }
            StoreFault::Damaged { .. } | StoreFault::Lost { .. } | StoreFault::LogAlone { .. } => {
                "Put back a backup if you have one: `medicosamd recover --from FILE`. Do not copy it there yourself: a log that lies beside the old store (`-wal`) would be mixed into it. Without one, `medicosamd recover` makes a new store from the results: cases, revisions and decisions as far as their provenance files tell."
            }
            StoreFault::NoBackup { .. } => {
                "Name a file that `sqlite3 …/medicosam.sqlite \".backup FILE\"` wrote, or medicosam.sqlite in a copy of a state folder; nothing was changed."
            }
            StoreFault::Busy { .. } => {
                "Try again; if it stays so, look for a process that holds the store (`fuser`)."
            }
            StoreFault::Failed { .. } => {
                "Check that the disk of the state folder has room and is writable."
            }
        }
    }
}
