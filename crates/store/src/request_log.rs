//! The request log of tenants.

use jiff::Timestamp;
use model::request_log::RequestEntry;
use model::{RequestId, TenantId};
use serde_json::Value;

use crate::{Error, Param, Row, Tx, list, params};

/// Adds entries of any tenants.
///
/// # Errors
/// A statement's.
pub fn append(tx: &mut Tx<'_>, entries: &[RequestEntry]) -> Result<(), Error> {
    let rows = list::rows(entries.iter().map(|entry| {
        [
            Value::from(entry.tenant.to_string()),
            Value::from(entry.id.to_string()),
            Value::from(entry.at.as_microsecond()),
            Value::from(entry.method.as_str()),
            Value::from(entry.path.as_str()),
            Value::from(entry.status),
            Value::from(entry.scim_type.as_deref()),
            Value::from(entry.client_kind.as_deref()),
            Value::from(entry.connection.as_deref()),
            Value::from(entry.token.as_str()),
            Value::from(entry.user_agent.as_deref()),
            Value::from(entry.quirks.join(" ")),
            Value::from(entry.duration_us),
            Value::from(entry.request_bytes),
            Value::from(entry.response_bytes),
            Value::from(entry.request.as_deref()),
            Value::from(entry.response.as_deref()),
        ]
    }));
    // A tenant that was deleted meanwhile leaves nothing, not even what its clients asked last. Materialized, because
    // SQLite would else make the text of a row anew for each of its columns.
    tx.execute(
        "WITH given AS MATERIALIZED (SELECT value FROM json_array_elements($1::text::json))
         INSERT INTO request_log (tenant_id, request_id, at, method, path, status, scim_type, client_kind, connection,
         token_id, user_agent, quirks, duration_us, request_bytes, response_bytes, request, response)
         SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, value->>4, CAST(value->>5 AS BIGINT),
         value->>6, value->>7, value->>8, value->>9, value->>10, value->>11, CAST(value->>12 AS BIGINT),
         CAST(value->>13 AS BIGINT), CAST(value->>14 AS BIGINT), value->>15, value->>16
         FROM given
         WHERE EXISTS (SELECT 1 FROM tenant WHERE tenant.tenant_id = value->>0)",
        params![&rows],
    )?;
    Ok(())
}

/// Which entries are asked for; more than that is for the caller to filter.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// From this instant on.
    pub since: Timestamp,
    /// The lowest status.
    pub lowest: u16,
    /// The highest status.
    pub highest: u16,
}

/// A tenant's entries without their bodies, the latest first; those before `before` if it is given.
///
/// # Errors
/// A statement's.
pub fn latest(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wanted: &Wanted,
    before: Option<RequestId>,
    limit: i64,
) -> Result<Vec<RequestEntry>, Error> {
    // "~" is behind every digit.
    let before = before.map_or(Param::Text("~"), Param::from);
    tx.query(
        "SELECT request_id, tenant_id, at, method, path, status, scim_type, client_kind, connection, token_id,
         user_agent, quirks, duration_us, request_bytes, response_bytes FROM request_log
         WHERE tenant_id = $1 AND request_id < $2 AND at >= $3 AND status >= $4 AND status <= $5
         ORDER BY request_id DESC LIMIT $6",
        params![tenant, before, wanted.since, i64::from(wanted.lowest), i64::from(wanted.highest), limit],
        |row| read(row, false),
    )
}

/// One entry with its bodies.
///
/// # Errors
/// A statement's.
pub fn get(tx: &mut Tx<'_>, tenant: TenantId, id: RequestId) -> Result<Option<RequestEntry>, Error> {
    tx.query_opt(
        "SELECT request_id, tenant_id, at, method, path, status, scim_type, client_kind, connection, token_id,
         user_agent, quirks, duration_us, request_bytes, response_bytes, request, response FROM request_log
         WHERE tenant_id = $1 AND request_id = $2",
        params![tenant, id],
        |row| read(row, true),
    )
}

/// Forgets those from before an instant among a tenant's `limit` oldest entries, and answers how many they were: as
/// long as it is `limit`, there may be more.
///
/// # Errors
/// A statement's.
pub fn purge(tx: &mut Tx<'_>, tenant: TenantId, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM request_log WHERE tenant_id = $1 AND at < $2 AND request_id = ANY (ARRAY(SELECT request_id
         FROM request_log WHERE tenant_id = $1 ORDER BY request_id LIMIT $3))",
        params![tenant, before, limit],
    )
}

fn read(row: &Row<'_>, with_bodies: bool) -> Result<RequestEntry, Error> {
    let body = |index| if with_bodies { row.get(index) } else { Ok(None) };
    Ok(RequestEntry {
        id: row.get(0)?,
        tenant: row.get(1)?,
        at: row.get(2)?,
        method: row.get(3)?,
        path: row.get(4)?,
        status: u16::try_from(row.get::<i64>(5)?).map_err(|_| Error::corrupt("request_log.status"))?,
        scim_type: row.get(6)?,
        client_kind: row.get(7)?,
        connection: row.get(8)?,
        token: row.get(9)?,
        user_agent: row.get(10)?,
        quirks: row.get::<String>(11)?.split_whitespace().map(str::to_owned).collect(),
        duration_us: row.get(12)?,
        request_bytes: row.get(13)?,
        response_bytes: row.get(14)?,
        request: body(15)?,
        response: body(16)?,
    })
}
