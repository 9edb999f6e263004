//! A secret in a body.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::limits::MAX_SECRET_CHARACTERS;

/// A PIN, card number or code, without white space around it. What is wrong with one is told without it.
#[derive(JsonSchema)]
pub(super) struct Secret(
    #[schemars(length(min = 1, max = 128), extend("format" = "password", "writeOnly" = true))] String,
);

impl Secret {
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let text = value.as_str().unwrap_or_default().trim();
        if text.is_empty() || text.chars().count() > MAX_SECRET_CHARACTERS {
            let problem = format!("a text of 1 to {MAX_SECRET_CHARACTERS} characters is needed");
            return Err(de::Error::custom(problem));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_secret_is_refused_without_being_told() {
        let read =
            |value: Value| Secret::deserialize(value).map(|secret| secret.0).map_err(|e| e.to_string());
        assert_eq!(read(json!(" 0042 ")).as_deref(), Ok("0042"));
        for value in [json!(4711), json!(["4711"]), json!("4711".repeat(33)), json!(" "), json!(null)] {
            assert!(!read(value).unwrap_err().contains("4711"));
        }
    }
}
