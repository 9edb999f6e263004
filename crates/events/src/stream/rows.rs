//! The rows of streams.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::TenantId;
use store::{Error, Row, Tx, params};

use super::{Disabled, Method, Stream, StreamId};
use crate::limits::MAX_STREAMS;
use crate::poll::Heard;

/// The text that finds streams, as [`read`] reads them.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT stream_id, tenant_id, url, label, created, secret, old_secret_until, delivered, last_delivery, due,
             failures, last_failure, disabled, method, audience, acknowledged, kept_up, confirmed, failed, stopped_at
             FROM stream WHERE ",
            $which
        )
    };
}

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
    tx.query(select!("tenant_id = $1 ORDER BY stream_id"), params![tenant], read)
}

/// One stream.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId) -> Result<Option<Stream>, Error> {
    tx.query_opt(select!("tenant_id = $1 AND stream_id = $2"), params![tenant, id], read)
}

/// One stream, that nobody else changes before the transaction ends.
///
/// # Errors
/// A statement's.
pub(crate) fn lock(tx: &mut Tx<'_>, tenant: TenantId, id: StreamId) -> Result<Option<Stream>, Error> {
    tx.query_opt(select!("tenant_id = $1 AND stream_id = $2 FOR UPDATE"), params![tenant, id], read)
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
        "UPDATE stream SET disabled = NULL, failures = 0, stopped_at = NULL, due = $3, kept_up = $3
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

/// Tells everything after an event, again or leaving out what is between; also if it is disabled because what came next
/// was forgotten. Answers whether there is such a stream.
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
        "UPDATE stream SET delivered = $3, acknowledged = '[]', failures = 0, stopped_at = NULL, due = $4, kept_up = $4,
           disabled = CASE WHEN disabled = 'forgotten' THEN NULL ELSE disabled END
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
    let stopped = lock(tx, tenant, id)?.filter(|stream| stream.stopped_at == Some(event));
    let Some(mut stream) = stopped else { return Ok(false) };
    stream.acknowledged.insert(event);
    stream.advance(stream.delivered);
    tx.execute(
        "UPDATE stream SET delivered = $3, acknowledged = $4, failures = 0, last_failure = NULL, stopped_at = NULL,
           due = $5, kept_up = $5, disabled = CASE WHEN disabled = 'failing' THEN NULL ELSE disabled END
         WHERE tenant_id = $1 AND stream_id = $2",
        params![tenant, id, stream.delivered, &numbers(&stream.acknowledged)?, at],
    )?;
    Ok(true)
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

/// Notes how far an attempt came with a stream that is locked: to where the stream is now, with so many more events
/// confirmed.
///
/// # Errors
/// A statement's.
pub(crate) fn progress(tx: &mut Tx<'_>, stream: &Stream, confirmed: i64, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE stream SET delivered = $3, acknowledged = $4, confirmed = confirmed + $5, last_delivery = $6, due = $6,
           failures = 0, last_failure = NULL, stopped_at = NULL
         WHERE tenant_id = $1 AND stream_id = $2",
        params![
            stream.tenant,
            stream.id,
            stream.delivered,
            &numbers(&stream.acknowledged)?,
            confirmed,
            at
        ],
    )?;
    Ok(())
}

/// Notes that an attempt failed with an event, as so many in a row did, and when the next one may be made. The stream is
/// locked.
///
/// # Errors
/// A statement's.
pub(crate) fn failed(
    tx: &mut Tx<'_>,
    stream: &Stream,
    (event, why): (i64, &str),
    failures: i64,
    due: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE stream SET failures = $3, failed = failed + 1, last_failure = $4, stopped_at = $5, due = $6
         WHERE tenant_id = $1 AND stream_id = $2",
        params![stream.tenant, stream.id, failures, why, event, due],
    )?;
    Ok(())
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
    tx.execute(
        "UPDATE stream SET delivered = $3, acknowledged = $4, confirmed = confirmed + $5, kept_up = coalesce($7, kept_up),
           last_delivery = CASE WHEN $5 > 0 THEN $6 ELSE last_delivery END
         WHERE tenant_id = $1 AND stream_id = $2",
        params![
            stream.tenant,
            stream.id,
            heard.delivered,
            &numbers(&heard.acknowledged)?,
            heard.confirmed,
            at,
            heard.keeps_up.then_some(at)
        ],
    )?;
    if heard.goes_on {
        tx.execute(
            "UPDATE stream SET failures = 0, last_failure = NULL, stopped_at = NULL, due = $3
             WHERE tenant_id = $1 AND stream_id = $2",
            params![stream.tenant, stream.id, at],
        )?;
    }
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

fn numbers(events: &BTreeSet<i64>) -> Result<String, Error> {
    serde_json::to_string(events).map_err(|_| Error::corrupt(ACKNOWLEDGED))
}

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
        stopped_at: row.get(19)?,
    })
}

fn read_id(row: &Row<'_>, index: usize) -> Result<StreamId, Error> {
    row.parse(index, "stream.stream_id", |text| text.parse().ok())
}
