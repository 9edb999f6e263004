//! Reading resources (RFC 7644 §3.4).

use std::sync::Arc;

use model::resource::StoredResource;
use model::{ResourceId, TenantId};
use scim::filter::Match;
use scim::quirks::Tolerance;
use scim::{Filter, ResolvedFilter, ResourceType};
use store::member::{self, Member};
use store::member_of::{self, MemberOf};
use store::{Tx, resource};

use super::members::has_members;
use super::representation::Content;
use super::{Error, Tags, entity_tag};
use crate::limits::MAX_MEMBERS_IN_PAGE;
use crate::{TypeProfile, USER};

/// A resource to be shown, with what is kept outside its document.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The resource.
    pub stored: StoredResource<Content>,
    /// Its memberships.
    pub relations: Relations,
}

/// The memberships of a resource.
#[derive(Clone, Debug)]
pub enum Relations {
    /// Not asked for, or the type has none.
    None,
    /// More members than asked for.
    TooMany,
    /// `members` of a group (RFC 7643 §4.2).
    Members(Vec<Member>),
    /// `groups` of a user (RFC 7643 §4.1.2).
    Groups(Vec<MemberOf>),
}

/// How much of the memberships to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// None: their rows are not touched.
    Nothing,
    /// All.
    Everything,
    /// All if a group has no more members than this, else none.
    AtMost(usize),
}

impl Wanted {
    fn limit(self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Everything => i64::MAX,
            Self::AtMost(most) => i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1),
        }
    }
}

/// Whose resources of which type are read.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// Of which type.
    pub kind: &'a TypeProfile,
    /// With which memberships.
    pub wanted: Wanted,
}

/// A filter that fits a resource type.
#[derive(Clone, Debug)]
pub struct Condition {
    pub(super) written: Filter,
    pub(super) resolved: ResolvedFilter,
}

impl Condition {
    /// Understands a filter.
    ///
    /// # Errors
    /// Those of [`Filter::parse`] and [`Filter::resolve`].
    pub fn parse(kind: &TypeProfile, text: &str, tolerance: &Tolerance) -> Result<Self, scim::Error> {
        let written = Filter::parse(text)?;
        let resolved = written.resolve(kind.resource_type(), tolerance)?;
        Ok(Self { written, resolved })
    }

    /// Understands a filter on resources of several types: a condition for each of them.
    ///
    /// # Errors
    /// Those of [`Filter::parse`] and [`Filter::resolve_each`].
    pub fn parse_each(
        kinds: &[Arc<TypeProfile>],
        text: &str,
        tolerance: &Tolerance,
    ) -> Result<Vec<Self>, scim::Error> {
        let written = Filter::parse(text)?;
        let types: Vec<_> = kinds.iter().map(|kind| kind.resource_type()).collect();
        let resolved = written.resolve_each(&types, tolerance)?.into_iter();
        Ok(resolved.map(|resolved| Self { written: written.clone(), resolved }).collect())
    }

    /// Whether it is plain, without looking at any, that no resource of this type matches.
    pub(super) fn excludes(&self, resource_type: &ResourceType) -> bool {
        self.resolved.necessary_terms().iter().any(|term| match &term.matches {
            Match::OneOf(names) => term.key == "meta.resourcetype" && !names.contains(&resource_type.name),
            Match::StartsWith(_) => false,
        })
    }
}

/// One resource.
///
/// # Errors
/// 404; the store's.
pub fn get(tx: &mut Tx<'_>, scope: Scope<'_>, id: ResourceId) -> Result<Resource, Error> {
    let stored = find(tx, scope, id)?;
    attach(tx, scope, stored)
}

/// One resource, unless the client has it already: then its entity tag.
///
/// # Errors
/// 404; the store's.
pub fn get_if_modified(
    tx: &mut Tx<'_>,
    scope: Scope<'_>,
    id: ResourceId,
    known: &Tags,
) -> Result<Result<Resource, String>, Error> {
    let stored = find(tx, scope, id)?;
    let tag = entity_tag(stored.version);
    // A group's version changes with its members, so those need not be read to know.
    if has_members(scope.kind) && known.contain(&tag) {
        return Ok(Err(tag));
    }
    let resource = attach(tx, scope, stored)?;
    let tag = resource.entity_tag();
    Ok(if known.contain(&tag) { Err(tag) } else { Ok(resource) })
}

fn find(tx: &mut Tx<'_>, scope: Scope<'_>, id: ResourceId) -> Result<StoredResource<String>, Error> {
    let found = resource::get_text(tx, scope.tenant, scope.kind.id(), id)?;
    Ok(found.ok_or_else(|| scim::Error::not_found(scope.kind.id(), &id.to_string()))?)
}

/// Reads the memberships that go with a resource.
///
/// # Errors
/// The store's.
pub fn attach(
    tx: &mut Tx<'_>,
    scope: Scope<'_>,
    stored: StoredResource<impl Into<Content>>,
) -> Result<Resource, Error> {
    let stored = stored.map(Into::into);
    if scope.wanted != Wanted::Nothing && scope.kind.id() == USER {
        let groups = member_of::of(tx, scope.tenant, &[stored.id])?.remove(&stored.id).unwrap_or_default();
        return Ok(Resource { stored, relations: Relations::Groups(groups) });
    }
    let relations = members(tx, scope, stored.id)?;
    Ok(Resource { stored, relations })
}

/// [`attach`] for a page, with the groups of all its users read at once.
pub(super) fn attach_all(
    tx: &mut Tx<'_>,
    scope: Scope<'_>,
    page: Vec<StoredResource<impl Into<Content>>>,
) -> Result<Vec<Resource>, Error> {
    if scope.wanted == Wanted::Nothing || scope.kind.id() != USER {
        return until_full(page.into_iter().map(|stored| attach(tx, scope, stored)), MAX_MEMBERS_IN_PAGE);
    }
    let users: Vec<ResourceId> = page.iter().map(|stored| stored.id).collect();
    let mut groups = member_of::of(tx, scope.tenant, &users)?;
    let resource = |stored: StoredResource<_>| {
        let relations = Relations::Groups(groups.remove(&stored.id).unwrap_or_default());
        Resource { relations, stored: stored.map(Into::into) }
    };
    Ok(page.into_iter().map(resource).collect())
}

/// The resources up to the one with which they have more than `most` members altogether; at least one, so that a client
/// that pages on gets further.
fn until_full(
    resources: impl Iterator<Item = Result<Resource, Error>>,
    most: usize,
) -> Result<Vec<Resource>, Error> {
    let (mut page, mut members) = (Vec::new(), 0);
    for resource in resources {
        let resource = resource?;
        if let Relations::Members(more) = &resource.relations {
            members += more.len();
        }
        page.push(resource);
        if members > most {
            break;
        }
    }
    Ok(page)
}

fn members(tx: &mut Tx<'_>, scope: Scope<'_>, group: ResourceId) -> Result<Relations, Error> {
    if scope.wanted == Wanted::Nothing || !has_members(scope.kind) {
        return Ok(Relations::None);
    }
    let members = member::of_group(tx, scope.tenant, group, None, scope.wanted.limit())?;
    match scope.wanted {
        Wanted::AtMost(most) if members.len() > most => Ok(Relations::TooMany),
        Wanted::AtMost(_) | Wanted::Everything | Wanted::Nothing => Ok(Relations::Members(members)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(members: u128) -> Resource {
        let id = |number| ResourceId(uuid::Uuid::from_u128(number));
        let member = |number| Member { id: id(number), member_type: USER.to_owned() };
        let at = jiff::Timestamp::UNIX_EPOCH;
        let stored = StoredResource {
            id: id(0),
            document: Content::Tree(scim::Object::new()),
            version: 1,
            created: at,
            modified: at,
        };
        Resource { stored, relations: Relations::Members((0..members).map(member).collect()) }
    }

    #[test]
    fn a_page_ends_with_the_group_that_fills_it() {
        for (sizes, answered) in [
            (&[][..], 0),
            (&[0, 0, 0], 3),
            (&[5, 5, 0, 7], 4),
            (&[5, 6, 1], 2),
            (&[4, 4, 4, 4], 3),
            (&[11, 1], 1),
        ] {
            let mut read = 0;
            let groups = sizes.iter().map(|size| {
                read += 1;
                Ok(group(*size))
            });
            assert_eq!(until_full(groups, 10).unwrap().len(), answered, "{sizes:?}");
            assert_eq!(read, answered, "nothing is read beyond the page");
        }
    }
}
