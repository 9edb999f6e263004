//! What was refused and how often: a row for each refusal that differs, not for each request.

use jiff::Timestamp;
use model::TenantId;
use model::refusal::{Refusal, Refused};
use sha2::{Digest, Sha256};

use crate::{Error, Row, Tx, params};

/// Adds refusals to those that are known; `count`, `first_seen` and `last_seen` are those of the new ones alone. A row
/// whose last refusal was before `forgotten` begins anew. Answers how many there were before, and are now.
///
/// # Errors
/// A statement's.
pub fn add(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    new: &Refusal,
    forgotten: Timestamp,
) -> Result<(i64, i64), Error> {
    let Refused { connection, method, resource_type, subject, status, scim_type } = &new.refused;
    let now: i64 = tx.query_one(
        "INSERT INTO refusal (tenant_id, key, connection, method, resource_type, subject, status, scim_type, detail,
                              first_seen, last_seen, count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (tenant_id, key) DO UPDATE SET
         first_seen = CASE WHEN refusal.last_seen < $13 THEN excluded.first_seen ELSE refusal.first_seen END,
         count = CASE WHEN refusal.last_seen < $13 THEN excluded.count ELSE refusal.count + excluded.count END,
         last_seen = excluded.last_seen, detail = excluded.detail
         RETURNING count",
        params![
            tenant,
            &key(&new.refused),
            connection,
            method,
            resource_type,
            subject,
            i64::from(*status),
            scim_type.as_deref(),
            &new.detail,
            new.first_seen,
            new.last_seen,
            new.count,
            forgotten
        ],
        |row| row.get(0),
    )?;
    Ok((now.saturating_sub(new.count), now))
}

/// Refusals that happened at least so often, the latest first.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId, at_least: i64, limit: i64) -> Result<Vec<Refusal>, Error> {
    tx.query(
        "SELECT connection, method, resource_type, subject, status, scim_type, detail, first_seen, last_seen, count
         FROM refusal WHERE tenant_id = $1 AND count >= $2 ORDER BY last_seen DESC, key LIMIT $3",
        params![tenant, at_least, limit],
        read,
    )
}

/// Forgets refusals that did not happen again since an instant, and all but `most` of those that happened most often.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, before: Timestamp, most: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM refusal WHERE tenant_id = $1 AND (last_seen < $2 OR key NOT IN
         (SELECT key FROM refusal WHERE tenant_id = $1 ORDER BY count DESC, last_seen DESC, key LIMIT $3))",
        params![tenant, before, most],
    )
}

/// A digest, because a subject may be as long as a client likes.
fn key(refused: &Refused) -> String {
    let Refused { connection, method, resource_type, subject, status, scim_type } = refused;
    let mut digest = Sha256::new();
    for part in [connection, method, resource_type, subject, &status.to_string()] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.update(scim_type.as_deref().unwrap_or_default());
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(row: &Row<'_>) -> Result<Refusal, Error> {
    let status = u16::try_from(row.get::<i64>(4)?).map_err(|_| Error::corrupt("refusal.status"))?;
    let refused = Refused {
        connection: row.get(0)?,
        method: row.get(1)?,
        resource_type: row.get(2)?,
        subject: row.get(3)?,
        status,
        scim_type: row.get(5)?,
    };
    Ok(Refusal {
        refused,
        detail: row.get(6)?,
        first_seen: row.get(7)?,
        last_seen: row.get(8)?,
        count: row.get(9)?,
    })
}
