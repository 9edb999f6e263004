//! Every request that is ever sent. Previews and exports both come from here.

use crate::dialect::Dialect;
use crate::{body, patch};
use connector::{ObjectType, Operation, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scim::filter::Filter;
use scim::path::Path;
use serde_json::Value;

/// RFC 3986 §2.3: what need not be encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The requests of one dialect to one Tenant URL.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    pub(crate) dialect: Dialect,
    /// The Tenant URL's own query, which goes with every request.
    pub(crate) query: Option<String>,
}

impl Requests {
    /// Asks for the objects that have `value` in `attribute` (RFC 7644 §3.4.2.2).
    pub(crate) fn find(&self, object_type: ObjectType, attribute: &Path, value: &str) -> Request {
        let filter = filter(self.dialect, attribute, value);
        let filter = format!("filter={}", utf8_percent_encode(&filter, RESERVED));
        let parameters = without_members(object_type).into_iter().chain([filter.as_str()]);
        self.request("GET", endpoint(object_type).to_owned(), parameters, None)
    }

    /// Asks for one object (RFC 7644 §3.4.1).
    pub(crate) fn get(&self, object_type: ObjectType, id: &str) -> Request {
        self.request("GET", location(object_type, id), without_members(object_type), None)
    }

    /// Writes.
    pub(crate) fn export(&self, operation: &Operation) -> Request {
        match operation {
            Operation::Create { object_type, values } => {
                let body = body::resource(self.dialect, *object_type, values);
                self.request("POST", endpoint(*object_type).to_owned(), [], Some(body))
            }
            Operation::Update { object_type, id, changes } => {
                let body = patch::body(self.dialect, changes);
                self.request("PATCH", location(*object_type, id), [], Some(body))
            }
            Operation::Delete { object_type, id } => {
                self.request("DELETE", location(*object_type, id), [], None)
            }
        }
    }

    fn request<'a>(
        &'a self,
        method: &str,
        mut path: String,
        parameters: impl IntoIterator<Item = &'a str>,
        body: Option<Value>,
    ) -> Request {
        let mut separator = '?';
        for parameter in parameters.into_iter().chain(self.query.as_deref()) {
            path.push(separator);
            path.push_str(parameter);
            separator = '&';
        }
        Request { method: method.to_owned(), path, body }
    }
}

fn endpoint(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::User => "/Users",
        ObjectType::Group => "/Groups",
    }
}

fn location(object_type: ObjectType, id: &str) -> String {
    format!("{}/{}", endpoint(object_type), utf8_percent_encode(id, RESERVED))
}

/// A group's members are never read back: there may be a million of them.
fn without_members(object_type: ObjectType) -> Option<&'static str> {
    match object_type {
        ObjectType::User => None,
        ObjectType::Group => Some("excludedAttributes=members"),
    }
}

fn filter(dialect: Dialect, attribute: &Path, value: &str) -> String {
    // A filter's string is a JSON string (RFC 7644 §3.4.2.2).
    let value = Value::from(value);
    match (dialect, &attribute.filter, &attribute.sub) {
        // The grammar of RFC 7644 Figure 1 has no comparison after a value path; Entra sends one all the same.
        (Dialect::Rfc, Some(selection), Some(sub)) => {
            let path = Path { filter: None, sub: None, ..attribute.clone() };
            match selection.as_ref() {
                Filter::Or(_) => format!("{path}[({selection}) and {sub} eq {value}]"),
                Filter::And(_)
                | Filter::Not(_)
                | Filter::Compare { .. }
                | Filter::Present(_)
                | Filter::ValuePath { .. } => {
                    format!("{path}[{selection} and {sub} eq {value}]")
                }
            }
        }
        (Dialect::Rfc, _, _) | (Dialect::Entra, _, _) => format!("{attribute} eq {value}"),
    }
}
