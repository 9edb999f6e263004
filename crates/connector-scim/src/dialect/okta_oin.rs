//! Okta, an app of the catalog: profiles are read, changed, and put back whole; `active` and groups are patched.

use super::operation::plain_members;
use super::{Headers, Words, okta};
use crate::update::Write;
use connector::{Change, ObjectType};
use serde_json::{Map, Value};

/// The dialect `okta-oin`.
pub(super) struct OktaOin;

impl Words for OktaOin {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        okta::complete(object_type, resource);
    }

    fn attributes(&self, object_type: ObjectType, id: &str, changes: &[Change]) -> Vec<Write> {
        okta::catalog(object_type, id, changes, Write::Put)
    }

    fn members(&self, changes: &[Change]) -> Vec<Value> {
        plain_members(changes)
    }

    fn blank(&self, change: &Change) -> Value {
        okta::blank(change)
    }

    fn page(&self) -> Option<&'static str> {
        Some(okta::PAGE)
    }

    fn probe(&self) -> Option<&'static str> {
        Some(okta::PROBE)
    }

    fn excludes_members(&self) -> bool {
        false
    }

    fn repeats_name(&self) -> bool {
        true
    }

    fn headers(&self) -> Headers {
        okta::headers()
    }
}
