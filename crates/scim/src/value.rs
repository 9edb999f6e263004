//! Reading values of a resource in canonical form, comparing them, and their form in an index.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use crate::Object;
use crate::fold::folded;
use crate::resource_type::AttributeRef;
use crate::schema::{Attribute, Type};

impl AttributeRef {
    /// The object that holds the attribute: the resource itself or the object of an extension.
    #[must_use]
    pub fn container<'a>(&self, resource: &'a Object) -> Option<&'a Object> {
        match &self.extension {
            None => Some(resource),
            Some(urn) => resource.get(&**urn)?.as_object(),
        }
    }

    /// Whether any value of the attribute passes the test. A list counts as its elements.
    pub fn any_value(&self, resource: &Object, mut test: impl FnMut(&Value) -> bool) -> bool {
        let Some(value) = self.container(resource).and_then(|container| container.get(&self.attribute.name))
        else {
            return false;
        };
        match &self.sub_attribute {
            None => any_element(value, &mut test),
            Some(sub_attribute) => any_element(value, &mut |element| {
                element.get(&sub_attribute.name).is_some_and(|value| any_element(value, &mut test))
            }),
        }
    }

    /// The index entries of a resource for this attribute: one for each value, without repetitions.
    /// A complex attribute gives the entries of its `value` sub-attribute, as filters compare it.
    #[must_use]
    pub fn index_values(&self, resource: &Object) -> Vec<String> {
        let mut entries = Vec::new();
        let compared = compared_attribute(self.leaf());
        self.any_value(resource, |value| {
            let value = if self.leaf().is_complex() { value.get("value") } else { Some(value) };
            entries.extend(compared.zip(value).and_then(|(attribute, value)| index_value(attribute, value)));
            false
        });
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

/// The member of this name, without regard to letter case.
pub(crate) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let mut members = object.iter();
        members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// Whether any element of a list, or the single value, passes the test.
pub(crate) fn any_element(value: &Value, test: &mut impl FnMut(&Value) -> bool) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(test),
        single => test(single),
    }
}

/// The attribute whose values a comparison means: for a complex attribute its `value` sub-attribute, if it
/// has one (RFC 7643 §2.4).
pub(crate) fn compared_attribute(attribute: &Attribute) -> Option<&Attribute> {
    if attribute.is_complex() { attribute.sub_attribute("value") } else { Some(attribute) }
}

/// Whether the value counts as present: neither `null` nor empty text, list or object (RFC 7644 §3.4.2.2,
/// `pr`).
#[must_use]
pub fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
    }
}

/// The form of a value in an index, such that two values are equal for a filter exactly when their forms
/// are: text folded unless `caseExact`, instants in UTC, numbers in one spelling.
#[must_use]
pub fn index_value(attribute: &Attribute, value: &Value) -> Option<String> {
    match (attribute.kind, value) {
        (Type::DateTime, Value::String(text)) => instant(text).map(|instant| instant.to_string()),
        (_, Value::String(text)) => Some(comparable(attribute, text).into_owned()),
        (_, Value::Bool(boolean)) => Some(boolean.to_string()),
        (_, Value::Number(number)) => Some(index_number(number)),
        (_, Value::Null | Value::Array(_) | Value::Object(_)) => None,
    }
}

/// The text by which values of the attribute compare: folded unless `caseExact`.
#[must_use]
pub fn comparable<'a>(attribute: &Attribute, text: &'a str) -> Cow<'a, str> {
    if attribute.case_exact { Cow::Borrowed(text) } else { folded(text) }
}

/// The instant of an `xsd:dateTime` (RFC 7643 §2.3.5). One without a time zone is taken as UTC.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn index_number(number: &Number) -> String {
    match number.as_f64() {
        // Doubles of this size are exact, so 1 and 1.0 get one spelling.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9.0e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

/// Whether two values of an attribute are the same for the protocol: text folded unless `caseExact`,
/// objects by all their sub-attributes, `primary` false like absent.
#[must_use]
pub fn same_value(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            attribute.sub_attributes.iter().all(|sub_attribute| same_member(sub_attribute, left, right))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| same_value(attribute, left, right))
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => {
            left == right || index_value(attribute, left) == index_value(attribute, right)
        }
        _ => left == right,
    }
}

fn same_member(sub_attribute: &Attribute, left: &Object, right: &Object) -> bool {
    let significant = |object: &'_ Object| {
        let value = object.get(&sub_attribute.name)?;
        let absent = sub_attribute.name == "primary" && value == &Value::Bool(false);
        (!absent).then(|| value.clone())
    };
    match (significant(left), significant(right)) {
        (None, None) => true,
        (Some(left), Some(right)) => same_value(sub_attribute, &left, &right),
        _ => false,
    }
}
