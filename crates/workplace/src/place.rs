//! What of a user's document decides about its place. Pure.

use scim::{Object, builtin, fold_eq};
use serde_json::Value;

use crate::name::key;
use crate::policy::MatchBy;

/// What the workplace needs to know of a user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place<'d> {
    /// What the directory calls the user's location.
    pub(crate) locality: Option<&'d str>,
    /// What people call the user.
    pub(crate) display: &'d str,
    /// Whether the user counts.
    pub(crate) active: bool,
    /// What the directory calls the user's department: its name or its number.
    pub(crate) department: Option<&'d str>,
}

impl<'d> Place<'d> {
    /// Reads a document in canonical form, whose user belongs where `by` says.
    pub(crate) fn of(document: &'d Object, by: &MatchBy) -> Self {
        let called = |name: &str| document.get(name).and_then(Value::as_str);
        Self {
            locality: by.read(document),
            display: called("displayName").or_else(|| called("userName")).unwrap_or_default(),
            active: is_active(document),
            department: document
                .get(builtin::ENTERPRISE_USER_URN)
                .and_then(|enterprise| text(enterprise, "department")),
        }
    }

    /// The locality in the form by which locations are found.
    pub(crate) fn folded_locality(&self) -> Option<String> {
        self.locality.and_then(key)
    }

    /// The department in the form by which departments are found.
    pub(crate) fn folded_department(&self) -> Option<String> {
        self.department.and_then(key)
    }
}

/// Whether a user counts. RFC 7643 §4.1.1 leaves a missing `active` open; a client that does not manage it creates
/// users in order to have them.
pub(crate) fn is_active(document: &Object) -> bool {
    document.get("active").and_then(Value::as_bool).unwrap_or(true)
}

/// The locality of the work address, else of the primary one, else of the only one.
pub(crate) fn city(document: &Object) -> Option<&str> {
    let addresses = document.get("addresses")?.as_array()?;
    let work =
        addresses.iter().find(|address| text(address, "type").is_some_and(|kind| fold_eq(kind, "work")));
    let primary = addresses.iter().find(|address| address.get("primary") == Some(&Value::Bool(true)));
    let only = if addresses.len() == 1 { addresses.first() } else { None };
    [work, primary, only].into_iter().flatten().find_map(|address| text(address, "locality"))
}

/// A sub-attribute that holds more than white space.
fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(addresses: Value, expected: Option<&str>) {
        let document = json!({ "userName": "bjensen", "addresses": addresses });
        assert_eq!(city(document.as_object().unwrap()), expected, "{document}");
    }

    #[test]
    fn the_work_address_decides_then_the_primary_then_the_only_one() {
        let work = json!({ "type": "work", "locality": "Omaha" });
        let home = json!({ "type": "home", "locality": "Lincoln" });
        let primary = json!({ "type": "other", "locality": "Kearney", "primary": true });
        check(json!([home, primary, work]), Some("Omaha"));
        check(json!([home, { "type": "Work", "locality": " Omaha " }]), Some("Omaha"));
        check(json!([home, primary]), Some("Kearney"));
        check(json!([home]), Some("Lincoln"));
        check(json!([home, { "type": "other", "locality": "Kearney" }]), None);
        check(json!([{ "type": "work", "region": "NE" }, primary]), Some("Kearney"));
        check(json!([{ "type": "work", "locality": "  " }]), None);
        check(json!([]), None);
    }

    #[test]
    fn who_is_not_inactive_is_active() {
        let active = |document: Value| is_active(document.as_object().unwrap());
        assert!(active(json!({})));
        assert!(active(json!({ "active": true })));
        assert!(!active(json!({ "active": false })));
    }
}
