//! Who is assigned: the people and the members of the groups that the job names.

use crate::entry::RawEntry;
use crate::key::Key;
use crate::layout::Layout;
use crate::limits::{LISTING_PAGE, MAX_ASSIGNED, MAX_OBJECTS};
use crate::members;
use crate::session::{Search, Session};
use connector::{Assignment, Error};
use std::collections::{HashMap, HashSet};

const NAME_THEM: &str =
    "name groups (or people) by their DNs in `assigned` of the job's [source], or set assigned_only = false";
const LOOK: &str = "correct `assigned` in the job's [source]; its people would look as if they had left";
const NOBODY: &str = "check that bind_dn may read the groups' members; groups without members are taken for a reader \
                      without rights, not for everybody having left";

/// The assigned people, by the names that groups have for them.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    people: HashSet<Key>,
    groups: HashSet<Key>,
    /// By which of the groups; of several the one that is named first.
    members: HashMap<Key, usize>,
    names: Vec<String>,
}

impl Assigned {
    /// Reads the entries that `assigned` names. Nobody is assigned where the job does not ask.
    pub(crate) async fn load(session: &mut Session, layout: &Layout) -> Result<Self, Error> {
        let mut assigned = Self::default();
        if !layout.needs.assignments {
            return Ok(assigned);
        }
        if layout.assigned.is_empty() || layout.assigned.len() > MAX_ASSIGNED {
            let detail = format!("needs 1 to {MAX_ASSIGNED} names of who is assigned");
            return Err(Error::source(&session.place, detail, NAME_THEM));
        }
        let nested = if layout.needs.nested_groups { groups(session, layout).await? } else { HashMap::new() };
        for dn in &layout.assigned {
            if let Some(group) = session.entry(dn, &layout.groups.filter, &attributes(layout)).await? {
                assigned.add_group(session, layout, &nested, group).await?;
            } else if session.entry(dn, &layout.users.filter, &["1.1".to_owned()]).await?.is_some() {
                assigned.people.insert(Key::of_dn(dn));
            } else {
                let place = format!("{}, \"{dn}\"", session.place);
                return Err(Error::source(place, "is assigned, and is neither a group nor a user", LOOK));
            }
        }
        if assigned.people.is_empty() && assigned.members.is_empty() {
            return Err(Error::source(&session.place, "shows no member of the assigned groups", NOBODY));
        }
        Ok(assigned)
    }

    async fn add_group(
        &mut self,
        session: &mut Session,
        layout: &Layout,
        nested: &HashMap<Key, String>,
        group: RawEntry,
    ) -> Result<(), Error> {
        let index = self.names.len();
        let name = group.text("displayName").or(group.text("cn")).unwrap_or(&group.dn);
        self.names.push(name.to_owned());
        let start = Key::of_dn(&group.dn);
        self.groups.insert(start);
        let (mut met, mut open) = (HashSet::from([start]), vec![group]);
        while let Some(group) = open.pop() {
            for member in members::of(session, layout, &group).await? {
                let Some(inner) = nested.get(&member) else {
                    self.members.entry(member).or_insert(index);
                    continue;
                };
                if met.insert(member) {
                    open.extend(session.entry(inner, &layout.groups.filter, &layout.members).await?);
                }
            }
        }
        Ok(())
    }

    /// How a user is assigned who is called by these keys.
    pub(crate) fn of_user(&self, dn: Key, uid: Option<Key>) -> Assignment {
        if self.people.contains(&dn) {
            return Assignment::Direct;
        }
        let index = self.members.get(&dn).or_else(|| self.members.get(&uid?));
        match index.and_then(|index| self.names.get(*index)) {
            Some(group) => Assignment::ByGroup { group: group.clone() },
            None => Assignment::Unassigned,
        }
    }

    /// How a group is assigned: by itself or not at all.
    pub(crate) fn of_group(&self, dn: Key) -> Assignment {
        if self.groups.contains(&dn) { Assignment::Direct } else { Assignment::Unassigned }
    }
}

fn attributes(layout: &Layout) -> Vec<String> {
    ["cn", "displayName"].map(str::to_owned).into_iter().chain(layout.members.iter().cloned()).collect()
}

/// The names of all groups, so that groups in groups are known as such.
async fn groups(session: &mut Session, layout: &Layout) -> Result<HashMap<Key, String>, Error> {
    let search = Search {
        base: layout.groups.base.clone(),
        filter: layout.groups.filter.clone(),
        attributes: vec!["1.1".to_owned()],
        page: LISTING_PAGE,
    };
    let groups = session.all(&search, MAX_OBJECTS).await?;
    Ok(groups.into_iter().map(|group| (Key::of_dn(&group.dn), group.dn)).collect())
}
