//! Lists of values: which elements are the same, and the one primary among them (RFC 7643 §2.4).

use std::collections::HashMap;

use serde_json::Value;

use crate::Object;
use crate::error::Error;
use crate::schema::{Attribute, Mutability};
use crate::value::index_value;

/// What makes an element of a list the same as another: `value` and `type` together (RFC 7643 §2.4: no two
/// elements have the same combination); `value` alone if it is immutable, as the id of a group member is;
/// all sub-attributes but `primary` if there is no `value`.
pub(crate) fn identity(attribute: &Attribute, element: &Value) -> String {
    let Value::Object(members) = element else {
        return index_value(attribute, element).unwrap_or_default();
    };
    let by_value = attribute.sub_attribute("value").filter(|value| members.contains_key(&value.name));
    let Some(value) = by_value else {
        return joined(attribute.sub_attributes.iter().filter(|part| part.name != "primary"), members);
    };
    let kind = attribute.sub_attribute("type").filter(|_| value.mutability != Mutability::Immutable);
    joined(std::iter::once(value).chain(kind), members)
}

/// The named members in one text. NUL separates them, which no value contains.
fn joined<'a>(parts: impl Iterator<Item = &'a Attribute>, members: &Object) -> String {
    let mut identity = String::new();
    for part in parts {
        if let Some(value) = members.get(&part.name) {
            identity.push_str(&part.name);
            identity.push('\0');
            identity.push_str(&index_value(part, value).unwrap_or_else(|| value.to_string()));
        }
        identity.push('\0');
    }
    identity
}

/// Keeps the first of elements with the same identity, with the other members the later ones add.
pub(crate) fn without_repetitions(attribute: &Attribute, elements: Vec<Value>) -> Vec<Value> {
    if elements.len() < 2 {
        return elements;
    }
    let mut kept = Vec::with_capacity(elements.len());
    add(attribute, &mut kept, elements);
    kept
}

/// Adds elements to a list. One that is already there is not added again; members it has and the present
/// one lacks or has otherwise are taken over. Returns the positions of those of the added elements that are
/// primary.
pub(crate) fn add(attribute: &Attribute, elements: &mut Vec<Value>, added: Vec<Value>) -> Vec<usize> {
    let mut positions: HashMap<String, usize> = HashMap::with_capacity(elements.len() + added.len());
    for (position, element) in elements.iter().enumerate() {
        positions.entry(identity(attribute, element)).or_insert(position);
    }
    let mut primary = Vec::new();
    for element in added {
        let is_primary = is_primary(&element);
        let position = match positions.entry(identity(attribute, &element)) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                let position = *entry.get();
                if let Some(present) = elements.get_mut(position) {
                    merge(attribute, present, element);
                }
                position
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                elements.push(element);
                *entry.insert(elements.len() - 1)
            }
        };
        if is_primary {
            primary.push(position);
        }
    }
    primary
}

/// Takes over the members of an element of the same identity; what is equal keeps its spelling, what is
/// immutable its value.
fn merge(attribute: &Attribute, present: &mut Value, added: Value) {
    let (Value::Object(present), Value::Object(added)) = (present, added) else { return };
    for (name, value) in added {
        let Some(part) = attribute.sub_attribute(&name) else { continue };
        let kept = present.get(&name).is_some_and(|old| {
            part.mutability == Mutability::Immutable || index_value(part, old) == index_value(part, &value)
        });
        if !kept {
            present.insert(name, value);
        }
    }
}

/// # Errors
/// 400 `invalidValue` if more than one element is primary (RFC 7643 §2.4).
pub(crate) fn check_primary(attribute: &Attribute, elements: &[Value]) -> Result<(), Error> {
    if elements.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(several_primary(attribute));
    }
    Ok(())
}

/// Whether the element is the primary one.
pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// RFC 7644 §3.5.2: a value that becomes primary makes all others not primary. `new` are the positions of
/// the elements that the operation made primary.
///
/// # Errors
/// 400 `invalidValue` if these are several.
pub(crate) fn hand_over_primary(
    attribute: &Attribute,
    new: &[usize],
    elements: &mut [Value],
) -> Result<(), Error> {
    let new = match new {
        [] => return Ok(()),
        [only] => *only,
        _ => return Err(several_primary(attribute)),
    };
    for (position, element) in elements.iter_mut().enumerate() {
        if position != new
            && is_primary(element)
            && let Some(primary) = element.get_mut("primary")
        {
            *primary = Value::Bool(false);
        }
    }
    Ok(())
}

fn several_primary(attribute: &Attribute) -> Error {
    Error::invalid_value(format!("{} has more than one primary value", attribute.name))
}
