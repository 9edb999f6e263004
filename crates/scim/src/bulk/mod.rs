//! The bulk message (RFC 7644 §3.7): its operations, the references between them, and the order that these ask for.

mod reference;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::reference::REFERENCE;
use crate::Object;
use crate::error::Error;
use crate::limits::MAX_BULK_OPERATIONS;
use crate::message::BULK_RESPONSE_URN;
use crate::value::member;

/// A bulk message as sent.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After so many errors the rest is not begun; `None`: whatever fails, the others are tried.
    pub fail_on_errors: Option<u64>,
    /// The operations in the order of the message.
    pub operations: Vec<BulkOperation>,
}

/// One operation of a bulk message. What is wrong with it is its own error and not the message's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BulkOperation {
    /// The HTTP method in upper case.
    pub method: String,
    /// The client's name for the resource that this operation creates.
    pub bulk_id: Option<String>,
    /// The resource or endpoint, relative to the Tenant URL: `/Users/2819c223`, or `/Users/bulkId:qwerty`.
    pub path: String,
    /// The version that the resource must have.
    pub version: Option<String>,
    /// The body.
    pub data: Value,
}

/// What became of one operation (RFC 7644 §3.7.3).
#[derive(Debug, Clone, PartialEq)]
pub struct BulkResult {
    /// The HTTP status.
    pub status: u16,
    /// The entity tag of the resource.
    pub version: Option<String>,
    /// Where the resource is; a creation that failed has none.
    pub location: Option<String>,
    /// The body of an error.
    pub response: Option<Value>,
}

/// The order in which the operations have to be done, so that each finds what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOrder {
    /// The numbers of the operations, each once.
    pub steps: Vec<usize>,
    /// Those of circular references that can only be made when all resources exist: the operation's number and the
    /// client's names for what it refers to. RFC 7644 §3.7.1: "the service provider MUST try to resolve" them.
    pub deferred: BTreeMap<usize, BTreeSet<String>>,
}

impl BulkRequest {
    /// Reads the body of a bulk request.
    ///
    /// # Errors
    /// 400 `invalidSyntax` if it is not one; 400 `invalidValue` for a `bulkId` that two operations have; 413 for too
    /// many operations (RFC 7644 §3.7.4).
    pub fn parse(body: Value) -> Result<Self, Error> {
        let Some(Value::Array(list)) = body.as_object().and_then(|body| member(body, "Operations")) else {
            return Err(Error::invalid_syntax("a bulk request needs a list named Operations"));
        };
        if list.len() > MAX_BULK_OPERATIONS {
            let detail =
                format!("a bulk request has at most {MAX_BULK_OPERATIONS} operations; send several requests");
            return Err(Error::payload_too_large(detail));
        }
        let operations = list.iter().map(BulkOperation::parse).collect::<Result<Vec<_>, _>>()?;
        let mut names = BTreeSet::new();
        for name in operations.iter().filter_map(|operation| operation.bulk_id.as_deref()) {
            if !names.insert(name) {
                return Err(Error::invalid_value(format!("two operations have the bulkId {name:?}")));
            }
        }
        Ok(Self { fail_on_errors: fail_on_errors(&body)?, operations })
    }

    /// The order that the references ask for; where they leave it open, that of the message.
    #[must_use]
    pub fn order(&self) -> BulkOrder {
        let creators: BTreeMap<&str, usize> =
            self.operations.iter().enumerate().filter_map(|(n, op)| Some((op.creates()?, n))).collect();
        let mut search = Search {
            operations: &self.operations,
            creators,
            seen: BTreeMap::new(),
            order: BulkOrder { steps: Vec::with_capacity(self.operations.len()), deferred: BTreeMap::new() },
        };
        for number in 0..self.operations.len() {
            search.visit(number);
        }
        search.order
    }
}

fn fail_on_errors(body: &Value) -> Result<Option<u64>, Error> {
    match body.as_object().and_then(|body| member(body, "failOnErrors")) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) => Ok(Some(number.max(1))),
            None => Err(Error::invalid_value("failOnErrors must be a whole number from 1 on")),
        },
    }
}

/// A depth-first search through the references. Its depth is bounded by [`MAX_BULK_OPERATIONS`].
struct Search<'a> {
    operations: &'a [BulkOperation],
    creators: BTreeMap<&'a str, usize>,
    /// Whether an operation that was met has its place in the order.
    seen: BTreeMap<usize, bool>,
    order: BulkOrder,
}

impl Search<'_> {
    fn visit(&mut self, number: usize) {
        let Some(operation) = self.operations.get(number).filter(|_| !self.seen.contains_key(&number)) else {
            return;
        };
        self.seen.insert(number, false);
        for name in operation.references() {
            let Some(creator) = self.creators.get(name).copied() else { continue };
            self.visit(creator);
            // The creator waits for this very operation: one of the references has to come later.
            if self.seen.get(&creator) == Some(&false) {
                self.order.deferred.entry(number).or_default().insert(name.to_owned());
            }
        }
        self.seen.insert(number, true);
        self.order.steps.push(number);
    }
}

impl BulkOperation {
    fn parse(operation: &Value) -> Result<Self, Error> {
        let Value::Object(operation) = operation else {
            return Err(Error::invalid_syntax("an operation of a bulk request must be an object"));
        };
        let text = |name: &str| match member(operation, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Error::invalid_syntax(format!("{name} of an operation must be a string"))),
        };
        Ok(Self {
            method: text("method")?.unwrap_or_default().to_ascii_uppercase(),
            bulk_id: text("bulkId")?,
            path: text("path")?.unwrap_or_default(),
            version: text("version")?,
            data: member(operation, "data").cloned().unwrap_or_default(),
        })
    }

    /// The client's name for what this operation creates, if it creates something.
    #[must_use]
    pub fn creates(&self) -> Option<&str> {
        self.bulk_id.as_deref().filter(|_| self.method == "POST")
    }

    /// The names of other operations' resources that this one refers to, in its path or data.
    #[must_use]
    pub fn references(&self) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> =
            self.path.split('/').filter_map(|part| part.strip_prefix(REFERENCE)).collect();
        reference::collect(&self.data, &mut names);
        if self.method == "PATCH" {
            reference::collect_in_paths(&self.data, &mut names);
        }
        names
    }

    /// The operation with ids instead of references; `id` tells the id of a name. A reference for which it has none is
    /// left out with the value that consists of it: an element of a list, or a single complex value.
    #[must_use]
    pub fn resolve(&self, id: &dyn Fn(&str) -> Option<String>) -> Self {
        let segment =
            |part: &str| part.strip_prefix(REFERENCE).and_then(id).unwrap_or_else(|| part.to_owned());
        let mut data = reference::replace(&self.data, id).unwrap_or_default();
        if self.method == "PATCH" {
            reference::replace_in_paths(&mut data, id);
        }
        let path = self.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        Self { path, data, ..self.clone() }
    }
}

/// The body of the response (RFC 7644 §3.7.3): what became of each operation that was begun, in the order of the
/// message.
#[must_use]
pub fn response<'a>(results: impl IntoIterator<Item = (&'a BulkOperation, BulkResult)>) -> Value {
    let operations: Vec<Value> =
        results.into_iter().map(|(operation, result)| show(operation, result)).collect();
    json!({ "schemas": [BULK_RESPONSE_URN], "Operations": operations })
}

fn show(operation: &BulkOperation, result: BulkResult) -> Value {
    let mut shown = Object::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    set("method", Some(Value::from(operation.method.as_str())));
    set("bulkId", operation.bulk_id.as_deref().map(Value::from));
    set("version", result.version.map(Value::from));
    set("location", result.location.map(Value::from));
    set("status", Some(Value::from(result.status.to_string())));
    set("response", result.response);
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(operations: &Value) -> BulkRequest {
        BulkRequest::parse(json!({ "Operations": operations })).unwrap()
    }

    /// A creation of a group with this name and these members.
    fn group(name: &str, members: &[&str]) -> Value {
        let members: Vec<Value> =
            members.iter().map(|name| json!({ "value": format!("bulkId:{name}") })).collect();
        json!({ "method": "post", "path": "/Groups", "bulkId": name, "data": { "members": members } })
    }

    fn check(operations: Value, steps: &[usize], deferred: &[(usize, &str)]) {
        let order = request(&operations).order();
        assert_eq!(order.steps, steps, "{operations}");
        let found: Vec<(usize, &str)> = order
            .deferred
            .iter()
            .flat_map(|(number, names)| names.iter().map(|name| (*number, name.as_str())))
            .collect();
        assert_eq!(found, deferred, "{operations}");
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        check(json!([]), &[], &[]);
        check(json!([group("a", &[]), group("b", &[])]), &[0, 1], &[]);
        check(json!([group("a", &["b"]), group("b", &["c"]), group("c", &[])]), &[2, 1, 0], &[]);
        check(json!([group("a", &["nobody"]), group("b", &["a"])]), &[0, 1], &[]);
        check(
            json!([{ "method": "PATCH", "path": "/Groups/bulkId:b", "data": {} }, group("a", &[]), group("b", &["a"])]),
            &[1, 2, 0],
            &[],
        );
    }

    #[test]
    fn a_circle_is_opened_at_one_reference() {
        check(json!([group("a", &["b"]), group("b", &["a"])]), &[1, 0], &[(1, "a")]);
        check(json!([group("a", &["a"])]), &[0], &[(0, "a")]);
        check(
            json!([group("a", &["b"]), group("b", &["c"]), group("c", &["a", "d"]), group("d", &[])]),
            &[3, 2, 1, 0],
            &[(2, "a")],
        );
    }

    #[test]
    fn a_long_chain_is_put_in_order() {
        let last = MAX_BULK_OPERATIONS - 1;
        let chain: Vec<Value> = (0..=last)
            .map(|number| {
                let next = (number + 1).to_string();
                let members = [next.as_str()];
                group(&number.to_string(), if number < last { &members } else { &[] })
            })
            .collect();
        assert_eq!(request(&Value::from(chain)).order().steps, (0..=last).rev().collect::<Vec<_>>());
    }

    #[test]
    fn references_become_ids_or_are_left_out() {
        let operation = BulkOperation {
            path: "/Users/bulkId:u".to_owned(),
            data: json!({
                "displayName": "bulkId of a", "manager": { "value": "bulkId:x", "displayName": "X" },
                "members": [{ "value": "bulkId:u", "type": "User" }, { "value": "bulkId:x" }, "bulkId:x"],
                "Operations": [{ "op": "add", "value": [{ "value": "bulkId:u" }] }],
            }),
            ..BulkOperation::default()
        };
        assert_eq!(operation.references(), BTreeSet::from(["u", "x"]));
        let resolved = operation.resolve(&|name| (name == "u").then(|| "7".to_owned()));
        assert_eq!(resolved.path, "/Users/7");
        let expected = json!({
            "displayName": "bulkId of a", "members": [{ "value": "7", "type": "User" }],
            "Operations": [{ "op": "add", "value": [{ "value": "7" }] }],
        });
        assert_eq!(resolved.data, expected);
    }

    #[test]
    fn what_is_no_bulk_request_is_refused() {
        let many: Vec<Value> = (0..=MAX_BULK_OPERATIONS).map(|_| json!({})).collect();
        for (body, status) in [
            (json!([]), 400),
            (json!({ "Operations": {} }), 400),
            (json!({ "Operations": [1] }), 400),
            (json!({ "Operations": [{ "path": 7 }] }), 400),
            (json!({ "Operations": [], "failOnErrors": "x" }), 400),
            (json!({ "Operations": [{ "bulkId": "a" }, { "bulkId": "a" }] }), 400),
            (json!({ "Operations": many }), 413),
        ] {
            assert_eq!(BulkRequest::parse(body).unwrap_err().status, status);
        }
    }
}
