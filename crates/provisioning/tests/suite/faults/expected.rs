//! What the application holds when the directory is what it is.

use std::collections::{BTreeMap, BTreeSet};

use connector::ObjectType;
use model::link::Link;
use serde_json::{Value, json};

use super::company::{Company, Place, anchor, group_anchor};
use crate::world::World;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What the application has of others, and must keep as it is.
pub fn bystanders() -> [(ObjectType, Value); 2] {
    [
        (
            ObjectType::User,
            json!({ "userName": "admin@contoso.com", "active": true, "title": "Administrator" }),
        ),
        (ObjectType::Group, json!({ "displayName": "Administrators", "members": ["t000001"] })),
    ]
}

/// Compares.
pub async fn check(world: &World, company: &Company) {
    let users = Resources::of(world, ObjectType::User, "userName").await;
    let groups = Resources::of(world, ObjectType::Group, "displayName").await;
    for (object_type, document) in bystanders() {
        let resources = if object_type == ObjectType::User { &users } else { &groups };
        resources.check_bystander(&document);
    }
    for (who, place) in company.people.iter().enumerate() {
        let anchor = anchor(who);
        match place {
            Place::Taken(person) if person.is_in_scope() => {
                let resource = users.linked(&anchor);
                assert_eq!(resource["userName"], person.name, "{anchor}");
                assert_eq!(resource["active"], true, "{anchor}");
                assert_eq!(resource["title"], person.title, "{anchor}");
                check_manager(company, &users, &anchor, person.manager, resource);
            }
            Place::Taken(_) | Place::Gone(_) | Place::Free => {
                let left = users.links.get(&anchor).and_then(|link| users.by_id.get(&link.target_id));
                assert!(left.is_none_or(|left| left["active"] == false), "{anchor} has left: {left:?}");
            }
        }
        if let Place::Gone(_) = place {
            assert!(!users.links.contains_key(&anchor), "{anchor} is gone");
        }
    }
    for (which, place) in company.groups.iter().enumerate() {
        let anchor = group_anchor(which);
        match place.object().filter(|group| group.is_in_scope()) {
            Some(group) => {
                let resource = groups.linked(&anchor);
                assert_eq!(resource["displayName"], group.name, "{anchor}");
                check_members(company, &users, &anchor, &group.members, resource);
            }
            None => assert!(!groups.links.contains_key(&anchor), "{anchor} has left"),
        }
    }
    users.check_unlinked(|user| user["active"] == false);
    groups.check_unlinked(|_| false);
}

/// Whom the application must have: those in scope. Who has left may be left where they are.
fn check_manager(company: &Company, users: &Resources, who: &str, manager: Option<usize>, resource: &Value) {
    let held = resource[ENTERPRISE]["manager"]["value"].as_str();
    let Some(manager) = manager else {
        return assert_eq!(held, None, "{who} has no manager");
    };
    let wanted = users.links.get(&anchor(manager)).map(|link| link.target_id.as_str());
    let in_scope = company.people[manager].object().is_some_and(|p| p.is_in_scope());
    assert!(held == wanted || (!in_scope && held.is_none()), "{who}: manager {held:?} instead of {wanted:?}");
}

fn check_members(
    company: &Company,
    users: &Resources,
    which: &str,
    members: &BTreeSet<usize>,
    resource: &Value,
) {
    let held: Vec<&str> = resource
        .get("members")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let distinct: BTreeSet<&str> = held.iter().copied().collect();
    assert_eq!(held.len(), distinct.len(), "{which} has somebody twice: {held:?}");
    let id = |who: &usize| users.links.get(&anchor(*who)).map(|link| link.target_id.as_str());
    let possible: BTreeSet<&str> = members.iter().filter_map(id).collect();
    let needed = members.iter().filter(|who| company.people[**who].object().is_some_and(|p| p.is_in_scope()));
    let needed: BTreeSet<&str> = needed.filter_map(id).collect();
    assert!(distinct.is_superset(&needed), "{which} lacks members: {held:?}, needed {needed:?}");
    assert!(distinct.is_subset(&possible), "{which} has others: {held:?}, possible {possible:?}");
}

/// The application's objects of a type, and what the engine knows of them.
struct Resources {
    name: &'static str,
    by_id: BTreeMap<String, Value>,
    links: BTreeMap<String, Link>,
}

impl Resources {
    async fn of(world: &World, object_type: ObjectType, name: &'static str) -> Self {
        let job = world.job.id;
        let kind = object_type.to_string();
        let links = world.store.read(move |tx| store::link::after(tx, job, &kind, "", 1_000)).await.unwrap();
        let links: BTreeMap<String, Link> =
            links.into_iter().map(|link| (link.source_id.clone(), link)).collect();
        let by_id: BTreeMap<String, Value> = world
            .target
            .objects(object_type)
            .into_iter()
            .map(|object| (object["id"].as_str().unwrap().to_owned(), object))
            .collect();
        let ids: BTreeSet<&str> = links.values().map(|link| link.target_id.as_str()).collect();
        assert_eq!(ids.len(), links.len(), "two have one {name}: {links:?}");
        let names: BTreeSet<String> =
            by_id.values().map(|o| o[name].as_str().unwrap().to_lowercase()).collect();
        assert_eq!(names.len(), by_id.len(), "somebody is there twice: {by_id:?}");
        Self { name, by_id, links }
    }

    fn linked(&self, anchor: &str) -> &Value {
        let link = self.links.get(anchor).unwrap_or_else(|| panic!("{anchor} is not provisioned"));
        self.by_id.get(&link.target_id).unwrap_or_else(|| panic!("{anchor} is linked to nothing"))
    }

    fn check_bystander(&self, document: &Value) {
        let found = self.by_id.values().find(|object| object[self.name] == document[self.name]);
        let mut found = found.unwrap().clone();
        found.as_object_mut().unwrap().remove("id");
        assert_eq!(&found, document, "nothing out of scope is touched");
    }

    fn unlinked(&self) -> impl Iterator<Item = &Value> {
        let linked: BTreeSet<&str> = self.links.values().map(|link| link.target_id.as_str()).collect();
        self.by_id.iter().filter(move |(id, _)| !linked.contains(id.as_str())).map(|(_, object)| object)
    }

    /// What is linked to nobody is somebody's who left, or was there from the beginning.
    fn check_unlinked(&self, has_left: impl Fn(&Value) -> bool) {
        for object in self.unlinked() {
            let is_anothers = bystanders().iter().any(|(_, other)| other[self.name] == object[self.name]);
            // Whom the application had before, and who was never in scope.
            let is_as_found = object.get("title").is_none() && object.get("members").is_none();
            assert!(is_anothers || is_as_found || has_left(object), "nobody knows {object}");
        }
    }
}
