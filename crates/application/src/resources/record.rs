//! What every write leaves behind besides the resource itself: attribute rows, the application's tables, a change in
//! the feed, an entry in the audit log.

use model::audit::AuditEntry;
use model::resource::{StoredResource, length_of_members};
use model::{AuditId, ChangeId, ResourceId};
use scim::Object;
use serde_json::{Value, json};
use store::attr::{self, AttributeRow};
use store::feed::{self, ChangeKind};
use store::{Tx, audit, resource};

use super::conflict::is_active;
use super::members::MEMBERS;
use super::{Error, Operation};
use crate::limits::MAX_DOCUMENT_LENGTH;
use crate::{Change, GROUP, USER};

/// What happened to a resource.
#[derive(Clone, Copy)]
pub(super) enum Event<'a> {
    /// It is new.
    Created(&'a StoredResource),
    /// It was the first and is the second now.
    Updated(&'a StoredResource, &'a StoredResource),
    /// It is back: it was inactive, as the first, or deleted; and is the second now.
    Returned(Option<&'a StoredResource>, &'a StoredResource),
    /// It is gone.
    Deleted(&'a StoredResource),
}

impl<'a> Event<'a> {
    fn before(self) -> Option<&'a StoredResource> {
        match self {
            Self::Created(_) => None,
            Self::Updated(before, _) | Self::Deleted(before) => Some(before),
            Self::Returned(before, _) => before,
        }
    }

    fn after(self) -> Option<&'a StoredResource> {
        match self {
            Self::Created(after) | Self::Updated(_, after) | Self::Returned(_, after) => Some(after),
            Self::Deleted(_) => None,
        }
    }

    /// What the change feed calls it. Only users are active or not (RFC 7643 §4.1.1).
    fn kind(self, resource_type: &str) -> ChangeKind {
        match self {
            Self::Created(_) | Self::Returned(None, _) => ChangeKind::Created,
            Self::Updated(before, after) | Self::Returned(Some(before), after) if resource_type == USER => {
                match (is_active(&before.document), is_active(&after.document)) {
                    (true, false) => ChangeKind::Deactivated,
                    (false, true) => ChangeKind::Reactivated,
                    (true, true) | (false, false) => ChangeKind::Updated,
                }
            }
            Self::Updated(..) | Self::Returned(Some(_), _) => ChangeKind::Updated,
            Self::Deleted(_) => ChangeKind::Deleted,
        }
    }

    /// What the audit log calls it.
    fn verb(self) -> &'static str {
        match self {
            Self::Created(_) => "create",
            Self::Updated(..) => "update",
            Self::Returned(..) => "relink",
            Self::Deleted(_) => "delete",
        }
    }

    /// The user that is disabled or deleted by it.
    fn removed(self) -> Option<&'a StoredResource> {
        match self {
            Self::Updated(before, after) => {
                (is_active(&before.document) && !is_active(&after.document)).then_some(before)
            }
            Self::Deleted(before) => Some(before),
            Self::Created(_) | Self::Returned(..) => None,
        }
    }

    /// The resource as it was last seen.
    fn latest(self) -> &'a StoredResource {
        match self {
            Self::Created(resource)
            | Self::Updated(_, resource)
            | Self::Returned(_, resource)
            | Self::Deleted(resource) => resource,
        }
    }

    /// The top-level attributes that an update changed. Their names, not their values: those are personal data, and
    /// the audit log outlives them.
    fn changed_attributes(self) -> Vec<&'a str> {
        let (Some(before), Some(after)) = (self.before(), self.after()) else { return Vec::new() };
        let (before, after) = (&before.document, &after.document);
        let lost = before.keys().filter(|name| !after.contains_key(*name));
        let set = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name);
        lost.chain(set).map(String::as_str).collect()
    }
}

impl Operation {
    /// A resource with another document, as its next version.
    pub(super) fn next_version(&self, before: &StoredResource, document: Object) -> StoredResource {
        StoredResource {
            id: before.id,
            document,
            version: before.version + 1,
            created: before.created,
            // Clocks are set back, and those of several servers differ.
            modified: self.at.max(before.modified),
        }
    }

    /// Stores a changed resource under its next version, and records that. `member_rows` changed with it.
    pub(crate) fn store_update(
        &self,
        tx: &mut Tx<'_>,
        before: &StoredResource,
        document: Object,
        member_rows: u64,
    ) -> Result<StoredResource, Error> {
        let after = self.next_version(before, document);
        resource::update(tx, self.tenant, self.kind.id(), &after, before.version)?;
        self.record(tx, Event::Updated(before, &after), member_rows)?;
        Ok(after)
    }

    /// Records what happened to a resource of this operation's type, and to so many of its members.
    pub(super) fn record(&self, tx: &mut Tx<'_>, event: Event<'_>, member_rows: u64) -> Result<(), Error> {
        let resource_type = self.kind.id();
        let (before, after) = (event.before(), event.after());
        if let Some(user) = event.removed().filter(|_| resource_type == USER) {
            self.count_removal(tx, user)?;
        }
        if let Some(after) = after {
            check_length(&after.document)?;
            self.index(tx, before, after)?;
        }
        let change = Change { tenant: self.tenant, resource_type, before, after, at: self.at };
        self.application.changed(tx, &change)?;
        let StoredResource { id, version, .. } = *event.latest();
        feed::append(tx, self.tenant, &self.change(resource_type, id, event.kind(resource_type), version))?;
        let members = (member_rows > 0).then_some(MEMBERS);
        let attributes: Vec<&str> = event.changed_attributes().into_iter().chain(members).collect();
        let entry = self.audit_entry(event.verb(), id, json!({ "attributes": attributes }));
        Ok(audit::append(tx, Some(self.tenant), &entry)?)
    }

    /// Brings the rows of the indexed attributes in line. Those of a deleted resource went with it.
    fn index(
        &self,
        tx: &mut Tx<'_>,
        before: Option<&StoredResource>,
        after: &StoredResource,
    ) -> Result<(), Error> {
        let old = before.map(|before| self.rows(&before.document)).unwrap_or_default();
        let new = self.rows(&after.document);
        attr::replace(tx, self.tenant, self.kind.id(), after.id, &old, &new)
            .map_err(|error| self.refusal_of_rows(tx, after, error))
    }

    /// The rows of a document's indexed attributes, unique ones as far as the tenant wants them to be.
    pub(crate) fn rows(&self, document: &Object) -> Vec<AttributeRow> {
        let mut rows = self.kind.rows(document);
        if self.settings.duplicate_group_names && self.kind.id() == GROUP {
            rows.iter_mut().for_each(|row| row.share("displayname"));
        }
        rows
    }

    /// Gives groups their next versions because their members changed with another resource, and tells the feed.
    pub(super) fn bump_groups(&self, tx: &mut Tx<'_>, groups: &[ResourceId]) -> Result<(), Error> {
        let versions = resource::bump(tx, self.tenant, GROUP, groups, self.at)?;
        let changes: Vec<_> = versions
            .into_iter()
            .map(|(group, version)| self.change(GROUP, group, ChangeKind::Updated, version))
            .collect();
        Ok(feed::append_all(tx, self.tenant, &changes)?)
    }

    fn change(&self, resource_type: &str, id: ResourceId, kind: ChangeKind, version: i64) -> feed::Change {
        feed::Change {
            id: ChangeId(self.ids.next()),
            resource_type: resource_type.to_owned(),
            resource: id,
            kind,
            version,
            at: self.at,
        }
    }

    /// The entry of the audit log for what is done to a resource, such as `user.create`.
    pub(super) fn audit_entry(&self, verb: &str, id: ResourceId, detail: Value) -> AuditEntry {
        let action = format!("{}.{verb}", self.kind.id().to_ascii_lowercase());
        self.audit_of(&action, id.to_string(), detail)
    }

    /// The entry of the audit log for something else.
    pub(super) fn audit_of(&self, action: &str, subject: String, detail: Value) -> AuditEntry {
        AuditEntry {
            id: AuditId(self.ids.next()),
            at: self.at,
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject,
            detail,
        }
    }
}

/// Refuses a document that became too long; what was written of it goes with the transaction.
fn check_length(document: &Object) -> Result<(), scim::Error> {
    if length_of_members(document) <= MAX_DOCUMENT_LENGTH {
        return Ok(());
    }
    let most = MAX_DOCUMENT_LENGTH / 1024;
    Err(scim::Error::payload_too_large(format!(
        "the resource would be larger than {most} KiB; remove values first"
    )))
}
