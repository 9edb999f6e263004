//! The present state of objects, by their ids.

use crate::answer::Answer;
use crate::assigned::{Assigned, AssignedGroup};
use crate::batch::Question;
use crate::client::Graph;
use crate::delta::{Record, id_of};
use crate::endpoint::segment;
use crate::members::collection;
use crate::object::{self, Life};
use crate::principals::{Principals, Roles};
use crate::roster::{Memberships, Roster, Standing};
use crate::select::Selection;
use connector::{Entry, Error, Members, Object, ObjectType};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A tenant, and what a job needs of it.
pub(crate) struct Directory {
    pub(crate) graph: Graph,
    pub(crate) selection: Selection,
    /// The object id of the enterprise application.
    pub(crate) service_principal: Option<String>,
    /// A digest of the question, for watermarks.
    pub(crate) query: String,
}

impl Directory {
    /// One entry for each user, in the order given: in the recycle bin is soft-deleted, in neither place is removed.
    pub(crate) async fn fetch_users(
        &self,
        ids: &[String],
        roster: Option<&Roster>,
    ) -> Result<Vec<Entry>, Error> {
        let found = self.look_up(ids, |id| format!("/users/{id}?{}", self.selection.user_query())).await?;
        let missing: Vec<String> = ids
            .iter()
            .zip(&found)
            // Graph answers 400 for an id of the recycle bin that is no GUID, and no user has such an id.
            .filter(|(id, found)| found.is_none() && Uuid::try_parse(id).is_ok())
            .map(|(id, _)| id.clone())
            .collect();
        let query = self.selection.deleted_user_query();
        let deleted = self
            .look_up(&missing, |id| format!("/directory/deletedItems/{id}/microsoft.graph.user?{query}"))
            .await?;
        let mut deleted: BTreeMap<String, Record> =
            missing.into_iter().zip(deleted).filter_map(|(id, record)| Some((id, record?))).collect();
        let standings = match roster {
            Some(roster) => roster.users(&self.graph, ids).await?,
            None => ids.iter().map(|_| Standing::none(false)).collect(),
        };
        let entry = |((id, found), standing): ((&String, Option<Record>), Standing)| match found {
            Some(record) => object::user(record, Life::Here, &self.selection, standing).map(Entry::Present),
            None => match deleted.remove(id) {
                Some(record) => self.deleted_user(record).map(Entry::Present),
                None => Ok(Entry::Removed { anchor: id.clone(), object_type: ObjectType::User }),
            },
        };
        ids.iter().zip(found).zip(standings).map(entry).collect()
    }

    /// A user of the recycle bin. Graph shows no assignments of it.
    pub(crate) fn deleted_user(&self, record: Record) -> Result<Object, Error> {
        object::user(record, Life::SoftDeleted, &self.selection, Standing::none(self.selection.roles))
    }

    /// One entry for each group, in the order given, with the members given. A deleted group is removed: a security
    /// group does not come back.
    pub(crate) async fn fetch_groups(
        &self,
        groups: Vec<(String, Option<Members>)>,
        roster: Option<&Roster>,
    ) -> Result<Vec<Entry>, Error> {
        let ids: Vec<String> = groups.iter().map(|(id, _)| id.clone()).collect();
        let found = self.look_up(&ids, |id| format!("/groups/{id}?{}", self.selection.group_query())).await?;
        let entry = |((id, members), found): ((String, Option<Members>), Option<Record>)| match found {
            Some(record) => {
                let standing = roster.map_or_else(|| Standing::none(false), |roster| roster.group(&id));
                object::group(record, Life::Here, &self.selection, standing, members).map(Entry::Present)
            }
            None => Ok(Entry::Removed { anchor: id, object_type: ObjectType::Group }),
        };
        groups.into_iter().zip(found).map(entry).collect()
    }

    /// The record of each id, `None` where there is none.
    async fn look_up(
        &self,
        ids: &[String],
        path: impl Fn(String) -> String,
    ) -> Result<Vec<Option<Record>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let questions: Vec<Question> = ids.iter().map(|id| Question::get(path(segment(id)))).collect();
        let answers = self.graph.ask_all(&questions).await?;
        let record = |(id, answer): (&String, Answer)| {
            let found = answer.found()?;
            // A user is answered for its name as well, which is not what was asked.
            Ok(found.filter(|record| id_of(record).is_ok_and(|found| found.eq_ignore_ascii_case(id))))
        };
        ids.iter().zip(answers).map(record).collect()
    }

    /// Whether groups are there and security enabled, and their names.
    pub(crate) async fn group_states(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, AssignedGroup>, Error> {
        let path =
            |id| format!("/{}/{id}?$select=id,displayName,securityEnabled", collection(ObjectType::Group));
        let found = self.look_up(ids, path).await?;
        Ok(ids.iter().cloned().zip(found.into_iter().map(|record| group_state(record.as_ref()))).collect())
    }

    /// Who is assigned, and the roles where they are needed; `None` where that does not matter.
    pub(crate) async fn principals(&self) -> Result<Option<(Principals, Option<Roles>)>, Error> {
        let Some(application) = self.service_principal.as_deref().filter(|_| self.selection.assignments)
        else {
            return Ok(None);
        };
        let roles = match self.selection.roles {
            true => Some(Roles::read(&self.graph, application).await?),
            false => None,
        };
        Ok(Some((Principals::read(&self.graph, application).await?, roles)))
    }

    /// How everybody stands now, with memberships asked one by one.
    pub(crate) async fn present_roster(&self) -> Result<Option<Roster>, Error> {
        let Some((principals, roles)) = self.principals().await? else { return Ok(None) };
        let groups: Vec<String> = principals.groups.keys().cloned().collect();
        let mut states = self.group_states(&groups).await?;
        let assigned = Assigned::of(&principals, roles.as_ref(), |id| states.remove(id).unwrap_or_default());
        let memberships = match assigned.counting().next() {
            Some(_) => Memberships::Asked { nested: self.selection.nested },
            None => Memberships::Known(BTreeMap::new()),
        };
        Ok(Some(Roster { principals, roles, assigned, memberships }))
    }
}

/// What a group's record says of its members' assignment.
pub(crate) fn group_state(record: Option<&Record>) -> AssignedGroup {
    let Some(record) = record else { return AssignedGroup::default() };
    let name = record.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let counts = record.get("securityEnabled").and_then(Value::as_bool).unwrap_or(false);
    AssignedGroup { name, counts, ..AssignedGroup::default() }
}
