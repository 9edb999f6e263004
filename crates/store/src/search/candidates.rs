//! Which resources may match a filter.

use std::collections::BTreeSet;

use model::ResourceId;
use model::resource::StoredResource;
use scim::filter::{Match, Term};

use crate::resource::{self, read};
use crate::{Error, Param, Tx, attr, list, member, nesting, params};

use super::Query;

/// The resources that may match. What is needed for a statement is prepared once, since a statement is run for each
/// chunk.
pub(super) enum Candidates {
    /// Those with these ids; a filter names fewer than make a chunk.
    Ids(Vec<ResourceId>),
    /// Those with this value of this attribute.
    Value { attribute: String, value: String },
    /// Those with one of these values of this attribute.
    OneOf { attribute: String, values: String },
    /// Those with a value of this attribute from `from` on and before `before`.
    Range { attribute: String, from: String, before: String },
    /// The groups of which one of these is a member.
    GroupsOf(String),
    /// The members of these groups, which are all that are nested in those of the filter.
    MembersOf(Vec<ResourceId>),
    /// All of the type.
    All,
}

impl Candidates {
    /// The fewest candidates that the filter's necessary terms lead to.
    pub(super) fn of(tx: &mut Tx<'_>, query: &Query<'_>) -> Result<Self, Error> {
        best(query).map_or(Ok(Self::All), |term| Self::by(tx, query, term))
    }

    fn by(tx: &mut Tx<'_>, query: &Query<'_>, term: Term) -> Result<Self, Error> {
        Ok(match (term.key.as_str(), term.matches) {
            ("id", Match::OneOf(ids)) => Self::Ids(parsed(&ids)),
            ("members.value", Match::OneOf(ids)) => Self::GroupsOf(list::of(&ids)),
            ("groups.value", Match::OneOf(ids)) => {
                Self::MembersOf(nesting::with_nested(tx, query.tenant, &parsed(&ids))?)
            }
            (_, Match::OneOf(values)) => match values.as_slice() {
                [value] => Self::Value { attribute: term.key, value: attr::indexed(value) },
                values => {
                    let values: Vec<_> = values.iter().map(|value| attr::indexed(value)).collect();
                    Self::OneOf { attribute: term.key, values: list::of(&values) }
                }
            },
            (_, Match::StartsWith(text)) => match successor(attr::prefix(&text)) {
                Some(before) => {
                    Self::Range { attribute: term.key, from: attr::prefix(&text).to_owned(), before }
                }
                None => Self::All,
            },
        })
    }

    /// Whether a value is one by which these candidates were found; `None` if another attribute decided.
    pub(super) fn is_named_by(&self, key: &str, own: &str) -> Option<bool> {
        match self {
            Self::Value { attribute, value } if attribute == key => Some(own == value),
            Self::OneOf { attribute, values } if attribute == key => {
                let values: Vec<String> = serde_json::from_str(values).unwrap_or_default();
                Some(values.iter().any(|value| own == value))
            }
            Self::Range { attribute, from, before } if attribute == key => {
                Some(own >= from.as_str() && own < before.as_str())
            }
            Self::Value { .. }
            | Self::OneOf { .. }
            | Self::Range { .. }
            | Self::Ids(_)
            | Self::GroupsOf(_)
            | Self::MembersOf(_)
            | Self::All => None,
        }
    }

    /// The next candidates after one, `limit` at most.
    pub(super) fn after(
        &self,
        tx: &mut Tx<'_>,
        query: &Query<'_>,
        last: Option<ResourceId>,
        limit: i64,
    ) -> Result<Chunk, Error> {
        let (tenant, kind) = (query.tenant, query.resource_type);
        let after = last.map_or(Param::Text(""), Param::from);
        let resources = match self {
            Self::All => resource::after(tx, tenant, kind, last, limit)?,
            Self::Ids(ids) => {
                let ids: Vec<_> =
                    ids.iter().copied().filter(|id| last.is_none_or(|last| *id > last)).collect();
                return Ok(Chunk { resources: resource::get_many(tx, tenant, kind, &ids)?, next: None });
            }
            Self::Value { attribute, value } => {
                tx.query(BY_VALUE, params![tenant, kind, attribute, value, after, limit], read)?
            }
            Self::OneOf { attribute, values } => {
                tx.query(BY_VALUES, params![tenant, kind, attribute, values, after, limit], read)?
            }
            Self::Range { attribute, from, before } => {
                tx.query(BY_RANGE, params![tenant, kind, attribute, from, before, after, limit], read)?
            }
            Self::GroupsOf(ids) => return groups(tx, query, ids, last, limit),
            Self::MembersOf(groups) => return members(tx, query, groups, last, limit),
        };
        let next = resources.last().map(|resource| resource.id).filter(|_| resources.len() as i64 == limit);
        Ok(Chunk { resources, next })
    }
}

/// Some of the candidates, in the order of their ids.
pub(super) struct Chunk {
    pub(super) resources: Vec<StoredResource<String>>,
    /// After which the next ones come, if there may be more.
    pub(super) next: Option<ResourceId>,
}

/// The next groups with one of these members.
fn groups(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    members: &str,
    last: Option<ResourceId>,
    limit: i64,
) -> Result<Chunk, Error> {
    let after = last.map_or(Param::Text(""), Param::from);
    let ids = tx.query(GROUPS_OF, params![query.tenant, members, after, limit], |row| row.get(0))?;
    Chunk::of(tx, query, &ids, limit)
}

/// The next members of these groups. Each group is read from `last` on and no further than needed, which one statement
/// about several groups would not do.
fn members(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    groups: &[ResourceId],
    last: Option<ResourceId>,
    limit: i64,
) -> Result<Chunk, Error> {
    let mut ids = BTreeSet::new();
    for group in groups {
        let members = member::of_group(tx, query.tenant, *group, last, limit)?;
        ids.extend(members.into_iter().map(|member| member.id));
    }
    let next: Vec<ResourceId> = ids.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
    Chunk::of(tx, query, &next, limit)
}

impl Chunk {
    /// Those of these candidates that are of the type; there may be more if there are as many as the limit.
    fn of(tx: &mut Tx<'_>, query: &Query<'_>, ids: &[ResourceId], limit: i64) -> Result<Self, Error> {
        let next = ids.last().copied().filter(|_| ids.len() as i64 == limit);
        Ok(Self { resources: resource::get_many(tx, query.tenant, query.resource_type, ids)?, next })
    }
}

/// What is no id is nobody's.
fn parsed(ids: &[String]) -> Vec<ResourceId> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

/// The most selective of the terms that every match must satisfy. `None`: there are no rows for any.
pub(super) fn best(query: &Query<'_>) -> Option<Term> {
    let ranked = query.resolved.necessary_terms().into_iter();
    let ranked = ranked.filter_map(|term| Some((rank(query, &term)?, term)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, term)| term)
}

/// How selective a term is, the lower the better. `None`: there are no rows for it.
fn rank(query: &Query<'_>, term: &Term) -> Option<(u8, usize)> {
    let place = query.indexed.iter().position(|key| *key == term.key);
    match (term.key.as_str(), &term.matches) {
        ("id", Match::OneOf(_)) => Some((0, 0)),
        ("members.value", Match::OneOf(_)) => Some((1, 0)),
        // An empty begin is everybody's.
        (_, Match::StartsWith(text)) if text.is_empty() => None,
        (_, Match::StartsWith(_)) => place.map(|place| (3, place)),
        ("groups.value", Match::OneOf(_)) => Some((4, 0)),
        (_, Match::OneOf(_)) => place.map(|place| (2, place)),
    }
}

/// The first text, in the order of bytes, that is behind all that begin with `prefix`. `None`: there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // There is no character between U+D7FF and U+E000.
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

// A resource has a value once, so that nothing comes twice.
const BY_VALUE: &str = "
    SELECT r.resource_id, r.document, r.version, r.created, r.modified FROM attr AS a
    JOIN resource AS r ON r.tenant_id = a.tenant_id AND r.resource_type = a.resource_type
        AND r.resource_id = a.resource_id
    WHERE a.tenant_id = $1 AND a.resource_type = $2 AND a.attribute = $3 AND a.value = $4 AND a.resource_id > $5
    ORDER BY a.resource_id LIMIT $6";

// An id with nothing added is no longer what an index is in the order of: SQLite would else take that index, and pass all
// rows of the tenant instead of those with the value.
const BY_VALUES: &str = "
    SELECT resource_id, document, version, created, modified FROM resource
    WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = ANY (ARRAY(SELECT DISTINCT resource_id || '' FROM attr
        WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3
        AND value = ANY (ARRAY(SELECT value FROM json_array_elements_text($4::text::json)))
        AND resource_id || '' > $5 ORDER BY 1 LIMIT $6))
    ORDER BY resource_id";

const BY_RANGE: &str = "
    SELECT resource_id, document, version, created, modified FROM resource
    WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = ANY (ARRAY(SELECT DISTINCT resource_id || '' FROM attr
        WHERE tenant_id = $1 AND resource_type = $2 AND attribute = $3 AND value >= $4 AND value < $5
        AND resource_id || '' > $6 ORDER BY 1 LIMIT $7))
    ORDER BY resource_id";

const GROUPS_OF: &str = "
    SELECT DISTINCT group_id || '' FROM member
    WHERE tenant_id = $1
    AND member_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($2::text::json)))
    AND group_id || '' > $3 ORDER BY 1 LIMIT $4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_is_behind_all_with_the_prefix() {
        for (prefix, expected) in [
            ("", None),
            ("ab", Some("ac")),
            ("a\u{7f}", Some("a\u{80}")),
            ("a\u{D7FF}", Some("a\u{E000}")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{10FFFF}", None),
        ] {
            let found = successor(prefix);
            assert_eq!(found.as_deref(), expected, "{prefix:?}");
            if let Some(found) = found {
                for rest in ["", "\0", "z", "\u{10FFFF}\u{10FFFF}"] {
                    assert!(format!("{prefix}{rest}") < found, "{prefix:?} {rest:?}");
                }
            }
        }
    }
}
