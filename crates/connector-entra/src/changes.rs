//! A read of what changed since a watermark: whom it concerns is gathered first, their present state fetched then.

use crate::assigned::{Assigned, AssignedGroup};
use crate::delta::{Pages, id_of};
use crate::fetch::Directory;
use crate::groups::Groups;
use crate::limits::{LIST_PAGE, MAX_CHANGES, PAGE_ENTRIES};
use crate::mark::Mark;
use crate::roster::{Memberships, Roster};
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, Member, Members, ObjectType, Remaining};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

/// What is left of a read of changes.
pub(crate) struct ChangesRead {
    directory: Arc<Directory>,
    users: VecDeque<String>,
    groups: VecDeque<(String, Option<Members>)>,
    roster: Option<Roster>,
    mark: Mark,
}

impl ChangesRead {
    /// Gathers whom the changes concern.
    ///
    /// # Errors
    /// [`Error::WatermarkExpired`] where that cannot be told, or is almost everybody.
    pub(crate) async fn begin(directory: Arc<Directory>, mark: Mark) -> Result<Self, Error> {
        let mut gathering = Gathering::new(&directory, mark);
        gathering.read_users().await?;
        gathering.read_groups().await?;
        let roster = gathering.compare_assignments().await?;
        let Gathering { mark, users, groups, .. } = gathering;
        let groups = if directory.selection.groups { groups.into_iter().collect() } else { VecDeque::new() };
        Ok(Self { directory, users: users.into_iter().collect(), groups, roster, mark })
    }
}

#[async_trait]
impl Remaining for ChangesRead {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let roster = self.roster.as_ref();
        if !self.users.is_empty() {
            let ids: Vec<String> = self.users.drain(..self.users.len().min(PAGE_ENTRIES)).collect();
            return self.directory.fetch_users(&ids, roster).await.map(Some);
        }
        if !self.groups.is_empty() {
            let mut groups: Vec<_> = self.groups.drain(..self.groups.len().min(PAGE_ENTRIES)).collect();
            for (id, members) in &mut groups {
                if members.is_none() {
                    *members = self
                        .directory
                        .graph
                        .members(id, self.directory.selection.nested)
                        .await?
                        .map(Members::All);
                }
            }
            return self.directory.fetch_groups(groups, roster).await.map(Some);
        }
        Ok(None)
    }

    fn completed(self) -> Completed {
        Completed { watermark: self.mark.watermark(), coverage: Coverage::Changes }
    }

    fn expected(&self) -> Option<u64> {
        Some((self.users.len() + self.groups.len()) as u64)
    }
}

/// Whom the changes concern, as it becomes known.
struct Gathering<'a> {
    directory: &'a Directory,
    mark: Mark,
    users: BTreeSet<String>,
    /// Groups with what is to be said of their members: who came and went where nothing else changed. `None` is
    /// everybody, to be read later: another property or assignment may bring a group into scope, and then nobody knows
    /// its members yet.
    groups: BTreeMap<String, Option<Members>>,
    /// What the delta query said of groups.
    told: Groups,
    /// For each group whose members changed the groups around it, at any depth, where nested groups matter.
    outer: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Gathering<'a> {
    fn new(directory: &'a Directory, mut mark: Mark) -> Self {
        let users = std::mem::take(&mut mark.again);
        Self {
            directory,
            mark,
            users,
            groups: BTreeMap::new(),
            told: Groups::default(),
            outer: BTreeMap::new(),
        }
    }

    async fn read_users(&mut self) -> Result<(), Error> {
        let mut pages = Pages::from("GET /users/delta", self.mark.users.clone()).changed_only();
        while let Some(records) = pages.next(&self.directory.graph).await? {
            for record in &records {
                self.concern(id_of(record)?.to_owned())?;
            }
        }
        self.mark.users = pages.delta_link()?;
        Ok(())
    }

    fn concern(&mut self, user: String) -> Result<(), Error> {
        self.users.insert(user);
        if self.users.len() > MAX_CHANGES { Err(Error::WatermarkExpired) } else { Ok(()) }
    }

    fn concern_all(&mut self, members: impl IntoIterator<Item = Member>) -> Result<(), Error> {
        let users = members.into_iter().filter(|member| member.object_type == ObjectType::User);
        users.map(|member| member.anchor).try_for_each(|user| self.concern(user))
    }

    async fn read_groups(&mut self) -> Result<(), Error> {
        let Some(link) = self.mark.groups.clone() else { return Ok(()) };
        let mut pages = Pages::from("GET /groups/delta", link).changed_only();
        while let Some(records) = pages.next(&self.directory.graph).await? {
            for record in records {
                self.told.add(record, true)?;
            }
        }
        self.mark.groups = Some(pages.delta_link()?);
        if self.directory.selection.nested {
            self.look_around().await?;
        }
        for (id, group) in self.told.iter() {
            let is_alone = !self.directory.selection.nested && !group.has_new_properties();
            self.groups.insert(id.clone(), is_alone.then(|| group.changes()));
        }
        for outer in self.outer.values().flatten() {
            self.groups.insert(outer.clone(), None);
        }
        Ok(())
    }

    /// Finds the groups around those whose members changed.
    async fn look_around(&mut self) -> Result<(), Error> {
        // Nobody can tell any more whose member a deleted group was.
        if self.told.iter().any(|(id, group)| group.is_removed && self.mark.nested.contains(id)) {
            return Err(Error::WatermarkExpired);
        }
        self.mark.nested.extend(self.told.nested().map(str::to_owned));
        let changed = self.told.present().filter(|(_, group)| group.has_member_changes());
        let changed: Vec<String> = changed.map(|(id, _)| id.clone()).collect();
        let outer = self.directory.graph.groups_of(ObjectType::Group, &changed, true).await?;
        self.outer = outer.into_iter().collect();
        Ok(())
    }

    /// Adds those whose assignment changed, and tells how everybody stands.
    async fn compare_assignments(&mut self) -> Result<Option<Roster>, Error> {
        let Some((principals, roles)) = self.directory.principals().await? else { return Ok(None) };
        let before = self.mark.assigned.take().ok_or(Error::WatermarkExpired)?;
        let is_stale = |id: &&String| !before.groups.contains_key(*id) || self.told.get(id).is_some();
        let stale: Vec<String> = principals.groups.keys().filter(is_stale).cloned().collect();
        let mut states = self.directory.group_states(&stale).await?;
        let mut assigned = Assigned::of(&principals, roles.as_ref(), |id| {
            let known = before.groups.get(id).cloned().unwrap_or_default();
            match states.remove(id) {
                Some(state) => AssignedGroup { members: known.members, ..state },
                None => known,
            }
        });
        for user in assigned.changed_users(&before) {
            self.concern(user.clone())?;
        }
        for group in assigned.moved_groups(&before) {
            self.groups.insert(group.clone(), None);
        }
        let known = self.read_changed_groups(&mut assigned, &before).await?;
        self.follow_members(&mut assigned).await?;
        let memberships = self.memberships(&mut assigned, known).await?;
        self.mark.assigned = Some(assigned.clone());
        Ok(Some(Roster { principals, roles, assigned, memberships }))
    }

    /// The members of groups that were assigned, unassigned or otherwise give their members something else.
    async fn read_changed_groups(
        &mut self,
        assigned: &mut Assigned,
        before: &Assigned,
    ) -> Result<BTreeMap<String, HashSet<String>>, Error> {
        let changed: Vec<String> = assigned.changed_groups(before).cloned().collect();
        let mut known = BTreeMap::new();
        for id in changed {
            let users = self.users_of(&id).await?;
            users.iter().try_for_each(|user| self.concern(user.clone()))?;
            if let Some(group) = assigned.groups.get_mut(&id) {
                group.members = users.len();
            }
            known.insert(id, users);
        }
        Ok(known)
    }

    /// The users of a group that is there, else nobody can tell who they were.
    async fn users_of(&self, group: &str) -> Result<HashSet<String>, Error> {
        let members = self.directory.graph.members(group, self.directory.selection.nested).await?;
        let members = members.ok_or(Error::WatermarkExpired)?.into_iter();
        let users = members.filter(|member| member.object_type == ObjectType::User);
        Ok(users.map(|member| member.anchor).collect())
    }

    /// Those who came to or left an assigned group, or a group inside it.
    async fn follow_members(&mut self, assigned: &mut Assigned) -> Result<(), Error> {
        let mut moved = Vec::new();
        for (id, group) in self.told.present().filter(|(_, group)| group.has_member_changes()) {
            let outer = self.outer.get(id).into_iter().flatten();
            let around: Vec<&String> = outer.chain([id]).collect();
            for other in &around {
                if let Some(assigned) = assigned.groups.get_mut(*other) {
                    let (came, moved) = (group.came().count(), group.moved().count());
                    assigned.members = (assigned.members + came).saturating_sub(moved - came);
                }
            }
            if around.iter().any(|id| assigned.groups.get(*id).is_some_and(|group| group.counts)) {
                moved.extend(group.moved().cloned());
            }
        }
        if self.directory.selection.nested {
            let inner: BTreeSet<String> = moved
                .iter()
                .filter(|m| m.object_type == ObjectType::Group)
                .map(|m| m.anchor.clone())
                .collect();
            for group in inner {
                moved.extend(self.users_of(&group).await?.into_iter().map(Member::user));
            }
        }
        self.concern_all(moved)
    }

    /// Chooses what is cheaper: to read the assigned groups, or to ask for each user.
    async fn memberships(
        &self,
        assigned: &mut Assigned,
        mut known: BTreeMap<String, HashSet<String>>,
    ) -> Result<Memberships, Error> {
        let open: Vec<(String, usize)> = assigned
            .counting()
            .filter(|(id, _)| !known.contains_key(*id))
            .map(|(id, group)| (id.clone(), group.members / LIST_PAGE + 1))
            .collect();
        let pages: usize = open.iter().map(|(_, pages)| pages).sum();
        if pages > self.users.len() {
            return Ok(Memberships::Asked { nested: self.directory.selection.nested });
        }
        for (id, _) in open {
            let users = self.users_of(&id).await?;
            if let Some(group) = assigned.groups.get_mut(&id) {
                group.members = users.len();
            }
            known.insert(id, users);
        }
        Ok(Memberships::Known(known))
    }
}
