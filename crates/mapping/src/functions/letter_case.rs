//! Upper, lower and proper case, as .NET does it: each character on its own, so that lengths stay the same.

use unicode_normalization::char::is_combining_mark;

use super::{Arguments, Function};
use crate::expression::Failure;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("LCase", &["source"], to_lower).connect(),
    Function::new("PCase", &["source", "wordSeparators"], pcase).required(1),
    Function::new("ToLower", &["source", "culture"], to_lower).required(1),
    Function::new("ToUpper", &["source", "culture"], to_upper).required(1),
    Function::new("UCase", &["source"], to_upper).connect(),
];

fn to_lower(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    change_case(arguments, |character, culture| match (culture, character) {
        (Culture::Turkic, 'I') => 'ı',
        (Culture::Turkic, 'İ') => 'i',
        (Culture::Turkic | Culture::Invariant, _) => lower(character),
    })
}

fn to_upper(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    change_case(arguments, |character, culture| match (culture, character) {
        (Culture::Turkic, 'i') => 'İ',
        (Culture::Turkic | Culture::Invariant, _) => upper(character),
    })
}

/// The languages whose simple case mappings differ from the invariant ones.
#[derive(Clone, Copy)]
enum Culture {
    Invariant,
    /// Turkish and Azerbaijani have a dotted and a dotless i.
    Turkic,
}

fn change_case(
    arguments: &mut Arguments<'_, '_>,
    change: fn(char, Culture) -> char,
) -> Result<Value, Failure> {
    let source = arguments.text(0)?;
    let culture = arguments.text(1)?.unwrap_or_default();
    // RFC 4646: the language comes first in a tag.
    let culture = match culture.split('-').next() {
        Some("tr" | "az") => Culture::Turkic,
        Some(_) | None => Culture::Invariant,
    };
    Ok(source.map_or(Value::Null, |text| {
        Value::Text(text.chars().map(|character| change(character, culture)).collect())
    }))
}

/// A character without a single lower-case counterpart stays.
fn lower(character: char) -> char {
    let mut lower = character.to_lowercase();
    if lower.len() == 1 { lower.next().unwrap_or(character) } else { character }
}

/// A character without a single upper-case counterpart, such as ß, stays.
fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    if upper.len() == 1 { upper.next().unwrap_or(character) } else { character }
}

fn pcase(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let source = arguments.text(0)?;
    let separators = arguments.text(1)?;
    Ok(source.map_or(Value::Null, |text| {
        Value::Text(match separators {
            Some(separators) => separated_case(&text, &separators),
            None => title_case(&text),
        })
    }))
}

/// Only the given characters separate words.
fn separated_case(text: &str, separators: &str) -> String {
    let mut starts = true;
    let mut change = |character: char| {
        let changed = if starts { upper(character) } else { lower(character) };
        starts = separators.contains(character);
        changed
    };
    text.chars().map(&mut change).collect()
}

/// .NET `TextInfo.ToTitleCase` of a lower-case text: a word begins at a letter and ends at white space,
/// punctuation or a symbol, except an apostrophe.
fn title_case(text: &str) -> String {
    let mut in_word = false;
    let mut change = |character: char| {
        let changed = if in_word { lower(character) } else { upper(character) };
        let continues = character.is_numeric() || is_combining_mark(character) || character == '\'';
        in_word = character.is_alphabetic() || (in_word && continues);
        changed
    };
    text.chars().map(&mut change).collect()
}
