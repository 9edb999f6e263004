//! Identifiers of Windows directories: GUIDs, SIDs, distinguished names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::{Arguments, Function};
use crate::expression::{Failure, Fault};
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("DNComponent", &["dn", "index"], dn_component).cloud_sync(),
    Function::new("DNComponentRev", &["dn", "index", "option"], dn_component_rev).required(2).connect(),
    Function::new("IsGuid", &["value"], is_guid).connect(),
    Function::new("StringFromSid", &["sid"], string_from_sid).cloud_sync(),
];

/// With hyphens, in braces or not.
fn is_guid(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let single = arguments.value(0)?.into_single();
    let text = single.map(|value| value.to_string()).unwrap_or_default();
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(&text);
    Ok(Value::Boolean(bare.len() == 36 && Uuid::try_parse(bare).is_ok()))
}

/// The value of a component, counted from the left; null where there is none.
fn dn_component(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let name = arguments.text(0)?.unwrap_or_default();
    let index = arguments.required_integer(1)?;
    Ok(numbered(&mut components(&name).into_iter(), index))
}

/// The value of a component, counted from the right. The option `DC` leaves domain components out.
fn dn_component_rev(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let name = arguments.text(0)?.unwrap_or_default();
    let index = arguments.required_integer(1)?;
    let option = arguments.text(2)?.unwrap_or_default();
    if !option.is_empty() && !option.eq_ignore_ascii_case("dc") {
        return Err(Fault::Unexpected { parameter: arguments.parameter(2), expected: "DC" }.into());
    }
    let counts = |(kind, _): &(String, String)| option.is_empty() || !kind.eq_ignore_ascii_case("dc");
    Ok(numbered(&mut components(&name).into_iter().rev().filter(counts), index))
}

fn numbered(components: &mut dyn Iterator<Item = (String, String)>, index: i64) -> Value {
    let position = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
    let value = position.and_then(|position| components.nth(position));
    value.map_or(Value::Null, |(_, value)| Value::Text(value))
}

/// Types and values of a distinguished name. RFC 4514 §2.4: a backslash escapes a character, or is followed by the two
/// hexadecimal digits of a byte.
fn components(name: &str) -> Vec<(String, String)> {
    let mut components = vec![(String::new(), Vec::new())];
    let mut in_value = false;
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { Some(escaped(&mut characters)) } else { None };
        match (character, components.last_mut()) {
            (',' | ';', _) if escaped.is_none() => {
                components.push((String::new(), Vec::new()));
                in_value = false;
            }
            ('=', _) if !in_value => in_value = true,
            (_, Some((_, value))) if in_value => {
                value.extend(escaped.unwrap_or_else(|| character.to_string().into_bytes()));
            }
            (_, Some((kind, _))) => kind.push(character),
            (_, None) => {}
        }
    }
    let named = components.into_iter().filter(|(kind, _)| !kind.trim().is_empty());
    named
        .map(|(kind, value)| (kind.trim().to_owned(), String::from_utf8_lossy(&value).trim().to_owned()))
        .collect()
}

/// The bytes of what follows a backslash.
fn escaped(characters: &mut std::str::Chars<'_>) -> Vec<u8> {
    let digits: String = characters.as_str().chars().take(2).filter(char::is_ascii_hexdigit).collect();
    if let (2, Ok(byte)) = (digits.len(), u8::from_str_radix(&digits, 16)) {
        characters.nth(1);
        return vec![byte];
    }
    characters.next().map(|character| character.to_string().into_bytes()).unwrap_or_default()
}

/// A SID in words, of its bytes in base64 ([MS-DTYP] §2.4.2); one that is in words already stays.
fn string_from_sid(arguments: &mut Arguments<'_, '_>) -> Result<Value, Failure> {
    let Some(text) = arguments.text(0)? else { return Ok(Value::Null) };
    if text.starts_with("S-1-") {
        return Ok(Value::Text(text));
    }
    let parameter = arguments.parameter(0);
    let sid = STANDARD.decode(text.trim()).ok().and_then(|bytes| sid(&bytes));
    Ok(Value::Text(sid.ok_or(Fault::Unexpected { parameter, expected: "a SID" })?))
}

/// A revision, the number of sub-authorities, six bytes of authority, and four bytes for each sub-authority.
fn sid(bytes: &[u8]) -> Option<String> {
    let (&[revision, count], rest) = bytes.split_first_chunk()?;
    let (authority, rest) = rest.split_first_chunk::<6>()?;
    let authority = authority.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let (parts, []) = rest.as_chunks::<4>() else { return None };
    if revision != 1 || parts.len() != usize::from(count) {
        return None;
    }
    let parts: String = parts.iter().map(|part| format!("-{}", u32::from_le_bytes(*part))).collect();
    Some(format!("S-{revision}-{authority}{parts}"))
}
