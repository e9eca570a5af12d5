//! Statements: run, and read row by row.

use super::{StoreFault, Tables};
use crate::store::row;
use rusqlite::types::FromSql;
use rusqlite::{Params, Row};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// A row of an answer, whose columns are read by their names.
pub struct Found<'r, 's> {
    row: &'r Row<'s>,
    doing: &'static str,
}

impl Found<'_, '_> {
    /// The value of a column.
    pub fn get<T: FromSql>(&self, column: &str) -> Result<T, StoreFault> {
        self.row.get(column).doing(self.doing)
    }

    /// The value of a column that holds 64 bits without a sign.
    pub fn unsigned(&self, column: &str) -> Result<u64, StoreFault> {
        self.get(column).map(i64::cast_unsigned)
    }

    /// A value from its word.
    pub fn word<T>(&self, what: &'static str, column: &str) -> Result<T, StoreFault>
    where
        T: FromStr<Err: ToString>,
    {
        row::from_word(what, &self.get::<String>(column)?)
    }

    /// A value from JSON.
    pub fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        column: &str,
    ) -> Result<T, StoreFault> {
        row::from_json(what, &self.get::<String>(column)?)
    }

    /// A value from JSON, that may be missing.
    pub fn optional_json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        column: &str,
    ) -> Result<Option<T>, StoreFault> {
        let json: Option<String> = self.get(column)?;
        json.map(|json| row::from_json(what, &json)).transpose()
    }
}

impl Tables<'_> {
    /// Runs a statement that answers nothing.
    pub fn run(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl Params,
    ) -> Result<(), StoreFault> {
        let statement = self.0.prepare_cached(sql);
        let done = statement.and_then(|mut statement| statement.execute(values));
        done.map(drop).doing(doing)
    }

    /// All rows of an answer.
    pub fn all<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Found<'_, '_>) -> Result<T, StoreFault>,
    ) -> Result<Vec<T>, StoreFault> {
        let mut statement = self.0.prepare_cached(sql).doing(doing)?;
        let mut rows = statement.query(values).doing(doing)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().doing(doing)? {
            all.push(read(&Found { row, doing })?);
        }
        Ok(all)
    }

    /// The first row of an answer, if there is one.
    pub fn first<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Found<'_, '_>) -> Result<T, StoreFault>,
    ) -> Result<Option<T>, StoreFault> {
        let mut statement = self.0.prepare_cached(sql).doing(doing)?;
        let mut rows = statement.query(values).doing(doing)?;
        let row = rows.next().doing(doing)?;
        row.map(|row| read(&Found { row, doing })).transpose()
    }
}

/// Adds what was being done to SQLite's errors.
pub trait Doing<T> {
    /// The result, whose error says what was being done.
    fn doing(self, doing: &'static str) -> Result<T, StoreFault>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreFault> {
        self.map_err(|source| StoreFault::Failed {
            doing,
            source: Box::new(source),
        })
    }
}
