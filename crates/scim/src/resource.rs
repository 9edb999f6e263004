//! Whole resources as clients send them: the bodies of POST and PUT (RFC 7644 §3.3, §3.5.1).

use serde_json::Value;

use crate::Object;
use crate::canonical::{Canonical, insert_once};
use crate::error::Error;
use crate::quirks::{self, Quirk, Tolerance};
use crate::resource_type::{AttributeRef, ResourceType, SchemaRef};
use crate::schema::{Mutability, Returned};
use crate::value::{member, same_value};

/// Brings the body of a POST into canonical form.
///
/// Read-only and unknown attributes are ignored (RFC 7644 §3.3), and so is what the client says in
/// `schemas`: it is made to name the schemas of the attributes that are present. `id` and `meta` are for the
/// service provider to add.
///
/// # Errors
/// 400 `invalidSyntax` if the body is not an object or names an attribute twice; 400 `invalidValue` for a
/// value of the wrong type, several primary values, or a missing required attribute.
pub fn create(resource_type: &ResourceType, body: Value, tolerance: &Tolerance) -> Result<Object, Error> {
    let mut resource = Reader { resource_type, tolerance }.read(body)?;
    resource_type.shape().settle(&mut resource);
    resource_type.shape().check_required(&resource)?;
    Ok(resource)
}

/// The resource that a PUT makes of the current one.
///
/// What the body lacks is cleared, with these exceptions: read-only attributes keep the value of the service
/// provider; an immutable attribute keeps its value; and, as [`Quirk::AbsentKeeps`], an attribute that clients do not
/// see unless they ask for it keeps its value, and so does `active`, since clients that do not know it must not enable
/// or disable anybody.
///
/// # Errors
/// As [`create`], and 400 `mutability` if the body changes an immutable attribute.
pub fn replace(
    resource_type: &ResourceType,
    current: &Object,
    body: Value,
    tolerance: &Tolerance,
) -> Result<Object, Error> {
    let mut resource = Reader { resource_type, tolerance }.read(body)?;
    for attribute in resource_type.attributes() {
        carry_over(attribute, current, &mut resource, tolerance)?;
    }
    resource_type.shape().settle(&mut resource);
    resource_type.shape().check_required(&resource)?;
    Ok(resource)
}

/// Reads the body of a POST or PUT.
#[derive(Clone, Copy)]
struct Reader<'a> {
    resource_type: &'a ResourceType,
    tolerance: &'a Tolerance,
}

impl Reader<'_> {
    /// The attributes of a body in canonical form, without `schemas`.
    fn read(self, body: Value) -> Result<Object, Error> {
        let Value::Object(body) = body else {
            return Err(Error::invalid_syntax("the body must be a JSON object"));
        };
        let named = self.schemas(member(&body, "schemas"))?;
        let mut resource = Object::new();
        for (name, value) in body {
            quirks::note_spelling(&name, self.tolerance)?;
            if let Some(SchemaRef::Extension(urn)) = self.resource_type.find_schema(&name) {
                if let Some(object) = self.extension(&urn, value)? {
                    self.check_named(&urn, &named)?;
                    insert_once(&mut resource, &urn, Value::Object(object))?;
                }
            } else if let Some(found) = find_whole(self.resource_type, None, &name)
                && found.extension.is_none()
                && found.key() != "schemas"
            {
                self.attribute(found, value, &mut resource)?;
            }
        }
        Ok(resource)
    }

    /// The URNs that the body names in `schemas`, in the spelling of the resource type where it knows them.
    fn schemas(self, value: Option<&Value>) -> Result<Vec<String>, Error> {
        let list = match value {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        let mut named = Vec::with_capacity(list.len());
        for urn in list.iter().filter(|urn| !urn.is_null()) {
            let urn = urn.as_str().ok_or_else(|| Error::invalid_syntax("schemas must be a list of URNs"))?;
            quirks::note_spelling(urn, self.tolerance)?;
            if let Some(SchemaRef::Extension(urn)) = self.resource_type.find_schema(urn) {
                named.push(urn.to_string());
            }
        }
        Ok(named)
    }

    fn check_named(self, urn: &str, named: &[String]) -> Result<(), Error> {
        if named.iter().any(|known| known == urn) {
            return Ok(());
        }
        let refusal = || Error::invalid_syntax(format!("schemas must name {urn}, since the body has it"));
        self.tolerance.require(Quirk::MissingExtensionUrns, refusal)
    }

    fn extension(self, urn: &str, value: Value) -> Result<Option<Object>, Error> {
        let members = match value {
            Value::Object(members) => members,
            unassigned if quirks::is_unassigned(&unassigned) => return Ok(None),
            _ => return Err(Error::invalid_value(format!("{urn} must be an object"))),
        };
        let mut object = Object::new();
        for (name, value) in members {
            if let Some(found) = find_whole(self.resource_type, Some(urn), &name) {
                self.attribute(found, value, &mut object)?;
            }
        }
        Ok(Some(object).filter(|object| !object.is_empty()))
    }

    fn attribute(self, found: &AttributeRef, value: Value, container: &mut Object) -> Result<(), Error> {
        let attribute = &*found.attribute;
        if attribute.mutability == Mutability::ReadOnly {
            if value.is_null() {
                return Ok(());
            }
            return self.tolerance.require(Quirk::ReadOnlyEcho, || read_only(found));
        }
        match Canonical::new(attribute, None, self.tolerance).value(value)? {
            Some(value) => insert_once(container, &attribute.name, value),
            None => Ok(()),
        }
    }
}

/// The attribute that a member of a body names. A dotted name is no attribute's name (RFC 7643 §2.1), although paths
/// find sub-attributes by it.
fn find_whole<'a>(
    resource_type: &'a ResourceType,
    urn: Option<&str>,
    name: &str,
) -> Option<&'a AttributeRef> {
    let found = resource_type.find_attribute(urn, name, None)?;
    found.sub_attribute.is_none().then_some(found)
}

/// Takes from the current resource what a PUT must not change.
fn carry_over(
    found: &AttributeRef,
    current: &Object,
    resource: &mut Object,
    tolerance: &Tolerance,
) -> Result<(), Error> {
    let attribute = &*found.attribute;
    let Some(old) = found.container(current).and_then(|container| container.get(&attribute.name)) else {
        return Ok(());
    };
    let new = found.container(resource).and_then(|container| container.get(&attribute.name));
    let kept = match (attribute.mutability, new) {
        (Mutability::ReadOnly, _) => Some(old.clone()),
        (Mutability::Immutable, Some(new)) if !same_value(attribute, old, new) => {
            return Err(immutable(&found.name()));
        }
        (Mutability::Immutable, None) => Some(old.clone()),
        (Mutability::WriteOnly | Mutability::ReadWrite, None) if may_be_unknown(found) => {
            tolerance.permits(Quirk::AbsentKeeps).then(|| old.clone())
        }
        (Mutability::ReadWrite, Some(Value::Object(new))) => keep_parts(found, old, new)?,
        (Mutability::Immutable | Mutability::WriteOnly, _) | (Mutability::ReadWrite, _) => None,
    };
    if let Some(kept) = kept {
        put(found, kept, resource);
    }
    Ok(())
}

/// Whether a client that sends back what it read may leave the attribute out without meaning it: it is not shown unless
/// asked for, or it is `active`, and clients that do not know that must not enable or disable anybody.
fn may_be_unknown(found: &AttributeRef) -> bool {
    let attribute = &*found.attribute;
    let hidden = matches!(attribute.returned, Returned::Never | Returned::Request);
    hidden || attribute.mutability == Mutability::WriteOnly || found.key() == "active"
}

/// For a complex attribute with a single value: read-only parts stay as long as `value` does, immutable
/// parts stay or refuse to change.
fn keep_parts(found: &AttributeRef, old: &Value, new: &Object) -> Result<Option<Value>, Error> {
    let Some(old) = old.as_object() else { return Ok(None) };
    let mut merged = new.clone();
    let same_target = old.get("value") == new.get("value");
    for part in &found.attribute.sub_attributes {
        let Some(old) = old.get(&part.name) else { continue };
        match (part.mutability, new.get(&part.name)) {
            (Mutability::Immutable, Some(new)) if !same_value(part, old, new) => {
                return Err(immutable(&format!("{}.{}", found.name(), part.name)));
            }
            (Mutability::ReadOnly, _) if !same_target => {}
            (Mutability::ReadOnly | Mutability::Immutable | Mutability::WriteOnly, None) => {
                merged.insert(part.name.clone(), old.clone());
            }
            _ => {}
        }
    }
    Ok(Some(Value::Object(merged)))
}

fn put(found: &AttributeRef, value: Value, resource: &mut Object) {
    let container = match &found.extension {
        None => Some(resource),
        Some(urn) => resource.entry(&**urn).or_insert_with(|| Value::Object(Object::new())).as_object_mut(),
    };
    if let Some(container) = container {
        container.insert(found.attribute.name.clone(), value);
    }
}

fn immutable(name: &str) -> Error {
    Error::mutability(format!("{name} is immutable and already has another value"))
}

/// The error for a change of an attribute that the service provider alone sets.
pub(crate) fn read_only(found: &AttributeRef) -> Error {
    Error::mutability(format!("{} is read-only", found.name()))
}
