//! How a client speaks SCIM: one file for each.

mod entra;
mod entra_2020;
mod okta;
mod okta_aiw;
mod okta_oin;
mod okta_oin_patch;
mod operation;
mod rfc;

use crate::ConfigError;
use crate::attribute::typed;
use crate::update::Write;
use connector::{Change, ObjectType};
use scim::filter::Filter;
use scim::path::Path;
use serde_json::{Map, Value};
use std::str::FromStr;

/// The client whose request shapes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 7644 to the letter, with what the application is found to be able to.
    Rfc,
    /// The Microsoft Entra provisioning service without a behaviour flag.
    Entra,
    /// The Microsoft Entra provisioning service with the flag `aadOptscim062020`.
    Entra2020,
    /// Okta, an app of the App Integration Wizard: objects are read and put back whole.
    OktaAiw,
    /// Okta, an app of the catalog: profiles are put back whole, `active` and groups are patched.
    OktaOin,
    /// Okta, an app of the catalog that supports PATCH of users.
    OktaOinPatch,
}

/// Each dialect with its name in a job file.
const NAMES: [(&str, Dialect); 6] = [
    ("rfc", Dialect::Rfc),
    ("entra", Dialect::Entra),
    ("entra-2020", Dialect::Entra2020),
    ("okta-aiw", Dialect::OktaAiw),
    ("okta-oin", Dialect::OktaOin),
    ("okta-oin-patch", Dialect::OktaOinPatch),
];

impl FromStr for Dialect {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let found = NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, dialect)| dialect);
        found.ok_or_else(|| ConfigError::DialectUnknown {
            name: name.to_owned(),
            known: NAMES.map(|(known, _)| known).join(", "),
        })
    }
}

impl Dialect {
    /// The words of this dialect.
    pub(crate) fn words(self) -> &'static dyn Words {
        match self {
            Self::Rfc => &rfc::Rfc,
            Self::Entra => &entra::Entra,
            Self::Entra2020 => &entra_2020::Entra2020,
            Self::OktaAiw => &okta_aiw::OktaAiw,
            Self::OktaOin => &okta_oin::OktaOin,
            Self::OktaOinPatch => &okta_oin_patch::OktaOinPatch,
        }
    }
}

/// The headers that differ between clients.
pub(crate) struct Headers {
    pub(crate) accept: &'static str,
    pub(crate) accept_charset: Option<&'static str>,
    pub(crate) content_type: &'static str,
}

/// What a client says in its own way. Whatever is not overridden is said as RFC 7644 has it.
pub(crate) trait Words: Sync {
    /// Adds what a new resource has besides the mapped attributes.
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>);

    /// The writes that change attributes other than members.
    fn attributes(&self, object_type: ObjectType, id: &str, changes: &[Change]) -> Vec<Write>;

    /// The PATCH operations that change members.
    fn members(&self, changes: &[Change]) -> Vec<Value>;

    /// What a cleared attribute holds in a resource that is written back whole. RFC 7643 §2.5: null is "unassigned",
    /// while what is left out may keep its value (RFC 7644 §3.5.1).
    fn blank(&self, _change: &Change) -> Value {
        Value::Null
    }

    /// The resource that is written back whole, from the one that was read and changed.
    fn replacement(&self, _object_type: ObjectType, resource: Map<String, Value>) -> Map<String, Value> {
        resource
    }

    /// The filter for objects whose attribute is `value`.
    fn filter(&self, attribute: &Path, value: &str) -> String {
        strict_filter(attribute, value)
    }

    /// What stands after the filter in a query.
    fn page(&self) -> Option<&'static str> {
        None
    }

    /// What a user is asked for to see whether the connection works, before filters are tried.
    fn probe(&self) -> Option<&'static str> {
        None
    }

    /// Whether groups are asked for without their members: there may be a million of them.
    fn excludes_members(&self) -> bool {
        true
    }

    /// Whether objects of the type are never patched.
    fn puts(&self, _object_type: ObjectType) -> bool {
        false
    }

    /// Whether a change of members goes together with the group's name.
    fn repeats_name(&self) -> bool {
        false
    }

    /// Whether the application's capabilities decide what is sent: Entra and Okta ask for none, send no bulk requests,
    /// and know no other way where PATCH is not offered.
    fn negotiates(&self) -> bool {
        false
    }

    /// Its headers.
    fn headers(&self) -> Headers {
        Headers {
            accept: "application/scim+json, application/json",
            accept_charset: None,
            content_type: "application/scim+json",
        }
    }
}

/// A resource made of attributes with their values (the body of a POST).
pub(crate) fn resource(words: &dyn Words, object_type: ObjectType, values: &[(Path, Value)]) -> Value {
    let mut resource = Map::new();
    for (path, value) in values.iter().filter(|(_, value)| !value.is_null()) {
        path.write(&mut resource, typed(path, value));
    }
    words.complete(object_type, &mut resource);
    Value::Object(resource)
}

/// The grammar of RFC 7644 Figure 1 has no comparison after a value path: that goes into the brackets.
fn strict_filter(attribute: &Path, value: &str) -> String {
    // A filter's string is a JSON string (RFC 7644 §3.4.2.2).
    let value = Value::from(value);
    let (Some(selection), Some(sub)) = (&attribute.filter, &attribute.sub) else {
        return format!("{attribute} eq {value}");
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, dialect) in NAMES {
            assert_eq!(name.parse::<Dialect>().unwrap(), dialect);
        }
        let error = "Entra ".parse::<Dialect>().unwrap_err().to_string();
        assert_eq!(
            error,
            "dialect \"Entra \" is unknown; use one of rfc, entra, entra-2020, okta-aiw, okta-oin, okta-oin-patch"
        );
    }
}
