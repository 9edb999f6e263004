//! What a filter names that is not in the document: `id`, `meta`, `members` and `groups`.

use model::ResourceId;
use model::resource::StoredResource;
use scim::filter::{AttributePath, Literal, Op};
use scim::{Filter, fold_eq};
use serde_json::{Map, Value, json};

use crate::member::{self, Member};
use crate::{Error, Tx, resource};

use super::Query;

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

    /// Adds it to a resource's document.
    pub(super) fn complete(
        &self,
        tx: &mut Tx<'_>,
        query: &Query<'_>,
        resource: &StoredResource,
        document: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        if self.id {
            document.insert("id".to_owned(), resource.id.to_string().into());
        }
        if self.meta {
            document.insert("meta".to_owned(), meta(query.resource_type, resource));
        }
        if self.groups {
            insert_list(document, "groups", groups(tx, query, resource.id)?);
        }
        let members = match &self.members {
            Members::None => return Ok(()),
            Members::Among(ids) => member::among(tx, query.tenant, resource.id, ids)?,
            Members::All => member::of_group(tx, query.tenant, resource.id, 0, i64::MAX)?,
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
    let mut value = json!({ "value": member.id.to_string(), "type": member.member_type });
    if let (Some(display), Some(object)) = (&member.display, value.as_object_mut()) {
        object.insert("display".to_owned(), display.as_str().into());
    }
    value
}

/// `User.groups` (RFC 7643 §4.1.2).
fn groups(tx: &mut Tx<'_>, query: &Query<'_>, user: ResourceId) -> Result<Vec<Value>, Error> {
    let ids = member::groups_of(tx, query.tenant, user)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let groups = resource::get_many(tx, query.tenant, "Group", &ids)?;
    Ok(groups
        .into_iter()
        .map(|mut group| {
            let mut value = Map::new();
            value.insert("value".to_owned(), group.id.to_string().into());
            value.insert("type".to_owned(), "direct".into());
            if let Some(display) = group.document.remove("displayName") {
                value.insert("display".to_owned(), display);
            }
            Value::Object(value)
        })
        .collect())
}
