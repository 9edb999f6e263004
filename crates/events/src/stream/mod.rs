//! Streams: where a tenant's events are told, and how far that has come.

mod rows;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use model::TenantId;
use store::Param;
use uuid::Uuid;

use crate::{Secret, SecretKey};

pub use rows::{Due, delete, disable, due, enable, get, insert, list, replay, rotate, skip};
pub(crate) use rows::{acknowledge, failed, held, idle, lock, progress, put_off};

/// A stream of a tenant. A UUID of version 7, like all ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct StreamId(pub Uuid);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for StreamId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl From<StreamId> for Param<'_> {
    fn from(id: StreamId) -> Self {
        Self::Id(id.0)
    }
}

/// How events are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// By the Standard Webhooks scheme.
    Webhook {
        /// The receiver.
        url: String,
    },
    /// As security event tokens that we send (RFC 8935).
    Push {
        /// The receiver.
        url: String,
        /// Whom the tokens are for: `aud`.
        audience: String,
    },
    /// As security event tokens that the receiver fetches (RFC 8936).
    Poll {
        /// Whom the tokens are for: `aud`.
        audience: String,
    },
}

impl Method {
    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Push { .. } => "push",
            Self::Poll { .. } => "poll",
        }
    }

    /// What a stream of this kind is called on the command line and in the audit log.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Push { .. } | Self::Poll { .. } => "stream",
        }
    }

    /// Where events are sent to, if they are.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Webhook { url } | Self::Push { url, .. } => Some(url),
            Self::Poll { .. } => None,
        }
    }

    /// Whom security event tokens are for, if it is those that are told.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        match self {
            Self::Webhook { .. } => None,
            Self::Push { audience, .. } | Self::Poll { audience } => Some(audience),
        }
    }

    fn parse(text: &str, url: String, audience: String) -> Option<Self> {
        match text {
            "webhook" => Some(Self::Webhook { url }),
            "push" => Some(Self::Push { url, audience }),
            "poll" => Some(Self::Poll { audience }),
            _ => None,
        }
    }
}

/// Why nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// Somebody said so.
    OnRequest,
    /// Too many attempts failed in a row.
    Failing,
    /// The receiver answered 410: it wants no more.
    Gone,
    /// The receiver has not polled for too long, or confirmed nothing.
    Idle,
    /// What comes next in the feed is forgotten.
    Forgotten,
}

impl Disabled {
    const ALL: [Self; 5] = [Self::OnRequest, Self::Failing, Self::Gone, Self::Idle, Self::Forgotten];

    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnRequest => "on_request",
            Self::Failing => "failing",
            Self::Gone => "gone",
            Self::Idle => "idle",
            Self::Forgotten => "forgotten",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Where a tenant's events are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its id.
    pub id: StreamId,
    /// Whose.
    pub tenant: TenantId,
    /// How, and to whom.
    pub method: Method,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// The number of a webhook's newest secret.
    pub secret: i64,
    /// Until when the secret before that signs as well.
    pub old_secret_until: Option<Timestamp>,
    /// The number of the last event that was confirmed with all before it.
    pub delivered: i64,
    /// Events after that which were confirmed by poll, or skipped.
    pub acknowledged: BTreeSet<i64>,
    /// When events were confirmed last.
    pub last_delivery: Option<Timestamp>,
    /// When a receiver that polls last confirmed something, or had nothing left to confirm.
    pub kept_up: Option<Timestamp>,
    /// When the next attempt may be made.
    pub due: Timestamp,
    /// How many attempts have failed since the last delivery.
    pub failures: i64,
    /// Why the last one failed.
    pub last_failure: Option<String>,
    /// The event that attempts fail with.
    pub stopped_at: Option<i64>,
    /// How many events were confirmed since the stream was made; one that is told again counts again.
    pub confirmed: i64,
    /// How many attempts have failed since the stream was made.
    pub failed: i64,
    /// Why nothing is told, if that is so.
    pub disabled: Option<Disabled>,
}

impl Stream {
    /// A new one that is told what happens after an event.
    #[must_use]
    pub fn new(
        id: StreamId,
        tenant: TenantId,
        (method, label): (Method, String),
        after: i64,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            method,
            label,
            created: at,
            secret: 1,
            old_secret_until: None,
            delivered: after,
            acknowledged: BTreeSet::new(),
            last_delivery: None,
            kept_up: None,
            due: at,
            failures: 0,
            last_failure: None,
            stopped_at: None,
            confirmed: 0,
            failed: 0,
            disabled: None,
        }
    }

    /// Moves to an event, and over what follows on it and is confirmed.
    pub(crate) fn advance(&mut self, to: i64) {
        self.delivered = to;
        self.acknowledged.retain(|event| *event > to);
        while self.acknowledged.remove(&(self.delivered + 1)) {
            self.delivered += 1;
        }
    }

    /// Whether an event is confirmed or skipped.
    pub(crate) fn is_past(&self, event: i64) -> bool {
        event <= self.delivered || self.acknowledged.contains(&event)
    }

    /// The secrets that sign at an instant, the newest first.
    #[must_use]
    pub fn secrets(&self, key: &SecretKey, at: Timestamp) -> Vec<Secret> {
        let old = self.old_secret_until.filter(|end| at < *end).map(|_| self.secret - 1);
        [Some(self.secret), old].into_iter().flatten().map(|number| key.secret(self.id, number)).collect()
    }
}
