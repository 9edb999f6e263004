//! Answers that are as they should be, and what is read from them.

use crate::limits::MAX_EXCERPT_CHARS;
use crate::refusal;
use connector::{Error, TargetObject};
use serde_json::{Map, Value};

const NOT_SCIM: &str = "check that the Tenant URL ends in the application's SCIM base path, and that no proxy, firewall \
                        or sign-in page answers in its place";
const NO_ID: &str =
    "the vendor must answer with the resource and its id (RFC 7644 §3.3); no link can be made without it";

/// One answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
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

impl Answer {
    /// The answer to a query. 404 is an error: RFC 7644 §3.4.2 wants 200 and an empty list.
    pub(crate) fn list(&self) -> Result<List, Error> {
        self.check()?;
        let document = self.document()?;
        let resources = match member(&document, "Resources") {
            Some(Value::Array(resources)) => resources.as_slice(),
            Some(Value::Null) | None => &[],
            Some(_) => return Err(self.broken("\"Resources\" is not a list", NOT_SCIM)),
        };
        let Some(total) = member(&document, "totalResults").and_then(Value::as_u64) else {
            return Err(self.broken("is not a ListResponse: it has no \"totalResults\"", NOT_SCIM));
        };
        if total > 0 && resources.is_empty() {
            return Err(self.broken(format!("says that {total} objects match, and holds none"), NOT_SCIM));
        }
        let objects = resources.iter().map(|resource| self.object(resource)).collect::<Result<_, _>>()?;
        Ok(List { total, objects })
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
        self.status == 404 && !self.is_html()
    }

    pub(crate) fn is_html(&self) -> bool {
        self.content_type.contains("html")
    }

    fn check(&self) -> Result<(), Error> {
        if (200..300).contains(&self.status) { Ok(()) } else { Err(refusal::error(self)) }
    }

    fn document(&self) -> Result<Map<String, Value>, Error> {
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

    /// An answer that SCIM does not allow.
    pub(crate) fn broken(&self, detail: impl Into<String>, hint: &'static str) -> Error {
        Error::target(self.place.clone(), detail, hint)
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
