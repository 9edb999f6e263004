//! What stands at the beginning and the end of a text.

use super::{Arguments, BoundedText, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("LTrim", &["value"], left_trim).connect(),
    Function::new("PadLeft", &["string", "length", "padCharacter"], pad_left).connect(),
    Function::new("PadRight", &["string", "length", "padCharacter"], pad_right).connect(),
    Function::new("RTrim", &["value"], right_trim).connect(),
    Function::new("Trim", &["value"], trim).cloud_sync(),
];

fn trim(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(each(arguments.value(0)?, str::trim))
}

fn left_trim(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(each(arguments.value(0)?, str::trim_start))
}

fn right_trim(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(each(arguments.value(0)?, str::trim_end))
}

/// Of a multi-valued attribute, each value is trimmed on its own.
fn each(value: Value, trim: fn(&str) -> &str) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::List(values) => Value::List(values.into_iter().map(|value| each(value, trim)).collect()),
        single => Value::Text(trim(&single.to_string()).to_owned()),
    }
}

fn pad_left(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let (text, padding) = padding(arguments)?;
    Ok(Value::Text(BoundedText::join([padding.as_str(), &text], "")?))
}

fn pad_right(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let (text, padding) = padding(arguments)?;
    Ok(Value::Text(BoundedText::join([text.as_str(), &padding], "")?))
}

/// The text and what it lacks; a null text is left empty, as documented.
fn padding(arguments: &mut Arguments<'_, '_>) -> Result<(String, String), Failure> {
    let text = arguments.text(0)?;
    let length = usize::try_from(arguments.required_integer(1)?).unwrap_or(0);
    let character = arguments.required_text(2)?;
    let mut characters = character.chars();
    if characters.next().is_none() || characters.next().is_some() {
        let expected = "one character";
        return Err(Fault::Unexpected { parameter: arguments.parameter(2), expected }.into());
    }
    let Some(text) = text else { return Ok((String::new(), String::new())) };
    let missing = length.saturating_sub(text.chars().count());
    let mut padding = BoundedText::default();
    for _ in 0..missing {
        padding.push(&character)?;
    }
    Ok((text, padding.into_string()))
}
