//! References to resources that other operations create, where the data of an operation has them (RFC 7644 §3.7.2):
//! as values, and between the quotes of a filter in a PATCH path.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Object;
use crate::value::member;

/// What a reference begins with.
pub(super) const REFERENCE: &str = "bulkId:";
/// The same as a text of a filter, whose end is the next quote: `members[value eq "bulkId:qwerty"]`.
const QUOTED_REFERENCE: &str = "\"bulkId:";

/// Adds the names that values refer to.
pub(super) fn collect<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => names.extend(text.strip_prefix(REFERENCE)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(members) => members.values().for_each(|value| collect(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The value with ids instead of references; `None` if nothing is left of it.
pub(super) fn replace(value: &Value, id: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    match value {
        Value::String(text) => match text.strip_prefix(REFERENCE) {
            Some(name) => id(name).map(Value::String),
            None => Some(value.clone()),
        },
        Value::Array(values) => Some(values.iter().filter_map(|value| replace(value, id)).collect()),
        Value::Object(members) => {
            let mut kept = Object::new();
            for (name, value) in members {
                match replace(value, id) {
                    Some(value) => drop(kept.insert(name.clone(), value)),
                    // Without its `value` a complex value says nothing.
                    None if name.eq_ignore_ascii_case("value") => return None,
                    None => {}
                }
            }
            Some(Value::Object(kept))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}

/// Adds the names that the paths of a PATCH message refer to.
pub(super) fn collect_in_paths<'v>(message: &'v Value, names: &mut BTreeSet<&'v str>) {
    let operations = message.as_object().and_then(|message| member(message, "Operations"));
    for operation in operations.and_then(Value::as_array).into_iter().flatten() {
        let path = operation.as_object().and_then(|operation| member(operation, "path"));
        let parts = path.and_then(Value::as_str).unwrap_or_default().split(QUOTED_REFERENCE);
        names.extend(parts.skip(1).filter_map(|part| Some(part.split_once('"')?.0)));
    }
}

/// Puts ids instead of references into the paths of a PATCH message. A reference without an id stays.
pub(super) fn replace_in_paths(message: &mut Value, id: &dyn Fn(&str) -> Option<String>) {
    for operations in members_mut(message, "Operations") {
        for operation in operations.as_array_mut().into_iter().flatten() {
            for path in members_mut(operation, "path") {
                if let Value::String(text) = path {
                    *text = replace_in_path(text, id);
                }
            }
        }
    }
}

fn members_mut<'v>(value: &'v mut Value, name: &'static str) -> impl Iterator<Item = &'v mut Value> {
    let members = value.as_object_mut().into_iter().flatten();
    members.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn replace_in_path(path: &str, id: &dyn Fn(&str) -> Option<String>) -> String {
    let mut parts = path.split(QUOTED_REFERENCE);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('"').and_then(|(name, rest)| Some((id(name)?, rest))) {
            Some((id, rest)) => replaced.extend(["\"", &id, "\"", rest]),
            None => replaced.extend([QUOTED_REFERENCE, part]),
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The path of a PATCH message with the id of `a`, which is 7; and the names that it refers to.
    fn check(path: &str, expected: &str, names: &[&str]) {
        let mut message = json!({ "operations": [{ "op": "remove", "Path": path }, { "op": "remove" }, 1] });
        let mut found = BTreeSet::new();
        collect_in_paths(&message, &mut found);
        assert_eq!(found, BTreeSet::from_iter(names.iter().copied()), "{path}");
        replace_in_paths(&mut message, &|name| (name == "a").then(|| "7".to_owned()));
        assert_eq!(message["operations"][0]["Path"], expected, "{path}");
    }

    #[test]
    fn references_in_the_filter_of_a_path_become_ids() {
        check("members", "members", &[]);
        check(r#"members[value eq "bulkId:a"]"#, r#"members[value eq "7"]"#, &["a"]);
        check(
            r#"members[value eq "bulkId:a" or value eq "bulkId:b"].display"#,
            r#"members[value eq "7" or value eq "bulkId:b"].display"#,
            &["a", "b"],
        );
        check(r#"members[display eq "x bulkId:a"]"#, r#"members[display eq "x bulkId:a"]"#, &[]);
        check(r#"members[value eq "bulkId:a]"#, r#"members[value eq "bulkId:a]"#, &[]);
    }

    #[test]
    fn what_is_no_patch_message_has_no_paths() {
        for mut message in
            [json!(null), json!("x"), json!([]), json!({ "Operations": { "path": "\"bulkId:a\"" } })]
        {
            let before = message.clone();
            collect_in_paths(&before, &mut BTreeSet::new());
            replace_in_paths(&mut message, &|_| Some("7".to_owned()));
            assert_eq!(message, before);
        }
    }
}
