//! The typed fields of a row. Every rule about a row's shape is here, and both passes use the same code.

use crate::row::Row;
use connector::Error;
use serde_json::Value;

/// A user's row.
pub(crate) struct UserFields<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_principal_name: Option<&'a str>,
    pub(crate) mail: Option<&'a str>,
    pub(crate) display_name: Option<&'a str>,
    pub(crate) enabled: bool,
    pub(crate) soft_deleted: bool,
}

impl<'a> UserFields<'a> {
    pub(crate) fn of(row: &'a Row) -> Result<Self, Error> {
        text(row, "manager")?;
        texts(row, "businessPhones")?;
        Ok(Self {
            id: identifier(row, "id")?,
            user_principal_name: text(row, "userPrincipalName")?,
            mail: text(row, "mail")?,
            display_name: text(row, "displayName")?,
            enabled: boolean(row, "accountEnabled")?.unwrap_or(true),
            soft_deleted: text(row, "deletedDateTime")?.is_some(),
        })
    }
}

/// A group's row.
pub(crate) struct GroupFields<'a> {
    pub(crate) id: &'a str,
    pub(crate) display_name: Option<&'a str>,
    pub(crate) security_enabled: bool,
    pub(crate) members: Vec<&'a str>,
    pub(crate) soft_deleted: bool,
}

impl<'a> GroupFields<'a> {
    pub(crate) fn of(row: &'a Row) -> Result<Self, Error> {
        let security_enabled = boolean(row, "securityEnabled")?.ok_or_else(|| {
            row.place
                .error("has no \"securityEnabled\", which decides whether the group can assign its members")
        })?;
        Ok(Self {
            id: identifier(row, "id")?,
            display_name: text(row, "displayName")?,
            security_enabled,
            members: texts(row, "members")?,
            soft_deleted: text(row, "deletedDateTime")?.is_some(),
        })
    }
}

/// An assignment's row.
pub(crate) enum AssignmentFields<'a> {
    User(&'a str),
    Group(&'a str),
    /// Another application, which is never provisioned.
    ServicePrincipal,
}

impl<'a> AssignmentFields<'a> {
    pub(crate) fn of(row: &'a Row) -> Result<Self, Error> {
        let id = identifier(row, "principalId")?;
        match identifier(row, "principalType")? {
            "User" => Ok(Self::User(id)),
            "Group" => Ok(Self::Group(id)),
            "ServicePrincipal" => Ok(Self::ServicePrincipal),
            other => Err(row
                .place
                .error(format!("has principalType \"{other}\"; it is User, Group or ServicePrincipal"))),
        }
    }
}

/// What a JSON value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn identifier<'a>(row: &'a Row, name: &str) -> Result<&'a str, Error> {
    match text(row, name)? {
        Some(id) if !id.is_empty() => Ok(id),
        Some(_) => Err(row.place.error(format!("has an empty \"{name}\""))),
        None => Err(row.place.error(format!("has no \"{name}\""))),
    }
}

fn text<'a>(row: &'a Row, name: &str) -> Result<Option<&'a str>, Error> {
    match row.attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(row, name, "a string", other)),
    }
}

fn boolean(row: &Row, name: &str) -> Result<Option<bool>, Error> {
    match row.attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(wrong(row, name, "true or false", other)),
    }
}

fn texts<'a>(row: &'a Row, name: &str) -> Result<Vec<&'a str>, Error> {
    match row.attributes.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| value.as_str().ok_or_else(|| wrong(row, name, "a list of strings", value)))
            .collect(),
        Some(other) => Err(wrong(row, name, "a list of strings", other)),
    }
}

fn wrong(row: &Row, name: &str, expected: &str, found: &Value) -> Error {
    row.place.error(format!("has {} in \"{name}\" where {expected} is expected", kind(found)))
}
