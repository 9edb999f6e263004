//! Okta, an app of the catalog that supports PATCH of users: the changed attributes, and nothing else.

use super::operation::{each, plain_members};
use super::{Headers, Words, okta};
use crate::update::Write;
use connector::{Change, ObjectType};
use serde_json::{Map, Value};

/// The dialect `okta-oin-patch`.
pub(super) struct OktaOinPatch;

impl Words for OktaOinPatch {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        okta::complete(object_type, resource);
    }

    fn attributes(&self, object_type: ObjectType, id: &str, changes: &[Change]) -> Vec<Write> {
        okta::catalog(object_type, id, changes, |rest| Write::Patch(profile(&rest)))
    }

    fn members(&self, changes: &[Change]) -> Vec<Value> {
        plain_members(changes)
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

/// One operation without a path for all; an element of a list needs its own, or the list would be replaced.
fn profile(changes: &[Change]) -> Vec<Value> {
    let (elements, whole): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.path.filter.is_some());
    let whole = (!whole.is_empty()).then(|| okta::pathless(okta::object(whole)));
    whole.into_iter().chain(each(&elements)).collect()
}
