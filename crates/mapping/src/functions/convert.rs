//! Conversions between representations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Arguments, Function, diacritics};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("BitAnd", &["value1", "value2"], bit_and),
    Function::new("CNum", &["value"], c_num).connect(),
    Function::new("CStr", &["value"], c_str),
    Function::new("ConvertFromBase64", &["source"], convert_from_base64).cloud_sync(),
    Function::new("ConvertToBase64", &["source"], convert_to_base64),
    Function::new("ConvertToUTF8Hex", &["source"], convert_to_utf8_hex),
    Function::new("IsBitSet", &["value", "flag"], is_bit_set).connect(),
    Function::new("IsNumeric", &["value"], is_numeric).connect(),
    Function::new("NormalizeDiacritics", &["source"], normalize_diacritics),
];

fn bit_and(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let left = arguments.required_integer(0)?;
    let right = arguments.required_integer(1)?;
    Ok(Value::Integer(left & right))
}

fn is_bit_set(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let value = arguments.required_integer(0)?;
    let flag = arguments.required_integer(1)?;
    Ok(Value::Boolean(value & flag != 0))
}

fn c_num(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.integer(0)?.map_or(Value::Null, Value::Integer))
}

/// Whether `CNum` gives a number.
fn is_numeric(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let single = arguments.value(0)?.into_single();
    Ok(Value::Boolean(single.is_some_and(|value| value.as_integer().is_some())))
}

fn c_str(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.text(0)?.map_or(Value::Null, Value::Text))
}

/// The bytes are those of UTF-16, little-endian, as in Entra.
fn convert_to_base64(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.text(0)?.map_or(Value::Null, |text| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Value::Text(STANDARD.encode(bytes))
    }))
}

/// What [`convert_to_base64`] made. Halves of surrogate pairs become U+FFFD, as in .NET.
fn convert_from_base64(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(text) = arguments.text(0)? else { return Ok(Value::Null) };
    let wrong = Fault::Unexpected { parameter: arguments.parameter(0), expected: "base64 of UTF-16" };
    let Ok(bytes) = STANDARD.decode(text.trim()) else { return Err(wrong.into()) };
    if bytes.len() % 2 == 1 {
        return Err(wrong.into());
    }
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|unit| unit.iter().rev().fold(0, |word, byte| word << 8 | u16::from(*byte)))
        .collect();
    Ok(Value::Text(String::from_utf16_lossy(&units)))
}

fn convert_to_utf8_hex(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let hexadecimal = |text: String| text.bytes().map(|byte| format!("{byte:02X}")).collect();
    Ok(arguments.text(0)?.map_or(Value::Null, |text| Value::Text(hexadecimal(text))))
}

fn normalize_diacritics(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.text(0)?.map_or(Value::Null, |text| Value::Text(diacritics::normalize(text))))
}
