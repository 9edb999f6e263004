//! A read of everything: users, then groups.

use crate::application::Assigned;
use crate::directory::{Directory, Shared};
use crate::group::Group;
use crate::limits::{GROUPS_A_PAGE, MAX_PAGES, PARALLEL, USERS_A_PAGE};
use crate::org_url::encoded;
use crate::position::Position;
use crate::system_log;
use crate::user::User;
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, Remaining};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// All users. Without a filter Okta leaves out who is deprovisioned; with two lists, one of them and one of the others,
/// whoever is reactivated between the two would be in neither, and look deleted.
const EVERYBODY: &str = "lastUpdated ge \"1970-01-01T00:00:00.000Z\"";

/// Groups whose members are fetched for one page: some may hold everybody.
const GROUPS_TOGETHER: usize = 2 * PARALLEL;

/// What is left of a read of everything.
pub(crate) struct FullRead {
    directory: Arc<Directory>,
    shared: Shared,
    assigned: HashMap<String, Assigned>,
    /// Anchors that came: a list that changes while it is read may repeat some.
    seen: HashSet<String>,
    position: Position,
    pages: usize,
    /// Absent at the end.
    state: Option<State>,
}

enum State {
    /// The next page of users.
    Users(String),
    /// Groups that were listed, and the next page of them.
    Groups(VecDeque<Group>, Option<String>),
}

impl FullRead {
    pub(crate) async fn begin(directory: Arc<Directory>) -> Result<Self, Error> {
        let position = system_log::present(&directory.api).await?;
        let shared = directory.share().await?;
        let assigned = match &shared.application {
            Some(application) => application.everybody(&directory.api).await?,
            None => HashMap::new(),
        };
        let first = format!("/api/v1/users?limit={USERS_A_PAGE}&filter={}", encoded(EVERYBODY));
        Ok(Self {
            directory,
            shared,
            assigned,
            seen: HashSet::new(),
            position,
            pages: 0,
            state: Some(State::Users(first)),
        })
    }

    async fn users(&mut self, path: &str) -> Result<Vec<Entry>, Error> {
        let mut page = self.directory.api.page::<User>(path).await?;
        page.items.retain(|user| self.seen.insert(user.id.clone()));
        let users = page.items.into_iter().map(|user| {
            let assigned = self.assigned.remove(&user.id);
            (user, assigned)
        });
        let users: Vec<_> = users.collect();
        let objects = self.directory.users(users, &mut self.shared).await?;
        self.state = match page.next {
            Some(next) => Some(State::Users(next)),
            None if self.seen.is_empty() => return Err(nobody()),
            None if self.directory.needs.groups => {
                let first = format!("/api/v1/groups?limit={GROUPS_A_PAGE}");
                Some(State::Groups(VecDeque::new(), Some(first)))
            }
            None => None,
        };
        Ok(objects.into_iter().map(Entry::Present).collect())
    }

    async fn groups(
        &mut self,
        mut listed: VecDeque<Group>,
        next: Option<String>,
    ) -> Result<Vec<Entry>, Error> {
        if listed.is_empty()
            && let Some(path) = next
        {
            let page = self.directory.api.page::<Group>(&path).await?;
            listed.extend(page.items.into_iter().filter(|group| self.seen.insert(group.id.clone())));
            self.state = Some(State::Groups(listed, page.next));
            return Ok(Vec::new());
        }
        let some = listed.drain(..listed.len().min(GROUPS_TOGETHER)).collect();
        let objects = self.directory.groups(some, &self.shared).await?;
        let is_end = listed.is_empty() && next.is_none();
        self.state = (!is_end).then_some(State::Groups(listed, next));
        Ok(objects.into_iter().map(Entry::Present).collect())
    }
}

#[async_trait]
impl Remaining for FullRead {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let Some(state) = self.state.take() else { return Ok(None) };
        self.pages += 1;
        if self.pages > MAX_PAGES {
            return Err(crate::api::endless());
        }
        match state {
            State::Users(path) => self.users(&path).await.map(Some),
            State::Groups(listed, next) => self.groups(listed, next).await.map(Some),
        }
    }

    fn completed(self) -> Completed {
        Completed { watermark: self.position.watermark(), coverage: Coverage::Full }
    }

    fn expected(&self) -> Option<u64> {
        None
    }
}

/// An org has at least the administrator who made it.
fn nobody() -> Error {
    Error::source(
        "GET /api/v1/users",
        "answered no user at all",
        "the administrator who made the token, or the app's role, may be limited to groups that hold nobody",
    )
}
