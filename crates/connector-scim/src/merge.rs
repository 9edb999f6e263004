//! The resource that a PUT sends back: the one that was read, with the changed attributes in it.

use crate::attribute::{name_schemas, typed};
use crate::dialect::Words;
use crate::{answer, members};
use connector::{Change, ObjectType};
use scim::path::Path;
use serde_json::{Map, Value};

/// Makes changes in a resource.
pub(crate) fn merged(
    words: &dyn Words,
    object_type: ObjectType,
    mut resource: Map<String, Value>,
    changes: &[Change],
) -> Map<String, Value> {
    let (of_members, of_attributes) = members::split(object_type, changes);
    for change in &of_attributes {
        match &change.after {
            Some(after) => change.path.write(&mut resource, typed(&change.path, after)),
            None => clear(words, &mut resource, change),
        }
    }
    if !of_members.is_empty() {
        let held = answer::member(&resource, "members").and_then(Value::as_array).cloned();
        let changed = members::changed(held.unwrap_or_default(), &of_members.iter().collect::<Vec<_>>());
        members_path().write(&mut resource, Value::Array(changed));
    }
    name_schemas(&mut resource, object_type);
    words.replacement(object_type, resource)
}

/// An attribute that is left out might keep its value, so it is said to be empty.
fn clear(words: &dyn Words, resource: &mut Map<String, Value>, change: &Change) {
    let path = &change.path;
    let whole = Path { filter: None, sub: None, ..path.clone() };
    if path.filter.is_some() {
        // An element without its value says nothing; an address without its locality still does.
        let is_value = path.sub.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case("value"));
        let gone = if is_value { Path { sub: None, ..path.clone() } } else { path.clone() };
        gone.remove(resource);
        if whole.read(resource).is_empty() {
            whole.write(resource, Value::Array(Vec::new()));
        }
    } else if matches!(&change.before, Some(Value::Array(_))) {
        path.write(resource, Value::Array(Vec::new()));
    } else {
        path.write(resource, words.blank(change));
    }
}

fn members_path() -> Path {
    Path { urn: None, attribute: "members".to_owned(), filter: None, sub: None }
}

/// What a plan says of a PUT whose rest is not known yet.
pub(crate) fn note(object_type: ObjectType, changes: &[Change]) -> String {
    const SHOWN: usize = 20;
    let (of_members, _) = members::split(object_type, changes);
    let removed: Vec<&str> = of_members
        .iter()
        .filter(|change| change.after.is_none())
        .flat_map(|change| members::affected(change).as_array().into_iter().flatten())
        .filter_map(members::id)
        .collect();
    let mut note = "everything else is sent back as GET answers it".to_owned();
    if let [first, others @ ..] = removed.as_slice() {
        let shown =
            others.iter().take(SHOWN - 1).fold((*first).to_owned(), |text, id| format!("{text}, {id}"));
        let more = removed.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        note = format!("{note}, without the members {shown}{more}");
    }
    note
}
