//! Applying a resolved PATCH to a stored resource.

use std::collections::HashSet;

use serde_json::Value;

use super::{Change, Op, Patch, SelectedChange, Selection, Step};
use crate::Object;
use crate::error::Error;
use crate::multi_valued;
use crate::quirks::{Quirk, Tolerance};
use crate::resource_type::AttributeRef;
use crate::schema::{Attribute, Mutability};
use crate::value::{index_value, same_value};

impl Patch {
    /// Applies the patch: all of it, or nothing if any of it is refused (RFC 7644 §3.5.2).
    ///
    /// Afterwards the resource is in canonical form, with `schemas` naming the schemas that are present.
    /// A value that is there already is not added again, and removing what is not there changes nothing.
    ///
    /// # Errors
    /// 400 `noTarget` if a value path of `add` or `replace` selects nothing and does not describe a value to
    /// create; 400 `mutability` if an immutable value would change; 400 `invalidValue` if a required
    /// attribute would be missing or several values would be primary.
    pub fn apply(&self, resource: &mut Object, tolerance: &Tolerance) -> Result<(), Error> {
        let mut changed = resource.clone();
        for step in &self.steps {
            match step {
                Step::Attribute(found, change) => apply_to_attribute(found, change, &mut changed)?,
                Step::Selected(selection, change) => {
                    apply_to_selected(selection, change, &mut changed, tolerance)?;
                }
            }
        }
        self.shape.settle(&mut changed);
        self.shape.check_required(&changed)?;
        *resource = changed;
        Ok(())
    }
}

fn apply_to_attribute(found: &AttributeRef, change: &Change, resource: &mut Object) -> Result<(), Error> {
    let attribute = &*found.attribute;
    if matches!(change, Change::Remove | Change::RemoveValues(_)) && found.container(resource).is_none() {
        return Ok(());
    }
    let Some(container) = container(found, resource) else { return Ok(()) };
    let Some(part) = found.sub_attribute.as_deref() else {
        return change_member(attribute, change, container);
    };
    let slot = container.entry(attribute.name.as_str()).or_insert(Value::Null);
    match slot {
        Value::Array(elements) => {
            for element in elements.iter_mut() {
                change_part(part, change, element)?;
            }
            let all: Vec<usize> = (0..elements.len()).collect();
            let primary = if makes_primary(part, change) { all } else { Vec::new() };
            multi_valued::hand_over_primary(attribute, &primary, elements)
        }
        Value::Null if attribute.multi_valued => {
            let mut element = Value::Object(Object::new());
            change_part(part, change, &mut element)?;
            *slot = Value::Array(vec![element]);
            Ok(())
        }
        element => {
            forget_dependants(attribute, part, change, element);
            change_part(part, change, element)
        }
    }
}

fn container<'a>(found: &AttributeRef, resource: &'a mut Object) -> Option<&'a mut Object> {
    let Some(urn) = &found.extension else { return Some(resource) };
    resource.entry(&**urn).or_insert_with(|| Value::Object(Object::new())).as_object_mut()
}

fn change_part(part: &Attribute, change: &Change, element: &mut Value) -> Result<(), Error> {
    if !element.is_object() {
        *element = Value::Object(Object::new());
    }
    match element.as_object_mut() {
        Some(members) => change_member(part, change, members),
        None => Ok(()),
    }
}

fn makes_primary(part: &Attribute, change: &Change) -> bool {
    part.name == "primary" && matches!(change, Change::Set(Value::Bool(true)))
}

/// When a reference points elsewhere, what described the old target goes: `$ref` and read-only parts such
/// as `manager.displayName`.
fn forget_dependants(attribute: &Attribute, part: &Attribute, change: &Change, element: &mut Value) {
    let (Change::Set(new), "value", Value::Object(members)) = (change, part.name.as_str(), element) else {
        return;
    };
    if members.get("value").is_some_and(|old| !same_value(part, old, new)) {
        members.retain(|name, _| {
            let part = attribute.sub_attribute(name);
            name != "$ref" && part.is_some_and(|part| part.mutability != Mutability::ReadOnly)
        });
    }
}

fn change_member(attribute: &Attribute, change: &Change, members: &mut Object) -> Result<(), Error> {
    let name = attribute.name.as_str();
    check_immutable(attribute, change, members.get(name))?;
    match change {
        Change::Set(value) => {
            members.insert(name.to_owned(), value.clone());
        }
        Change::Remove => {
            members.remove(name);
        }
        Change::AddValues(values) => {
            let slot = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(elements) = slot.as_array_mut() {
                let primary = multi_valued::add(attribute, elements, values.clone());
                multi_valued::hand_over_primary(attribute, &primary, elements)?;
            }
        }
        Change::RemoveValues(values) => {
            if let Some(elements) = members.get_mut(name).and_then(Value::as_array_mut) {
                remove_values(attribute, elements, values);
            }
        }
    }
    Ok(())
}

/// Removes the elements that the values name: by `value` alone where they have one, as clients name members,
/// else by all they have.
fn remove_values(attribute: &Attribute, elements: &mut Vec<Value>, values: &[Value]) {
    let mut named = HashSet::new();
    let mut same = HashSet::new();
    for value in values {
        match value_of(attribute, value) {
            Some(value) => named.insert(value),
            None => same.insert(multi_valued::identity(attribute, value)),
        };
    }
    elements.retain(|element| {
        let is_named = value_of(attribute, element).is_some_and(|value| named.contains(&value));
        !is_named && !same.contains(&multi_valued::identity(attribute, element))
    });
}

/// The comparable `value` of an element; for a simple attribute, of the element itself.
fn value_of(attribute: &Attribute, element: &Value) -> Option<String> {
    match element {
        Value::Object(members) => {
            let part = attribute.sub_attribute("value")?;
            index_value(part, members.get(&part.name)?)
        }
        simple => index_value(attribute, simple),
    }
}

/// RFC 7643 §7: an immutable value is set once.
fn check_immutable(attribute: &Attribute, change: &Change, old: Option<&Value>) -> Result<(), Error> {
    let Some(old) = old.filter(|_| attribute.mutability == Mutability::Immutable) else { return Ok(()) };
    match change {
        Change::Set(new) if same_value(attribute, old, new) => Ok(()),
        Change::AddValues(_) | Change::RemoveValues(_) | Change::Set(_) | Change::Remove => {
            Err(Error::mutability(format!("{} is immutable and already has another value", attribute.name)))
        }
    }
}

fn apply_to_selected(
    selection: &Selection,
    change: &SelectedChange,
    resource: &mut Object,
    tolerance: &Tolerance,
) -> Result<(), Error> {
    let found = &*selection.attribute;
    let attribute = &*found.attribute;
    if matches!(change, SelectedChange::Remove) && found.container(resource).is_none() {
        return Ok(());
    }
    let Some(container) = container(found, resource) else { return Ok(()) };
    let slot = container.entry(attribute.name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
    let Some(elements) = slot.as_array_mut() else { return Ok(()) };
    match change {
        SelectedChange::Remove => remove_selected(selection, elements),
        SelectedChange::Set(value) => set_selected(selection, value, elements, tolerance),
    }
}

fn remove_selected(selection: &Selection, elements: &mut Vec<Value>) -> Result<(), Error> {
    let Some(part) = selection.attribute.sub_attribute.as_deref() else {
        elements.retain(|element| !selection.filter.matches(element));
        return Ok(());
    };
    for element in elements.iter_mut().filter(|element| selection.filter.matches(element)) {
        change_part(part, &Change::Remove, element)?;
    }
    Ok(())
}

fn set_selected(
    selection: &Selection,
    value: &Value,
    elements: &mut Vec<Value>,
    tolerance: &Tolerance,
) -> Result<(), Error> {
    let matching = |(position, element)| selection.filter.matches(element).then_some(position);
    let mut selected: Vec<usize> = elements.iter().enumerate().filter_map(matching).collect();
    for position in &selected {
        if let Some(element) = elements.get_mut(*position) {
            set_element(&selection.attribute, value, element)?;
        }
    }
    if selected.is_empty() {
        selected.push(elements.len());
        elements.push(created(selection, value, tolerance)?);
    }
    selected.retain(|position| elements.get(*position).is_some_and(multi_valued::is_primary));
    multi_valued::hand_over_primary(&selection.attribute.attribute, &selected, elements)
}

/// The value that the filter of the path describes, with what the operation sets.
fn created(selection: &Selection, value: &Value, tolerance: &Tolerance) -> Result<Value, Error> {
    let name = selection.attribute.name();
    let no_target = || Error::no_target(format!("no value of {name} matches the filter of the path"));
    if let Some(template) = &selection.template {
        let mut element = Value::Object(template.clone());
        set_element(&selection.attribute, value, &mut element)?;
        if selection.filter.matches(&element) {
            if selection.op == Op::Replace {
                tolerance.require(Quirk::ReplaceCreates, no_target)?;
            }
            return Ok(element);
        }
    }
    Err(no_target())
}

fn set_element(found: &AttributeRef, value: &Value, element: &mut Value) -> Result<(), Error> {
    match (&found.sub_attribute, value) {
        (Some(part), value) => change_part(part, &Change::Set(value.clone()), element),
        (None, Value::Object(members)) => {
            for (name, value) in members {
                let Some(part) = found.attribute.sub_attribute(name) else { continue };
                let change = if value.is_null() { Change::Remove } else { Change::Set(value.clone()) };
                change_part(part, &change, element)?;
            }
            Ok(())
        }
        (None, simple) => {
            *element = simple.clone();
            Ok(())
        }
    }
}
