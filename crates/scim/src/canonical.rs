//! Turning what a client sent for an attribute into canonical form.

use serde_json::Value;

use crate::Object;
use crate::error::Error;
use crate::limits::{MAX_ATTRIBUTE_VALUES, MAX_STRING_LENGTH};
use crate::multi_valued;
use crate::quirks::{self, Quirk, Tolerance};
use crate::schema::{Attribute, Mutability, Type, Uniqueness};
use crate::value::instant;

/// An attribute on its way into canonical form, with the attribute it is part of.
#[derive(Clone, Copy)]
pub(crate) struct Canonical<'a> {
    attribute: &'a Attribute,
    parent: Option<&'a Attribute>,
    tolerance: &'a Tolerance,
}

impl<'a> Canonical<'a> {
    pub fn new(attribute: &'a Attribute, parent: Option<&'a Attribute>, tolerance: &'a Tolerance) -> Self {
        Self { attribute, parent, tolerance }
    }

    /// The value in canonical form; `None` if it is the unassigned state.
    pub fn value(self, value: Value) -> Result<Option<Value>, Error> {
        if quirks::is_unassigned(&value) {
            return Ok(None);
        }
        if !self.attribute.multi_valued {
            return self.single(quirks::as_single(self.attribute, value, self.tolerance)?);
        }
        let elements = self.elements(quirks::as_list(self.attribute, value, self.tolerance)?)?;
        Ok(Some(elements).filter(|elements| !elements.is_empty()).map(Value::Array))
    }

    /// A list in canonical form: no empty elements, no two elements of the same identity, at most one
    /// primary (RFC 7643 §2.4).
    pub fn elements(self, values: Vec<Value>) -> Result<Vec<Value>, Error> {
        if values.len() > MAX_ATTRIBUTE_VALUES {
            let name = &self.attribute.name;
            return Err(Error::invalid_value(format!(
                "{name} has more than {MAX_ATTRIBUTE_VALUES} values in one request; send fewer at a time"
            )));
        }
        let mut elements = Vec::with_capacity(values.len());
        for value in values {
            elements.extend(self.single(value)?);
        }
        multi_valued::check_primary(self.attribute, &elements)?;
        Ok(multi_valued::without_repetitions(self.attribute, elements))
    }

    /// One value in canonical form.
    pub fn single(self, value: Value) -> Result<Option<Value>, Error> {
        if value.is_null() {
            return Ok(None);
        }
        match self.attribute.kind {
            Type::Complex => self.complex(value),
            Type::Boolean => self.boolean(value).map(Some),
            Type::Integer => self.checked(value, |value| value.as_number().is_some_and(is_integer)).map(Some),
            Type::Decimal => self.checked(value, Value::is_number).map(Some),
            Type::DateTime => self.checked_text(value, |text| instant(text).is_some()).map(Some),
            Type::Binary => self.checked_text(value, is_base64).map(Some),
            Type::Reference => self.checked_text(value, |text| !text.contains(char::is_control)).map(Some),
            Type::String if self.is_empty_type(&value) => {
                let refusal = || Error::invalid_value(format!("{} must not be empty", self.name()));
                self.tolerance.require(Quirk::EmptyType, refusal).map(|()| None)
            }
            Type::String => self.text(value).map(Some),
        }
    }

    fn complex(self, value: Value) -> Result<Option<Value>, Error> {
        if quirks::clears_reference(self.attribute, &value, self.tolerance)? {
            return Ok(None);
        }
        let members = match quirks::as_complex(self.attribute, value, self.tolerance)? {
            Value::Object(members) => members,
            other => return Err(self.wrong_type(&other)),
        };
        let mut canonical = Object::new();
        for (name, value) in members {
            let Some(sub_attribute) = self.attribute.sub_attribute(&name) else { continue };
            if sub_attribute.mutability == Mutability::ReadOnly {
                continue;
            }
            if let Some(value) =
                Self::new(sub_attribute, Some(self.attribute), self.tolerance).value(value)?
            {
                insert_once(&mut canonical, &sub_attribute.name, value)?;
            }
        }
        Ok(Some(canonical).filter(|members| !members.is_empty()).map(Value::Object))
    }

    fn boolean(self, value: Value) -> Result<Value, Error> {
        let boolean = match &value {
            Value::Bool(boolean) => Some(*boolean),
            Value::String(text) => quirks::text_boolean(text),
            _ => None,
        };
        if boolean.is_some() && value.is_string() {
            self.tolerance.require(Quirk::StringBooleans, || self.wrong_type(&value))?;
        }
        boolean.map(Value::Bool).ok_or_else(|| self.wrong_type(&value))
    }

    /// The label of a value in a list, such as the `work` of an e-mail address, without text.
    fn is_empty_type(self, value: &Value) -> bool {
        self.parent.is_some() && self.attribute.name == "type" && value.as_str() == Some("")
    }

    fn text(self, value: Value) -> Result<Value, Error> {
        let value = self.checked_text(value, |_| true)?;
        let names_somebody = self.attribute.uniqueness != Uniqueness::None;
        if names_somebody && value.as_str().is_some_and(has_invisible) {
            let name = self.name();
            return Err(Error::invalid_value(format!(
                "{name} has a control, invisible or direction-changing character; remove it"
            )));
        }
        Ok(value)
    }

    fn checked(self, value: Value, fits: impl Fn(&Value) -> bool) -> Result<Value, Error> {
        if fits(&value) { Ok(value) } else { Err(self.wrong_type(&value)) }
    }

    fn checked_text(self, value: Value, fits: impl Fn(&str) -> bool) -> Result<Value, Error> {
        let Some(text) = value.as_str() else { return Err(self.wrong_type(&value)) };
        if text.len() > MAX_STRING_LENGTH {
            let name = self.name();
            return Err(Error::invalid_value(format!("{name} is longer than {MAX_STRING_LENGTH} bytes")));
        }
        if fits(text) { Ok(value) } else { Err(self.wrong_type(&value)) }
    }

    fn name(self) -> String {
        match self.parent {
            Some(parent) => format!("{}.{}", parent.name, self.attribute.name),
            None => self.attribute.name.clone(),
        }
    }

    /// The value itself is not repeated: it may be personal, and the administrator knows what was sent.
    fn wrong_type(self, value: &Value) -> Error {
        let expected = match self.attribute.kind {
            Type::String => "a string",
            Type::Boolean => "true or false",
            Type::Decimal => "a number",
            Type::Integer => "an integer",
            Type::DateTime => "a dateTime such as 2026-01-23T04:56:22Z",
            Type::Binary => "base64 text",
            Type::Reference => "a URI",
            Type::Complex => "an object",
        };
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let found = if found == expected { "another string" } else { found };
        Error::invalid_value(format!("{} must be {expected}, not {found}", self.name()))
    }
}

/// Inserts a member whose name may have come in any letter case.
///
/// # Errors
/// 400 `invalidSyntax` if it is there already.
pub(crate) fn insert_once(members: &mut Object, name: &str, value: Value) -> Result<(), Error> {
    if members.insert(name.to_owned(), value).is_some() {
        return Err(Error::invalid_syntax(format!("{name} is given twice in different letter case")));
    }
    Ok(())
}

/// Whether a text holds what nobody sees: two names that look the same would be two people (RFC 8265 §3, Unicode
/// Technical Report 36 §2.5). Letters of several scripts are fine.
fn has_invisible(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c,
                // Soft hyphen, Mongolian vowel separator, zero-width space, joiners and marks of direction.
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                // Line and paragraph separators, embeddings and overrides of direction.
                | '\u{2028}'..='\u{202e}'
                // Word joiner, invisible operators, isolates of direction, deprecated format characters.
                | '\u{2060}'..='\u{206f}'
                // Byte order mark and interlinear annotations.
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                // Tags.
                | '\u{e0000}'..='\u{e007f}')
    })
}

pub(crate) fn is_integer(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// Base64 in the standard or the URL-safe alphabet, with or without padding (RFC 7643 §2.3.6).
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    digits.bytes().all(alphabet)
        && digits.len() % 4 != 1
        && (padding == 0 || (padding <= 2 && text.len().is_multiple_of(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_an_alphabet_and_a_length() {
        let table = [
            ("", true),
            ("aGk=", true),
            ("aGk", true),
            ("aGkx", true),
            ("_-+/", true),
            ("a", false),
            ("aGk==", false),
            ("a===", false),
            ("aG k", false),
            ("=aGk", false),
        ];
        for (text, valid) in table {
            assert_eq!(is_base64(text), valid, "{text}");
        }
    }
}
