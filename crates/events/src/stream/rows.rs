//! The rows of streams.

use jiff::Timestamp;
use model::TenantId;
use store::{Error, Row, Tx, params};

use super::{Disabled, Method, Stream, StreamId};
use crate::limits::MAX_STREAMS;
use crate::poll::Heard;

/// Adds one. Answers whether it was added: a tenant has [`MAX_STREAMS`] at most.
///
/// # Errors
/// A statement's.
pub fn insert(tx: &mut Tx<'_>, new: &Stream) -> Result<bool, Error> {
    let count = "SELECT count(*) FROM stream WHERE tenant_id = $1";
    if tx.query_one(count, params![new.tenant], |row| row.get::<i64>(0))? >= MAX_STREAMS {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO stream
           (tenant_id, stream_id, method, url, audience, label, created, secret, delivered, due, failures)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)",
        params![
            new.tenant,
            new.id,
            new.method.as_str(),
            new.method.url().unwrap_or_default(),
            new.method.audience().unwrap_or_default(),
            &new.label,
            new.created,
            new.secret,
            new.delivered,
            new.due
        ],
    )?;
    Ok(true)
}

/// A tenant's streams, the oldest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Stream>, Error> {
    tx.query(
        "SELECT stream_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
                failures, last_failure, disabled, method, audience, acknowledged, kept_up, confirmed, failed
         FROM stream WHERE tenant_id = $1 ORDER BY stream_id",
        params![tenant],
        read,
    )
}

/// One stream.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId) -> Result<Option<Stream>, Error> {
    tx.query_opt(
        "SELECT stream_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
                failures, last_failure, disabled, method, audience, acknowledged, kept_up, confirmed, failed
         FROM stream WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id],
        read,
    )
}

/// One stream, that nobody else changes before the transaction ends.
///
/// # Errors
/// A statement's.
pub(crate) fn lock(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId) -> Result<Option<Stream>, Error> {
    tx.query_opt(
        "SELECT stream_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
                failures, last_failure, disabled, method, audience, acknowledged, kept_up, confirmed, failed
         FROM stream WHERE tenant_id = $1 AND stream_id = $2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// A stream that may be sent to, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub id: StreamId,
    /// The number of the last event that was delivered.
    pub delivered: i64,
}

/// The streams of all tenants that an attempt may be made for at that instant, who has waited longest first.
///
/// # Errors
/// A statement's.
pub fn due(tx: &mut Tx<'_>, at: Timestamp) -> Result<Vec<Due>, Error> {
    tx.query(
        "SELECT tenant_id, stream_id, delivered FROM stream WHERE disabled IS NULL AND method <> 'poll' AND due <= $1
         ORDER BY due, stream_id",
        params![at],
        |row| Ok(Due { tenant: row.get(0)?, id: read_id(row, 1)?, delivered: row.get(2)? }),
    )
}

/// Gives it the next secret; the one before it signs as well until then, and none that is older. Answers the number of
/// the new one, if there is such a stream.
///
/// # Errors
/// A statement's.
pub fn rotate(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: StreamId,
    old_until: Timestamp,
) -> Result<Option<i64>, Error> {
    tx.query_opt(
        "UPDATE stream SET secret = secret + 1, old_secret_until = $3
         WHERE tenant_id = $1 AND stream_id = $2 RETURNING secret",
        params![tenant, id, old_until],
        |row| row.get(0),
    )
}

/// Tells again, from where it stopped, and at once. Answers whether there is such a stream.
///
/// # Errors
/// A statement's.
pub fn enable(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId, at: Timestamp) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE stream SET disabled = NULL, failures = 0, due = $3, kept_up = $3
         WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id, at],
    )?;
    Ok(known > 0)
}

/// Tells nothing until it is enabled. Answers whether there is such a stream.
///
/// # Errors
/// A statement's.
pub fn disable(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId, why: Disabled) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE stream SET disabled = $3 WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id, why.as_str()],
    )?;
    Ok(known > 0)
}

/// Tells everything after an event, again or leaving out what is between. Answers whether there is such a stream.
///
/// # Errors
/// A statement's.
pub fn replay(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: StreamId,
    after: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let known = tx.execute(
        "UPDATE stream SET delivered = $3, acknowledged = '[]', failures = 0, due = $4, kept_up = $4
         WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id, after, at],
    )?;
    Ok(known > 0)
}

/// Goes past the event that it stops at, and on with the next one; also if that one event has disabled it. Answers whether
/// it does stop there.
///
/// # Errors
/// A statement's.
pub fn skip(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: StreamId,
    event: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let stopped = tx.execute(
        "UPDATE stream SET delivered = $3, failures = 0, last_failure = NULL, due = $4, kept_up = $4,
           disabled = CASE WHEN disabled = 'failing' THEN NULL ELSE disabled END
         WHERE tenant_id = $1 AND stream_id = $2 AND delivered + 1 = $3 AND failures > 0",
        params![tenant, id, event, at],
    )?;
    Ok(stopped > 0)
}

/// Removes one. Answers whether there was one.
///
/// # Errors
/// A statement's.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId) -> Result<bool, Error> {
    let known =
        tx.execute("DELETE FROM stream WHERE tenant_id = $1 AND stream_id = $2", params![tenant, id])?;
    Ok(known > 0)
}

/// Notes how far an attempt came that began from `stream`. Answers whether that was noted: not if somebody has sent the
/// stream elsewhere in the feed meanwhile, or removed it.
///
/// # Errors
/// A statement's.
pub(crate) fn progress(
    tx: &mut Tx<'_>,
    stream: &Stream,
    delivered: i64,
    at: Timestamp,
) -> Result<bool, Error> {
    let noted = tx.execute(
        "UPDATE stream SET delivered = $4, confirmed = confirmed + $4 - $3, last_delivery = $5, due = $5, failures = 0,
           last_failure = NULL
         WHERE tenant_id = $1 AND stream_id = $2 AND delivered = $3",
        params![stream.tenant, stream.id, stream.delivered, delivered, at],
    )?;
    Ok(noted > 0)
}

/// Notes that an attempt failed, and when the next one may be made. Answers whether that was noted, as [`progress`] does.
///
/// # Errors
/// A statement's.
pub(crate) fn failed(
    tx: &mut Tx<'_>,
    stream: &Stream,
    why: &str,
    failures: i64,
    due: Timestamp,
) -> Result<bool, Error> {
    let noted = tx.execute(
        "UPDATE stream SET failures = $4, failed = failed + 1, last_failure = $5, due = $6
         WHERE tenant_id = $1 AND stream_id = $2 AND delivered = $3",
        params![stream.tenant, stream.id, stream.delivered, failures, why, due],
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
    id: StreamId,
    until: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE stream SET due = $3 WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id, until],
    )?;
    Ok(())
}

/// Notes what a receiver that polls has confirmed by then.
///
/// # Errors
/// A statement's.
pub(crate) fn acknowledge(
    tx: &mut Tx<'_>,
    stream: &Stream,
    heard: &Heard,
    at: Timestamp,
) -> Result<(), Error> {
    let acknowledged =
        serde_json::to_string(&heard.acknowledged).map_err(|_| Error::corrupt(ACKNOWLEDGED))?;
    tx.execute(
        "UPDATE stream SET delivered = $3, acknowledged = $4, confirmed = confirmed + $5, kept_up = coalesce($7, kept_up),
           last_delivery = CASE WHEN $5 > 0 THEN $6 ELSE last_delivery END,
           failures = CASE WHEN delivered < $3 THEN 0 ELSE failures END,
           last_failure = CASE WHEN delivered < $3 THEN NULL ELSE last_failure END,
           due = CASE WHEN delivered < $3 THEN $6 ELSE due END
         WHERE tenant_id = $1 AND stream_id = $2",
        params![
            stream.tenant,
            stream.id,
            heard.delivered,
            &acknowledged,
            heard.confirmed,
            at,
            heard.keeps_up.then_some(at)
        ],
    )?;
    Ok(())
}

/// The number of the last event that all streams have confirmed that are not disabled; `None` if there are none.
///
/// # Errors
/// A statement's.
pub(crate) fn held(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Option<i64>, Error> {
    tx.query_one(
        "SELECT min(delivered) FROM stream WHERE tenant_id = $1 AND disabled IS NULL",
        params![tenant],
        |row| row.get(0),
    )
}

/// The streams whose receivers have not polled since then, or have not confirmed anything that they were told.
///
/// # Errors
/// A statement's.
pub(crate) fn idle(tx: &mut Tx<'_>, tenant: TenantId, since: Timestamp) -> Result<Vec<StreamId>, Error> {
    tx.query(
        "SELECT stream_id FROM stream
         WHERE tenant_id = $1 AND method = 'poll' AND disabled IS NULL AND coalesce(kept_up, created) < $2",
        params![tenant, since],
        |row| read_id(row, 0),
    )
}

const ACKNOWLEDGED: &str = "stream.acknowledged";

fn read(row: &Row<'_>) -> Result<Stream, Error> {
    let disabled: Option<String> = row.get(12)?;
    let parsed = disabled.map(|text| Disabled::parse(&text).ok_or_else(|| Error::corrupt("stream.disabled")));
    let (url, audience) = (row.get(2)?, row.get(14)?);
    let method: String = row.get(13)?;
    let acknowledged: String = row.get(15)?;
    Ok(Stream {
        id: read_id(row, 0)?,
        tenant: row.get(1)?,
        method: Method::parse(&method, url, audience).ok_or_else(|| Error::corrupt("stream.method"))?,
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
        acknowledged: serde_json::from_str(&acknowledged).map_err(|_| Error::corrupt(ACKNOWLEDGED))?,
        kept_up: row.get(16)?,
        confirmed: row.get(17)?,
        failed: row.get(18)?,
    })
}

fn read_id(row: &Row<'_>, index: usize) -> Result<StreamId, Error> {
    row.parse(index, "stream.stream_id", |text| text.parse().ok())
}
