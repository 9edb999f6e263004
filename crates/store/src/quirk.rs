//! How often the requests of a connection needed a quirk.

use jiff::Timestamp;
use model::TenantId;
use model::connection::ConnectionName;
use scim::quirks::Quirk;

use crate::{Error, Tx, params};

/// The requests of a connection that needed a quirk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which quirk.
    pub quirk: Quirk,
    /// How many requests.
    pub requests: i64,
    /// The first of them.
    pub first_seen: Timestamp,
    /// The last of them.
    pub last_seen: Timestamp,
}

/// Adds requests to those that were counted before. Those of a connection that is gone are dropped.
///
/// # Errors
/// A statement's.
pub fn add(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    connection: &ConnectionName,
    count: &Count,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO quirk (tenant_id, connection, quirk, requests, first_seen, last_seen)
         SELECT c.tenant_id, c.name, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT),
         CAST($6 AS BIGINT) FROM connection AS c WHERE c.tenant_id = $1 AND c.name = $2
         ON CONFLICT (tenant_id, connection, quirk) DO UPDATE SET
         requests = quirk.requests + excluded.requests,
         first_seen = CASE WHEN excluded.first_seen < quirk.first_seen
             THEN excluded.first_seen ELSE quirk.first_seen END,
         last_seen = CASE WHEN excluded.last_seen > quirk.last_seen
             THEN excluded.last_seen ELSE quirk.last_seen END",
        params![
            tenant,
            connection.as_str(),
            count.quirk.name(),
            count.requests,
            count.first_seen,
            count.last_seen
        ],
    )?;
    Ok(())
}

/// What was counted of a connection, in the order of [`Quirk::ALL`]. What another release counted is left out.
///
/// # Errors
/// A statement's.
pub fn of_connection(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    connection: &ConnectionName,
) -> Result<Vec<Count>, Error> {
    let counts = tx.query(
        "SELECT quirk, requests, first_seen, last_seen FROM quirk WHERE tenant_id = $1 AND connection = $2",
        params![tenant, connection.as_str()],
        |row| {
            let (name, requests): (String, _) = (row.get(0)?, row.get(1)?);
            let (first_seen, last_seen) = (row.get(2)?, row.get(3)?);
            Ok(name.parse().ok().map(|quirk| Count { quirk, requests, first_seen, last_seen }))
        },
    )?;
    let mut counts: Vec<Count> = counts.into_iter().flatten().collect();
    counts.sort_by_key(|count| count.quirk);
    Ok(counts)
}
