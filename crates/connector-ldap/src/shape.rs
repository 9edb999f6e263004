//! An entry as the engine sees it.

use crate::attributes;
use crate::entry::RawEntry;
use crate::layout::Layout;
use connector::{Assignment, Members, Object, ObjectType};
use serde_json::Value;
use uuid::Uuid;

/// What is known of an object from other entries.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) assignment: Assignment,
    pub(crate) manager: Option<Uuid>,
    /// Whether the job's own filter says that the user is disabled.
    pub(crate) disabled: bool,
    pub(crate) members: Option<Members>,
}

/// Makes an object of an entry.
pub(crate) fn object(
    entry: &RawEntry,
    object_type: ObjectType,
    anchor: Uuid,
    layout: &Layout,
    context: Context,
) -> Object {
    let mut attributes = attributes::of(entry, object_type, &layout.needs);
    let is_user = object_type == ObjectType::User;
    let enabled = !is_user
        || match layout.disabled {
            Some(_) => !context.disabled,
            None => layout.dialect.is_enabled(entry),
        };
    if is_user {
        attributes.insert("accountEnabled".to_owned(), Value::Bool(enabled));
    }
    if let Some(manager) = context.manager {
        attributes.insert("manager".to_owned(), Value::String(manager.to_string()));
    }
    let names = ["userPrincipalName", "mail", "displayName"];
    let name = names.iter().find_map(|name| attributes.get(*name)?.as_str());
    Object {
        anchor: anchor.to_string(),
        object_type,
        display: name.map_or_else(|| anchor.to_string(), str::to_owned),
        attributes,
        enabled,
        soft_deleted: false,
        assignment: context.assignment,
        members: context.members,
    }
}

/// The attributes to ask for, so that [`object`] has what it needs.
pub(crate) fn requested(object_type: ObjectType, layout: &Layout) -> Vec<String> {
    let mut names = attributes::requested(object_type, &layout.needs);
    names.push(layout.dialect.anchor_attribute().to_owned());
    match object_type {
        ObjectType::User => names.extend(["userAccountControl", "uid"].map(str::to_owned)),
        ObjectType::Group if layout.needs.groups => names.extend(layout.members.iter().cloned()),
        ObjectType::Group => {}
    }
    names
}
