//! JSON lines: one object a line, blank lines skipped, a byte order mark tolerated.

use crate::hashing::{Hashing, Sum};
use crate::row::{Place, Row, unreadable};
use connector::Error;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// The rows of a `.jsonl` file.
pub(crate) struct JsonRows {
    reader: BufReader<Hashing<File>>,
    place: Place,
    max_line_bytes: usize,
    line: Vec<u8>,
}

impl JsonRows {
    pub(crate) fn new(file: File, name: String, max_line_bytes: usize) -> Self {
        let reader = BufReader::with_capacity(1 << 16, Hashing::new(file));
        Self { reader, place: Place { file: Arc::from(name), line: 0 }, max_line_bytes, line: Vec::new() }
    }

    pub(crate) fn sum(&self) -> Sum {
        self.reader.get_ref().sum()
    }

    pub(crate) fn next(&mut self) -> Result<Option<Row>, Error> {
        while self.read_line()? {
            let mut text = self.line.as_slice();
            if self.place.line == 1 {
                text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            let attributes = object(text, &self.place)?;
            return Ok(Some(Row { place: self.place.clone(), attributes, size_bytes: text.len() }));
        }
        Ok(None)
    }

    fn read_line(&mut self) -> Result<bool, Error> {
        self.line.clear();
        let limit = self.max_line_bytes as u64 + 1;
        let read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| unreadable(&self.place.file, error))?;
        self.place.line += 1;
        if read > self.max_line_bytes {
            return Err(self.place.error(format!("is longer than {} bytes", self.max_line_bytes)));
        }
        Ok(read > 0)
    }
}

fn object(text: &[u8], place: &Place) -> Result<Map<String, Value>, Error> {
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        let words = error.to_string();
        let reason = words.split(" at line ").next().unwrap_or_default().to_owned();
        place.error_at(error.column(), format!("is not JSON: {reason}")).caused_by(error)
    })?;
    match value {
        Value::Object(attributes) => Ok(attributes),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(place
                .error_at(1, format!("is {} where a JSON object is expected", crate::fields::kind(&value))))
        }
    }
}
