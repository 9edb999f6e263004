//! A record of Graph as the engine sees it.

use crate::delta::{Record, id_of, is_removed};
use crate::roster::Standing;
use crate::select::Selection;
use connector::entra_names::clean_user_principal_name;
use connector::{Error, Members, Object, ObjectType};
use serde_json::Value;

/// Whether an object is there or in the recycle bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Here,
    SoftDeleted,
}

/// Makes a user. `userPrincipalName` becomes the clean name; the stored one stays as `originalUserPrincipalName`.
pub(crate) fn user(
    mut record: Record,
    life: Life,
    selection: &Selection,
    standing: Standing,
) -> Result<Object, Error> {
    let anchor = id_of(&record)?.to_owned();
    if selection.manager {
        let manager = manager(&record).map_or(Value::Null, Value::String);
        record.insert("manager".to_owned(), manager);
    }
    complete(&mut record, &selection.user);
    if let Some(roles) = standing.roles {
        record.insert("appRoleAssignments".to_owned(), roles);
    }
    let stored = text(&record, "userPrincipalName");
    let clean = stored.as_deref().and_then(|name| clean_user_principal_name(name, &anchor));
    let display = clean.clone().or_else(|| stored.clone()).or_else(|| text(&record, "mail"));
    let display = display.or_else(|| text(&record, "displayName")).unwrap_or_else(|| anchor.clone());
    if let (Some(clean), Some(stored)) = (clean, stored) {
        record.insert("userPrincipalName".to_owned(), Value::String(clean));
        record.insert("originalUserPrincipalName".to_owned(), Value::String(stored));
    }
    Ok(Object {
        object_type: ObjectType::User,
        display,
        enabled: record.get("accountEnabled").and_then(Value::as_bool).unwrap_or(true),
        soft_deleted: life == Life::SoftDeleted,
        assignment: standing.assignment,
        members: None,
        attributes: record,
        anchor,
    })
}

/// Makes a group.
pub(crate) fn group(
    mut record: Record,
    life: Life,
    selection: &Selection,
    standing: Standing,
    members: Option<Members>,
) -> Result<Object, Error> {
    let anchor = id_of(&record)?.to_owned();
    complete(&mut record, &selection.group);
    Ok(Object {
        object_type: ObjectType::Group,
        display: text(&record, "displayName").unwrap_or_else(|| anchor.clone()),
        enabled: true,
        soft_deleted: life == Life::SoftDeleted,
        assignment: standing.assignment,
        members,
        attributes: record,
        anchor,
    })
}

/// The manager's id: expanded by a GET, or tracked by a delta query.
fn manager(record: &Record) -> Option<String> {
    let id = |link: &Value| link.get("id").and_then(Value::as_str).map(str::to_owned);
    match (record.get("manager"), record.get("manager@delta")) {
        (Some(manager), _) => id(manager),
        (None, Some(Value::Array(links))) => {
            links.iter().rev().find(|link| !link.as_object().is_some_and(is_removed)).and_then(id)
        }
        (None, _) => None,
    }
}

/// Leaves out annotations, and makes null of what Graph leaves out: delta queries omit what was never set.
fn complete(record: &mut Record, selected: &[String]) {
    record.retain(|name, _| !name.contains('@'));
    for name in selected {
        record.entry(name.clone()).or_insert(Value::Null);
    }
}

fn text(record: &Record, name: &str) -> Option<String> {
    record.get(name).and_then(Value::as_str).map(str::to_owned)
}
