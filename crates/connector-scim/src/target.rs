//! The connector: what the engine calls.

use crate::announced;
use crate::answer::Answer;
use crate::bulk;
use crate::config::{Config, ConfigError};
use crate::connection::{Connection, Terms};
use crate::limits::MAX_ANSWER_BYTES;
use crate::members;
use crate::request::{Requests, endpoint};
use crate::tenant_url::TenantUrl;
use crate::update::Write;
use async_trait::async_trait;
use connector::{
    Bulk, Capabilities, Capability, Change, Error, Learned, ObjectType, Operation, Page, Peer, Request,
    Target, TargetObject,
};
use scim::path::Path;
use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An application that speaks SCIM 2.0.
pub struct ScimTarget {
    pub(crate) connection: Connection,
    pub(crate) requests: Requests,
    groups: bool,
    allows_bulk: bool,
    known: Mutex<Capabilities>,
}

impl ScimTarget {
    /// Prepares a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL or the token cannot be used.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let url = TenantUrl::parse(&config.url)?;
        let requests = Requests {
            dialect: config.dialect,
            query: url.query.clone(),
            members_per_request: config.members_per_request,
        };
        let terms = Terms {
            url,
            token: config.token,
            headers: requests.words().headers(),
            timeout: config.timeout,
            user_agent: config.user_agent,
            peer: Peer::Target,
            max_answer_bytes: MAX_ANSWER_BYTES,
        };
        Ok(Self {
            connection: Connection::new(terms)?,
            requests,
            groups: config.groups,
            allows_bulk: config.bulk,
            known: Mutex::new(configured(Capabilities::default(), config.bulk)),
        })
    }

    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, Error> {
        self.connection.send(request).await
    }

    /// What is known of the application.
    pub(crate) fn known(&self) -> MutexGuard<'_, Capabilities> {
        // Nothing panics while it holds this, and half-learned capabilities would do no harm.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether objects are changed by PATCH, where the dialect leaves that to the application.
    pub(crate) fn patches(&self) -> bool {
        !self.requests.words().negotiates() || self.known().patch.on
    }

    async fn ask(&self) -> Result<(), Error> {
        let answer = self.send(&self.requests.read(announced::PATH, [])).await?;
        announced::learn(&mut self.known(), &answer)
    }

    async fn nobody_has(&self, object_type: ObjectType, attribute: &str, nobody: &str) -> Result<(), Error> {
        let attribute = Path { urn: None, attribute: attribute.to_owned(), filter: None, sub: None };
        let request = self.requests.find(object_type, &attribute, nobody);
        let answer = self.send(&request).await?;
        let found = self.filtered(&answer, answer.list())?;
        if found.total == 0 && found.objects.is_empty() {
            return Ok(());
        }
        self.known().filter =
            Capability::off(Learned::Tried, format!("{} answered somebody else", answer.place));
        Err(answer.broken(
            "answered objects for a value that nobody has, so the filter is ignored",
            "the application must filter on the matching attribute, or every user would match somebody else",
        ))
    }

    /// Learns from the answer to a query with a filter.
    fn filtered<T>(&self, answer: &Answer, result: Result<T, Error>) -> Result<T, Error> {
        let filter = match &result {
            Ok(_) => Capability::on(Learned::Tried),
            Err(Error::Rejected { .. }) => {
                Capability::off(Learned::Tried, format!("{} answered {}", answer.place, answer.status))
            }
            Err(_) => return result,
        };
        self.known().filter.learn(filter);
        result
    }

    /// A group as the engine wants it. Members come although they were not asked for where that is not understood.
    fn without_members(
        &self,
        object_type: ObjectType,
        place: &str,
        mut object: TargetObject,
    ) -> TargetObject {
        if object_type == ObjectType::User {
            return object;
        }
        let members: Vec<String> =
            object.document.keys().filter(|name| name.eq_ignore_ascii_case("members")).cloned().collect();
        if self.requests.words().excludes_members() {
            let excludes = if members.is_empty() {
                Capability::on(Learned::Tried)
            } else {
                Capability::off(Learned::Tried, format!("{place} answered members all the same"))
            };
            self.known().excluded_attributes.learn(excludes);
        }
        members.iter().for_each(|name| drop(object.document.remove(name)));
        object
    }

    /// Whether a group is known not to have a member.
    async fn is_without(&self, id: &str, member: &str) -> Result<bool, Error> {
        let answer = self.send(&self.requests.membership(id, member)).await?;
        match answer.list() {
            Ok(found) => Ok(found.total == 0),
            // It can't be asked that way.
            Err(Error::Rejected { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        object_type: ObjectType,
        id: &str,
        changes: &[Change],
    ) -> Result<TargetObject, Error> {
        let mut last = TargetObject { id: id.to_owned(), document: Map::new() };
        for write in self.requests.writes(object_type, id, changes, self.patches()) {
            match self.write(object_type, id, &write).await {
                // Nothing was done, and nothing will be: the same changes once more, the other way.
                Err(Error::Rejected { status: status @ (405 | 501), .. }) if self.may_put_instead(&write) => {
                    let why = format!("PATCH {}/… answered {status}", endpoint(object_type));
                    self.known().patch = Capability::off(Learned::Tried, why);
                    return self.put(object_type, id, changes).await;
                }
                result => last = result?,
            }
        }
        Ok(last)
    }

    fn may_put_instead(&self, write: &Write) -> bool {
        let is_patch = matches!(write, Write::Patch(_) | Write::Members(_));
        is_patch && self.requests.words().negotiates()
    }

    async fn write(&self, object_type: ObjectType, id: &str, write: &Write) -> Result<TargetObject, Error> {
        match write {
            Write::Patch(operations) => {
                self.patch(id, &self.requests.patch(object_type, id, operations)).await
            }
            Write::Members(changes) => self.change_members(object_type, id, changes).await,
            Write::Put(changes) => self.put(object_type, id, changes).await,
            Write::Name => {
                let held = self.read_whole(object_type, id).await?;
                let name = held.document.get("displayName");
                self.patch(id, &self.requests.name(object_type, id, name)).await
            }
        }
    }

    async fn patch(&self, id: &str, request: &Request) -> Result<TargetObject, Error> {
        let changed = self.send(request).await?.updated(id)?;
        self.known().patch.learn(Capability::on(Learned::Tried));
        Ok(changed)
    }

    /// Changes members. Where the application refuses a batch because of one who is there already, or is not, each is
    /// sent alone, so that the others are not refused with that one.
    async fn change_members(
        &self,
        object_type: ObjectType,
        id: &str,
        changes: &[Change],
    ) -> Result<TargetObject, Error> {
        let together = self.patch(id, &self.requests.members(object_type, id, changes)).await;
        let Err(error) = &together else { return together };
        if !changes.iter().any(|change| members::is_as_wanted(change, error)) {
            return together;
        }
        for change in members::singles(changes) {
            let alone = std::slice::from_ref(&change);
            match self.patch(id, &self.requests.members(object_type, id, alone)).await {
                Err(error) if members::is_as_wanted(&change, &error) => {}
                result => drop(result?),
            }
        }
        Ok(TargetObject { id: id.to_owned(), document: Map::new() })
    }

    async fn put(
        &self,
        object_type: ObjectType,
        id: &str,
        changes: &[Change],
    ) -> Result<TargetObject, Error> {
        let held = self.read_whole(object_type, id).await?;
        let request = self.requests.put(object_type, id, held.document, changes);
        self.send(&request).await?.updated(id)
    }

    async fn read_whole(&self, object_type: ObjectType, id: &str) -> Result<TargetObject, Error> {
        let answer = self.send(&self.requests.whole(object_type, id)).await?;
        let held = answer.resource()?.ok_or(Error::NotFound)?;
        if held.id == id {
            return Ok(held);
        }
        Err(answer.broken(
            format!("answered the object {} instead", Value::from(held.id)),
            "the vendor must answer the object that is asked for; nothing was written",
        ))
    }
}

/// What is known, and what the job says of it.
fn configured(mut known: Capabilities, bulk: bool) -> Capabilities {
    if !bulk {
        known.bulk.learn(Capability::off(Learned::Configured, "[target] of the job says bulk = false"));
    }
    known
}

#[async_trait]
impl Target for ScimTarget {
    async fn test(&self, nobody: &str) -> Result<(), Error> {
        let words = self.requests.words();
        if let Some(probe) = words.probe() {
            self.send(&self.requests.read(endpoint(ObjectType::User), [probe])).await?.list()?;
        }
        self.nobody_has(ObjectType::User, "userName", nobody).await?;
        if self.groups {
            self.nobody_has(ObjectType::Group, "displayName", nobody).await?;
        }
        let is_new = words.negotiates() && !self.known().asked;
        if is_new && let Err(error) = self.ask().await {
            // Users can be provisioned without it, and the next test asks again.
            tracing::debug!(%error, "the ServiceProviderConfig can't be read");
        }
        Ok(())
    }

    async fn find(
        &self,
        object_type: ObjectType,
        attribute: &Path,
        value: &str,
    ) -> Result<Vec<TargetObject>, Error> {
        let answer = self.send(&self.requests.find(object_type, attribute, value)).await?;
        let found = self.filtered(&answer, answer.list())?;
        if found.total > found.objects.len() as u64 {
            // Matches that were not answered are as ambiguous as several that were.
            return Err(Error::Ambiguous {
                attribute: attribute.to_string(),
                value: value.to_owned(),
                count: found.total,
            });
        }
        let objects = found.objects.into_iter();
        Ok(objects.map(|object| self.without_members(object_type, &answer.place, object)).collect())
    }

    async fn get(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        let answer = self.send(&self.requests.get(object_type, id)).await?;
        let found = answer.resource()?;
        Ok(found.map(|object| self.without_members(object_type, &answer.place, object)))
    }

    async fn list(&self, object_type: ObjectType, from: u64) -> Result<Page, Error> {
        let answer = self.send(&self.requests.list(object_type, from)).await?;
        let page = answer.page()?;
        let behind = from.saturating_add(page.objects.len() as u64);
        let is_end = page.objects.is_empty() || page.total.is_none_or(|total| total < behind);
        let objects = page.objects.into_iter();
        let objects =
            objects.map(|object| self.without_members(object_type, &answer.place, object)).collect();
        Ok(Page { objects, next: (!is_end).then_some(behind) })
    }

    async fn members(&self, id: &str, known: Option<&str>) -> Result<Option<Vec<String>>, Error> {
        let answer = self.send(&self.requests.whole(ObjectType::Group, id)).await?;
        let Some(group) = answer.resource()? else { return Ok(None) };
        let held = group.document.iter().find(|(name, _)| name.eq_ignore_ascii_case("members"));
        let ids = |held: &Value| {
            members::elements(held).iter().filter_map(members::id).map(str::to_owned).collect()
        };
        match (held, known) {
            (Some((_, held)), _) => Ok(Some(ids(held))),
            // RFC 7643 §2.5: a group without members has no attribute `members`; neither has one whose members are not told.
            (None, None) => Ok(Some(Vec::new())),
            (None, Some(known)) => self.is_without(id, known).await.map(|is| is.then(Vec::new)),
        }
    }

    fn preview(&self, operation: &Operation) -> Vec<Request> {
        self.requests.preview(operation, self.patches())
    }

    async fn export(&self, operation: &Operation) -> Result<TargetObject, Error> {
        match operation {
            Operation::Create { object_type, values } => {
                self.send(&self.requests.create(*object_type, values)).await?.created()
            }
            Operation::Update { object_type, id, changes } => self.update(*object_type, id, changes).await,
            Operation::Delete { object_type, id } => {
                self.send(&self.requests.delete(*object_type, id)).await?.deleted(id)
            }
        }
    }

    fn bulk(&self) -> Option<&dyn Bulk> {
        let is_offered = self.requests.words().negotiates() && bulk::is_offered(&self.known());
        is_offered.then_some(self)
    }

    fn capabilities(&self) -> Option<Capabilities> {
        Some(self.known().clone())
    }

    fn recall(&self, known: Option<Capabilities>) {
        *self.known() = configured(known.unwrap_or_default(), self.allows_bulk);
    }

    async fn learn(&self) -> Result<(), Error> {
        self.recall(None);
        self.ask().await
    }
}
