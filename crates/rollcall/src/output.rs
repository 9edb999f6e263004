//! What a verb answers: text for people, or one line of JSON for scripts. Only this module writes to standard output.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

/// An answer in both its forms; the JSON one is its serialization.
pub trait Answer: Serialize {
    /// Writes it for people.
    ///
    /// # Errors
    /// Those of the writer.
    fn print(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where answers go.
#[derive(Clone, Debug)]
pub struct Output {
    /// Whether a script reads along.
    pub json: bool,
    kept: Option<Arc<Mutex<Vec<u8>>>>,
}

impl Output {
    /// Standard output.
    pub fn standard(json: bool) -> Self {
        Self { json, kept: None }
    }

    /// Nowhere: the answer, in JSON, is kept for [`Output::take`].
    pub fn kept() -> Self {
        Self { json: true, kept: Some(Arc::default()) }
    }

    /// What was kept so far.
    pub fn take(&self) -> Vec<u8> {
        self.kept.as_ref().map(|kept| std::mem::take(&mut *locked(kept))).unwrap_or_default()
    }

    /// Gives the answer.
    ///
    /// # Errors
    /// When standard output can't be written; see [`crate::failure::is_broken_pipe`].
    pub fn answer(&self, answer: &impl Answer) -> Result<()> {
        if self.json {
            self.line(&serde_json::to_string(answer)?)
        } else {
            self.print(|out| answer.print(out))
        }
    }

    /// Writes a line and hands it over at once, so that a reader who waits for it gets it.
    ///
    /// # Errors
    /// As [`Output::answer`].
    pub fn line(&self, text: &str) -> Result<()> {
        self.print(|out| writeln!(out, "{text}"))
    }

    /// Writes text with colours, which are left out where nobody would see them.
    ///
    /// # Errors
    /// As [`Output::answer`].
    pub fn styled(&self, text: &str) -> Result<()> {
        if self.kept.is_some() {
            return self.print(|out| write!(out, "{text}"));
        }
        let mut out = anstream::AutoStream::auto(io::stdout().lock());
        write!(out, "{text}").and_then(|()| out.flush()).context("the answer can't be written")
    }

    /// Writes text for people.
    ///
    /// # Errors
    /// As [`Output::answer`].
    pub fn print(&self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        if let Some(kept) = &self.kept {
            return print(&mut *locked(kept)).context("the answer can't be kept");
        }
        let mut out = io::stdout().lock();
        print(&mut out).and_then(|()| out.flush()).context("the answer can't be written")
    }
}

fn locked(kept: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table without lines. In a terminal it fits its width.
pub fn table<const N: usize, C: Display>(header: [&str; N], rows: impl IntoIterator<Item = [C; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| plain(&cell.to_string())));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// Text that stays in its line and cell: what could end a line, drive a terminal or turn the direction of writing is
/// escaped, because names come from outside.
pub fn plain(text: &str) -> String {
    let is_unsafe = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) { plain.extend(c.escape_unicode()) } else { plain.push(c) }
    }
    plain
}

/// Writes a table, or `otherwise` when it has no rows.
///
/// # Errors
/// Those of the writer.
pub fn write_table(out: &mut dyn Write, table: &Table, otherwise: &str) -> io::Result<()> {
    if table.is_empty() {
        return writeln!(out, "{otherwise}");
    }
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// A number of things with its noun, in the singular where it is one.
pub fn number(count: impl Into<u64>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_line() {
        for (text, expected) in [
            ("Ana Müller", "Ana Müller"),
            ("a\nb\r", "a\\u{a}b\\u{d}"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\u{2028}b\u{202e}c", "a\\u{2028}b\\u{202e}c"),
        ] {
            assert_eq!(plain(text), expected);
        }
        let table = table(["NAME"], [["a\nb"]]);
        assert_eq!(table.lines().count(), 2);
    }
}
