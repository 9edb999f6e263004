//! What the checks have made, so that it can be removed again - and nothing else.

use serde_json::Value;

use crate::json::at;

/// A resource that a check has made, or has asked for without being told its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// `/Users` or `/Groups`.
    pub endpoint: &'static str,
    /// Its userName or displayName, as it was asked for.
    pub name: String,
    /// Its id, once an answer told it.
    pub id: Option<String>,
}

/// The endpoints at which checks make resources, and the attribute that names one there.
const NAMED: [(&str, &str); 2] = [("/Users", "userName"), ("/Groups", "displayName")];

impl Made {
    /// What a POST of this body to this path is about to make, if it is one that makes something.
    pub fn by(path: &str, body: &Value) -> Option<Self> {
        let (endpoint, attribute) = NAMED.into_iter().find(|(endpoint, _)| *endpoint == path)?;
        let name = at(body, attribute).as_str()?.to_owned();
        Some(Self { endpoint, name, id: None })
    }

    /// The attribute that names it.
    pub fn attribute(&self) -> &'static str {
        let named = NAMED.into_iter().find(|(endpoint, _)| *endpoint == self.endpoint);
        named.map_or("displayName", |(_, attribute)| attribute)
    }

    /// The id of a resource, if that is this one: an endpoint that ignores a filter, or answers a refused POST with
    /// what is there already, must not make us remove somebody else's.
    pub fn recognise(&self, resource: &Value) -> Option<String> {
        let name = at(resource, self.attribute()).as_str()?;
        if !name.eq_ignore_ascii_case(&self.name) {
            return None;
        }
        at(resource, "/id").as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_bears_the_name_that_was_asked_for_is_ours() {
        let made = Made::by("/Users", &json!({ "USERNAME": "rollcall-check-1" })).unwrap();
        assert_eq!(
            made.recognise(&json!({ "id": "7", "userName": "Rollcall-Check-1" })).as_deref(),
            Some("7")
        );
        assert_eq!(made.recognise(&json!({ "id": "8", "userName": "ann" })), None);
        assert_eq!(made.recognise(&json!({ "id": "8" })), None);
        assert_eq!(Made::by("/Users/.search", &json!({ "userName": "x" })), None);
    }
}
