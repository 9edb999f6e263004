//! The overrides of a definition: changed characteristics of attributes that the application brings.

use std::collections::HashSet;

use crate::builtin::GROUP_URN;
use crate::limits::MAX_OVERRIDES;
use crate::path::Path;
use crate::schema::{Attribute, Schema};

use super::Override;
use super::mistake::Mistakes;
use super::schemas::{self, is_core_user};

/// Attributes that the service provider itself works with: their meaning, and who finds whom by them, is no matter of
/// taste. `password` is never kept.
const OF_USERS: [&str; 4] = ["userName", "active", "groups", "password"];
/// As [`OF_USERS`], of groups.
const OF_GROUPS: [&str; 1] = ["members"];

/// Changes the schemas that the application brings.
pub(super) fn apply(overrides: &[Override], known: &mut [Schema], mistakes: &mut Mistakes) {
    mistakes.check_count("overrides", overrides.len(), MAX_OVERRIDES);
    let mut seen = HashSet::new();
    for one in overrides {
        let place = format!("override of {}", one.path);
        if !seen.insert(one.path.to_ascii_lowercase()) {
            mistakes.add(&place, "is given twice", "write all its changes into one");
        }
        if one.changes_nothing() {
            mistakes.add(&place, "changes nothing", "say what is different, or take it out");
        }
        apply_one(&place, one, known, mistakes);
    }
}

fn apply_one(place: &str, one: &Override, known: &mut [Schema], mistakes: &mut Mistakes) {
    let Some(path) = Path::parse(&one.path).ok().filter(|path| path.filter.is_none()) else {
        return mistakes.add(place, "this is no path of an attribute", HINT);
    };
    let urn = path.urn.as_deref().unwrap_or_default();
    let Some(schema) = known.iter_mut().find(|schema| schema.id.eq_ignore_ascii_case(urn)) else {
        let problem = format!("the application brings no schema {urn:?}");
        return mistakes.add(place, problem, HINT);
    };
    let is_fixed = is_fixed(&schema.id, &path.attribute);
    let urn = schema.id.clone();
    let Some(attribute) = find(&mut schema.attributes, &path.attribute) else {
        let problem = format!("{urn} has no attribute {:?}", path.attribute);
        return mistakes.add(place, problem, "`/Schemas` lists them");
    };
    if is_fixed && !one.changes_words_only() {
        let problem = format!("{} is what the service provider itself works with", attribute.name);
        return mistakes.add(place, problem, "only its description and canonicalValues can be changed");
    }
    if one.off {
        return switch_off(place, one, &path, &mut schema.attributes, mistakes);
    }
    let target = match &path.sub {
        None => Some(&mut *attribute),
        Some(sub) => find(&mut attribute.sub_attributes, sub),
    };
    let Some(target) = target else {
        let problem = format!("{} has no sub-attribute {:?}", attribute.name, path.sub.unwrap_or_default());
        return mistakes.add(place, problem, "`/Schemas` lists them");
    };
    one.change(target);
    schemas::check(place, attribute, mistakes);
}

const HINT: &str = "write the URN of the schema, a colon and the name, as in \
    urn:ietf:params:scim:schemas:core:2.0:User:nickName";

fn switch_off(
    place: &str,
    one: &Override,
    path: &Path,
    attributes: &mut Vec<Attribute>,
    mistakes: &mut Mistakes,
) {
    if (Override { path: one.path.clone(), off: true, ..Override::default() }) != *one {
        mistakes.add(place, "is off and changed as well", "leave everything but off = true out");
    }
    if path.sub.is_some() {
        return mistakes.add(place, "a sub-attribute can't be off", "switch the whole attribute off");
    }
    let required = find(attributes, &path.attribute).is_some_and(|attribute| attribute.required);
    if required {
        mistakes.add(place, "is required by its application", "leave it as it is");
    }
    attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case(&path.attribute));
}

fn find<'a>(attributes: &'a mut [Attribute], name: &str) -> Option<&'a mut Attribute> {
    attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

fn is_fixed(urn: &str, attribute: &str) -> bool {
    let fixed: &[&str] = if is_core_user(urn) {
        &OF_USERS
    } else if urn.eq_ignore_ascii_case(GROUP_URN) {
        &OF_GROUPS
    } else {
        &[]
    };
    fixed.iter().any(|name| name.eq_ignore_ascii_case(attribute))
}

impl Override {
    fn changes_nothing(&self) -> bool {
        *self == Self { path: self.path.clone(), ..Self::default() }
    }

    /// Whether it changes only what people read.
    fn changes_words_only(&self) -> bool {
        let words = Self {
            path: self.path.clone(),
            description: self.description.clone(),
            canonical_values: self.canonical_values.clone(),
            ..Self::default()
        };
        *self == words
    }

    fn change(&self, attribute: &mut Attribute) {
        fn set<T: Clone>(slot: &mut T, changed: Option<&T>) {
            if let Some(changed) = changed {
                slot.clone_from(changed);
            }
        }
        set(&mut attribute.description, self.description.as_ref());
        set(&mut attribute.required, self.required.as_ref());
        set(&mut attribute.canonical_values, self.canonical_values.as_ref());
        set(&mut attribute.case_exact, self.case_exact.as_ref());
        set(&mut attribute.mutability, self.mutability.as_ref());
        set(&mut attribute.returned, self.returned.as_ref());
        set(&mut attribute.uniqueness, self.uniqueness.as_ref());
    }
}
