//! Change notifications of Microsoft Graph: what a request to a notification URL says. Pure.
//!
//! Sources: Microsoft's "Receive change notifications through webhooks" and "Lifecycle notifications". The subscription
//! is for `users` and `groups`, without resource data: a notification names who changed, not how.

use crate::Secret;
use crate::limits::{MAX_NOTIFICATION_BYTES, MAX_VALIDATION_BYTES};
use connector::ObjectType;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a notification request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notified {
    /// The objects that changed, each once.
    pub changed: Vec<(ObjectType, String)>,
    /// Graph says that it could not tell of all changes, or that the subscription needs somebody: run a cycle, and
    /// renew the subscription.
    pub is_incomplete: bool,
}

/// Why a request is not taken for a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNotified {
    /// It is longer than a notification is.
    #[error("the notification is too long")]
    TooLong,
    /// It is no notification at all.
    #[error("the body is no change notification")]
    Malformed,
    /// It does not know the secret of the subscription, so it is not from Graph.
    #[error("the notification does not bear the clientState of the subscription")]
    WrongState,
}

#[derive(Deserialize)]
struct Body {
    value: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    #[serde(default)]
    client_state: Option<String>,
    #[serde(default)]
    lifecycle_event: Option<String>,
    #[serde(default)]
    resource: String,
    #[serde(default)]
    resource_data: Option<ResourceData>,
}

#[derive(Deserialize)]
struct ResourceData {
    #[serde(rename = "@odata.type", default)]
    odata_type: String,
    #[serde(default)]
    id: String,
}

/// The text to answer with status 200 and `text/plain` when Graph asks whether the URL is ours: a request with
/// `validationToken` in its query. `None` for any other request, and for a token longer than Graph's are.
#[must_use]
pub fn validation_token(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let token = pairs.find(|(name, _)| name == "validationToken").map(|(_, token)| token.into_owned());
    token.filter(|token| token.len() <= MAX_VALIDATION_BYTES)
}

/// Reads the body of a notification. It is answered with 202 whatever changed.
///
/// # Errors
/// When it is no notification of the subscription that was made with this `clientState`; answer 202 all the same, and
/// do nothing.
pub fn read(body: &[u8], client_state: &Secret) -> Result<Notified, NotNotified> {
    if body.len() > MAX_NOTIFICATION_BYTES {
        return Err(NotNotified::TooLong);
    }
    let body: Body = serde_json::from_slice(body).map_err(|_| NotNotified::Malformed)?;
    let mut notified = Notified::default();
    let mut known = BTreeSet::new();
    for notification in body.value {
        if !is_same(notification.client_state.as_deref().unwrap_or_default(), client_state) {
            return Err(NotNotified::WrongState);
        }
        match object(&notification) {
            Some(object) if notification.lifecycle_event.is_none() => {
                if known.insert(object.clone()) {
                    notified.changed.push(object);
                }
            }
            Some(_) | None => notified.is_incomplete = true,
        }
    }
    Ok(notified)
}

/// Digests are compared, so that the time it takes tells nothing of the secret.
fn is_same(given: &str, wanted: &Secret) -> bool {
    !wanted.expose().is_empty() && Sha256::digest(given) == Sha256::digest(wanted.expose())
}

/// Who changed: by the resource data, else by the resource's path, such as `Users/{id}`.
fn object(notification: &Notification) -> Option<(ObjectType, String)> {
    let (collection, id) = notification.resource.trim_start_matches('/').split_once('/').unwrap_or_default();
    let (odata_type, data_id) = notification
        .resource_data
        .as_ref()
        .map_or(("", ""), |data| (data.odata_type.as_str(), data.id.as_str()));
    let object_type =
        match (odata_type.to_ascii_lowercase().as_str(), collection.to_ascii_lowercase().as_str()) {
            ("#microsoft.graph.user", _) | ("", "users") => ObjectType::User,
            ("#microsoft.graph.group", _) | ("", "groups") => ObjectType::Group,
            _ => return None,
        };
    let id = if data_id.is_empty() { id.split('/').next().unwrap_or_default() } else { data_id };
    (!id.is_empty()).then(|| (object_type, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(body: &Value) -> Result<Notified, NotNotified> {
        read(body.to_string().as_bytes(), &Secret::new("state-1"))
    }

    #[test]
    fn the_handshake_is_answered_with_the_token_itself() {
        let token = "Validation: Testing client application reachability for subscription Request-Id: 1+2";
        let query = "validationToken=Validation%3A+Testing+client%20application+reachability+for+subscription+Request-Id%3A+1%2B2";
        assert_eq!(validation_token(query).as_deref(), Some(token));
        assert_eq!(validation_token("tenant=contoso"), None);
        assert_eq!(validation_token(&format!("validationToken={}", "a".repeat(5000))), None);
    }

    #[test]
    fn users_and_groups_are_told_once() {
        let user = json!({
            "subscriptionId": "s", "clientState": "state-1", "changeType": "updated", "resource": "Users/u1",
            "resourceData": { "@odata.type": "#Microsoft.Graph.User", "@odata.id": "Users/u1", "id": "u1" },
        });
        let group =
            json!({ "clientState": "state-1", "changeType": "updated", "resource": "groups/g1/members" });
        let notified = check(&json!({ "value": [user, user, group] })).unwrap();
        let changed = vec![(ObjectType::User, "u1".to_owned()), (ObjectType::Group, "g1".to_owned())];
        assert_eq!(notified, Notified { changed, is_incomplete: false });
    }

    #[test]
    fn a_lifecycle_event_asks_for_a_cycle() {
        let missed = json!({ "clientState": "state-1", "lifecycleEvent": "missed", "resource": "users" });
        let device = json!({ "clientState": "state-1", "changeType": "updated", "resource": "devices/d1" });
        for one in [missed, device] {
            assert_eq!(
                check(&json!({ "value": [one] })),
                Ok(Notified { changed: Vec::new(), is_incomplete: true })
            );
        }
    }

    #[test]
    fn whoever_does_not_know_the_state_is_not_graph() {
        for state in [json!("state-2"), json!(""), json!(null)] {
            let body = json!({ "value": [{ "clientState": state, "resource": "Users/u1" }] });
            assert_eq!(check(&body), Err(NotNotified::WrongState), "{state}");
        }
        let one = json!({ "value": [{ "clientState": "", "resource": "Users/u1" }] }).to_string();
        assert_eq!(read(one.as_bytes(), &Secret::new("")), Err(NotNotified::WrongState));
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        assert_eq!(check(&json!({ "values": [] })), Err(NotNotified::Malformed));
        assert_eq!(read(b"<html>", &Secret::new("state-1")), Err(NotNotified::Malformed));
        assert_eq!(
            read(&vec![b' '; MAX_NOTIFICATION_BYTES + 1], &Secret::new("s")),
            Err(NotNotified::TooLong)
        );
    }
}
