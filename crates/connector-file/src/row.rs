//! Rows of a file, whatever its format.

use crate::csv_rows::CsvRows;
use crate::hashing::Sum;
use crate::json_rows::JsonRows;
use crate::layout::{Format, Location};
use connector::Error;
use serde_json::{Map, Value};
use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::Arc;

/// What to do about a line that is not as it should be.
pub(crate) const CORRECT_LINE: &str =
    "correct this line in the export; nothing was provisioned and nothing deleted";

/// Where a row stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: u64,
}

impl Place {
    /// Something in this line is not as it should be.
    pub(crate) fn error(&self, detail: impl Into<String>) -> Error {
        Error::source(self.to_string(), detail, CORRECT_LINE)
    }

    /// The same, where the column is known.
    pub(crate) fn error_at(&self, column: usize, detail: impl Into<String>) -> Error {
        Error::source(format!("{self}, column {column}"), detail, CORRECT_LINE)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) size_bytes: usize,
}

/// The rows of one file, in order.
pub(crate) enum Rows {
    JsonLines(JsonRows),
    Csv(CsvRows),
}

impl Rows {
    /// Reads an open file from its beginning.
    pub(crate) fn new(location: &Location, file: &File) -> Result<Self, Error> {
        let name = location.name();
        let mut file = file.try_clone().map_err(|error| unreadable(&name, error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&name, error))?;
        Ok(match location.format {
            Format::JsonLines => Self::JsonLines(JsonRows::new(file, name, location.table.max_line_bytes())),
            Format::Csv => Self::Csv(CsvRows::new(file, name, location.table)?),
        })
    }

    /// The next row, or `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, Error> {
        match self {
            Self::JsonLines(rows) => rows.next(),
            Self::Csv(rows) => rows.next(),
        }
    }

    /// The digest of what was read, which after the last row is the whole file.
    pub(crate) fn sum(&self) -> Sum {
        match self {
            Self::JsonLines(rows) => rows.sum(),
            Self::Csv(rows) => rows.sum(),
        }
    }
}

/// The file cannot be read on.
pub(crate) fn unreadable(name: &str, error: std::io::Error) -> Error {
    Error::source(name, "cannot be read", "check the disk and the permissions of the file").caused_by(error)
}
