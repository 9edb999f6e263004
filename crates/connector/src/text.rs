//! Attribute paths as text in stored plans, so that a plan reads as SCIM does.

use scim::path::Path;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `#[serde(with)]` for one path.
pub(crate) mod path {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(path)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        let text = String::deserialize(deserializer)?;
        Path::parse(&text).map_err(de::Error::custom)
    }
}

/// `#[serde(with)]` for attributes with their values, in order.
pub(crate) mod values {
    use super::*;
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(
        values: &[(Path, Value)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|(path, value)| Pair(path.to_string(), value)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(Path, Value)>, D::Error> {
        Vec::<(String, Value)>::deserialize(deserializer)?
            .into_iter()
            .map(|(text, value)| Ok((Path::parse(&text).map_err(de::Error::custom)?, value)))
            .collect()
    }

    #[derive(Serialize)]
    struct Pair<'a>(String, &'a Value);
}
