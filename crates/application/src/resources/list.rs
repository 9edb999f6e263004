//! Lists of resources, of one type or of several (RFC 7644 §3.4.2): which, in what order, and which part of them.
//!
//! A page is told by index or by cursor. Either way it is read from the resource before it on, in the order of ids, so
//! that a page deep in the list costs what the first one does. With a cursor no resource is lost or repeated while
//! others come and go, because what the client got last says where to go on.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use scim::{SortBy, SortOrder};
use store::Tx;
use store::position::{self, Positions};
use store::search::{self, Walk};

use super::members::has_members;
use super::read::{Condition, Resource, Scope, Wanted, attach_all};
use super::representation::Content;
use super::{Error, sorted};
use crate::TypeProfile;
use crate::limits::{MAX_LOOKED_UP, MAX_PAGE_LENGTH};

/// The resources of one type, as far as a client asks for them.
#[derive(Clone, Debug)]
pub struct Part {
    /// Of which type.
    pub kind: Arc<TypeProfile>,
    /// With which memberships.
    pub wanted: Wanted,
    /// Which; `None` for all.
    pub condition: Option<Condition>,
    /// What they are sorted by; `None` if this type does not have the attribute.
    pub sort_by: Option<SortBy>,
}

/// A page of the resources of a tenant.
#[derive(Clone, Debug)]
pub struct Query {
    /// Whose.
    pub tenant: TenantId,
    /// Of which types, in this order.
    pub parts: Vec<Part>,
    /// In the order of an attribute's values; `None`: in the order of their creation.
    pub order: Option<SortOrder>,
    /// Where the page begins.
    pub start: Start,
    /// How many at most; 0 asks for the total only.
    pub count: usize,
    /// When to give up.
    pub deadline: Instant,
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the resource of this index, counted from 1.
    Index(i64),
    /// Behind this place; `None` is the begin.
    After(Option<Place>),
}

/// The place of a resource in a list. It stays where it is when the resource is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The type of the resource.
    pub resource_type: String,
    /// The resource.
    pub id: ResourceId,
    /// What it was sorted by, in the form of [`SortBy::key`], if it had such a value.
    pub key: Option<String>,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// How many match altogether; `None` where a cursor spares counting them.
    pub total: Option<u64>,
    /// The resources, each with the number of its part.
    pub resources: Vec<(usize, Resource)>,
    /// The last of the page, if there are more.
    pub next: Option<Place>,
}

/// A page of resources. No match is an empty page, not an error (RFC 7644 §3.4.2). It has fewer resources than asked
/// for where they are very long ([`MAX_PAGE_LENGTH`]) or groups have very many members.
///
/// # Errors
/// 400 `tooMany` for more than can be sorted; the store's, such as [`store::Error::Deadline`].
pub fn list(tx: &mut Tx<'_>, query: &Query) -> Result<Page, Error> {
    let slice = match (query.order, &query.start) {
        (Some(order), _) => sorted::slice(tx, query, order)?,
        (None, Start::Index(index)) => by_index(tx, query, *index)?,
        (None, Start::After(place)) => by_cursor(tx, query, place.as_ref())?,
    };
    finish(tx, query, slice)
}

/// [`list`] for a query that [is a look-up](Query::is_look_up), which then takes microseconds. `None` if more than
/// [`MAX_LOOKED_UP`] resources may match.
///
/// # Errors
/// As [`list`].
pub fn look_up(tx: &mut Tx<'_>, query: &Query) -> Result<Option<Page>, Error> {
    let Some((part, condition, index)) = query.single() else { return Ok(None) };
    let keys = part.keys();
    let Some(found) = search::few(tx, &query.search(part, condition, &keys), MAX_LOOKED_UP)? else {
        return Ok(None);
    };
    let mut slice = Slice { total: i64::try_from(found.len()).ok(), ..Slice::default() };
    let before = usize::try_from(index.saturating_sub(1)).unwrap_or(usize::MAX);
    for resource in found.into_iter().skip(before) {
        if !slice.is_full(query.count) {
            slice.push(0, resource.map(Into::into));
        }
    }
    finish(tx, query, slice).map(Some)
}

/// The stored resources of a page.
#[derive(Default)]
pub(super) struct Slice {
    pub(super) total: Option<i64>,
    pub(super) resources: Vec<(usize, StoredResource<Content>)>,
    pub(super) more: bool,
    length: usize,
}

impl Slice {
    /// Whether the page has all that it may have.
    pub(super) fn is_full(&self, count: usize) -> bool {
        self.resources.len() >= count || self.length > MAX_PAGE_LENGTH
    }

    pub(super) fn push(&mut self, part: usize, resource: StoredResource<Content>) {
        self.length += resource.document.length();
        self.resources.push((part, resource));
    }
}

/// All matches are counted, so that the total is honest; where nothing is asked of them, the store knows their number.
fn by_index(tx: &mut Tx<'_>, query: &Query, start_index: i64) -> Result<Slice, Error> {
    let (mut slice, mut total) = (Slice::default(), 0);
    for (number, part) in query.parts.iter().enumerate() {
        let before = start_index.saturating_sub(1).saturating_sub(total).max(0);
        // A page that ended early, or begins earlier, goes on without a gap or not at all.
        let open = !slice.is_full(query.count);
        total += match &part.condition {
            None => cut(tx, query, (number, part), before, open, &mut slice)?,
            Some(_) => count(tx, query, (number, part), before, open, &mut slice)?,
        };
    }
    slice.total = Some(total);
    Ok(slice)
}

/// Takes the resources after the first `before` into the page, and answers how many there are.
fn cut(
    tx: &mut Tx<'_>,
    query: &Query,
    (number, part): (usize, &Part),
    before: i64,
    open: bool,
    slice: &mut Slice,
) -> Result<i64, Error> {
    let positions = Positions::of(tx, query.tenant, part.kind.id())?;
    let total = positions.total();
    if !open || before >= total {
        return Ok(total);
    }
    let after = match before {
        0 => None,
        _ => position::at(tx, query.tenant, part.kind.id(), &positions, before - 1)?,
    };
    each(tx, query, part, after, |resource| {
        slice.push(number, resource);
        if slice.is_full(query.count) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(total)
}

/// The same for those that match a condition, which have to be looked at one by one.
fn count(
    tx: &mut Tx<'_>,
    query: &Query,
    (number, part): (usize, &Part),
    before: i64,
    open: bool,
    slice: &mut Slice,
) -> Result<i64, Error> {
    let mut total = 0;
    each(tx, query, part, None, |resource| {
        if open && total >= before && !slice.is_full(query.count) {
            slice.push(number, resource);
        }
        total += 1;
        ControlFlow::Continue(())
    })?;
    Ok(total)
}

/// What comes behind a place. Only as much is read as fills the page, and one more to know whether there is one.
fn by_cursor(tx: &mut Tx<'_>, query: &Query, place: Option<&Place>) -> Result<Slice, Error> {
    let mut slice = Slice::default();
    let first = place.and_then(|place| query.part_of(&place.resource_type)).unwrap_or(0);
    for (number, part) in query.parts.iter().enumerate().skip(first) {
        let after = place.filter(|_| number == first).map(|place| place.id);
        each(tx, query, part, after, |resource| {
            if slice.is_full(query.count) {
                slice.more = true;
                return ControlFlow::Break(());
            }
            slice.push(number, resource);
            ControlFlow::Continue(())
        })?;
        if slice.more {
            break;
        }
    }
    slice.total = total_behind(tx, query, place, &slice)?;
    Ok(slice)
}

/// The total, where it is known without looking at all resources.
fn total_behind(
    tx: &mut Tx<'_>,
    query: &Query,
    place: Option<&Place>,
    slice: &Slice,
) -> Result<Option<i64>, Error> {
    if place.is_none() && !slice.more {
        return Ok(i64::try_from(slice.resources.len()).ok());
    }
    let mut total = 0;
    for part in &query.parts {
        if part.condition.is_some() {
            return Ok(None);
        }
        total += Positions::of(tx, query.tenant, part.kind.id())?.total();
    }
    Ok(Some(total))
}

/// Shows the resources of a part that match, behind one, in the order of their ids.
pub(super) fn each(
    tx: &mut Tx<'_>,
    query: &Query,
    part: &Part,
    after: Option<ResourceId>,
    mut visit: impl FnMut(StoredResource<Content>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (tenant, resource_type) = (query.tenant, part.kind.id());
    let wanted = i64::try_from(query.count).unwrap_or(i64::MAX).saturating_add(1);
    let walk = Walk { after, wanted, deadline: query.deadline };
    let Some(condition) = &part.condition else {
        return Ok(search::all(tx, tenant, resource_type, walk, |stored| visit(stored.map(Into::into)))?);
    };
    if condition.excludes(part.kind.resource_type()) {
        return Ok(());
    }
    let keys = part.keys();
    Ok(search::matching(tx, &query.search(part, condition, &keys), walk, |stored| {
        visit(stored.map(Into::into))
    })?)
}

/// Reads the memberships that go with the page, and tells where the next one begins.
fn finish(tx: &mut Tx<'_>, query: &Query, slice: Slice) -> Result<Page, Error> {
    let Slice { total, resources: mut rest, mut more, .. } = slice;
    let mut resources = Vec::with_capacity(rest.len());
    while let Some((number, _)) = rest.first() {
        let number = *number;
        let Some(part) = query.parts.get(number) else { break };
        let behind = rest.iter().position(|(other, _)| *other != number).unwrap_or(rest.len());
        let tail = rest.split_off(behind);
        let scope = Scope { tenant: query.tenant, kind: &part.kind, wanted: part.wanted };
        let expected = rest.len();
        let read = attach_all(tx, scope, rest.into_iter().map(|(_, stored)| stored).collect())?;
        let cut = read.len() < expected;
        resources.extend(read.into_iter().map(|resource| (number, resource)));
        if cut {
            more = true;
            break;
        }
        rest = tail;
    }
    let next = match resources.last().filter(|_| more) {
        Some((number, last)) => query.place_of(*number, &last.stored)?,
        None => None,
    };
    Ok(Page { total: total.and_then(|total| u64::try_from(total).ok()), resources, next })
}

impl Part {
    /// The keys of the indexed attributes.
    fn keys(&self) -> Vec<&str> {
        self.kind.keys().iter().map(String::as_str).collect()
    }
}

impl Query {
    /// Whether it asks for the resources with one value of an indexed attribute, such as a `userName`, and not for the
    /// members of groups, who may be very many.
    #[must_use]
    pub fn is_look_up(&self) -> bool {
        let narrow = |(part, condition, _): (&Part, _, _)| {
            let reads_members = has_members(&part.kind) && part.wanted != Wanted::Nothing;
            !reads_members && self.search(part, condition, &part.keys()).is_narrow()
        };
        self.single().is_some_and(narrow)
    }

    /// The one part of a query by a condition, in the order of ids, and the index where it begins.
    fn single(&self) -> Option<(&Part, &Condition, i64)> {
        let (None, Start::Index(index), [part]) = (self.order, &self.start, self.parts.as_slice()) else {
            return None;
        };
        Some((part, part.condition.as_ref()?, *index))
    }

    fn search<'q>(
        &self,
        part: &'q Part,
        condition: &'q Condition,
        indexed: &'q [&'q str],
    ) -> search::Query<'q> {
        let (written, resolved) = (&condition.written, &condition.resolved);
        search::Query { tenant: self.tenant, resource_type: part.kind.id(), written, resolved, indexed }
    }

    fn part_of(&self, resource_type: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.kind.id() == resource_type)
    }

    fn place_of(&self, number: usize, stored: &StoredResource<Content>) -> Result<Option<Place>, Error> {
        let Some(part) = self.parts.get(number) else { return Ok(None) };
        let key = match self.order {
            Some(_) => sorted::key(part, stored)?,
            None => None,
        };
        Ok(Some(Place { resource_type: part.kind.id().to_owned(), id: stored.id, key }))
    }
}
