//! Sorting (RFC 7644 §3.4.2.3): the text by whose order resources are put in order.

use std::sync::Arc;

use serde_json::{Number, Value};

use crate::Object;
use crate::error::Error;
use crate::path::Path;
use crate::resource_type::{AttributeRef, ResourceType};
use crate::schema::{Attribute, Returned, Type};
use crate::value::{comparable, compared_attribute, instant};

/// The attribute that a client wants resources of one type to be sorted by.
#[derive(Debug, Clone)]
pub struct SortBy {
    /// The attribute. A complex one stands for its `value`.
    pub attribute: Arc<AttributeRef>,
}

impl SortBy {
    /// Understands `sortBy`. `Ok(None)`: the resource type has no such attribute.
    ///
    /// # Errors
    /// 400 `invalidValue` for a path with a filter, or an attribute that has no order: one that is complex without a
    /// `value`; 403 `sensitive` for one that is never returned.
    pub fn parse(resource_type: &ResourceType, text: &str) -> Result<Option<Self>, Error> {
        let path = Path::parse(text.trim());
        let path =
            path.map_err(|_| Error::invalid_value(format!("sortBy: {text:?} is no attribute path")))?;
        if path.filter.is_some() {
            return Err(Error::invalid_value("sortBy must name an attribute, without a filter"));
        }
        let found = resource_type.find_attribute(path.urn.as_deref(), &path.attribute, path.sub.as_deref());
        let Some(attribute) = found else { return Ok(None) };
        if attribute.leaf().returned == Returned::Never {
            return Err(Error::sensitive(format!("sortBy: {text} is never returned, so it tells no order")));
        }
        if compared_attribute(attribute.leaf()).is_none() {
            return Err(Error::invalid_value(format!(
                "sortBy: {text} is complex; name one of its sub-attributes"
            )));
        }
        Ok(Some(Self { attribute: Arc::clone(attribute) }))
    }

    /// Whether the key of a resource is the value that an index has of it ([`crate::value::index_value`]).
    #[must_use]
    pub fn is_indexable(&self) -> bool {
        let text = matches!(self.attribute.leaf().kind, Type::String | Type::Reference);
        text && !self.attribute.attribute.multi_valued && !self.attribute.leaf().multi_valued
    }

    /// The text by which the resource is sorted, in the order of bytes: of several values that of the primary or first
    /// one counts. `None`: it has no value.
    #[must_use]
    pub fn key(&self, resource: &Object) -> Option<String> {
        let value = self.attribute.container(resource)?.get(&self.attribute.attribute.name)?;
        let value = chosen(value)?;
        let value = match &self.attribute.sub_attribute {
            Some(part) => chosen(value.get(&part.name)?)?,
            None => value,
        };
        let leaf = self.attribute.leaf();
        let value = if leaf.is_complex() { value.get("value")? } else { value };
        key(compared_attribute(leaf)?, value)
    }
}

/// The primary value, or the first.
fn chosen(value: &Value) -> Option<&Value> {
    let Value::Array(values) = value else { return Some(value) };
    let is_primary = |value: &&Value| value.get("primary").and_then(Value::as_bool) == Some(true);
    values.iter().find(is_primary).or_else(|| values.first())
}

fn key(attribute: &Attribute, value: &Value) -> Option<String> {
    match (attribute.kind, value) {
        (Type::DateTime, Value::String(text)) => {
            // Shifted, so that no instant is negative and all have the same number of digits.
            let nanoseconds = instant(text)?.as_nanosecond() + (1 << 100);
            Some(format!("{nanoseconds:032}"))
        }
        (_, Value::String(text)) => Some(comparable(attribute, text).into_owned()),
        (_, Value::Bool(boolean)) => Some(boolean.to_string()),
        (_, Value::Number(number)) => ordered(number),
        (_, Value::Null | Value::Array(_) | Value::Object(_)) => None,
    }
}

/// A number as text that is ordered as numbers are: the bits of a double, negative ones turned over.
fn ordered(number: &Number) -> Option<String> {
    let bits = number.as_f64()?.to_bits();
    let bits = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    Some(format!("{bits:016x}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key_of(path: &str, resource: Value) -> Option<String> {
        let user = ResourceType::user();
        let by = SortBy::parse(&user, path).unwrap().unwrap();
        by.key(resource.as_object().unwrap())
    }

    #[test]
    fn case_counts_where_the_schema_says() {
        assert_eq!(key_of("userName", json!({ "userName": "BABS" })), Some("babs".to_owned()));
        assert_eq!(key_of("externalId", json!({ "externalId": "BABS" })), Some("BABS".to_owned()));
    }

    #[test]
    fn the_primary_or_first_value_counts() {
        let emails = json!({ "emails": [{ "value": "b@x" }, { "value": "a@x", "primary": true }] });
        for path in ["emails", "emails.value", "EMAILS.VALUE"] {
            assert_eq!(key_of(path, emails.clone()), Some("a@x".to_owned()), "{path}");
        }
        assert_eq!(key_of("emails", json!({ "emails": [{ "value": "b@x" }] })), Some("b@x".to_owned()));
        assert_eq!(key_of("emails.type", emails), None);
        assert_eq!(key_of("name.familyName", json!({ "name": { "familyName": "J" } })), Some("j".to_owned()));
    }

    #[test]
    fn instants_and_numbers_are_ordered_by_what_they_mean() {
        let at = |text: &str| key_of("meta.created", json!({ "meta": { "created": text } })).unwrap();
        let instants = ["1901-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"];
        assert!(instants.map(at).is_sorted());
        assert_eq!(at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00+01:00"));
        let numbers = [json!(-1e300), json!(-7), json!(-0.5), json!(0), json!(2), json!(10), json!(1e300)];
        let keys = numbers.map(|number| ordered(number.as_number().unwrap()).unwrap());
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn what_has_no_order_is_refused() {
        let user = ResourceType::user();
        for path in ["name", "meta", "", "emails[type eq \"work\"]", "a b", "addresses"] {
            assert!(SortBy::parse(&user, path).is_err(), "{path}");
        }
        assert_eq!(SortBy::parse(&user, "password").unwrap_err().status, 403);
        assert!(SortBy::parse(&user, "shoeSize").unwrap().is_none());
    }
}
