//! Sending events to their receiver: which go side by side, and what an answer means.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use egress::Client;
use futures::StreamExt;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use model::{Clock, ResourceId};
use serde::Deserialize;

use crate::event::{Event, Told};
use crate::limits::{MAX_ANSWER_BYTES, MAX_FAILURES, SIDE_BY_SIDE};
use crate::security_event::{Signer, known_error};
use crate::stream::{Disabled, Method, Stream};
use crate::{Hold, Secret, SecretKey};

/// How we call ourselves (RFC 9110 §10.1.5).
const AGENT: &str = concat!("rollcall/", env!("CARGO_PKG_VERSION"));

/// Events of a stream, one after the other from its place in the feed on.
pub(crate) struct Batch {
    /// As it was when they were taken.
    pub stream: Stream,
    /// Where they go.
    pub url: String,
    /// At least one; between them is none that is still to be told.
    pub events: Vec<Outgoing>,
}

/// An event in the words in which it is sent.
pub(crate) struct Outgoing {
    sequence: i64,
    id: String,
    resource: ResourceId,
    body: String,
}

impl Outgoing {
    /// Writes an event: as it is, or as a token where there is something that signs it.
    pub(crate) fn new(told: Told, signer: Option<&Signer>, at: Timestamp) -> Result<Self, store::Error> {
        let (sequence, id, resource) = (told.sequence, told.change.id.to_string(), told.change.resource);
        let body = match signer {
            Some(signer) => signer.sign(&told, at)?,
            None => {
                serde_json::to_string(&Event::from(told)).map_err(|_| store::Error::corrupt("an event"))?
            }
        };
        Ok(Self { sequence, id, resource, body })
    }
}

/// How far a batch came.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Everything up to this number was delivered.
    pub delivered: i64,
    /// The first event that failed, and why.
    pub failure: Option<(i64, Failure)>,
}

/// Why an event was not delivered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The receiver answered, and not with 2xx.
    Status(u16),
    /// The receiver did not believe a security event token (RFC 8935 §2.3).
    Refused(&'static str),
    /// There was no answer.
    NoAnswer(egress::Error),
}

impl Failure {
    /// For people; nothing of it is the receiver's own text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Status(status) => format!("the receiver answered {status}"),
            Self::Refused(code) => format!("the receiver answered 400: {code}"),
            Self::NoAnswer(error) => error.to_string(),
        }
    }

    /// Why no further attempt is made after it, if it was one of so many in a row.
    pub(crate) fn ends(&self, failures: i64) -> Option<Disabled> {
        match self {
            // RFC 9110 §15.5.11.
            Self::Status(410) => Some(Disabled::Gone),
            Self::Status(_) | Self::Refused(_) | Self::NoAnswer(_) => {
                (failures >= MAX_FAILURES).then_some(Disabled::Failing)
            }
        }
    }
}

/// What sends.
pub(crate) struct Sender<'a> {
    pub egress: &'a Client,
    pub clock: &'a dyn Clock,
    pub key: &'a SecretKey,
    pub hold: &'a Hold,
    /// No request is begun from then on.
    pub until: Timestamp,
}

/// Where the events of one resource stopped.
struct Stop {
    sequence: i64,
    /// `None`: another resource's event failed, or time was up.
    failure: Option<Failure>,
}

impl Sender<'_> {
    /// Sends a batch: the events of one resource after each other, those of several side by side. Once one fails, or time
    /// is up, no further one is begun.
    pub(crate) async fn send(&self, batch: &Batch) -> Sent {
        let has_failed = AtomicBool::new(false);
        let mut lanes: BTreeMap<ResourceId, Vec<&Outgoing>> = BTreeMap::new();
        for event in &batch.events {
            lanes.entry(event.resource).or_default().push(event);
        }
        let mut lanes: Vec<_> = lanes.into_values().collect();
        lanes.sort_by_key(|lane| lane.first().map(|event| event.sequence));
        let sending: Vec<_> =
            lanes.into_iter().map(|lane| self.send_lane(batch, lane, &has_failed)).collect();
        let stops: Vec<Option<Stop>> =
            futures::stream::iter(sending).buffer_unordered(SIDE_BY_SIDE).collect().await;
        let stops: Vec<Stop> = stops.into_iter().flatten().collect();
        let last = batch.events.last().map_or(batch.stream.delivered, |event| event.sequence);
        let delivered = stops.iter().map(|stop| stop.sequence - 1).min().unwrap_or(last);
        let failures = stops.into_iter().filter_map(|stop| Some((stop.sequence, stop.failure?)));
        Sent { delivered, failure: failures.min_by_key(|(sequence, _)| *sequence) }
    }

    async fn send_lane(&self, batch: &Batch, lane: Vec<&Outgoing>, has_failed: &AtomicBool) -> Option<Stop> {
        for event in lane {
            if has_failed.load(Ordering::Relaxed) || self.is_over() {
                return Some(Stop { sequence: event.sequence, failure: None });
            }
            if let Err(failure) = self.send_one(batch, event).await {
                has_failed.store(true, Ordering::Relaxed);
                return Some(Stop { sequence: event.sequence, failure: Some(failure) });
            }
        }
        None
    }

    fn is_over(&self) -> bool {
        let now = self.clock.now();
        now >= self.until || !self.hold.covers(now)
    }

    async fn send_one(&self, batch: &Batch, event: &Outgoing) -> Result<(), Failure> {
        let at = self.clock.now();
        match batch.stream.method {
            Method::Webhook { .. } => {
                let headers = webhook_headers(event, at.as_second(), &batch.stream.secrets(self.key, at));
                let status = self.egress.post(&batch.url, headers, event.body.clone()).await;
                accepted(status.map_err(Failure::NoAnswer)?, None)
            }
            Method::Push { .. } | Method::Poll { .. } => {
                let answer = self
                    .egress
                    .post_reading(
                        &batch.url,
                        token_headers(),
                        event.body.clone(),
                        (REFUSED, MAX_ANSWER_BYTES),
                    )
                    .await;
                let (status, body) = answer.map_err(Failure::NoAnswer)?;
                accepted(status, error_code(&body))
            }
        }
    }
}

/// With which a receiver says why it does not believe a token (RFC 8935 §2.3).
const REFUSED: u16 = 400;

/// What a status means, and the code of an error that came with it.
fn accepted(status: u16, code: Option<&'static str>) -> Result<(), Failure> {
    match (status, code) {
        (200..=299, _) => Ok(()),
        (REFUSED, Some(code)) => Err(Failure::Refused(code)),
        (status, _) => Err(Failure::Status(status)),
    }
}

/// The code of an error (RFC 8935 §2.3), if it is one that is known. Nothing else of the answer is kept.
fn error_code(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Answer {
        err: String,
    }
    known_error(&serde_json::from_slice::<Answer>(body).ok()?.err)
}

/// RFC 8935 §2.1.
fn token_headers() -> HeaderMap {
    let fixed = [
        (CONTENT_TYPE, HeaderValue::from_static("application/secevent+jwt")),
        (ACCEPT, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static(AGENT)),
    ];
    fixed.into_iter().collect()
}

/// The headers of the Standard Webhooks scheme: one signature for each secret that is live.
fn webhook_headers(event: &Outgoing, seconds: i64, secrets: &[Secret]) -> HeaderMap {
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
