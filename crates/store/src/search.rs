//! Filters over resources (RFC 7644 §3.4.2.2).
//!
//! The rows of attributes and memberships narrow down which resources may match, if the filter has a condition that
//! every match must satisfy and that such rows know about; otherwise all resources of the type may. Either way
//! `scim` decides about each of them, so that rows only ever make a search faster. Resources are read in chunks, in
//! the order of their ids: the memory of a search is bounded, and so is that of its answer.

mod candidates;
mod named;

use model::TenantId;
use model::resource::StoredResource;
use scim::{Filter, ResolvedFilter};

use crate::{Error, Tx};

use candidates::Candidates;
use named::{Groups, Named};

/// Resources that are read at once.
const CHUNK: i64 = 500;

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

/// The answer to a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// How many resources match.
    pub total: i64,
    /// Those of them that were asked for, in the order of their ids.
    pub page: Vec<StoredResource>,
}

/// Finds the resources that match. `start_index` counts from 1, as RFC 7644 §3.4.2.4 does; what is less means 1.
/// `count` 0 asks for the total only.
///
/// # Errors
/// A statement's.
pub fn run(tx: &mut Tx<'_>, query: &Query<'_>, start_index: i64, count: i64) -> Result<Found, Error> {
    let first = start_index.max(1);
    let candidates = Candidates::of(tx, query)?;
    let named = Named::by(query.written);
    let mut found = Found { total: 0, page: Vec::new() };
    let mut last = None;
    loop {
        let chunk = candidates.after(tx, query, last, CHUNK)?;
        let groups = named.groups(tx, query, &chunk.resources)?;
        for resource in chunk.resources {
            if !matches(tx, query, &named, &groups, &resource)? {
                continue;
            }
            found.total += 1;
            if found.total >= first && found.total - first < count {
                found.page.push(resource);
            }
        }
        last = chunk.next;
        if last.is_none() {
            return Ok(found);
        }
    }
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
