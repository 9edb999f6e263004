//! What the resources of a tenant look like: their types, and which attributes are indexed or unique.

use std::sync::Arc;

use scim::{AttributeRef, Object, Path, Projection, ResourceType, Returned};
use serde_json::Value;
use store::attr::AttributeRow;

/// The `id` of the User resource type (RFC 7643 §4.1).
pub const USER: &str = "User";
/// The `id` of the Group resource type (RFC 7643 §4.2).
pub const GROUP: &str = "Group";

/// The resource types behind a Tenant URL.
#[derive(Debug)]
pub struct Profile {
    types: Vec<Arc<TypeProfile>>,
}

/// A resource type, and what the store has to know about it.
#[derive(Debug)]
pub struct TypeProfile {
    resource_type: ResourceType,
    indexed: Vec<Indexed>,
    keys: Vec<String>,
    never_returned: Vec<Arc<AttributeRef>>,
    default_projection: Arc<Projection>,
}

/// An attribute with rows of its own, by which filters find resources.
#[derive(Debug)]
struct Indexed {
    attribute: Arc<AttributeRef>,
    unique: bool,
}

impl Profile {
    /// The profile with these resource types, in the order in which discovery lists them.
    #[must_use]
    pub fn new(types: Vec<TypeProfile>) -> Self {
        Self { types: types.into_iter().map(Arc::new).collect() }
    }

    /// Users and groups exactly as the core schemas and the enterprise extension say.
    #[must_use]
    pub fn plain() -> Self {
        Self::with_users(TypeProfile::user(ResourceType::user(), &[]))
    }

    /// These users, and groups as the core schema says.
    #[must_use]
    pub fn with_users(users: TypeProfile) -> Self {
        Self::new(vec![users, TypeProfile::group(ResourceType::group())])
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
        self.types.iter().find(|kind| kind.resource_type.endpoint.strip_prefix('/') == Some(endpoint))
    }

    /// The resource type with this id, for example `User`.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<TypeProfile>> {
        self.types.iter().find(|kind| kind.resource_type.id == id)
    }
}

impl TypeProfile {
    /// A user type. Clients look users up by `userName` (unique), `externalId`, an e-mail address, the display name
    /// or the employee number; `indexed` adds to these, and is unique where its schema says so.
    #[must_use]
    pub fn user(resource_type: ResourceType, indexed: &[&str]) -> Self {
        let employee_number = format!("{}:employeeNumber", scim::builtin::ENTERPRISE_USER_URN);
        let common = ["userName", "externalId", "emails.value", &employee_number, "displayName"];
        let names: Vec<&str> = common.into_iter().chain(indexed.iter().copied()).collect();
        Self::new(resource_type, &names, &[])
    }

    /// A group type. Clients look groups up by `displayName`, which is unique in a tenant although RFC 7643 §4.2
    /// does not ask for it: Entra and Okta match groups by it, and two equal ones make the match ambiguous.
    #[must_use]
    pub fn group(resource_type: ResourceType) -> Self {
        Self::new(resource_type, &["displayName", "externalId"], &["displayName"])
    }

    /// A resource type whose `indexed` attributes, the most selective first, have rows of their own. Those whose schema
    /// declares a uniqueness, and those in `unique`, may occur once in a tenant. A name the type does not have is left
    /// out.
    #[must_use]
    pub fn new(resource_type: ResourceType, indexed: &[&str], unique: &[&str]) -> Self {
        let indexed: Vec<Indexed> = indexed
            .iter()
            .filter_map(|name| {
                let attribute = Arc::clone(find(&resource_type, name)?);
                let unique = attribute.leaf().uniqueness != scim::Uniqueness::None || unique.contains(name);
                Some(Indexed { attribute, unique })
            })
            .collect();
        let keys = indexed.iter().map(|indexed| indexed.attribute.key().to_owned()).collect();
        let never_returned = resource_type
            .attributes()
            .iter()
            .filter(|attribute| attribute.leaf().returned == Returned::Never)
            .cloned()
            .collect();
        let default_projection = Arc::new(Projection::by_default(&resource_type));
        Self { resource_type, indexed, keys, never_returned, default_projection }
    }

    /// Schemas and endpoint.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        &self.resource_type
    }

    /// The `id` of the resource type, under which its resources are stored.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.resource_type.id
    }

    /// What a client sees that asks for nothing in particular: most do, so it is made once.
    #[must_use]
    pub fn default_projection(&self) -> &Arc<Projection> {
        &self.default_projection
    }

    /// The keys ([`scim::attribute_key`]) of the attributes that have rows.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The attribute with this key in the spelling of its schema, for messages.
    #[must_use]
    pub fn attribute_name(&self, key: &str) -> String {
        let found = self.indexed.iter().find(|indexed| indexed.attribute.key() == key);
        found.map_or_else(|| key.to_owned(), |indexed| indexed.attribute.name())
    }

    /// The rows of a document's indexed attributes.
    pub(crate) fn rows(&self, document: &Object) -> Vec<AttributeRow> {
        let rows_of = |indexed: &Indexed| {
            let key = indexed.attribute.key();
            let values = indexed.attribute.index_values(document);
            values.into_iter().map(|value| AttributeRow::new(key, &value, indexed.unique)).collect::<Vec<_>>()
        };
        self.indexed.iter().flat_map(rows_of).collect()
    }

    /// Takes out what is never returned (`password`): what nobody may read is not kept.
    pub(crate) fn forget_secrets(&self, document: &mut Object) {
        for secret in &self.never_returned {
            match &secret.extension {
                None => drop(document.remove(&secret.attribute.name)),
                Some(urn) => {
                    if let Some(Value::Object(extension)) = document.get_mut(urn.as_ref()) {
                        extension.remove(&secret.attribute.name);
                    }
                }
            }
        }
    }
}

/// The attribute of a path such as `emails.value` or `urn:…:User:employeeNumber`.
fn find<'t>(resource_type: &'t ResourceType, name: &str) -> Option<&'t Arc<AttributeRef>> {
    let path = Path::parse(name).ok()?;
    resource_type.find_attribute(path.urn.as_deref(), &path.attribute, path.sub.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &TypeProfile, document: &Value, expected: &[(&str, &str, bool)]) {
        let expected: Vec<_> =
            expected.iter().map(|(key, value, unique)| AttributeRow::new(*key, value, *unique)).collect();
        assert_eq!(kind.rows(document.as_object().unwrap()), expected, "{document}");
    }

    #[test]
    fn rows_of_a_user() {
        const EMPLOYEE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber";
        let profile = Profile::plain();
        let document = json!({
            "userName": "BJensen", "externalId": "AbC", "displayName": "Babs", "title": "Guide",
            "emails": [{ "value": "B@x.example", "type": "work" }, { "value": "a@x.example" }],
            scim::builtin::ENTERPRISE_USER_URN: { "employeeNumber": "7A", "department": "Tour" },
        });
        let expected = [
            ("username", "bjensen", true),
            ("externalid", "AbC", false),
            ("emails.value", "a@x.example", false),
            ("emails.value", "b@x.example", false),
            (EMPLOYEE, "7a", false),
            ("displayname", "babs", false),
        ];
        check(profile.by_id(USER).unwrap(), &document, &expected);
        check(profile.by_id(USER).unwrap(), &json!({}), &[]);
    }

    #[test]
    fn a_groups_name_is_unique() {
        let profile = Profile::plain();
        let expected = [("displayname", "guides", true), ("externalid", "X", false)];
        check(
            profile.by_endpoint("Groups").unwrap(),
            &json!({ "displayName": "Guides", "externalId": "X" }),
            &expected,
        );
    }

    #[test]
    fn types_are_found_by_their_exact_endpoint() {
        let profile = Profile::plain();
        assert_eq!(profile.by_endpoint("Users").map(|kind| kind.id()), Some(USER));
        for endpoint in ["users", "/Users", "", "Devices"] {
            assert!(profile.by_endpoint(endpoint).is_none(), "{endpoint}");
        }
    }

    #[test]
    fn secrets_are_forgotten() {
        let profile = Profile::plain();
        let mut document = json!({ "userName": "x", "password": "secret" }).as_object().unwrap().clone();
        profile.by_id(USER).unwrap().forget_secrets(&mut document);
        assert_eq!(Value::Object(document), json!({ "userName": "x" }));
    }

    #[test]
    fn messages_name_attributes_as_their_schema_does() {
        let profile = Profile::plain();
        let user = profile.by_id(USER).unwrap();
        assert_eq!(user.attribute_name("username"), "userName");
        assert_eq!(user.attribute_name("emails.value"), "emails.value");
        assert_eq!(user.attribute_name("unknown"), "unknown");
    }
}
