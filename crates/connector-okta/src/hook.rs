//! What Okta's event hooks deliver. Pure: whoever listens for them hands in headers and bodies.
//!
//! Okta sends each event at least once, in no order, and up to an hour late. So a hook is a nudge to look at objects
//! now; the System Log, which every cycle reads, is what nothing is missing from.

use crate::event::{LogEvent, Touched};
use crate::limits::{MAX_CHALLENGE_BYTES, MAX_DELIVERY_BYTES};
use crate::secret::Secret;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use connector::ObjectType;
use serde::Deserialize;
use serde_json::json;

/// The header of the one GET by which Okta verifies that whoever made the hook owns its address.
pub const CHALLENGE: &str = "x-okta-verification-challenge";

/// The body (JSON) that answers a [`CHALLENGE`]; `None` for one that is not Okta's.
#[must_use]
pub fn verification(challenge: &str) -> Option<String> {
    let is_okta = !challenge.is_empty() && challenge.len() <= MAX_CHALLENGE_BYTES;
    is_okta.then(|| json!({ "verification": challenge }).to_string())
}

/// Whether a request is Okta's: its `Authorization` header is the secret that was entered with the hook. The time this
/// takes does not tell how much of it is right.
#[must_use]
pub fn is_authentic(authorization: Option<&str>, secret: &Secret) -> bool {
    let expected = secret.expose().as_bytes();
    let given = authorization.unwrap_or_default().as_bytes();
    !expected.is_empty() && verify_slices_are_equal(given, expected).is_ok()
}

/// A delivery, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id: the same again is the same delivery, repeated.
    pub id: String,
    /// The users and groups that its events name, by type and anchor, each once.
    pub objects: Vec<(ObjectType, String)>,
    /// Something follows for others, such as the members of a group that was assigned: run a cycle.
    pub is_incomplete: bool,
}

/// A body that is not an event hook's.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Longer than any that Okta sends.
    #[error("the delivery is longer than {MAX_DELIVERY_BYTES} bytes")]
    TooLong,
    /// Not the JSON of an event hook.
    #[error("the delivery is not one of an event hook")]
    Json(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "eventId")]
    id: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    events: Vec<LogEvent>,
}

/// Reads the body of a POST. `app` is the app whose assignments count.
///
/// # Errors
/// When it is not an event hook's.
pub fn read(body: &[u8], app: Option<&str>) -> Result<Delivery, Malformed> {
    if body.len() > MAX_DELIVERY_BYTES {
        return Err(Malformed::TooLong);
    }
    let body: Body = serde_json::from_slice(body).map_err(Malformed::Json)?;
    let mut touched = Touched::default();
    for event in &body.data.events {
        touched.add(event, app);
    }
    let is_incomplete =
        touched.group_deleted || !touched.with_members.is_empty() || !touched.with_groups.is_empty();
    let users = touched.users.into_iter().map(|id| (ObjectType::User, id));
    let groups = touched.groups.into_iter().map(|id| (ObjectType::Group, id));
    Ok(Delivery { id: body.id, objects: users.chain(groups).collect(), is_incomplete })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_challenge_is_given_back() {
        assert_eq!(verification("abc\"d").as_deref(), Some(r#"{"verification":"abc\"d"}"#));
        assert_eq!(verification(""), None);
        assert_eq!(verification(&"a".repeat(2000)), None);
    }

    #[test]
    fn only_the_whole_secret_is_authentic() {
        let secret = Secret::new("s3cret");
        assert!(is_authentic(Some("s3cret"), &secret));
        for other in [None, Some(""), Some("s3cre"), Some("s3cret "), Some("S3cret")] {
            assert!(!is_authentic(other, &secret), "{other:?}");
        }
        assert!(!is_authentic(None, &Secret::new("")), "no secret is nobody's secret");
    }

    /// Reads the delivery of some events, each of a type and with targets.
    fn delivered(events: &[(&str, &Value)]) -> Delivery {
        let event = |(event_type, target): &(&str, &Value)| {
            json!({
                "uuid": "1", "published": "2026-01-01T00:00:00.000Z", "eventType": event_type, "target": target,
                "displayMessage": "Something happened",
            })
        };
        let events: Vec<Value> = events.iter().map(event).collect();
        let body = json!({
            "eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1",
            "eventId": "e1", "data": { "events": events },
        });
        read(body.to_string().as_bytes(), Some("0oa1")).unwrap()
    }

    #[test]
    fn a_delivery_names_each_object_once() {
        const ADDED: &str = "group.user_membership.add";
        let targets = json!([{ "id": "00u1", "type": "User" }, { "id": "00g1", "type": "UserGroup" }]);
        let other_app = json!([{ "id": "00u2", "type": "User" }, { "id": "0oa2", "type": "AppInstance" }]);
        let delivery = delivered(&[(ADDED, &targets), (ADDED, &targets), (ADDED, &other_app)]);
        assert_eq!(delivery.id, "e1");
        assert_eq!(delivery.objects, [(ObjectType::User, "00u1".into()), (ObjectType::Group, "00g1".into())]);
        assert!(!delivery.is_incomplete);
    }

    #[test]
    fn what_follows_for_others_is_said() {
        let group = json!([{ "id": "00g1", "type": "UserGroup" }]);
        let user = json!([{ "id": "00u1", "type": "User" }]);
        for (event_type, target, expect) in [
            ("group.application_assignment.add", &group, true),
            ("group.lifecycle.delete", &group, true),
            ("user.lifecycle.deactivate", &user, true),
            ("user.account.update_profile", &user, false),
        ] {
            assert_eq!(delivered(&[(event_type, target)]).is_incomplete, expect, "{event_type}");
        }
    }

    #[test]
    fn what_is_no_delivery_is_refused() {
        for body in ["", "[]", "{\"eventId\": \"e1\"}", "{\"eventId\": \"e1\", \"data\": {\"events\": [{}]}}"]
        {
            assert!(matches!(read(body.as_bytes(), None), Err(Malformed::Json(_))), "{body}");
        }
        assert!(matches!(read(&vec![b' '; MAX_DELIVERY_BYTES + 1], None), Err(Malformed::TooLong)));
    }
}
