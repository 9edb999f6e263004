//! Webhooks: where a tenant's events are delivered to, and how far that has come.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use model::TenantId;
use store::{Error, Param, Row, Tx, params};
use uuid::Uuid;

use crate::limits::MAX_WEBHOOKS;
use crate::{Secret, SecretKey};

/// A webhook of a tenant. A UUID of version 7, like all ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct WebhookId(pub Uuid);

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for WebhookId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl From<WebhookId> for Param<'_> {
    fn from(id: WebhookId) -> Self {
        Self::Id(id.0)
    }
}

/// Why nothing is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// Somebody said so.
    OnRequest,
    /// Too many attempts failed in a row.
    Failing,
    /// The receiver answered 410: it wants no more.
    Gone,
}

impl Disabled {
    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnRequest => "on_request",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::OnRequest, Self::Failing, Self::Gone].into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Where a tenant's events are delivered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose.
    pub tenant: TenantId,
    /// The receiver.
    pub url: String,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// The number of its newest secret.
    pub secret: i64,
    /// Until when the secret before that signs as well.
    pub old_secret_until: Option<Timestamp>,
    /// The number of the last event that was delivered.
    pub delivered: i64,
    /// When that was.
    pub last_delivery: Option<Timestamp>,
    /// When the next attempt may be made.
    pub due: Timestamp,
    /// How many attempts have failed since the last delivery.
    pub failures: i64,
    /// Why the last one failed.
    pub last_failure: Option<String>,
    /// Why nothing is delivered, if that is so.
    pub disabled: Option<Disabled>,
}

impl Webhook {
    /// A new one that is told what happens after an event.
    #[must_use]
    pub fn new(
        id: WebhookId,
        tenant: TenantId,
        (url, label): (String, String),
        after: i64,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant,
            url,
            label,
            created: at,
            secret: 1,
            old_secret_until: None,
            delivered: after,
            last_delivery: None,
            due: at,
            failures: 0,
            last_failure: None,
            disabled: None,
        }
    }

    /// The secrets that sign at an instant, the newest first.
    #[must_use]
    pub fn secrets(&self, key: &SecretKey, at: Timestamp) -> Vec<Secret> {
        let old = self.old_secret_until.filter(|end| at < *end).map(|_| self.secret - 1);
        [Some(self.secret), old].into_iter().flatten().map(|number| key.secret(self.id, number)).collect()
    }
}

/// Adds one. Answers whether it was added: a tenant has [`MAX_WEBHOOKS`] at most.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, new: &Webhook) -> Result<bool, Error> {
    let count = "SELECT count(*) FROM webhook WHERE tenant_id = $1";
    if tx.query_one(count, params![new.tenant], |row| row.get::<i64>(0))? >= MAX_WEBHOOKS {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO webhook (tenant_id, webhook_id, url, label, created, secret, delivered, due, failures)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
        params![new.tenant, new.id, &new.url, &new.label, new.created, new.secret, new.delivered, new.due],
    )?;
    Ok(true)
}

/// A tenant's webhooks, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Webhook>, Error> {
    tx.query(
        "SELECT webhook_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
                failures, last_failure, disabled
         FROM webhook WHERE tenant_id = $1 ORDER BY webhook_id",
        params![tenant],
        read,
    )
}

/// One webhook.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId) -> Result<Option<Webhook>, Error> {
    tx.query_opt(
        "SELECT webhook_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
                failures, last_failure, disabled
         FROM webhook WHERE tenant_id = $1 AND webhook_id = $2",
        params![tenant, id],
        read,
    )
}

/// A webhook that may be sent to, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub id: WebhookId,
    /// The number of the last event that was delivered.
    pub delivered: i64,
}

/// The webhooks of all tenants that an attempt may be made for at that instant, who has waited longest first.
///
/// # Errors
/// A statement's.
pub fn due(tx: &mut Tx<'_>, at: Timestamp) -> Result<Vec<Due>, Error> {
    tx.query(
        "SELECT tenant_id, webhook_id, delivered FROM webhook WHERE disabled IS NULL AND due <= $1
         ORDER BY due, webhook_id",
        params![at],
        |row| Ok(Due { tenant: row.get(0)?, id: read_id(row, 1)?, delivered: row.get(2)? }),
    )
}

/// Gives it the next secret; the one before it signs as well until then, and none that is older. Answers the number of
/// the new one, if there is such a webhook.
///
/// # Errors
/// A statement's.
pub fn rotate(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: WebhookId,
    old_until: Timestamp,
) -> Result<Option<i64>, Error> {
    tx.query_opt(
        "UPDATE webhook SET secret = secret + 1, old_secret_until = $3
         WHERE tenant_id = $1 AND webhook_id = $2 RETURNING secret",
        params![tenant, id, old_until],
        |row| row.get(0),
    )
}

/// Delivers again, from where it stopped, and at once. Answers whether there is such a webhook.
///
/// # Errors
/// A statement's.
pub fn enable(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId, at: Timestamp) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE webhook SET disabled = NULL, failures = 0, due = $3 WHERE tenant_id = $1 AND webhook_id = $2",
        params![tenant, id, at],
    )?;
    Ok(known > 0)
}

/// Delivers nothing until it is enabled. Answers whether there is such a webhook.
///
/// # Errors
/// A statement's.
pub fn disable(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId, why: Disabled) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE webhook SET disabled = $3 WHERE tenant_id = $1 AND webhook_id = $2",
        params![tenant, id, why.as_str()],
    )?;
    Ok(known > 0)
}

/// Delivers everything after an event, again or leaving out what is between. Answers whether there is such a webhook.
///
/// # Errors
/// A statement's.
pub fn replay(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: WebhookId,
    after: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE webhook SET delivered = $3, failures = 0, due = $4 WHERE tenant_id = $1 AND webhook_id = $2",
        params![tenant, id, after, at],
    )?;
    Ok(known > 0)
}

/// Removes one. Answers whether there was one.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, id: WebhookId) -> Result<bool, Error> {
    let known =
        tx.execute("DELETE FROM webhook WHERE tenant_id = $1 AND webhook_id = $2", params![tenant, id])?;
    Ok(known > 0)
}

/// Notes how far an attempt came that began from `webhook`. Answers whether that was noted: not if somebody has sent the
/// webhook elsewhere in the feed meanwhile, or removed it.
///
/// # Errors
/// A statement's.
pub(crate) fn progress(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    delivered: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let noted = tx.execute(
        "UPDATE webhook SET delivered = $4, last_delivery = $5, due = $5, failures = 0, last_failure = NULL
         WHERE tenant_id = $1 AND webhook_id = $2 AND delivered = $3",
        params![webhook.tenant, webhook.id, webhook.delivered, delivered, at],
    )?;
    Ok(noted > 0)
}

/// Notes that an attempt failed, and when the next one may be made. Answers whether that was noted, as [`progress`] does.
///
/// # Errors
/// A statement's.
pub(crate) fn failed(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    why: &str,
    failures: i64,
    due: Timestamp,
) -> Result<bool, Error> {
    let noted = tx.execute(
        "UPDATE webhook SET failures = $4, last_failure = $5, due = $6
         WHERE tenant_id = $1 AND webhook_id = $2 AND delivered = $3",
        params![webhook.tenant, webhook.id, webhook.delivered, failures, why, due],
    )?;
    Ok(noted > 0)
}

/// Makes no attempt until then.
///
/// # Errors
/// A statement's.
pub(crate) fn put_off(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: WebhookId,
    until: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE webhook SET due = $3 WHERE tenant_id = $1 AND webhook_id = $2",
        params![tenant, id, until],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Webhook, Error> {
    let disabled: Option<String> = row.get(12)?;
    let parsed =
        disabled.map(|text| Disabled::parse(&text).ok_or_else(|| Error::corrupt("webhook.disabled")));
    Ok(Webhook {
        id: read_id(row, 0)?,
        tenant: row.get(1)?,
        url: row.get(2)?,
        label: row.get(3)?,
        created: row.get(4)?,
        secret: row.get(5)?,
        old_secret_until: row.get(6)?,
        delivered: row.get(7)?,
        last_delivery: row.get(8)?,
        due: row.get(9)?,
        failures: row.get(10)?,
        last_failure: row.get(11)?,
        disabled: parsed.transpose()?,
    })
}

fn read_id(row: &Row<'_>, index: usize) -> Result<WebhookId, Error> {
    row.parse(index, "webhook.webhook_id", |text| text.parse().ok())
}
