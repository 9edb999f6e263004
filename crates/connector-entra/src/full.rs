//! A read of everything: groups and assignments first, then users page by page, then the recycle bin.

use crate::assigned::Assigned;
use crate::delta::{Pages, Record, id_of, is_removed};
use crate::fetch::{Directory, group_state};
use crate::groups::Groups;
use crate::limits::{LIST_PAGE, PAGE_ENTRIES};
use crate::mark::Mark;
use crate::object::{self, Life};
use crate::roster::{Memberships, Roster, Standing};
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, Interruption, Members, ObjectType, Remaining};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What is left of a read of everything.
pub(crate) struct FullRead {
    directory: Arc<Directory>,
    stage: Stage,
    /// The users that were delivered, each with a digest of its record: Graph repeats itself.
    seen: HashMap<String, u64>,
    roster: Option<Roster>,
    groups: Groups,
    mark: Mark,
}

enum Stage {
    /// The users that are there.
    Users(Pages),
    /// Those in the recycle bin.
    Deleted(Pages),
    /// What changed meanwhile: who came back from the recycle bin before it was read is in neither of the two.
    Meanwhile(Pages),
    /// The groups, after this one.
    Groups(Option<String>),
    Ended,
}

impl FullRead {
    /// Reads assignments and groups.
    pub(crate) async fn begin(directory: Arc<Directory>) -> Result<Self, Error> {
        let mut mark = Mark::new(&directory.query);
        // The assignments before the groups: what changes in between is told by the next read of groups.
        let principals = directory.principals().await?;
        let mut groups = Groups::default();
        if directory.selection.reads_groups() {
            let every = directory.selection.groups || directory.selection.nested;
            let assigned = principals.as_ref().map(|(principals, _)| &principals.groups);
            let is_wanted = |id: &str| every || assigned.is_some_and(|groups| groups.contains_key(id));
            mark.groups = Some(read_groups(&directory, &mut groups, is_wanted).await?);
            if directory.selection.nested {
                mark.nested = groups.nested().map(str::to_owned).collect();
            }
        }
        let roster = principals.map(|(principals, roles)| {
            let users = |id: &str| users_of(&groups, id, directory.selection.nested);
            let mut known = BTreeMap::new();
            let assigned = Assigned::of(&principals, roles.as_ref(), |id| {
                let group = groups.get(id).filter(|group| !group.is_removed);
                let mut state = group_state(group.map(|group| &group.record));
                let members = users(id);
                state.members = members.len();
                known.insert(id.to_owned(), members);
                state
            });
            Roster { principals, roles, assigned, memberships: Memberships::Known(known) }
        });
        mark.assigned = roster.as_ref().map(|roster| roster.assigned.clone());
        let users = Pages::of(format!("/users/delta?{}", directory.selection.user_delta_query()));
        Ok(Self { directory, stage: Stage::Users(users), seen: HashMap::new(), roster, groups, mark })
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Users(pages) => {
                self.mark.users = pages.delta_link()?;
                let query = self.directory.selection.deleted_user_query();
                let path = format!("/directory/deletedItems/microsoft.graph.user?{query}&$top={LIST_PAGE}");
                Stage::Deleted(Pages::of(path))
            }
            Stage::Deleted(_) => Stage::Meanwhile(Pages::from("GET /users/delta", self.mark.users.clone())),
            Stage::Meanwhile(pages) => {
                self.mark.users = pages.delta_link()?;
                if self.directory.selection.groups { Stage::Groups(None) } else { Stage::Ended }
            }
            Stage::Groups(_) | Stage::Ended => Stage::Ended,
        };
        Ok(())
    }

    async fn user_page(&mut self, records: Vec<Record>) -> Result<Vec<Entry>, Error> {
        let mut fresh = Vec::new();
        for record in records {
            let id = id_of(&record)?.to_owned();
            let digest = digest(&record);
            match self.seen.get(&id) {
                Some(known) if *known == digest || matches!(self.stage, Stage::Deleted(_)) => {}
                // It was delivered already, and comes once in a read.
                Some(_) => self.mark.again.extend([id]),
                None if is_removed(&record) && matches!(self.stage, Stage::Users(_)) => {}
                None => {
                    self.seen.insert(id.clone(), digest);
                    fresh.push((id, record));
                }
            }
        }
        match self.stage {
            Stage::Meanwhile(_) => {
                let ids: Vec<String> = fresh.into_iter().map(|(id, _)| id).collect();
                let entries = self.directory.fetch_users(&ids, self.roster.as_ref()).await?;
                Ok(entries.into_iter().filter(|entry| matches!(entry, Entry::Present(_))).collect())
            }
            _ => fresh.into_iter().map(|(id, record)| self.user(&id, record)).collect(),
        }
    }

    fn user(&self, id: &str, record: Record) -> Result<Entry, Error> {
        if matches!(self.stage, Stage::Deleted(_)) {
            return self.directory.deleted_user(record).map(Entry::Present);
        }
        let standing = match &self.roster {
            Some(roster) => roster.user(id, &BTreeSet::new()),
            None => Standing::none(false),
        };
        object::user(record, Life::Here, &self.directory.selection, standing).map(Entry::Present)
    }

    fn group_page(&mut self) -> Result<Vec<Entry>, Error> {
        let Stage::Groups(after) = &self.stage else { return Ok(Vec::new()) };
        let after = after.clone();
        let is_next = |id: &str| after.as_deref().is_none_or(|after| id > after);
        let groups = self.groups.present().filter(|(id, _)| is_next(id)).take(PAGE_ENTRIES);
        let mut page = Vec::new();
        for (id, group) in groups {
            let selection = &self.directory.selection;
            let members = Members::All(self.groups.members(id, selection.nested).into_iter().collect());
            let standing =
                self.roster.as_ref().map_or_else(|| Standing::none(false), |roster| roster.group(id));
            let object = object::group(group.record.clone(), Life::Here, selection, standing, Some(members))?;
            page.push(Entry::Present(object));
        }
        self.stage = match page.last() {
            Some(last) => Stage::Groups(Some(last.anchor().to_owned())),
            None => Stage::Ended,
        };
        Ok(page)
    }
}

#[async_trait]
impl Remaining for FullRead {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        loop {
            let records = match &mut self.stage {
                Stage::Ended => return Ok(None),
                Stage::Users(pages) | Stage::Deleted(pages) | Stage::Meanwhile(pages) => {
                    pages.next(&self.directory.graph).await.map_err(interrupted)?
                }
                Stage::Groups(_) => {
                    let page = self.group_page()?;
                    return Ok((!page.is_empty()).then_some(page));
                }
            };
            match records {
                None => self.advance()?,
                Some(records) => {
                    let page = self.user_page(records).await?;
                    if !page.is_empty() {
                        return Ok(Some(page));
                    }
                }
            }
        }
    }

    fn completed(self) -> Completed {
        Completed { watermark: self.mark.watermark(), coverage: Coverage::Full }
    }

    fn expected(&self) -> Option<u64> {
        None
    }
}

/// Drains the delta query of groups, and tells where it goes on.
async fn read_groups(
    directory: &Directory,
    groups: &mut Groups,
    with_members: impl Fn(&str) -> bool,
) -> Result<String, Error> {
    let mut pages = Pages::of(format!("/groups/delta?{}", directory.selection.group_delta_query()));
    while let Some(records) = pages.next(&directory.graph).await.map_err(interrupted)? {
        for record in records {
            let with_members = with_members(id_of(&record)?);
            groups.add(record, with_members)?;
        }
    }
    pages.delta_link()
}

fn users_of(groups: &Groups, id: &str, nested: bool) -> HashSet<String> {
    let members = groups.members(id, nested).into_iter();
    members.filter(|member| member.object_type == ObjectType::User).map(|member| member.anchor).collect()
}

/// The place in a first query is lost: there is no watermark that could have expired.
fn interrupted(error: Error) -> Error {
    match error {
        Error::WatermarkExpired => Error::transient(
            Interruption::Changed,
            "Graph lost its place while everything was read; the next cycle reads again",
        ),
        other => other,
    }
}

fn digest(record: &Record) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in record {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
