//! The connector: what the engine calls.

use crate::assigned::Assigned;
use crate::census::{Census, check_ids};
use crate::fault;
use crate::limits::MAX_HELD_ROWS;
use crate::memberships::Memberships;
use crate::object::{Context, object};
use crate::reading::{Pages, Rows};
use crate::session::{Endpoint, Query, Session};
use async_trait::async_trait;
use connector::{
    Completed, Coverage, Entry, Error, Needs, Object, ObjectType, Paged, Reading, Source, Watermark,
};
use model::job::SqlSettings;
use scim::fold::fold_eq;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Changes when this source would deliver the same rows differently.
const VERSION: &str = "sql-1:";

/// People and groups in a database.
pub struct SqlSource {
    endpoint: Endpoint,
    users: Query,
    groups: Option<Query>,
    members: Option<Query>,
    assignments: Option<Query>,
    needs: Needs,
}

impl SqlSource {
    /// A source as a job describes it, with the URL opened. Nothing is connected yet.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(settings: &SqlSettings, url: &str, needs: Needs) -> Result<Self, Error> {
        let query = |name, text: &Option<String>| text.as_deref().map(|text| Query::new(name, text));
        Ok(Self {
            endpoint: Endpoint::new(url, settings.ca_file.clone())?,
            users: Query::new("users", &settings.users),
            groups: query("groups", &settings.groups),
            members: query("members", &settings.members),
            assignments: query("assignments", &settings.assignments),
            needs,
        })
    }

    fn queries(&self) -> impl Iterator<Item = &Query> {
        [Some(&self.users), self.groups.as_ref(), self.members.as_ref(), self.assignments.as_ref()]
            .into_iter()
            .flatten()
    }

    fn check_settings(&self) -> Result<(), Error> {
        let missing = |name, detail: &str| Err(fault::wrong(name, detail));
        if self.needs.assignments && self.assignments.is_none() {
            return missing("assignments", "is missing, and the job provisions assigned users only");
        }
        if self.members.is_some() && self.groups.is_none() {
            return missing("groups", "is missing, and there is one for members");
        }
        Ok(())
    }

    /// Refuses what looks like a failed query rather than like an empty company.
    fn check_counts(&self, query: &Query, census: &Census) -> Result<(), Error> {
        let needed = query.name == "users" || (query.name == "assignments" && self.needs.assignments);
        if needed && census.rows == 0 {
            return Err(fault::wrong(
                query.name,
                "has no row, which is taken for a mistake, not for everybody having left",
            ));
        }
        if query.name != "users" && census.rows > MAX_HELD_ROWS {
            return Err(fault::wrong(query.name, format!("has more than {MAX_HELD_ROWS} rows")));
        }
        Ok(())
    }

    async fn context(&self, session: &Session) -> Result<Context, Error> {
        let (groups, members) = (self.groups.as_ref(), self.members.as_ref());
        let memberships = Memberships::load(session, groups, members, &self.needs).await?;
        let assigned = Assigned::load(session, self.assignments.as_ref(), &memberships, &self.needs).await?;
        Ok(Context { memberships, assigned })
    }

    fn query_of(&self, object_type: ObjectType) -> Option<&Query> {
        match object_type {
            ObjectType::User => Some(&self.users),
            ObjectType::Group => self.groups.as_ref(),
        }
    }

    fn objects(&self) -> impl Iterator<Item = (ObjectType, Query)> {
        let types = [ObjectType::User, ObjectType::Group].into_iter();
        types.filter_map(|object_type| Some((object_type, self.query_of(object_type)?.clone())))
    }
}

#[async_trait]
impl Source for SqlSource {
    async fn test(&self) -> Result<(), Error> {
        self.check_settings()?;
        let session = self.endpoint.open().await?;
        for query in self.queries() {
            let column = match query.name {
                "members" => "groupId",
                "assignments" => "principalId",
                _ => "id",
            };
            match session.first(query, &self.needs).await? {
                Some(row) => drop(row.id(column)?),
                None if query.name == "users" => return Err(fault::wrong(query.name, "has no row")),
                None => {}
            }
        }
        Ok(())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        self.check_settings()?;
        let session = self.endpoint.open().await?;
        let (mut digest, mut expected) = (Sha256::new(), 0);
        for query in self.queries() {
            let census = Census::take(&session, query).await?;
            self.check_counts(query, &census)?;
            digest.update(query.name);
            census.add_to(&mut digest);
            if query.name == "users" || query.name == "groups" {
                check_ids(&session, query).await?;
                expected += u64::try_from(census.rows).unwrap_or_default();
            }
        }
        let watermark = watermark(digest);
        if since == Some(&watermark) {
            let completed = Completed { watermark, coverage: Coverage::Changes };
            return Ok(Box::new(Paged::new(Rows { pages: None, completed, expected: 0 })));
        }
        let context = self.context(&session).await?;
        let pages = Pages::new(session, context, self.needs.clone(), self.objects());
        let completed = Completed { watermark, coverage: Coverage::Full };
        Ok(Box::new(Paged::new(Rows { pages: Some(pages), completed, expected })))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        self.check_settings()?;
        let session = self.endpoint.open().await?;
        let context = self.context(&session).await?;
        let rows = match self.query_of(object_type) {
            Some(query) => session.by_ids(query, anchors, &self.needs).await?,
            None => Vec::new(),
        };
        let objects = rows.into_iter().map(|row| object(row, object_type, &context));
        let found: HashMap<String, Object> = objects
            .map(|made| made.map(|object| (object.anchor.clone(), object)))
            .collect::<Result<_, _>>()?;
        let entry = |anchor: &String| match found.get(anchor) {
            Some(object) => Entry::Present(object.clone()),
            None => Entry::Removed { anchor: anchor.clone(), object_type },
        };
        Ok(anchors.iter().map(entry).collect())
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        const NAMES: [&str; 3] = ["userPrincipalName", "originalUserPrincipalName", "mail"];
        self.check_settings()?;
        let session = self.endpoint.open().await?;
        let context = self.context(&session).await?;
        let mut pages = Pages::new(session, context, self.needs.clone(), self.objects());
        let mut found = Vec::new();
        // Everybody is looked at here: the database may compare letters in its own way.
        while let Some(page) = pages.next().await? {
            found.extend(page.into_iter().filter_map(|entry| match entry {
                Entry::Present(object) => {
                    let named = |name| object.attributes.get(name).and_then(|name| name.as_str());
                    let is_meant = object.anchor.eq_ignore_ascii_case(who)
                        || NAMES.into_iter().filter_map(named).any(|name| fold_eq(name, who));
                    is_meant.then_some(object)
                }
                Entry::Unchanged { .. } | Entry::Removed { .. } => None,
            }));
        }
        Ok(found)
    }
}

fn watermark(digest: Sha256) -> Watermark {
    let mut text = VERSION.to_owned();
    for byte in digest.finalize() {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Watermark(text)
}
