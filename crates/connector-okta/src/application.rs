//! Who is assigned to the app, through what, and with which profile.

use crate::api::{Api, endless};
use crate::group::Id;
use crate::limits::{APP_USERS_A_PAGE, GROUPS_A_PAGE, MAX_PAGES, USERS_A_PAGE};
use crate::org_url::encoded;
use connector::{Assignment, Error};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// The app whose assignments count, with the groups that are assigned to it.
pub(crate) struct Application {
    /// The path of the app.
    path: String,
    /// The first wins: where several groups assign a user, Okta takes the profile of the one with the lowest number.
    groups: Vec<AssignedGroup>,
}

/// How a user is assigned.
#[derive(Debug, Clone)]
pub(crate) struct Assigned {
    pub(crate) assignment: Assignment,
    /// The profile that Okta keeps for the user in the app: mapped, of the assigning group, or entered for the user.
    pub(crate) profile: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct AssignedGroup {
    id: String,
    #[serde(default)]
    priority: i64,
    #[serde(rename = "_embedded", default)]
    embedded: Embedded,
}

#[derive(Debug, Default, Deserialize)]
struct Embedded {
    group: Option<EmbeddedGroup>,
}

#[derive(Debug, Deserialize)]
struct EmbeddedGroup {
    profile: EmbeddedProfile,
}

#[derive(Debug, Deserialize)]
struct EmbeddedProfile {
    name: String,
}

#[derive(Deserialize)]
struct AppUser {
    id: String,
    scope: Scope,
    profile: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Scope {
    User,
    Group,
}

impl AssignedGroup {
    fn name(&self) -> &str {
        self.embedded.group.as_ref().map_or(&self.id, |group| &group.profile.name)
    }
}

impl AppUser {
    fn assigned(self, group: Option<&AssignedGroup>) -> Assigned {
        let assignment = match self.scope {
            Scope::User => Assignment::Direct,
            Scope::Group => {
                Assignment::ByGroup { group: group.map(AssignedGroup::name).unwrap_or_default().into() }
            }
        };
        Assigned { assignment, profile: self.profile.unwrap_or_default() }
    }
}

impl Application {
    /// Reads which groups are assigned.
    pub(crate) async fn load(api: &Api, id: &str) -> Result<Self, Error> {
        let path = format!("/api/v1/apps/{}", encoded(id));
        let list = format!("{path}/groups?limit={GROUPS_A_PAGE}&expand=group");
        let mut groups: Vec<AssignedGroup> = api.all(&list).await?;
        groups.sort_by_key(|group| group.priority);
        Ok(Self { path, groups })
    }

    /// The path of a request that shows whether the app may be read.
    pub(crate) fn probe(id: &str) -> String {
        format!("/api/v1/apps/{}/users?limit=1", encoded(id))
    }

    /// Whether a group is assigned.
    pub(crate) fn has_group(&self, id: &str) -> bool {
        self.groups.iter().any(|group| group.id == id)
    }

    /// Everybody who is assigned, by their anchors.
    pub(crate) async fn everybody(&self, api: &Api) -> Result<HashMap<String, Assigned>, Error> {
        let list = format!("{}/users?limit={APP_USERS_A_PAGE}", self.path);
        let users: Vec<AppUser> = api.all(&list).await?;
        let through = self.groups_of_members(api, &users).await?;
        let assigned = |user: AppUser| {
            let group =
                through.get(&user.id).and_then(|index| self.groups.get(*index)).or(self.groups.last());
            (user.id.clone(), user.assigned(group))
        };
        Ok(users.into_iter().map(assigned).collect())
    }

    /// The assigning groups of users, as indices. The last group is not asked for: it has who is in none before it.
    async fn groups_of_members(&self, api: &Api, users: &[AppUser]) -> Result<HashMap<String, usize>, Error> {
        let by_group = users.iter().filter(|user| user.scope == Scope::Group);
        let mut open: HashSet<&str> = by_group.map(|user| user.id.as_str()).collect();
        let mut through = HashMap::new();
        let but_last = self.groups.len().saturating_sub(1);
        for (index, group) in self.groups.iter().enumerate().take(but_last) {
            let mut next = Some(members(&group.id));
            for _ in 0..MAX_PAGES {
                let Some(path) = next.take().filter(|_| !open.is_empty()) else { break };
                // A group that was deleted meanwhile has no members.
                let Some(page) = api.find_page::<Id>(&path).await? else { break };
                for member in page.items.into_iter().filter(|member| open.remove(member.id.as_str())) {
                    through.insert(member.id, index);
                }
                next = page.next;
            }
            if next.is_some() {
                return Err(endless());
            }
        }
        Ok(through)
    }

    /// How one user is assigned.
    pub(crate) async fn one(&self, api: &Api, user: &str) -> Result<Option<Assigned>, Error> {
        let path = format!("{}/users/{}", self.path, encoded(user));
        let Some(found) = api.find::<AppUser>(&path).await? else { return Ok(None) };
        let group = match found.scope {
            Scope::Group if self.groups.len() > 1 => self.first_of(api, user).await?,
            Scope::Group | Scope::User => None,
        };
        Ok(Some(found.assigned(group.or(self.groups.last()))))
    }

    async fn first_of(&self, api: &Api, user: &str) -> Result<Option<&AssignedGroup>, Error> {
        let groups = groups_of(api, user).await?;
        Ok(self.groups.iter().find(|assigned| groups.contains(&assigned.id)))
    }
}

/// The ids of the groups that a user is in.
pub(crate) async fn groups_of(api: &Api, user: &str) -> Result<Vec<String>, Error> {
    let list = format!("/api/v1/users/{}/groups", encoded(user));
    let Some(first) = api.find_page::<Id>(&list).await? else { return Ok(Vec::new()) };
    Ok(api.rest(first).await?.into_iter().map(|group| group.id).collect())
}

/// The path of a group's members.
pub(crate) fn members(group: &str) -> String {
    format!("/api/v1/groups/{}/users?limit={USERS_A_PAGE}", encoded(group))
}
