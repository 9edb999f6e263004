//! What the resources of a tenant look like: their types, by the rules of its application and its own definition.

use std::sync::Arc;

use model::attribute_key::AttributeKey;
use scim::{Definition, IndexedType, Mistake, ResourceType, Uniqueness, builtin};

use crate::TypeProfile;

/// The `id` of the User resource type (RFC 7643 §4.1).
pub const USER: &str = "User";
/// The `id` of the Group resource type (RFC 7643 §4.2).
pub const GROUP: &str = "Group";

/// The resource types behind a Tenant URL.
#[derive(Debug)]
pub struct Profile {
    version: i64,
    types: Vec<Arc<TypeProfile>>,
}

impl Profile {
    /// The profile with these resource types, in the order in which discovery lists them.
    #[must_use]
    pub fn new(types: Vec<IndexedType>) -> Self {
        let types = types.into_iter().map(|kind| Arc::new(TypeProfile::new(kind, 0, None))).collect();
        Self { version: 0, types }
    }

    /// Users and groups exactly as the core schemas and the enterprise extension say.
    #[must_use]
    pub fn plain() -> Self {
        Self::with_users(ResourceType::user(), &[])
    }

    /// These users, and groups as the core schema says. Clients look users up by `userName`, `externalId`, an e-mail
    /// address, the display name or the employee number; `indexed` adds to these.
    #[must_use]
    pub fn with_users(users: ResourceType, indexed: &[&str]) -> Self {
        let employee_number = format!("{}:employeeNumber", builtin::ENTERPRISE_USER_URN);
        let common = ["userName", "externalId", "emails.value", &employee_number, "displayName"];
        let indexed = common.into_iter().chain(indexed.iter().copied()).map(str::to_owned).collect();
        Self::new(vec![IndexedType { resource_type: users, indexed }, groups()])
    }

    /// This profile with what a tenant's definition adds and changes. Secrets are kept as digests of `key`; without
    /// one they are not kept, which is right wherever nothing new is stored.
    ///
    /// # Errors
    /// Everything that is wrong with the definition.
    pub fn defined(
        &self,
        definition: &Definition,
        version: i64,
        key: Option<&AttributeKey>,
    ) -> Result<Self, Vec<Mistake>> {
        let base: Vec<IndexedType> = self.types.iter().map(|kind| kind.indexed_type()).collect();
        let types = definition.apply(&base)?;
        let types = types.into_iter().map(|kind| Arc::new(TypeProfile::new(kind, version, key.cloned())));
        Ok(Self { version, types: types.collect() })
    }

    /// This profile for a tenant that has no definition of its own: secrets are kept as digests of `key`.
    #[must_use]
    pub fn with_key(&self, key: &AttributeKey) -> Self {
        let types = self.types.iter();
        let types = types.map(|kind| TypeProfile::new(kind.indexed_type(), self.version, Some(key.clone())));
        Self { version: self.version, types: types.map(Arc::new).collect() }
    }

    /// Whether digests of secrets are kept, so that each tenant has a key of its own for them.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.types.iter().any(|kind| kind.keeps_secrets())
    }

    /// The version of the tenant's schemas that it shows ([`model::tenant::Tenant::schema_version`]).
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// All resource types.
    #[must_use]
    pub fn types(&self) -> &[Arc<TypeProfile>] {
        &self.types
    }

    /// The resource type with this endpoint, named without its slash, for example `Users`. Path segments keep their
    /// letter case (RFC 3986 §6.2.2.1).
    #[must_use]
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Arc<TypeProfile>> {
        self.types.iter().find(|kind| kind.resource_type().endpoint.strip_prefix('/') == Some(endpoint))
    }

    /// The resource type with this id, for example `User`.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<TypeProfile>> {
        self.types.iter().find(|kind| kind.id() == id)
    }
}

/// Clients look groups up by `displayName`, which is unique in a tenant although RFC 7643 §4.2 does not ask for it:
/// Entra and Okta match groups by it, and two equal ones make the match ambiguous.
#[expect(clippy::expect_used, reason = "the schema is part of the program, and a test builds it")]
fn groups() -> IndexedType {
    let mut schema = builtin::group();
    for attribute in schema.attributes.iter_mut().filter(|attribute| attribute.name == "displayName") {
        attribute.uniqueness = Uniqueness::Server;
    }
    let resource_type =
        ResourceType::new(GROUP, "/Groups", "Group", schema, Vec::new()).expect("the core schema is valid");
    IndexedType { resource_type, indexed: vec!["displayName".to_owned(), "externalId".to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_their_exact_endpoint() {
        let profile = Profile::plain();
        assert_eq!(profile.by_endpoint("Users").map(|kind| kind.id()), Some(USER));
        for endpoint in ["users", "/Users", "", "Devices"] {
            assert!(profile.by_endpoint(endpoint).is_none(), "{endpoint}");
        }
    }
}
