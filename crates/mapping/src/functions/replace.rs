//! `Replace`, whose five modes follow from which arguments are given.

use std::borrow::Cow;

use super::{Arguments, BoundedText, Function};
use crate::expression::{Failure, Fault, Node, ParseError};
use crate::pattern::Pattern;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[Function {
    prepare,
    ..Function::new(
        "Replace",
        &[
            "source",
            "oldValue",
            "regexPattern",
            "regexGroupName",
            "replacementValue",
            "replacementAttributeName",
            "template",
        ],
        replace,
    )
    .required(3)
}];

const OLD_VALUE: usize = 1;
const PATTERN: usize = 2;
const GROUP: usize = 3;
const REPLACEMENT: usize = 4;
const ATTRIBUTE: usize = 5;
const TEMPLATE: usize = 6;

/// What a call of `Replace` does.
#[derive(Clone, Copy)]
enum Mode {
    /// Every old value in the source becomes the replacement.
    Value,
    /// Every old value in the template becomes the source.
    Template,
    /// Every match of the pattern becomes the replacement, which may refer to groups.
    Pattern,
    /// Only the named group of every match becomes the replacement.
    Group,
    /// The source if it has a value, else the named group out of the other attribute.
    Attribute,
}

impl Mode {
    fn of(is_given: impl Fn(usize) -> bool) -> Option<Mode> {
        match (is_given(PATTERN), is_given(OLD_VALUE)) {
            (true, _) if is_given(GROUP) && is_given(REPLACEMENT) => Some(Mode::Group),
            (true, _) if is_given(GROUP) && is_given(ATTRIBUTE) => Some(Mode::Attribute),
            (true, _) if is_given(REPLACEMENT) => Some(Mode::Pattern),
            (false, true) if is_given(TEMPLATE) => Some(Mode::Template),
            (false, true) if is_given(REPLACEMENT) => Some(Mode::Value),
            _ => None,
        }
    }
}

/// Checks that the arguments select a mode and that a constant pattern has the constant group.
fn prepare(arguments: &[Option<Node>]) -> Result<Option<Pattern>, ParseError> {
    let argument = |index: usize| arguments.get(index).and_then(Option::as_ref);
    if Mode::of(|index| argument(index).is_some()).is_none() {
        return Err(ParseError::new(0, "Replace has nothing to do").with_hint(
            "give oldValue or regexPattern, and replacementValue, replacementAttributeName or template",
        ));
    }
    let Some(Node::Text(source)) = argument(PATTERN) else { return Ok(None) };
    let pattern = Pattern::new(source).map_err(|error| ParseError::new(0, error.to_string()))?;
    match argument(GROUP) {
        Some(Node::Text(group)) if !pattern.has_group(group) => {
            let message = format!("the pattern has no group named {group:?}");
            Err(ParseError::new(0, message).with_hint(format!("write the group as (?<{group}>…)")))
        }
        _ => Ok(Some(pattern)),
    }
}

/// A null source stays null, except where another attribute takes its place.
fn replace(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let source = arguments.text(0)?;
    let Some(mode) = Mode::of(|index| arguments.is_given(index)) else {
        return Err(Fault::Missing { parameter: arguments.parameter(PATTERN) }.into());
    };
    let text = match (mode, source) {
        (Mode::Attribute, source) => return by_attribute(arguments, source),
        (_, None) => return Ok(Value::Null),
        (Mode::Value, Some(source)) => {
            let old = arguments.text(OLD_VALUE)?.unwrap_or_default();
            let new = arguments.text(REPLACEMENT)?.unwrap_or_default();
            substitute(&source, &old, &new)?
        }
        (Mode::Template, Some(source)) => {
            let old = arguments.text(OLD_VALUE)?.unwrap_or_default();
            let template = arguments.text(TEMPLATE)?.unwrap_or_default();
            substitute(&template, &old, &source)?
        }
        (Mode::Pattern, Some(source)) => {
            let replacement = arguments.text(REPLACEMENT)?.unwrap_or_default();
            pattern(arguments)?.replace_all(&source, &replacement)?
        }
        (Mode::Group, Some(source)) => {
            let (pattern, group) = pattern_and_group(arguments)?;
            let replacement = arguments.text(REPLACEMENT)?.unwrap_or_default();
            pattern.replace_group(&source, &group, &replacement)?
        }
    };
    Ok(Value::Text(text))
}

fn by_attribute(arguments: &mut Arguments<'_, '_>, source: Option<String>) -> Result<Value, Failure> {
    if let Some(source) = source.filter(|source| !source.is_empty()) {
        return Ok(Value::Text(source));
    }
    let Some(other) = arguments.text(ATTRIBUTE)? else { return Ok(Value::Null) };
    let (pattern, group) = pattern_and_group(arguments)?;
    Ok(pattern.extract(&other, &group)?.map_or(Value::Null, Value::Text))
}

/// `text` with every `old` replaced by `new`; an empty `old` occurs nowhere.
fn substitute(text: &str, old: &str, new: &str) -> Result<String, Fault> {
    if old.is_empty() {
        return Ok(text.to_owned());
    }
    BoundedText::join(text.split(old), new)
}

fn pattern_and_group<'a>(arguments: &mut Arguments<'a, '_>) -> Result<(Cow<'a, Pattern>, String), Failure> {
    let pattern = pattern(arguments)?;
    let group = arguments.required_text(GROUP)?;
    if pattern.has_group(&group) { Ok((pattern, group)) } else { Err(Fault::NoSuchGroup { group }.into()) }
}

/// The constant pattern compiled with the expression, or one out of the object's values compiled now.
fn pattern<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Cow<'a, Pattern>, Failure> {
    match arguments.constant_pattern() {
        Some(pattern) => Ok(Cow::Borrowed(pattern)),
        None => {
            let source = arguments.required_text(PATTERN)?;
            Ok(Cow::Owned(Pattern::new(&source).map_err(Fault::Pattern)?))
        }
    }
}
