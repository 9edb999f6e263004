//! Memberships. `Group.members` is never part of a stored document: each member is a row, so that a change of one
//! costs one row in a group of any size.

use std::collections::BTreeSet;

use model::ResourceId;
use scim::filter::ValueFilter;
use scim::quirks::{Quirk, Tolerance};
use scim::{Object, ValuesChange};
use serde_json::{Value, json};
use store::member::{self, Member};
use store::{Tx, resource};

use super::{Error, Operation, nesting, parse_id};
use crate::{GROUP, TypeProfile, USER};

/// The attribute (RFC 7643 §4.2).
pub(super) const MEMBERS: &str = "members";

/// Everything: a limit where there is none.
const ALL: i64 = i64::MAX;

/// A change of a group's members. Only their ids count: which type they have is looked up, whatever the client says.
#[derive(Clone, Debug)]
pub(super) enum MembersChange {
    /// Those who are members already stay.
    Add(Vec<ResourceId>),
    /// Those who are no members do not matter.
    Remove(Vec<ResourceId>),
    /// Those who match.
    RemoveWhere(ValueFilter),
    /// These and no others.
    Replace(Vec<ResourceId>),
    /// All.
    Clear,
}

/// Whether resources of this type have members.
pub(super) fn has_members(kind: &TypeProfile) -> bool {
    kind.id() == GROUP
}

/// Takes the members out of a document.
///
/// # Errors
/// 400 `invalidValue` for one that can't exist ([`Quirk::UnknownMembers`]).
pub(super) fn take(
    kind: &TypeProfile,
    document: &mut Object,
    tolerance: &Tolerance,
) -> Result<Vec<ResourceId>, scim::Error> {
    if !has_members(kind) {
        return Ok(Vec::new());
    }
    match document.remove(MEMBERS) {
        Some(Value::Array(values)) => {
            named(values.iter().map(|value| value.get("value").and_then(Value::as_str)), tolerance)
        }
        Some(_) | None => Ok(Vec::new()),
    }
}

impl MembersChange {
    /// Understands a change of values that `scim` took out of a PATCH.
    ///
    /// # Errors
    /// As [`take`].
    pub(super) fn new(change: ValuesChange, tolerance: &Tolerance) -> Result<Self, scim::Error> {
        let named = |values: Vec<Object>| {
            named(values.iter().map(|value| value.get("value").and_then(Value::as_str)), tolerance)
        };
        Ok(match change {
            ValuesChange::Add(values) => Self::Add(named(values)?),
            // What is no id of ours is nobody's, so nobody has to be removed.
            ValuesChange::Remove(ids) => Self::Remove(ids.iter().filter_map(|id| parse_id(id)).collect()),
            ValuesChange::RemoveWhere(filter) => Self::RemoveWhere(filter),
            ValuesChange::Replace(values) => Self::Replace(named(values)?),
            ValuesChange::Clear => Self::Clear,
        })
    }
}

/// The ids in the `value`s of members, without those that can't be ours if the client may name such.
fn named<'v>(
    values: impl Iterator<Item = Option<&'v str>>,
    tolerance: &Tolerance,
) -> Result<Vec<ResourceId>, scim::Error> {
    let id = |value: Option<&str>| {
        let text = value
            .ok_or_else(|| scim::Error::invalid_value("members: each needs a value, the id of a member"))?;
        let id = parse_id(text);
        if id.is_none() {
            tolerance.require(Quirk::UnknownMembers, || unknown(text))?;
        }
        Ok(id)
    };
    values.filter_map(|value| id(value).transpose()).collect()
}

fn unknown(id: &str) -> scim::Error {
    scim::Error::invalid_value(format!("members: {id:?} is the id of no user or group here; create it first"))
}

/// The members of one group, as an operation changes them. Every function answers how many rows changed.
pub(super) struct Members<'a> {
    pub(super) operation: &'a Operation,
    pub(super) group: ResourceId,
}

impl Members<'_> {
    /// Makes these changes in their order.
    pub(super) fn apply(&self, tx: &mut Tx<'_>, changes: &[MembersChange]) -> Result<u64, Error> {
        let tenant = self.operation.tenant;
        changes.iter().try_fold(0, |changed, change| {
            Ok(changed
                + match change {
                    MembersChange::Add(members) => self.add(tx, members)?,
                    MembersChange::Remove(ids) => member::remove(tx, tenant, self.group, ids)?,
                    MembersChange::RemoveWhere(filter) => self.remove_where(tx, filter)?,
                    MembersChange::Replace(members) => self.replace(tx, members)?,
                    MembersChange::Clear => member::clear(tx, tenant, self.group)?,
                })
        })
    }

    /// Adds members: users and groups of the tenant, but no group that this one is in.
    pub(super) fn add(&self, tx: &mut Tx<'_>, members: &[ResourceId]) -> Result<u64, Error> {
        if members.is_empty() {
            return Ok(0);
        }
        let tenant = self.operation.tenant;
        // They are locked, so that none is deleted before its membership is stored.
        let users = resource::lock_many(tx, tenant, USER, members)?;
        let others = without(members, &users);
        let groups = if others.is_empty() { others } else { self.nested(tx, &others)? };
        let added = member::add(tx, tenant, self.group, USER, &users)?;
        Ok(added + member::add(tx, tenant, self.group, GROUP, &groups)?)
    }

    /// Those of these that are groups, which may become members.
    fn nested(&self, tx: &mut Tx<'_>, others: &[ResourceId]) -> Result<Vec<ResourceId>, Error> {
        let tenant = self.operation.tenant;
        let groups = resource::lock_many(tx, tenant, GROUP, others)?;
        if let Some(stranger) = without(others, &groups).first() {
            self.operation.tolerance.require(Quirk::UnknownMembers, || unknown(&stranger.to_string()))?;
        }
        if !groups.is_empty() {
            nesting::check(tx, tenant, self.group, &groups)?;
        }
        Ok(groups)
    }

    /// Makes these the members and no others, touching only those who come or go.
    pub(super) fn replace(&self, tx: &mut Tx<'_>, members: &[ResourceId]) -> Result<u64, Error> {
        let wanted: BTreeSet<ResourceId> = members.iter().copied().collect();
        let present: BTreeSet<ResourceId> = self.present(tx)?.into_iter().map(|member| member.id).collect();
        let gone: Vec<ResourceId> = present.difference(&wanted).copied().collect();
        let new: Vec<ResourceId> = wanted.difference(&present).copied().collect();
        let removed = member::remove(tx, self.operation.tenant, self.group, &gone)?;
        Ok(removed + self.add(tx, &new)?)
    }

    fn remove_where(&self, tx: &mut Tx<'_>, filter: &ValueFilter) -> Result<u64, Error> {
        let matching: Vec<ResourceId> = self
            .present(tx)?
            .iter()
            .filter(|member| filter.matches(&to_value(member)))
            .map(|member| member.id)
            .collect();
        Ok(member::remove(tx, self.operation.tenant, self.group, &matching)?)
    }

    fn present(&self, tx: &mut Tx<'_>) -> Result<Vec<Member>, Error> {
        Ok(member::of_group(tx, self.operation.tenant, self.group, None, ALL)?)
    }
}

/// Those of these that are not among the others.
fn without(ids: &[ResourceId], others: &[ResourceId]) -> Vec<ResourceId> {
    let others: BTreeSet<&ResourceId> = others.iter().collect();
    ids.iter().filter(|id| !others.contains(id)).copied().collect()
}

/// A member as SCIM writes it, without `$ref`, which depends on the Tenant URL.
pub(super) fn to_value(member: &Member) -> Value {
    json!({ "value": member.id.to_string(), "type": member.member_type })
}
