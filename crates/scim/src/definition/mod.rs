//! What an administrator adds to, and changes of, an application's schemas and resource types at run time.
//!
//! A [`Definition`] is written in the words of RFC 7643 §6 and §7: whole schemas, whole resource types, extensions of
//! those that the application brings, and overrides of single characteristics. [`Definition::apply`] makes resource
//! types of it, or tells everything that is wrong at once.

mod apply;
mod mistake;
mod overrides;
mod schemas;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::path::Path;
use crate::resource_type::{AttributeRef, ResourceType};
use crate::schema::{Attribute, Mutability, Returned, Schema, Uniqueness};

pub use mistake::Mistake;

/// What a tenant adds to its application's schemas and resource types, and changes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Definition {
    /// Schemas that the application does not bring (RFC 7643 §7).
    pub schemas: Vec<Schema>,
    /// Resource types: new ones whole, and what is added to those of the application (RFC 7643 §6).
    pub resource_types: Vec<TypeDefinition>,
    /// Changed characteristics of attributes that the application brings.
    pub overrides: Vec<Override>,
}

/// A resource type in a definition (RFC 7643 §6). Of one that the application brings, such as `User`, only `name`,
/// `schemaExtensions` and `indexed` are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeDefinition {
    /// Its name, which is its `id` as well, for example `Role`.
    pub name: String,
    /// Its endpoint relative to the Tenant URL, for example `/Roles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The URN of its core schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The extensions it gets, besides those of the application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_extensions: Vec<ExtensionDefinition>,
    /// Paths of attributes by which resources are looked up: filters on them do not read every resource. The unique
    /// ones and `externalId` always are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexed: Vec<String>,
}

/// An extension of a resource type (RFC 7643 §6, `schemaExtensions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionDefinition {
    /// The URN of its schema.
    pub schema: String,
    /// Whether each resource must have it.
    #[serde(default)]
    pub required: bool,
}

/// Changed characteristics of an attribute that the application brings (RFC 7643 §7). What is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Override {
    /// The attribute with the URN of its schema (RFC 7644 §3.10), for example
    /// `urn:ietf:params:scim:schemas:core:2.0:User:name.givenName`.
    pub path: String,
    /// Takes the attribute out of its schema.
    #[serde(skip_serializing_if = "is_false")]
    pub off: bool,
    /// Description for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a resource must have a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Suggested values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_values: Option<Vec<String>>,
    /// Whether letter case matters when values are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_exact: Option<bool>,
    /// When the value may be set or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutability: Option<Mutability>,
    /// When the value is part of a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Whether a value may occur once only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniqueness: Option<Uniqueness>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(off: &bool) -> bool {
    !off
}

/// A resource type, and by which of its attributes resources are looked up.
#[derive(Debug, Clone)]
pub struct IndexedType {
    /// The resource type.
    pub resource_type: ResourceType,
    /// Paths of attributes, the most selective first. Unique attributes are looked up by as well.
    pub indexed: Vec<String>,
}

impl IndexedType {
    /// The attributes by which resources are looked up: those of `indexed` that the type has, then the unique ones.
    #[must_use]
    pub fn attributes(&self) -> Vec<Arc<AttributeRef>> {
        let named = self.indexed.iter().filter_map(|name| {
            let path = Path::parse(name).ok()?;
            self.resource_type.find_attribute(path.urn.as_deref(), &path.attribute, path.sub.as_deref())
        });
        let mut seen = HashSet::new();
        let all = named.chain(self.resource_type.unique_attributes());
        all.filter(|found| seen.insert(found.key().to_owned())).map(Arc::clone).collect()
    }
}

impl Definition {
    /// Reads a definition, and notes every name in it that has no meaning: a misspelt characteristic must not be
    /// taken for its default.
    ///
    /// # Errors
    /// Those of the format: the first place that can't be understood.
    pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<(Self, Vec<Mistake>), D::Error> {
        let mut mistakes = Vec::new();
        let definition = serde_ignored::deserialize(from, |path| {
            mistakes.push(Mistake {
                place: path.to_string(),
                problem: "has no meaning here".to_owned(),
                hint: "correct its spelling, or take it out; places in lists count from 0".to_owned(),
            });
        })?;
        Ok((definition, mistakes))
    }

    /// Whether the application's schemas stay as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The definition as JSON, without the characteristics that have their defaults (RFC 7643 §2.2): what is stored
    /// and shown.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        if let Some(lists) = json.as_object_mut() {
            lists.retain(|_, list| list.as_array().is_some_and(|list| !list.is_empty()));
        }
        let defaults = serde_json::to_value(Attribute::default()).unwrap_or_default();
        for schema in json.get_mut("schemas").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(attributes) = schema.get_mut("attributes") {
                leave_out(&defaults, attributes);
            }
        }
        json
    }
}

/// Takes out of attributes what equals `defaults`.
fn leave_out(defaults: &Value, attributes: &mut Value) {
    for attribute in attributes.as_array_mut().into_iter().flatten() {
        let Some(members) = attribute.as_object_mut() else { continue };
        members.retain(|name, value| name == "name" || defaults.get(name) != Some(value));
        if let Some(parts) = members.get_mut("subAttributes") {
            leave_out(defaults, parts);
        }
    }
}
