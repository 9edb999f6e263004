//! Reading a source object's attributes by name.

use serde_json::{Map, Value as Json};

use crate::expression::REDACTED;

/// A source object whose attributes can be read by name.
pub trait Attributes {
    /// The attribute's value, or `None` when the object has none of that name. JSON null counts as no value too.
    fn get(&self, name: &str) -> Option<&Json>;
}

/// Names of one attribute in Azure AD Graph, as mappings spell them, and in Microsoft Graph, as objects come.
const ALIASES: &[(&str, &str)] = &[
    ("objectId", "id"),
    ("telephoneNumber", "businessPhones"),
    ("mobile", "mobilePhone"),
    ("facsimileTelephoneNumber", "faxNumber"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("immutableId", "onPremisesImmutableId"),
    ("dirSyncEnabled", "onPremisesSyncEnabled"),
    ("lastDirSyncTime", "onPremisesLastSyncDateTime"),
    ("deletionTimestamp", "deletedDateTime"),
];

/// Microsoft Graph keeps `extensionAttribute1` to `15` in this object.
const EXTENSION_ATTRIBUTES: &str = "onPremisesExtensionAttributes";

impl Attributes for Map<String, Json> {
    /// The exact name first, then its Azure AD Graph or Microsoft Graph alias, then, for a dotted name such as
    /// `passwordProfile.password`, the sub-attribute.
    fn get(&self, name: &str) -> Option<&Json> {
        Map::get(self, name).or_else(|| by_alias(self, name)).or_else(|| by_parts(self, name))
    }
}

/// The property of Microsoft Graph that holds an attribute, for names of Azure AD Graph and of Microsoft Graph alike.
#[must_use]
pub fn graph_name(name: &str) -> &str {
    if name.starts_with("extensionAttribute") {
        return EXTENSION_ATTRIBUTES;
    }
    ALIASES.iter().find(|(directory, _)| *directory == name).map_or(name, |(_, graph)| graph)
}

fn by_alias<'a>(object: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    if name.starts_with("extensionAttribute") {
        return object.get(EXTENSION_ATTRIBUTES)?.get(name);
    }
    ALIASES.iter().find_map(|(directory, graph)| match name {
        _ if name == *directory => object.get(*graph).and_then(first),
        _ if name == *graph => object.get(*directory),
        _ => None,
    })
}

/// Puts [`REDACTED`] in the place of an attribute, under whichever name the object has it. Of a dotted name, the whole
/// attribute goes.
pub fn redact(object: &mut Map<String, Json>, name: &str) {
    let head = graph_name(name.split('.').next().unwrap_or(name));
    for (key, value) in object.iter_mut() {
        if key == name || graph_name(key) == head {
            *value = REDACTED.into();
        }
    }
}

/// `telephoneNumber` is single-valued while `businessPhones` is a list.
fn first(value: &Json) -> Option<&Json> {
    match value {
        Json::Array(values) => values.first(),
        single => Some(single),
    }
}

fn by_parts<'a>(object: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    let (head, rest) = name.split_once('.')?;
    rest.split('.').try_fold(object.get(head)?, |value, part| value.get(part))
}
