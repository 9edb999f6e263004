//! Sealing the audit log: giving rows their place in the chain ([`model::audit::chain`]).
//!
//! A row is written in the transaction of what it is about, without a number, for the reason that the change feed has
//! ([`crate::feed`]): numbers drawn there are not in the order of commits, and all writers of a tenant would wait for
//! one row. The sealer numbers what is committed.

use jiff::Timestamp;
use model::TenantId;
use model::audit::chain::{Chain, Head, SealedEntry, SignedHead, StoredEntry};
use serde_json::Value;

use super::owner;
use crate::{Error, Row, Tx, list, params};

/// How many rows one [`seal`] seals at most: a transaction of some 20 ms.
pub const SEALED_AT_ONCE: i64 = 1_000;

/// Whose logs have rows that are not sealed, `limit` at most. `None` is the installation.
///
/// # Errors
/// A statement's.
pub fn unsealed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Option<TenantId>>, Error> {
    tx.query("SELECT DISTINCT tenant_id FROM audit WHERE sequence IS NULL LIMIT $1", params![limit], |row| {
        let text = row.get::<String>(0)?;
        if text.is_empty() { Ok(None) } else { row.get(0).map(Some) }
    })
}

/// Seals rows of a log, [`SEALED_AT_ONCE`] at most, and answers how many. `sign` signs [`Head::statement`].
///
/// # Errors
/// A statement's; [`Error::Contention`] if another sealer was faster; [`Error::Corrupt`] for a head that is none.
pub fn seal(
    tx: &mut Tx<'_>,
    tenant: Option<TenantId>,
    at: Timestamp,
    sign: impl Fn(&Head) -> String,
) -> Result<usize, Error> {
    let Some(mut chain) = lock(tx, tenant, at)? else { return Ok(0) };
    let entries = tx.query(
        "SELECT audit_id, at, actor, action, subject, detail FROM audit
         WHERE tenant_id = $1 AND sequence IS NULL ORDER BY audit_id LIMIT $2",
        params![owner(tenant), SEALED_AT_ONCE],
        |row| read_entry(row, 0),
    )?;
    if entries.is_empty() && chain.sequence > 0 {
        return Ok(0);
    }
    let owner_text = tenant.map_or_else(String::new, |tenant| tenant.to_string());
    let rows = list::rows(entries.iter().map(|entry| {
        let (sequence, hash) = chain.push(entry);
        [
            Value::from(owner_text.as_str()),
            Value::from(entry.id.as_str()),
            Value::from(sequence),
            Value::from(hash.to_string()),
        ]
    }));
    // Joined by both columns, the tenant from the list as well: SQLite would look for the tenant's rows first otherwise,
    // and go through the whole list for each row of its log.
    let sealed = tx.execute(
        "UPDATE audit SET sequence = given.sequence, hash = given.hash FROM
         (SELECT value->>0 AS tenant, value->>1 AS id, CAST(value->>2 AS BIGINT) AS sequence, value->>3 AS hash
          FROM json_array_elements($1::text::json)) AS given
         WHERE tenant_id = given.tenant AND audit_id = given.id",
        params![&rows],
    )?;
    // The tenant was deleted meanwhile: nothing of it may stay, not even a head.
    if entries.is_empty() || sealed != entries.len() as u64 {
        return Err(Error::Contention);
    }
    let head = chain.head(at);
    tx.execute(
        "UPDATE audit_head SET sequence = $2, hash = $3, at = $4, signature = $5 WHERE tenant_id = $1",
        params![owner(tenant), head.sequence, &head.hash, at, &sign(&head)],
    )?;
    Ok(entries.len())
}

/// The chain up to its head; keeps other sealers waiting until the transaction ends. `None` if there is nothing to seal
/// and never was.
fn lock(tx: &mut Tx<'_>, tenant: Option<TenantId>, at: Timestamp) -> Result<Option<Chain>, Error> {
    let new = Chain::new(tenant).head(at);
    tx.execute(
        "INSERT INTO audit_head (tenant_id, sequence, hash, at, signature)
         SELECT $1, $2, $3, $4, '' WHERE EXISTS (SELECT 1 FROM audit WHERE tenant_id = $1 AND sequence IS NULL)
         ON CONFLICT (tenant_id) DO NOTHING",
        params![owner(tenant), new.sequence, &new.hash, at],
    )?;
    tx.query_opt(
        "SELECT sequence, hash FROM audit_head WHERE tenant_id = $1 FOR UPDATE",
        params![owner(tenant)],
        |row| {
            let hash = row.parse(1, "audit_head.hash", |text| text.parse().ok())?;
            Ok(Chain::at(tenant, row.get(0)?, hash))
        },
    )
}

/// The signed head of a log; `None` if nothing of it was sealed yet.
///
/// # Errors
/// A statement's.
pub fn head(tx: &mut Tx<'_>, tenant: Option<TenantId>) -> Result<Option<SignedHead>, Error> {
    tx.query_opt(
        "SELECT sequence, hash, at, signature FROM audit_head WHERE tenant_id = $1",
        params![owner(tenant)],
        |row| {
            let head = Head { tenant, sequence: row.get(0)?, hash: row.get(1)?, at: row.get(2)? };
            Ok(SignedHead { head, signature: row.get(3)? })
        },
    )
}

/// The sealed rows after a number, in order, `limit` at most. 0 begins.
///
/// # Errors
/// A statement's.
pub fn sealed(
    tx: &mut Tx<'_>,
    tenant: Option<TenantId>,
    after: i64,
    limit: i64,
) -> Result<Vec<SealedEntry>, Error> {
    tx.query(
        "SELECT sequence, hash, audit_id, at, actor, action, subject, detail FROM audit
         WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        params![owner(tenant), after, limit],
        |row| {
            let hash = row.get::<Option<String>>(1)?.unwrap_or_default();
            Ok(SealedEntry { sequence: row.get(0)?, hash, entry: read_entry(row, 2)? })
        },
    )
}

/// How many rows of a log are not sealed yet.
///
/// # Errors
/// A statement's.
pub fn waiting(tx: &mut Tx<'_>, tenant: Option<TenantId>) -> Result<i64, Error> {
    tx.query_one(
        "SELECT count(*) FROM audit WHERE tenant_id = $1 AND sequence IS NULL",
        params![owner(tenant)],
        |row| row.get(0),
    )
}

/// Reads `audit_id, at, actor, action, subject, detail` from a column on.
fn read_entry(row: &Row<'_>, from: usize) -> Result<StoredEntry, Error> {
    Ok(StoredEntry {
        id: row.get(from)?,
        at_us: row.get(from + 1)?,
        actor: row.get(from + 2)?,
        action: row.get(from + 3)?,
        subject: row.get(from + 4)?,
        detail: row.get(from + 5)?,
    })
}
