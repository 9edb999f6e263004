//! A row as the engine sees it.

use crate::assignments::Assignments;
use crate::fields::{GroupFields, UserFields};
use crate::row::Row;
use connector::entra_names::clean_user_principal_name;
use connector::{Error, Members, Object, ObjectType};
use serde_json::Value;

/// Makes a user of a row. `userPrincipalName` becomes the clean name; the stored one stays as `originalUserPrincipalName`.
pub(crate) fn user(mut row: Row, assignments: &Assignments) -> Result<Object, Error> {
    let fields = UserFields::of(&row)?;
    let anchor = fields.id.to_owned();
    let stored = fields.user_principal_name.map(str::to_owned);
    let clean = stored.as_deref().and_then(|name| clean_user_principal_name(name, &anchor));
    let name = clean.as_deref().or(stored.as_deref());
    let display = name.or(fields.mail).or(fields.display_name).unwrap_or(&anchor).to_owned();
    let (enabled, soft_deleted) = (fields.enabled, fields.soft_deleted);
    if let (Some(clean), Some(stored)) = (clean, stored) {
        row.attributes.insert("userPrincipalName".to_owned(), Value::String(clean));
        row.attributes.insert("originalUserPrincipalName".to_owned(), Value::String(stored));
    }
    Ok(Object {
        members: None,
        assignment: assignments.of(ObjectType::User, &anchor),
        object_type: ObjectType::User,
        anchor,
        display,
        attributes: row.attributes,
        enabled,
        soft_deleted,
    })
}

/// Makes a group of a row.
pub(crate) fn group(mut row: Row, assignments: &Assignments) -> Result<Object, Error> {
    let fields = GroupFields::of(&row)?;
    let anchor = fields.id.to_owned();
    let display = fields.display_name.unwrap_or(fields.id).to_owned();
    let soft_deleted = fields.soft_deleted;
    let members = assignments.members(&fields);
    row.attributes.remove("members");
    Ok(Object {
        members: Some(Members::All(members)),
        assignment: assignments.of(ObjectType::Group, &anchor),
        object_type: ObjectType::Group,
        anchor,
        display,
        attributes: row.attributes,
        enabled: true,
        soft_deleted,
    })
}
