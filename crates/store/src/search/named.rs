//! What a filter names that is not in the document: `id`, `meta`, `members` and `groups`.

use std::collections::BTreeMap;

use model::ResourceId;
use model::resource::StoredResource;
use scim::filter::{AttributePath, Literal, Op};
use scim::{Filter, fold_eq};
use serde_json::{Map, Value, json};

use crate::member::{self, Member};
use crate::member_of::{self, MemberOf};
use crate::{Error, Tx};

use super::Query;

/// The groups of each resource.
pub(super) type Groups = BTreeMap<ResourceId, Vec<MemberOf>>;

/// What must be added to a document before a filter can be evaluated.
pub(super) struct Named {
    id: bool,
    meta: bool,
    groups: bool,
    members: Members,
}

/// Which members of a group a filter can tell apart.
enum Members {
    None,
    /// It only asks whether these are among them, which spares loading a million others.
    Among(Vec<ResourceId>),
    All,
}

impl Named {
    /// Looks through a filter.
    pub(super) fn by(filter: &Filter) -> Self {
        let mut named = Self { id: false, meta: false, groups: false, members: Members::None };
        named.look(filter);
        named
    }

    /// True if the document has all that the filter names.
    pub(super) fn nothing(&self) -> bool {
        !self.id && !self.meta && !self.groups && matches!(self.members, Members::None)
    }

    /// True if the filter asks about all members of a group, who may be very many.
    pub(super) fn all_members(&self) -> bool {
        matches!(self.members, Members::All)
    }

    fn look(&mut self, filter: &Filter) {
        match filter {
            Filter::And(operands) | Filter::Or(operands) => operands.iter().for_each(|f| self.look(f)),
            Filter::Not(operand) => self.look(operand),
            Filter::Compare { path, op: Op::Eq | Op::Ne, value: Literal::String(value) }
                if is(path, "members") && path.sub.as_deref().is_none_or(|sub| fold_eq(sub, "value")) =>
            {
                self.among(value);
            }
            Filter::ValuePath { path, filter } if is(path, "members") => match member_value(filter) {
                Some(value) => self.among(value),
                None => self.members = Members::All,
            },
            Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
                self.id |= is(path, "id");
                self.meta |= is(path, "meta");
                self.groups |= is(path, "groups");
                if is(path, "members") {
                    self.members = Members::All;
                }
            }
        }
    }

    fn among(&mut self, value: &str) {
        // What is no id is nobody's.
        let id = value.parse().ok();
        match &mut self.members {
            Members::None => self.members = Members::Among(id.into_iter().collect()),
            Members::Among(ids) => ids.extend(id),
            Members::All => {}
        }
    }

    /// The groups of these resources, if the filter names any: read for all at once.
    pub(super) fn groups(
        &self,
        tx: &mut Tx<'_>,
        query: &Query<'_>,
        resources: &[StoredResource<String>],
    ) -> Result<Groups, Error> {
        if !self.groups {
            return Ok(Groups::new());
        }
        let ids: Vec<ResourceId> = resources.iter().map(|resource| resource.id).collect();
        member_of::of(tx, query.tenant, &ids)
    }

    /// Adds it to a resource's document.
    pub(super) fn complete(
        &self,
        tx: &mut Tx<'_>,
        query: &Query<'_>,
        groups: &Groups,
        resource: &StoredResource,
        document: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        if self.id {
            document.insert("id".to_owned(), resource.id.to_string().into());
        }
        if self.meta {
            document.insert("meta".to_owned(), meta(query.resource_type, resource));
        }
        if let Some(groups) = groups.get(&resource.id) {
            insert_list(document, "groups", groups.iter().map(group).collect());
        }
        let members = match &self.members {
            Members::None => return Ok(()),
            Members::Among(ids) => member::among(tx, query.tenant, resource.id, ids)?,
            Members::All => member::of_group(tx, query.tenant, resource.id, None, i64::MAX)?,
        };
        insert_list(document, "members", members.iter().map(member).collect());
        Ok(())
    }
}

fn is(path: &AttributePath, name: &str) -> bool {
    fold_eq(&path.attribute, name)
}

/// The value of `members[value eq "…"]`.
fn member_value(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Compare { path, op: Op::Eq, value: Literal::String(value) } if is(path, "value") => {
            Some(value)
        }
        Filter::Compare { .. }
        | Filter::And(_)
        | Filter::Or(_)
        | Filter::Not(_)
        | Filter::Present(_)
        | Filter::ValuePath { .. } => None,
    }
}

/// An empty list is no value (RFC 7643 §2.5).
fn insert_list(document: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        document.insert(name.to_owned(), Value::from(values));
    }
}

/// `meta` (RFC 7643 §3.1) but for `location`, which depends on how the client reached the server.
fn meta(resource_type: &str, resource: &StoredResource) -> Value {
    json!({
        "resourceType": resource_type,
        "created": resource.created.to_string(),
        "lastModified": resource.modified.to_string(),
        "version": format!("W/\"{}\"", resource.version),
    })
}

fn member(member: &Member) -> Value {
    json!({ "value": member.id.to_string(), "type": member.member_type })
}

/// `User.groups` (RFC 7643 §4.1.2).
fn group(group: &MemberOf) -> Value {
    let kind = if group.is_direct { "direct" } else { "indirect" };
    let mut value = json!({ "value": group.group.to_string(), "type": kind });
    if let (Some(display), Some(object)) = (&group.display, value.as_object_mut()) {
        object.insert("display".to_owned(), display.as_str().into());
    }
    value
}
