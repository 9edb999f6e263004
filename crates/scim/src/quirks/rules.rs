//! The rules, each in a function of its own.

use serde_json::Value;

use super::{Quirk, Tolerance};
use crate::Object;
use crate::builtin::ENTERPRISE_USER_URN;
use crate::error::Error;
use crate::filter::{Filter, Literal, Op};
use crate::path::Path;
use crate::schema::{Attribute, Type};
use crate::value::member;

/// The enterprise URN as older Entra requests spell it, with a colon missing.
const MISSPELT_ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";

/// Entra: the misspelt enterprise URN means the enterprise extension.
pub(crate) fn correct_urn(urn: &str) -> &str {
    if urn.eq_ignore_ascii_case(MISSPELT_ENTERPRISE_USER_URN) { ENTERPRISE_USER_URN } else { urn }
}

/// Entra: `"True"` and `"False"` in any letter case are booleans where a boolean is expected.
pub(crate) fn text_boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// Entra: `roles[primary eq "True"]` compares a boolean with a text.
pub(crate) fn literal_boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(boolean) => Some(*boolean),
        Literal::String(text) => text_boolean(text),
        Literal::Number(_) | Literal::Null => None,
    }
}

/// RFC 7643 §2.5: `null` and the empty list are the unassigned state. Entra sends them for attributes
/// without a value.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

/// Several clients: a single value where a list is expected is a list of one.
pub(crate) fn as_list(
    attribute: &Attribute,
    value: Value,
    tolerance: &Tolerance,
) -> Result<Vec<Value>, Error> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(elements) => Ok(elements),
        single => {
            let refusal = || Error::invalid_value(format!("{} must be a list", attribute.name));
            tolerance.require(Quirk::LooseValues, refusal).map(|()| vec![single])
        }
    }
}

/// Entra: a list of one where a single value is expected (`"manager": [{"value": "…"}]`) is that value.
pub(crate) fn as_single(attribute: &Attribute, value: Value, tolerance: &Tolerance) -> Result<Value, Error> {
    match value {
        Value::Array(mut elements) if elements.len() == 1 => {
            let refusal = || Error::invalid_value(format!("{} must not be a list", attribute.name));
            tolerance.require(looseness(attribute), refusal)?;
            Ok(elements.pop().unwrap_or(Value::Null))
        }
        other => Ok(other),
    }
}

/// Entra: plain text where an object is expected (`"manager": "…"`) is the `value` of that object.
pub(crate) fn as_complex(attribute: &Attribute, value: Value, tolerance: &Tolerance) -> Result<Value, Error> {
    match (value, attribute.sub_attribute("value")) {
        (text @ Value::String(_), Some(part)) => {
            let refusal = || Error::invalid_value(format!("{} must be an object", attribute.name));
            tolerance.require(looseness(attribute), refusal)?;
            Ok(Value::Object(Object::from_iter([(part.name.clone(), text)])))
        }
        (other, _) => Ok(other),
    }
}

/// The quirk that a value of another shape is. `manager` is the one single reference of the core schemas.
fn looseness(attribute: &Attribute) -> Quirk {
    if attribute.is_complex() && !attribute.multi_valued { Quirk::PlainManager } else { Quirk::LooseValues }
}

/// Entra: `""` and `{"value": ""}` remove a reference such as `manager`, as `null` does by RFC 7643 §2.5.
pub(crate) fn clears_reference(
    attribute: &Attribute,
    value: &Value,
    tolerance: &Tolerance,
) -> Result<bool, Error> {
    if attribute.multi_valued || attribute.sub_attribute("value").is_none() {
        return Ok(false);
    }
    let value = match value {
        Value::Object(members) => member(members, "value"),
        other => Some(other),
    };
    match value {
        Some(Value::Null) => Ok(true),
        Some(Value::String(text)) if text.is_empty() => {
            let refusal = || Error::invalid_value(format!("{} has an empty value", attribute.name));
            tolerance.require(Quirk::EmptyManager, refusal).map(|()| true)
        }
        Some(_) | None => Ok(false),
    }
}

/// Entra: `Remove` with a path to a multi-valued attribute and a list in `value` removes just these values.
/// RFC 7644 §3.5.2.2 knows no `value` there; ignoring it would empty the group.
pub(crate) fn values_to_remove(
    attribute: &Attribute,
    value: Option<&Value>,
    tolerance: &Tolerance,
) -> Result<Option<Vec<Value>>, Error> {
    let Some(value) = value.filter(|value| attribute.multi_valued && !value.is_null()) else {
        return Ok(None);
    };
    let refusal = || {
        let name = &attribute.name;
        Error::invalid_value(format!("remove takes no value; say which in the path: {name}[value eq \"…\"]"))
    };
    tolerance.require(Quirk::RemovalByValueList, refusal)?;
    as_list(attribute, value.clone(), tolerance).map(Some)
}

/// Entra: a URN that misspells the enterprise extension.
pub(crate) fn note_spelling(urn: &str, tolerance: &Tolerance) -> Result<(), Error> {
    if correct_urn(urn) == urn {
        return Ok(());
    }
    let refusal = || Error::invalid_syntax(format!("{urn} must be spelt {}", correct_urn(urn)));
    tolerance.require(Quirk::MisspeltEnterpriseUrn, refusal)
}

/// Entra: `roles[primary eq "True"]` compares a boolean with a text.
pub(crate) fn note_boolean(literal: &Literal, tolerance: &Tolerance) -> Result<(), Error> {
    let Literal::String(text) = literal else { return Ok(()) };
    if text_boolean(text).is_none() {
        return Ok(());
    }
    let refusal = || Error::invalid_filter(format!("a boolean is compared with the text {text:?}"));
    tolerance.require(Quirk::StringBooleans, refusal)
}

/// Entra with `aadOptscim062020`: a name in a value without path may be a whole path: `name.givenName`,
/// `urn:…:User:employeeNumber`, `emails[type eq "work"].value`. Names that are no path are ignored, as
/// unknown attributes are.
pub(crate) fn path_of_name(name: &str) -> Option<Path> {
    Path::parse(name).ok()
}

/// Entra: `add` and `replace` on a value path that matches nothing create the value, with what the filter
/// asks for. RFC 7644 §3.5.2.3 would have `replace` fail with `noTarget`; a filter that is more than a
/// conjunction of `eq` still does.
pub(crate) fn value_for_filter(attribute: &Attribute, filter: &Filter) -> Option<Object> {
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
            (_, Literal::String(text)) if !text.is_empty() => Value::String(text.clone()),
            (_, Literal::Number(number)) => Value::Number(number.clone()),
            (_, Literal::String(_) | Literal::Boolean(_) | Literal::Null) => return None,
        };
        let contradicted = created.insert(sub_attribute.name.clone(), value.clone());
        if contradicted.is_some_and(|earlier| earlier != value) {
            return None;
        }
    }
    Some(created)
}
