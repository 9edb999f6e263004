//! A row, and the columns in it that mean something to this source.

use crate::fault;
use connector::{Error, Needs};
use serde_json::{Map, Value};

/// Columns that mean something here. PostgreSQL folds names that are not quoted, so their letter case does not count.
const KNOWN: [&str; 13] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "accountEnabled",
    "deletedDateTime",
    "manager",
    "objectId",
    "securityEnabled",
    "groupId",
    "memberId",
    "principalId",
    "principalType",
];

/// A row by columns.
#[derive(Debug)]
pub(crate) struct Row {
    query: &'static str,
    pub(crate) columns: Map<String, Value>,
}

impl Row {
    /// Reads a row as PostgreSQL writes it as JSON. A column gets the name by which the job reads it.
    pub(crate) fn parse(query: &'static str, text: &str, needs: &Needs) -> Result<Self, Error> {
        let columns: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| fault::wrong(query, "has a row that is no JSON").caused_by(error))?;
        let wanted = needs.user_attributes.iter().chain(&needs.group_attributes).map(String::as_str);
        let names: Vec<&str> = KNOWN.into_iter().chain(wanted).collect();
        let named = |column: String| {
            let known = names.iter().find(|name| name.eq_ignore_ascii_case(&column));
            known.map_or(column, |name| (*name).to_owned())
        };
        Ok(Self {
            query,
            columns: columns.into_iter().map(|(column, value)| (named(column), value)).collect(),
        })
    }

    /// An id, which may be text or a number; an error where it is empty or missing.
    pub(crate) fn id(&self, column: &str) -> Result<String, Error> {
        match self.optional_id(column)? {
            Some(id) if !id.is_empty() => Ok(id),
            Some(_) | None => Err(fault::wrong(self.query, format!("has a row without \"{column}\""))),
        }
    }

    /// An id, or nothing.
    pub(crate) fn optional_id(&self, column: &str) -> Result<Option<String>, Error> {
        match self.columns.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(column, "text or a number")),
        }
    }

    /// Text, or nothing.
    pub(crate) fn text(&self, column: &str) -> Result<Option<&str>, Error> {
        match self.columns.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(column, "text")),
        }
    }

    /// True or false, also as 1 and 0; or nothing.
    pub(crate) fn flag(&self, column: &str) -> Result<Option<bool>, Error> {
        match self.columns.get(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Number(number)) if number.as_u64() == Some(1) => Ok(Some(true)),
            Some(Value::Number(number)) if number.as_u64() == Some(0) => Ok(Some(false)),
            Some(_) => Err(self.wrong(column, "true or false")),
        }
    }

    /// Whether a column has a value.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.get(column).is_some_and(|value| !value.is_null())
    }

    /// A row that is not as it should be.
    pub(crate) fn wrong(&self, column: &str, expected: &str) -> Error {
        fault::wrong(self.query, format!("has something else than {expected} in \"{column}\""))
    }
}
