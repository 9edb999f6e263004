//! Taking the operations on one list out of a patch, for a store that keeps the list as rows of its own.

use serde_json::Value;

use super::{Change, Op, Patch, SelectedChange, Selection, Step};
use crate::Object;
use crate::error::Error;
use crate::filter::ValueFilter;
use crate::quirks::{Quirk, Tolerance};
use crate::resource_type::AttributeRef;
use crate::schema::Attribute;

/// One change of a multi-valued complex attribute, such as `members` of a group.
#[derive(Debug, Clone)]
pub enum ValuesChange {
    /// Add these values; one whose `value` is there already is not added again.
    Add(Vec<Object>),
    /// Remove the values with these `value` sub-attributes, in the form of [`crate::value::index_value`].
    Remove(Vec<String>),
    /// Remove the values that match.
    RemoveWhere(ValueFilter),
    /// Make these the only values.
    Replace(Vec<Object>),
    /// Remove all values.
    Clear,
}

impl Patch {
    /// Removes the operations on the core attribute of this name and returns them in order.
    ///
    /// # Errors
    /// 400 `noTarget` for what cannot be said as a [`ValuesChange`]: a change of a sub-attribute of values that are
    /// there, such as `members.value`. A document without them has nothing it could be applied to.
    pub fn take(&mut self, attribute: &str, tolerance: &Tolerance) -> Result<Vec<ValuesChange>, Error> {
        let is_about = |step: &Step| {
            let found = attribute_of(step);
            found.extension.is_none() && found.attribute.name.eq_ignore_ascii_case(attribute)
        };
        let (taken, rest): (Vec<Step>, _) = std::mem::take(&mut self.steps).into_iter().partition(is_about);
        self.steps = rest;
        taken
            .iter()
            .map(|step| {
                // Whether such a value is there is not known here, so this may be its creation.
                if matches!(step, Step::Selected(Selection { op: Op::Replace, .. }, SelectedChange::Set(_))) {
                    tolerance.require(Quirk::ReplaceCreates, || no_target(step))?;
                }
                values_change(step).ok_or_else(|| no_target(step))
            })
            .collect()
    }
}

fn attribute_of(step: &Step) -> &AttributeRef {
    let (Step::Attribute(found, _) | Step::Selected(Selection { attribute: found, .. }, _)) = step;
    found
}

fn no_target(step: &Step) -> Error {
    let name = &attribute_of(step).attribute.name;
    Error::no_target(format!("parts of {name} can't be changed; add and remove whole values"))
}

fn values_change(step: &Step) -> Option<ValuesChange> {
    match step {
        Step::Attribute(found, change) if found.sub_attribute.is_none() => {
            attribute_change(&found.attribute, change)
        }
        Step::Attribute(..) => None,
        Step::Selected(selection, SelectedChange::Remove) if selection.attribute.sub_attribute.is_none() => {
            let values = selection.filter.exact_values();
            Some(
                values.map_or_else(
                    || ValuesChange::RemoveWhere(selection.filter.clone()),
                    ValuesChange::Remove,
                ),
            )
        }
        Step::Selected(_, SelectedChange::Remove) => None,
        Step::Selected(selection, SelectedChange::Set(value)) => {
            let mut element = selection.template.clone()?;
            match (&selection.attribute.sub_attribute, value) {
                (Some(part), value) => {
                    let old = element.insert(part.name.clone(), value.clone());
                    if old.is_some_and(|old| &old != value) {
                        return None;
                    }
                }
                (None, Value::Object(members)) => {
                    let fits =
                        |(name, value): (&String, &Value)| element.get(name).is_none_or(|old| old == value);
                    if !members.iter().all(fits) {
                        return None;
                    }
                    element.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                (None, _) => return None,
            }
            Some(ValuesChange::Add(vec![element]))
        }
    }
}

fn attribute_change(attribute: &Attribute, change: &Change) -> Option<ValuesChange> {
    match change {
        Change::Set(Value::Array(values)) => Some(ValuesChange::Replace(objects(values))),
        Change::Set(_) => None,
        Change::AddValues(values) => Some(ValuesChange::Add(objects(values))),
        Change::RemoveValues(values) => {
            let part = attribute.sub_attribute("value")?;
            let value = |value: &Value| crate::value::index_value(part, value.get(&part.name)?);
            Some(ValuesChange::Remove(values.iter().filter_map(value).collect()))
        }
        Change::Remove => Some(ValuesChange::Clear),
    }
}

fn objects(values: &[Value]) -> Vec<Object> {
    values.iter().filter_map(|value| value.as_object().cloned()).collect()
}
