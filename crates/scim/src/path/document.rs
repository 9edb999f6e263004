//! Reading and writing documents by path without a schema, for clients of other service providers.
//!
//! The document is any JSON object in SCIM shape. Names compare without regard to letter case and new ones
//! are written as the path spells them. Text compares folded, since without a schema `caseExact` is unknown.

use serde_json::Value;

use super::Path;
use super::untyped::matches;
use crate::Object;
use crate::filter::{Filter, Literal, Op};
use crate::quirks;
use crate::value::member;

/// Core schemas have no object of their own: their attributes are members of the resource.
const CORE_URN_PREFIX: &str = "urn:ietf:params:scim:schemas:core:";

impl Path {
    /// The values the path selects. An attribute with a list gives each element.
    #[must_use]
    pub fn read<'a>(&self, document: &'a Object) -> Vec<&'a Value> {
        if let Some(object) = self.bare_extension(document) {
            return vec![object];
        }
        let attribute = self.container(document).and_then(|container| member(container, &self.attribute));
        elements(attribute)
            .filter(|value| self.selects(value))
            .flat_map(|value| match &self.sub {
                None => elements(Some(value)),
                Some(sub) => elements(value.as_object().and_then(|object| member(object, sub))),
            })
            .collect()
    }

    /// Sets the value the path selects and creates what is missing on the way: the extension object, the
    /// complex attribute, and for a value filter the element, with the values of the filter's `eq` terms.
    /// With several matching elements, all are set. A path without a filter replaces the whole attribute.
    pub fn write(&self, document: &mut Object, value: Value) {
        let Some(container) = self.container_mut(document) else { return };
        let slot = member_mut(container, &self.attribute);
        match (&self.filter, &self.sub) {
            (None, None) => *slot = value,
            (None, Some(sub)) => write_parts(slot, sub, &value),
            (Some(filter), sub) => write_selected(slot, filter, sub.as_deref(), &value),
        }
    }

    /// Removes what the path selects, and the list, object or extension object left empty by it.
    pub fn remove(&self, document: &mut Object) {
        if let Some(urn) = self.bare_extension_key(document) {
            document.remove(&urn);
            return;
        }
        let key = self.container_key(document);
        let container = match &key {
            None => Some(&mut *document),
            Some(key) => document.get_mut(key).and_then(Value::as_object_mut),
        };
        let Some(container) = container else { return };
        self.remove_from(container);
        if let Some(key) = key
            && document.get(&key).and_then(Value::as_object).is_some_and(Object::is_empty)
        {
            document.remove(&key);
        }
    }

    fn remove_from(&self, container: &mut Object) {
        let Some(key) = member_key(container, &self.attribute) else { return };
        if self.filter.is_none() && self.sub.is_none() {
            container.remove(&key);
            return;
        }
        let Some(slot) = container.get_mut(&key) else { return };
        match &self.sub {
            Some(sub) => {
                for_each_selected(slot, |value| self.selects(value), &mut |value| remove_part(value, sub))
            }
            None => {
                if let Some(values) = slot.as_array_mut() {
                    values.retain(|value| !self.selects(value));
                }
            }
        }
        if let Some(values) = slot.as_array_mut() {
            values.retain(is_not_hollow);
        }
        if !is_not_hollow(slot) {
            container.remove(&key);
        }
    }

    fn selects(&self, value: &Value) -> bool {
        self.filter.as_deref().is_none_or(|filter| matches(filter, value))
    }

    fn container<'a>(&self, document: &'a Object) -> Option<&'a Object> {
        match self.extension_urn() {
            None => Some(document),
            Some(urn) => member(document, urn)?.as_object(),
        }
    }

    fn container_mut<'a>(&self, document: &'a mut Object) -> Option<&'a mut Object> {
        let Some(urn) = self.extension_urn() else { return Some(document) };
        let slot = member_mut(document, urn);
        if !slot.is_object() {
            *slot = Value::Object(Object::new());
        }
        slot.as_object_mut()
    }

    fn container_key(&self, document: &Object) -> Option<String> {
        let urn = self.extension_urn()?;
        Some(member_key(document, urn).unwrap_or_else(|| urn.to_owned()))
    }

    fn extension_urn(&self) -> Option<&str> {
        let urn = self.urn.as_deref().map(quirks::correct_urn)?;
        let core =
            urn.get(..CORE_URN_PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(CORE_URN_PREFIX));
        (!core).then_some(urn)
    }

    fn bare_extension<'a>(&self, document: &'a Object) -> Option<&'a Value> {
        document.get(&self.bare_extension_key(document)?)
    }

    /// Without a schema, a path is a bare extension URN when the document has a member of that name.
    fn bare_extension_key(&self, document: &Object) -> Option<String> {
        member_key(document, &self.whole_urn()?)
    }
}

fn write_parts(slot: &mut Value, sub: &str, value: &Value) {
    if slot.as_array().is_some_and(Vec::is_empty) || !(slot.is_object() || slot.is_array()) {
        *slot = Value::Object(Object::new());
    }
    for_each_selected(slot, |_| true, &mut |element| write_part(element, sub, value));
}

fn write_selected(slot: &mut Value, filter: &Filter, sub: Option<&str>, value: &Value) {
    if !slot.is_array() {
        *slot = Value::Array(elements(Some(slot)).cloned().collect());
    }
    let mut found = false;
    for_each_selected(slot, |element| matches(filter, element), &mut |element| {
        found = true;
        match sub {
            Some(sub) => write_part(element, sub, value),
            None => *element = value.clone(),
        }
    });
    if found {
        return;
    }
    let mut element = Value::Object(element_of(filter));
    match sub {
        Some(sub) => write_part(&mut element, sub, value),
        None => merge(&mut element, value),
    }
    if let Some(values) = slot.as_array_mut() {
        values.push(element);
    }
}

fn merge(element: &mut Value, value: &Value) {
    match (element.as_object_mut(), value.as_object()) {
        (Some(element), Some(value)) => {
            element.extend(value.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        _ => *element = value.clone(),
    }
}

fn write_part(element: &mut Value, sub: &str, value: &Value) {
    if !element.is_object() {
        *element = Value::Object(Object::new());
    }
    if let Some(element) = element.as_object_mut() {
        *member_mut(element, sub) = value.clone();
    }
}

fn remove_part(element: &mut Value, sub: &str) {
    if let Some(element) = element.as_object_mut()
        && let Some(key) = member_key(element, sub)
    {
        element.remove(&key);
    }
}

/// A new element with the values that the `eq` terms of a filter ask for.
fn element_of(filter: &Filter) -> Object {
    let mut element = Object::new();
    let terms = match filter {
        Filter::And(operands) => operands.as_slice(),
        other => std::slice::from_ref(other),
    };
    for term in terms {
        if let Filter::Compare { path, op: Op::Eq, value } = term {
            element.insert(path.attribute.clone(), literal_value(&path.attribute, value));
        }
    }
    element
}

fn literal_value(name: &str, literal: &Literal) -> Value {
    match literal {
        Literal::String(text) if name.eq_ignore_ascii_case("primary") => {
            quirks::text_boolean(text).map_or_else(|| Value::String(text.clone()), Value::Bool)
        }
        Literal::String(text) => Value::String(text.clone()),
        Literal::Number(number) => Value::Number(number.clone()),
        Literal::Boolean(boolean) => Value::Bool(*boolean),
        Literal::Null => Value::Null,
    }
}

fn for_each_selected(slot: &mut Value, selects: impl Fn(&Value) -> bool, change: &mut dyn FnMut(&mut Value)) {
    match slot {
        Value::Array(values) => values.iter_mut().filter(|value| selects(value)).for_each(change),
        single if selects(single) => change(single),
        _ => {}
    }
}

fn elements(value: Option<&Value>) -> std::slice::Iter<'_, Value> {
    match value {
        None | Some(Value::Null) => [].iter(),
        Some(Value::Array(values)) => values.iter(),
        Some(single) => std::slice::from_ref(single).iter(),
    }
}

fn is_not_hollow(value: &Value) -> bool {
    match value {
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn member_key(object: &Object, name: &str) -> Option<String> {
    if object.contains_key(name) {
        return Some(name.to_owned());
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

fn member_mut<'a>(object: &'a mut Object, name: &str) -> &'a mut Value {
    let key = member_key(object, name).unwrap_or_else(|| name.to_owned());
    object.entry(key).or_insert(Value::Null)
}
