//! Taking texts apart and putting them together.

use super::{Arguments, BoundedText, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Append", &["source", "suffix"], append),
    Function::new("InStr", &["value1", "value2", "start", "compareType"], in_str).required(2),
    Function::new("InStrRev", &["value1", "value2", "start", "compareType"], in_str_rev)
        .required(2)
        .connect(),
    Function::new("Join", &["separator", "source"], join).repeating(1),
    Function::new("Left", &["string", "numChars"], left),
    Function::new("Len", &["string"], len).connect(),
    Function::new("Mid", &["source", "start", "length"], mid),
    Function::new("Right", &["string", "numChars"], right).connect(),
    Function::new("StripSpaces", &["source"], strip_spaces),
    Function::new("Word", &["string", "wordNumber", "delimiters"], word),
];

/// `InStr` compares case-sensitively; its default.
pub(super) const BINARY_COMPARE: &str = "vbBinaryCompare";
/// `InStr` compares without regard to case.
pub(super) const TEXT_COMPARE: &str = "vbTextCompare";

fn append(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(source) = arguments.text(0)? else { return Ok(Value::Null) };
    let suffix = arguments.text(1)?.unwrap_or_default();
    Ok(Value::Text(BoundedText::join([source.as_str(), &suffix], "")?))
}

fn in_str(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let wanted = arguments.text(1)?.unwrap_or_default();
    let start = arguments.integer(2)?.unwrap_or(1).max(1);
    let fold = folds(arguments, 3)?;
    let (text, wanted) = (characters(&text, fold), characters(&wanted, fold));
    let skipped = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let rest = text.get(skipped..).unwrap_or_default();
    if wanted.is_empty() {
        return Ok(Value::Integer(if rest.is_empty() { 0 } else { start }));
    }
    let found = rest.windows(wanted.len()).position(|window| window == wanted);
    let position = found.and_then(|offset| i64::try_from(offset).ok()).map_or(0, |offset| start + offset);
    Ok(Value::Integer(position))
}

/// The position of the last occurrence that begins at `start` or before it, 0 when there is none.
fn in_str_rev(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let wanted = arguments.text(1)?.unwrap_or_default();
    let start = arguments.integer(2)?.unwrap_or(-1);
    let fold = folds(arguments, 3)?;
    let (text, wanted) = (characters(&text, fold), characters(&wanted, fold));
    if wanted.is_empty() {
        return Ok(Value::Integer(0));
    }
    // VB: -1 stands for the last character.
    let end = usize::try_from(start).unwrap_or(text.len());
    let searched = text.get(..end).unwrap_or(&text);
    let found = searched.windows(wanted.len()).rposition(|window| window == wanted);
    Ok(Value::Integer(found.and_then(|offset| i64::try_from(offset + 1).ok()).unwrap_or(0)))
}

/// Whether the argument asks for a comparison without regard to letter case.
fn folds(arguments: &mut Arguments<'_, '_>, index: usize) -> Result<bool, Failure> {
    match arguments.text(index)?.as_deref() {
        None | Some(BINARY_COMPARE) => Ok(false),
        Some(TEXT_COMPARE) => Ok(true),
        Some(_) => {
            let expected = "vbBinaryCompare or vbTextCompare";
            Err(Fault::Unexpected { parameter: arguments.parameter(index), expected }.into())
        }
    }
}

/// The characters of a text, each folded to lower case on its own so that positions stay the same.
fn characters(text: &str, fold: bool) -> Vec<String> {
    let fold_one = |character: char| character.to_lowercase().collect();
    text.chars().map(|character| if fold { fold_one(character) } else { character.to_string() }).collect()
}

/// Nulls and empty texts are left out, so that no separator stands alone.
fn join(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let separator = arguments.text(0)?.unwrap_or_default();
    let mut parts = Vec::new();
    for index in 1..arguments.count() {
        parts.extend(arguments.value(index)?.into_values().iter().map(Value::to_string));
    }
    let parts = parts.iter().map(String::as_str).filter(|part| !part.is_empty());
    Ok(Value::Text(BoundedText::join(parts, &separator)?))
}

fn left(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let count = arguments.required_integer(1)?;
    // A negative count gives the whole text, as documented.
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Value::Text(text.chars().take(count).collect()))
}

/// As [`left`], from the end.
fn right(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let count = arguments.required_integer(1)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let skipped = text.chars().count().saturating_sub(count);
    Ok(Value::Text(text.chars().skip(skipped).collect()))
}

fn len(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let count = arguments.text(0)?.unwrap_or_default().chars().count();
    Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// The edge cases are documented for the Connect edition only, and taken over from there.
fn mid(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let start = arguments.required_integer(1)?;
    let length = arguments.required_integer(2)?;
    if length == 0 {
        return Ok(Value::Text(String::new()));
    }
    let characters = text.chars().count();
    let Ok(length) = usize::try_from(length) else { return Ok(Value::Text(text)) };
    match usize::try_from(start) {
        Ok(start) if (1..=characters).contains(&start) => {
            Ok(Value::Text(text.chars().skip(start - 1).take(length).collect()))
        }
        Ok(_) | Err(_) => Ok(Value::Text(text)),
    }
}

fn strip_spaces(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.text(0)?.map_or(Value::Null, |text| Value::Text(text.replace(' ', ""))))
}

fn word(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?.unwrap_or_default();
    let number = arguments.required_integer(1)?;
    let delimiters = arguments.required_text(2)?;
    let mut words = text.split(|character| delimiters.contains(character)).filter(|word| !word.is_empty());
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let word = index.and_then(|index| words.nth(index)).unwrap_or_default();
    Ok(Value::Text(word.to_owned()))
}
