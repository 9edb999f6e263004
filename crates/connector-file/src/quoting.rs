//! A reader that holds CSV to the quotation marks of RFC 4180.
//!
//! Read leniently, a stray quotation mark opens a cell that the next one closes, rows later. The rows between them are
//! then part of a cell, and the people in them look as if they had left.

use crate::row::CORRECT_LINE;
use std::error::Error;
use std::fmt;
use std::io::{self, Read};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

const QUOTE_CELL: &str = "within a cell write every quotation mark twice, and put the whole cell in quotation marks, \
                          as in \"the \"\"big\"\" hall\"; nothing was provisioned and nothing deleted";

/// Reads on while what passes is well quoted and no row is longer than its limit; after that every read fails with an
/// [`io::Error`] that holds a [`Fault`].
pub(crate) struct Quoting<R> {
    inner: R,
    cursor: Cursor,
}

impl<R: Read> Quoting<R> {
    pub(crate) fn new(inner: R, max_row_bytes: usize) -> Self {
        Self { inner, cursor: Cursor { state: State::CellStart, line: 1, row_bytes: 0, max_row_bytes } }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.inner
    }
}

impl<R: Read> Read for Quoting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let passed = match buffer.get(..read).unwrap_or_default() {
            [] if !buffer.is_empty() => self.cursor.end(),
            bytes => bytes.iter().try_for_each(|byte| self.cursor.pass(*byte)),
        };
        passed.map_err(io::Error::other)?;
        Ok(read)
    }
}

/// What is wrong, and in which line.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) line: u64,
    pub(crate) detail: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.line, self.detail)
    }
}

impl Error for Fault {}

/// Where in a cell the next byte stands, by the grammar of RFC 4180 §2.
#[derive(Clone, Copy)]
enum State {
    CellStart,
    Unquoted,
    /// In a quoted cell, with the line where it was opened.
    Quoted {
        opened: u64,
    },
    /// After a quotation mark in a quoted cell, which closes the cell or is the first half of an escape.
    AfterQuote {
        opened: u64,
    },
}

struct Cursor {
    state: State,
    line: u64,
    row_bytes: usize,
    max_row_bytes: usize,
}

impl Cursor {
    fn pass(&mut self, byte: u8) -> Result<(), Fault> {
        let state = self.next(byte)?;
        let row_ends = matches!((state, byte), (State::CellStart, b'\r' | b'\n'));
        self.row_bytes = if row_ends { 0 } else { self.row_bytes + 1 };
        self.state = state;
        if self.row_bytes > self.max_row_bytes {
            return Err(self.too_long());
        }
        self.line += u64::from(byte == b'\n');
        Ok(())
    }

    fn next(&self, byte: u8) -> Result<State, Fault> {
        match (self.state, byte) {
            (State::CellStart, b'"') => Ok(State::Quoted { opened: self.line }),
            (State::CellStart, byte) if self.is_byte_order_mark(byte) => Ok(State::CellStart),
            (State::Unquoted, b'"') => Err(Fault {
                line: self.line,
                detail: "has a quotation mark inside a cell that does not begin with one".into(),
                hint: QUOTE_CELL,
            }),
            (State::Quoted { opened }, b'"') => Ok(State::AfterQuote { opened }),
            (State::Quoted { opened }, _) | (State::AfterQuote { opened }, b'"') => {
                Ok(State::Quoted { opened })
            }
            (State::CellStart | State::Unquoted | State::AfterQuote { .. }, b',' | b'\r' | b'\n') => {
                Ok(State::CellStart)
            }
            (State::AfterQuote { opened }, _) => Err(Fault {
                line: opened,
                detail: format!(
                    "opens a quoted cell that goes on after a quotation mark in line {}",
                    self.line
                ),
                hint: QUOTE_CELL,
            }),
            (State::CellStart | State::Unquoted, _) => Ok(State::Unquoted),
        }
    }

    fn is_byte_order_mark(&self, byte: u8) -> bool {
        self.line == 1 && BYTE_ORDER_MARK.get(self.row_bytes) == Some(&byte)
    }

    fn end(&self) -> Result<(), Fault> {
        match self.state {
            State::CellStart | State::Unquoted | State::AfterQuote { .. } => Ok(()),
            State::Quoted { opened } => Err(Fault {
                line: opened,
                detail: "opens a quotation mark that is never closed".into(),
                hint: QUOTE_CELL,
            }),
        }
    }

    fn too_long(&self) -> Fault {
        let max = self.max_row_bytes;
        match self.state {
            State::Quoted { opened } => Fault {
                line: opened,
                detail: format!("opens a quoted cell that makes its row longer than {max} bytes"),
                hint: QUOTE_CELL,
            },
            State::CellStart | State::Unquoted | State::AfterQuote { .. } => {
                Fault { line: self.line, detail: format!("is longer than {max} bytes"), hint: CORRECT_LINE }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text` in pieces of every size, because a state must outlive the piece that it began in.
    fn check(text: &str, expected: Result<(), &str>) {
        for size in 1..=text.len().max(1) {
            let mut reader = Quoting::new(text.as_bytes(), 24);
            let mut piece = vec![0; size];
            let found = loop {
                match reader.read(&mut piece) {
                    Ok(0) => break Ok(()),
                    Ok(_) => {}
                    Err(error) => break Err(error.downcast::<Fault>().unwrap().to_string()),
                }
            };
            assert_eq!(found.as_ref().copied().map_err(String::as_str), expected, "{text:?} by {size} bytes");
        }
    }

    #[test]
    fn well_quoted() {
        for text in [
            "",
            "id,name\r\na,Ana\r\n",
            "\"id\",\"name\"\r\n\"a\",\"\"\r\n\"b\",\"Ben\"",
            "\u{feff}\"id\"\na\n",
            "id,name\ra,\"x\"\r\rb,\"y\"\r",
            "id,name\na,\"one, \"\"two\"\"\nthree\"\nb,\"\"\"\"\n",
            "1234567890,1234567890123\n1234567890,1234567890123",
        ] {
            check(text, Ok(()));
        }
    }

    #[test]
    fn stray_quotation_marks() {
        let inside = "has a quotation mark inside a cell that does not begin with one";
        let after = "opens a quoted cell that goes on after a quotation mark in line";
        for (text, expected) in [
            ("a\nb\"", format!("line 2 {inside}")),
            ("id,6\" pipe\n", format!("line 1 {inside}")),
            ("id, \"x\"\n", format!("line 1 {inside}")),
            ("id\n,\u{feff}\"x\"\n", format!("line 2 {inside}")),
            ("a\n\"b\" ,c\n", format!("line 2 {after} 2")),
            ("a,x\nb,\"Ben,x\nc,x\nd,\"Di,x\n", format!("line 2 {after} 4")),
            ("\"b\r\nc\r\n\"\"\"d", format!("line 1 {after} 3")),
        ] {
            check(text, Err(&expected));
        }
    }

    #[test]
    fn quotation_marks_never_closed() {
        for (text, line) in [("\"", 1), ("a\n\"b\n\"\"", 2), ("a,\"\"\nb,\"\"\"\nc,d\n", 2)] {
            check(text, Err(&format!("line {line} opens a quotation mark that is never closed")));
        }
    }

    #[test]
    fn a_row_beyond_the_limit() {
        check("id\n1234567890,12345678901234\n", Err("line 2 is longer than 24 bytes"));
        let cell = "line 2 opens a quoted cell that makes its row longer than 24 bytes";
        check("id,name\na,\"1234567890\n1234567890\n1234567890\n", Err(cell));
    }

    #[test]
    fn what_is_too_long_is_not_read_to_its_end() {
        let mut reader = Quoting::new(io::repeat(b'x'), 1 << 20);
        let read = io::copy(&mut reader, &mut io::sink());
        assert_eq!(read.unwrap_err().to_string(), "line 1 is longer than 1048576 bytes");
    }
}
