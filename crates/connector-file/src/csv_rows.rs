//! CSV (RFC 4180): the header names the attributes, an empty cell is null.

use crate::hashing::{Hashing, Sum};
use crate::layout::Table;
use crate::quoting::{Fault, Quoting};
use crate::row::{Place, Row, unreadable};
use connector::Error;
use csv::{ErrorKind, StringRecord};
use serde_json::{Map, Value};
use std::fs::File;
use std::sync::Arc;

type Reader = csv::Reader<Quoting<Hashing<File>>>;

/// The rows of a `.csv` file.
pub(crate) struct CsvRows {
    reader: Reader,
    header: Vec<String>,
    place: Place,
    record: StringRecord,
}

impl CsvRows {
    pub(crate) fn new(file: File, name: String, table: Table) -> Result<Self, Error> {
        let mut reader = Reader::from_reader(Quoting::new(Hashing::new(file), table.max_line_bytes()));
        let place = Place { file: Arc::from(name), line: 1 };
        let header = header(&mut reader, &place, table)?;
        Ok(Self { reader, header, place, record: StringRecord::new() })
    }

    pub(crate) fn sum(&self) -> Sum {
        self.reader.get_ref().get_ref().sum()
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row>, Error> {
        let found = self.reader.read_record(&mut self.record).map_err(|error| broken(error, &self.place))?;
        if !found {
            return Ok(None);
        }
        self.place.line = self.record.position().map_or(0, csv::Position::line);
        let size_bytes = self.record.as_slice().len();
        let mut attributes = Map::new();
        for (name, cell) in self.header.iter().zip(self.record.iter()) {
            let value = value(name, cell).ok_or_else(|| {
                self.place.error(format!("has \"{cell}\" in column {name}; use true or false"))
            })?;
            attributes.insert(name.clone(), value);
        }
        Ok(Some(Row { place: self.place.clone(), attributes, size_bytes }))
    }
}

fn header(reader: &mut Reader, place: &Place, table: Table) -> Result<Vec<String>, Error> {
    let names: Vec<String> =
        reader.headers().map_err(|error| broken(error, place))?.iter().map(str::to_owned).collect();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(place.error_at(index + 1, "is a header cell without a name"));
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(place.error_at(index + 1, format!("names the attribute {name} a second time")));
        }
    }
    let needed: &[&str] = match table {
        Table::Users => &["id"],
        Table::Groups => &["id", "securityEnabled"],
        Table::Assignments => &["principalType", "principalId"],
    };
    match needed.iter().find(|needed| !names.iter().any(|name| name == *needed)) {
        None => Ok(names),
        Some(missing) => Err(place.error(format!("is a header without the column {missing}"))),
    }
}

/// A cell by the type its attribute has in Microsoft Graph; `None` when it is no such thing.
fn value(name: &str, cell: &str) -> Option<Value> {
    if cell.is_empty() {
        return Some(Value::Null);
    }
    Some(match name {
        "accountEnabled" | "securityEnabled" => match cell.to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => return None,
        },
        "businessPhones" | "members" => {
            cell.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
        }
        _ => Value::from(cell),
    })
}

fn broken(error: csv::Error, place: &Place) -> Error {
    let line = |position: &Option<csv::Position>| position.as_ref().map_or(place.line, csv::Position::line);
    let at = |line| Place { file: Arc::clone(&place.file), line };
    match error.into_kind() {
        ErrorKind::Io(error) => match error.downcast::<Fault>() {
            Ok(Fault { line, detail, hint }) => Error::source(at(line).to_string(), detail, hint),
            Err(error) => unreadable(&place.file, error),
        },
        ErrorKind::Utf8 { pos, err } => {
            at(line(&pos)).error_at(err.field() + 1, "is not UTF-8").caused_by(err)
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            at(line(&pos)).error(format!("has {len} cells where the header has {expected_len}"))
        }
        _ => place.error("or a line after it is not CSV"),
    }
}
