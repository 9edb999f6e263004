//! A row as the engine sees it.

use crate::assigned::Assigned;
use crate::memberships::Memberships;
use crate::row::Row;
use connector::entra_names::clean_user_principal_name;
use connector::{Error, Members, Object, ObjectType};
use serde_json::Value;

/// Who is in the groups, and who is assigned.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) memberships: Memberships,
    pub(crate) assigned: Assigned,
}

/// Makes a user or a group of a row.
pub(crate) fn object(mut row: Row, object_type: ObjectType, context: &Context) -> Result<Object, Error> {
    let anchor = row.id("id")?;
    // As the manager's: applications take a number for no text, and `externalId` is text.
    row.columns.insert("id".to_owned(), Value::String(anchor.clone()));
    let (enabled, soft_deleted) = (row.flag("accountEnabled")?, row.has("deletedDateTime"));
    let members = match object_type {
        ObjectType::User => {
            tidy(&mut row, &anchor)?;
            None
        }
        ObjectType::Group => Some(Members::All(context.memberships.members(&anchor))),
    };
    let names = ["userPrincipalName", "mail", "displayName"];
    let name = names.iter().find_map(|name| row.columns.get(*name)?.as_str());
    Ok(Object {
        display: name.unwrap_or(&anchor).to_owned(),
        object_type,
        enabled: enabled.unwrap_or(true),
        soft_deleted,
        assignment: context.assigned.of(object_type, &anchor),
        members,
        anchor,
        attributes: row.columns,
    })
}

/// Brings a user's name and manager into the form that every source delivers.
fn tidy(row: &mut Row, anchor: &str) -> Result<(), Error> {
    if let Some(manager) = row.optional_id("manager")? {
        row.columns.insert("manager".to_owned(), Value::String(manager));
    }
    let stored = row.text("userPrincipalName")?.map(str::to_owned);
    if let Some(stored) = stored
        && let Some(clean) = clean_user_principal_name(&stored, anchor)
    {
        row.columns.insert("userPrincipalName".to_owned(), Value::String(clean));
        row.columns.insert("originalUserPrincipalName".to_owned(), Value::String(stored));
    }
    Ok(())
}
