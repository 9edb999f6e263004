//! Sending events to their receiver: which go side by side, and what an answer means.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use egress::Client;
use futures::{StreamExt, stream};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::Clock;
use uuid::Uuid;

use crate::event::Event;
use crate::limits::{MAX_FAILURES, SIDE_BY_SIDE};
use crate::webhook::{Disabled, Webhook};
use crate::{Secret, SecretKey};

/// How we call ourselves (RFC 9110 §10.1.5).
const AGENT: &str = concat!("rollcall/", env!("CARGO_PKG_VERSION"));

/// Events of a webhook, one after the other from its place in the feed on.
pub(crate) struct Batch {
    /// As it was when they were taken.
    pub webhook: Webhook,
    /// At least one, without gaps.
    pub events: Vec<Outgoing>,
}

/// An event in the words in which it is sent.
pub(crate) struct Outgoing {
    sequence: i64,
    id: String,
    resource: Uuid,
    body: String,
}

impl Outgoing {
    /// Writes an event.
    pub(crate) fn new(event: &Event) -> serde_json::Result<Self> {
        let body = serde_json::to_string(event)?;
        Ok(Self { sequence: event.sequence, id: event.id.to_string(), resource: event.data.id, body })
    }
}

/// How far a batch came.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Everything up to this number was delivered.
    pub delivered: i64,
    /// Why what follows was not.
    pub failure: Option<Failure>,
}

/// Why an event was not delivered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The receiver answered, and not with 2xx.
    Status(u16),
    /// There was no answer.
    NoAnswer(egress::Error),
}

impl Failure {
    /// For people; nothing of it is the receiver's own text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Status(status) => format!("the receiver answered {status}"),
            Self::NoAnswer(error) => error.to_string(),
        }
    }

    /// Why no further attempt is made after it, if it was one of so many in a row.
    pub(crate) fn ends(&self, failures: i64) -> Option<Disabled> {
        match self {
            // RFC 9110 §15.5.11.
            Self::Status(410) => Some(Disabled::Gone),
            Self::Status(_) | Self::NoAnswer(_) => (failures >= MAX_FAILURES).then_some(Disabled::Failing),
        }
    }
}

/// What sends.
pub(crate) struct Sender<'a> {
    pub egress: &'a Client,
    pub clock: &'a dyn Clock,
    pub key: &'a SecretKey,
}

/// Where the events of one resource stopped.
struct Stop {
    sequence: i64,
    /// `None`: another resource's event failed.
    failure: Option<Failure>,
}

impl Sender<'_> {
    /// Sends a batch: the events of one resource after each other, those of several side by side. Once one fails, no
    /// further one is begun.
    pub(crate) async fn send(&self, batch: &Batch) -> Sent {
        let has_failed = AtomicBool::new(false);
        let mut lanes: BTreeMap<Uuid, Vec<&Outgoing>> = BTreeMap::new();
        for event in &batch.events {
            lanes.entry(event.resource).or_default().push(event);
        }
        let mut lanes: Vec<_> = lanes.into_values().collect();
        lanes.sort_by_key(|lane| lane.first().map(|event| event.sequence));
        let sending: Vec<_> =
            lanes.into_iter().map(|lane| self.send_lane(&batch.webhook, lane, &has_failed)).collect();
        let stops: Vec<Option<Stop>> = stream::iter(sending).buffer_unordered(SIDE_BY_SIDE).collect().await;
        let stops: Vec<Stop> = stops.into_iter().flatten().collect();
        let last = batch.events.last().map_or(batch.webhook.delivered, |event| event.sequence);
        let delivered = stops.iter().map(|stop| stop.sequence - 1).min().unwrap_or(last);
        let failures = stops.into_iter().filter_map(|stop| Some((stop.sequence, stop.failure?)));
        Sent {
            delivered,
            failure: failures.min_by_key(|(sequence, _)| *sequence).map(|(_, failure)| failure),
        }
    }

    async fn send_lane(
        &self,
        webhook: &Webhook,
        lane: Vec<&Outgoing>,
        has_failed: &AtomicBool,
    ) -> Option<Stop> {
        for event in lane {
            if has_failed.load(Ordering::Relaxed) {
                return Some(Stop { sequence: event.sequence, failure: None });
            }
            if let Err(failure) = self.send_one(webhook, event).await {
                has_failed.store(true, Ordering::Relaxed);
                return Some(Stop { sequence: event.sequence, failure: Some(failure) });
            }
        }
        None
    }

    async fn send_one(&self, webhook: &Webhook, event: &Outgoing) -> Result<(), Failure> {
        let at = self.clock.now();
        let secrets = webhook.secrets(self.key, at);
        let headers = headers(event, at.as_second(), &secrets);
        match self.egress.post(&webhook.url, headers, event.body.clone()).await {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(Failure::Status(status)),
            Err(error) => Err(Failure::NoAnswer(error)),
        }
    }
}

/// The headers of the Standard Webhooks scheme: one signature for each secret that is live.
fn headers(event: &Outgoing, seconds: i64, secrets: &[Secret]) -> HeaderMap {
    let signatures: Vec<String> =
        secrets.iter().map(|secret| secret.sign(&event.id, seconds, &event.body)).collect();
    let own = [
        ("webhook-id", event.id.clone()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let own = own.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    });
    let fixed = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(AGENT)),
    ];
    fixed.into_iter().chain(own).collect()
}
