//! A read under way: users page by page, then the groups.

use super::groups::Groups;
use super::listing::Listing;
use super::person;
use super::scim_source::{Directory, nobody};
use super::watermark::{Mark, Since};
use crate::limits::GROUPS_DELIVERED;
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, Interruption, ObjectType, Reading, TargetObject};
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) struct ScimReading {
    directory: Arc<Directory>,
    users: Listing,
    groups: Groups,
    /// The groups that were not delivered yet.
    remaining: VecDeque<String>,
    since: Since,
    mark: Mark,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Users may remain; whether any came.
    Users { any: bool },
    /// Groups may remain.
    Groups,
    /// Everything was delivered.
    Ended,
    /// A page failed, or a call for one was abandoned half-way.
    Failed,
}

impl ScimReading {
    pub(super) fn new(
        directory: Arc<Directory>,
        users: Listing,
        groups: Groups,
        since: Since,
        mark: Mark,
    ) -> Self {
        let remaining = groups.anchors().into();
        Self { directory, users, groups, remaining, since, mark, state: State::Users { any: false } }
    }

    fn user(&mut self, user: TargetObject) -> Entry {
        self.mark.note(&user);
        if self.since.holds(&user) {
            return Entry::Unchanged { anchor: user.id, object_type: ObjectType::User };
        }
        Entry::Present(person::object(user, &self.groups))
    }

    fn next_groups(&mut self) -> Vec<Entry> {
        let object_type = ObjectType::Group;
        let count = self.remaining.len().min(GROUPS_DELIVERED);
        let entry = |anchor: String| {
            if self.since.groups_hold {
                return Some(Entry::Unchanged { anchor, object_type });
            }
            self.groups.object(&anchor).map(Entry::Present)
        };
        self.remaining.drain(..count).filter_map(entry).collect()
    }
}

#[async_trait]
impl Reading for ScimReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Users { any } => match self.users.next_page(&self.directory).await? {
                Some(page) => {
                    self.state = State::Users { any: any || !page.is_empty() };
                    Ok(Some(page.into_iter().map(|user| self.user(user)).collect()))
                }
                None if !any => Err(nobody("/Users")),
                None => {
                    self.state = State::Groups;
                    self.next_page().await
                }
            },
            State::Groups => {
                let page = self.next_groups();
                self.state = if page.is_empty() { State::Ended } else { State::Groups };
                Ok((!page.is_empty()).then_some(page))
            }
            State::Ended => {
                self.state = State::Ended;
                Ok(None)
            }
            State::Failed => Err(unfinished()),
        }
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        if self.state == State::Ended {
            return Ok(Completed { watermark: self.mark.end(&self.since), coverage: Coverage::Full });
        }
        Err(unfinished())
    }

    /// The directory's own count may be of more than the token is shown.
    fn expected(&self) -> Option<u64> {
        None
    }
}

fn unfinished() -> Error {
    Error::transient(Interruption::Changed, "the read of the directory did not reach its end")
}
