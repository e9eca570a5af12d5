//! The store in one SQLite file.
//!
//! WAL with `synchronous=FULL`: a commit that returned survives a power cut. The daemon and each worker
//! open the file on their own. Readers have connections of their own and never wait; writers take
//! turns ([`super::turns`]), so that a worker that commits fast does not starve the threads that find new scans.

mod cases;
mod check;
mod drafts;
mod events;
mod references;
mod revisions;
mod schema;
mod statement;
#[cfg(test)]
mod tests;
mod work;

use super::pool::Pool;
use super::turns::Turns;
use super::{Commit, Rows, Store, StoreFault, file};
use crate::change_signal::ChangeSignal;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use statement::Doing;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Oldest SQLite that is safe with several connections in WAL mode, as `sqlite3_libversion_number`.
const SAFE_SQLITE: i32 = 3_051_003;

/// A store in an SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    /// Closed before the writer: the last connection moves the log into the database, and one that
    /// only reads cannot.
    readers: Pool<Connection>,
    turns: Turns<Connection>,
    changes: ChangeSignal,
    id: String,
}

impl SqliteStore {
    /// Opens the store at `path`, making or migrating it if need be. Refuses one that is damaged, or
    /// that is empty although it was in use before.
    pub fn open(path: &Path) -> Result<Self, StoreFault> {
        if rusqlite::version_number() < SAFE_SQLITE {
            return Err(StoreFault::OldLibrary(rusqlite::version().to_owned()));
        }
        file::before_opening(path)?;
        let connection = open_writer(path).map_err(|fault| check::blame(path, fault))?;
        let id = connection
            .query_row("SELECT id FROM store", [], |r| r.get(0))
            .doing("reading the identity of the store")?;
        Ok(SqliteStore {
            path: path.to_owned(),
            turns: Turns::new(path, connection)?,
            readers: Pool::default(),
            changes: ChangeSignal::default(),
            id,
        })
    }

    /// Opens the store as [`SqliteStore::open`] does, for the daemon that it belongs to: from now on it is
    /// known to have been there.
    pub fn open_own(path: &Path) -> Result<Self, StoreFault> {
        let store = Self::open(path)?;
        file::leave_marker(path)?;
        Ok(store)
    }

    /// Whether the database in a file is a store, of whatever version.
    pub fn is_store(path: &Path) -> Result<bool, StoreFault> {
        const LOOKING: &str = "looking what database it is";
        let connection = Connection::open(path).doing(LOOKING)?;
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('cases', 'audit')";
        let count: i64 = connection
            .query_row(tables, [], |r| r.get(0))
            .doing(LOOKING)?;
        Ok(count == 2)
    }

    /// Moves what the log of a store that is closed still holds into the store's file, so that the file alone
    /// is the whole store.
    pub fn empty_log(path: &Path) -> Result<(), StoreFault> {
        const EMPTYING: &str = "moving the write-ahead log into the store";
        let connection = open_writer(path)?;
        // Nobody else should have it.
        let patience = Duration::from_secs(1);
        connection.busy_timeout(patience).doing(EMPTYING)?;
        let is_busy: bool = connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get(0))
            .doing(EMPTYING)?;
        drop(connection);
        if is_busy || file::has_log(path)? {
            return Err(StoreFault::Busy {
                doing: EMPTYING,
                seconds: patience.as_secs(),
            });
        }
        Ok(())
    }

    /// The store's file in a state folder.
    pub fn file(state: &Path) -> PathBuf {
        state.join("medicosam.sqlite")
    }

    /// Lends a connection that reads.
    fn with_reader<T>(
        &self,
        body: impl FnOnce(&mut Connection) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.readers.lend(|| open_reader(&self.path), body)
    }
}

fn open_writer(path: &Path) -> Result<Connection, StoreFault> {
    let mut connection = Connection::open(path).doing("opening the store")?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .doing("opening the store")?;
    for (pragma, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("foreign_keys", "OFF"),
        ("mmap_size", "0"),
    ] {
        connection
            .pragma_update(None, pragma, value)
            .doing("setting up the store")?;
    }
    schema::migrate(&mut connection, path)?;
    connection
        .pragma_update(None, "foreign_keys", "ON")
        .doing("setting up the store")?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).doing("opening the store")?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .doing("opening the store")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

impl Store for SqliteStore {
    fn read(
        &self,
        body: &mut dyn FnMut(&dyn Rows) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        self.with_reader(|connection| {
            let transaction = connection.transaction().doing("beginning to read")?;
            body(&Tables(&transaction))
        })
    }

    fn transact(
        &self,
        body: &mut dyn FnMut(&mut dyn Rows) -> Result<Commit, StoreFault>,
    ) -> Result<(), StoreFault> {
        let mut connection = self.turns.take()?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("beginning to write")?;
        match body(&mut Tables(&transaction))? {
            Commit::Yes => transaction.commit().doing("committing")?,
            Commit::No => transaction.rollback().doing("taking a change back")?,
        }
        drop(connection);
        self.changes.announce();
        Ok(())
    }

    fn check(&self) -> Result<(), StoreFault> {
        self.with_reader(|connection| check::quick(connection, &self.path))
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn changes(&self) -> &ChangeSignal {
        &self.changes
    }
}

/// The tables within a transaction.
struct Tables<'a>(&'a Transaction<'a>);
