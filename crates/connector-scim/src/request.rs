//! Every request that is ever sent. Previews and exports both come from here.

use crate::dialect::{Dialect, Words, resource};
use crate::limits::LISTED_PER_PAGE;
use crate::merge;
use crate::update::{Write, writes};
use connector::{Change, ObjectType, Operation, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scim::message::PATCH_OP_URN;
use scim::path::Path;
use serde_json::{Map, Value, json};

/// RFC 3986 §2.3: what need not be encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const WITHOUT_MEMBERS: &str = "excludedAttributes=members";

/// The requests of one dialect to one Tenant URL.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    pub(crate) dialect: Dialect,
    /// The Tenant URL's own query, which goes with every request.
    pub(crate) query: Option<String>,
    /// Members that one PATCH adds or removes.
    pub(crate) members_per_request: usize,
}

impl Requests {
    pub(crate) fn words(&self) -> &'static dyn Words {
        self.dialect.words()
    }

    /// Asks for the objects that have `value` in `attribute` (RFC 7644 §3.4.2.2).
    pub(crate) fn find(&self, object_type: ObjectType, attribute: &Path, value: &str) -> Request {
        let filter = format!("filter={}", encoded(&self.words().filter(attribute, value)));
        let parameters = self.without_members(object_type).into_iter().chain([filter.as_str()]);
        self.request("GET", endpoint(object_type).to_owned(), parameters.chain(self.words().page()), None)
    }

    /// Asks for one object (RFC 7644 §3.4.1), of a group without its members where the client does so.
    pub(crate) fn get(&self, object_type: ObjectType, id: &str) -> Request {
        self.request("GET", location(object_type, id), self.without_members(object_type), None)
    }

    /// Asks for a group if it has this member, as Entra does.
    pub(crate) fn membership(&self, id: &str, member: &str) -> Request {
        let (id, member) = (Value::from(id), Value::from(member));
        let filter = format!("filter={}", encoded(&format!("id eq {id} and members eq {member}")));
        let parameters = self.without_members(ObjectType::Group).into_iter().chain([filter.as_str()]);
        self.request("GET", endpoint(ObjectType::Group).to_owned(), parameters, None)
    }

    /// Asks for all of an object, to put it back.
    pub(crate) fn whole(&self, object_type: ObjectType, id: &str) -> Request {
        self.request("GET", location(object_type, id), [], None)
    }

    /// Asks for a page of all objects of a type (RFC 7644 §3.4.2.4), groups without members where the client does so.
    pub(crate) fn list(&self, object_type: ObjectType, from: u64) -> Request {
        let place = format!("startIndex={from}&count={LISTED_PER_PAGE}");
        let parameters = self.without_members(object_type).into_iter().chain([place.as_str()]);
        self.request("GET", endpoint(object_type).to_owned(), parameters, None)
    }

    /// Asks for something at a path with parameters, as it is.
    pub(crate) fn read<'a>(&'a self, path: &str, parameters: impl IntoIterator<Item = &'a str>) -> Request {
        self.request("GET", path.to_owned(), parameters, None)
    }

    /// Makes an object (RFC 7644 §3.3).
    pub(crate) fn create(&self, object_type: ObjectType, values: &[(Path, Value)]) -> Request {
        let body = resource(self.words(), object_type, values);
        self.request("POST", endpoint(object_type).to_owned(), [], Some(body))
    }

    /// Changes an object (RFC 7644 §3.5.2).
    pub(crate) fn patch(&self, object_type: ObjectType, id: &str, operations: &[Value]) -> Request {
        let body = json!({ "schemas": [PATCH_OP_URN], "Operations": operations });
        self.request("PATCH", location(object_type, id), [], Some(body))
    }

    /// Changes members.
    pub(crate) fn members(&self, object_type: ObjectType, id: &str, changes: &[Change]) -> Request {
        self.patch(object_type, id, &self.words().members(changes))
    }

    /// Says a group's name, which is not known before it was read.
    pub(crate) fn name(&self, object_type: ObjectType, id: &str, name: Option<&Value>) -> Request {
        let mut value = Map::from_iter([("id".to_owned(), Value::from(id))]);
        value.extend(name.map(|name| ("displayName".to_owned(), name.clone())));
        self.patch(object_type, id, &[json!({ "op": "replace", "value": value })])
    }

    /// Puts an object back that was read as `resource`, with changes (RFC 7644 §3.5.1).
    pub(crate) fn put(
        &self,
        object_type: ObjectType,
        id: &str,
        resource: Map<String, Value>,
        changes: &[Change],
    ) -> Request {
        let body = merge::merged(self.words(), object_type, resource, changes);
        self.request("PUT", location(object_type, id), [], Some(Value::Object(body)))
    }

    /// Removes an object (RFC 7644 §3.6).
    pub(crate) fn delete(&self, object_type: ObjectType, id: &str) -> Request {
        self.request("DELETE", location(object_type, id), [], None)
    }

    /// Sends many operations (RFC 7644 §3.7).
    pub(crate) fn bulk(&self, body: Value) -> Request {
        self.request("POST", "/Bulk".to_owned(), [], Some(body))
    }

    /// The writes of an update.
    pub(crate) fn writes(
        &self,
        object_type: ObjectType,
        id: &str,
        changes: &[Change],
        patches: bool,
    ) -> Vec<Write> {
        writes(self.words(), (object_type, id), changes, patches, self.members_per_request)
    }

    /// What an operation will send, as far as it is known beforehand.
    pub(crate) fn preview(&self, operation: &Operation, patches: bool) -> Vec<Request> {
        match operation {
            Operation::Create { object_type, values } => vec![self.create(*object_type, values)],
            Operation::Delete { object_type, id } => vec![self.delete(*object_type, id)],
            Operation::Update { object_type, id, changes } => self
                .writes(*object_type, id, changes, patches)
                .iter()
                .flat_map(|write| self.preview_write(*object_type, id, write))
                .collect(),
        }
    }

    fn preview_write(&self, object_type: ObjectType, id: &str, write: &Write) -> Vec<Request> {
        match write {
            Write::Patch(operations) => vec![self.patch(object_type, id, operations)],
            Write::Members(changes) => vec![self.members(object_type, id, changes)],
            Write::Put(changes) => {
                let known = self.put(object_type, id, Map::new(), changes);
                let put = Request { note: Some(merge::note(object_type, changes)), ..known };
                vec![self.whole(object_type, id), put]
            }
            Write::Name => {
                let note = Some("with the displayName that GET answers".to_owned());
                let name = Request { note, ..self.name(object_type, id, None) };
                vec![self.whole(object_type, id), name]
            }
        }
    }

    fn without_members(&self, object_type: ObjectType) -> Option<&'static str> {
        (object_type == ObjectType::Group && self.words().excludes_members()).then_some(WITHOUT_MEMBERS)
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
        Request { method: method.to_owned(), path, body, note: None }
    }
}

/// Where objects of a type are.
pub(crate) fn endpoint(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::User => "/Users",
        ObjectType::Group => "/Groups",
    }
}

/// Where one object is.
pub(crate) fn location(object_type: ObjectType, id: &str) -> String {
    format!("{}/{}", endpoint(object_type), encoded(id))
}

/// A text as part of a URL.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
