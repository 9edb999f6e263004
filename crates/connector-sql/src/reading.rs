//! A read under way: users, then groups, in pages of one snapshot.

use crate::object::{Context, object};
use crate::session::{Query, Session};
use async_trait::async_trait;
use connector::{Completed, Entry, Error, Needs, ObjectType, Remaining};
use std::collections::VecDeque;

/// The rows that queries have left.
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

/// The rows that remain of a read, and how many they all are.
pub(crate) struct Rows {
    /// Absent when nothing changed.
    pub(crate) pages: Option<Pages>,
    pub(crate) completed: Completed,
    pub(crate) expected: u64,
}

#[async_trait]
impl Remaining for Rows {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        match &mut self.pages {
            Some(pages) => pages.next().await,
            None => Ok(None),
        }
    }

    fn completed(self) -> Completed {
        self.completed
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}
