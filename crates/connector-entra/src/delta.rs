//! Pages of lists and of delta queries.

use crate::answer::Answer;
use crate::client::Graph;
use crate::limits::MAX_PAGES;
use connector::Error;
use serde_json::{Map, Value};

/// One object or change record.
pub(crate) type Record = Map<String, Value>;

/// One page.
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    pub(crate) link: Link,
}

/// What follows a page.
pub(crate) enum Link {
    /// `@odata.nextLink`
    Next(String),
    /// `@odata.deltaLink`: the end, and where the next query begins.
    Delta(String),
    /// The end of a plain list.
    End,
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(place: &str, mut document: Record) -> Result<Self, Error> {
        let Some(Value::Array(values)) = document.remove("value") else {
            return Err(Answer::broken(place, "the page has no \"value\""));
        };
        let records = values.into_iter().map(|value| match value {
            Value::Object(record) => Ok(record),
            _ => Err(Answer::broken(place, "the page holds something else than objects")),
        });
        let mut link = |name: &str| match document.remove(name) {
            Some(Value::String(link)) => Some(link),
            _ => None,
        };
        let link = match (link("@odata.nextLink"), link("@odata.deltaLink")) {
            (Some(next), _) => Link::Next(next),
            (None, Some(delta)) => Link::Delta(delta),
            (None, None) => Link::End,
        };
        Ok(Self { records: records.collect::<Result<_, _>>()?, link })
    }
}

/// The pages of a list or query, one after the other.
pub(crate) struct Pages {
    place: String,
    next: Option<Start>,
    read: usize,
    delta: Option<String>,
    changed_only: bool,
    may_be_missing: bool,
    /// Whether there is no such list, where that is allowed.
    pub(crate) is_missing: bool,
}

enum Start {
    Path(String),
    Link(String),
}

impl Pages {
    /// Begins with a path and its query.
    pub(crate) fn of(path: String) -> Self {
        let place = format!("GET {}", path.split('?').next().unwrap_or_default());
        Self::new(place, Start::Path(path))
    }

    /// Begins with a link; `place` names it in errors.
    pub(crate) fn from(place: &str, link: String) -> Self {
        Self::new(place.to_owned(), Start::Link(link))
    }

    fn new(place: String, start: Start) -> Self {
        let (changed_only, may_be_missing, is_missing) = (false, false, false);
        Self { place, next: Some(start), read: 0, delta: None, changed_only, may_be_missing, is_missing }
    }

    /// A delta query whose records hold the properties that changed, and no others.
    pub(crate) fn changed_only(mut self) -> Self {
        self.changed_only = true;
        self
    }

    /// A list of something that may not exist: it then has no page, and `is_missing` says so.
    pub(crate) fn or_missing(mut self) -> Self {
        self.may_be_missing = true;
        self
    }

    /// The records of the next page, of which there may be none, or `None` at the end.
    pub(crate) async fn next(&mut self, graph: &Graph) -> Result<Option<Vec<Record>>, Error> {
        let answer = match self.next.take() {
            None => return Ok(None),
            Some(Start::Path(path)) => graph.get(&path).await?,
            Some(Start::Link(link)) => graph.follow(&self.place, &link, self.changed_only).await?,
        };
        self.read += 1;
        if self.read > MAX_PAGES {
            return Err(Answer::broken(&self.place, format!("there are more than {MAX_PAGES} pages")));
        }
        let document = match answer.found()? {
            Some(document) => document,
            None if self.may_be_missing => {
                self.is_missing = true;
                return Ok(None);
            }
            None => return Err(Answer::broken(&self.place, "Graph answers that there is no such list")),
        };
        let page = Page::read(&self.place, document)?;
        match page.link {
            Link::Next(link) => self.next = Some(Start::Link(link)),
            Link::Delta(link) => self.delta = Some(link),
            Link::End => {}
        }
        Ok(Some(page.records))
    }

    /// The delta link of a query that was read to its end.
    pub(crate) fn delta_link(&self) -> Result<String, Error> {
        self.delta.clone().ok_or_else(|| Answer::broken(&self.place, "the last page has no deltaLink"))
    }
}

/// The id of a record.
pub(crate) fn id_of(record: &Record) -> Result<&str, Error> {
    match record.get("id").and_then(Value::as_str) {
        Some(id) if !id.is_empty() => Ok(id),
        _ => Err(Answer::broken("Graph", "delivered an object without an id")),
    }
}

/// Whether a change record says that the object, or the link, is gone.
pub(crate) fn is_removed(record: &Record) -> bool {
    record.contains_key("@removed")
}
