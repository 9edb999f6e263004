//! A read under way: users, then groups, in pages of one snapshot.

use crate::object::{Context, object};
use crate::session::{Query, Session};
use async_trait::async_trait;
use connector::{Completed, Entry, Error, Interruption, Needs, ObjectType, Reading};
use std::collections::VecDeque;

/// A read.
pub(crate) struct SqlReading {
    state: State,
    completed: Completed,
    expected: u64,
}

enum State {
    /// Pages may remain.
    Open(Box<Pages>),
    /// The last page was delivered.
    Ended,
    /// A page failed, or a call for one was abandoned half-way.
    Failed,
}

/// The rows that remain.
pub(crate) struct Pages {
    session: Session,
    context: Context,
    needs: Needs,
    queries: VecDeque<(ObjectType, Query)>,
    /// Whether the first query's cursor is open.
    is_open: bool,
}

impl Pages {
    pub(crate) fn new(
        session: Session,
        context: Context,
        needs: Needs,
        queries: impl IntoIterator<Item = (ObjectType, Query)>,
    ) -> Self {
        Self { session, context, needs, queries: queries.into_iter().collect(), is_open: false }
    }

    /// The next page, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        while let Some((object_type, query)) = self.queries.front() {
            if !self.is_open {
                self.session.open(query).await?;
                self.is_open = true;
            }
            let rows = self.session.fetch(query, &self.needs).await?;
            if !rows.is_empty() {
                let objects = rows.into_iter().map(|row| object(row, *object_type, &self.context));
                return objects.map(|object| object.map(Entry::Present)).collect::<Result<_, _>>().map(Some);
            }
            self.queries.pop_front();
            self.is_open = false;
        }
        Ok(None)
    }
}

impl SqlReading {
    /// A read that delivers nothing.
    pub(crate) fn of_nothing(completed: Completed) -> Self {
        Self { state: State::Ended, completed, expected: 0 }
    }

    /// A read that delivers so many rows.
    pub(crate) fn new(pages: Pages, completed: Completed, expected: u64) -> Self {
        Self { state: State::Open(Box::new(pages)), completed, expected }
    }
}

#[async_trait]
impl Reading for SqlReading {
    async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Open(mut pages) => {
                let page = pages.next().await?;
                self.state = if page.is_some() { State::Open(pages) } else { State::Ended };
                Ok(page)
            }
            State::Ended => {
                self.state = State::Ended;
                Ok(None)
            }
            State::Failed => Err(unfinished()),
        }
    }

    fn finish(self: Box<Self>) -> Result<Completed, Error> {
        match self.state {
            State::Ended => Ok(self.completed),
            State::Open(_) | State::Failed => Err(unfinished()),
        }
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}

fn unfinished() -> Error {
    Error::transient(Interruption::Changed, "the read of the database did not reach its end")
}
