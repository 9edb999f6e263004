//! RFC 7644 to the letter: small letters, JSON booleans, one operation for each changed attribute. An element that
//! the target does not hold is added to its list.

use super::Words;
use super::operation::{each, plain_members};
use crate::attribute::name_schemas;
use crate::update::Write;
use connector::{Change, ObjectType};
use serde_json::{Map, Value};

/// The dialect `rfc`.
pub(super) struct Rfc;

impl Words for Rfc {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        name_schemas(resource, object_type);
    }

    fn attributes(&self, _object_type: ObjectType, _id: &str, changes: &[Change]) -> Vec<Write> {
        vec![Write::Patch(each(&changes.iter().collect::<Vec<_>>()))]
    }

    fn members(&self, changes: &[Change]) -> Vec<Value> {
        plain_members(changes)
    }

    fn negotiates(&self) -> bool {
        true
    }
}
