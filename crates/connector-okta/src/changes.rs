//! A read of what changed: the log says who was touched, and each of them is fetched anew.

use crate::api::Api;
use crate::application::{groups_of, members};
use crate::directory::{Directory, Shared};
use crate::event::Touched;
use crate::group::Id;
use crate::limits::{MAX_TOUCHED, TOUCHED_A_PAGE};
use crate::position::Position;
use crate::system_log;
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, ObjectType, Remaining};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is left of a read of what changed.
pub(crate) struct ChangesRead {
    directory: Arc<Directory>,
    /// Absent when nobody was touched: then nothing is asked for.
    shared: Option<Shared>,
    /// Ids of one type each, in pages.
    pages: VecDeque<(ObjectType, Vec<String>)>,
    position: Position,
    expected: u64,
}

impl ChangesRead {
    /// Asks the log who was touched since a position.
    ///
    /// # Errors
    /// [`Error::WatermarkExpired`] where the log can't tell, or where reading everything is faster.
    pub(crate) async fn begin(directory: Arc<Directory>, since: &Position) -> Result<Self, Error> {
        let events = system_log::since(&directory.api, since.since).await?;
        let mut touched = Touched::default();
        for event in since.news(&events) {
            touched.add(event, directory.app.as_deref());
        }
        if directory.app.is_some() {
            if touched.group_deleted {
                return Err(Error::WatermarkExpired);
            }
            add_members(&directory.api, &mut touched).await?;
        }
        let shared = if touched.is_empty() { None } else { Some(directory.share().await?) };
        match &shared {
            Some(shared) if directory.needs.groups => add_groups(&directory, shared, &mut touched).await?,
            Some(_) | None => touched.groups.clear(),
        }
        if touched.len() > MAX_TOUCHED {
            return Err(Error::WatermarkExpired);
        }
        Ok(Self {
            directory,
            shared,
            expected: touched.len() as u64,
            pages: pages(touched),
            position: since.after(&events),
        })
    }
}

/// Adds the members of groups whose assignment changed.
async fn add_members(api: &Api, touched: &mut Touched) -> Result<(), Error> {
    for group in &touched.with_members {
        let mut page = api.find_page::<Id>(&members(group)).await?;
        while let Some(found) = page {
            touched.users.extend(found.items.into_iter().map(|member| member.id));
            if touched.len() > MAX_TOUCHED {
                return Err(Error::WatermarkExpired);
            }
            page = match found.next {
                Some(next) => Some(api.page(&next).await?),
                None => None,
            };
        }
    }
    Ok(())
}

/// Adds the groups of users who came back or went, as far as their members matter.
async fn add_groups(directory: &Directory, shared: &Shared, touched: &mut Touched) -> Result<(), Error> {
    if touched.len() > MAX_TOUCHED {
        return Err(Error::WatermarkExpired);
    }
    for user in &touched.with_groups {
        let groups = groups_of(&directory.api, user).await?;
        touched.groups.extend(groups.into_iter().filter(|group| directory.wants_members(group, shared)));
    }
    Ok(())
}

fn pages(touched: Touched) -> VecDeque<(ObjectType, Vec<String>)> {
    let typed = [(ObjectType::User, touched.users), (ObjectType::Group, touched.groups)];
    let mut pages = VecDeque::new();
    for (object_type, ids) in typed {
        let ids: Vec<String> = ids.into_iter().collect();
        pages.extend(ids.chunks(TOUCHED_A_PAGE).map(|page| (object_type, page.to_vec())));
    }
    pages
}

#[async_trait]
impl Remaining for ChangesRead {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let (Some((object_type, ids)), Some(shared)) = (self.pages.pop_front(), &mut self.shared) else {
            return Ok(None);
        };
        self.directory.get(object_type, &ids, shared).await.map(Some)
    }

    fn completed(self) -> Completed {
        Completed { watermark: self.position.watermark(), coverage: Coverage::Changes }
    }

    fn expected(&self) -> Option<u64> {
        Some(self.expected)
    }
}
