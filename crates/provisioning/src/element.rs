//! Elements of lists, as a value path such as `emails[type eq "work"].value` selects them: which a change adds, and which
//! it leaves with nothing. Pure.

use connector::Change;
use scim::path::Path;
use serde_json::{Map, Value, json};

use crate::diff::held_for;

/// Whether the document holds no element that the path's filter selects. A path without a filter asks for none.
pub(crate) fn is_missing(path: &Path, document: &Map<String, Value>) -> bool {
    path.filter.is_some() && element(path).read(document).is_empty()
}

/// The changes of a document, where those that leave an element with nothing but what its filter asks for, and `primary`,
/// are one change that removes the element.
pub(crate) fn without_hollow(changes: Vec<Change>, document: &Map<String, Value>) -> Vec<Change> {
    let mut changed = document.clone();
    for change in &changes {
        match &change.after {
            Some(value) => change.path.write(&mut changed, value.clone()),
            None => change.path.remove(&mut changed),
        }
    }
    let mut whole: Vec<Change> = Vec::new();
    for change in changes {
        let element = element(&change.path);
        if change.after.is_some() || change.path.sub.is_none() || !is_hollow(&element, &changed) {
            whole.push(change);
        } else if !whole.iter().any(|known| known.path == element) {
            let held = held_for(&element, document, None);
            whole.push(Change::new(element, held, None));
        }
    }
    whole
}

/// Whether what the path selects says no more than that it is selected.
fn is_hollow(element: &Path, document: &Map<String, Value>) -> bool {
    if element.filter.is_none() {
        return false;
    }
    let mut fresh = Map::new();
    element.write(&mut fresh, json!({}));
    let asked: Vec<&Map<String, Value>> =
        element.read(&fresh).into_iter().filter_map(Value::as_object).collect();
    let says_nothing = |name: &String| {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        is("primary") || asked.iter().any(|element| element.keys().any(|known| is(known)))
    };
    let mut left = element.read(document).into_iter();
    left.all(|element| element.as_object().is_some_and(|members| members.keys().all(says_nothing)))
}

fn element(path: &Path) -> Path {
    Path { sub: None, ..path.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What clearing these paths of a document comes to, as paths.
    #[track_caller]
    fn check(document: Value, cleared: &[&str], expect: &[&str]) {
        let document = document.as_object().unwrap();
        let clear = |text: &&str| {
            let path = Path::parse(text).unwrap();
            let before = held_for(&path, document, None);
            Change::new(path, before, None)
        };
        let changes = without_hollow(cleared.iter().map(clear).collect(), document);
        assert_eq!(changes.iter().map(|change| change.path.to_string()).collect::<Vec<_>>(), expect);
        assert!(changes.iter().all(|change| change.before.is_some() && change.after.is_none()));
    }

    #[test]
    fn an_element_goes_when_nothing_of_it_is_left() {
        let (work, value) = ("emails[type eq \"work\"]", "emails[type eq \"work\"].value");
        let emails = |element: Value| json!({ "emails": [element, { "type": "home", "value": "h" }] });
        check(emails(json!({ "type": "work", "value": "w" })), &[value], &[work]);
        check(emails(json!({ "type": "work", "value": "w", "primary": true })), &[value], &[work]);
        check(emails(json!({ "type": "work", "value": "w", "display": "W" })), &[value], &[value]);
    }

    #[test]
    fn an_element_of_several_parts_goes_once() {
        let (work, city, region) = (
            "addresses[type eq \"work\"]",
            "addresses[type eq \"work\"].locality",
            "addresses[type eq \"work\"].region",
        );
        let addresses = json!({ "title": "Chef", "addresses": [{ "type": "work", "locality": "Omaha", "region": "NE" }] });
        check(addresses.clone(), &[city, "title", region], &[work, "title"]);
        check(addresses, &[city], &[city]);
    }

    #[test]
    fn what_is_no_element_is_cleared_as_it_is() {
        check(json!({ "title": "Chef" }), &["title"], &["title"]);
        check(json!({ "name": { "givenName": "Ana" } }), &["name.givenName"], &["name.givenName"]);
    }

    #[test]
    fn an_element_is_missing_where_its_filter_selects_none() {
        let document = json!({ "emails": [{ "type": "Work", "display": "W" }] });
        let missing = |text: &str| is_missing(&Path::parse(text).unwrap(), document.as_object().unwrap());
        assert!(!missing("emails[type eq \"work\"].value"));
        assert!(missing("emails[type eq \"home\"].value"));
        assert!(missing("phoneNumbers[type eq \"work\"].value"));
        assert!(!missing("title"), "which is no element");
    }
}
