//! Resource types (RFC 7643 §6): a schema, its extensions, and a case-insensitive index of all attributes.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::builtin;
use crate::message::RESOURCE_TYPE_URN;
use crate::quirks;
use crate::schema::{Attribute, Mutability, Returned, Schema, SchemaError, Type, Uniqueness};
use crate::shape::{Shape, has_requirement};

/// A schema extension of a resource type (RFC 7643 §3.3, §6).
#[derive(Debug, Clone)]
pub struct Extension {
    /// The schema of the extension.
    pub schema: Schema,
    /// Whether each resource must have it.
    pub required: bool,
}

/// A kind of resource: its endpoint, schema and extensions (RFC 7643 §6).
///
/// Built once and shared; the public fields are for reading, the index is made from them at construction.
#[derive(Debug, Clone)]
pub struct ResourceType {
    /// Identifier, for example `User`.
    pub id: String,
    /// Name, for example `User`; `meta.resourceType` of its resources.
    pub name: String,
    /// Endpoint relative to the base URL, for example `/Users`.
    pub endpoint: String,
    /// Description for people.
    pub description: String,
    /// The core schema.
    pub schema: Schema,
    /// The extensions.
    pub extensions: Vec<Extension>,
    index: HashMap<String, Arc<AttributeRef>>,
    urns: HashMap<String, Arc<str>>,
    tops: Vec<Arc<AttributeRef>>,
    shape: Arc<Shape>,
}

/// An attribute found in a resource type: which container, attribute and sub-attribute a path means.
#[derive(Debug, Clone)]
pub struct AttributeRef {
    /// URN of the extension whose object holds the attribute; `None` for core and common attributes.
    pub extension: Option<Arc<str>>,
    /// The attribute.
    pub attribute: Arc<Attribute>,
    /// The sub-attribute, when the path names one.
    pub sub_attribute: Option<Arc<Attribute>>,
    key: String,
}

/// What a core or extension URN names within a resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaRef {
    /// The core schema: its attributes are members of the resource itself.
    Core,
    /// An extension, by its URN in the spelling of the schema: its attributes are members of an object.
    Extension(Arc<str>),
}

/// The key of an attribute in an index: its canonical dotted path in lower case, such as `username`,
/// `emails.value` or `urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber`.
#[must_use]
pub fn attribute_key(extension: Option<&str>, attribute: &str, sub_attribute: Option<&str>) -> String {
    let mut key = String::with_capacity(96);
    if let Some(urn) = extension {
        key.push_str(urn);
        key.push(':');
    }
    key.push_str(attribute);
    if let Some(sub_attribute) = sub_attribute {
        key.push('.');
        key.push_str(sub_attribute);
    }
    key.make_ascii_lowercase();
    key
}

impl AttributeRef {
    /// The key of the attribute in an index, see [`attribute_key`].
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The attribute whose values the path means: the sub-attribute if there is one.
    #[must_use]
    pub fn leaf(&self) -> &Attribute {
        self.sub_attribute.as_deref().unwrap_or(&self.attribute)
    }

    /// The path in the spelling of the schema, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        let urn = self.extension.as_deref().map(|urn| format!("{urn}:")).unwrap_or_default();
        let sub = self.sub_attribute.as_deref().map(|sub| format!(".{}", sub.name)).unwrap_or_default();
        format!("{urn}{}{sub}", self.attribute.name)
    }
}

impl ResourceType {
    /// Builds a resource type and its index.
    ///
    /// # Errors
    /// The first schema that does not make sense, or a URN used twice.
    pub fn new(
        id: &str,
        endpoint: &str,
        description: &str,
        schema: Schema,
        extensions: Vec<Extension>,
    ) -> Result<Self, SchemaError> {
        let mut resource_type = Self {
            id: id.to_owned(),
            name: id.to_owned(),
            endpoint: endpoint.to_owned(),
            description: description.to_owned(),
            schema,
            extensions,
            index: HashMap::new(),
            urns: HashMap::new(),
            tops: Vec::new(),
            shape: Arc::default(),
        };
        resource_type.build_index()?;
        resource_type.shape = Arc::new(resource_type.build_shape());
        Ok(resource_type)
    }

    /// The User resource type with the enterprise extension (RFC 7643 §8.6).
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in schemas are valid, and a test says so")]
    pub fn user() -> Self {
        let enterprise = Extension { schema: builtin::enterprise_user(), required: false };
        Self::new("User", "/Users", "User Account", builtin::user(), vec![enterprise])
            .expect("the built-in user schemas are valid")
    }

    /// The Group resource type (RFC 7643 §8.6).
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in schemas are valid, and a test says so")]
    pub fn group() -> Self {
        Self::new("Group", "/Groups", "Group", builtin::group(), Vec::new())
            .expect("the built-in group schema is valid")
    }

    /// The resource that `/ResourceTypes/{id}` serves, without `meta.location`, which depends on the base URL.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let extensions: Vec<Value> = self
            .extensions
            .iter()
            .map(|extension| json!({ "schema": extension.schema.id, "required": extension.required }))
            .collect();
        let mut body = json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.id,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "meta": { "resourceType": "ResourceType" },
        });
        if let (Some(body), false) = (body.as_object_mut(), extensions.is_empty()) {
            body.insert("schemaExtensions".to_owned(), Value::Array(extensions));
        }
        body
    }

    /// Finds an attribute by URN, name and sub-attribute name, all without regard to letter case.
    ///
    /// Without a URN the core and common attributes are meant (RFC 7644 §3.10). Entra also names extension
    /// attributes without their URN (`manager`), so an unqualified name that the core schema does not have
    /// means the extension attribute of this name.
    #[must_use]
    pub fn find_attribute(
        &self,
        urn: Option<&str>,
        attribute: &str,
        sub_attribute: Option<&str>,
    ) -> Option<&Arc<AttributeRef>> {
        let Some(urn) = urn else {
            return self.index.get(&attribute_key(None, attribute, sub_attribute)).or_else(|| {
                self.extensions.iter().find_map(|extension| {
                    self.index.get(&attribute_key(Some(&extension.schema.id), attribute, sub_attribute))
                })
            });
        };
        match self.find_schema(urn)? {
            SchemaRef::Core => self.index.get(&attribute_key(None, attribute, sub_attribute)),
            SchemaRef::Extension(urn) => self.index.get(&attribute_key(Some(&urn), attribute, sub_attribute)),
        }
    }

    /// What a URN names, without regard to letter case and accepting known misspellings.
    #[must_use]
    pub fn find_schema(&self, urn: &str) -> Option<SchemaRef> {
        let urn = quirks::correct_urn(urn);
        if urn.eq_ignore_ascii_case(&self.schema.id) {
            return Some(SchemaRef::Core);
        }
        self.urns.get(&urn.to_ascii_lowercase()).cloned().map(SchemaRef::Extension)
    }

    /// Its core schema, then those of its extensions.
    pub fn schemas(&self) -> impl Iterator<Item = &Schema> {
        let extensions = self.extensions.iter().map(|extension| &extension.schema);
        std::iter::once(&self.schema).chain(extensions)
    }

    /// The attributes and sub-attributes of which a value may occur once only, in the order of their keys. `id` is
    /// not among them: the service provider alone makes ids.
    #[must_use]
    pub fn unique_attributes(&self) -> Vec<&Arc<AttributeRef>> {
        let mut unique: Vec<_> = self
            .index
            .values()
            .filter(|found| found.leaf().uniqueness != Uniqueness::None && found.key != "id")
            .collect();
        unique.sort_unstable_by_key(|found| found.key());
        unique
    }

    /// All attributes without their sub-attributes: common, core, then those of each extension.
    #[must_use]
    pub fn attributes(&self) -> &[Arc<AttributeRef>] {
        &self.tops
    }

    /// The rules for a whole resource of this type.
    pub(crate) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    fn build_shape(&self) -> Shape {
        let extensions = self.extensions.iter();
        Shape {
            core: self.schema.id.clone(),
            extensions: extensions
                .map(|extension| (Arc::from(extension.schema.id.as_str()), extension.required))
                .collect(),
            // `schemas` is always made, never missed.
            required: self
                .tops
                .iter()
                .filter(|top| top.key() != "schemas" && has_requirement(&top.attribute))
                .cloned()
                .collect(),
        }
    }

    fn build_index(&mut self) -> Result<(), SchemaError> {
        self.schema.validate()?;
        for attribute in common_attributes().iter().chain(&self.schema.attributes) {
            add_to_index(&mut self.index, &mut self.tops, None, attribute);
        }
        for extension in &self.extensions {
            extension.schema.validate()?;
            let urn: Arc<str> = Arc::from(extension.schema.id.as_str());
            let known = self.urns.insert(urn.to_ascii_lowercase(), Arc::clone(&urn)).is_some();
            if known || urn.eq_ignore_ascii_case(&self.schema.id) {
                return Err(SchemaError::Duplicate(extension.schema.id.clone()));
            }
            for attribute in &extension.schema.attributes {
                add_to_index(&mut self.index, &mut self.tops, Some(&urn), attribute);
            }
        }
        Ok(())
    }
}

fn add_to_index(
    index: &mut HashMap<String, Arc<AttributeRef>>,
    tops: &mut Vec<Arc<AttributeRef>>,
    extension: Option<&Arc<str>>,
    attribute: &Attribute,
) {
    let shared = Arc::new(attribute.clone());
    let found = |sub_attribute: Option<&Attribute>| {
        let sub_name = sub_attribute.map(|sub_attribute| sub_attribute.name.as_str());
        Arc::new(AttributeRef {
            extension: extension.cloned(),
            attribute: Arc::clone(&shared),
            sub_attribute: sub_attribute.cloned().map(Arc::new),
            key: attribute_key(extension.map(AsRef::as_ref), &attribute.name, sub_name),
        })
    };
    let top = found(None);
    for entry in std::iter::once(Arc::clone(&top))
        .chain(attribute.sub_attributes.iter().map(|sub_attribute| found(Some(sub_attribute))))
    {
        index.insert(entry.key.clone(), entry);
    }
    tops.push(top);
}

/// The attributes of every resource: `schemas`, `id`, `externalId` and `meta` (RFC 7643 §3, §3.1).
#[must_use]
pub fn common_attributes() -> &'static [Attribute] {
    static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
        let simple = |name: &str, kind: Type, mutability: Mutability| Attribute {
            name: name.to_owned(),
            kind,
            multi_valued: false,
            description: String::new(),
            required: false,
            canonical_values: Vec::new(),
            case_exact: true,
            mutability,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        };
        let part = |name: &str, kind: Type| simple(name, kind, Mutability::ReadOnly);
        vec![
            Attribute {
                multi_valued: true,
                required: true,
                returned: Returned::Always,
                // URNs compare without regard to case (RFC 8141 §3.1).
                case_exact: false,
                ..simple("schemas", Type::Reference, Mutability::ReadWrite)
            },
            Attribute {
                returned: Returned::Always,
                uniqueness: Uniqueness::Server,
                ..simple("id", Type::String, Mutability::ReadOnly)
            },
            simple("externalId", Type::String, Mutability::ReadWrite),
            Attribute {
                case_exact: false,
                sub_attributes: vec![
                    part("resourceType", Type::String),
                    part("created", Type::DateTime),
                    part("lastModified", Type::DateTime),
                    part("location", Type::Reference),
                    part("version", Type::String),
                ],
                ..simple("meta", Type::Complex, Mutability::ReadOnly)
            },
        ]
    });
    &COMMON
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(urn: Option<&str>, attribute: &str, sub_attribute: Option<&str>, expected: Option<&str>) {
        let user = ResourceType::user();
        let found = user.find_attribute(urn, attribute, sub_attribute).map(|found| found.key());
        assert_eq!(found, expected, "{urn:?} {attribute} {sub_attribute:?}");
    }

    #[test]
    fn attributes_are_found_in_any_letter_case() {
        let employee_number = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber";
        check(None, "USERNAME", None, Some("username"));
        check(None, "name", Some("FamilyName"), Some("name.familyname"));
        check(None, "externalid", None, Some("externalid"));
        check(None, "meta", Some("lastmodified"), Some("meta.lastmodified"));
        check(Some(builtin::USER_URN), "userName", None, Some("username"));
        check(Some(&builtin::USER_URN.to_uppercase()), "emails", Some("$ref"), None);
        check(Some(builtin::ENTERPRISE_USER_URN), "employeeNumber", None, Some(employee_number));
        check(Some(builtin::ENTERPRISE_USER_URN), "userName", None, None);
        check(None, "employeeNumber", None, Some(employee_number));
        check(Some("urn:x:y:z"), "userName", None, None);
        check(None, "name", Some("nope"), None);
        check(None, "__proto__", None, None);
    }

    #[test]
    fn a_urn_may_be_used_once() {
        let extension = Extension { schema: builtin::user(), required: false };
        assert!(ResourceType::new("User", "/Users", "", builtin::user(), vec![extension]).is_err());
    }

    #[test]
    fn the_discovery_form_lists_the_extensions() {
        let expected = json!([{ "schema": builtin::ENTERPRISE_USER_URN, "required": false }]);
        assert_eq!(ResourceType::user().to_json()["schemaExtensions"], expected);
        assert_eq!(ResourceType::group().to_json().get("schemaExtensions"), None);
    }
}
