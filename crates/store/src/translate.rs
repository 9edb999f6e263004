//! PostgreSQL's words into SQLite's. All statements are written for PostgreSQL, in a subset that needs no more than
//! the literal replacements below; nothing else in Rollcall knows that there are two dialects.

use std::borrow::Cow;

/// What is replaced, in this order. A migration's checksum is taken after the translation: adding a line here must
/// not change what an old migration translates to.
const REPLACEMENTS: &[(&str, &str)] = &[
    // Byte order is PostgreSQL's "C" collation, and SQLite's default.
    ("COLLATE \"C\"", "COLLATE BINARY"),
    (" BYTEA", " BLOB"),
    // SQLite has one writer at a time, so that a row read in a write transaction can't change.
    (" FOR UPDATE SKIP LOCKED", ""),
    (" FOR UPDATE", ""),
    (" FOR NO KEY UPDATE", ""),
    (" FOR KEY SHARE", ""),
    (" FOR SHARE", ""),
    // PostgreSQL looks each element of an array up in an index, also when it has no statistics of a table yet; what it
    // makes of IN (SELECT …) may then be a scan of the table. SQLite knows no arrays.
    ("= ANY (ARRAY(SELECT", "IN (SELECT * FROM (SELECT"),
    // A list as one parameter: an array of JSON. Both functions name their column `value`.
    ("json_array_elements_text(", "json_each("),
    ("json_array_elements(", "json_each("),
    ("::text::json)", ")"),
    // Both engines have ->>; SQLite applies it to text that holds JSON.
    ("document::json", "document"),
    // Cuts the storage of narrow tables in half; PostgreSQL reads a comment.
    ("/* WITHOUT ROWID */", "WITHOUT ROWID"),
];

/// The statement for SQLite: the replacements, and `$1` as `?1`, because SQLite takes `$1` for a name.
///
/// A `$` never stands for anything but a parameter: statements hold no literals with values.
pub(crate) fn to_sqlite(postgres: &str) -> String {
    let mut text = Cow::Borrowed(postgres);
    for (from, to) in REPLACEMENTS {
        if text.contains(from) {
            text = Cow::Owned(text.replace(from, to));
        }
    }
    text.replace('$', "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_translated_by_words() {
        for (postgres, sqlite) in [
            ("SELECT 1", "SELECT 1"),
            (
                "SELECT a FROM t WHERE b = $1 AND c = $12 FOR UPDATE",
                "SELECT a FROM t WHERE b = ?1 AND c = ?12",
            ),
            ("SELECT a FROM t LIMIT $1 FOR UPDATE SKIP LOCKED", "SELECT a FROM t LIMIT ?1"),
            ("SELECT a FROM t ORDER BY a FOR KEY SHARE", "SELECT a FROM t ORDER BY a"),
            ("SELECT a FROM t ORDER BY a FOR NO KEY UPDATE", "SELECT a FROM t ORDER BY a"),
            ("SELECT document::json->>'x' FROM t", "SELECT document->>'x' FROM t"),
            (
                "a TEXT COLLATE \"C\" NOT NULL, b BYTEA NOT NULL",
                "a TEXT COLLATE BINARY NOT NULL, b BLOB NOT NULL",
            ),
            (
                "IN (SELECT value FROM json_array_elements_text($1::text::json))",
                "IN (SELECT value FROM json_each(?1))",
            ),
            (
                "SELECT value->>0 FROM json_array_elements($2::text::json)",
                "SELECT value->>0 FROM json_each(?2)",
            ),
            ("PRIMARY KEY (a)) /* WITHOUT ROWID */;", "PRIMARY KEY (a)) WITHOUT ROWID;"),
        ] {
            assert_eq!(to_sqlite(postgres), sqlite);
        }
    }
}
