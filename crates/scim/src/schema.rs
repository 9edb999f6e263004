//! Schemas and attribute characteristics (RFC 7643 §2.2 and §7).

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::message::SCHEMA_URN;

/// A schema: a named set of attributes, identified by a URN (RFC 7643 §7).
///
/// Its serde form is the one of RFC 7643 §8.7, so `/Schemas` is its serialisation and an extension can be
/// read from JSON or TOML. Characteristics left out get the defaults of RFC 7643 §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// URN of the schema.
    pub id: String,
    /// Name for people, for example `User`.
    #[serde(default)]
    pub name: String,
    /// Description for people.
    #[serde(default)]
    pub description: String,
    /// The attributes the schema defines.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// An attribute and its characteristics (RFC 7643 §2.2, §7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Name in the spelling of the schema; names compare without regard to case.
    pub name: String,
    /// Data type.
    #[serde(rename = "type", default)]
    pub kind: Type,
    /// Whether the attribute holds a list.
    #[serde(default)]
    pub multi_valued: bool,
    /// Description for people.
    #[serde(default)]
    pub description: String,
    /// Whether a resource must have a value.
    #[serde(default)]
    pub required: bool,
    /// Suggested values; others are accepted (RFC 7643 §7: "a collection of suggested canonical values").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether letter case matters when values are compared.
    #[serde(default)]
    pub case_exact: bool,
    /// When the value may be set or changed.
    #[serde(default)]
    pub mutability: Mutability,
    /// When the value is part of a response.
    #[serde(default)]
    pub returned: Returned,
    /// Among which resources a value may occur once only.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a reference may point to: resource type names, `external` or `uri`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    /// The parts of a complex attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

/// Attribute data types (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    /// Unicode text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A real number.
    Decimal,
    /// A whole number.
    Integer,
    /// An instant in the form of `xsd:dateTime`.
    DateTime,
    /// Base64 text.
    Binary,
    /// A URI.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

/// When a value may be set or changed (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Set by the service provider only.
    ReadOnly,
    /// Set and changed at any time.
    #[default]
    ReadWrite,
    /// Set once.
    Immutable,
    /// Set at any time and never returned.
    WriteOnly,
}

/// When a value is part of a response (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In each response, whatever the client asks for.
    Always,
    /// In no response.
    Never,
    /// Unless the client asks otherwise.
    #[default]
    Default,
    /// Only when the client asks for it.
    Request,
}

/// Among which resources a value may occur once only (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Any number of resources may share a value.
    #[default]
    None,
    /// Unique within the tenant.
    Server,
    /// Unique everywhere.
    Global,
}

/// Why a schema is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The `id` is not a URN.
    #[error("schema id {0:?} is not a URN; it must begin with \"urn:\" and contain no spaces or brackets")]
    Id(String),
    /// The name does not follow ATTRNAME of RFC 7643 §2.1.
    #[error("{0:?} is not an attribute name; use a letter, then letters, digits, '-' or '_'")]
    Name(String),
    /// Two attributes have names that differ at most in letter case.
    #[error("attribute {0} is defined twice")]
    Duplicate(String),
    /// A schema defines an attribute that every resource has (RFC 7643 §3.1).
    #[error("attribute {0} is a common attribute and cannot be defined by a schema")]
    Common(String),
    /// Sub-attributes on an attribute that is not complex.
    #[error("attribute {0} has sub-attributes but its type is not complex")]
    SubAttributesOnSimple(String),
    /// A complex attribute without sub-attributes.
    #[error("complex attribute {0} has no sub-attributes")]
    NoSubAttributes(String),
    /// A complex sub-attribute (RFC 7643 §2.3.8).
    #[error("sub-attribute {0} is complex; a complex attribute cannot contain another")]
    Nested(String),
    /// A writeOnly attribute that would be returned (RFC 7643 §7).
    #[error("attribute {0} is writeOnly, so it must have \"returned\": \"never\"")]
    WriteOnlyReturned(String),
}

/// The attributes every resource has (RFC 7643 §3.1), which no schema may define again.
const COMMON_NAMES: [&str; 4] = ["schemas", "id", "externalId", "meta"];

impl Schema {
    /// Checks that the schema makes sense.
    ///
    /// # Errors
    /// The first of its [`Schema::mistakes`].
    pub fn validate(&self) -> Result<(), SchemaError> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that is wrong with the schema, each naming the attribute.
    #[must_use]
    pub fn mistakes(&self) -> Vec<SchemaError> {
        let mut mistakes = Vec::new();
        if !is_urn(&self.id) {
            mistakes.push(SchemaError::Id(self.id.clone()));
        }
        for attribute in &self.attributes {
            if COMMON_NAMES.iter().any(|name| name.eq_ignore_ascii_case(&attribute.name)) {
                mistakes.push(SchemaError::Common(attribute.name.clone()));
            }
            attribute.find_mistakes(&mut mistakes);
        }
        find_duplicates(&self.attributes, &mut mistakes);
        mistakes
    }

    /// The attribute of this name, without regard to letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }

    /// The resource that `/Schemas/{id}` serves, without `meta.location`, which depends on the base URL.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [SCHEMA_URN],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes,
            "meta": { "resourceType": "Schema" },
        })
    }
}

impl Attribute {
    /// The sub-attribute of this name, without regard to letter case.
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// Whether the attribute is an object of sub-attributes, or a list of such objects.
    #[must_use]
    pub fn is_complex(&self) -> bool {
        self.kind == Type::Complex
    }

    fn find_mistakes(&self, mistakes: &mut Vec<SchemaError>) {
        if !is_attribute_name(&self.name) {
            mistakes.push(SchemaError::Name(self.name.clone()));
        }
        if self.is_complex() && self.sub_attributes.is_empty() {
            mistakes.push(SchemaError::NoSubAttributes(self.name.clone()));
        }
        if !self.is_complex() && !self.sub_attributes.is_empty() {
            mistakes.push(SchemaError::SubAttributesOnSimple(self.name.clone()));
        }
        if self.mutability == Mutability::WriteOnly && self.returned != Returned::Never {
            mistakes.push(SchemaError::WriteOnlyReturned(self.name.clone()));
        }
        for sub_attribute in &self.sub_attributes {
            if sub_attribute.is_complex() {
                mistakes.push(SchemaError::Nested(format!("{}.{}", self.name, sub_attribute.name)));
            } else {
                sub_attribute.find_mistakes(mistakes);
            }
        }
        find_duplicates(&self.sub_attributes, mistakes);
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

fn find_duplicates(attributes: &[Attribute], mistakes: &mut Vec<SchemaError>) {
    let mut seen = HashSet::new();
    let repeated = attributes.iter().filter(|attribute| !seen.insert(attribute.name.to_ascii_lowercase()));
    mistakes.extend(repeated.map(|attribute| SchemaError::Duplicate(attribute.name.clone())));
}

/// ATTRNAME of RFC 7643 §2.1; `$ref` is the one name that begins with `$`.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    let rest = name.strip_prefix('$').unwrap_or(name);
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
}

/// Whether the text can be the URN of a schema. Deliberately wide: deployed clients use URNs that are not
/// registered and misspell those that are.
pub(crate) fn is_urn(text: &str) -> bool {
    has_urn_scheme(text)
        && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '[' | ']' | '"' | '\\'))
        && text.split(':').count() >= 3
        && text.split(':').all(|part| !part.is_empty())
}

/// Whether the text begins as a URN does.
pub(crate) fn has_urn_scheme(text: &str) -> bool {
    text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: Value, expected: Result<(), SchemaError>) {
        let schema: Schema =
            serde_json::from_value(json!({ "id": "urn:x:y:z", "attributes": attributes })).unwrap();
        assert_eq!(schema.validate(), expected, "{attributes}");
    }

    #[test]
    fn nonsense_is_rejected() {
        let name = "a".to_owned();
        check(json!([{ "name": "a" }]), Ok(()));
        check(json!([{ "name": "a" }, { "name": "A" }]), Err(SchemaError::Duplicate("A".to_owned())));
        check(json!([{ "name": "1a" }]), Err(SchemaError::Name("1a".to_owned())));
        check(json!([{ "name": "a.b" }]), Err(SchemaError::Name("a.b".to_owned())));
        check(json!([{ "name": "ID" }]), Err(SchemaError::Common("ID".to_owned())));
        check(json!([{ "name": "a", "type": "complex" }]), Err(SchemaError::NoSubAttributes(name.clone())));
        check(
            json!([{ "name": "a", "subAttributes": [{ "name": "b" }] }]),
            Err(SchemaError::SubAttributesOnSimple(name.clone())),
        );
        check(
            json!([{ "name": "a", "type": "complex", "subAttributes": [
                { "name": "b", "type": "complex", "subAttributes": [{ "name": "c" }] }] }]),
            Err(SchemaError::Nested("a.b".to_owned())),
        );
        check(json!([{ "name": "a", "mutability": "writeOnly" }]), Err(SchemaError::WriteOnlyReturned(name)));
    }

    #[test]
    fn an_id_must_be_a_urn() {
        for id in ["", "urn:", "urn:x", "http://x/y", "urn:x y:z", "urn:x::y"] {
            let schema = Schema {
                id: id.to_owned(),
                name: String::new(),
                description: String::new(),
                attributes: vec![],
            };
            assert_eq!(schema.validate(), Err(SchemaError::Id(id.to_owned())));
        }
    }

    #[test]
    fn absent_characteristics_have_the_defaults_of_the_rfc() {
        let attribute: Attribute = serde_json::from_value(json!({ "name": "a" })).unwrap();
        let expected = json!({
            "name": "a", "type": "string", "multiValued": false, "description": "", "required": false,
            "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
        });
        assert_eq!(serde_json::to_value(attribute).unwrap(), expected);
    }
}
