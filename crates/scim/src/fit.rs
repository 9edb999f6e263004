//! Whether a stored resource fits a resource type whose schemas are not those it was stored under.

use serde_json::Value;

use crate::Object;
use crate::canonical::is_integer;
use crate::resource_type::{AttributeRef, ResourceType};
use crate::schema::{Attribute, Type};
use crate::value::instant;

/// Where a stored resource and a resource type disagree. Attributes are named as paths are (RFC 7644 §3.10).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// What the resource has and the type does not.
    pub unknown: Vec<String>,
    /// What has a value of another type than the schema says.
    pub misfits: Vec<String>,
    /// What is wrong with the resource as a whole: something required is missing, or its core schema is another one.
    pub refused: Option<String>,
}

impl ResourceType {
    /// Compares a stored resource with this type.
    #[must_use]
    pub fn fit(&self, resource: &Object) -> Fit {
        let mut fit = Fit::default();
        self.walk(resource, &mut |place| match place {
            Place::Unknown(name) => fit.unknown.push(name),
            Place::Value(found, value) => check(found, value, &mut fit),
        });
        fit.refused = self.refusal(resource);
        fit
    }

    /// Takes out what this type does not have, and makes `schemas` say so.
    pub fn strip(&self, resource: &mut Object) {
        resource.retain(|name, _| name == "schemas" || self.is_member(None, name));
        for extension in &self.extensions {
            let urn = extension.schema.id.as_str();
            if let Some(Value::Object(members)) = resource.get_mut(urn) {
                members.retain(|name, _| self.is_member(Some(urn), name));
            }
        }
        for found in self.attributes() {
            strip_parts(found, resource);
        }
        self.shape().settle(resource);
    }

    fn refusal(&self, resource: &Object) -> Option<String> {
        let core = resource.get("schemas").and_then(|schemas| schemas.get(0)).and_then(Value::as_str);
        if core.is_some_and(|core| core != self.schema.id) {
            return Some("schemas: the core schema of stored resources can't change".to_owned());
        }
        self.shape().check_required(resource).err().map(|error| error.detail)
    }

    /// Whether a stored resource, or the object of an extension, may have a member of exactly this name.
    fn is_member(&self, urn: Option<&str>, name: &str) -> bool {
        let is_extension =
            urn.is_none() && self.extensions.iter().any(|extension| extension.schema.id == name);
        is_extension || self.attribute_named(urn, name).is_some()
    }

    fn attribute_named(&self, urn: Option<&str>, name: &str) -> Option<&AttributeRef> {
        let mut all = self.attributes().iter();
        all.find(|found| found.extension.as_deref() == urn && found.attribute.name == name).map(AsRef::as_ref)
    }

    fn walk(&self, resource: &Object, visit: &mut impl FnMut(Place<'_>)) {
        for (name, value) in resource.iter().filter(|(name, _)| *name != "schemas") {
            if let Some(found) = self.attribute_named(None, name) {
                visit(Place::Value(found, value));
            } else if let (true, Some(members)) = (self.is_member(None, name), value.as_object()) {
                for (part, value) in members {
                    visit(match self.attribute_named(Some(name), part) {
                        Some(found) => Place::Value(found, value),
                        None => Place::Unknown(format!("{name}:{part}")),
                    });
                }
            } else {
                visit(Place::Unknown(name.clone()));
            }
        }
    }
}

/// What is found at one place of a resource.
enum Place<'a> {
    /// A member that the type does not have.
    Unknown(String),
    /// The value of an attribute.
    Value(&'a AttributeRef, &'a Value),
}

fn check(found: &AttributeRef, value: &Value, fit: &mut Fit) {
    let attribute = &*found.attribute;
    let elements = match (attribute.multi_valued, value) {
        (true, Value::Array(elements)) => elements.as_slice(),
        (false, single) => std::slice::from_ref(single),
        (true, _) => return note(&mut fit.misfits, found.name()),
    };
    for element in elements {
        if !is_of_type(attribute, element) {
            note(&mut fit.misfits, found.name());
        }
        for (name, value) in element.as_object().into_iter().flatten() {
            let part = attribute.sub_attributes.iter().find(|part| part.name == *name);
            let path = || format!("{}.{name}", found.name());
            match part {
                None => note(&mut fit.unknown, path()),
                Some(part) if !is_of_type(part, value) => note(&mut fit.misfits, path()),
                Some(_) => {}
            }
        }
    }
}

/// Adds a name once.
fn note(names: &mut Vec<String>, name: String) {
    if !names.contains(&name) {
        names.push(name);
    }
}

fn is_of_type(attribute: &Attribute, value: &Value) -> bool {
    match attribute.kind {
        Type::String | Type::Binary | Type::Reference => value.is_string(),
        Type::DateTime => value.as_str().is_some_and(|text| instant(text).is_some()),
        Type::Boolean => value.is_boolean(),
        Type::Decimal => value.is_number(),
        Type::Integer => value.as_number().is_some_and(is_integer),
        Type::Complex => value.is_object(),
    }
}

fn strip_parts(found: &AttributeRef, resource: &mut Object) {
    let container = match &found.extension {
        None => Some(resource),
        Some(urn) => resource.get_mut(&**urn).and_then(Value::as_object_mut),
    };
    let Some(value) = container.and_then(|container| container.get_mut(&found.attribute.name)) else {
        return;
    };
    let elements = match value {
        Value::Array(elements) => elements.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    for members in elements.iter_mut().filter_map(Value::as_object_mut) {
        members.retain(|name, _| found.attribute.sub_attributes.iter().any(|part| part.name == *name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use serde_json::json;

    fn device() -> ResourceType {
        let schema: Schema = serde_json::from_value(json!({ "id": "urn:x:y:Device", "attributes": [
            { "name": "serial", "required": true }, { "name": "floor", "type": "integer" },
            { "name": "ports", "type": "complex", "multiValued": true, "subAttributes": [{ "name": "value" }] },
        ] }))
        .unwrap();
        ResourceType::new("Device", "/Devices", "", schema, Vec::new()).unwrap()
    }

    fn check(resource: Value, unknown: &[&str], misfits: &[&str], refused: Option<&str>) {
        let Value::Object(resource) = resource else { panic!("an object") };
        let fit = device().fit(&resource);
        assert_eq!((fit.unknown, fit.misfits), (own(unknown), own(misfits)), "{resource:?}");
        match refused {
            None => assert_eq!(fit.refused, None),
            Some(part) => {
                assert!(fit.refused.as_ref().is_some_and(|why| why.contains(part)), "{:?}", fit.refused)
            }
        }
    }

    fn own(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_resource_is_compared_with_its_type() {
        let urn = "urn:x:y:Device";
        check(json!({ "schemas": [urn], "serial": "7", "floor": 2, "externalId": "a" }), &[], &[], None);
        check(json!({ "schemas": [urn], "serial": "7", "colour": "red" }), &["colour"], &[], None);
        check(json!({ "schemas": [urn], "Serial": "7" }), &["Serial"], &[], Some("serial is required"));
        check(json!({ "schemas": [urn], "serial": "7", "floor": "2" }), &[], &["floor"], None);
        check(json!({ "schemas": [urn], "serial": ["7"] }), &[], &["serial"], None);
        check(json!({ "schemas": ["urn:x:y:Other"], "serial": "7" }), &[], &[], Some("core schema"));
        check(
            json!({ "serial": "7", "ports": [{ "value": "a", "mac": "b" }, { "value": 1, "mac": "c" }] }),
            &["ports.mac"],
            &["ports.value"],
            None,
        );
        check(json!({ "serial": "7", "ports": { "value": "a" } }), &[], &["ports"], None);
        check(json!({ "serial": "7", "urn:x:y:Gone": { "a": "b" } }), &["urn:x:y:Gone"], &[], None);
    }

    #[test]
    fn what_a_type_does_not_have_is_taken_out() {
        let mut resource =
            json!({ "schemas": ["urn:x:y:Device", "urn:x:y:Gone"], "serial": "7", "colour": "red",
            "ports": [{ "mac": "b" }, { "value": "a", "mac": "c" }], "urn:x:y:Gone": { "a": "b" } })
            .as_object()
            .unwrap()
            .clone();
        device().strip(&mut resource);
        let expected = json!({ "schemas": ["urn:x:y:Device"], "serial": "7", "ports": [{ "value": "a" }] });
        assert_eq!(Value::Object(resource), expected);
    }
}
