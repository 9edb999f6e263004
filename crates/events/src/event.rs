//! An event: a change of the feed in the form in which an application gets it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use application::Profile;
use application::resources::{self, Error, Relations, Scope, Wanted};
use jiff::Timestamp;
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use store::Tx;
use store::feed::{self, Change, ChangeKind, Numbered};
use uuid::Uuid;

use crate::limits::{MAX_MEMBERS, MAX_PAGE_BYTES};

/// What happened to a resource. `type`, `timestamp` and `data` are what the Standard Webhooks scheme recommends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// Its place in the tenant's feed: 1 for the first, one more with each.
    pub sequence: i64,
    /// The same however often the event is told.
    pub id: Uuid,
    /// What happened to what: `user.created`, `user.updated`, `user.deactivated`, `user.reactivated`, `user.deleted`, and
    /// `created`, `updated` and `deleted` for `group` and other resource types.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[schemars(with = "String")]
    pub timestamp: Timestamp,
    /// To whom.
    pub data: Data,
}

/// The resource that an event is about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Data {
    /// Its SCIM id.
    pub id: Uuid,
    /// Its version after the change. A deletion repeats the last one.
    pub version: i64,
    /// The resource in SCIM as it is now, which may be later than the event. Not there if it is deleted. A group with more
    /// than 100 members comes without `members`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Value")]
    pub resource: Option<Box<RawValue>>,
}

/// A change with the resource as it is now, before it is put into the words of whoever is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Its place in the feed.
    pub sequence: i64,
    /// What happened.
    pub change: Change,
    /// Where resources of its type are, for example `/Users`.
    pub endpoint: String,
    /// `None` if it is deleted.
    pub shown: Option<Shown>,
}

/// A resource as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// In SCIM.
    pub body: Box<RawValue>,
    /// Its entity tag, as `meta.version` of the body.
    pub version: String,
    /// Not if it is a group with more members than are shown.
    pub is_whole: bool,
}

impl From<Told> for Event {
    fn from(Told { sequence, change, shown, .. }: Told) -> Self {
        Self {
            sequence,
            id: change.id.0,
            kind: format!("{}.{}", change.resource_type.to_ascii_lowercase(), change.kind.as_str()),
            timestamp: change.at,
            data: Data {
                id: change.resource.0,
                version: change.version,
                resource: shown.map(|shown| shown.body),
            },
        }
    }
}

/// How a tenant's resources look in events.
#[derive(Clone, Debug)]
pub struct View {
    /// Whose.
    pub tenant: TenantId,
    /// What they look like.
    pub profile: Arc<Profile>,
    /// What their addresses begin with.
    pub tenant_url: String,
}

impl View {
    /// The events after a number, in order: `limit` at most, and fewer where they are long. Needs a transaction that may
    /// write, because the feed is numbered when it is read.
    ///
    /// # Errors
    /// The store's.
    pub fn after(&self, tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<Event>, Error> {
        let changes = feed::read(tx, self.tenant, after, limit)?;
        Ok(self.tell(tx, changes)?.into_iter().map(Event::from).collect())
    }

    /// Changes with their resources; those at the end are left out where the ones before them are long.
    pub(crate) fn tell(&self, tx: &mut Tx<'_>, changes: Vec<Numbered>) -> Result<Vec<Told>, Error> {
        let (mut all, mut bytes, mut known) = (Vec::new(), 0, HashMap::new());
        for Numbered { sequence, change } in changes {
            let shown = match known.entry(change.resource) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.resource(tx, &change)?),
            };
            let shown: Option<Shown> = shown.clone().filter(|_| change.kind != ChangeKind::Deleted);
            bytes += shown.as_ref().map_or(0, |shown| shown.body.get().len());
            let endpoint = self.endpoint(&change.resource_type);
            all.push(Told { sequence, change, endpoint, shown });
            if bytes > MAX_PAGE_BYTES {
                break;
            }
        }
        Ok(all)
    }

    /// Where resources of a type are, or were while the tenant had it.
    fn endpoint(&self, id: &str) -> String {
        self.profile.by_id(id).map_or_else(|| format!("/{id}s"), |kind| kind.resource_type().endpoint.clone())
    }

    /// Some members of a group, in the order of their ids.
    ///
    /// # Errors
    /// 404; the store's.
    pub(crate) fn members(
        &self,
        tx: &mut Tx<'_>,
        group: ResourceId,
        after: Option<ResourceId>,
        limit: i64,
    ) -> Result<resources::MemberPage, Error> {
        let id = application::GROUP;
        let kind = self.profile.by_id(id).ok_or_else(|| scim::Error::not_found(id, &group.to_string()))?;
        let scope = Scope { tenant: self.tenant, kind, wanted: Wanted::Nothing };
        resources::members(tx, scope, group, after, limit)
    }

    /// The resource of a change as it is now; `None` if it is gone, or of a type that the tenant has no more.
    fn resource(&self, tx: &mut Tx<'_>, change: &Change) -> Result<Option<Shown>, Error> {
        let Some(kind) = self.profile.by_id(&change.resource_type) else { return Ok(None) };
        let scope = Scope { tenant: self.tenant, kind, wanted: Wanted::AtMost(MAX_MEMBERS) };
        match resources::get(tx, scope, change.resource) {
            Ok(resource) => {
                let is_whole = !matches!(resource.relations, Relations::TooMany);
                let body = resource.show(kind, &self.tenant_url, kind.default_projection())?;
                Ok(Some(Shown { body, version: resource.entity_tag(), is_whole }))
            }
            Err(Error::Refused(refusal)) if refusal.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }
}
