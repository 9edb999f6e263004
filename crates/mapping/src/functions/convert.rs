//! Conversions between representations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Arguments, Function, diacritics};
use crate::expression::Failure;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("BitAnd", &["value1", "value2"], bit_and),
    Function::new("CStr", &["value"], c_str),
    Function::new("ConvertToBase64", &["source"], convert_to_base64),
    Function::new("ConvertToUTF8Hex", &["source"], convert_to_utf8_hex),
    Function::new("NormalizeDiacritics", &["source"], normalize_diacritics),
];

fn bit_and(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let left = arguments.required_integer(0)?;
    let right = arguments.required_integer(1)?;
    Ok(Value::Integer(left & right))
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

fn convert_to_utf8_hex(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let hexadecimal = |text: String| text.bytes().map(|byte| format!("{byte:02X}")).collect();
    Ok(arguments.text(0)?.map_or(Value::Null, |text| Value::Text(hexadecimal(text))))
}

fn normalize_diacritics(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    Ok(arguments.text(0)?.map_or(Value::Null, |text| Value::Text(diacritics::normalize(text))))
}
