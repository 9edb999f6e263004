//! Which attributes a response has: `attributes`, `excludedAttributes` and the `returned` characteristic
//! (RFC 7644 §3.9, RFC 7643 §7).

use std::collections::HashSet;

use serde_json::Value;

use crate::Object;
use crate::error::Error;
use crate::limits::MAX_PROJECTION_PATHS;
use crate::path::{Path, Target};
use crate::resource_type::{ResourceType, SchemaRef, attribute_key};
use crate::schema::{Attribute, Returned};

/// What to return of a resource of one type. Made once for a request, applied to each resource.
#[derive(Debug, Clone)]
pub struct Projection {
    complete: bool,
    core: Container,
    extensions: Vec<(String, Container)>,
}

/// The attributes to return of the resource itself or of an extension object.
#[derive(Debug, Clone, Default)]
struct Container {
    attributes: Vec<Returning>,
}

/// An attribute to return: whole, or only these sub-attributes.
#[derive(Debug, Clone)]
struct Returning {
    name: String,
    parts: Option<Vec<String>>,
}

/// The client's choice, as keys of attributes.
enum Choice {
    Default,
    Only(HashSet<String>),
    Except(HashSet<String>),
}

impl Projection {
    /// Reads the comma-separated lists of a request. Names may be in any letter case, with or without URN,
    /// and with a sub-attribute; an extension URN means all of the extension. Unknown names are ignored, as
    /// they name nothing that could be returned.
    ///
    /// # Errors
    /// 400 `invalidValue` if both lists are given (RFC 7644 §3.9 makes them mutually exclusive) or one is
    /// unreasonably long.
    pub fn parse(
        resource_type: &ResourceType,
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Self, Error> {
        let given = |list: Option<&str>| list.is_some_and(|list| !list.trim().is_empty());
        if given(attributes) && given(excluded) {
            return Err(Error::invalid_value("use attributes or excludedAttributes, not both"));
        }
        let choice = match (attributes, excluded) {
            (Some(list), _) if given(attributes) => Choice::Only(keys(resource_type, list)?),
            (_, Some(list)) if given(excluded) => Choice::Except(keys(resource_type, list)?),
            _ => Choice::Default,
        };
        Ok(Self::new(resource_type, &choice))
    }

    /// What a client gets that asks for nothing in particular.
    #[must_use]
    pub fn by_default(resource_type: &ResourceType) -> Self {
        Self::new(resource_type, &Choice::Default)
    }

    fn new(resource_type: &ResourceType, choice: &Choice) -> Self {
        let (mut complete, mut core) = (true, Container::default());
        let mut extensions: Vec<(String, Container)> = resource_type
            .extensions
            .iter()
            .map(|extension| (extension.schema.id.clone(), Container::default()))
            .collect();
        for found in resource_type.attributes() {
            let urn = found.extension.as_deref();
            let Some(returning) = returning(urn, &found.attribute, choice) else {
                complete &= found.attribute.returned == Returned::Never;
                continue;
            };
            complete &= returning.parts.is_none();
            let container = match urn {
                None => Some(&mut core),
                Some(urn) => extensions.iter_mut().find(|(id, _)| id == urn).map(|(_, container)| container),
            };
            if let Some(container) = container {
                container.attributes.push(returning);
            }
        }
        Self { complete, core, extensions }
    }

    /// Whether nothing is left out but what is never returned: a resource without that is returned as it is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The part of the resource to return. Invents nothing: each value of the result is one of the resource.
    #[must_use]
    pub fn apply(&self, resource: &Object) -> Object {
        let mut result = self.core.apply(resource);
        for (urn, container) in &self.extensions {
            if let Some(object) = resource.get(urn).and_then(Value::as_object) {
                let object = container.apply(object);
                if !object.is_empty() {
                    result.insert(urn.clone(), Value::Object(object));
                }
            }
        }
        result
    }

    /// Whether the core attribute of this name is returned, so that a store can leave out what is costly to
    /// read.
    #[must_use]
    pub fn wants(&self, attribute: &str) -> bool {
        self.core.attributes.iter().any(|returning| returning.name.eq_ignore_ascii_case(attribute))
    }
}

impl Container {
    fn apply(&self, object: &Object) -> Object {
        let returned = self.attributes.iter().filter_map(|returning| {
            let value = object.get(&returning.name)?;
            Some((returning.name.clone(), returning.apply(value)?))
        });
        returned.collect()
    }
}

impl Returning {
    fn apply(&self, value: &Value) -> Option<Value> {
        let Some(parts) = &self.parts else { return Some(value.clone()) };
        match value {
            Value::Array(elements) => {
                let elements: Vec<Value> =
                    elements.iter().filter_map(|element| only(parts, element)).collect();
                (!elements.is_empty()).then_some(Value::Array(elements))
            }
            single => only(parts, single),
        }
    }
}

fn only(parts: &[String], value: &Value) -> Option<Value> {
    let members = value.as_object()?;
    let kept: Object = parts
        .iter()
        .filter_map(|part| members.get(part).map(|value| (part.clone(), value.clone())))
        .collect();
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// RFC 7643 §7, `returned`, and RFC 7644 §3.9 for one attribute.
fn returning(urn: Option<&str>, attribute: &Attribute, choice: &Choice) -> Option<Returning> {
    if attribute.returned == Returned::Never {
        return None;
    }
    let key = attribute_key(urn, &attribute.name, None);
    let whole = match (attribute.returned, choice) {
        (Returned::Always, _) | (Returned::Default, Choice::Default) => true,
        (Returned::Default | Returned::Request, Choice::Only(keys)) => keys.contains(&key),
        (Returned::Default, Choice::Except(keys)) => !keys.contains(&key),
        (Returned::Never, _) | (Returned::Request, Choice::Default | Choice::Except(_)) => false,
    };
    let name = attribute.name.clone();
    if attribute.sub_attributes.is_empty() {
        return whole.then_some(Returning { name, parts: None });
    }
    let chosen = |part: &Attribute| choice.names(&attribute_key(urn, &attribute.name, Some(&part.name)));
    let excepted = |part: &Attribute| choice.excepts(&attribute_key(urn, &attribute.name, Some(&part.name)));
    // A part that is always returned does not bring back an attribute that nobody asked for.
    if !whole && !attribute.sub_attributes.iter().any(chosen) {
        return None;
    }
    let parts = attribute.sub_attributes.iter().filter(|part| match part.returned {
        Returned::Always => true,
        Returned::Never => false,
        Returned::Default => chosen(part) || (whole && !excepted(part)),
        Returned::Request => chosen(part),
    });
    let parts: Vec<String> = parts.map(|part| part.name.clone()).collect();
    let complete = parts.len() == attribute.sub_attributes.len();
    Some(Returning { name, parts: (!complete).then_some(parts) })
}

impl Choice {
    fn names(&self, key: &str) -> bool {
        matches!(self, Self::Only(keys) if keys.contains(key))
    }

    fn excepts(&self, key: &str) -> bool {
        matches!(self, Self::Except(keys) if keys.contains(key))
    }
}

/// The keys that a list of names means.
fn keys(resource_type: &ResourceType, list: &str) -> Result<HashSet<String>, Error> {
    let mut keys = HashSet::new();
    for (count, name) in list.split(',').map(str::trim).filter(|name| !name.is_empty()).enumerate() {
        if count >= MAX_PROJECTION_PATHS {
            return Err(Error::invalid_value(format!(
                "more than {MAX_PROJECTION_PATHS} attributes are named"
            )));
        }
        if resource_type.find_schema(name) == Some(SchemaRef::Core) {
            keys.extend(keys_of(resource_type, None));
            continue;
        }
        let Ok(path) = Path::parse(name) else { continue };
        match path.resolve(resource_type) {
            Ok(Target::Extension(urn)) => keys.extend(keys_of(resource_type, Some(&urn))),
            Ok(Target::Attribute { attribute, filter: None }) => {
                keys.insert(attribute.key().to_owned());
            }
            Ok(Target::Attribute { .. }) | Err(_) => {}
        }
    }
    Ok(keys)
}

fn keys_of<'a>(resource_type: &'a ResourceType, urn: Option<&'a str>) -> impl Iterator<Item = String> + 'a {
    let attributes = resource_type.attributes().iter();
    attributes.filter(move |found| found.extension.as_deref() == urn).map(|found| found.key().to_owned())
}
