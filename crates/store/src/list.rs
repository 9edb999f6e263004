//! Lists as one parameter: a statement's text stays the same however many values it is about.

use std::fmt::Display;

use serde_json::Value;

/// A list of texts, for `json_array_elements_text($n::text::json)`.
pub(crate) fn of<T: Display>(items: &[T]) -> String {
    Value::from(items.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
}

/// A list of rows, for `json_array_elements($n::text::json)`, whose `value->>0` is the first text of a row.
pub(crate) fn rows<const N: usize>(rows: impl IntoIterator<Item = [Value; N]>) -> String {
    Value::from(rows.into_iter().map(|row| Value::from(row.to_vec())).collect::<Vec<_>>()).to_string()
}
