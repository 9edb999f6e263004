//! What a target can do, and how that is known.

use serde::{Deserialize, Serialize};

/// One thing that a target can or cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capability {
    /// Whether it is used.
    pub on: bool,
    /// How that is known.
    pub learned: Learned,
    /// Why it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a capability is known; what comes later is the better knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Learned {
    /// Nobody has asked.
    Assumed,
    /// The application says so in its ServiceProviderConfig (RFC 7643 §5).
    Announced,
    /// A request showed it.
    Tried,
}

/// What is known of a SCIM service provider. Stored with the job, so that a new process need not learn it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Capabilities {
    /// Whether the ServiceProviderConfig was asked for, whatever came of it.
    pub asked: bool,
    /// PATCH (RFC 7644 §3.5.2); without it objects are read, changed and written back whole by PUT.
    pub patch: Capability,
    /// Many operations in one request (RFC 7644 §3.7).
    pub bulk: Capability,
    /// Operations in one bulk request, where a bound was announced.
    pub bulk_max_operations: Option<u64>,
    /// Bytes of one bulk request, where a bound was announced.
    pub bulk_max_payload_bytes: Option<u64>,
    /// Finding objects by an attribute (RFC 7644 §3.4.2.2); nothing is matched without it.
    pub filter: Capability,
    /// Resources in one answer, where a bound was announced.
    pub filter_max_results: Option<u64>,
    /// Groups read without their members (RFC 7644 §3.9).
    pub excluded_attributes: Capability,
    /// Versions (RFC 7644 §3.14).
    pub etag: Capability,
    /// Sorted lists (RFC 7644 §3.4.2.3).
    pub sort: Capability,
    /// Pages by cursor (RFC 9865).
    pub cursor: Capability,
}

impl Capability {
    /// It is there.
    #[must_use]
    pub fn on(learned: Learned) -> Self {
        Self { on: true, learned, why: None }
    }

    /// It is not there, and why.
    #[must_use]
    pub fn off(learned: Learned, why: impl Into<String>) -> Self {
        Self { on: false, learned, why: Some(why.into()) }
    }

    /// Takes in what was learned, unless something better is known.
    pub fn learn(&mut self, news: Self) {
        if news.learned >= self.learned {
            *self = news;
        }
    }
}

impl Default for Capabilities {
    /// What a client may assume of an application that it knows nothing of.
    fn default() -> Self {
        let assumed = Capability::on(Learned::Assumed);
        let unknown = Capability::off(Learned::Assumed, "the application does not announce it");
        Self {
            asked: false,
            patch: assumed.clone(),
            bulk: unknown.clone(),
            bulk_max_operations: None,
            bulk_max_payload_bytes: None,
            filter: assumed.clone(),
            filter_max_results: None,
            excluded_attributes: assumed,
            etag: unknown.clone(),
            sort: unknown.clone(),
            cursor: unknown,
        }
    }
}

impl Capabilities {
    /// Each capability with the name that people know it by.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Capability); 7] {
        [
            ("patch", &self.patch),
            ("bulk", &self.bulk),
            ("filter", &self.filter),
            ("excludedAttributes", &self.excluded_attributes),
            ("etag", &self.etag),
            ("sort", &self.sort),
            ("cursor", &self.cursor),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_trial_is_believed_rather_than_an_announcement() {
        let mut patch = Capability::on(Learned::Assumed);
        patch.learn(Capability::on(Learned::Announced));
        assert_eq!(patch, Capability::on(Learned::Announced));
        patch.learn(Capability::off(Learned::Tried, "PATCH /Users/7 answered 501"));
        patch.learn(Capability::on(Learned::Announced));
        assert_eq!(patch, Capability::off(Learned::Tried, "PATCH /Users/7 answered 501"));
        patch.learn(Capability::on(Learned::Tried));
        assert!(patch.on);
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_missing_is_assumed() {
        let known = Capabilities { bulk_max_operations: Some(5), asked: true, ..Capabilities::default() };
        let stored = serde_json::to_value(&known).unwrap();
        assert_eq!(
            stored["bulk"],
            json!({"on": false, "learned": "assumed",
            "why": "the application does not announce it"})
        );
        assert_eq!(serde_json::from_value::<Capabilities>(stored).unwrap(), known);
        assert_eq!(serde_json::from_value::<Capabilities>(json!({})).unwrap(), Capabilities::default());
    }
}
