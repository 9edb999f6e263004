//! What a target can do, and how that is known.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that a target can or cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capability {
    /// Whether it is used.
    pub on: bool,
    /// How that is known.
    pub learned: Learned,
    /// Why it is off, or used less than it is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Since when that is known; `None` for what was learned after it was last stored ([`Capabilities::dated`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
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
    /// The job says so.
    Configured,
}

/// What is known of a SCIM service provider. Stored with the job, so that a new process need not learn it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Capabilities {
    /// Whether the ServiceProviderConfig was asked for, whatever came of it.
    pub asked: bool,
    /// Since when the target is known: what was learned before is forgotten. `None` as long as it was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
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
        Self { on: true, learned, why: None, since: None }
    }

    /// It is not there, and why.
    #[must_use]
    pub fn off(learned: Learned, why: impl Into<String>) -> Self {
        Self { on: false, learned, why: Some(why.into()), since: None }
    }

    /// Takes in what was learned, unless it is known already or something better is.
    pub fn learn(&mut self, news: Self) {
        let is_known = (news.on, news.learned, &news.why) == (self.on, self.learned, &self.why);
        if news.learned >= self.learned && !is_known {
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
            since: None,
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

    /// Whether anything is known that nobody would assume.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        let learned =
            |capability: &Capability| matches!(capability.learned, Learned::Announced | Learned::Tried);
        self.asked || self.named().iter().any(|(_, capability)| learned(capability))
    }

    /// The same, to be stored at an instant: what was learned since it was last stored is known since then.
    #[must_use]
    pub fn dated(mut self, now: Timestamp) -> Self {
        let Self { since, patch, bulk, filter, excluded_attributes, etag, sort, cursor, .. } = &mut self;
        let capabilities = [patch, bulk, filter, excluded_attributes, etag, sort, cursor];
        let each = capabilities.into_iter().map(|capability| &mut capability.since);
        each.chain([since]).for_each(|since| *since = since.or(Some(now)));
        self
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
        patch.learn(Capability::off(Learned::Configured, "the job says so"));
        patch.learn(Capability::on(Learned::Tried));
        assert!(!patch.on, "and the job rather than either");
    }

    #[test]
    fn what_is_learned_is_known_since_it_was_stored_first() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut known = Capabilities::default();
        assert!(!known.is_learned());
        known.patch.learn(Capability::on(Learned::Tried));
        assert!(known.is_learned());
        let mut known = known.dated(at(1));
        known.patch.learn(Capability::on(Learned::Tried));
        known.filter.learn(Capability::off(Learned::Tried, "refused"));
        let known = known.dated(at(2));
        assert_eq!(
            (known.since, known.patch.since, known.filter.since),
            (Some(at(1)), Some(at(1)), Some(at(2)))
        );
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
