//! Reading answers: names are compared without regard to letter case (RFC 7643 §2.1).

use serde_json::Value;

/// The value at a place such as `/name/givenName` or `/emails/0/value`; null where there is none.
pub(crate) fn at<'v>(value: &'v Value, place: &str) -> &'v Value {
    place.split('/').filter(|step| !step.is_empty()).fold(value, step)
}

fn step<'v>(value: &'v Value, name: &str) -> &'v Value {
    let found = match value {
        Value::Object(members) => {
            let same = |member: &String| member.eq_ignore_ascii_case(name);
            members.get(name).or_else(|| members.iter().find(|(member, _)| same(member)).map(|(_, v)| v))
        }
        Value::Array(elements) => name.parse::<usize>().ok().and_then(|index| elements.get(index)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    found.unwrap_or(&Value::Null)
}

/// The elements of a list; of what is no list, none.
pub(crate) fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether an attribute has no value: RFC 7643 §2.5 makes missing, null and empty the same.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether `value` holds all that `expected` says; it may hold more. Names in any letter case.
pub(crate) fn holds(value: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(members) => members.iter().all(|(name, expected)| holds(step(value, name), expected)),
        Value::Array(wanted) => {
            let there = elements(value);
            there.len() == wanted.len()
                && wanted.iter().all(|want| there.iter().any(|have| holds(have, want)))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value == expected,
    }
}

/// A value in a sentence.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.chars().count() <= 120 { text } else { text.chars().take(119).chain(['…']).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_found_in_any_letter_case() {
        let value = json!({ "Name": { "givenName": "Ann" }, "emails": [{ "value": "a" }, { "value": "b" }] });
        assert_eq!(at(&value, "/name/givenname"), "Ann");
        assert_eq!(at(&value, "/emails/1/value"), "b");
        assert_eq!(at(&value, "/emails/2/value"), &Value::Null);
        assert_eq!(at(&value, "/name/givenName/x"), &Value::Null);
    }

    #[test]
    fn more_is_allowed_in_objects_but_not_in_lists() {
        let value = json!({ "a": 1, "b": [{ "x": 1, "y": 2 }, { "x": 3 }] });
        assert!(holds(&value, &json!({ "b": [{ "x": 3 }, { "x": 1 }] })));
        assert!(!holds(&value, &json!({ "b": [{ "x": 3 }] })));
        assert!(!holds(&value, &json!({ "a": 2 })));
    }
}
