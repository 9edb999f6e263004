//! Finding a function by name.

use super::{Function, convert, date, letter_case, list, logic, replace, text};

static FAMILIES: &[&[Function]] = &[
    text::FUNCTIONS,
    letter_case::FUNCTIONS,
    replace::FUNCTIONS,
    list::FUNCTIONS,
    logic::FUNCTIONS,
    convert::FUNCTIONS,
    date::FUNCTIONS,
];

/// Functions Microsoft documents that Rollcall does not have.
const NOT_SUPPORTED: &[&str] = &[
    "AppRoleAssignments",
    "AppRoleAssignmentsComplex",
    "AssertiveAppRoleAssignmentsComplex",
    "CDate",
    "ConvertFromBase64",
    "DNComponent",
    "DateAdd",
    "DateDiff",
    "DateFromNum",
    "DefaultDomain",
    "Error",
    "Guid",
    "NumFromDate",
    "RandomString",
    "Redact",
    "SelectUniqueValue",
    "SingleAppRoleAssignment",
    "StringFromSid",
    "Trim",
];

/// Names this far from a given one are offered as what may have been meant.
const NEAR_EDITS: usize = 2;

/// What a function's name stands for.
pub(crate) enum Lookup {
    Found(&'static Function),
    /// Documented by Microsoft, not implemented here.
    NotSupported,
    Unknown {
        /// Names that look alike, nearest first.
        near: Vec<&'static str>,
    },
}

/// Looks a name up; names are case-sensitive.
pub(crate) fn find(name: &str) -> Lookup {
    match all().find(|function| function.name == name) {
        Some(function) => Lookup::Found(function),
        None if NOT_SUPPORTED.contains(&name) => Lookup::NotSupported,
        None => Lookup::Unknown { near: near(name) },
    }
}

fn all() -> impl Iterator<Item = &'static Function> {
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
