//! Reading a request body: strict JSON, since SCIM names compare without regard to letter case and a body
//! whose meaning depends on the parser is refused.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::Object;
use crate::error::Error;
use crate::limits::MAX_JSON_DEPTH;

/// Parses a request body.
///
/// # Errors
/// 400 `invalidSyntax` for anything but one JSON value: malformed text, trailing text, nesting deeper than
/// [`MAX_JSON_DEPTH`], an object with the same name twice (also in different letter case), or a string that
/// contains NUL, which no database keeps.
pub fn parse_json(bytes: &[u8]) -> Result<Value, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| Error::invalid_syntax(format!("the body is not valid JSON: {error}")))?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_JSON_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_JSON_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Bool(boolean))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        if text.contains('\0') {
            return Err(E::custom("a string contains the NUL character"));
        }
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element_seed(seed)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut seen = HashSet::new();
        let mut members = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            if name.contains('\0') {
                return Err(A::Error::custom("a name contains the NUL character"));
            }
            if !seen.insert(name.to_ascii_lowercase()) {
                return Err(A::Error::custom(format_args!("{name:?} is given twice in one object")));
            }
            members.insert(name, map.next_value_seed(seed)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ScimType;

    fn check(text: &[u8], valid: bool) {
        let result = parse_json(text);
        assert_eq!(result.is_ok(), valid, "{}: {result:?}", String::from_utf8_lossy(text));
        if let Err(error) = result {
            assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)));
        }
    }

    #[test]
    fn one_json_value_and_nothing_else() {
        check(br#" {"a": [1, -2, 3.5, true, null, "x"]} "#, true);
        check(b"", false);
        check(b"{} {}", false);
        check(b"{}x", false);
        check(b"{", false);
        check(b"{a: 1}", false);
        check(b"[1e400]", false);
        check(b"\xef\xbb\xbf{}", false);
        check(b"\xff\xfe{\0}\0", false);
        check(b"[\"\xff\"]", false);
        check(br#"["\ud800"]"#, false);
        check(br#"["\ud83d\ude00"]"#, true);
        check(br#"["a\u0000b"]"#, false);
        check(br#"{"a\u0000b": 1}"#, false);
    }

    #[test]
    fn a_name_occurs_once_in_an_object() {
        check(br#"{"active": false, "active": true}"#, false);
        check(br#"{"active": false, "ACTIVE": true}"#, false);
        check(br#"{"a": {"b": 1, "B": 2}}"#, false);
        check(br#"[{"a": 1}, {"a": 2}]"#, true);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        check(&nested(MAX_JSON_DEPTH), true);
        check(&nested(MAX_JSON_DEPTH + 1), false);
        check(&nested(100_000), false);
        check(&vec![b'['; 1_000_000], false);
    }
}
