//! The connector: what the engine calls.

use super::groups::Groups;
use super::listing::{Listing, Paging};
use super::person;
use super::reading::ScimReading;
use super::watermark::{Mark, Since};
use crate::announced;
use crate::answer::Answer;
use crate::config::{ConfigError, Secret};
use crate::connection::{Connection, Terms};
use crate::dialect::Dialect;
use crate::limits::{GROUPS_PER_PAGE, MAX_PAGE_BYTES, USERS_PER_PAGE};
use crate::request::{Requests, encoded, endpoint, location};
use crate::tenant_url::TenantUrl;
use async_trait::async_trait;
use connector::{
    Capabilities, Entry, Error, Needs, Object, ObjectType, Peer, Reading, Source, TargetObject, Watermark,
};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A connection to a directory that speaks SCIM.
pub struct SourceConfig {
    /// The Tenant URL, with or without a trailing slash; a query is kept on every request.
    pub url: String,
    /// The Secret Token.
    pub token: Secret,
    /// The displayNames of the groups whose members are assigned to the application.
    pub assigned: Vec<String>,
    /// What the job needs.
    pub needs: Needs,
    /// How long one request may take.
    pub timeout: Duration,
}

impl SourceConfig {
    /// A directory of users, with the time limit of targets.
    pub fn new(url: impl Into<String>, token: Secret) -> Self {
        Self {
            url: url.into(),
            token,
            assigned: Vec::new(),
            needs: Needs::default(),
            timeout: Duration::from_secs(60),
        }
    }
}

/// A directory that is a SCIM 2.0 service provider.
#[derive(Clone)]
pub struct ScimSource {
    directory: Arc<Directory>,
}

/// How the directory is asked, and for what.
pub(super) struct Directory {
    connection: Connection,
    requests: Requests,
    pub(super) assigned: Vec<String>,
    pub(super) needs: Needs,
}

impl ScimSource {
    /// Prepares a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL or the token cannot be used.
    pub fn new(config: SourceConfig) -> Result<Self, ConfigError> {
        let url = TenantUrl::parse(&config.url)?;
        let requests = Requests { dialect: Dialect::Rfc, query: url.query.clone(), members_per_request: 0 };
        let terms = Terms {
            url,
            token: config.token,
            headers: requests.words().headers(),
            timeout: config.timeout,
            user_agent: concat!("Rollcall/", env!("CARGO_PKG_VERSION")).to_owned(),
            peer: Peer::Source,
            max_answer_bytes: MAX_PAGE_BYTES,
        };
        let connection = Connection::new(terms)?;
        let (assigned, needs) = (config.assigned, config.needs);
        Ok(Self { directory: Arc::new(Directory { connection, requests, assigned, needs }) })
    }
}

impl Directory {
    pub(super) async fn ask(&self, path: &str, parameters: &[&str]) -> Result<Answer, Error> {
        self.connection.send(&self.requests.read(path, parameters.iter().copied())).await
    }

    /// How the directory tells its lists in pages, and what its clock shows.
    async fn paging(&self) -> Result<(Paging, Timestamp), Error> {
        let answer = self.ask(announced::PATH, &[]).await?;
        let mut known = Capabilities::default();
        if let Err(error) = announced::learn(&mut known, &answer) {
            // Users can be listed without it, and if they cannot, that will tell.
            tracing::debug!(%error, "the ServiceProviderConfig can't be read");
        }
        let paging = Paging { by_cursor: known.cursor.on, max_results: known.filter_max_results };
        Ok((paging, answer.instant()))
    }

    fn list(&self, object_type: ObjectType, paging: Paging) -> Listing {
        let per_page = match object_type {
            ObjectType::User => USERS_PER_PAGE,
            ObjectType::Group => GROUPS_PER_PAGE,
        };
        Listing::new(endpoint(object_type), per_page, paging)
    }

    /// All groups, where the job has to do with them.
    async fn groups(&self, paging: Paging) -> Result<Groups, Error> {
        let mut all = Vec::new();
        if self.needs.groups || self.needs.assignments {
            let mut listing = self.list(ObjectType::Group, paging);
            while let Some(page) = listing.next_page(self).await? {
                all.extend(page);
            }
        }
        Groups::of(all, self)
    }

    /// One object as the directory holds it, `None` when it holds none of that id.
    async fn one(&self, object_type: ObjectType, id: &str) -> Result<Option<TargetObject>, Error> {
        // A URL parser takes these for directions, so a request for them would go elsewhere.
        if matches!(id, "" | "." | "..") {
            return Ok(None);
        }
        let answer = self.ask(&location(object_type, id), &[]).await?;
        Ok(answer.resource()?.filter(|found| found.id == id))
    }

    /// Lists one object, which a directory that works can do, and tells how many there are.
    async fn check_listing(&self, object_type: ObjectType) -> Result<u64, Error> {
        let answer = self.ask(endpoint(object_type), &["startIndex=1", "count=1"]).await?;
        Ok(answer.list()?.total)
    }

    /// The users with a name or mail address.
    async fn named(&self, who: &str) -> Result<Vec<TargetObject>, Error> {
        let text = Value::from(who);
        let mut found = Vec::new();
        for filter in [format!("userName eq {text}"), format!("emails.value eq {text}")] {
            let answer = self.ask("/Users", &[&format!("filter={}", encoded(&filter))]).await?;
            match answer.list() {
                Ok(list) => found.extend(list.objects),
                // Finding people by mail is a convenience that not every directory offers.
                Err(Error::Rejected { .. }) if filter.starts_with("emails") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Source for ScimSource {
    async fn test(&self) -> Result<(), Error> {
        let directory = &self.directory;
        if directory.check_listing(ObjectType::User).await? == 0 {
            return Err(nobody(endpoint(ObjectType::User)));
        }
        if directory.needs.groups || directory.needs.assignments {
            let (paging, _) = directory.paging().await?;
            directory.groups(paging).await?;
        }
        Ok(())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let directory = Arc::clone(&self.directory);
        let (paging, now) = directory.paging().await?;
        let groups = directory.groups(paging).await?;
        let users = directory.list(ObjectType::User, paging);
        let mark = Mark::begin(now, &groups);
        let since = Since::of(since, &mark);
        Ok(Box::new(ScimReading::new(directory, users, groups, since, mark)))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        let directory = &self.directory;
        let (paging, _) = directory.paging().await?;
        let groups = directory.groups(paging).await?;
        let mut entries = Vec::with_capacity(anchors.len());
        let mut is_checked = false;
        for anchor in anchors {
            let object = match object_type {
                ObjectType::Group => groups.object(anchor),
                ObjectType::User => {
                    let found = directory.one(object_type, anchor).await?;
                    found.map(|found| person::object(found, &groups))
                }
            };
            if object.is_none() && !is_checked {
                // A wrong address answers 404 to everything, which must not look like everybody having gone.
                directory.check_listing(object_type).await?;
                is_checked = true;
            }
            entries.push(match object {
                Some(object) => Entry::Present(object),
                None => Entry::Removed { anchor: anchor.clone(), object_type },
            });
        }
        Ok(entries)
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        let directory = &self.directory;
        let (paging, _) = directory.paging().await?;
        let groups = directory.groups(paging).await?;
        let mut found = directory.named(who).await?;
        match directory.one(ObjectType::User, who).await {
            // What cannot be an id is refused by some.
            Err(Error::Rejected { .. }) => {}
            other => found.extend(other?),
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.dedup_by(|one, other| one.id == other.id);
        let people = found.into_iter().map(|user| person::object(user, &groups));
        Ok(people.chain(groups.object(who)).collect())
    }
}

/// A directory without anybody is rather one that is broken: nobody is deprovisioned for it.
pub(super) fn nobody(place: &str) -> Error {
    Error::source(
        format!("GET {place}"),
        "the directory lists nobody",
        "check the Tenant URL and what the token may read; a directory without users is never taken for true",
    )
}
