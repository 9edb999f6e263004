//! Multi-valued attributes.

use super::{Arguments, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Count", &["attribute"], count),
    Function::new("Item", &["attribute", "index"], item),
    Function::new("ItemOrNull", &["attribute", "index"], item_or_null).connect(),
    Function::new("RemoveDuplicates", &["attribute"], remove_duplicates),
    Function::new("Split", &["source", "delimiter"], split),
];

fn count(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let count = arguments.value(0)?.into_values().len();
    Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// An absent attribute gives null; a number beyond the values of a present one is an error, as documented.
fn item(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let values = arguments.value(0)?.into_values();
    let index = arguments.required_integer(1)?;
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let count = values.len();
    Ok(numbered(values, index).ok_or(Fault::OutOfRange { index, count })?)
}

fn item_or_null(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let values = arguments.value(0)?.into_values();
    let index = arguments.required_integer(1)?;
    Ok(numbered(values, index).unwrap_or(Value::Null))
}

/// The value of this number, counted from 1.
fn numbered(values: Vec<Value>, index: i64) -> Option<Value> {
    let position = usize::try_from(index).ok()?.checked_sub(1)?;
    values.into_iter().nth(position)
}

/// The first of equal values stays.
fn remove_duplicates(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let mut distinct: Vec<Value> = Vec::new();
    for value in arguments.value(0)?.into_values() {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    Ok(if distinct.is_empty() { Value::Null } else { Value::List(distinct) })
}

/// Pieces are trimmed, as the documented example shows, and empty ones left out.
fn split(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let source = arguments.text(0)?;
    let delimiter = arguments.required_text(1)?;
    if delimiter.is_empty() {
        return Err(Fault::Missing { parameter: arguments.parameter(1) }.into());
    }
    let pieces = source.iter().flat_map(|source| source.split(&delimiter)).map(str::trim);
    let pieces: Vec<_> =
        pieces.filter(|piece| !piece.is_empty()).map(|piece| Value::Text(piece.to_owned())).collect();
    Ok(if pieces.is_empty() { Value::Null } else { Value::List(pieces) })
}
