//! The change feed: what happened to a tenant's resources, in an order that no reader can miss a part of.
//!
//! A change is written in the transaction that makes it, without a number. Numbers drawn there would be drawn before
//! the commit, and on PostgreSQL a transaction that drew 7 may commit after the one that drew 8: a reader that has
//! seen 8 and goes on from there never sees 7. So the numbers are given by who reads first, to what is committed by
//! then, one reader at a time (the row of `feed` is their lock): what commits later gets a later number. Numbers have
//! no gaps.
//!
//! Changes of one resource that were numbered together are in the order of their ids, thus of their writers' clocks;
//! where replicas' clocks differ, [`Change::version`] tells the order.

use jiff::Timestamp;
use model::{ChangeId, ResourceId, TenantId};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// How many changes one [`read`] gives numbers to, so that the first reader of a long feed holds the lock briefly.
const NUMBERED_AT_ONCE: i64 = 10_000;

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Its document or its members changed.
    Updated,
    /// The user is not active any more; something else may have changed with that.
    Deactivated,
    /// The user is active again; something else may have changed with that.
    Reactivated,
    /// It is gone.
    Deleted,
}

impl ChangeKind {
    /// The text in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deactivated => "deactivated",
            Self::Reactivated => "reactivated",
            Self::Deleted => "deleted",
        }
    }

    /// The kind of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Created, Self::Updated, Self::Deactivated, Self::Reactivated, Self::Deleted];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One change of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// The kind of resource: `User` or `Group`.
    pub resource_type: String,
    /// The resource.
    pub resource: ResourceId,
    /// What happened.
    pub kind: ChangeKind,
    /// The resource's version after it; of a deletion, the last one there was.
    pub version: i64,
    /// When.
    pub at: Timestamp,
}

/// A change with its place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// 1 for a tenant's first change, one more with each.
    pub sequence: i64,
    /// The change.
    pub change: Change,
}

/// Adds a change to the feed.
///
/// # Errors
/// A statement's.
pub fn append(tx: &mut Tx<'_>, tenant: TenantId, change: &Change) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO change (tenant_id, change_id, resource_type, resource_id, kind, version, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            tenant,
            change.id,
            &change.resource_type,
            change.resource,
            change.kind.as_str(),
            change.version,
            change.at
        ],
    )?;
    Ok(())
}

/// Adds many changes to the feed, in one statement.
///
/// # Errors
/// A statement's.
pub fn append_all(tx: &mut Tx<'_>, tenant: TenantId, changes: &[Change]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let rows = list::rows(changes.iter().map(|change| {
        [
            Value::from(change.id.to_string()),
            Value::from(change.resource_type.as_str()),
            Value::from(change.resource.to_string()),
            Value::from(change.kind.as_str()),
            Value::from(change.version),
            Value::from(change.at.as_microsecond()),
        ]
    }));
    tx.execute(
        "INSERT INTO change (tenant_id, change_id, resource_type, resource_id, kind, version, at)
         SELECT $1, value->>0, value->>1, value->>2, value->>3,
                CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT)
         FROM json_array_elements($2::text::json)",
        params![tenant, &rows],
    )?;
    Ok(())
}

/// The changes after a number, in order, `limit` at most. 0 begins. Needs a transaction that may write.
///
/// # Errors
/// A statement's.
pub fn read(tx: &mut Tx<'_>, tenant: TenantId, after: i64, limit: i64) -> Result<Vec<Numbered>, Error> {
    number(tx, tenant)?;
    tx.query(
        "SELECT sequence, change_id, resource_type, resource_id, kind, version, at FROM change
         WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        params![tenant, after, limit],
        row,
    )
}

/// How far a tenant's feed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub tenant: TenantId,
    /// The last number that was given.
    pub sequence: i64,
    /// Whether changes wait for a number.
    pub waiting: bool,
}

impl Head {
    /// Whether there is anything after a number.
    #[must_use]
    pub fn is_beyond(&self, sequence: i64) -> bool {
        self.waiting || self.sequence > sequence
    }
}

/// How far the feeds of these tenants go. Only reads, so that whoever waits for news may ask often.
///
/// # Errors
/// A statement's.
pub fn heads(tx: &mut Tx<'_>, tenants: &[TenantId]) -> Result<Vec<Head>, Error> {
    tx.query(
        "SELECT tenant_id, sequence, CAST(CASE WHEN EXISTS (
           SELECT 1 FROM change WHERE change.tenant_id = feed.tenant_id AND change.sequence IS NULL
         ) THEN 1 ELSE 0 END AS BIGINT)
         FROM feed
         WHERE tenant_id = ANY (ARRAY(SELECT value FROM json_array_elements_text($1::text::json)))",
        params![&list::of(tenants)],
        |row| Ok(Head { tenant: row.get(0)?, sequence: row.get(1)?, waiting: row.get(2)? }),
    )
}

/// The number of the last change that is committed; 0 if there is none. Needs a transaction that may write.
///
/// # Errors
/// A statement's.
pub fn end(tx: &mut Tx<'_>, tenant: TenantId) -> Result<i64, Error> {
    while number(tx, tenant)? == NUMBERED_AT_ONCE {}
    let last =
        tx.query_opt("SELECT sequence FROM feed WHERE tenant_id = $1", params![tenant], |row| row.get(0));
    Ok(last?.unwrap_or(0))
}

/// Gives numbers to what is committed and has none, and answers to how many.
fn number(tx: &mut Tx<'_>, tenant: TenantId) -> Result<i64, Error> {
    let last: Option<i64> =
        tx.query_opt("SELECT sequence FROM feed WHERE tenant_id = $1 FOR UPDATE", params![tenant], |row| {
            row.get(0)
        })?;
    let Some(last) = last else { return Ok(0) };
    // Joined by both columns: PostgreSQL then uses both in the index, also without statistics.
    let given = tx.execute(
        "UPDATE change SET sequence = $2 + numbered.place FROM
         (SELECT tenant_id AS tenant, change_id AS id, row_number() OVER (ORDER BY change_id) AS place FROM change
          WHERE tenant_id = $1 AND sequence IS NULL ORDER BY change_id LIMIT $3) AS numbered
         WHERE tenant_id = numbered.tenant AND change_id = numbered.id",
        params![tenant, last, NUMBERED_AT_ONCE],
    )?;
    let given = given.cast_signed();
    if given > 0 {
        tx.execute("UPDATE feed SET sequence = sequence + $2 WHERE tenant_id = $1", params![tenant, given])?;
    }
    Ok(given)
}

fn row(row: &Row<'_>) -> Result<Numbered, Error> {
    let change = Change {
        id: row.get(1)?,
        resource_type: row.get(2)?,
        resource: row.get(3)?,
        kind: row.parse(4, "change.kind", ChangeKind::parse)?,
        version: row.get(5)?,
        at: row.get(6)?,
    };
    Ok(Numbered { sequence: row.get(0)?, change })
}
