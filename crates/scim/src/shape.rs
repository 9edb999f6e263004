//! What every resource of a type has in common: its `schemas` and what it must not lack.

use std::sync::Arc;

use serde_json::Value;

use crate::Object;
use crate::error::Error;
use crate::resource_type::AttributeRef;
use crate::schema::Attribute;
use crate::value::is_present;

/// The rules for a whole resource, shared by the resource type and what is resolved against it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// URN of the core schema.
    pub core: String,
    /// URNs of the extensions in order, and whether each is required.
    pub extensions: Vec<(Arc<str>, bool)>,
    /// The attributes that are required or have required sub-attributes.
    pub required: Vec<Arc<AttributeRef>>,
}

impl Shape {
    /// Removes emptied attributes and extensions, and makes `schemas` name the schemas that are present
    /// (RFC 7643 §3), whatever the client said.
    pub fn settle(&self, resource: &mut Object) {
        resource.retain(|_, value| prune(value));
        let mut schemas = vec![Value::String(self.core.clone())];
        for (urn, _) in &self.extensions {
            if resource.contains_key(&**urn) {
                schemas.push(Value::String(urn.to_string()));
            }
        }
        resource.insert("schemas".to_owned(), Value::Array(schemas));
    }

    /// Checks that nothing required is missing.
    ///
    /// # Errors
    /// 400 `invalidValue` naming the attribute.
    pub fn check_required(&self, resource: &Object) -> Result<(), Error> {
        for (urn, required) in &self.extensions {
            if *required && !resource.contains_key(&**urn) {
                return Err(missing(urn));
            }
        }
        // The required attributes of an extension are required where the extension is present.
        for required in &self.required {
            if let Some(container) = required.container(resource) {
                check_attribute(required, container)?;
            }
        }
        Ok(())
    }
}

fn check_attribute(required: &AttributeRef, container: &Object) -> Result<(), Error> {
    let attribute = &*required.attribute;
    let value = container.get(&attribute.name).filter(|value| is_present(value));
    if attribute.required && value.is_none() {
        return Err(missing(&required.name()));
    }
    let elements = match value {
        None => return Ok(()),
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    for part in attribute.sub_attributes.iter().filter(|part| part.required) {
        if elements.iter().any(|element| !element.get(&part.name).is_some_and(is_present)) {
            return Err(missing(&format!("{}.{}", required.name(), part.name)));
        }
    }
    Ok(())
}

fn missing(name: &str) -> Error {
    Error::invalid_value(format!("{name} is required and has no value"))
}

/// Whether an attribute has something required in it.
pub(crate) fn has_requirement(attribute: &Attribute) -> bool {
    attribute.required || attribute.sub_attributes.iter().any(|part| part.required)
}

/// Removes `null` and empty lists and objects within the value; whether anything is left.
fn prune(value: &mut Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(elements) => {
            elements.retain_mut(prune);
            !elements.is_empty()
        }
        Value::Object(members) => {
            members.retain(|_, value| prune(value));
            !members.is_empty()
        }
    }
}
