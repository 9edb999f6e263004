//! Delta queries: what there is, and what changed since a token.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Request};
use super::directory::{Directory, Kind, Life, Thing};
use super::{Behaviour, State};

/// The queries under way and the tokens given.
#[derive(Default)]
pub(super) struct Deltas {
    last: u64,
    queries: BTreeMap<u64, Query>,
    /// Changes up to a version show once so many requests came.
    shown: Vec<(u64, u64)>,
}

/// A query whose pages are being fetched, and later its token.
struct Query {
    kind: Kind,
    select: Option<Vec<String>>,
    pages: Vec<Vec<Value>>,
    /// The last change that it tells of.
    until: u64,
}

impl Deltas {
    /// Notes that a version shows from a request on.
    pub(super) fn delay(&mut self, version: u64, request: u64) {
        // Versions and requests only rise, but the delay may be changed in between.
        self.shown.retain(|(_, from)| *from != request);
        self.shown.push((version, request));
    }

    fn visible(&self, requests: u64) -> u64 {
        self.shown
            .iter()
            .filter(|(_, from)| *from <= requests)
            .map(|(version, _)| *version)
            .max()
            .unwrap_or(0)
    }

    fn begin(&mut self, query: Query) -> u64 {
        self.last += 1;
        self.queries.insert(self.last, query);
        self.last
    }
}

/// Answers `/users/delta` and `/groups/delta`.
pub(super) fn answer(state: &mut State, kind: Kind, request: &Request<'_>) -> Answer {
    if let Some(token) = request.parameter("$skiptoken") {
        let (query, page) = token.split_once('.').unwrap_or((token, "0"));
        return match (query.parse(), page.parse()) {
            (Ok(query), Ok(page)) => page_of(state, query, page, request),
            _ => forgotten(state, request),
        };
    }
    let since = match request.parameter("$deltatoken") {
        None => None,
        Some(token) => {
            let known = token.parse().ok().and_then(|token: u64| state.deltas.queries.get(&token));
            match known.filter(|query| query.kind == kind) {
                Some(query) => Some((query.until, query.select.clone())),
                None => return forgotten(state, request),
            }
        }
    };
    let until = state.deltas.visible(state.faults.count());
    let (since, select) = since.map_or((None, request.select()), |(until, select)| (Some(until), select));
    let window = Window { since, until: until.max(since.unwrap_or(0)), minimal: request.minimal };
    let records = records(&state.directory, kind, select.as_deref(), window, &state.behaviour);
    let pages = pages(records, &state.behaviour);
    let query = state.deltas.begin(Query { kind, select, pages, until: window.until });
    page_of(state, query, 0, request)
}

fn page_of(state: &State, number: u64, page: usize, request: &Request<'_>) -> Answer {
    let Some(query) = state.deltas.queries.get(&number) else { return forgotten(state, request) };
    let value = query.pages.get(page).cloned().unwrap_or_default();
    let origin = state.behaviour.foreign_links.as_deref().unwrap_or(request.origin);
    let address = format!("{origin}/v1.0/{}", request.path);
    let link = if page + 1 < query.pages.len() {
        ("@odata.nextLink", format!("{address}?$skiptoken={number}.{}", page + 1))
    } else {
        ("@odata.deltaLink", format!("{address}?$deltatoken={number}"))
    };
    Answer::ok(json!({ "value": value, link.0: link.1 }))
}

/// A token that is too old, or of another directory.
fn forgotten(state: &State, request: &Request<'_>) -> Answer {
    if state.behaviour.forgets_with_400 {
        return Answer::error(400, "syncStateNotFound", "The sync state generation is not found.");
    }
    let location = format!("{}/v1.0/{}?$deltatoken=", request.origin, request.path);
    Answer::error(410, "syncStateNotFound", "The sync state is expired.").with("location", location)
}

/// The changes that a query tells of: those after `since`, or all.
#[derive(Clone, Copy)]
struct Window {
    since: Option<u64>,
    until: u64,
    /// Properties that did not change are left out.
    minimal: bool,
}

impl Window {
    fn holds(self, version: u64) -> bool {
        version <= self.until && self.since.is_none_or(|since| version > since)
    }
}

fn records(
    directory: &Directory,
    kind: Kind,
    select: Option<&[String]>,
    window: Window,
    behaviour: &Behaviour,
) -> Vec<Value> {
    let all = directory.all(kind).flat_map(|(id, thing)| {
        let record = record(directory, kind, id, thing, select, window);
        record.map(|record| split(record, kind, behaviour.members_per_record)).unwrap_or_default()
    });
    let mut records: Vec<Value> = all.collect();
    if behaviour.reversed {
        records.reverse();
    }
    if behaviour.replays {
        records.extend(records.clone());
    }
    records
}

fn record(
    directory: &Directory,
    kind: Kind,
    id: &str,
    thing: &Thing,
    select: Option<&[String]>,
    window: Window,
) -> Option<Map<String, Value>> {
    let is_selected = |name: &str| select.is_none_or(|names| names.iter().any(|other| other == name));
    let died = !thing.is_here();
    if thing.born > window.until || (died && !window.holds(thing.life.version)) {
        return None;
    }
    let mut record = Map::from_iter([("id".to_owned(), json!(id))]);
    if died {
        // The first query of all tells of nobody who is not there.
        window.since?;
        let reason = if thing.life.value == Life::SoftDeleted { "changed" } else { "deleted" };
        record.insert("@removed".to_owned(), json!({ "reason": reason }));
        return Some(record);
    }
    // A new or restored object comes whole.
    let whole = window.since.is_none() || window.holds(thing.life.version);
    let selected = || {
        thing
            .properties
            .iter()
            .filter(|(name, property)| is_selected(name) && property.version <= window.until)
    };
    let mut is_told = whole || selected().any(|(_, property)| window.holds(property.version));
    let properties =
        selected().filter(|(_, property)| whole || !window.minimal || window.holds(property.version));
    record.extend(properties.map(|(name, property)| (name.clone(), property.value.clone())));
    if is_selected(kind.relation()) {
        let links = links(directory, thing, whole, window);
        is_told |= !links.is_empty();
        if !links.is_empty() {
            record.insert(format!("{}@delta", kind.relation()), Value::Array(links));
        }
    }
    is_told.then_some(record)
}

/// Who is linked, or came and went. A deleted member is not shown, and not told of either.
fn links(directory: &Directory, thing: &Thing, whole: bool, window: Window) -> Vec<Value> {
    let mut links: BTreeMap<&str, bool> = BTreeMap::new();
    for change in thing.links.iter().filter(|change| window.holds(change.version) || whole) {
        links.insert(&change.value.0, change.value.1);
    }
    let shown = links.into_iter().filter_map(|(id, added)| {
        let kind = match directory.kind_of(id) {
            Some(kind) => kind,
            None if added => return None,
            None => Kind::User,
        };
        let mut link = json!({ "@odata.type": kind.odata_type(), "id": id });
        if !added {
            link["@removed"] = json!({ "reason": "deleted" });
        }
        (added || !whole).then_some(link)
    });
    shown.collect()
}

/// A group of many members comes in several records.
fn split(mut record: Map<String, Value>, kind: Kind, most: usize) -> Vec<Value> {
    let name = format!("{}@delta", kind.relation());
    let Some(Value::Array(links)) = record.remove(&name) else { return vec![Value::Object(record)] };
    let id = record.get("id").cloned().unwrap_or_default();
    let mut records = Vec::new();
    for part in links.chunks(most.max(1)) {
        let mut one =
            if records.is_empty() { record.clone() } else { Map::from_iter([("id".into(), id.clone())]) };
        one.insert(name.clone(), Value::Array(part.to_vec()));
        records.push(Value::Object(one));
    }
    records
}

fn pages(records: Vec<Value>, behaviour: &Behaviour) -> Vec<Vec<Value>> {
    let pages = records.chunks(behaviour.page_size.max(1)).map(<[Value]>::to_vec);
    if behaviour.empty_pages { pages.flat_map(|page| [Vec::new(), page]).collect() } else { pages.collect() }
}
