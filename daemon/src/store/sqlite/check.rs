//! Damage that SQLite finds.

use super::StoreFault;
use super::statement::Doing;
use rusqlite::Connection;
use std::path::Path;

/// Looks through the whole database.
pub fn quick(connection: &Connection, path: &Path) -> Result<(), StoreFault> {
    let found: rusqlite::Result<String> =
        connection.query_row("PRAGMA quick_check(1)", [], |r| r.get(0));
    match found {
        Ok(word) if word == "ok" => Ok(()),
        Ok(found) => Err(StoreFault::Damaged {
            path: path.to_owned(),
            found,
        }),
        Err(error) => {
            let fault = Err::<(), _>(error).doing("looking through the store");
            fault.map_err(|fault| blame(path, fault))
        }
    }
}

/// The damage that SQLite reports as an error of whatever it was doing.
pub fn blame(path: &Path, fault: StoreFault) -> StoreFault {
    let StoreFault::Failed { source, .. } = &fault else {
        return fault;
    };
    let error = source.downcast_ref::<rusqlite::Error>();
    let found = error.and_then(rusqlite::Error::sqlite_error);
    let is_damage = found.is_some_and(|found| {
        matches!(
            found.code,
            rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase
        ) || found.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ
    });
    if is_damage {
        return StoreFault::Damaged {
            path: path.to_owned(),
            found: source.to_string(),
        };
    }
    fault
}
