//! Changes of a group's members: in requests of a bounded size, or one by one.

use crate::attribute::{is_members, reference};
use connector::{Change, Error, ObjectType};
use serde_json::Value;

/// The changes of members, and the others.
pub(crate) fn split(object_type: ObjectType, changes: &[Change]) -> (Vec<Change>, Vec<Change>) {
    let of_members = |change: &Change| object_type == ObjectType::Group && is_members(&change.path);
    changes.iter().cloned().partition(of_members)
}

/// The same changes of members in batches of at most `size` members. A replacement that is too long becomes one of the
/// first members, and additions.
pub(crate) fn batches(changes: &[Change], size: usize) -> Vec<Vec<Change>> {
    let size = size.max(1);
    let (mut batches, mut batch, mut room) = (Vec::new(), Vec::new(), size);
    for change in changes {
        let mut rest = change.clone();
        while let Some(rest_of_it) = take(&mut rest, room, &mut batch) {
            rest = rest_of_it;
            batches.push(std::mem::take(&mut batch));
            room = size;
        }
        room = size.saturating_sub(batch.iter().map(count).sum());
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Moves as many members of a change into a batch as there is room for, and answers the change of those left over.
fn take(change: &mut Change, room: usize, batch: &mut Vec<Change>) -> Option<Change> {
    let all = elements(affected(change));
    if all.len() <= room {
        batch.push(change.clone());
        return None;
    }
    let (first, others) = all.split_at_checked(room)?;
    let replaces = change.before.is_some() && change.after.is_some();
    let part = |members: &[Value], before: Option<Value>| {
        let members = Value::Array(members.to_vec());
        match change.after {
            Some(_) => Change::new(change.path.clone(), before, Some(members)),
            None => Change::new(change.path.clone(), Some(members), None),
        }
    };
    if room > 0 {
        batch.push(part(first, change.before.clone()));
    }
    let before = if replaces && room > 0 { None } else { change.before.clone() };
    Some(part(others, before))
}

/// Each member of some changes as a change of its own.
pub(crate) fn singles(changes: &[Change]) -> Vec<Change> {
    batches(changes, 1).into_iter().flatten().collect()
}

/// Whether a refusal of this change of one member says that it is as wanted already: the member is there (409), or is
/// not (400 `noTarget`, RFC 7644 §3.5.2.2).
pub(crate) fn is_as_wanted(change: &Change, error: &Error) -> bool {
    let Error::Rejected { status, code, .. } = error else { return false };
    match (&change.before, &change.after) {
        (None, Some(_)) => *status == 409,
        (Some(_), None) => *status == 400 && code == "noTarget",
        (Some(_), Some(_)) | (None, None) => false,
    }
}

/// A list of members with some changes made.
pub(crate) fn changed(mut members: Vec<Value>, changes: &[&Change]) -> Vec<Value> {
    for change in changes {
        match (&change.before, &change.after) {
            (None, Some(added)) => {
                for member in elements(added).iter().map(reference) {
                    if !members.iter().any(|held| id(held) == id(&member)) {
                        members.push(member);
                    }
                }
            }
            (_, Some(all)) => members = elements(all).iter().map(reference).collect(),
            (Some(removed), None) => {
                let removed: Vec<Value> = elements(removed).iter().map(reference).collect();
                members.retain(|held| !removed.iter().any(|gone| id(gone) == id(held)));
            }
            (None, None) => {}
        }
    }
    members
}

/// A member's id.
pub(crate) fn id(member: &Value) -> Option<&str> {
    member.as_str().or_else(|| member.get("value").and_then(Value::as_str))
}

/// The members that a change speaks of.
pub(crate) fn affected(change: &Change) -> &Value {
    change.after.as_ref().or(change.before.as_ref()).unwrap_or(&Value::Null)
}

fn count(change: &Change) -> usize {
    elements(affected(change)).len()
}

/// The members in a list of them, or the one.
pub(crate) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(all) => all,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scim::path::Path;
    use serde_json::json;

    fn change(before: Value, after: Value) -> Change {
        let some = |value: Value| (!value.is_null()).then_some(value);
        Change::new(Path::parse("members").unwrap(), some(before), some(after))
    }

    /// Batches as text: `+` adds, `-` removes, `=` replaces.
    fn check(changes: &[Change], size: usize, expect: &str) {
        let show = |change: &Change| {
            let sign = match (&change.before, &change.after) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '=',
            };
            let ids: Vec<&str> = elements(affected(change)).iter().filter_map(id).collect();
            format!("{sign}{}", ids.join(","))
        };
        let found: Vec<String> = batches(changes, size)
            .iter()
            .map(|batch| batch.iter().map(show).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found.join(" | "), expect);
    }

    #[test]
    fn batches_hold_so_many_members_and_keep_the_order() {
        let (none, some) = (Value::Null, json!(["a", "b", {"value": "c"}]));
        check(&[], 2, "");
        check(&[change(none.clone(), some.clone())], 3, "+a,b,c");
        check(&[change(none.clone(), some.clone())], 2, "+a,b | +c");
        check(&[change(some.clone(), none.clone())], 2, "-a,b | -c");
        check(&[change(none.clone(), some.clone()), change(json!(["x", "y"]), none)], 2, "+a,b | +c -x | -y");
    }

    #[test]
    fn a_replacement_too_long_goes_on_with_additions() {
        let three = json!(["a", "b", "c"]);
        check(&[change(json!(["x"]), three.clone())], 2, "=a,b | +c");
        check(&[change(json!(["x"]), json!([]))], 2, "=");
        let added = change(Value::Null, json!(["p", "q"]));
        check(&[added, change(json!(["x"]), three)], 2, "+p,q | =a,b | +c");
    }

    #[test]
    fn a_list_is_changed_by_ids() {
        let held = vec![json!({"value": "a", "display": "A"}), json!({"value": "b"})];
        let (added, removed) =
            (change(Value::Null, json!(["a", "c"])), change(json!(["b", "z"]), Value::Null));
        let expected = json!([{"value": "a", "display": "A"}, {"value": "c"}]);
        assert_eq!(json!(changed(held, &[&added, &removed])), expected);
    }
}
