//! Rows of an answer, and how their columns become Rust values.

use jiff::Timestamp;
use model::{AuditId, ChangeId, ClientId, CycleId, EntryId, JobId, PlanId, RequestId, ResourceId, TenantId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::Error;

/// One row of an answer.
pub struct Row<'r>(pub(crate) Source<'r>);

pub(crate) enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// The value of the column at this place of the SELECT list, counted from 0.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is of another type, or can't be read as a `T`.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        T::read(self, index)
    }

    /// The text of a column as a `T`: for enums and names that know how to parse themselves.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming `place` if `parse` answers `None`.
    pub fn parse<T>(
        &self,
        index: usize,
        place: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Error> {
        parse(&self.get::<String>(index)?).ok_or_else(|| Error::corrupt(place))
    }

    /// The name of a column for an error's text.
    fn place(&self, index: usize) -> Error {
        let name = match self.0 {
            Source::Sqlite(row) => row.as_ref().column_name(index).ok().map(str::to_owned),
            Source::Postgres(row) => row.columns().get(index).map(|column| column.name().to_owned()),
        };
        Error::corrupt(format!("column {}", name.unwrap_or_else(|| index.to_string())))
    }
}

/// A Rust type that a column can be read as.
pub trait Column: Sized {
    /// Reads the column at this place.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the column holds something else.
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error>;
}

macro_rules! native {
    ($($kind:ty),*) => {$(
        impl Column for $kind {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                match row.0 {
                    Source::Sqlite(source) => source.get(index).map_err(|_| row.place(index)),
                    Source::Postgres(source) => source.try_get(index).map_err(|_| row.place(index)),
                }
            }
        }
    )*};
}

native!(String, Option<String>, i64, Option<i64>, Vec<u8>, Option<Vec<u8>>);

impl Column for bool {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        match row.get::<i64>(index)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(row.place(index)),
        }
    }
}

impl Column for Timestamp {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        Self::from_microsecond(row.get(index)?).map_err(|_| row.place(index))
    }
}

impl Column for Option<Timestamp> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        let instant = row.get::<Option<i64>>(index)?.map(Timestamp::from_microsecond).transpose();
        instant.map_err(|_| row.place(index))
    }
}

/// JSON in a TEXT column.
impl Column for Value {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        serde_json::from_str(&row.get::<String>(index)?).map_err(|_| row.place(index))
    }
}

/// A JSON object in a TEXT column.
impl Column for Map<String, Value> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
        serde_json::from_str(&row.get::<String>(index)?).map_err(|_| row.place(index))
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Column for $id {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                Uuid::parse_str(&row.get::<String>(index)?).map($id).map_err(|_| row.place(index))
            }
        }

        impl Column for Option<$id> {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                let id = row.get::<Option<String>>(index)?.map(|text| Uuid::parse_str(&text)).transpose();
                id.map(|id| id.map($id)).map_err(|_| row.place(index))
            }
        }
    )*};
}

ids!(AuditId, ChangeId, ClientId, CycleId, EntryId, JobId, PlanId, RequestId, ResourceId, TenantId);
