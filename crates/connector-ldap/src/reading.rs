//! A read under way: everybody of a listing, once each.

use crate::assigned::Assigned;
use crate::entry::RawEntry;
use crate::fault;
use crate::key::Key;
use crate::layout::Layout;
use crate::limits::{MANY_CHANGES, USERS_PAGE};
use crate::listing::Listing;
use crate::lookup;
use crate::nested;
use crate::session::{Progress, Search, Session};
use crate::shape::{self, Context};
use crate::stamps::Horizon;
use crate::watermark::State;
use async_trait::async_trait;
use connector::{Completed, Coverage, Entry, Error, Interruption, Nesting, ObjectType, Remaining, Watermark};
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;

/// What is left of a read.
pub(crate) struct LdapRead {
    session: Session,
    layout: Arc<Layout>,
    listing: Listing,
    assigned: Assigned,
    nesting: Option<Nesting>,
    /// Of each object of the listing, whether it must be delivered.
    changed: Vec<bool>,
    /// Of each, whether it was.
    met: Vec<bool>,
    /// Absent at the end.
    stage: Option<Stage>,
    completed: Completed,
}

enum Stage {
    /// All objects of a type are searched.
    Search(ObjectType, Progress),
    /// Who was not met so far, from this place of the listing on.
    Rest(usize),
}

impl LdapRead {
    /// Lists everybody and judges who has changed since.
    pub(crate) async fn begin(
        mut session: Session,
        layout: Arc<Layout>,
        numbers: Option<Horizon>,
        since: Option<&Watermark>,
    ) -> Result<Self, Error> {
        let assigned = Assigned::load(&mut session, &layout).await?;
        let began = Instant::now();
        let listing = Listing::load(&mut session, &layout).await?;
        let horizon = numbers.unwrap_or_else(|| clocks(&listing, began));
        let nesting = match layout.needs.nested_groups && layout.needs.groups {
            true => Some(nested::load(&mut session, &layout, &listing).await?),
            false => None,
        };
        let state = State { horizon, facts: listing.facts(&assigned), names: listing.names() };
        let changed = changed(&listing, &layout, &state, since.and_then(State::parse).as_ref());
        let watermark = state.watermark().map_err(|error| fault::garbled(&session.place).caused_by(error))?;
        // A few are asked for by their anchors; for many, everybody is searched once.
        let many = changed.iter().filter(|changed| **changed).count() > MANY_CHANGES.min(changed.len() / 8);
        let stage =
            Some(if many { Stage::Search(ObjectType::User, Progress::default()) } else { Stage::Rest(0) });
        let completed = Completed { watermark, coverage: Coverage::Full };
        let met = vec![false; changed.len()];
        Ok(Self { session, layout, listing, assigned, nesting, changed, met, stage, completed })
    }

    /// The next page of a search for all objects of a type. Who was not listed comes with the next read.
    async fn searched(
        &mut self,
        object_type: ObjectType,
        progress: &mut Progress,
    ) -> Result<Vec<Entry>, Error> {
        let part = self.layout.part(object_type);
        let search = Search {
            base: part.base.clone(),
            filter: part.filter.clone(),
            attributes: shape::requested(object_type, &self.layout),
            page: lookup::page_size(object_type),
        };
        let mut page = Vec::new();
        for entry in self.session.page(&search, progress).await? {
            let anchor = self.layout.dialect.anchor(&entry);
            let place = anchor.and_then(|anchor| self.listing.place(object_type, anchor));
            if let Some(place) = place.filter(|place| self.meet(*place)) {
                page.push(self.judged(place, Some(&entry)).await?);
            }
        }
        Ok(page)
    }

    /// Some of those that no search has met, and the place of the next ones.
    async fn rest(&mut self, place: usize) -> Result<(Vec<Entry>, usize), Error> {
        let Some(first) = self.listing.objects().get(place) else { return Ok((Vec::new(), place)) };
        let object_type = first.object_type;
        let (longest, most) = (USERS_PAGE, lookup::page_size(object_type));
        let (mut places, mut asked, mut next) = (Vec::new(), Vec::new(), place);
        while let Some(object) = self.listing.objects().get(next) {
            let full = places.len() >= usize_of(longest) || asked.len() >= usize_of(most);
            if full || object.object_type != object_type {
                break;
            }
            let anchor = object.anchor;
            if self.meet(next) {
                places.push(next);
                asked.extend(self.is_changed(next).then_some(anchor));
            }
            next += 1;
        }
        let found = lookup::by_anchors(&mut self.session, &self.layout, object_type, &asked).await?;
        let mut page = Vec::new();
        for place in places {
            let entry = self.listing.objects().get(place).and_then(|object| found.get(&object.anchor));
            page.push(self.judged(place, entry).await?);
        }
        Ok((page, next))
    }

    /// Marks an object as met; false when it was already.
    fn meet(&mut self, place: usize) -> bool {
        self.met.get_mut(place).is_some_and(|met| !std::mem::replace(met, true))
    }

    fn is_changed(&self, place: usize) -> bool {
        self.changed.get(place).copied().unwrap_or(true)
    }

    /// What is told of a listed object whose entry was found, or not.
    async fn judged(&mut self, place: usize, entry: Option<&RawEntry>) -> Result<Entry, Error> {
        let Some(listed) = self.listing.objects().get(place) else { return Err(unfinished(&self.session)) };
        let (object_type, anchor) = (listed.object_type, listed.anchor);
        if !self.is_changed(place) {
            return Ok(Entry::Unchanged { anchor: anchor.to_string(), object_type });
        }
        // It was there when everybody was listed, and is gone now.
        let Some(entry) = entry else {
            return Ok(Entry::Removed { anchor: anchor.to_string(), object_type });
        };
        let (assignment, disabled) = (listed.assignment(&self.assigned), listed.disabled);
        let manager = entry.text("manager").and_then(|manager| self.listing.user(Key::of_dn(manager)));
        let members = self.members(object_type, anchor, entry).await?;
        let context = Context { assignment, manager, disabled, members };
        Ok(Entry::Present(shape::object(entry, object_type, anchor, &self.layout, context)))
    }

    async fn members(
        &mut self,
        object_type: ObjectType,
        anchor: Uuid,
        entry: &RawEntry,
    ) -> Result<Option<connector::Members>, Error> {
        if object_type == ObjectType::User {
            return Ok(None);
        }
        let (layout, listing, nesting) = (&self.layout, &self.listing, self.nesting.as_ref());
        nested::members(&mut self.session, layout, listing, nesting, anchor, entry).await.map(Some)
    }
}

#[async_trait]
impl Remaining for LdapRead {
    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        let Some(stage) = self.stage.take() else { return Ok(None) };
        let (page, next) = match stage {
            Stage::Search(object_type, mut progress) => {
                let page = self.searched(object_type, &mut progress).await?;
                let next = match object_type {
                    _ if !progress.ended => Stage::Search(object_type, progress),
                    ObjectType::User if self.layout.needs.groups => {
                        Stage::Search(ObjectType::Group, Progress::default())
                    }
                    ObjectType::User | ObjectType::Group => Stage::Rest(0),
                };
                (page, next)
            }
            Stage::Rest(place) if place < self.met.len() => {
                let (page, next) = self.rest(place).await?;
                (page, Stage::Rest(next))
            }
            Stage::Rest(_) => return Ok(None),
        };
        self.stage = Some(next);
        Ok(Some(page))
    }

    fn completed(self) -> Completed {
        self.completed
    }

    fn expected(&self) -> Option<u64> {
        u64::try_from(self.met.len()).ok()
    }
}

/// Of each object of a listing, whether anything about it may be other than before.
fn changed(listing: &Listing, layout: &Layout, state: &State, before: Option<&State>) -> Vec<bool> {
    let objects = listing.objects();
    let Some(before) = before.filter(|before| state.horizon.continues(&before.horizon)) else {
        return vec![true; objects.len()];
    };
    let is_new = |place: usize| {
        objects.get(place).is_none_or(|object| object.stamp.is_none_or(|stamp| !before.horizon.knows(stamp)))
    };
    let is_group =
        |place: usize| objects.get(place).is_some_and(|object| object.object_type == ObjectType::Group);
    // Groups name their members, so who comes or is renamed may become a member of a group that did not change; and
    // with nested groups, what changed in one group shows in others.
    let groups_moved = before.names != state.names
        || (layout.needs.nested_groups && (0..objects.len()).any(|place| is_group(place) && is_new(place)));
    let facts_moved = |place: usize| {
        objects.get(place).is_none_or(|object| !state.facts.agree(&before.facts, object.anchor))
    };
    (0..objects.len())
        .map(|place| is_new(place) || facts_moved(place) || (groups_moved && is_group(place)))
        .collect()
}

fn clocks(listing: &Listing, began: Instant) -> Horizon {
    if listing.objects().iter().all(|object| object.stamp.is_none()) {
        return Horizon::Nothing;
    }
    Horizon::after(listing.objects().iter().filter_map(|object| object.stamp), began.elapsed())
}

fn unfinished(session: &Session) -> Error {
    Error::transient(Interruption::Changed, format!("the read of {} did not reach its end", session.place))
}

fn usize_of(page: i32) -> usize {
    usize::try_from(page).unwrap_or_default()
}
