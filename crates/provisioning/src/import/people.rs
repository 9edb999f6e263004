//! Everybody of the source whom a cycle would look for in the target, by what it would look for. Pure.

use std::collections::HashMap;

use connector::TargetObject;
use mapping::MappedValue;
use scim::path::Path;
use serde_json::Value;

use crate::key::Key;
use crate::subject::Subject;

/// Somebody of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The anchor.
    pub(super) anchor: String,
    /// The name for people.
    pub(super) display: String,
}

/// Whom something leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// One, by number.
    One(usize),
    /// More than one.
    Several,
}

/// All of them, of one type.
#[derive(Debug, Default)]
pub(super) struct People {
    all: Vec<Person>,
    /// By value of a matching attribute.
    by_value: HashMap<Key, Hit>,
    /// By first and last name.
    by_name: HashMap<Key, Hit>,
}

impl People {
    /// Adds somebody with what the mapping makes of them; `matching` are the matching attributes.
    pub(super) fn add(&mut self, subject: &Subject, matching: &[&Path], mapped: &[MappedValue<'_>]) {
        let number = self.all.len();
        let object = &subject.object;
        self.all.push(Person { anchor: object.anchor.clone(), display: object.display.clone() });
        let text = |is_it: &dyn Fn(&Path) -> bool| {
            let value = mapped.iter().find(|m| is_it(m.target.path())).and_then(|m| m.value.as_ref());
            value.and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        for path in matching {
            if let Some(value) = text(&|p| p == *path) {
                note(&mut self.by_value, value_key(path, value), number);
            }
        }
        let part = |name: &str| text(&|p| p.to_string() == name);
        if let Some(key) = name_key(part("name.givenName"), part("name.familyName")) {
            note(&mut self.by_name, key, number);
        }
    }

    /// Who has that number.
    pub(super) fn get(&self, number: usize) -> Option<&Person> {
        self.all.get(number)
    }

    /// Whom an account belongs to by the first matching attribute that leads to anybody, and which one that is.
    pub(super) fn matching<'p>(
        &self,
        account: &TargetObject,
        matching: &[&'p Path],
    ) -> Option<(&'p Path, Hit)> {
        matching.iter().find_map(|path| {
            let held = path.read(&account.document).into_iter().filter_map(Value::as_str);
            let mut hits = held.filter_map(|value| self.by_value.get(&value_key(path, value)).copied());
            let first = hits.next()?;
            let hit = if hits.all(|hit| hit == first) { first } else { Hit::Several };
            Some((*path, hit))
        })
    }

    /// Who has the first and last name of an account.
    pub(super) fn of_that_name(&self, account: &TargetObject) -> Option<Hit> {
        let name = account.document.get("name")?;
        let part = |member| name.get(member).and_then(Value::as_str);
        self.by_name.get(&name_key(part("givenName"), part("familyName"))?).copied()
    }
}

fn note(map: &mut HashMap<Key, Hit>, key: Key, number: usize) {
    let hit = map.entry(key).or_insert(Hit::One(number));
    if *hit != Hit::One(number) {
        *hit = Hit::Several;
    }
}

fn value_key(path: &Path, value: &str) -> Key {
    Key::of(&format!("{path} {}", scim::fold(value)))
}

fn name_key(given: Option<&str>, family: Option<&str>) -> Option<Key> {
    let part = |part: Option<&str>| part.map(str::trim).filter(|part| !part.is_empty()).map(scim::fold);
    // No name holds a line end.
    Some(Key::of(&format!("{}\n{}", part(given)?, part(family)?)))
}
