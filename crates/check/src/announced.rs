//! What a service provider says about itself: ServiceProviderConfig, ResourceTypes and Schemas.

use scim::builtin::{GROUP_URN, USER_URN};
use serde_json::Value;

use crate::finding::{Finding, Verdict};
use crate::json::{at, elements};

/// An optional feature, which works where it is announced, and is not examined elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `patch` (RFC 7644 §3.5.2).
    Patch,
    /// `bulk` (RFC 7644 §3.7).
    Bulk,
    /// `filter` (RFC 7644 §3.4.2.2).
    Filter,
    /// `sort` (RFC 7644 §3.4.2.3).
    Sort,
    /// `etag` (RFC 7644 §3.14).
    Etag,
    /// `pagination.cursor` (RFC 9865 §2).
    Cursor,
    /// A resource type for groups (RFC 7643 §4.2).
    Groups,
    /// The enterprise extension of users (RFC 7643 §4.3).
    Enterprise,
}

impl Feature {
    const fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Bulk => "bulk",
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::Etag => "etag",
            Self::Cursor => "cursor pagination",
            Self::Groups => "groups",
            Self::Enterprise => "the enterprise extension",
        }
    }
}

/// What is announced. Null where an endpoint does not answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announced {
    /// ServiceProviderConfig.
    pub config: Value,
    /// The list of resource types.
    pub resource_types: Value,
    /// The list of schemas.
    pub schemas: Value,
}

impl Announced {
    /// Whether a feature is announced.
    pub fn supports(&self, feature: Feature) -> bool {
        let supported = |place: &str| at(&self.config, place) == &Value::Bool(true);
        match feature {
            Feature::Patch => supported("/patch/supported"),
            Feature::Bulk => supported("/bulk/supported"),
            Feature::Filter => supported("/filter/supported"),
            Feature::Sort => supported("/sort/supported"),
            Feature::Etag => supported("/etag/supported"),
            Feature::Cursor => supported("/pagination/cursor"),
            Feature::Groups => self.types().any(|t| is_urn(at(t, "/schema"), GROUP_URN)),
            Feature::Enterprise => self.types().any(|t| {
                let extensions = elements(at(t, "/schemaExtensions"));
                extensions.iter().any(|e| is_urn(at(e, "/schema"), scim::builtin::ENTERPRISE_USER_URN))
            }),
        }
    }

    /// Skips a check that needs a feature which is not announced.
    pub fn needs(&self, feature: Feature) -> Verdict {
        if self.supports(feature) {
            return Ok(());
        }
        Err(Finding::skip(format!("{} is not announced", feature.name())))
    }

    /// Skips a check that needs an attribute of users which the schema does not have. A service provider whose
    /// schemas can't be read is taken to have it.
    pub fn needs_attribute(&self, name: &str) -> Verdict {
        let schemas = elements(at(&self.schemas, "/Resources"));
        let Some(user) = schemas.iter().find(|schema| is_urn(at(schema, "/id"), USER_URN)) else {
            return Ok(());
        };
        let is_name = |attribute: &Value| {
            at(attribute, "/name").as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        if elements(at(user, "/attributes")).iter().any(is_name) {
            return Ok(());
        }
        Err(Finding::skip(format!("users have no {name} here")))
    }

    fn types(&self) -> impl Iterator<Item = &Value> {
        elements(at(&self.resource_types, "/Resources")).iter()
    }
}

fn is_urn(value: &Value, urn: &str) -> bool {
    value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(urn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_announced_is_not_examined() {
        let announced = Announced {
            config: json!({ "patch": { "supported": true }, "sort": { "supported": "true" } }),
            resource_types: json!({ "Resources": [{ "schema": GROUP_URN }] }),
            schemas: json!({ "Resources": [{ "id": USER_URN, "attributes": [{ "name": "userName" }] }] }),
        };
        assert!(announced.supports(Feature::Patch) && announced.supports(Feature::Groups));
        assert!(!announced.supports(Feature::Sort) && !announced.supports(Feature::Bulk));
        assert!(announced.needs_attribute("USERNAME").is_ok());
        assert!(announced.needs_attribute("title").is_err());
        assert!(Announced::default().needs_attribute("title").is_ok());
    }
}
