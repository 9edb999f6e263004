//! The groups and who is in them, held in memory.

use crate::fault;
use crate::session::{Query, Session};
use connector::{Error, Member, Needs, Nesting};
use std::collections::HashMap;

/// What is known of a group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Whether it can assign its members.
    pub(crate) assigns: bool,
}

/// All groups.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    groups: HashMap<String, Group>,
    nesting: Nesting,
    nested: bool,
}

impl Memberships {
    /// Reads groups and members.
    pub(crate) async fn load(
        session: &Session,
        groups: Option<&Query>,
        members: Option<&Query>,
        needs: &Needs,
    ) -> Result<Self, Error> {
        let mut memberships = Self { nested: needs.nested_groups, ..Self::default() };
        let Some(groups) = groups else { return Ok(memberships) };
        session.open(groups).await?;
        loop {
            let page = session.fetch(groups, needs).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                let (id, deleted) = (row.id("id")?, row.has("deletedDateTime"));
                let name = row.text("displayName")?.unwrap_or(&id).to_owned();
                let assigns = row.flag("securityEnabled")?.unwrap_or(true) && !deleted;
                memberships.nesting.add(&id, []);
                memberships.groups.insert(id, Group { name, assigns });
            }
        }
        if let Some(members) = members {
            memberships.fill(session, members, needs).await?;
        }
        Ok(memberships)
    }

    async fn fill(&mut self, session: &Session, members: &Query, needs: &Needs) -> Result<(), Error> {
        session.open(members).await?;
        loop {
            let page = session.fetch(members, needs).await?;
            if page.is_empty() {
                return Ok(());
            }
            for row in page {
                let (group, member) = (row.id("groupId")?, row.id("memberId")?);
                if !self.groups.contains_key(&group) {
                    let detail =
                        format!("has members of the group \"{group}\", which the groups query does not have");
                    return Err(fault::wrong(members.name, detail));
                }
                self.nesting.add(&group, [member.as_str()]);
            }
        }
    }

    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    /// The members that count.
    pub(crate) fn members(&self, group: &str) -> Vec<Member> {
        if self.nested { self.nesting.all(group) } else { self.nesting.direct(group) }
    }
}
