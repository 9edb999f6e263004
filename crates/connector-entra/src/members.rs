//! Memberships that are asked for one by one.

use crate::answer::Answer;
use crate::batch::Question;
use crate::client::Graph;
use crate::delta::{Link, Page, Pages, Record, id_of};
use crate::endpoint::segment;
use crate::limits::{CHECKED_GROUPS, LIST_PAGE, MAX_MEMBERSHIPS};
use connector::{Error, Member, ObjectType};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// The type of a member or group in a list; `None` for devices, contacts and whatever else a group may hold.
pub(crate) fn object_type(record: &Record) -> Option<ObjectType> {
    match record.get("@odata.type").and_then(Value::as_str)? {
        "#microsoft.graph.user" => Some(ObjectType::User),
        "#microsoft.graph.group" => Some(ObjectType::Group),
        _ => None,
    }
}

fn member(record: &Record) -> Result<Option<Member>, Error> {
    let anchor = id_of(record)?.to_owned();
    Ok(object_type(record).map(|object_type| Member { anchor, object_type }))
}

impl Graph {
    /// The members of a group, those of nested groups among them if so asked; `None` when there is no such group.
    pub(crate) async fn members(&self, group: &str, nested: bool) -> Result<Option<Vec<Member>>, Error> {
        let relation = if nested { "transitiveMembers" } else { "members" };
        let path = format!("/groups/{}/{relation}?$select=id&$top={LIST_PAGE}", segment(group));
        let mut pages = Pages::of(path).or_missing();
        let mut members = Vec::new();
        while let Some(records) = pages.next(self).await? {
            for record in &records {
                members.extend(member(record)?);
            }
            if members.len() > MAX_MEMBERSHIPS {
                return Err(Answer::broken("GET /groups", "a group has more members than can be held"));
            }
        }
        Ok((!pages.is_missing).then_some(members))
    }

    /// The groups that some objects are direct members of; those of nobody who is gone.
    pub(crate) async fn groups_of(
        &self,
        object_type: ObjectType,
        ids: &[String],
        transitive: bool,
    ) -> Result<HashMap<String, BTreeSet<String>>, Error> {
        let collection = collection(object_type);
        let relation = if transitive { "transitiveMemberOf" } else { "memberOf" };
        let question = |id: &String| {
            Question::get(format!("/{collection}/{}/{relation}?$select=id&$top={LIST_PAGE}", segment(id)))
        };
        let questions: Vec<Question> = ids.iter().map(question).collect();
        let mut found = HashMap::new();
        for (id, answer) in ids.iter().zip(self.ask_all(&questions).await?) {
            let place = answer.place.clone();
            if let Some(document) = answer.found()? {
                found.insert(id.clone(), self.group_ids(&place, document).await?);
            }
        }
        Ok(found)
    }

    /// The ids of the groups on a page and on those after it.
    async fn group_ids(&self, place: &str, document: Record) -> Result<BTreeSet<String>, Error> {
        let page = Page::read(place, document)?;
        let mut records = page.records;
        if let Link::Next(link) = page.link {
            let mut pages = Pages::from(place, link);
            while let Some(more) = pages.next(self).await? {
                records.extend(more);
            }
        }
        let groups = records.iter().filter(|record| object_type(record) == Some(ObjectType::Group));
        groups.map(|record| id_of(record).map(str::to_owned)).collect()
    }

    /// Of some groups those that users are members of at any depth (`checkMemberGroups` is transitive).
    pub(crate) async fn check_member_groups(
        &self,
        users: &[String],
        groups: &[String],
    ) -> Result<HashMap<String, BTreeSet<String>>, Error> {
        let (mut asked, mut questions) = (Vec::new(), Vec::new());
        for user in users {
            for some in groups.chunks(CHECKED_GROUPS) {
                let path = format!("/users/{}/checkMemberGroups", segment(user));
                asked.push(user);
                questions.push(Question::post(path, json!({ "groupIds": some })));
            }
        }
        let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
        for (user, answer) in asked.into_iter().zip(self.ask_all(&questions).await?) {
            let Some(document) = answer.found()? else { continue };
            let ids = document.get("value").and_then(Value::as_array).into_iter().flatten();
            found.entry(user.clone()).or_default().extend(ids.filter_map(Value::as_str).map(str::to_owned));
        }
        Ok(found)
    }
}

/// The first segment of an object's path.
pub(crate) fn collection(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::User => "users",
        ObjectType::Group => "groups",
    }
}
