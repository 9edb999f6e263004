//! What the mapping wants against what the target holds. Pure.

use connector::Change;
use mapping::{Apply, Flow, MappedValue};
use model::job::Empty;
use scim::path::Path;
use serde_json::{Map, Value};

use crate::element;

/// The values a new resource is made of; what is empty is left out.
#[must_use]
pub fn initial_values(mapped: &[MappedValue<'_>]) -> Vec<(Path, Value)> {
    mapped
        .iter()
        .filter_map(|m| Some((m.target.path().clone(), m.value.clone().filter(|v| !is_empty(v))?)))
        .collect()
}

/// The attributes that differ, in the order of the mappings.
///
/// Text is compared letter by letter, unless a mapping says otherwise: a pure change of case is a change, and reaches
/// the target. Lists are compared as sets. An empty wanted value clears or keeps as `empty` says, where the mapping's
/// [`Apply`] lets anything be removed.
#[must_use]
pub fn changes(mapped: &[MappedValue<'_>], document: &Map<String, Value>, empty: Empty) -> Vec<Change> {
    mapped.iter().filter_map(|m| change(m, document, empty)).collect()
}

fn change(mapped: &MappedValue<'_>, document: &Map<String, Value>, empty: Empty) -> Option<Change> {
    let path = mapped.target.path();
    let held = held(path, document);
    let wanted = mapped.value.as_ref().filter(|v| !is_empty(v));
    let exact = mapped.case_exact;
    let after = match (mapped.apply, wanted) {
        (Apply::OnlyDuringCreation, _) => return None,
        (Apply::AttributeAddOnly, _) if !held.is_empty() => return None,
        (Apply::MultiValueAddOnly | Apply::ValueAddOnly, Some(Value::Array(wanted))) => {
            Some(Value::Array(joined(&held, wanted, exact)))
        }
        (Apply::MultiValueAddOnly, _) | (Apply::ValueAddOnly | Apply::AttributeAddOnly, None) => return None,
        (Apply::Always, None) if empty == Empty::Keep => return None,
        (Apply::Always, None) => None,
        (Apply::Always | Apply::ValueAddOnly | Apply::AttributeAddOnly, Some(wanted)) => Some(wanted.clone()),
    };
    let before = before(&held, after.as_ref());
    let unchanged = match &after {
        None => held.is_empty(),
        Some(Value::Array(wanted)) => same_set(&held, wanted, exact),
        Some(wanted) => before.as_ref().is_some_and(|before| alike(before, wanted, exact)),
    };
    // Who is inactive already must not count as disabled again.
    let sent_anyway = mapped.flow == Flow::Always && after.is_some() && !is_active(path);
    (!unchanged || sent_anyway).then(|| change_in(document, path.clone(), before, after))
}

/// A change of what a document holds.
pub(crate) fn change_in(
    document: &Map<String, Value>,
    path: Path,
    before: Option<Value>,
    after: Option<Value>,
) -> Change {
    let adds_element = after.is_some() && element::is_missing(&path, document);
    Change { adds_element, ..Change::new(path, before, after) }
}

/// The values of an attribute, without empty ones.
fn held<'a>(path: &Path, document: &'a Map<String, Value>) -> Vec<&'a Value> {
    path.read(document).into_iter().filter(|v| !is_empty(v)).collect()
}

/// What a change replaces: one value where one is written, else all of them.
fn before(held: &[&Value], after: Option<&Value>) -> Option<Value> {
    match (held, after) {
        ([], _) => None,
        ([first, ..], Some(after)) if !after.is_array() => Some((*first).clone()),
        ([only], None) => Some((*only).clone()),
        (all, _) => Some(Value::Array(all.iter().map(|v| (*v).clone()).collect())),
    }
}

/// What the target holds in the place of a value that is, or was, written there.
pub(crate) fn held_for(path: &Path, document: &Map<String, Value>, written: Option<&Value>) -> Option<Value> {
    before(&held(path, document), written)
}

/// Whether the target still holds what a change was made from.
#[must_use]
pub fn still_holds(change: &Change, document: &Map<String, Value>) -> bool {
    held_for(&change.path, document, change.after.as_ref()) == change.before
        && (!change.adds_element || element::is_missing(&change.path, document))
}

/// All that is held, and what of the wanted is missing.
fn joined(held: &[&Value], wanted: &[Value], exact: bool) -> Vec<Value> {
    let missing = wanted.iter().filter(|wanted| !held.iter().any(|held| alike(held, wanted, exact)));
    held.iter().copied().chain(missing).cloned().collect()
}

fn same_set(held: &[&Value], wanted: &[Value], exact: bool) -> bool {
    wanted.iter().all(|wanted| held.iter().any(|held| alike(held, wanted, exact)))
        && held.iter().all(|held| wanted.iter().any(|wanted| alike(held, wanted, exact)))
}

/// The changes without one that would make the user active: nobody who leaves is let in, whatever `active` is mapped
/// from.
#[must_use]
pub fn without_activation(changes: Vec<Change>) -> Vec<Change> {
    let activates =
        |c: &Change| is_active(&c.path) && c.after.as_ref().is_some_and(|v| same(v, &Value::Bool(true)));
    changes.into_iter().filter(|c| !activates(c)).collect()
}

/// Only the part of the changes that makes the user inactive.
#[must_use]
pub fn deactivation_only(changes: Vec<Change>) -> Vec<Change> {
    changes.into_iter().filter(|c| is_active(&c.path)).collect()
}

/// Whether the path is the core attribute `active`.
#[must_use]
pub fn is_active(path: &Path) -> bool {
    path.to_string().rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case("active"))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the target holds the wanted value, in the same letters.
pub(crate) fn same(held: &Value, wanted: &Value) -> bool {
    alike(held, wanted, true)
}

/// Whether the target holds the wanted value. Some targets answer a boolean as the text `"True"`; that is the value. Of
/// a complex value the wanted members count, because a target may add its own; RFC 7643 §2.4: a `primary` that is
/// absent is false. A wanted text is the `value` of a complex one.
fn alike(held: &Value, wanted: &Value, exact: bool) -> bool {
    match (held, wanted) {
        (Value::String(text), Value::Bool(truth)) | (Value::Bool(truth), Value::String(text)) => {
            text.eq_ignore_ascii_case(if *truth { "true" } else { "false" })
        }
        (Value::String(held), Value::String(wanted)) if !exact => scim::fold_eq(held, wanted),
        (Value::Object(held), Value::Object(wanted)) => wanted.iter().all(|(name, wanted)| {
            let absent = wanted == &Value::Bool(false) && name.eq_ignore_ascii_case("primary");
            held.get(name).map_or(absent, |held| alike(held, wanted, exact))
        }),
        (Value::Object(held), Value::String(_)) => {
            held.get("value").is_some_and(|held| alike(held, wanted, exact))
        }
        _ => held == wanted,
    }
}

#[cfg(test)]
mod tests {
    use mapping::{Environment, Mappings, Phase, Seed};
    use serde_json::json;

    use super::*;

    /// What an update changes, as `target: before -> after`.
    fn told(mapping: &Value, source: &Value, held: &Value, empty: Empty) -> String {
        let mappings: Mappings = serde_json::from_value(json!([mapping])).unwrap();
        let environment = Environment { now: jiff::Timestamp::UNIX_EPOCH, seed: Seed::new([0; 32]) };
        let source = source.as_object().unwrap();
        let mapped = mappings.evaluate(source, &environment, Phase::Update).unwrap();
        let text = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        let changes = changes(&mapped, held.as_object().unwrap(), empty);
        assert!(changes.iter().all(|change| still_holds(change, held.as_object().unwrap())));
        let told =
            changes.into_iter().map(|change| format!("{} -> {}", text(change.before), text(change.after)));
        told.collect::<Vec<_>>().join("; ")
    }

    /// A title, held and wanted, under the settings of a mapping.
    #[track_caller]
    fn check_title(settings: Value, held: Option<&str>, wanted: Option<&str>, expect: &str) {
        let mut mapping = json!({ "target": "title", "source": "[a]" });
        mapping.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let held = held.map_or(json!({}), |held| json!({ "title": held }));
        assert_eq!(told(&mapping, &json!({ "a": wanted }), &held, Empty::Clear), expect, "{mapping}");
    }

    #[track_caller]
    fn check_roles(settings: Value, held: Value, wanted: Value, expect: &str) {
        let mut mapping = json!({ "target": "roles", "source": "[a]" });
        mapping.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let held = json!({ "roles": held });
        assert_eq!(told(&mapping, &json!({ "a": wanted }), &held, Empty::Clear), expect, "{mapping}");
    }

    #[test]
    fn what_differs_is_changed_and_what_is_empty_cleared_or_kept() {
        check_title(json!({}), Some("Chef"), Some("Chef"), "");
        check_title(json!({}), Some("Chef"), Some("chef"), r#""Chef" -> "chef""#);
        check_title(json!({}), None, Some("Chef"), r#"- -> "Chef""#);
        check_title(json!({}), Some("Chef"), None, r#""Chef" -> -"#);
        check_title(json!({}), None, None, "");
        let mapping = json!({ "target": "title", "source": "[a]" });
        assert_eq!(told(&mapping, &json!({}), &json!({ "title": "Chef" }), Empty::Keep), "");
    }

    #[test]
    fn letter_case_may_not_matter() {
        check_title(json!({ "case_exact": false }), Some("Chef"), Some("CHEF"), "");
        check_title(json!({ "case_exact": false }), Some("Chef"), Some("Cook"), r#""Chef" -> "Cook""#);
        check_roles(json!({ "case_exact": false }), json!([{ "value": "Admin" }]), json!(["admin"]), "");
    }

    #[test]
    fn only_during_creation_an_update_leaves_it_alone() {
        let once = json!({ "apply": "only_during_creation", "matching": 1 });
        check_title(once, Some("Chef"), Some("Cook"), "");
    }

    #[test]
    fn attribute_add_only() {
        let apply = json!({ "apply": "attribute_add_only" });
        check_title(apply.clone(), None, Some("Cook"), r#"- -> "Cook""#);
        check_title(apply.clone(), Some("Chef"), Some("Cook"), "");
        check_title(apply.clone(), Some("Chef"), None, "");
        check_roles(apply.clone(), json!([]), json!(["a", "b"]), r#"- -> ["a","b"]"#);
        check_roles(apply, json!(["a"]), json!(["a", "b"]), "");
    }

    #[test]
    fn value_add_only() {
        let apply = json!({ "apply": "value_add_only" });
        check_title(apply.clone(), None, Some("Cook"), r#"- -> "Cook""#);
        check_title(apply.clone(), Some("Chef"), Some("Cook"), r#""Chef" -> "Cook""#);
        check_title(apply.clone(), Some("Chef"), None, "");
        check_roles(apply.clone(), json!(["a"]), json!(["b"]), r#"["a"] -> ["a","b"]"#);
        check_roles(apply.clone(), json!(["a", "b"]), json!(["b"]), "");
        check_roles(apply, json!(["a"]), json!([]), "");
    }

    #[test]
    fn multi_value_add_only() {
        let apply = json!({ "apply": "multi_value_add_only" });
        check_title(apply.clone(), None, Some("Cook"), "");
        check_title(apply.clone(), Some("Chef"), Some("Cook"), "");
        check_roles(apply.clone(), json!(["a"]), json!(["b", "a"]), r#"["a"] -> ["a","b"]"#);
        check_roles(apply, json!(["a"]), json!([]), "");
    }

    #[test]
    fn without_a_source_only_an_empty_target_gets_the_default() {
        let mapping = json!({ "target": "locale", "default": "en-US" });
        assert_eq!(told(&mapping, &json!({}), &json!({}), Empty::Clear), r#"- -> "en-US""#);
        assert_eq!(told(&mapping, &json!({}), &json!({ "locale": "de" }), Empty::Clear), "");
    }

    #[test]
    fn lists_are_sets() {
        check_roles(json!({}), json!(["a", "b"]), json!(["b", "a"]), "");
        check_roles(json!({}), json!(["a", "b"]), json!(["b"]), r#"["a","b"] -> ["b"]"#);
        check_roles(json!({}), json!(["a"]), json!([]), r#""a" -> -"#);
        check_roles(json!({}), json!(["a", "b"]), json!([]), r#"["a","b"] -> -"#);
        check_roles(json!({}), json!([]), json!(["a"]), r#"- -> ["a"]"#);
    }

    #[test]
    fn a_value_for_an_element_that_is_not_there_adds_it() {
        let mapping = json!({ "target": "emails[type eq \"work\"].value", "source": "[a]" });
        let mappings: Mappings = serde_json::from_value(json!([mapping])).unwrap();
        let environment = Environment { now: jiff::Timestamp::UNIX_EPOCH, seed: Seed::new([0; 32]) };
        let source = json!({ "a": "w@contoso.com" });
        let mapped = mappings.evaluate(source.as_object().unwrap(), &environment, Phase::Update).unwrap();
        for (held, adds) in [
            (json!({}), true),
            (json!({ "emails": [{ "type": "home", "value": "h@contoso.com" }] }), true),
            (json!({ "emails": [{ "type": "work" }] }), false),
            (json!({ "emails": [{ "type": "work", "value": "old@contoso.com" }] }), false),
        ] {
            let changes = changes(&mapped, held.as_object().unwrap(), Empty::Clear);
            assert_eq!(
                changes.iter().map(|change| change.adds_element).collect::<Vec<_>>(),
                [adds],
                "{held}"
            );
        }
    }

    #[test]
    fn an_element_that_came_into_the_target_is_noticed_before_a_plan_is_applied() {
        let path = Path::parse("emails[type eq \"work\"].value").unwrap();
        let change = change_in(&Map::new(), path, None, Some(json!("w@contoso.com")));
        let came = json!({ "emails": [{ "type": "work", "display": "Work" }] });
        assert!(still_holds(&change, &Map::new()) && !still_holds(&change, came.as_object().unwrap()));
    }

    #[test]
    fn a_target_may_add_members_to_an_element() {
        let wanted = json!([{ "value": "25", "primary": false, "display": "x" }]);
        let held = json!([{ "value": "25", "display": "x", "$ref": "/Roles/25" }]);
        check_roles(json!({}), held, wanted.clone(), "");
        let other = json!([{ "value": "25", "display": "x", "primary": true }]);
        let expect = r#"[{"display":"x","primary":true,"value":"25"}] -> [{"display":"x","primary":false,"value":"25"}]"#;
        check_roles(json!({}), other, wanted, expect);
    }

    #[test]
    fn flow_always_sends_what_is_there_already() {
        let always = json!({ "flow": "always" });
        check_title(always.clone(), Some("Chef"), Some("Chef"), r#""Chef" -> "Chef""#);
        check_title(always, None, None, "");
        let active = json!({ "target": "active", "source": "[a]", "flow": "always" });
        let (source, held) = (json!({ "a": false }), json!({ "active": false }));
        assert_eq!(told(&active, &source, &held, Empty::Clear), "", "nobody is disabled twice");
    }

    #[test]
    fn a_change_in_the_target_is_noticed_before_a_plan_is_applied() {
        let path = Path::parse("roles").unwrap();
        let change = Change::new(path, Some(json!(["a"])), Some(json!(["b"])));
        let holds = |held: Value| still_holds(&change, held.as_object().unwrap());
        assert!(holds(json!({ "roles": ["a"] })));
        assert!(!holds(json!({ "roles": ["a", "c"] })));
        assert!(!holds(json!({})));
    }
}
