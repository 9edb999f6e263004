//! Finding a function by name.

use super::{
    Function, convert, date, date_arithmetic, edges, identifiers, letter_case, list, logic, made_up, replace,
    replace_chars, roles, text,
};

static FAMILIES: &[&[Function]] = &[
    text::FUNCTIONS,
    edges::FUNCTIONS,
    letter_case::FUNCTIONS,
    replace::FUNCTIONS,
    replace_chars::FUNCTIONS,
    list::FUNCTIONS,
    roles::FUNCTIONS,
    logic::FUNCTIONS,
    convert::FUNCTIONS,
    identifiers::FUNCTIONS,
    date::FUNCTIONS,
    date_arithmetic::FUNCTIONS,
    made_up::FUNCTIONS,
];

/// Functions Microsoft documents that Rollcall does not have, with the reason and what to do instead.
const NOT_AVAILABLE: &[(&str, &str)] = &[
    (
        "AppRoleAssignments",
        "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
    ),
    ("CRef", "distinguished names are texts here; leave it out"),
    ("DefaultDomain", "a source does not tell its default domain; write it as a \"text\""),
    (
        "SelectUniqueValue",
        "Entra has it for HR-driven provisioning to Active Directory only, not for SCIM applications; \
         a matching attribute has one value, and a name that is taken is an error for a person to look at",
    ),
    ("Select", "it belongs to Entra Connect's rules; use Split, Item and Join"),
    ("Where", "it belongs to Entra Connect's rules; use Split, Item and Join"),
    ("With", "it belongs to Entra Connect's rules; write the part out where it is used"),
];

/// Names this far from a given one are offered as what may have been meant.
const NEAR_EDITS: usize = 2;

/// What a function's name stands for.
pub(crate) enum Lookup {
    Found(&'static Function),
    /// Documented by Microsoft, not available here.
    NotAvailable {
        /// Why, and what to do instead.
        why: &'static str,
    },
    Unknown {
        /// Names that look alike, nearest first.
        near: Vec<&'static str>,
    },
}

/// Looks a name up; names are case-sensitive.
pub(crate) fn find(name: &str) -> Lookup {
    let absent = NOT_AVAILABLE.iter().find(|(absent, _)| *absent == name);
    match (all().find(|function| function.name == name), absent) {
        (Some(function), _) => Lookup::Found(function),
        (None, Some((_, why))) => Lookup::NotAvailable { why },
        (None, None) => Lookup::Unknown { near: near(name) },
    }
}

/// Every function.
pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

fn near(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let mut near: Vec<_> = all()
        .map(|function| (edits(&name, &function.name.to_lowercase()), function.name))
        .filter(|(edits, _)| *edits <= NEAR_EDITS)
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// Levenshtein distance: insertions, deletions and replacements of one character.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, character) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        for ((other, diagonal), above) in to.chars().zip(&row).zip(row.iter().skip(1)) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(character != other));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
