//! Answers that are as they should be, and what is read from them.

use crate::limits::MAX_EXCERPT_CHARS;
use crate::refusal;
use connector::{Error, Peer, TargetObject};
use jiff::Timestamp;
use serde_json::{Map, Value};

const NOT_SCIM: &str = "check that the Tenant URL ends in the application's SCIM base path, and that no proxy, firewall \
                        or sign-in page answers in its place";
const NO_ID: &str =
    "the vendor must answer with the resource and its id (RFC 7644 §3.3); no link can be made without it";

/// One answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Who answered.
    pub(crate) peer: Peer,
    /// Method and path asked, for errors.
    pub(crate) place: String,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// `Retry-After` as sent.
    pub(crate) retry_after: Option<String>,
    /// `Date` as sent.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What a query found.
#[derive(Debug)]
pub(crate) struct List {
    /// How many objects match, of which the answer may hold a part.
    pub(crate) total: u64,
    /// The objects in the answer.
    pub(crate) objects: Vec<TargetObject>,
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    /// How many objects there are on all pages, where the answer says so.
    pub(crate) total: Option<u64>,
    /// Where the next page begins, where pages are told by cursor (RFC 9865 §2.1).
    pub(crate) next_cursor: Option<String>,
    /// The objects in the answer.
    pub(crate) objects: Vec<TargetObject>,
}

impl Answer {
    /// The answer to a query. 404 is an error: RFC 7644 §3.4.2 wants 200 and an empty list.
    pub(crate) fn list(&self) -> Result<List, Error> {
        let Page { total, objects, .. } = self.page()?;
        let Some(total) = total else {
            return Err(self.broken("is not a ListResponse: it has no \"totalResults\"", NOT_SCIM));
        };
        if total > 0 && objects.is_empty() {
            return Err(self.broken(format!("says that {total} objects match, and holds none"), NOT_SCIM));
        }
        Ok(List { total, objects })
    }

    /// A page of a list, which may be one past the end.
    pub(crate) fn page(&self) -> Result<Page, Error> {
        self.check()?;
        let document = self.document()?;
        let resources = match member(&document, "Resources") {
            Some(Value::Array(resources)) => resources.as_slice(),
            Some(Value::Null) | None => &[],
            Some(_) => return Err(self.broken("\"Resources\" is not a list", NOT_SCIM)),
        };
        let next_cursor = member(&document, "nextCursor").and_then(Value::as_str);
        Ok(Page {
            total: member(&document, "totalResults").and_then(Value::as_u64),
            next_cursor: next_cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned),
            objects: resources.iter().map(|resource| self.object(resource)).collect::<Result<_, _>>()?,
        })
    }

    /// One object, or `None` when there is none.
    pub(crate) fn resource(&self) -> Result<Option<TargetObject>, Error> {
        if self.is_gone() {
            return Ok(None);
        }
        self.check()?;
        self.object(&Value::Object(self.document()?)).map(Some)
    }

    /// The new object.
    pub(crate) fn created(&self) -> Result<TargetObject, Error> {
        self.check()?;
        if self.body.is_empty() {
            return Err(self.broken("has no body, so the new object's id is unknown", NO_ID));
        }
        self.object(&Value::Object(self.document()?))
    }

    /// The changed object; its document is empty when the answer is.
    pub(crate) fn updated(&self, id: &str) -> Result<TargetObject, Error> {
        if self.is_gone() {
            return Err(Error::NotFound);
        }
        self.check()?;
        let document = if self.body.is_empty() { Map::new() } else { self.document()? };
        Ok(TargetObject { id: id.to_owned(), document })
    }

    /// The end of an object. One that was gone already is deleted too.
    pub(crate) fn deleted(&self, id: &str) -> Result<TargetObject, Error> {
        if !self.is_gone() {
            self.check()?;
        }
        Ok(TargetObject { id: id.to_owned(), document: Map::new() })
    }

    /// Whether the application says that the object does not exist. An HTML page with 404 comes from something else,
    /// and must not make an account look deleted.
    fn is_gone(&self) -> bool {
        matches!(self.status, 404 | 410) && !self.is_html()
    }

    pub(crate) fn is_html(&self) -> bool {
        self.content_type.contains("html")
    }

    /// Whether the application did what was asked.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (200..300).contains(&self.status) { Ok(()) } else { Err(refusal::error(self)) }
    }

    /// The answer as a JSON object.
    pub(crate) fn document(&self) -> Result<Map<String, Value>, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let detail = format!("answered no JSON object but {}", self.excerpt());
            self.broken(detail, NOT_SCIM).caused_by(error)
        })
    }

    fn object(&self, resource: &Value) -> Result<TargetObject, Error> {
        let document =
            resource.as_object().ok_or_else(|| self.broken("a resource is not an object", NOT_SCIM))?;
        match member(document, "id").and_then(Value::as_str) {
            // A URL parser takes these for directions, so a request for them would go elsewhere.
            None | Some("" | "." | "..") => Err(self.broken("a resource has no usable \"id\"", NO_ID)),
            Some(id) => Ok(TargetObject { id: id.to_owned(), document: document.clone() }),
        }
    }

    /// When it was answered, by the clock of who answered; by ours where that is not told.
    pub(crate) fn instant(&self) -> Timestamp {
        self.date.as_deref().and_then(refusal::instant).unwrap_or_else(Timestamp::now)
    }

    /// An answer that SCIM does not allow.
    pub(crate) fn broken(&self, detail: impl Into<String>, hint: &'static str) -> Error {
        match self.peer {
            Peer::Source => Error::source(self.place.clone(), detail, hint),
            Peer::Target => Error::target(self.place.clone(), detail, hint),
        }
    }

    /// Content type and beginning of the answer, for an administrator to recognise who answered.
    pub(crate) fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let beginning: String = words.chars().take(MAX_EXCERPT_CHARS).collect();
        let content_type = if self.content_type.is_empty() { "no content type" } else { &self.content_type };
        format!("{content_type}: \"{beginning}\"")
    }
}

/// A member by its name in any letter case (RFC 7643 §2.1).
pub(crate) fn member<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    document
        .get(name)
        .or_else(|| document.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}
