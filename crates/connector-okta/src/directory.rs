//! Objects of the org, put together from what several endpoints say.

use crate::api::Api;
use crate::application::{Application, Assigned, members};
use crate::config::{Config, ConfigError};
use crate::group::Group;
use crate::limits::PARALLEL;
use crate::managers::Managers;
use crate::org_url::encoded;
use crate::user::User;
use connector::{Entry, Error, Needs, Object, ObjectType};
use futures::stream::{self, StreamExt, TryStreamExt};

/// The org, and what the job wants of it.
pub(crate) struct Directory {
    pub(crate) api: Api,
    pub(crate) needs: Needs,
    /// The id of the app whose assignments count.
    pub(crate) app: Option<String>,
}

/// What is asked for once in a read and used for all its objects.
pub(crate) struct Shared {
    pub(crate) application: Option<Application>,
    managers: Managers,
}

impl Shared {
    fn assigns(&self, group: &str) -> bool {
        self.application.as_ref().is_some_and(|application| application.has_group(group))
    }
}

impl Directory {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let is_id = |app: &String| !app.is_empty() && app.chars().all(|c| c.is_ascii_alphanumeric());
        if config.app.as_ref().is_some_and(|app| !is_id(app)) {
            return Err(ConfigError::App);
        }
        Ok(Self { api: Api::new(config)?, needs: config.needs.clone(), app: config.app.clone() })
    }

    /// Begins a read.
    pub(crate) async fn share(&self) -> Result<Shared, Error> {
        let application = match &self.app {
            Some(app) => Some(Application::load(&self.api, app).await?),
            None => None,
        };
        Ok(Shared { application, managers: Managers::default() })
    }

    /// Users, each with the assignment, as objects.
    pub(crate) async fn users(
        &self,
        users: Vec<(User, Option<Assigned>)>,
        shared: &mut Shared,
    ) -> Result<Vec<Object>, Error> {
        shared.managers.learn(&self.api, users.iter().map(|(user, _)| user)).await?;
        let object = |(user, assigned): (User, Option<Assigned>)| {
            let manager = shared.managers.of(&user);
            user.into_object(manager, assigned)
        };
        Ok(users.into_iter().map(object).collect())
    }

    /// Groups as objects. One that was deleted meanwhile is left out.
    pub(crate) async fn groups(&self, groups: Vec<Group>, shared: &Shared) -> Result<Vec<Object>, Error> {
        let one = async |group: Group| {
            let is_assigned = shared.assigns(&group.id);
            if !self.wants_members(&group.id, shared) {
                return Ok(Some(group.into_object(is_assigned, None)));
            }
            let Some(first) = self.api.find_page(&members(&group.id)).await? else { return Ok(None) };
            Ok::<_, Error>(Some(group.into_object(is_assigned, Some(self.api.rest(first).await?))))
        };
        let groups: Vec<_> = stream::iter(groups).map(one).buffered(PARALLEL).try_collect().await?;
        Ok(groups.into_iter().flatten().collect())
    }

    /// Whether a group's members matter: a job that provisions assigned objects only has no use for those of other
    /// groups, and each group is a request.
    pub(crate) fn wants_members(&self, group: &str, shared: &Shared) -> bool {
        !self.needs.assignments || shared.assigns(group)
    }

    /// The present state of objects: an entry for each id, in that order.
    pub(crate) async fn get(
        &self,
        object_type: ObjectType,
        ids: &[String],
        shared: &mut Shared,
    ) -> Result<Vec<Entry>, Error> {
        let found = match object_type {
            ObjectType::User => self.get_users(ids, shared).await?,
            ObjectType::Group => self.get_groups(ids, shared).await?,
        };
        let entry = |id: &String| match found.iter().find(|object| object.anchor == *id) {
            Some(object) => Entry::Present(object.clone()),
            None => Entry::Removed { anchor: id.clone(), object_type },
        };
        Ok(ids.iter().map(entry).collect())
    }

    async fn get_users(&self, ids: &[String], shared: &mut Shared) -> Result<Vec<Object>, Error> {
        let application = shared.application.as_ref();
        let one = async |id: &String| {
            let found: Option<User> = self.get_one("users", id).await?;
            // The path takes logins as well.
            let Some(user) = found.filter(|user| user.id == *id) else { return Ok(None) };
            let assigned = match application {
                Some(application) => application.one(&self.api, id).await?,
                None => None,
            };
            Ok::<_, Error>(Some((user, assigned)))
        };
        let found: Vec<_> = stream::iter(ids).map(one).buffered(PARALLEL).try_collect().await?;
        self.users(found.into_iter().flatten().collect(), shared).await
    }

    async fn get_groups(&self, ids: &[String], shared: &Shared) -> Result<Vec<Object>, Error> {
        let one = async |id: &String| self.get_one::<Group>("groups", id).await;
        let found: Vec<_> = stream::iter(ids).map(one).buffered(PARALLEL).try_collect().await?;
        self.groups(found.into_iter().flatten().collect(), shared).await
    }

    async fn get_one<T: serde::de::DeserializeOwned>(&self, of: &str, id: &str) -> Result<Option<T>, Error> {
        if !is_name(id) {
            return Ok(None);
        }
        self.api.find(&format!("/api/v1/{of}/{}", encoded(id))).await
    }

    /// Users that a person may mean by `who`: an id, a login in any letter case, or a mail address.
    pub(crate) async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        let mut found: Vec<User> = self.get_one("users", who).await?.into_iter().collect();
        // A search compares without letter case, but does not know yet who was made a moment ago.
        let text = serde_json::Value::from(who);
        let search = encoded(&format!("profile.login eq {text} or profile.email eq {text}"));
        let others: Vec<User> = self.api.all(&format!("/api/v1/users?limit=200&search={search}")).await?;
        for other in others {
            if found.iter().all(|user| user.id != other.id) {
                found.push(other);
            }
        }
        let ids: Vec<String> = found.into_iter().map(|user| user.id).collect();
        self.get_users(&ids, &mut self.share().await?).await
    }
}

/// Whether a text names an object where an id is expected. `me` is whoever reads, and dots are directions in a URL.
fn is_name(id: &str) -> bool {
    !id.is_empty() && id != "me" && id.chars().any(|c| c != '.')
}
