//! How many users each connection disabled and deleted lately, and the brakes of those that took away too many.

use model::TenantId;
use model::brake::{Brake, BrakeState};

use crate::{Error, Row, Tx, params, resource};

/// What a connection took away in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removals {
    /// How many users it disabled or deleted.
    pub removed: i64,
    /// How many users the tenant had when that began.
    pub users: i64,
}

/// Counts one user more as taken away in a minute (counted since 1970), and forgets minutes before `oldest`. Until the
/// end of the transaction no other one counts for the same connection and minute, so that what [`removals`] then
/// answers is exact.
///
/// # Errors
/// A statement's.
pub fn count(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    connection: &str,
    minute: i64,
    oldest: i64,
) -> Result<(), Error> {
    let counted = tx.execute(
        "UPDATE removal SET removed = removed + 1 WHERE tenant_id = $1 AND connection = $2 AND minute = $3",
        params![tenant, connection, minute],
    )?;
    if counted > 0 {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM removal WHERE tenant_id = $1 AND connection = $2 AND minute < $3",
        params![tenant, connection, oldest],
    )?;
    let users = resource::count(tx, tenant, "User")?;
    tx.execute(
        "INSERT INTO removal (tenant_id, connection, minute, removed, users) VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (tenant_id, connection, minute) DO UPDATE SET removed = removal.removed + 1",
        params![tenant, connection, minute, users],
    )?;
    Ok(())
}

/// What a connection took away from a minute on.
///
/// # Errors
/// A statement's.
pub fn removals(tx: &mut Tx<'_>, tenant: TenantId, connection: &str, from: i64) -> Result<Removals, Error> {
    tx.query_one(
        "SELECT CAST(coalesce(sum(removed), 0) AS BIGINT), CAST(coalesce(max(users), 0) AS BIGINT) FROM removal
         WHERE tenant_id = $1 AND connection = $2 AND minute >= $3",
        params![tenant, connection, from],
        |row| Ok(Removals { removed: row.get(0)?, users: row.get(1)? }),
    )
}

/// The brake of a connection, if it is not simply open.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, connection: &str) -> Result<Option<Brake>, Error> {
    tx.query_opt(
        "SELECT connection, state, since, removed, users, until, remaining FROM brake
         WHERE tenant_id = $1 AND connection = $2 FOR UPDATE",
        params![tenant, connection],
        read,
    )
}

/// A tenant's brakes that are not simply open, by connection.
///
/// # Errors
/// A statement's.
pub fn list(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Brake>, Error> {
    tx.query(
        "SELECT connection, state, since, removed, users, until, remaining FROM brake
         WHERE tenant_id = $1 ORDER BY connection",
        params![tenant],
        read,
    )
}

/// Keeps the brake of a connection in place of the one it has.
///
/// # Errors
/// A statement's.
pub fn put(tx: &mut Tx<'_>, tenant: TenantId, brake: &Brake) -> Result<(), Error> {
    let (state, until, remaining) = match brake.state {
        BrakeState::Shut => ("shut", None, None),
        BrakeState::Rejected => ("rejected", None, None),
        BrakeState::Allowed { until, remaining } => ("allowed", Some(until), remaining),
    };
    tx.execute(
        "INSERT INTO brake (tenant_id, connection, state, since, removed, users, until, remaining)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, connection) DO UPDATE SET state = excluded.state, since = excluded.since,
         removed = excluded.removed, users = excluded.users, until = excluded.until, remaining = excluded.remaining",
        params![
            tenant,
            &brake.connection,
            state,
            brake.since,
            brake.removed,
            brake.users,
            until,
            remaining
        ],
    )?;
    Ok(())
}

/// Opens the brake of a connection, and begins to count anew.
///
/// # Errors
/// A statement's.
pub fn release(tx: &mut Tx<'_>, tenant: TenantId, connection: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM brake WHERE tenant_id = $1 AND connection = $2", params![tenant, connection])?;
    forget(tx, tenant, connection)
}

/// Begins to count anew.
///
/// # Errors
/// A statement's.
pub fn forget(tx: &mut Tx<'_>, tenant: TenantId, connection: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM removal WHERE tenant_id = $1 AND connection = $2", params![tenant, connection])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Brake, Error> {
    let state = match row.get::<String>(1)?.as_str() {
        "shut" => BrakeState::Shut,
        "rejected" => BrakeState::Rejected,
        "allowed" => BrakeState::Allowed { until: row.get(5)?, remaining: row.get(6)? },
        _ => return Err(Error::corrupt("brake.state")),
    };
    Ok(Brake { connection: row.get(0)?, state, since: row.get(2)?, removed: row.get(3)?, users: row.get(4)? })
}
