//! Filters over resources (RFC 7644 §3.4.2.2).
//!
//! The rows of attributes and memberships narrow down which resources may match, if the filter has a condition that
//! every match must satisfy and that such rows know about; otherwise all resources of the type may. Either way
//! `scim` decides about each of them, so that rows only ever make a search faster. Resources are read in chunks, in
//! the order of their ids: the memory of a search is bounded, and so is that of its answer.

mod alias;
mod candidates;
mod named;

use std::ops::ControlFlow;
use std::time::Instant;

use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use scim::filter::{Match, Term};
use scim::{Filter, ResolvedFilter};

use crate::{Error, Tx, resource};

use candidates::Candidates;
use named::{Groups, Named};

/// Most resources that are read at once.
const MAX_CHUNK: i64 = 500;

/// Most resources that are read before it is known how long they are.
const FIRST_CHUNK: i64 = 100;

/// What a chunk should hold, in bytes: chunks of long resources are short.
const CHUNK_LENGTH: usize = 4 * 1024 * 1024;

/// A search among the resources of one type.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    /// Whose.
    pub tenant: TenantId,
    /// `User` or `Group`.
    pub resource_type: &'q str,
    /// The filter as the client wrote it: tells what besides the document must be loaded.
    pub written: &'q Filter,
    /// The same filter, resolved: decides.
    pub resolved: &'q ResolvedFilter,
    /// Keys of the attributes that have rows (`scim::attribute_key`), the most selective first.
    pub indexed: &'q [&'q str],
}

impl Query<'_> {
    /// Whether the filter leads to resources with one value of an attribute that has rows, or one id, which few have as a
    /// rule, and asks nothing of them that takes long to read.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        let leads_to_few = match candidates::best(self) {
            Some(Term { key, matches: Match::OneOf(values) }) => {
                values.len() == 1 && !matches!(key.as_str(), "members.value" | "groups.value")
            }
            Some(_) | None => false,
        };
        leads_to_few && !Named::by(self.written).all_members()
    }
}

/// Where a walk through resources begins and ends.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// Behind which resource it begins; `None`: with the first.
    pub after: Option<ResourceId>,
    /// How many resources will be looked at, as far as that is known: no more are read at first.
    pub wanted: i64,
    /// When to give up.
    pub deadline: Instant,
}

impl Walk {
    /// How many resources to read at first.
    fn first_chunk(&self) -> i64 {
        self.wanted.clamp(1, FIRST_CHUNK)
    }

    fn check(&self) -> Result<(), Error> {
        if Instant::now() < self.deadline { Ok(()) } else { Err(Error::Deadline) }
    }
}

/// Shows each resource that matches to `visit`, in the order of their ids, until that breaks.
///
/// # Errors
/// [`Error::Deadline`] if it takes too long; a statement's.
pub fn matching(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    walk: Walk,
    mut visit: impl FnMut(StoredResource<String>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let candidates = Candidates::of(tx, query)?;
    let named = Named::by(query.written);
    let (mut last, mut size) = (walk.after, walk.first_chunk());
    loop {
        walk.check()?;
        let chunk = candidates.after(tx, query, last, size)?;
        size = next_size(chunk.resources.iter().map(|resource| resource.document.len()));
        last = chunk.next;
        let found = judge(tx, query, &candidates, &named, chunk.resources, &mut visit)?;
        if found.is_break() || last.is_none() {
            return Ok(());
        }
    }
}

/// Those that match a filter that [is narrow](Query::is_narrow); `None` if more than `most` resources may match.
///
/// # Errors
/// A statement's.
pub fn few(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    most: usize,
) -> Result<Option<Vec<StoredResource<String>>>, Error> {
    let candidates = Candidates::of(tx, query)?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let chunk = candidates.after(tx, query, None, limit)?;
    if chunk.resources.len() > most {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut keep = |resource| {
        found.push(resource);
        ControlFlow::Continue(())
    };
    let _all = judge(tx, query, &candidates, &Named::by(query.written), chunk.resources, &mut keep)?;
    Ok(Some(found))
}

/// Shows those of the candidates that match to `visit`, until that breaks.
fn judge(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    candidates: &Candidates,
    named: &Named,
    resources: Vec<StoredResource<String>>,
    visit: &mut impl FnMut(StoredResource<String>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Error> {
    let groups = named.groups(tx, query, &resources)?;
    for resource in resources {
        let known = parsed(&resource)?;
        let is_match = matches(tx, query, named, &groups, &known)?
            || alias::matches(tx, query, candidates, &known, |tx, known| {
                matches(tx, query, named, &groups, known)
            })?;
        if is_match && visit(resource).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn parsed(resource: &StoredResource<String>) -> Result<StoredResource, Error> {
    let document = serde_json::from_str(&resource.document).map_err(|_| Error::corrupt("a document"))?;
    let StoredResource { id, version, created, modified, .. } = *resource;
    Ok(StoredResource { id, document, version, created, modified })
}

/// Shows every resource of a type to `visit`, in the order of their ids, until that breaks. Their documents are not
/// looked into.
///
/// # Errors
/// [`Error::Deadline`] if it takes too long; a statement's.
pub fn all(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    resource_type: &str,
    walk: Walk,
    mut visit: impl FnMut(StoredResource<String>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (mut last, mut size) = (walk.after, walk.first_chunk());
    loop {
        walk.check()?;
        let chunk: Vec<StoredResource<String>> = resource::after(tx, tenant, resource_type, last, size)?;
        let more = chunk.len() as i64 == size;
        size = next_size(chunk.iter().map(|resource| resource.document.len()));
        last = chunk.last().map(|resource| resource.id);
        for resource in chunk {
            if visit(resource).is_break() {
                return Ok(());
            }
        }
        if !more {
            return Ok(());
        }
    }
}

/// How many resources to read next, if they are as long as these.
fn next_size(lengths: impl ExactSizeIterator<Item = usize>) -> i64 {
    let count = lengths.len();
    if count == 0 {
        return MAX_CHUNK;
    }
    let length: usize = lengths.sum();
    let fitting = count.saturating_mul(CHUNK_LENGTH) / length.max(1);
    i64::try_from(fitting).unwrap_or(MAX_CHUNK).clamp(1, MAX_CHUNK)
}

fn matches(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    named: &Named,
    groups: &Groups,
    resource: &StoredResource,
) -> Result<bool, Error> {
    if named.nothing() {
        return Ok(query.resolved.matches(&resource.document));
    }
    let mut document = resource.document.clone();
    named.complete(tx, query, groups, resource, &mut document)?;
    Ok(query.resolved.matches(&document))
}
