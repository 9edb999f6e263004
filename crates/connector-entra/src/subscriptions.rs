//! Subscriptions: Graph is asked to tell of changes. [`crate::notifications`] reads what it tells.
//!
//! Sources: Microsoft's "subscription resource type" and "Create subscription". A subscription ends by itself, so that
//! one that nobody renews is no burden for long.

use crate::delta::{Pages, id_of};
use crate::endpoint::segment;
use crate::{EntraSource, Secret};
use connector::Error;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/subscriptions";

/// Who listens.
pub struct Listener {
    /// The public URL that Graph sends notifications to: https, and answering while it is subscribed.
    pub url: String,
    /// What Graph says to be known; 128 characters at most.
    pub client_state: Secret,
}

/// Subscriptions that were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    ids: Vec<String>,
}

impl EntraSource {
    /// Has Graph tell of every change of users, and of groups where the job reads them, until an instant at most 41,760
    /// minutes ahead. Replaces the subscriptions that this application has for the same URL.
    ///
    /// # Errors
    /// When Graph does not reach the URL, or the application may not subscribe: for groups it needs `Group.Read.All`.
    /// Those of users then exist all the same.
    pub async fn subscribe(&self, listener: &Listener, until: Timestamp) -> Result<Subscribed, Error> {
        self.unsubscribe(&listener.url).await?;
        let groups = self.directory.selection.reads_groups().then_some("groups");
        let mut ids = Vec::new();
        for resource in ["users"].into_iter().chain(groups) {
            let body = json!({
                // Creation and deletion into the recycle bin are updates to Graph.
                "changeType": "updated,deleted",
                "resource": resource,
                "notificationUrl": listener.url,
                "lifecycleNotificationUrl": listener.url,
                "clientState": listener.client_state.expose(),
                "expirationDateTime": written(until),
            });
            let place = format!("POST {PATH} of /{resource}");
            let answer = self.directory.graph.ask(Method::POST, PATH, place, Some(body)).await?;
            ids.push(id_of(&answer.document()?)?.to_owned());
        }
        Ok(Subscribed { ids })
    }

    /// Lets them last until another instant. Answers whether all of them are still there; if not, subscribe again.
    ///
    /// # Errors
    /// Graph's.
    pub async fn renew(&self, subscribed: &Subscribed, until: Timestamp) -> Result<bool, Error> {
        for id in &subscribed.ids {
            let (path, place) = (own_path(id), format!("PATCH {PATH}"));
            let body = json!({ "expirationDateTime": written(until) });
            let answer = self.directory.graph.ask(Method::PATCH, &path, place, Some(body)).await?;
            if answer.found()?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ends all subscriptions that this application has for a URL.
    ///
    /// # Errors
    /// Graph's.
    pub async fn unsubscribe(&self, url: &str) -> Result<(), Error> {
        let graph = &self.directory.graph;
        let mut pages = Pages::of(PATH.to_owned());
        let mut ended = Vec::new();
        while let Some(records) = pages.next(graph).await? {
            let ours =
                records.iter().filter(|one| one.get("notificationUrl").and_then(Value::as_str) == Some(url));
            for subscription in ours {
                ended.push(own_path(id_of(subscription)?));
            }
        }
        for path in ended {
            graph.ask(Method::DELETE, &path, format!("DELETE {PATH}"), None).await?.gone()?;
        }
        Ok(())
    }
}

fn own_path(id: &str) -> String {
    format!("{PATH}/{}", segment(id))
}

fn written(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
