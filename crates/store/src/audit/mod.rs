//! The audit log: adding to it and reading it.

pub mod seal;
pub mod verify;

use model::audit::AuditEntry;
use model::{AuditId, TenantId};

use crate::{Error, Param, Tx, params};

/// Adds an entry. `tenant`: `None` for what concerns no tenant, or outlives it, such as its deletion.
///
/// # Errors
/// A statement's.
pub fn append(tx: &mut Tx<'_>, tenant: Option<TenantId>, entry: &AuditEntry) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO audit (tenant_id, audit_id, at, actor, action, subject, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            owner(tenant),
            entry.id,
            entry.at,
            &entry.actor,
            &entry.action,
            &entry.subject,
            &entry.detail.to_string()
        ],
    )?;
    Ok(())
}

/// The latest entries, the latest first; those before `before` if it is given.
///
/// # Errors
/// A statement's.
pub fn latest(
    tx: &mut Tx<'_>,
    tenant: Option<TenantId>,
    before: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditEntry>, Error> {
    // "~" is behind every digit.
    let before = before.map_or(Param::Text("~"), Param::from);
    tx.query(
        "SELECT audit_id, at, actor, action, subject, detail FROM audit
         WHERE tenant_id = $1 AND audit_id < $2 ORDER BY audit_id DESC LIMIT $3",
        params![owner(tenant), before, limit],
        |row| {
            Ok(AuditEntry {
                id: row.get(0)?,
                at: row.get(1)?,
                actor: row.get(2)?,
                action: row.get(3)?,
                subject: row.get(4)?,
                detail: row.get(5)?,
            })
        },
    )
}

fn owner<'a>(tenant: Option<TenantId>) -> Param<'a> {
    tenant.map_or(Param::Text(""), Param::from)
}
