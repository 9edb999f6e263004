//! Resources that are found by a name they were given besides their own ([`crate::attr::aliases`]).

use model::resource::StoredResource;
use scim::fold;
use serde_json::Value;

use crate::namesake::USER_NAME;
use crate::{Error, Tx, attr};

use super::Query;
use super::candidates::Candidates;

/// Whether a resource that does not match under its own name does so under an alias. Only a filter that leads to the
/// resource by `userName` asks for aliases, so that no other search pays for them.
pub(super) fn matches(
    tx: &mut Tx<'_>,
    query: &Query<'_>,
    candidates: &Candidates,
    resource: &StoredResource,
    matches: impl Fn(&mut Tx<'_>, &StoredResource) -> Result<bool, Error>,
) -> Result<bool, Error> {
    let own = resource.document.get("userName").and_then(Value::as_str).unwrap_or_default();
    if candidates.is_named_by(USER_NAME, &attr::indexed(&fold(own))) != Some(false) {
        return Ok(false);
    }
    for alias in attr::aliases(tx, query.tenant, query.resource_type, resource.id, USER_NAME)? {
        let mut known = resource.clone();
        known.document.insert("userName".to_owned(), Value::from(alias.value()));
        if matches(tx, &known)? {
            return Ok(true);
        }
    }
    Ok(false)
}
