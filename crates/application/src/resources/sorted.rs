//! Sorted lists (RFC 7644 §3.4.2.3): all that match are put in order, by rows of the index where there are such.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::ResourceId;
use model::resource::StoredResource;
use scim::{Object, SortOrder};
use serde_json::json;
use store::{Tx, attr, resource};

use super::list::{Part, Place, Query, Slice, Start, each};
use super::representation::Content;
use super::{Error, entity_tag};
use crate::limits::MAX_SORT_LENGTH;

/// Resources that are read at once when a page is put together.
const CHUNK: usize = 50;

/// What tells the place of a resource, with the number of its part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: Option<String>,
    part: usize,
    id: ResourceId,
}

impl Entry {
    /// Without a value: last if ascending, first if descending. Those of one value stay in the order of their ids.
    fn cmp(&self, other: &Self, order: SortOrder) -> Ordering {
        let by_key = match (&self.key, &other.key) {
            (Some(one), Some(other)) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let by_key = match order {
            SortOrder::Ascending => by_key,
            SortOrder::Descending => by_key.reverse(),
        };
        by_key.then_with(|| (self.part, self.id).cmp(&(other.part, other.id)))
    }
}

/// Entries, as long as they are not too many.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    length: usize,
}

impl Entries {
    fn push(&mut self, entry: Entry) -> Result<(), scim::Error> {
        self.length += size_of::<Entry>() + entry.key.as_ref().map_or(0, String::len);
        if self.length > MAX_SORT_LENGTH {
            let detail =
                "too many resources to sort; name fewer by a filter, or page through them without sortBy";
            return Err(scim::Error::too_many(detail));
        }
        self.all.push(entry);
        Ok(())
    }
}

/// The stored resources of a page of a sorted list.
pub(super) fn slice(tx: &mut Tx<'_>, query: &Query, order: SortOrder) -> Result<Slice, Error> {
    let mut entries = Entries::default();
    for (number, part) in query.parts.iter().enumerate() {
        match indexed_attribute(part) {
            Some(attribute) => by_rows(tx, query, (number, part), attribute, &mut entries)?,
            None => by_documents(tx, query, (number, part), &mut entries)?,
        }
    }
    let mut entries = entries.all;
    entries.sort_unstable_by(|one, other| one.cmp(other, order));
    let first = match &query.start {
        Start::Index(index) => {
            usize::try_from(index.saturating_sub(1)).unwrap_or(usize::MAX).min(entries.len())
        }
        Start::After(None) => 0,
        Start::After(Some(place)) => {
            let last = entry_of(query, place);
            entries.partition_point(|entry| entry.cmp(&last, order) != Ordering::Greater)
        }
    };
    let mut slice = Slice::default();
    slice.total = i64::try_from(entries.len()).ok();
    let rest = entries.get(first..).unwrap_or_default();
    let read = read(tx, query, rest, &mut slice)?;
    slice.more = read < rest.len() && query.count > 0;
    Ok(slice)
}

fn entry_of(query: &Query, place: &Place) -> Entry {
    let part = query.parts.iter().position(|part| part.kind.id() == place.resource_type).unwrap_or(0);
    Entry { key: place.key.clone(), part, id: place.id }
}

/// The attribute whose rows say all that sorting needs: nothing else is asked, and each resource has one row at most.
fn indexed_attribute(part: &Part) -> Option<&str> {
    let sort_by = part.sort_by.as_ref().filter(|sort_by| sort_by.is_indexable())?;
    let key = sort_by.attribute.key();
    (part.condition.is_none() && part.kind.keys().iter().any(|known| known == key)).then_some(key)
}

fn by_rows(
    tx: &mut Tx<'_>,
    query: &Query,
    (number, part): (usize, &Part),
    attribute: &str,
    entries: &mut Entries,
) -> Result<(), Error> {
    let kind = part.kind.id();
    let mut values: BTreeMap<ResourceId, String> =
        attr::values(tx, query.tenant, kind, attribute)?.into_iter().collect();
    for id in resource::ids(tx, query.tenant, kind)? {
        entries.push(Entry { key: values.remove(&id), part: number, id })?;
    }
    Ok(())
}

fn by_documents(
    tx: &mut Tx<'_>,
    query: &Query,
    (number, part): (usize, &Part),
    entries: &mut Entries,
) -> Result<(), Error> {
    let mut pushed = Ok(());
    each(tx, query, part, None, |stored| {
        let id = stored.id;
        pushed = key(part, &stored).and_then(|key| Ok(entries.push(Entry { key, part: number, id })?));
        if pushed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    pushed
}

/// What a resource is sorted by, in the form that the index has of it.
pub(super) fn key(part: &Part, stored: &StoredResource<Content>) -> Result<Option<String>, Error> {
    let Some(sort_by) = &part.sort_by else { return Ok(None) };
    let key = match sort_by.attribute.attribute.name.as_str() {
        "id" => Some(stored.id.to_string()),
        "meta" => sort_by.key(&meta(part, stored)),
        _ => sort_by.key(stored.document.tree()?.as_ref()),
    };
    Ok(key.map(|key| attr::indexed(&key)))
}

/// `meta` of a resource, as far as it has an order: all resources of a type have locations in the order of their ids.
fn meta(part: &Part, stored: &StoredResource<Content>) -> Object {
    let meta = json!({
        "resourceType": part.kind.id(),
        "created": stored.created.to_string(),
        "lastModified": stored.modified.to_string(),
        "location": stored.id.to_string(),
        "version": entity_tag(stored.version),
    });
    Object::from_iter([("meta".to_owned(), meta)])
}

/// Reads the resources of these entries until the page is full, and answers how many entries that took. Who was deleted
/// meanwhile is left out.
fn read(tx: &mut Tx<'_>, query: &Query, entries: &[Entry], slice: &mut Slice) -> Result<usize, Error> {
    let mut taken = 0;
    for chunk in entries.chunks(CHUNK) {
        let mut found = BTreeMap::new();
        for (number, part) in query.parts.iter().enumerate() {
            let ids: Vec<ResourceId> =
                chunk.iter().filter(|entry| entry.part == number).map(|entry| entry.id).collect();
            if !ids.is_empty() && !slice.is_full(query.count) {
                let stored = resource::get_many(tx, query.tenant, part.kind.id(), &ids)?;
                found.extend(stored.into_iter().map(|stored| ((number, stored.id), stored)));
            }
        }
        for entry in chunk {
            if slice.is_full(query.count) {
                return Ok(taken);
            }
            taken += 1;
            if let Some(stored) = found.remove(&(entry.part, entry.id)) {
                slice.push(entry.part, stored.map(Content::Text));
            }
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_has_no_value_is_last_ascending_and_first_descending() {
        let entry = |key: Option<&str>, id: u128| Entry {
            key: key.map(str::to_owned),
            part: 0,
            id: ResourceId(Uuid::from_u128(id)),
        };
        let all =
            [entry(None, 1), entry(Some("b"), 2), entry(Some("a"), 3), entry(None, 4), entry(Some("b"), 5)];
        for (order, expected) in
            [(SortOrder::Ascending, [3, 2, 5, 1, 4]), (SortOrder::Descending, [1, 4, 2, 5, 3])]
        {
            let mut sorted = all.to_vec();
            sorted.sort_by(|one, other| one.cmp(other, order));
            assert_eq!(sorted.iter().map(|entry| entry.id.0.as_u128()).collect::<Vec<_>>(), expected);
        }
    }
}
