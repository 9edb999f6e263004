//! The change feed: what happened to a tenant's resources, in an order that no reader can miss a part of.
//!
//! A change is written in the transaction that makes it, without a number. Numbers drawn there would be drawn before
//! the commit, and on PostgreSQL a transaction that drew 7 may commit after the one that drew 8: a reader that has
//! seen 8 and goes on from there never sees 7. So the numbers are given by who reads first, to what is committed by
//! then, one reader at a time (the row of `feed` is their lock): what commits later gets a later number. Numbers have
//! no gaps; what is too old is forgotten from the beginning on.
//!
//! Numbers follow ids, thus writers' clocks, and clocks differ. Those of one resource follow its versions all the same: a
//! resource's places are filled in the order of its versions, and whoever writes a version has seen the one before it
//! committed. Only what clocks put 10,000 waiting changes apart in the wrong order is numbered so.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use model::{ChangeId, ResourceId, TenantId};
use serde_json::Value;

use crate::{Error, Row, Tx, list, params};

/// How many changes one [`forget`] looks at, so that it holds nobody up for long.
const FORGOTTEN_AT_ONCE: i64 = 5_000;

/// How many changes one [`read`] gives numbers to, so that the first reader of a long feed holds the lock briefly.
const NUMBERED_AT_ONCE: i64 = 10_000;

/// How many changes behind those are looked through for an earlier version of a resource that gets a number.
const LOOKED_BEYOND: i64 = 10_000;

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
    tx.has_news_of(tenant);
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
    tx.has_news_of(tenant);
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

/// The number of the first change that is still there; one more than the last that was given if none is. What has
/// a lower one is forgotten.
///
/// # Errors
/// A statement's.
pub fn first(tx: &mut Tx<'_>, tenant: TenantId) -> Result<i64, Error> {
    let kept = tx.query_opt(
        "SELECT sequence FROM change WHERE tenant_id = $1 AND sequence > 0 ORDER BY sequence LIMIT 1",
        params![tenant],
        |row| row.get(0),
    )?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let last: Option<i64> =
        tx.query_opt("SELECT sequence FROM feed WHERE tenant_id = $1", params![tenant], |row| row.get(0))?;
    Ok(last.unwrap_or(0) + 1)
}

/// What is in the feed after a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many changes.
    pub changes: i64,
    /// When the oldest of them happened.
    pub since: Option<Timestamp>,
}

/// What is in the feed after a number. Only reads, and counts only what has no number yet.
///
/// # Errors
/// A statement's.
pub fn backlog(tx: &mut Tx<'_>, tenant: TenantId, after: i64) -> Result<Backlog, Error> {
    let last: Option<i64> =
        tx.query_opt("SELECT sequence FROM feed WHERE tenant_id = $1", params![tenant], |row| row.get(0))?;
    let oldest: Option<Timestamp> = tx.query_opt(
        "SELECT at FROM change WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence LIMIT 1",
        params![tenant, after],
        |row| row.get(0),
    )?;
    let (waiting, first): (i64, Option<Timestamp>) = tx.query_one(
        "SELECT count(*), min(at) FROM change WHERE tenant_id = $1 AND sequence IS NULL",
        params![tenant],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let numbered = last.map_or(0, |last| (last - after).max(0));
    Ok(Backlog { changes: numbered + waiting, since: oldest.or(first) })
}

/// Forgets some of the oldest changes, up to a number and only those that happened before an instant. Answers how many;
/// 0: no more are to be forgotten. What is left has no gaps: it begins with the first change that is kept.
///
/// # Errors
/// A statement's.
pub fn forget(tx: &mut Tx<'_>, tenant: TenantId, before: Timestamp, up_to: i64) -> Result<i64, Error> {
    while number(tx, tenant)? == NUMBERED_AT_ONCE {}
    let first = first(tx, tenant)?;
    let last = up_to.min(first + FORGOTTEN_AT_ONCE - 1);
    let young: Option<i64> = tx.query_opt(
        "SELECT sequence FROM change WHERE tenant_id = $1 AND sequence >= $2 AND sequence <= $3 AND at >= $4
         ORDER BY sequence LIMIT 1",
        params![tenant, first, last, before],
        |row| row.get(0),
    )?;
    let last = young.map_or(last, |young| young - 1);
    let forgotten = tx.execute(
        "DELETE FROM change WHERE tenant_id = $1 AND sequence >= $2 AND sequence <= $3",
        params![tenant, first, last],
    )?;
    Ok(forgotten.cast_signed())
}

/// Gives numbers to what is committed and has none, and answers to how many.
fn number(tx: &mut Tx<'_>, tenant: TenantId) -> Result<i64, Error> {
    let last: Option<i64> =
        tx.query_opt("SELECT sequence FROM feed WHERE tenant_id = $1 FOR UPDATE", params![tenant], |row| {
            row.get(0)
        })?;
    let Some(last) = last else { return Ok(0) };
    let waiting = tx.query(
        "SELECT change_id, resource_id, kind, version FROM change
         WHERE tenant_id = $1 AND sequence IS NULL ORDER BY change_id LIMIT $2",
        params![tenant, NUMBERED_AT_ONCE + LOOKED_BEYOND],
        waiting,
    )?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let rows = list::rows(
        (last + 1..=last + NUMBERED_AT_ONCE)
            .zip(in_order(&waiting))
            .map(|(sequence, id)| [Value::from(id.to_string()), Value::from(sequence)]),
    );
    let given = tx.execute(
        "WITH numbered AS MATERIALIZED (
           SELECT value->>0 AS id, CAST(value->>1 AS BIGINT) AS place FROM json_array_elements($2::text::json))
         UPDATE change SET sequence = numbered.place FROM numbered
         WHERE tenant_id = $1 AND change_id = numbered.id",
        params![tenant, &rows],
    )?;
    let given = given.cast_signed();
    tx.execute("UPDATE feed SET sequence = sequence + $2 WHERE tenant_id = $1", params![tenant, given])?;
    Ok(given)
}

/// A change without a number; the smaller one of two of a resource happened before the other.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    version: i64,
    /// A deletion repeats the last version, and comes after it.
    is_deletion: bool,
    id: ChangeId,
    resource: ResourceId,
}

/// The changes in the order of their numbers: each resource has the places that its ids give it, and fills them in the
/// order of its versions.
fn in_order(waiting: &[Waiting]) -> impl Iterator<Item = ChangeId> {
    let mut of_resource: HashMap<ResourceId, BTreeSet<&Waiting>> = HashMap::new();
    for change in waiting {
        of_resource.entry(change.resource).or_default().insert(change);
    }
    waiting.iter().filter_map(move |change| Some(of_resource.get_mut(&change.resource)?.pop_first()?.id))
}

fn waiting(row: &Row<'_>) -> Result<Waiting, Error> {
    Ok(Waiting {
        version: row.get(3)?,
        is_deletion: row.parse(2, "change.kind", ChangeKind::parse)? == ChangeKind::Deleted,
        id: row.get(0)?,
        resource: row.get(1)?,
    })
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
