//! Users, groups and assignments, each change with its number.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(super) fn odata_type(self) -> &'static str {
        match self {
            Self::User => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
        }
    }

    /// The relation that a delta query tracks.
    pub(super) fn relation(self) -> &'static str {
        match self {
            Self::User => "manager",
            Self::Group => "members",
        }
    }
}

/// Whether an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Here,
    /// In the recycle bin.
    SoftDeleted,
    Purged,
}

/// A value with the number of the change that set it.
#[derive(Debug, Clone)]
pub(super) struct Dated<T> {
    pub(super) value: T,
    pub(super) version: u64,
}

/// An object of the directory.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) properties: BTreeMap<String, Dated<Value>>,
    pub(super) life: Dated<Life>,
    /// The change that made it.
    pub(super) born: u64,
    /// Its members, or its manager.
    pub(super) linked: BTreeSet<String>,
    /// Who was linked (true) and unlinked (false), in order.
    pub(super) links: Vec<Dated<(String, bool)>>,
}

/// An app role assignment.
#[derive(Debug, Clone)]
pub(super) struct Assigned {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) principal: String,
    pub(super) role: String,
}

/// An app role that the application defines.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) display_name: String,
}

/// The whole directory.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) version: u64,
    pub(super) things: BTreeMap<(Kind, String), Thing>,
    pub(super) assignments: Vec<Assigned>,
    pub(super) roles: Vec<Role>,
}

impl Thing {
    pub(super) fn is_here(&self) -> bool {
        self.life.value == Life::Here
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(|property| property.value.as_str()).unwrap_or_default()
    }

    /// The object as a GET answers it. Never-set properties that are asked for are null.
    pub(super) fn document(&self, id: &str, select: Option<&[String]>) -> Map<String, Value> {
        let mut document = Map::from_iter([("id".to_owned(), json!(id))]);
        match select {
            None => document.extend(self.properties.iter().map(|(name, p)| (name.clone(), p.value.clone()))),
            Some(names) => document.extend(names.iter().filter(|name| *name != "id").map(|name| {
                (name.clone(), self.properties.get(name).map_or(Value::Null, |p| p.value.clone()))
            })),
        }
        document
    }
}

impl Directory {
    /// Numbers a change.
    pub(super) fn tick(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    pub(super) fn thing(&self, kind: Kind, id: &str) -> Option<&Thing> {
        self.things.get(&(kind, id.to_owned()))
    }

    /// An object that is not deleted.
    pub(super) fn here(&self, kind: Kind, id: &str) -> Option<&Thing> {
        self.thing(kind, id).filter(|thing| thing.is_here())
    }

    pub(super) fn thing_mut(&mut self, kind: Kind, id: &str) -> &mut Thing {
        self.things.get_mut(&(kind, id.to_owned())).unwrap_or_else(|| panic!("there is no {kind:?} {id}"))
    }

    /// Everything of a kind, in the order of ids.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = (&str, &Thing)> {
        self.things.iter().filter(move |((k, _), _)| *k == kind).map(|((_, id), thing)| (id.as_str(), thing))
    }

    /// What an id that is linked stands for, unless it is deleted: Graph shows no deleted members.
    pub(super) fn kind_of(&self, id: &str) -> Option<Kind> {
        [Kind::User, Kind::Group].into_iter().find(|kind| self.here(*kind, id).is_some())
    }

    /// The members of a group, at any depth if so asked.
    pub(super) fn members(&self, group: &str, transitive: bool) -> BTreeSet<(Kind, String)> {
        let (mut found, mut open) = (BTreeSet::new(), vec![group.to_owned()]);
        while let Some(group) = open.pop() {
            for id in self.here(Kind::Group, &group).into_iter().flat_map(|thing| &thing.linked) {
                let Some(kind) = self.kind_of(id) else { continue };
                if found.insert((kind, id.clone())) && transitive && kind == Kind::Group {
                    open.push(id.clone());
                }
            }
        }
        found
    }

    /// The groups that an object is a member of.
    pub(super) fn member_of(&self, id: &str, transitive: bool) -> BTreeSet<String> {
        let (mut found, mut open) = (BTreeSet::new(), vec![id.to_owned()]);
        while let Some(member) = open.pop() {
            for (group, thing) in self.all(Kind::Group) {
                let is_in = thing.is_here() && thing.linked.contains(&member);
                if is_in && found.insert(group.to_owned()) && transitive {
                    open.push(group.to_owned());
                }
            }
        }
        found
    }
}
