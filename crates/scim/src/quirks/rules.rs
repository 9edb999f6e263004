//! The rules, each in a function of its own.

use serde_json::Value;

use crate::Object;
use crate::builtin::ENTERPRISE_USER_URN;
use crate::filter::{Filter, Literal, Op};
use crate::path::Path;
use crate::schema::{Attribute, Type};
use crate::value::member;

/// The enterprise URN as older Entra requests spell it, with a colon missing.
const MISSPELT_ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";

/// Entra: the misspelt enterprise URN means the enterprise extension.
#[must_use]
pub fn correct_urn(urn: &str) -> &str {
    if urn.eq_ignore_ascii_case(MISSPELT_ENTERPRISE_USER_URN) { ENTERPRISE_USER_URN } else { urn }
}

/// Entra: `"True"` and `"False"` in any letter case are booleans where a boolean is expected.
#[must_use]
pub fn text_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// Entra: `roles[primary eq "True"]` compares a boolean with a text.
#[must_use]
pub fn literal_boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(boolean) => Some(*boolean),
        Literal::String(text) => text_boolean(text),
        Literal::Number(_) | Literal::Null => None,
    }
}

/// RFC 7643 §2.5: `null` and the empty list are the unassigned state. Entra sends them for attributes
/// without a value.
#[must_use]
pub fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

/// Several clients: a single value where a list is expected is a list of one.
#[must_use]
pub fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements,
        single => vec![single],
    }
}

/// Entra: a list of one where a single value is expected (`"manager": [{"value": "…"}]`) is that value.
#[must_use]
pub fn as_single(value: Value) -> Value {
    match value {
        Value::Array(mut elements) if elements.len() == 1 => elements.pop().unwrap_or(Value::Null),
        other => other,
    }
}

/// Entra: plain text where an object is expected (`"manager": "…"`) is the `value` of that object.
#[must_use]
pub fn as_complex(attribute: &Attribute, value: Value) -> Value {
    match (value, attribute.sub_attribute("value")) {
        (text @ Value::String(_), Some(sub_attribute)) => {
            Value::Object(Object::from_iter([(sub_attribute.name.clone(), text)]))
        }
        (other, _) => other,
    }
}

/// Entra: `""`, `{"value": ""}` and `{"value": null}` remove a reference such as `manager`.
#[must_use]
pub fn clears_reference(attribute: &Attribute, value: &Value) -> bool {
    if attribute.multi_valued || attribute.sub_attribute("value").is_none() {
        return false;
    }
    match value {
        Value::String(text) => text.is_empty(),
        Value::Object(members) => {
            let value = member(members, "value");
            value.is_some_and(|value| value.is_null() || value.as_str() == Some(""))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    }
}

/// Entra: `Remove` with a path to a multi-valued attribute and a list in `value` removes just these values.
/// RFC 7644 §3.5.2.2 knows no `value` there; ignoring it would empty the group.
#[must_use]
pub fn values_to_remove(attribute: &Attribute, value: Option<&Value>) -> Option<Vec<Value>> {
    match value {
        None | Some(Value::Null) => None,
        Some(value) => attribute.multi_valued.then(|| as_list(value.clone())),
    }
}

/// Entra with `aadOptscim062020`: a name in a value without path may be a whole path: `name.givenName`,
/// `urn:…:User:employeeNumber`, `emails[type eq "work"].value`. Names that are no path are ignored, as
/// unknown attributes are.
#[must_use]
pub fn path_of_name(name: &str) -> Option<Path> {
    Path::parse(name).ok()
}

/// Entra: `add` and `replace` on a value path that matches nothing create the value, with what the filter
/// asks for. RFC 7644 §3.5.2.3 would have `replace` fail with `noTarget`; a filter that is more than a
/// conjunction of `eq` still does.
#[must_use]
pub fn value_for_filter(attribute: &Attribute, filter: &Filter) -> Option<Object> {
    let terms = match filter {
        Filter::And(operands) => operands.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut created = Object::new();
    for term in terms {
        let Filter::Compare { path, op: Op::Eq, value } = term else { return None };
        let sub_attribute = attribute.sub_attribute(&path.attribute)?;
        let value = match (sub_attribute.kind, value) {
            (Type::Boolean, literal) => Value::Bool(literal_boolean(literal)?),
            (_, Literal::String(text)) => Value::String(text.clone()),
            (_, Literal::Number(number)) => Value::Number(number.clone()),
            (_, Literal::Boolean(_) | Literal::Null) => return None,
        };
        let contradicted = created.insert(sub_attribute.name.clone(), value.clone());
        if contradicted.is_some_and(|earlier| earlier != value) {
            return None;
        }
    }
    Some(created)
}
